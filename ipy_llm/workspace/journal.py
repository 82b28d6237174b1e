"""The journal of edits, in the user's cache folder: what undo puts back, and what a killed write left.

While the files of an entry are being written or put back it is called `pending`, and only when all of them
are there does it get its number. So whoever finds it pending, with the lock in hand, knows of a process that
was killed, and settles it: wholly written stays, half-written is put back.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ipy_llm.errors import NotFoundError, RequestError, StaleError, ToolError, TransactionError
from ipy_llm.workspace.entry import Entry, entry_file, load_entry, numbers_of, save_entry, summary_of
from ipy_llm.workspace.files import (
    Change,
    current_bytes,
    flush_folders,
    missing_folders,
    new_mark,
    remove_folders,
    write_all,
)
from ipy_llm.workspace.lock import locked
from ipy_llm.workspace.project import cache_folder, is_cell, journal_folder, pending_entry
from ipy_llm.workspace.settle import settle_entry, settle_pending

KEPT = 200  # entries; older ones are dropped

_NOTHING_WRITTEN = (StaleError, RequestError, ToolError)  # what `write_all` raises before its first rename


def commit(root: Path, changes: Sequence[Change], summary: str) -> Entry:
    """Write the changes and keep what they replaced, as `record` does, holding the project's journal."""
    own = [replace(each, path=Path(os.path.realpath(each.path))) for each in changes]
    with alone(root) as journal:
        return record(journal, own, summary)


def record(journal: Path, changes: Sequence[Change], summary: str) -> Entry:
    """Write the changes and keep what they replaced, by who holds the journal (`alone`).

    Raises `StaleError` where a file is not what it was before, `RequestError` where one may not be written,
    `ToolError` or `TransactionError` where the machine fails; then no file is changed and no entry kept.
    """
    number = max(numbers_of(journal), default=0) + 1
    made = tuple(folder for change in changes for folder in missing_folders(change.path))
    entry = Entry(number, summary, tuple(changes), made, new_mark())
    pending = pending_entry(journal)
    try:
        save_entry(pending, entry)
    except OSError as error:
        raise _no_journal(journal, error) from error
    try:
        write_all(entry.changes, entry.mark)
    except _NOTHING_WRITTEN:
        pending.unlink()
        raise
    except TransactionError as error:
        error.message += f"; {settle_entry(pending, entry)}"
        raise
    except BaseException:  # whatever it was, an interrupt too, the journal must say what stands
        settle_entry(pending, entry)
        raise
    with contextlib.suppress(OSError):  # all is written, and the next command gives it its number
        os.replace(pending, entry_file(journal, number))
    _prune(journal)
    return entry


def adopt(root: Path, changes: Sequence[Change], summary: str) -> Entry:
    """Keep what somebody else wrote as an entry, so that it can be undone. Raises `ToolError`."""
    with alone(root) as journal:
        number = max(numbers_of(journal), default=0) + 1
        entry = Entry(number, summary, tuple(changes), (), new_mark())
        try:
            save_entry(entry_file(journal, number), entry)
        except OSError as error:
            raise _no_journal(journal, error) from error
        _prune(journal)
        return entry


def _prune(journal: Path) -> None:
    for old in sorted(numbers_of(journal))[:-KEPT]:
        entry_file(journal, old).unlink(missing_ok=True)


def undo(root: Path, *, only: Entry | None = None) -> Entry:
    """Put back every byte of the last transaction and forget it.

    Raises `NotFoundError` where there is none, `StaleError` where a file changed since, or where the last is
    not the `only` one meant, else as `record` does.
    """
    with alone(root) as journal:
        for number in sorted(numbers_of(journal), reverse=True):
            file = entry_file(journal, number)
            entry = load_entry(file, number)
            if entry is None:  # of another version, or the machine failed before the disk had all of it
                file.unlink()
                continue
            entry = _living(entry)
            if not entry.changes:
                file.unlink()
                continue
            if only is not None and (entry.number, entry.changes) != (only.number, only.changes):
                raise StaleError(f"`{entry.summary}` came after it; nothing was undone")
            _put_back(file, entry, root)
            return entry
    raise NotFoundError(f"nothing to undo in {root}")


def recent(root: Path, limit: int) -> list[tuple[str, float]]:
    """Return what the last transactions did, in a few words, and their age in seconds; the newest first."""
    journal = journal_folder(root)
    found = []
    numbers = numbers_of(journal) if journal.is_dir() else []
    for number in sorted(numbers, reverse=True)[:limit]:
        with contextlib.suppress(OSError, ValueError, KeyError):  # undone meanwhile, or as in `undo`
            found.append(summary_of(entry_file(journal, number)))
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
            settle_pending(journal)
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
            return settle_pending(journal)
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


def _living(entry: Entry) -> Entry:
    """Return an entry without the cells of sessions that have ended: there is nothing to put back."""
    gone = {each for each in entry.changes if is_cell(each.path) and not each.path.parent.is_dir()}
    return (
        replace(entry, changes=tuple(each for each in entry.changes if each not in gone)) if gone else entry
    )


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
            os.replace(pending, entry_file(file.parent, entry.number))
            raise
        except TransactionError as error:
            end = settle_entry(pending, entry)
            if end.written:
                error.message += f"; {end}, nothing was undone"
                raise
            return
        except BaseException:  # as in `record`
            settle_entry(pending, entry)
            raise
    remove_folders(entry.made)
    file.unlink()


def _no_journal(folder: Path, error: OSError) -> ToolError:
    return ToolError(
        f"cannot keep the undo journal in {folder}: {error.strerror}; nothing was written",
        steps=["set IPY_LLM_CACHE to a writable folder"],
    )
