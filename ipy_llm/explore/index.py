"""What the project's files define and which words they hold, kept between calls.

Nothing in it is believed for long: each call asks every file's status, and reads again what differs; what
changed within the last moments of a clock's grain is read again whatever its status. So an edit from
elsewhere is seen at the next call, and there is nothing to warm up or restart.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import re
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ipy_llm.errors import IpyLlmError
from ipy_llm.source.chunks import Kind, Outline
from ipy_llm.source.notebooks.cells import cell_name
from ipy_llm.source.notebooks.notebook import read_notebook
from ipy_llm.source.sent.reading import parse_suite
from ipy_llm.source.structure.imported import statements
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.structure.resolve import label, whole
from ipy_llm.source.structure.signature import head
from ipy_llm.source.text import decode
from ipy_llm.workspace.project import NAMED, scan_project

# Of what is stored and how it is found. Both marshal's format and what parses are the running Python's.
_FORMAT = f"6 {sys.implementation.cache_tag}".encode()
_PRIVATE = 0.5  # of what a public name is worth
_GRAIN = 2_500_000_000  # nanoseconds: within them a file may change twice and its status once

# A name with the dot before it, outside strings and comments; of an f-string the names are lost, which only ranks.
_WORD = re.compile(
    r"#[^\r\n]*|(\"\"\"|''')(?:[^\\]|\\.)*?\1|\"(?:[^\"\\\r\n]|\\.)*\"|'(?:[^'\\\r\n]|\\.)*'|(\.?[^\W\d]\w*)",
    re.DOTALL,
)


class Definition(NamedTuple):
    """A function, class or assignment of a file. A tuple, since ten thousand are made at a call."""

    target: str  # what names it alone, after `::`
    name: str  # qualified
    kind: Kind
    first: int  # lines of the chunk in its file, or its notebook's cell
    last: int
    digest: str
    head: str  # the signature, with decorators
    uses: (
        int  # how often its last name stands in its own file, its definition included; a member's after a dot
    )


class Contents(NamedTuple):
    """What a file holds: definitions in the order in which they stand, owners first, and its words, counted."""

    digest: str
    lines: int  # of a notebook's code
    error: str | None  # why it has no definitions
    definitions: tuple[Definition, ...]
    words: str  # ` total`, and ` .total` where it follows a dot; not those of strings and comments
    imports: str = ""  # the statements of the imports at its top, one name each, a line each


@dataclass(frozen=True, slots=True)
class Index:
    """Every Python file of a project, by its path relative to the root.

    `worth` says of each name that is defined somewhere how many files hold it, shared among its definitions: as
    `total` at the top level, as `.total` of members.
    """

    root: Path
    files: dict[str, Contents]
    worth: dict[str, float]


# What tells whether a file is the one that was read: its status, empty where that is not to be trusted yet; and
# the checksum of its bytes.
_State = tuple[tuple[int, ...], int]


def read_index(root: Path, cache: Path | None = None) -> Index:
    """Return the project's index as its files are now, with what did not change taken from `cache`.

    `cache` is our folder for the project; where it cannot be written, nothing is kept.
    """
    kept, worth = (_load(cache / "index") if cache else None) or ({}, {})
    states: dict[str, tuple[_State, tuple[Any, ...]]] = {}
    files: dict[str, Contents] = {}
    now = time.time_ns()
    changed = False
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
            unchanged = before is not None and before[0][1] == checksum
            states[name] = ((status, checksum), before[1] if unchanged and before else _contents(name, data))
            changed = True
        files[name] = Contents._make(states[name][1])
    if changed or len(kept) != len(states):
        worth = _worth(files)
        if cache:
            _save(cache / "index", (states, worth))
    return Index(root, files, worth)


def _worth(files: dict[str, Contents]) -> dict[str, float]:
    spread: Counter[str] = Counter()
    shared: Counter[str] = Counter()
    for contents in files.values():
        spread.update(contents.words.split())
        shared.update([entry[1].rpartition(".")[2] for entry in contents.definitions])
    # What is at the top level is named alone and by way of its module, a member after a dot.
    worth: dict[str, float] = {}
    for last, count in shared.items():
        dotted = spread[f".{last}"]
        weight = (0.0 if last.endswith("__") else _PRIVATE if last.startswith("_") else 1.0) / count
        worth[last] = weight * (spread[last] + dotted)
        if dotted:
            worth[f".{last}"] = weight * dotted
    return worth


def definitions(contents: Contents) -> Iterator[Definition]:
    """Yield a file's definitions."""
    return map(Definition._make, contents.definitions)


