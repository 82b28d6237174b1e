"""The journal of edits, in the user's cache folder: what undo puts back, and what a killed write left.

An entry is a folder with the bytes before and after of each file and, written last, `entry.json`. While
its files are being written or put back it also holds `pending`; one that is found pending belongs to a
process that was killed, and the next write settles it: wholly written stays, half-written is put back.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ipy_llm.errors import NotFoundError, RequestError, StaleError, ToolError
from ipy_llm.workspace.files import (
    Change,
    current_bytes,
    missing_folders,
    new_mark,
    remove_beside,
    remove_folders,
    write_all,
)
from ipy_llm.workspace.lock import locked
from ipy_llm.workspace.project import cache_folder

KEPT = 200  # entries; older ones are dropped

_NOTHING_WRITTEN = (StaleError, RequestError, ToolError)  # what `write_all` raises before its first rename


@dataclass(frozen=True, slots=True)
class Entry:
    """One transaction: its number, what was done in a few words, its files, the folders made for them, its age in seconds."""

    number: int
    summary: str
    changes: tuple[Change, ...]
    made: tuple[Path, ...] = ()
    age: float = field(default=0.0, compare=False)


def commit(root: Path, changes: Sequence[Change], summary: str) -> Entry:
    """Write the changes and keep what they replaced. Raises as `write_all` does; then no entry is kept.

    One at a time in each project: of two edits that read the same text, the second is refused as stale.
    """
    with _alone(root) as journal:
        number = max(_numbers(journal), default=0) + 1
        made = tuple(folder for change in changes for folder in missing_folders(change.path))
        entry = Entry(number, summary, tuple(changes), made)
        folder = _folder(journal, number)
        mark = new_mark()
        try:
            _save(folder, entry, mark)
        except OSError as error:
            _forget(folder)
            raise _no_journal(journal, error) from error
        try:
            write_all(changes, mark)
        except _NOTHING_WRITTEN:
            _forget(folder)
            raise
        except BaseException:  # whatever it was, an interrupt too, the journal must say what stands
            _settle(folder, entry)
            raise
        _unmark(folder)
        for old in sorted(_numbers(journal))[:-KEPT]:
            _forget(_folder(journal, old))
    return entry


def undo(root: Path) -> Entry:
    """Put back every byte of the last transaction and forget it.

    Raises `NotFoundError` where there is none, `StaleError` where a file changed since.
    """
    with _alone(root) as journal:
        for number in sorted(_numbers(journal), reverse=True):
            folder = _folder(journal, number)
            entry = _load(folder, number)
            if entry is None:  # killed before it was whole, or while it was forgotten
                _forget(folder)
                continue
            _put_back(folder, entry, root)
            return entry
    raise NotFoundError(f"nothing to undo in {root}")


def recent(root: Path, limit: int) -> list[tuple[str, float]]:
    """Return what the last transactions did, in a few words, and their age in seconds; the newest first."""
    journal = cache_folder(root) / "journal"
    found = []
    numbers = _numbers(journal) if journal.is_dir() else []
    for number in sorted(numbers, reverse=True)[:limit]:
        file = _folder(journal, number) / "entry.json"
        try:
            summary = json.loads(file.read_text(encoding="ascii"))["summary"]
            found.append((summary, time.time() - file.stat().st_mtime))
        except (OSError, ValueError, KeyError):  # killed before it was whole
            continue
    return found


def prepare_cache(root: Path) -> Path:
    """Return our folder for the project, made if need be. Raises `ToolError` where it cannot be written."""
    folder = cache_folder(root)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _no_journal(folder, error) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _no_journal(folder, PermissionError(13, "Permission denied"))
    return folder


def _put_back(folder: Path, entry: Entry, root: Path) -> None:
    back = [change.reversed() for change in entry.changes]
    now = [current_bytes(change.path) for change in back]
    # Someone may have put it back by hand: that is what was asked for.
    if now != [change.after for change in back]:
        for change, current in zip(back, now, strict=True):
            if current != change.before:
                name = os.path.relpath(change.path, root)
                raise StaleError(
                    f"{name} changed since `{entry.summary}`; nothing was undone", steps=[f"show {name}"]
                )
        mark = new_mark()
        try:
            (folder / "pending").write_text(mark, encoding="ascii")
        except OSError as error:
            raise _no_journal(folder, error) from error
        try:
            write_all(back, mark)
        except _NOTHING_WRITTEN:
            _unmark(folder)
            raise
        except BaseException:  # as above
            _settle(folder, entry)
            raise
    remove_folders(entry.made)
    _forget(folder)


@contextmanager
def _alone(root: Path) -> Iterator[Path]:
    """Hold the project's journal, after settling what a killed process may have left."""
    journal = prepare_cache(root) / "journal"
    held = ExitStack()
    try:
        journal.mkdir(mode=0o700, exist_ok=True)  # it holds copies of files that others may not read
        held.enter_context(locked(journal / "lock"))
        last = max(_numbers(journal), default=0)
    except OSError as error:
        held.close()
        raise _no_journal(journal, error) from error
    with held:
        folder = _folder(journal, last)
        if (folder / "pending").exists():
            entry = _load(folder, last)
            if entry is None:
                _forget(folder)
            else:
                _settle(folder, entry)
        yield journal


