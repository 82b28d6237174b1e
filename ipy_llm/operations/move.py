"""Bringing a definition to another module, all over the project: `move`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from ipy_llm.errors import EditRejectedError, NotFoundError, ParseError, StaleError
from ipy_llm.explore.moving import Moving, plan_move
from ipy_llm.explore.texts import python_of, rewritten
from ipy_llm.operations.check import after_write
from ipy_llm.operations.operation import Reply
from ipy_llm.operations.references import defined
from ipy_llm.workspace.files import Change, check_writable, current_bytes
from ipy_llm.workspace.journal import commit
from ipy_llm.workspace.locate import find_document, new_document, require_inside
from ipy_llm.workspace.project import Workspace
from ipy_llm.workspace.settings import Policy

_SHOWN = 8  # doubts


def move(
    workspace: Workspace,
    address: Annotated[
        str, "ADDRESS MODULE: what to move, and where to, e.g. shop/cart.py::Item shop/item.py"
    ],
    *,
    text: Annotated[bool, "also where strings and comments name it by its module"] = False,
    anyway: Annotated[bool, "move it all the same, and leave what is in doubt as it is"] = False,
    check: Annotated[Policy | None, "what is done about what it breaks"] = None,
) -> Reply:
    """Move a function, class or constant to another module with its imports; every reference follows, or nothing is written."""
    old, _, to = address.strip().rpartition(" ")
    if not old:
        raise ParseError("write ADDRESS MODULE", steps=["move shop/cart.py::Item shop/item.py"])
    what, index = defined(old.strip(), workspace)
    name = f"{what.file}::{what.name}"
    if "." in what.name or what.name.startswith("__"):
        raise EditRejectedError(
            f"{name} is not a module's own function, class or constant; nothing was written",
            steps=[f"move {what.file}::{what.name.partition('.')[0]} {to}"] if "." in what.name else [],
        )
    target = _target(to, workspace)
    if target == what.file:
        raise ParseError(f"{name} is in {target} already")
    moving = plan_move(what, target, index, text=text)
    if moving.against:
        raise EditRejectedError(
            f"{what.name} cannot move to {target}; nothing was written", steps=moving.against[:_SHOWN]
        )
    if moving.doubts and not anyway:
        more = len(moving.doubts) - _SHOWN
        raise EditRejectedError(
            f"{len(moving.doubts)} in doubt; nothing was written",
            steps=[
                *moving.doubts[:_SHOWN],
                *([f"... {more} more"] if more > 0 else []),
                *([f"to change the strings: move --text {old} {to}"] if moving.in_text and not text else []),
                f"to leave these as they are: move --anyway {old} {to}",
            ],
        )
    changes = list(_changes(moving, workspace))
    for change in changes:
        check_writable(change.path)
    entry = commit(workspace.root, changes, f"moved {name} to {target}")
    facts: dict[str, object] = {
        "address": f"{target}::{what.name}",
        "places": moving.places,
        "paths": [str(change.path) for change in changes],
        "imports": list(map(str, moving.brought)),
        "stays": moving.stays,
        "left": list(moving.doubts),
    }
    return after_write(
        Reply((_said(name, what.file, target, moving, text=text),), facts), entry, workspace, check
    )


def _said(name: str, home: str, target: str, moving: Moving, *, text: bool) -> str:
    others = sum(not file.endswith(".pyi") for file in moving.splices.keys() - {home, target})
    made = "new " if moving.new else ""
    head = f"moved {name} to {made}{target}"
    if moving.places:
        places = f"{moving.places} place{'s' * (moving.places != 1)}"
        head = f"{head}: {places} in {others} other file{'s' * (others != 1)}"
    notes = [f"with it {'; '.join(map(str, moving.brought))}"] if moving.brought else []
    if moving.stays:
        notes.append(f"{home} imports it")
    if moving.in_text:
        notes.append(f"{moving.in_text} in strings and comments {'follow' if text else 'stay: --text'}")
    return f"{head}{' (' + ', '.join(notes) + ')' if notes else ''}"


def _target(to: str, workspace: Workspace) -> str:
    """Return the file of a module, there or not. Raises an `IpyLlmError`."""
    try:
        path = find_document(to, workspace)
    except NotFoundError:
        path = new_document(_as_path(to, workspace), workspace)
    require_inside(path, workspace)
    name = workspace.name(path)
    if not name.endswith(".py"):
        raise ParseError(f"{name} is no module", steps=["move ADDRESS FILE.py"])
    folder = path.parent
    if not folder.is_dir():
        raise NotFoundError(
            f"no folder {workspace.name(folder)}",
            steps=[f"create {workspace.name(folder)}/__init__.py <<< ''"],
        )
    return name


def _as_path(to: str, workspace: Workspace) -> str:
    """Return the path of a module that is not there yet, by its name: `shop.item` beside the others of `shop`."""
    if to.endswith(".py") or "/" in to:
        return to
    package, _, last = to.rpartition(".")
    if not package:
        return f"{last}.py"
    folder = find_document(package, workspace).parent
    return os.path.join(workspace.name(folder), f"{last}.py")


def _changes(moving: Moving, workspace: Workspace) -> Iterator[Change]:
    """Yield what becomes of each file. Raises `StaleError` where one is not what was read."""
    for file, splices in moving.splices.items():
        path = Path(workspace.root, file)
        require_inside(path, workspace)
        data = current_bytes(path)
        if (python_of(data, file) if data is not None else "") != moving.texts[file]:
            raise StaleError(f"{file} changed meanwhile; nothing was written", steps=["send it again"])
        yield Change(path, data, rewritten(data or b"", file, splices))
