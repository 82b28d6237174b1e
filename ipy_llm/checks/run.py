"""Run every check side by side, and remember the outcome as the baseline of the next edit."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path

from ipy_llm.checks.baseline import recall, remember, tree_key
from ipy_llm.checks.interpreter import project_interpreter
from ipy_llm.checks.report import Report
from ipy_llm.checks.tests import check_tests
from ipy_llm.checks.types import check_types
from ipy_llm.workspace.project import walk

# Seconds for each check unless the caller says otherwise.
TIMEOUT = 60.0

_PYTEST_SECTIONS = (
    ("pytest.ini", ""),
    (".pytest.ini", ""),
    ("pytest.toml", ""),
    (".pytest.toml", ""),
    ("pyproject.toml", r"^\[tool\.pytest(\.ini_options)?\]"),
    ("tox.ini", r"^\[pytest\]"),
    ("setup.cfg", r"^\[tool:pytest\]"),
)


def has_tests(root: Path) -> bool:
    """Tell whether the project has a pytest configuration, a `tests` or `test` folder, or a `test_*.py`."""
    for name, section in _PYTEST_SECTIONS:
        file = root / name
        if file.is_file() and re.search(section, file.read_text("utf-8", "replace"), re.MULTILINE):
            return True
    if any((root / name).is_dir() for name in ("tests", "test")):
        return True
    return any(path.name.startswith("test_") or path.name.endswith("_test.py") for path in walk(root))


def run_checks(root: Path, cache: Path, *, timeout: float = TIMEOUT) -> tuple[Report, ...]:
    """Run the types and, where there are any, the tests, side by side, each for at most `timeout` seconds.

    `cache` is our folder for the project. The reports are kept there as those of the tree as it stands, unless the tree
    changed meanwhile. Nothing is raised for a check that fails, is missing or dies: its report says so.
    """
    root = root.resolve()
    interpreter = project_interpreter(root)
    key = tree_key(root, interpreter)
    stop = threading.Event()
    jobs = [_Job(lambda: check_types(root, interpreter, cache, timeout=timeout, stop=stop))]
    if has_tests(root):
        jobs.append(_Job(lambda: check_tests(root, interpreter, cache, timeout=timeout, stop=stop)))
    try:
        reports = tuple(job.result() for job in jobs)
    finally:
        # when we are interrupted the tools end too
        stop.set()
        for job in jobs:
            job.over.wait()
    if tree_key(root, interpreter) == key:
        remember(cache, key, reports)
    return reports


def baseline(root: Path, cache: Path, *, timeout: float = TIMEOUT) -> tuple[Report, ...]:
    """Return the reports of the tree as it stands: those kept of the last run, if nothing changed since, else of a run now.

    Call it before a write; `run_checks` after it; and `compare` them.
    """
    root = root.resolve()
    kept = recall(cache, tree_key(root, project_interpreter(root)))
    if kept is not None and not any(
        report.outcome == "timed-out" and report.seconds < timeout for report in kept
    ):
        return kept
    return run_checks(root, cache, timeout=timeout)


class _Job(threading.Thread):
    """A thread with a result. `concurrent.futures` imports logging, which a command line pays for each time."""

    def __init__(self, work: Callable[[], Report]) -> None:
        super().__init__(daemon=True)
        # not `join`: interrupted once, it takes the thread for ended ever after (Python 3.10 to 3.12)
        self.over = threading.Event()
        self._work = work
        self._outcome: Report | BaseException
        self.start()

    def run(self) -> None:
        try:
            self._outcome = self._work()
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asks for the result
            self._outcome = error
        finally:
            self.over.set()

    def result(self) -> Report:
        self.over.wait()
        if isinstance(self._outcome, BaseException):
            raise self._outcome
        return self._outcome
