"""The journal of edits, in the user's cache folder: what undo puts back, and what a killed write left.

An entry is one file with the bytes before and after of each document. While they are being written or put
back it is called `pending`, and only when all of them are there does it get its number. So whoever finds it
pending, with the lock in hand, knows of a process that was killed, and settles it: wholly written stays,
half-written is put back.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ipy_llm.errors import IpyLlmError, NotFoundError, RequestError, StaleError, ToolError, TransactionError
from ipy_llm.workspace.files import (
    Change,
    current_bytes,
    flush_folders,
    missing_folders,
    new_mark,
    remove_beside,
    remove_folders,
    stands,
    write_all,
    write_rest,
)
from ipy_llm.workspace.lock import locked
from ipy_llm.workspace.project import cache_folder, journal_folder, pending_entry

KEPT = 200  # entries; older ones are dropped

_SUFFIX = ".edit"
_NOTHING_WRITTEN = (StaleError, RequestError, ToolError)  # what `write_all` raises before its first rename


@dataclass(frozen=True, slots=True)
class Entry:
    """One transaction: its number, what was done in a few words, its files, the folders made for them, its age in seconds."""

    number: int
    summary: str
    changes: tuple[Change, ...]
    made: tuple[Path, ...] = ()
    mark: str = field(default="", compare=False)  # of the files beside
    age: float = field(default=0.0, compare=False)


def commit(root: Path, changes: Sequence[Change], summary: str) -> Entry:
    """Write the changes and keep what they replaced, as `record` does, holding the project's journal."""
    own = [Change(Path(os.path.realpath(each.path)), each.before, each.after) for each in changes]
    with alone(root) as journal:
        return record(journal, own, summary)


def record(journal: Path, changes: Sequence[Change], summary: str) -> Entry:
    """Write the changes and keep what they replaced, by who holds the journal (`alone`).

    Raises `StaleError` where a file is not what it was before, `RequestError` where one may not be written,
    `ToolError` or `TransactionError` where the machine fails; then no file is changed and no entry kept.
    """
    number = max(_numbers(journal), default=0) + 1
    made = tuple(folder for change in changes for folder in missing_folders(change.path))
    entry = Entry(number, summary, tuple(changes), made, new_mark())
    pending = pending_entry(journal)
    try:
        _save(pending, entry)
    except OSError as error:
        raise _no_journal(journal, error) from error
    try:
        write_all(entry.changes, entry.mark)
    except _NOTHING_WRITTEN:
        pending.unlink()
        raise
    except TransactionError as error:
        error.message += f"; {_settle(pending, entry)}"
        raise
    except BaseException:  # whatever it was, an interrupt too, the journal must say what stands
        _settle(pending, entry)
        raise
    with contextlib.suppress(OSError):  # all is written, and the next command gives it its number
        os.replace(pending, _file(journal, number))
    for old in sorted(_numbers(journal))[:-KEPT]:
        _file(journal, old).unlink(missing_ok=True)
    return entry


def undo(root: Path) -> Entry:
    """Put back every byte of the last transaction and forget it.

    Raises `NotFoundError` where there is none, `StaleError` where a file changed since, else as `record` does.
    """
    with alone(root) as journal:
        for number in sorted(_numbers(journal), reverse=True):
            file = _file(journal, number)
            entry = _load(file, number)
            if (
                entry is None
            ):  # the machine failed before all of it reached the disk, or it is of another version
                file.unlink()
                continue
            _put_back(file, entry, root)
            return entry
    raise NotFoundError(f"nothing to undo in {root}")


def recent(root: Path, limit: int) -> list[tuple[str, float]]:
    """Return what the last transactions did, in a few words, and their age in seconds; the newest first."""
    journal = journal_folder(root)
    found = []
    numbers = _numbers(journal) if journal.is_dir() else []
    for number in sorted(numbers, reverse=True)[:limit]:
        with (
            contextlib.suppress(OSError, ValueError, KeyError),  # undone meanwhile, or as in `undo`
            open(_file(journal, number), "rb") as file,
        ):
            summary = json.loads(file.readline())["summary"]
            found.append((summary, time.time() - os.fstat(file.fileno()).st_mtime))
    return found


@contextmanager
def alone(root: Path) -> Iterator[Path]:
    """Hold the project's journal, after settling what a killed process may have left.

    Raises `ToolError` where there can be none, `ConflictError` where another process keeps it.
    """
    journal = journal_folder(root)
    prepare_cache(root)
    with contextlib.ExitStack() as held:
        try:
            journal.mkdir(mode=0o700, exist_ok=True)  # it holds copies of files that others may not read
            held.enter_context(locked(journal / "lock"))
            _settle_left(journal)
        except OSError as error:
            raise _no_journal(journal, error) from error
        yield journal


def settle(root: Path) -> str:
    """Bring what a killed process left half-written to an end, and say how; nothing where nothing is left.

    Waits for a process that is writing; only to be called where something is pending. Raises `ToolError` where the files cannot be put back.
    """
    journal = journal_folder(root)
    try:
        with locked(journal / "lock"):
            return _settle_left(journal)
    except OSError as error:
        raise _no_journal(journal, error) from error


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


