"""Checking: `check`, and what an edit asks before and after it writes."""

from __future__ import annotations

from collections.abc import Sequence

from ipy_llm.checks.render import render
from ipy_llm.checks.report import Report, as_json, compare
from ipy_llm.checks.run import baseline, has_tests, run_checks
from ipy_llm.operations.operation import Reply
from ipy_llm.workspace.journal import prepare_cache
from ipy_llm.workspace.project import Workspace, cache_folder
from ipy_llm.workspace.settings import read_settings

LINES = 15  # an edit and its checks answer in at most so many


def check(workspace: Workspace) -> Reply:
    """Run mypy and the tests, and list what fails."""
    reports = run_checks(workspace.root, prepare_cache(workspace.root))
    return _reply((), {}, reports, limit=60)


def before_write(workspace: Workspace) -> tuple[Report, ...] | None:
    """Return what fails before an edit, from the last run where nothing changed since.

    None without tests, and where the project's settings say `check = false`.
    """
    if not read_settings(workspace.root).check or not has_tests(workspace.root):
        return None
    return baseline(workspace.root, prepare_cache(workspace.root))


def with_verdict(
    said: Sequence[str], facts: dict[str, object], workspace: Workspace, before: Sequence[Report] | None
) -> Reply:
    """Return the reply to an edit: what was done, and what it broke that was not broken before."""
    if before is None:
        return Reply(tuple(said), facts)
    reports = compare(before, run_checks(workspace.root, cache_folder(workspace.root)))
    return _reply(tuple(said), facts, reports, limit=max(LINES - len(said), 3))


def _reply(said: tuple[str, ...], facts: dict[str, object], reports: Sequence[Report], limit: int) -> Reply:
    lines = render(reports, limit)
    found = any(report.diagnostics for report in reports)
    if said and len(lines) == 1 and not found:
        lines, said = [f"{said[-1]}; {lines[0]}"], said[:-1]
    return Reply((*said, *lines), facts | {"checks": as_json(reports)}, found=found)
