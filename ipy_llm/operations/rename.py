"""Giving a definition another name, all over the project: `rename`."""

from __future__ import annotations

import keyword
from pathlib import Path
from typing import Annotated

from ipy_llm.errors import EditRejectedError, ParseError, StaleError
from ipy_llm.explore.index import Index
from ipy_llm.explore.names import Defined
from ipy_llm.explore.renaming import Renaming, plan
from ipy_llm.explore.texts import python_of, rewritten
from ipy_llm.explore.words import occurrences, word
from ipy_llm.operations.ask import other_python
from ipy_llm.operations.check import after_write
from ipy_llm.operations.operation import Reply
from ipy_llm.operations.references import SECONDS, defined, grouped
from ipy_llm.operations.search import said
from ipy_llm.source.text import Span, line_starts
from ipy_llm.workspace.files import Change, check_writable, read_bytes
from ipy_llm.workspace.journal import commit
from ipy_llm.workspace.locate import require_inside
from ipy_llm.workspace.project import Workspace
from ipy_llm.workspace.settings import Policy

_SHOWN = 8  # doubts, and places that may be


def rename(
    workspace: Workspace,
    address: Annotated[str, "ADDRESS NEW: what to rename, and its new name, e.g. Cart.total amount"],
    *,
    text: Annotated[bool, "also in strings and comments"] = False,
    anyway: Annotated[bool, "rename what is certain, and leave what is in doubt as it is"] = False,
    check: Annotated[Policy | None, "what is done about what it breaks"] = None,
    seconds: Annotated[int, "how long to find out what objects are, at most"] = SECONDS,
) -> Reply:
    """Rename a definition with every reference and import in the project, or refuse with what is in doubt."""
    old, _, new = address.strip().rpartition(" ")
    new = new.rpartition(".")[2]
    if not old or not new.isidentifier() or keyword.iskeyword(new):
        raise ParseError("write ADDRESS NEW", steps=["rename shop/cart.py::Cart.total amount"])
    target, index = defined(old.strip(), workspace)
    name = f"{target.file}::{target.name}"
    last = target.name.rpartition(".")[2]
    if last == new:
        raise ParseError(f"{name} is called that already")
    if last.startswith("__"):
        raise EditRejectedError(f"{last} is Python's own name, or mangled by it; nothing was written")
    renaming = plan(target, new, index, interpreter=other_python(workspace.root), seconds=seconds)
    if renaming.against:
        raise EditRejectedError(
            f"{new} means something already; nothing was written", steps=renaming.against[:_SHOWN]
        )
    doubts = [*renaming.doubts, *_unsure(renaming, index)]
    if doubts and not anyway:
        raise EditRejectedError(
            f"{len(renaming.doubts) + len(renaming.maybe)} in doubt; nothing was written",
            steps=[*doubts, f"to leave these as they are: rename --anyway {old} {new}"],
        )
    changes = [_change(file, renaming, last, new, workspace, text=text) for file in renaming.places]
    for change in changes:
        check_writable(change.path)
    entry = commit(workspace.root, changes, f"renamed {name} to {new}")
    count = sum(map(len, renaming.places.values()))
    files = len(renaming.places)
    head = f"renamed {name} to {new}: {count} place{'s' * (count != 1)} in {files} file{'s' * (files != 1)}"
    others = [one for one in renaming.family if one != target]
    notes = [f"with it {', '.join(f'{one.file}::{one.name}' for one in others)}"] if others else []
    if renaming.in_text and not text:
        notes.append(f"{renaming.in_text} in strings and comments stay")
    facts: dict[str, object] = {
        "address": f"{target.file}::{_renamed(target, new)}",
        "places": count,
        "paths": [str(change.path) for change in changes],
        "left": [line for place in grouped(renaming.maybe, index) for line in said(place)],
    }
    reply = Reply((f"{head}{' (' + '; '.join(notes) + ')' if notes else ''}",), facts)
    return after_write(reply, entry, workspace, check)


def _renamed(target: Defined, new: str) -> str:
    owner, dot, _ = target.name.rpartition(".")
    return f"{owner}{dot}{new}"


def _unsure(renaming: Renaming, index: Index) -> list[str]:
    """Return the places that may mean it, a few of them."""
    lines = [line for place in grouped(renaming.maybe, index) for line in said(place)]
    more = len(lines) - _SHOWN
    return [*lines[:_SHOWN], *([f"... {more} more"] if more > 0 else [])]


def _change(
    file: str, renaming: Renaming, last: str, new: str, workspace: Workspace, *, text: bool
) -> Change:
    """Return what becomes of a file. Raises `StaleError` where it is not what was read."""
    path = Path(workspace.root, file)
    require_inside(path, workspace)
    data = read_bytes(path)
    now = python_of(data, file)
    starts = line_starts(now)
    spans = {starts[line - 1] + column for line, column in renaming.places[file]}
    if text:
        spans |= {each.start for each in occurrences(now, word(last)) if not each.code}
    if any(now[at : at + len(last)] != last for at in spans):
        raise StaleError(f"{file} changed meanwhile; nothing was written", steps=["send it again"])
    return Change(path, data, rewritten(data, file, [(Span(at, at + len(last)), new) for at in spans]))
