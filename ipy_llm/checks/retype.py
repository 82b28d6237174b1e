"""The types after an edit, and which errors it brought."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from ipy_llm.checks.baseline import recall, remember
from ipy_llm.checks.blocks import blocks, fingerprint
from ipy_llm.checks.pyright import check_pyright, find_pyright, read_by_pyright
from ipy_llm.checks.report import Report, new_in
from ipy_llm.checks.state import State
from ipy_llm.checks.types import check_types

Tool: TypeAlias = Literal["mypy", "pyright"]


class _Check(Protocol):
    def __call__(
        self,
        root: Path,
        interpreter: Path,
        cache: Path,
        *,
        timeout: float,
        stop: threading.Event | None = None,
        old: Mapping[str, bytes | None] | None = None,
    ) -> Report: ...


_CHECKS: Mapping[Tool, _Check] = {"mypy": check_types, "pyright": check_pyright}


def all_types(
    root: Path,
    interpreter: Path,
    cache: Path,
    tool: Tool,
    *,
    timeout: float,
    stop: threading.Event | None = None,
) -> Report:
    """Check the types, and keep the outcome for the next edit."""
    key = _key(root, interpreter, tool)
    report = _CHECKS[tool](root, interpreter, cache, timeout=timeout, stop=stop)
    return _kept(cache, key, report, lambda: _key(root, interpreter, tool))


def types_after(
    root: Path,
    interpreter: Path,
    cache: Path,
    before: Mapping[str, bytes | None],
    tool: Tool,
    *,
    timeout: float,
    stop: threading.Event | None = None,
) -> Report:
    """Check the types, and report the errors that were not there before.

    `before` are the files that were edited, relative to the root, with the bytes they had. What was wrong before is known
    from the last time; where it is not and something is wrong now, the tool runs once more with the old text of these files.
    """
    check = _CHECKS[tool]
    key = _key(root, interpreter, tool)
    report = recall(cache, key)
    if report is None:
        report = check(root, interpreter, cache, timeout=timeout, stop=stop)
        report = _kept(cache, key, report, lambda: _key(root, interpreter, tool))
    then = _key(root, interpreter, tool, before)
    old = recall(cache, then)
    if old is not None:
        remember(cache, then, old)  # the last that is dropped: an edit that is taken back comes here again
    elif report.diagnostics:
        old = check(root, interpreter, cache, timeout=timeout, stop=stop, old=before)
        old = _kept(cache, then, old, lambda: _key(root, interpreter, tool, before))
    return replace(report, fixed=0) if old is None else new_in(old, report)


def _key(root: Path, interpreter: Path, tool: Tool, before: Mapping[str, bytes | None] | None = None) -> int:
    """Return what tells all that the tool looks at, now or before an edit, from anything else."""
    state = State(root, blocks, before)
    tree = state.tree(interpreter)
    if tool == "mypy":
        return tree
    return fingerprint(b"%d %b" % (tree, read_by_pyright(state, find_pyright(root, interpreter))))


def _kept(cache: Path, key: int, report: Report, now: Callable[[], int]) -> Report:
    """Keep a report on a state that still is what it was."""
    if report.outcome in ("clean", "failed") and report.complete and now() == key:
        remember(cache, key, report)
    return report
