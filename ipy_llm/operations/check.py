"""Checking: `check`, and what an edit asks after it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ipy_llm.checks.daemon import stop_daemons
from ipy_llm.checks.render import render
from ipy_llm.checks.report import Report, as_json
from ipy_llm.checks.run import run_checks, run_checks_after
from ipy_llm.checks.warm import stop_warm
from ipy_llm.errors import IpyLlmError
from ipy_llm.operations.importing import hinted
from ipy_llm.operations.operation import Reply
from ipy_llm.operations.said import some
from ipy_llm.workspace.entry import Entry
from ipy_llm.workspace.files import Change
from ipy_llm.workspace.journal import prepare_cache, undo
from ipy_llm.workspace.project import Workspace, cache_folder
from ipy_llm.workspace.settings import Policy, read_settings

LINES = 15  # an edit and its checks answer in at most so many


def check(workspace: Workspace) -> Reply:
    """Run mypy and the tests, and list what fails."""
    reports = run_checks(workspace.root, prepare_cache(workspace.root), lasting=workspace.lasting)
    return _reply((), {}, reports, limit=60)


def after_write(reply: Reply, entry: Entry, workspace: Workspace, asked: Policy | None) -> Reply:
    """Return the reply to what was just written with what it broke; where that is the policy, take it back then.

    The policy is what was asked for, else what the project's settings say.
    """
    policy = asked or read_settings(workspace.root).check
    # Neither mypy nor the tests read a notebook, or a cell of a session.
    if policy != "off" and any(change.path.suffix not in {".ipynb", ".ipy"} for change in entry.changes):
        reply = with_verdict(reply, workspace, entry.changes)
    return _reverted(reply, entry, workspace) if policy == "revert" and reply.found else reply


def with_verdict(reply: Reply, workspace: Workspace, changes: Sequence[Change]) -> Reply:
    """Return the reply to an edit that is written with what it broke that was not broken before."""
    reports = run_checks_after(
        workspace.root, prepare_cache(workspace.root), changes, lasting=workspace.lasting
    )
    reports = hinted(reports, workspace)
    return _reply(reply.lines, reply.facts, reports, limit=max(LINES - len(reply.lines), 3))


def _reverted(reply: Reply, entry: Entry, workspace: Workspace) -> Reply:
    """Take an edit back that broke something, and say so first."""
    try:
        undo(workspace.root, only=entry)
    except IpyLlmError as error:
        return replace(reply, lines=(*reply.lines, f"not reverted: {error.message}"))
    names = some([workspace.name(change.path) for change in entry.changes])
    return replace(
        reply,
        lines=(f"reverted, {names} as before: {reply.lines[0]}", *reply.lines[1:]),
        facts=reply.facts | {"reverted": True},
    )


def close(workspace: Workspace) -> None:
    """End what checks left running for the next time: for a session that ends. By itself it ends after a while."""
    stop_daemons(cache_folder(workspace.root))
    stop_warm(workspace.root)


def _reply(said: tuple[str, ...], facts: dict[str, object], reports: Sequence[Report], limit: int) -> Reply:
    lines = render(reports, limit)
    found = any(report.diagnostics for report in reports)
    if said and len(lines) == 1 and not found:
        lines, said = [f"{said[-1]}; {lines[0]}"], said[:-1]
    return Reply((*said, *lines), facts | {"checks": as_json(reports)}, found=found)
