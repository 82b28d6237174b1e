"""Projects with a suite that says itself which of its tests ran."""

from __future__ import annotations

import sys
from pathlib import Path

from ipy_llm.checks.retest import affected_tests, all_tests

PYTHON = Path(sys.executable)

# Each test says that it ran; not through pytest, so that nothing it does to find out changes what is found.
LOG = """
import os, pathlib
def ran(name):
    with open(pathlib.Path(__file__).parents[2] / "ran.txt", "a") as log:
        log.write(name + "\\n")
"""


class Suite:
    """A project with a cache of its own."""

    def __init__(self, root: Path, cache: Path) -> None:
        self.root = root
        self.cache = cache
        self.ran: list[str] = []

    def run(self):
        return all_tests(self.root, PYTHON, self.cache, timeout=60.0)

    def edit(self, path: str, old: str, new: str, *, timeout: float = 60.0):
        """Replace a text in a file, in all of it if `old` is empty, and return the report; `ran` are the tests that did."""
        log = self.root.parent / "ran.txt"
        log.unlink(missing_ok=True)
        file = self.root / path
        before = file.read_bytes() if file.exists() else None
        text = (before or b"").decode()
        assert old in text
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace(old, new, 1) if old else new)
        report = affected_tests(self.root, PYTHON, self.cache, {path: before}, timeout=timeout)
        self.ran = sorted(log.read_text().split()) if log.exists() else []
        return report


def names(report):
    return [found.test.rpartition("::")[2] for found in report.diagnostics]