def _settle(folder: Path, entry: Entry) -> None:
    """Bring an entry that may be half-written to an end: wholly written, or not at all and forgotten."""
    try:
        mark = (folder / "pending").read_text(encoding="ascii")
    except OSError:
        mark = ""
    if mark:
        remove_beside(entry.changes, mark)
    now = [current_bytes(change.path) for change in entry.changes]
    written = [current == change.after for change, current in zip(entry.changes, now, strict=True)]
    expected = [
        current in (change.before, change.after) for change, current in zip(entry.changes, now, strict=True)
    ]
    if all(written) or (any(written) and not all(expected)):
        _unmark(folder)  # where others wrote since, it is theirs to keep, and undo will say so
        return
    write_all(
        [change.reversed() for change, there in zip(entry.changes, written, strict=True) if there],
        mark,
    )
    remove_folders(entry.made)
    _forget(folder)


def _folder(journal: Path, number: int) -> Path:
    return journal / f"{number:06}"


def _numbers(journal: Path) -> list[int]:
    return [int(name) for name in os.listdir(journal) if name.isdigit()]


def _save(folder: Path, entry: Entry, mark: str) -> None:
    folder.mkdir()
    (folder / "pending").write_text(mark, encoding="ascii")
    for position, change in enumerate(entry.changes):
        for kind, data in (("before", change.before), ("after", change.after)):
            if data is not None:
                (folder / f"{position}.{kind}").write_bytes(zlib.compress(data, 1))
    files = [
        {
            "path": str(change.path),
            "before": change.before is not None,
            "after": change.after is not None,
        }
        for change in entry.changes
    ]
    record = {"summary": entry.summary, "files": files, "made": [str(path) for path in entry.made]}
    # Last, and with it the entry is whole.
    (folder / "entry.json").write_text(json.dumps(record), encoding="ascii")


def _load(folder: Path, number: int) -> Entry | None:
    """Return an entry, None where it is not whole: then nothing was written, or all was put back."""
    try:
        record = json.loads((folder / "entry.json").read_text(encoding="ascii"))
        changes = tuple(
            Change(
                Path(file["path"]),
                _part(folder / f"{position}.before") if file["before"] else None,
                _part(folder / f"{position}.after") if file["after"] else None,
            )
            for position, file in enumerate(record["files"])
        )
        made = tuple(Path(path) for path in record["made"])
        age = time.time() - (folder / "entry.json").stat().st_mtime
        return Entry(number, record["summary"], changes, made, age)
    except (OSError, ValueError, KeyError, zlib.error):  # KeyError: of another version
        return None


def _part(path: Path) -> bytes:
    return zlib.decompress(path.read_bytes())


def _unmark(folder: Path) -> None:
    (folder / "pending").unlink(missing_ok=True)


def _forget(folder: Path) -> None:
    # First: an entry that lacks parts must not be taken for a whole one.
    (folder / "entry.json").unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _no_journal(folder: Path, error: OSError) -> ToolError:
    return ToolError(
        f"cannot keep the undo journal in {folder}: {error.strerror}; nothing was written",
        steps=["set IPY_LLM_CACHE to a writable folder"],
    )
