"""Editing: `edit` and `undo`."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import Annotated

from ipy_llm.errors import RequestError
from ipy_llm.operations.check import before_write, with_verdict
from ipy_llm.operations.operation import Body, Reply
from ipy_llm.source.address import Header, parse_header
from ipy_llm.source.edits import Touched, apply, edit_of
from ipy_llm.source.fit import fit_new
from ipy_llm.source.gate import compile_gate
from ipy_llm.source.outline import outline
from ipy_llm.source.text import Source, decode, digest, encode
from ipy_llm.workspace.files import Change, check_writable, is_python
from ipy_llm.workspace.journal import commit
from ipy_llm.workspace.journal import undo as undo_last
from ipy_llm.workspace.locate import locate, new_document, read_outline, require_inside
from ipy_llm.workspace.project import Workspace

DIFF_LINES = 200  # of a dry run
RECENT = 600  # seconds


def edit(
    workspace: Workspace,
    address: Annotated[str, "[before|after|into|delete|create] ADDRESS, or ADDRESS old => new"],
    text: Annotated[str, "the new text, at any indentation", Body] = "",
    *,
    dry_run: Annotated[bool, "print the change as a diff and write nothing"] = False,
    check: Annotated[bool, "run mypy and the tests after it"] = True,
    allow_removal: Annotated[bool, "let names vanish or be renamed"] = False,
) -> Reply:
    """Replace, insert or delete a named piece of code; what follows ADDRESS is only the new text."""
    header = parse_header(address)
    if header.verb == "create":
        change, touched, name = _create(header, text, workspace)
    else:
        change, touched, name = _change(header, text, workspace, allow_removal=allow_removal)
    where = f"{name}{'::' if touched.target else ''}{touched.target}"
    said = _say(touched, where)
    facts: dict[str, object] = {
        "address": where,
        "verb": touched.verb,
        "digest": touched.digest,
        "notes": list(touched.notes),
    }
    if change.before == change.after:
        return Reply((f"unchanged: {where}@{touched.digest} is that already",), facts)
    if dry_run:
        said = _say(replace(touched, digest=""), where)  # of a text that does not stand anywhere
        return Reply((f"would have {said}", *_diff(change)), facts | {"dry_run": True})
    check_writable(change)  # what cannot be written need not be checked first
    baseline = before_write(workspace) if check else None
    commit(workspace.root, [change], f"{touched.verb} {where}")
    return with_verdict(said, facts | {"paths": [str(change.path)]}, workspace, baseline)


def undo(
    workspace: Workspace,
    *,
    check: Annotated[bool, "run mypy and the tests after it"] = False,
) -> Reply:
    """Put back every byte of the last edit."""
    baseline = before_write(workspace) if check else None
    entry = undo_last(workspace.root)
    names = [workspace.name(change.path) for change in entry.changes]
    paths = [str(change.path) for change in entry.changes]
    # A session's own edits are minutes old; an older one may be another's, and is worth a word.
    age = f" of {_ago(entry.age)} ago" if entry.age > RECENT else ""
    said = f"undone: {entry.summary}{age}; {', '.join(names)} as before"
    return with_verdict(
        said, {"undone": entry.summary, "documents": names, "paths": paths}, workspace, baseline
    )


def _change(
    header: Header, text: str, workspace: Workspace, *, allow_removal: bool
) -> tuple[Change, Touched, str]:
    located = locate(header.address, workspace)
    require_inside(located.path, workspace)
    before, found = read_outline(located.path)
    asked = Header(header.verb, located.address, header.substitution)
    applied = apply([edit_of(asked, text)], found, located.document, allow_removal=allow_removal)
    after = encode(applied.outline.source, python=found.python)
    return Change(located.path, before, after), applied.touched[0], located.document


def _create(header: Header, text: str, workspace: Workspace) -> tuple[Change, Touched, str]:
    asked = header.address
    if asked.document is not None and asked.target:
        raise RequestError("`create` makes a file", steps=[f"to add to one: into {asked.document}"])
    path = new_document(asked.document or asked.name, workspace)
    name, python = workspace.name(path), is_python(path)
    source = Source("")  # an `__init__.py` is often empty
    if text.strip():
        source = Source(fit_new(text, "", outline(source, python=python)).text + "\n")
    if python:
        compile_gate(source.text, name)
    whole = source.text.removesuffix("\n")
    touched = Touched("created", "", digest(whole), (1, source.text.count("\n")))
    return Change(path, None, encode(source, python=python)), touched, name


def _say(touched: Touched, where: str) -> str:
    """Return `replaced shop/cart.py::Cart.total@91c0 lines 18-21 (kept @property)`."""
    said = f"{touched.verb} {where}"
    if touched.digest:
        said += f"@{touched.digest}"
    if touched.lines and touched.target:
        first, last = touched.lines
        said += f" line {first}" if first == last else f" lines {first}-{last}"
    return said + (f" ({'; '.join(touched.notes)})" if touched.notes else "")


def _ago(seconds: float) -> str:
    """Return `12 minutes`, `3 hours`, `2 days`."""
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' * (count > 1)}"
    return "moments"


def _diff(change: Change) -> list[str]:
    """Return the change as a unified diff, without its two file lines, cut where it is long."""
    python = is_python(change.path)
    before, after = (
        decode(data or b"", python=python).text.splitlines() for data in (change.before, change.after)
    )
    lines = list(difflib.unified_diff(before, after, lineterm="", n=2))[2:]
    if len(lines) > DIFF_LINES:
        lines[DIFF_LINES - 1 :] = [f"... {len(lines) - DIFF_LINES + 1} more lines"]
    return lines
