"""Writing patches: `plan`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Annotated

from ipy_llm.errors import EditRejectedError, IpyLlmError, NotFoundError, RequestError
from ipy_llm.operations.operation import Reply
from ipy_llm.operations.prepare import prepare
from ipy_llm.operations.said import some
from ipy_llm.source.documents import read_document
from ipy_llm.source.patch import parse_patch
from ipy_llm.source.planning.plan import Plan, plan_deleted, plan_new
from ipy_llm.source.planning.plan import plan as plan_document
from ipy_llm.source.text import decode
from ipy_llm.workspace.files import language_of, read_bytes
from ipy_llm.workspace.project import Workspace

_LEFT_OUT = 4  # files told with the reason
_PASSED_OVER = frozenset({"__pycache__", "node_modules"})


@dataclass(frozen=True, slots=True)
class _Pair:
    """A file that differs: how entries name it, where it stands, and its bytes; None where it is not there."""

    name: str
    path: Path
    before: bytes | None
    after: bytes | None


def plan(
    workspace: Workspace,
    old: Annotated[str, "the file or folder as it is"],
    new: Annotated[str, "the file or folder it is to become"],
) -> Reply:
    """Print the shortest patch that turns OLD into NEW, for `edit` to take where OLD stands."""
    start, end = _find(old, workspace), _find(new, workspace)
    if start.is_dir() != end.is_dir():
        raise RequestError("give two files or two folders", steps=["plan OLD NEW"])
    home = _home(start, workspace)
    plans: list[Plan] = []
    pairs: list[_Pair] = []
    left: dict[str, str] = {}
    for pair in _pairs(start, end, home):
        try:
            plans.append(_plan(pair))
            pairs.append(pair)
        except IpyLlmError as error:  # noqa: PERF203 - what cannot be said of one file is told, not raised
            left[pair.name] = error.message.removeprefix(f"{pair.name}: ")
    text = "".join(each.text for each in plans)
    removal = any(each.removal for each in plans)
    if text:
        _try(text, pairs, home, removal=removal)
    notes = [f"left out {name}: {why}" for name, why in islice(left.items(), _LEFT_OUT)]
    if len(left) > _LEFT_OUT:
        notes.append(f"left out {some(list(left)[_LEFT_OUT:])}")
    if removal:
        notes.append("names vanish that no entry can ask for: edit --allow-removal")
    if not text and not left:
        notes.append(f"{old} and {new} are the same")
    facts = {"patch": text, "files": len(plans), "left_out": list(left), "allow_removal": removal}
    lines = text.removesuffix("\n").split("\n") if text else []
    return Reply(tuple(lines), facts, found=bool(left), notes=tuple(notes), raw=True)


def _find(name: str, workspace: Workspace) -> Path:
    for path in (workspace.folder / name, Path(name)):
        if os.path.exists(path):
            return Path(os.path.abspath(path))
    raise NotFoundError(f"no file or folder {name}")


def _home(start: Path, workspace: Workspace) -> Workspace:
    """Return the project that OLD stands in: there `edit` will find the paths."""
    if start.is_relative_to(workspace.root):
        return Workspace(workspace.root, workspace.root)
    found = Workspace.open(folder=start if start.is_dir() else start.parent)
    return Workspace(found.root, found.root)


def _pairs(start: Path, end: Path, home: Workspace) -> Iterator[_Pair]:
    """Yield the files that differ."""
    there, then = ({""}, {""}) if start.is_file() else (set(_files(start)), set(_files(end)))
    for name in sorted(there | then):
        path = start / name
        before = read_bytes(path) if name in there else None
        after = read_bytes(end / name) if name in then else None
        if before != after:
            yield _Pair(home.name(path), path, before, after)


def _files(folder: Path) -> Iterator[str]:
    """Yield the files below a folder, by paths relative to it; not what is hidden, cached or installed."""
    for at, names, files in os.walk(folder):
        names[:] = [
            name
            for name in names
            if not name.startswith(".")
            and name not in _PASSED_OVER
            and not os.path.exists(os.path.join(at, name, "pyvenv.cfg"))
        ]
        for name in files:
            path = os.path.join(at, name)
            if os.path.isfile(path):  # not a pipe or a dangling link
                yield os.path.relpath(path, folder)


def _plan(pair: _Pair) -> Plan:
    if pair.after is None:
        return Plan(plan_deleted(pair.name))
    language = language_of(pair.path, pair.after if pair.before is None else pair.before)
    after = decode(pair.after, python=language == "python")
    if pair.before is None:
        return plan_new(after, pair.name, language)
    return plan_document(read_document(pair.before, language), after, pair.name)


def _try(text: str, pairs: list[_Pair], home: Workspace, *, removal: bool) -> None:
    """Apply a patch in memory just as `edit` will. Raises `EditRejectedError` where it does not come to NEW."""
    prepared = prepare(parse_patch(text), replace(home, seen={}), allow_removal=removal)
    made = {os.path.realpath(change.path): change.after for change in prepared.changes}
    wrong = [pair.name for pair in pairs if made.get(os.path.realpath(pair.path)) != pair.after]
    if wrong:
        raise EditRejectedError(f"no patch was found for {', '.join(wrong)}", steps=["plan them one by one"])
