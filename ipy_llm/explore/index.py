"""What the project's files define and which words they hold, kept between calls.

Nothing in it is believed for long: each call asks every file's status, and reads again what differs; what
changed within the last moments of a clock's grain is read again whatever its status. So an edit from
elsewhere is seen at the next call, and there is nothing to warm up or restart.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import sys
import time
import zlib
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ipy_llm.errors import IpyLlmError
from ipy_llm.explore.contents import Contents, packed, read_contents
from ipy_llm.explore.rank import ordered, worth_of
from ipy_llm.source.notebooks.cells import cell_name
from ipy_llm.source.notebooks.notebook import read_notebook
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.text import decode
from ipy_llm.workspace.project import NAMED, scan_project

# Of what is stored and how it is found. Both marshal's format and what parses are the running Python's.
_FORMAT = f"7 {sys.implementation.cache_tag}".encode()
_GRAIN = 2_500_000_000  # nanoseconds: within them a file may change twice and its status once


@dataclass(frozen=True, slots=True)
class Index:
    """Every Python file of a project, by its path relative to the root.

    `worth` says of each name that is defined somewhere how many files hold it, shared among its definitions: as
    `total` at the top level, as `.total` of members. `order` are the definitions of all files by what they matter,
    as numbers: the first file's first is 0.
    """

    root: Path
    files: dict[str, Contents]
    worth: dict[str, float]
    order: array[int]


# What tells whether a file is the one that was read: its status, empty where that is not to be trusted yet; and
# the checksum of its bytes.
_State = tuple[tuple[int, ...], int]


def read_index(root: Path, cache: Path | None = None) -> Index:
    """Return the project's index as its files are now, with what did not change taken from `cache`.

    `cache` is our folder for the project; where it cannot be written, nothing is kept.
    """
    kept, worth, numbers = (_load(cache / "index") if cache else None) or ({}, {}, b"")
    states: dict[str, tuple[_State, tuple[Any, ...]]] = {}
    files: dict[str, Contents] = {}
    now = time.time_ns()
    changed = told = False  # a file; what tells whether it is the one that was read
    base = f"{root}{os.sep}"
    for path, found in scan_project(root, NAMED):
        name = path.removeprefix(base).replace(os.sep, "/")
        before = kept.get(name)
        status = _status(found, now)
        if before is not None and status and before[0][0] == status:
            states[name] = before
        else:
            try:
                data = Path(path).read_bytes()
            except OSError:  # gone since the scan, or not ours to read
                continue
            checksum = zlib.crc32(data)
            if before is not None and before[0][1] == checksum:
                states[name] = ((status, checksum), before[1])
                told = told or before[0][0] != status
            else:
                states[name] = ((status, checksum), _contents(name, data))
                changed = True
        files[name] = Contents._make(states[name][1])
    changed = changed or list(kept) != list(states)
    order = array("I", numbers)
    if changed:
        worth = worth_of(files)
        order = ordered(files, worth)
    if cache and (changed or told):
        _save(cache / "index", (states, worth, order.tobytes()))
    return Index(root, files, worth, order)


def _contents(name: str, data: bytes) -> tuple[Any, ...]:
    """Return the fields of what a file holds: marshal knows no tuple that is named."""
    try:
        if not name.endswith(".ipynb"):
            return tuple(read_contents(outline(decode(data))))
        cells = read_notebook(decode(data, python=False)).cells
    except IpyLlmError as error:
        return (f"{zlib.crc32(data) & 0xFFFF:04x}", 0, error.message, 0, packed(()), "", "")
    parts = [
        (f"{cell_name(n)}::", read_contents(cell.outline))
        for n, cell in enumerate(cells)
        if cell.kind == "code"
    ]
    found = [one._replace(target=cell + one.target) for cell, part in parts for one in part.definitions]
    return (
        "",  # a notebook as a whole has none
        sum(part.lines for _, part in parts),
        None,
        len(found),
        packed(found),
        " ".join(dict.fromkeys(word for _, part in parts for word in part.words.split())),
        "\n".join(dict.fromkeys(each for _, part in parts for each in part.imports.split("\n") if each)),
    )


def _status(found: os.stat_result, now: int) -> tuple[int, ...]:
    """Return what of a file's status changes when it is written; nothing where it was written just now."""
    if max(found.st_mtime_ns, found.st_ctime_ns) > now - _GRAIN:
        return ()
    # ctime too: a copy may bring an old mtime along
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)


_Kept = tuple[dict[str, tuple[_State, tuple[Any, ...]]], dict[str, float], bytes]


def _load(file: Path) -> _Kept | None:
    try:
        data = file.read_bytes()
    except OSError:
        return None
    head, _, rest = data.partition(b"\n")
    # marshal does not check what it reads: our own checksum does
    if head != b"%s %08x" % (_FORMAT, zlib.crc32(rest)):
        return None
    kept: _Kept = marshal.loads(rest)  # noqa: S302 - our own, as above
    return kept


def _save(file: Path, kept: _Kept) -> None:
    data = marshal.dumps(kept)
    temporary = file.with_name(f"index-{os.getpid()}.tmp")
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(b"%s %08x\n" % (_FORMAT, zlib.crc32(data)) + data)
        os.replace(temporary, file)
