"""What a write that was cut short comes to: all of it, or none."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ipy_llm.errors import IpyLlmError, ToolError
from ipy_llm.workspace.entry import Entry, entry_file, load_entry, numbers_of
from ipy_llm.workspace.files import Change, current_bytes, remove_beside, remove_folders, stands, write_rest
from ipy_llm.workspace.project import pending_entry


@dataclass(frozen=True, slots=True)
class End:
    """What became of an entry that may have been half-written, and the files that others changed since."""

    written: bool
    foreign: tuple[Path, ...]

    def __str__(self) -> str:
        said = "its files are written" if self.written else "its files are as before"
        return f"{said}, save {self.foreign[0]}, which changed since" if self.foreign else said


def settle_pending(journal: Path) -> str:
    """Settle what is pending, if anything is, and say what became of it. Raises `OSError` or as `settle_entry`."""
    pending = pending_entry(journal)
    try:
        entry = load_entry(pending, max(numbers_of(journal), default=0) + 1)
    except FileNotFoundError:
        return ""
    if entry is None:  # the machine itself failed, and a file that is written alone is whole without it
        pending.unlink()
        return ""
    return f"`{entry.summary}` was cut short; {settle_entry(pending, entry)}"


def settle_entry(pending: Path, entry: Entry) -> End:
    """Bring an entry that may be half-written to an end: wholly written, or not at all and forgotten.

    What others changed since is theirs and stays. Raises `ToolError` where neither can be had; it is pending still.
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
            os.replace(pending, entry_file(pending.parent, entry.number))
        else:
            remove_folders(entry.made)
            pending.unlink()
    except (OSError, IpyLlmError) as error:
        why = error.message if isinstance(error, IpyLlmError) else f"{pending.parent}: {error.strerror}"
        raise ToolError(
            f"`{entry.summary}` was cut short and cannot be put back: {why}",
            steps=["when that is mended, any command does it"],
        ) from error
    return End(written, foreign)


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
