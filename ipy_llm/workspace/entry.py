"""An entry of the journal: what was done in a few words, and the bytes of each file before and after.

It is one file: a line of JSON and, one after another, the compressed texts whose lengths it gives. Of the
text after only what is not in the one before is kept.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from ipy_llm.workspace.files import Change, flush_folders

_SUFFIX = ".edit"


@dataclass(frozen=True, slots=True)
class Entry:
    """One transaction: its number, what was done in a few words, its files, the folders made for them, its age in seconds."""

    number: int
    summary: str
    changes: tuple[Change, ...]
    made: tuple[Path, ...] = ()
    mark: str = field(default="", compare=False)  # of the files beside
    age: float = field(default=0.0, compare=False)


def entry_file(journal: Path, number: int) -> Path:
    """Return the file of an entry that is written."""
    return journal / f"{number:06}{_SUFFIX}"


def numbers_of(journal: Path) -> list[int]:
    """Return the numbers of the entries, in no order. Raises `OSError`."""
    return [int(name[: -len(_SUFFIX)]) for name in os.listdir(journal) if name.endswith(_SUFFIX)]


def save_entry(file: Path, entry: Entry) -> None:
    """Write an entry; it is there whole or not at all. Raises `OSError`."""
    texts: list[bytes] = []
    files = []
    for change in entry.changes:
        start, end = _common(change.before or b"", change.after or b"")
        before = None if change.before is None else zlib.compress(change.before, 1)
        after = (
            None if change.after is None else zlib.compress(change.after[start : len(change.after) - end], 1)
        )
        texts += [text for text in (before, after) if text is not None]
        files.append(
            {
                "path": str(change.path),
                "before": None if before is None else len(before),
                "after": None if after is None else [start, end, len(after)],
                "mode": change.mode,
            }
        )
    header = {
        "summary": entry.summary,
        "mark": entry.mark,
        "made": [str(path) for path in entry.made],
        "files": files,
    }
    draft = file.with_name("draft")
    with open(draft, "wb") as stream:
        stream.write(json.dumps(header).encode("ascii") + b"\n")
        stream.writelines(texts)
        if len(entry.changes) > 1:
            # A file alone is old or new by its rename; of several, only this says which they were.
            stream.flush()
            os.fsync(stream.fileno())
    os.replace(draft, file)
    if len(entry.changes) > 1:
        flush_folders([file])


def load_entry(file: Path, number: int) -> Entry | None:
    """Return an entry, None where it is not whole. Raises `OSError`."""
    with open(file, "rb") as stream:
        age = time.time() - os.fstat(stream.fileno()).st_mtime
        try:
            header = json.loads(stream.readline())
            changes = tuple(_change(record, stream) for record in header["files"])
            made = tuple(Path(path) for path in header["made"])
            return Entry(number, header["summary"], changes, made, header["mark"], age)
        except (ValueError, KeyError, TypeError, zlib.error):  # KeyError: of another version
            return None


def summary_of(file: Path) -> tuple[str, float]:
    """Return what an entry did, and its age in seconds. Raises `OSError`, `ValueError` or `KeyError`."""
    with open(file, "rb") as stream:
        summary: str = json.loads(stream.readline())["summary"]
        return summary, time.time() - os.fstat(stream.fileno()).st_mtime


def _change(record: dict[str, Any], stream: BinaryIO) -> Change:
    before = after = None
    if record["before"] is not None:
        before = zlib.decompress(stream.read(record["before"]))
    if record["after"] is not None:
        start, end, size = record["after"]
        old = before or b""
        after = old[:start] + zlib.decompress(stream.read(size)) + old[len(old) - end :]
    return Change(Path(record["path"]), before, after, record.get("mode"))


def _common(one: bytes, other: bytes) -> tuple[int, int]:
    """Return how many bytes two texts share at their start, and then at their end."""
    most = min(len(one), len(other))
    start = _longest(most, lambda low, high: one[low:high] == other[low:high])
    here, there = len(one), len(other)
    end = _longest(
        most - start, lambda low, high: one[here - high : here - low] == other[there - high : there - low]
    )
    return start, end


def _longest(most: int, alike: Callable[[int, int], bool]) -> int:
    """Return the greatest length up to which all is alike, by halves: few comparisons of long pieces."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if alike(low, middle):
            low = middle
        else:
            high = middle - 1
    return low
