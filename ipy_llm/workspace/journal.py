"""The journal of edits, in the user's cache folder: what undo puts back."""

from __future__ import annotations

import json
import os
import shutil
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ipy_llm.errors import NotFoundError, StaleError, ToolError
from ipy_llm.workspace.files import Change, write_all
from ipy_llm.workspace.project import cache_folder

KEPT = 200  # entries; older ones are dropped


@dataclass(frozen=True, slots=True)
class Entry:
    """One transaction: its number, what was done in a few words, and its files."""

    number: int
    summary: str
    changes: tuple[Change, ...]


def commit(root: Path, changes: Sequence[Change], summary: str) -> Entry:
    """Write the changes and keep what they replaced. Raises as `write_all` does; then no entry is kept."""
    number = max(_numbers(root), default=0) + 1
    entry = Entry(number, summary, tuple(changes))
    folder = _folder(root) / f"{number:06}"
    # Written first: a crash between here and the rename leaves an entry that undo finds already undone.
    try:
        _save(folder, entry)
    except OSError as error:
        raise ToolError(
            f"cannot keep the undo journal in {folder}: {error.strerror}; nothing was written",
            steps=["set IPY_LLM_CACHE to a writable folder"],
        ) from error
    try:
        write_all(changes)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    for old in sorted(_numbers(root))[:-KEPT]:
        shutil.rmtree(_folder(root) / f"{old:06}", ignore_errors=True)
    return entry


def undo(root: Path) -> Entry:
    """Put back every byte of the last transaction and forget it.

    Raises `NotFoundError` where there is none, `StaleError` where a file changed since.
    """
    for number in sorted(_numbers(root), reverse=True):
        folder = _folder(root) / f"{number:06}"
        entry = _load(folder, number)
        now = [change.path.read_bytes() if change.path.is_file() else None for change in entry.changes]
        if now == [change.before for change in entry.changes]:
            shutil.rmtree(folder, ignore_errors=True)  # it never came to be written
            continue
        for change, current in zip(entry.changes, now, strict=True):
            if current != change.after:
                raise StaleError(
                    f"{_relative(change.path, root)} changed since `{entry.summary}`; nothing was undone",
                    steps=[f"show {_relative(change.path, root)}"],
                )
        write_all([Change(change.path, change.after, change.before) for change in entry.changes])
        shutil.rmtree(folder, ignore_errors=True)
        return entry
    raise NotFoundError("nothing to undo in this project")


def _relative(path: Path, root: Path) -> str:
    return os.path.relpath(path, root)


def _folder(root: Path) -> Path:
    return cache_folder(root) / "journal"


def _numbers(root: Path) -> list[int]:
    folder = _folder(root)
    return [int(name) for name in os.listdir(folder) if name.isdigit()] if folder.is_dir() else []


def _save(folder: Path, entry: Entry) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for position, change in enumerate(entry.changes):
        for kind, data in (("before", change.before), ("after", change.after)):
            if data is not None:
                (folder / f"{position}.{kind}").write_bytes(zlib.compress(data, 1))
    record = {"summary": entry.summary, "paths": [str(change.path) for change in entry.changes]}
    (folder / "entry.json").write_text(json.dumps(record), encoding="utf-8")


def _load(folder: Path, number: int) -> Entry:
    try:
        record = json.loads((folder / "entry.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):  # killed before the entry was whole: nothing had been written yet
        return Entry(number, "", ())
    changes = tuple(
        Change(Path(path), _part(folder / f"{position}.before"), _part(folder / f"{position}.after"))
        for position, path in enumerate(record["paths"])
    )
    return Entry(number, record["summary"], changes)


def _part(path: Path) -> bytes | None:
    return zlib.decompress(path.read_bytes()) if path.exists() else None
