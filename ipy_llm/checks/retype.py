"""The types after an edit, and which errors it brought."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from ipy_llm.checks.baseline import recall, remember
from ipy_llm.checks.blocks import blocks
from ipy_llm.checks.report import Report, new_in
from ipy_llm.checks.state import State
from ipy_llm.checks.types import check_types


def all_types(
    root: Path, interpreter: Path, cache: Path, *, timeout: float, stop: threading.Event | None = None
) -> Report:
    """Check the types, and keep the outcome for the next edit."""
    key = State(root, blocks).tree(interpreter)
    report = check_types(root, interpreter, cache, timeout=timeout, stop=stop)
    return _kept(cache, key, report, lambda: State(root, blocks).tree(interpreter))


def types_after(
    root: Path,
    interpreter: Path,
    cache: Path,
    before: Mapping[str, bytes | None],
    *,
    timeout: float,
    stop: threading.Event | None = None,
) -> Report:
    """Check the types, and report the errors that were not there before.

    `before` are the files that were edited, relative to the root, with the bytes they had. What was wrong before is known
    from the last time; where it is not and something is wrong now, mypy runs once more with the old text of these files.
    """
    key = State(root, blocks).tree(interpreter)
    report = recall(cache, key)
    if report is None:
        report = check_types(root, interpreter, cache, timeout=timeout, stop=stop)
        report = _kept(cache, key, report, lambda: State(root, blocks).tree(interpreter))
    then = State(root, blocks, before).tree(interpreter)
    old = recall(cache, then)
    if old is not None:
        remember(cache, then, old)  # the last that is dropped: an edit that is taken back comes here again
    elif report.diagnostics:
        old = check_types(root, interpreter, cache, timeout=timeout, stop=stop, old=before)
        old = _kept(cache, then, old, lambda: State(root, blocks, before).tree(interpreter))
    return replace(report, fixed=0) if old is None else new_in(old, report)


def _kept(cache: Path, key: int, report: Report, now: Callable[[], int]) -> Report:
    """Keep a report on a state that still is what it was."""
    if report.outcome in ("clean", "failed") and report.complete and now() == key:
        remember(cache, key, report)
    return report