def innermost(contents: Contents, line: int) -> Definition | None:
    """Return the innermost definition whose lines hold a 1-based line of the file, or None."""
    found = None
    for one in definitions(contents):
        if one.first > line:
            break  # in the order in which they stand
        if line <= one.last:
            found = one
    return found


def read_contents(found: Outline) -> Contents:
    """Return what an outline holds, as the index keeps it."""
    text = found.source.plain
    chunks = list(found.walk())
    twins = Counter(chunk.name for chunk in chunks)
    words = Counter(word for _, word in _WORD.findall(text))
    entries = tuple(
        Definition(
            chunk.name if twins[chunk.name] == 1 else label(chunk, found),
            chunk.name,
            chunk.kind,
            *found.lines(chunk.span),
            found.digest(chunk.span),
            head(chunk, found),
            _uses(chunk.name, words),
        )
        for chunk in chunks
    )
    lines = len(found.starts) - (text.endswith(("\n", "\r")) or not text)
    held = " ".join(sorted(word for word in words if word))
    return Contents(found.digest(whole(found).span), lines, found.error, entries, held, _imports(found))


def _imports(found: Outline) -> str:
    if found.imports is None or found.error is not None:
        return ""
    nodes = parse_suite(found.imports.of(found.source.text))[0]
    return "\n".join(dict.fromkeys(each for node in nodes for each in statements(node)))


def _uses(name: str, words: Counter[str]) -> int:
    owner, _, last = name.rpartition(".")
    if last.startswith("_"):
        return 0
    return min(words[f".{last}"] + (0 if owner else words[last]), 9)


def _contents(name: str, data: bytes) -> tuple[Any, ...]:
    try:
        if not name.endswith(".ipynb"):
            return _plain(read_contents(outline(decode(data))))
        cells = read_notebook(decode(data, python=False)).cells
    except IpyLlmError as error:
        return (f"{zlib.crc32(data) & 0xFFFF:04x}", 0, error.message, (), "", "")
    parts = [
        (f"{cell_name(n)}::", read_contents(cell.outline))
        for n, cell in enumerate(cells)
        if cell.kind == "code"
    ]
    return _plain(
        Contents(
            "",  # a notebook as a whole has none
            sum(part.lines for _, part in parts),
            None,
            tuple(one._replace(target=cell + one.target) for cell, part in parts for one in part.definitions),
            " ".join(dict.fromkeys(word for _, part in parts for word in part.words.split())),
            "\n".join(dict.fromkeys(each for _, part in parts for each in part.imports.split("\n") if each)),
        )
    )


def _plain(contents: Contents) -> tuple[Any, ...]:
    """Return what marshal knows: tuples, not those that are named."""
    return (*contents[:3], tuple(map(tuple, contents.definitions)), *contents[4:])


def _status(found: os.stat_result, now: int) -> tuple[int, ...]:
    """Return what of a file's status changes when it is written; nothing where it was written just now."""
    if max(found.st_mtime_ns, found.st_ctime_ns) > now - _GRAIN:
        return ()
    # ctime too: a copy may bring an old mtime along
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)


_Kept = tuple[dict[str, tuple[_State, tuple[Any, ...]]], dict[str, float]]


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