def _put_back(file: Path, entry: Entry, root: Path) -> None:
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
        pending = pending_entry(file.parent)
        try:
            os.replace(file, pending)
            if len(back) > 1:
                flush_folders([pending])
        except OSError as error:
            raise _no_journal(file.parent, error) from error
        file = pending
        try:
            write_all(back, entry.mark)
        except _NOTHING_WRITTEN:
            os.replace(pending, _file(file.parent, entry.number))
            raise
        except TransactionError as error:
            end = _settle(pending, entry)
            if end.written:
                error.message += f"; {end}, nothing was undone"
                raise
            return
        except BaseException:  # as in `record`
            _settle(pending, entry)
            raise
    remove_folders(entry.made)
    file.unlink()


def _settle_left(journal: Path) -> str:
    """Settle what is pending, if anything is, and say what became of it."""
    pending = pending_entry(journal)
    try:
        entry = _load(pending, max(_numbers(journal), default=0) + 1)
    except FileNotFoundError:
        return ""
    if entry is None:  # the machine itself failed, and a file that is written alone is whole without it
        pending.unlink()
        return ""
    return f"`{entry.summary}` was cut short; {_settle(pending, entry)}"


@dataclass(frozen=True, slots=True)
class _End:
    """What became of an entry that may have been half-written, and the files that others changed since."""

    written: bool
    foreign: tuple[Path, ...]

    def __str__(self) -> str:
        said = "its files are written" if self.written else "its files are as before"
        return f"{said}, save {self.foreign[0]}, which changed since" if self.foreign else said


def _settle(pending: Path, entry: Entry) -> _End:
    """Bring an entry that may be half-written to an end: wholly written, or not at all and forgotten.

    What others changed since is theirs and stays.
    """
    remove_beside(entry.changes, entry.mark)
    try:
        now = [current_bytes(change.path) for change in entry.changes]
        foreign = tuple(
            change.path
            for change, current in zip(entry.changes, now, strict=True)
            if current not in (change.before, change.after)
        )
        written = all(current == change.after for change, current in zip(entry.changes, now, strict=True))
        if not written:
            written = _bring_either_way(entry)
        if written:
            os.replace(pending, _file(pending.parent, entry.number))
        else:
            remove_folders(entry.made)
            pending.unlink()
    except (OSError, IpyLlmError) as error:
        why = error.message if isinstance(error, IpyLlmError) else f"{pending.parent}: {error.strerror}"
        raise ToolError(
            f"`{entry.summary}` was cut short and cannot be put back: {why}",
            steps=["when that is mended, any command does it"],
        ) from error
    return _End(written, foreign)


def _bring_either_way(entry: Entry) -> bool:
    """Put an entry's files back, or where that fails write them; say whether they are written."""
    try:
        _bring([change.reversed() for change in entry.changes], entry.mark)
    except (OSError, IpyLlmError):
        # What stands in the way of one text of a file may not be in that of the other.
        with contextlib.suppress(OSError, IpyLlmError):
            _bring(entry.changes, entry.mark)
            return True
        raise
    return False


def _bring(changes: Sequence[Change], mark: str) -> None:
    """Make those of the changes whose files are as before them. Raises `OSError` or an `IpyLlmError`.

    Whoever is killed in the middle of it leaves it to the next.
    """
    write_rest({position: change for position, change in enumerate(changes) if stands(change)}, mark)


def _file(journal: Path, number: int) -> Path:
    return journal / f"{number:06}{_SUFFIX}"


def _numbers(journal: Path) -> list[int]:
    return [int(name[: -len(_SUFFIX)]) for name in os.listdir(journal) if name.endswith(_SUFFIX)]


def _save(pending: Path, entry: Entry) -> None:
    """Write an entry; it is there whole or not at all.

    A line of JSON and, one after another, the compressed texts whose lengths it gives.
    """
    texts = [
        None if data is None else zlib.compress(data, 1)
        for change in entry.changes
        for data in (change.before, change.after)
    ]
    header = {
        "summary": entry.summary,
        "mark": entry.mark,
        "made": [str(path) for path in entry.made],
        "files": [str(change.path) for change in entry.changes],
        "sizes": [None if text is None else len(text) for text in texts],
    }
    draft = pending.with_name("draft")
    with open(draft, "wb") as file:
        file.write(json.dumps(header).encode("ascii") + b"\n")
        file.writelines(text for text in texts if text is not None)
        if len(entry.changes) > 1:
            # A file alone is old or new by its rename; of several, only this says which they were.
            file.flush()
            os.fsync(file.fileno())
    os.replace(draft, pending)
    if len(entry.changes) > 1:
        flush_folders([pending])


def _load(file: Path, number: int) -> Entry | None:
    """Return an entry, None where it is not whole. Raises `OSError`."""
    with open(file, "rb") as stream:
        age = time.time() - os.fstat(stream.fileno()).st_mtime
        try:
            header = json.loads(stream.readline())
            texts = [None if size is None else zlib.decompress(stream.read(size)) for size in header["sizes"]]
            changes = tuple(
                Change(Path(path), before, after)
                for path, before, after in zip(header["files"], texts[::2], texts[1::2], strict=True)
            )
            made = tuple(Path(path) for path in header["made"])
            return Entry(number, header["summary"], changes, made, header["mark"], age)
        except (ValueError, KeyError, TypeError, zlib.error):  # KeyError: of another version
            return None


def _no_journal(folder: Path, error: OSError) -> ToolError:
    return ToolError(
        f"cannot keep the undo journal in {folder}: {error.strerror}; nothing was written",
        steps=["set IPY_LLM_CACHE to a writable folder"],
    )
