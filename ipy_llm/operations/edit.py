"""Editing: `edit` and `undo`."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from ipy_llm.errors import IpyLlmError, ParseError, RequestError
from ipy_llm.operations.check import after_write, with_verdict
from ipy_llm.operations.importing import with_imports
from ipy_llm.operations.meant import by_name
from ipy_llm.operations.operation import Body, Reply
from ipy_llm.operations.prepare import Prepared, prepare
from ipy_llm.operations.said import LINES, say_all, some, where
from ipy_llm.source.address import parse_header
from ipy_llm.source.patch import Entry as Sent
from ipy_llm.source.patch import parse_patch, without_header
from ipy_llm.source.text import decode
from ipy_llm.workspace.files import Change, language_of, read_bytes, stands
from ipy_llm.workspace.journal import alone, recent, record
from ipy_llm.workspace.journal import undo as undo_last
from ipy_llm.workspace.project import Workspace
from ipy_llm.workspace.settings import Policy, read_settings

DIFF_LINES = 200  # of a dry run
RECENT = 600  # seconds


def edit(
    workspace: Workspace,
    address: Annotated[
        str, "[before|after|into|delete|create] ADDRESS, or ADDRESS old => new; none for a patch"
    ] = "",
    text: Annotated[str, "the new text, at any indentation, or a patch of `@@ ADDRESS` entries", Body] = "",
    *,
    dry_run: Annotated[bool, "print the change as a diff and write nothing"] = False,
    check: Annotated[Policy | None, "what is done about what it breaks"] = None,
    allow_removal: Annotated[bool, "let names vanish or be renamed"] = False,
    imports: Annotated[bool, "leave out imports that the text lacks"] = True,
    file: Annotated[str, "a file to take the text or patch from; - for stdin"] = "",
) -> Reply:
    """Replace, insert or delete a named piece of code; what follows ADDRESS is only the new text."""
    if file not in ("", "-"):
        text = _read(file, text, workspace)
    entries = _one(address, text) if address.strip() else _several(text, workspace)
    # a patch from a file is one that was made from two versions: it lands as it stands
    complete = imports and not file and read_settings(workspace.root).imports

    def ready() -> Prepared:
        found = prepare(entries, workspace, allow_removal=allow_removal)
        return with_imports(found, workspace) if complete else found

    prepared = ready()
    changes = prepared.changed
    if dry_run and changes:
        # Without digests: they are of a text that does not stand anywhere.
        edited = [(replace(touched, digest=""), name) for touched, name in prepared.touched]
        said = [f"would have {line}" for line in say_all(edited)]
        return Reply((*said, *_diff(changes)), _facts(prepared) | {"dry_run": True})
    entry = None
    if changes:
        with alone(workspace.root) as journal:
            if not all(map(stands, changes)):
                # Another process wrote since. An address means what stands now, or says by its digest that it does not.
                prepared = ready()
                changes = prepared.changed
            if changes:
                entry = record(journal, changes, _summary(prepared))
    if entry is None:
        where_all = [f"{where(touched, name)}@{touched.digest}" for touched, name in prepared.touched]
        return Reply((f"unchanged: {some(where_all, LINES)} is that already",), _facts(prepared))
    facts = _facts(prepared) | {"paths": [str(change.path) for change in changes]}
    reply = after_write(Reply(tuple(say_all(prepared.touched)), facts), entry, workspace, check)
    if not reply.facts.get("reverted"):
        workspace.seen.update({where(*touched): touched[0].digest for touched in prepared.touched})
    return reply


def _one(address: str, text: str) -> tuple[Sent, ...]:
    header = parse_header(address)
    return (Sent(header, without_header(header, text), 0),)


def _several(text: str, workspace: Workspace) -> tuple[Sent, ...]:
    try:
        return parse_patch(text)
    except ParseError as error:
        error.steps = (*error.steps, *by_name(text, workspace))
        raise


def _read(file: str, text: str, workspace: Workspace) -> str:
    """Return the text of a file. Raises `RequestError` where there is another text too, or none."""
    if text.strip():
        raise RequestError(f"the text comes from {file} or from below, not from both")
    # As a command line means it; in a session the project's folder is the current one.
    path = workspace.folder / file
    return decode(
        read_bytes(path if os.path.exists(path) else Path(os.path.abspath(file))), python=False
    ).text


def undo(
    workspace: Workspace,
    count: Annotated[int, "how many edits, the last first"] = 1,
    *,
    check: Annotated[Literal["report", "off"], "what is done about what it breaks"] = "off",
) -> Reply:
    """Put back every byte of the last edit, or of the last so many."""
    if count < 1:
        raise RequestError("undo at least 1 edit", steps=["log"])
    said: list[str] = []
    changes: dict[Path, Change] = {}
    for _ in range(count):
        try:
            entry = undo_last(workspace.root)
        except IpyLlmError as error:
            error.steps = (*error.steps, *(f"before that: {line}" for line in said))
            raise
        for back in (change.reversed() for change in entry.changes):
            first = changes.get(back.path, back)  # of several on one file
            changes[back.path] = replace(back, before=first.before)
        # A session's own edits are minutes old; an older one may be another's, and is worth a word.
        age = f" of {_ago(entry.age)} ago" if entry.age > RECENT else ""
        names = some([workspace.name(change.path) for change in entry.changes])
        said.append(f"undone: {entry.summary}{age}; {names} as before")
    reply = Reply(tuple(said), {"undone": said, "paths": [str(path) for path in changes]})
    return with_verdict(reply, workspace, list(changes.values())) if check == "report" else reply


def log(
    workspace: Workspace,
    count: Annotated[int, "how many edits, the last first"] = 10,
) -> Reply:
    """List the last edits of the project, as `undo COUNT` would take them back."""
    found = recent(workspace.root, max(count, 1))
    lines = [f"{number}  {summary}, {_ago(age)} ago" for number, (summary, age) in enumerate(found, 1)]
    return Reply(tuple(lines or ["no edits yet"]), {"edits": [summary for summary, _ in found]})


def _facts(prepared: Prepared) -> dict[str, object]:
    edits: list[dict[str, object]] = [
        {
            "address": where(touched, name),
            "verb": touched.verb,
            "digest": touched.digest,
            "notes": list(touched.notes),
        }
        for touched, name in prepared.touched
    ]
    return edits[0] if len(edits) == 1 else {"edits": edits}


def _summary(prepared: Prepared) -> str:
    """Return what undo says it undid."""
    touched, name = prepared.touched[0]
    if len(prepared.touched) == 1:
        return f"{touched.verb} {where(touched, name)}"
    return f"{len(prepared.touched)} edits from {where(touched, name)} on"


def _ago(seconds: float) -> str:
    """Return `12 minutes`, `3 hours`, `2 days`."""
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' * (count > 1)}"
    return "moments"


def _diff(changes: Sequence[Change]) -> list[str]:
    """Return the changes as a unified diff, cut where it is long; a single file's without its name."""
    lines: list[str] = []
    for change in changes:
        python = language_of(change.path, change.before or change.after or b"") == "python"
        before, after = (
            decode(data or b"", python=python).text.splitlines() for data in (change.before, change.after)
        )
        diff = difflib.unified_diff(before, after, str(change.path), str(change.path), lineterm="", n=2)
        lines += list(diff)[2 if len(changes) == 1 else 0 :]
    if len(lines) > DIFF_LINES:
        lines[DIFF_LINES - 1 :] = [f"... {len(lines) - DIFF_LINES + 1} more lines"]
    return lines
