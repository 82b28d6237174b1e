"""Run every check side by side: of all there is, or of what an edit can have broken."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ipy_llm.checks.checker import checker, is_typed
from ipy_llm.checks.daemon import wanted
from ipy_llm.checks.interpreter import project_interpreter
from ipy_llm.checks.names import names_after
from ipy_llm.checks.report import Report
from ipy_llm.checks.retest import affected_tests, all_tests
from ipy_llm.checks.retype import all_types, types_after
from ipy_llm.checks.warm import warm_for
from ipy_llm.workspace.files import Change
from ipy_llm.workspace.project import walk

# Seconds for each check unless the caller says otherwise.
TIMEOUT = 60.0

# What the tools for types call a name that is not defined.
_UNDEFINED = {"mypy": "name-defined", "pyright": "reportUndefinedVariable"}

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


def run_checks(
    root: Path, cache: Path, *, timeout: float = TIMEOUT, lasting: bool = False
) -> tuple[Report, ...]:
    """Run the types and, where there are any, the tests, side by side, each for at most `timeout` seconds.

    `cache` is our folder for the project. `lasting`: this process lives on, and what waits for the next tests is begun. Nothing is raised for a check that fails, is missing or dies: its report says so.
    """
    root = root.resolve()
    interpreter = project_interpreter(root)
    stop = threading.Event()
    warm = warm_for(root) if lasting and wanted(os.environ) else None
    tool = checker(root, interpreter)
    checks: list[Callable[[], Report]] = []
    if tool != "off":
        checks.append(lambda: all_types(root, interpreter, cache, tool, timeout=timeout, stop=stop))
    if has_tests(root):
        checks.append(lambda: all_tests(root, interpreter, cache, timeout=timeout, stop=stop, warm=warm))
    return _side_by_side(checks, stop)


def run_checks_after(
    root: Path,
    cache: Path,
    changes: Sequence[Change],
    *,
    timeout: float = TIMEOUT,
    lasting: bool = False,
) -> tuple[Report, ...]:
    """Run what the changes, which are written, can have broken, and report only that.

    The names of the changed files are always checked; the types of a project that is typed or has tests, and the tests.
    """
    root = root.resolve()
    before = _relative(root, changes)
    interpreter = project_interpreter(root)
    stop = threading.Event()
    warm = warm_for(root) if lasting and wanted(os.environ) else None
    tested = has_tests(root)
    checks: list[Callable[[], Report]] = [
        lambda: names_after(root, interpreter, before, timeout=timeout, stop=stop)
    ]
    tool = checker(root, interpreter)
    if tool != "off" and (tested or is_typed(root)):
        checks.append(lambda: types_after(root, interpreter, cache, before, tool, timeout=timeout, stop=stop))
    if tested:
        checks.append(
            lambda: affected_tests(root, interpreter, cache, before, timeout=timeout, stop=stop, warm=warm)
        )
    return _once(_side_by_side(checks, stop))


def _relative(root: Path, changes: Sequence[Change]) -> dict[str, bytes | None]:
    """Return what the changed files were, by their paths in the project; those outside it concern nobody in it."""
    found = {}
    for change in changes:
        path = Path(os.path.realpath(change.path))
        if path.is_relative_to(root):
            found[path.relative_to(root).as_posix()] = change.before
    return found


def _once(reports: tuple[Report, ...]) -> tuple[Report, ...]:
    """Return the reports without the undefined names that the names' own check has too."""
    undefined = {(one.path, one.line) for one in reports[0].diagnostics if one.code == "F821"}
    if not undefined:
        return reports
    return tuple(_without(report, undefined) if report.tool in _UNDEFINED else report for report in reports)


def _without(report: Report, undefined: set[tuple[str, int]]) -> Report:
    left = tuple(
        one
        for one in report.diagnostics
        if one.code != _UNDEFINED[report.tool] or (one.path, one.line) not in undefined
    )
    clean = report.outcome == "failed" and not left
    return replace(report, outcome="clean" if clean else report.outcome, diagnostics=left)


def _side_by_side(checks: Sequence[Callable[[], Report]], stop: threading.Event) -> tuple[Report, ...]:
    jobs = [_Job(check) for check in checks]
    try:
        return tuple(job.result() for job in jobs)
    finally:
        # when we are interrupted the tools end too
        stop.set()
        for job in jobs:
            job.over.wait()


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
