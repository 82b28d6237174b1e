"""Searching a project: definitions by name, and the places that hold a name, a text or a pattern."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Literal

from ipy_llm.errors import IpyLlmError
from ipy_llm.explore.contents import Definition, innermost, read_contents
from ipy_llm.explore.index import Index
from ipy_llm.explore.rank import is_test
from ipy_llm.explore.words import Occurrence, occurrences, word
from ipy_llm.source.notebooks.cells import cell_name
from ipy_llm.source.notebooks.notebook import Notebook, read_notebook
from ipy_llm.source.structure.resolve import whole
from ipy_llm.source.text import decode, digest, line_starts, split_lines
from ipy_llm.workspace.project import NAMED, scan_project

Kind = Literal["def", "class", "name", "text"]

_DEFINING = re.compile(r"(?:def|class)[ \t]+\Z")
_BINARY = 4096  # of so many first bytes none is null in a text


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for.

    `kind`: `def` and `class` are definitions by name, `name` is both those and the uses in code, `text` is
    everything that holds it, whatever it is. `inside`: paths of files or folders relative to the root, or
    patterns of them (`tests/*.py`); everywhere if there are none.
    """

    text: str
    kind: Kind
    regex: bool = False
    inside: tuple[str, ...] = ()

    @property
    def pattern(self) -> re.Pattern[str]:
        """What matches. Raises `re.error` where the text is no regular expression."""
        if self.regex:
            return re.compile(self.text, re.MULTILINE)
        return re.compile(re.escape(self.text)) if self.kind == "text" else word(self.text)

    def holds(self, file: str) -> bool:
        """Say whether a file is among those asked about."""
        return not self.inside or any(
            file == path or file.startswith(f"{path}/") or path == "." or fnmatch(file, path)
            for path in self.inside
        )


@dataclass(frozen=True, slots=True)
class Place:
    """A chunk that holds matches, or the file or cell where no chunk does: its address without the digest."""

    file: str
    address: str
    digest: str
    lines: tuple[tuple[int, str], ...]  # numbers as `show` counts them, with what stands there


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found: definitions with their files, the chunks with uses, and how many matches are in text alone."""

    defined: tuple[tuple[str, Definition], ...]
    places: tuple[Place, ...]
    in_text: int = 0  # matches in strings and comments, which a name's query leaves out


def find(query: Query, index: Index) -> Hits:
    """Find what a query asks for, in the files of the project that no `.gitignore` names."""
    pattern = query.pattern
    suffix: tuple[str, ...] | str = "" if query.kind == "text" else NAMED
    base = f"{index.root}{os.sep}"
    scanned = (
        path.removeprefix(base).replace(os.sep, "/")
        for path, _ in scan_project(index.root, suffix, ignored=False)
    )
    files = sorted(filter(query.holds, scanned), key=is_test)  # tests last, else as they stand
    defined = tuple(_defined(query, pattern, index, files)) if query.kind != "text" else ()
    if query.kind in {"def", "class"}:
        return Hits(defined, ())
    places: list[Place] = []
    in_text = 0
    needle = query.text.rpartition(".")[2].encode() if not query.regex and query.kind == "name" else b""
    for file in files:
        try:
            data = Path(index.root, file).read_bytes()
        except OSError:  # gone since the scan
            continue
        if needle not in data or b"\0" in data[:_BINARY]:
            continue
        found, more = _in_file(file, data, pattern, query, index)
        places += found
        in_text += more
    first = {file for file, _ in defined}
    listed = {f"{file}::{one.target}" for file, one in defined if one.kind == "assignment"}
    places = [place for place in places if place.address not in listed or len(place.lines) > 1]
    places.sort(key=lambda place: place.file not in first)
    return Hits(defined, tuple(places), in_text)


def _defined(
    query: Query, pattern: re.Pattern[str], index: Index, files: Sequence[str]
) -> Iterator[tuple[str, Definition]]:
    kinds = {"def": {"function"}, "class": {"class"}}.get(query.kind)
    for file in files:
        for one in index.files[file].definitions if file in index.files else ():
            if query.regex:
                fits = pattern.search(one.name) is not None
            else:
                fits = one.name == query.text or one.name.endswith(f".{query.text}")
            if fits and (kinds is None or one.kind in kinds):
                yield file, one


def _in_file(
    file: str, data: bytes, pattern: re.Pattern[str], query: Query, index: Index
) -> tuple[list[Place], int]:
    """Return the places in a file, and how many matches in its strings and comments were left out."""
    try:
        if file.endswith(".ipynb"):
            return _in_notebook(file, read_notebook(decode(data, python=False)), pattern, query)
        text = decode(data, python=file.endswith((".py", ".pyi"))).text
    except IpyLlmError:
        return [], 0
    python = file in index.files
    found, left = _matches(text, pattern, query, python=python or file.endswith(".pyi"))
    if not found:
        return [], left
    grouped: dict[tuple[str, str, int], list[int]] = {}
    for number in found:
        chunk = innermost(index.files[file].definitions, number) if python else None
        key = (f"{file}::{chunk.target}", chunk.digest, chunk.first) if chunk else (file, "", 1)
        grouped.setdefault(key, []).append(number)
    lines = split_lines(text)
    return [
        Place(
            file,
            address,
            held or _digest_of(text),
            tuple((number - first + 1, lines[number - 1]) for number in numbers),
        )
        for (address, held, first), numbers in grouped.items()
    ], left


def _in_notebook(
    file: str, notebook: Notebook, pattern: re.Pattern[str], query: Query
) -> tuple[list[Place], int]:
    places: list[Place] = []
    left = 0
    for number, cell in enumerate(notebook.cells):
        if cell.kind != "code" and query.kind != "text":
            continue
        found, more = _matches(cell.text, pattern, query, python=cell.kind == "code")
        left += more
        if not found:
            continue
        contents = read_contents(cell.outline)
        lines = split_lines(cell.text)
        name = f"{file}::{cell_name(number)}"
        for line in found:
            chunk = innermost(contents.definitions, line)
            address = f"{name}::{chunk.target}" if chunk else name
            held = chunk.digest if chunk else cell.outline.digest(whole(cell.outline).span)
            here = (line - (chunk.first if chunk else 1) + 1, lines[line - 1])
            if places and places[-1].address == address:
                here_too = places.pop().lines
                places.append(Place(file, address, held, (*here_too, here)))
            else:
                places.append(Place(file, address, held, (here,)))
    return places, left


def _matches(text: str, pattern: re.Pattern[str], query: Query, *, python: bool) -> tuple[list[int], int]:
    """Return the lines with a match, and how many matches stand where the query does not look."""
    found = list(occurrences(text, pattern, python=python))
    if not found:
        return [], 0
    starts = line_starts(text)
    kept = found if query.kind == "text" else [each for each in found if each.code]
    # The name in a `def` or `class` is listed as a definition.
    uses = [each for each in kept if query.kind == "text" or not _defines(text, each)]
    return list(dict.fromkeys(_line(starts, each) for each in uses)), len(found) - len(kept)


def _defines(text: str, found: Occurrence) -> bool:
    return _DEFINING.search(text, max(0, found.start - 12), found.start) is not None


def _line(starts: Sequence[int], found: Occurrence) -> int:
    return bisect_right(starts, found.start)


def _digest_of(text: str) -> str:
    return digest(text.removesuffix("\n").removesuffix("\r"))
