"""For every test: no process of ours outlives it."""

from __future__ import annotations

import os

# mypy's daemon would be left running for each project that a test makes; those about it switch it on.
os.environ["IPY_LLM_DAEMON"] = "0"


LONGEST = frozenset({"test_attrs.py", "test_documentation.py", "test_killed.py", "test_plan.py"})


def pytest_collection_modifyitems(items):
    """Begin with the files that take longest: a file's tests run on one core, and the last ones alone."""
    items.sort(key=lambda item: item.path.name not in LONGEST)
