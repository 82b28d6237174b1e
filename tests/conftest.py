"""For every test: no process of ours outlives it."""

from __future__ import annotations

import os

# mypy's daemon would be left running for each project that a test makes; those about it switch it on.
os.environ["IPY_LLM_DAEMON"] = "0"
