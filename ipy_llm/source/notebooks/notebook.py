"""The cells of a notebook, with the place of each in its JSON: a scanner that keeps positions.

The standard library's parser gives values without positions, but it says where each ends. So it reads the
values, and only what holds them - the document, its list of cells, each cell - is walked here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ipy_llm.errors import ParseError
from ipy_llm.source.chunks import Outline
from ipy_llm.source.structure.magics import cell_source
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.text import Source, Span

_DECODER = json.JSONDecoder()
_BLANK = re.compile(r"[ \t\r\n]*")
_PYTHONS = frozenset({"", "python", "ipython", "python3", "python2"})
# What one or two characters of a JSON string stand for as one: an escape, a pair of them, or a plain one.
_SIGN = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a cell's text: as the JSON has it, escaped and without quotes, and what it says."""

    raw: str
    text: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: the span of its JSON object and of its source's value, the pieces of the source, its outline.

    The pieces of a source that is a list are its items, and `gaps` what stands before the first, between
    each two and after the last; those of a single string are its lines, and `gaps` is None.
    """

    kind: str  # "code", "markdown", "raw", or what a later format may bring
    id: str | None
    keys: tuple[str, ...]
    span: Span
    value: Span
    parts: tuple[Part, ...]
    gaps: tuple[str, ...] | None
    outline: Outline

    @property
    def text(self) -> str:
        """The cell's text as it is shown and run."""
        return self.outline.source.plain


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook: its JSON, its cells, and the span of the list they stand in, brackets included."""

    source: Source
    cells: tuple[Cell, ...]
    span: Span
    has_ids: bool  # nbformat 4.5 and later
    python: bool  # its kernel runs Python


def read_notebook(source: Source, known: Notebook | None = None) -> Notebook:
    """Find the cells of a notebook; outlines of cells that an earlier state of it has are taken from there.

    Raises `ParseError` where it is none that can be edited.
    """
    scan = _Scan(source.text)
    values: dict[str, Any] = {}
    found: list[_Found] = []
    span = None
    try:
        for key in scan.members():
            if key in values:
                raise ParseError(f"not a notebook that can be edited: it has `{key}` twice")
            start = scan.at
            if key != "cells" or not scan.text.startswith("[", scan.at):
                values[key] = scan.value()
                continue
            values[key] = found = [_scan_cell(scan, number) for number in scan.items()]
            span = Span(start, scan.at)
        scan.end()
    except (ValueError, RecursionError) as error:
        raise ParseError(f"not a notebook: its JSON is broken: {error}") from error
    major, minor = values.get("nbformat"), values.get("nbformat_minor", 0)
    if isinstance(major, int) and major != 4:
        raise ParseError(
            f"a notebook of nbformat {major}; only 4 can be edited",
            steps=["jupyter nbconvert --to notebook --nbformat 4 FILE"],
        )
    if span is None or major != 4 or not isinstance(minor, int):
        raise ParseError("not a notebook: it has no list of cells, or says no nbformat")
    python = _language(values.get("metadata")) in _PYTHONS
    earlier = known.cells if known else ()
    outlines: dict[tuple[str, str], Outline] = {(cell.kind, cell.text): cell.outline for cell in earlier}
    cells = tuple(_cell(one, outlines, python=python) for one in found)
    return Notebook(source, cells, span, minor >= 5, python)


def outline_cell(kind: str, text: str, *, python: bool = True) -> Outline:
    """Return the outline of a cell's text, in a notebook whose kernel runs Python or not."""
    if kind == "code" and python:
        return outline(*cell_source(Source(text)))
    return outline(Source(text), "markdown" if kind == "markdown" else "text")


def lines_of(raw: str) -> tuple[Part, ...]:
    """Split the escaped content of a JSON string into its lines, each with its line feed."""
    if "\\" not in raw:
        return (Part(raw, raw),) if raw else ()
    parts, start = [], 0
    ends = [match.end() for match in _SIGN.finditer(raw) if match[0] in {"\\n", "\\u000a", "\\u000A"}]
    for end in (*ends, len(raw)):
        if end > start:
            parts.append(Part(raw[start:end], json.loads(f'"{raw[start:end]}"')))
        start = end
    return tuple(parts)


@dataclass(frozen=True, slots=True)
class _Found:
    """A cell as scanned: the values of its keys but outputs, its span, its source's, the spans of the items."""

    number: int
    values: dict[str, Any]
    span: Span
    value: Span
    items: tuple[tuple[Span, str], ...]
    json: str


class _Scan:
    """A place in a JSON text. What a generator yields must be read before it goes on."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def skip(self) -> str:
        """Pass over white space and return the character after it; nothing at the end."""
        match = _BLANK.match(self.text, self.at)
        assert match is not None
        self.at = match.end()
        return self.text[self.at : self.at + 1]

    def take(self, signs: str) -> str:
        """Pass over one of some characters. Raises `ValueError` where none stands there."""
        sign = self.skip()
        if not sign or sign not in signs:
            raise json.JSONDecodeError(f"Expecting {' or '.join(signs)}", self.text, self.at)
        self.at += 1
        return sign

    def value(self) -> Any:
        """Read one value."""
        self.skip()
        value, self.at = _DECODER.raw_decode(self.text, self.at)
        return value

    def members(self) -> Iterator[str]:
        """Yield each key of an object, before its value."""
        self.take("{")
        if self.skip() == "}":
            self.at += 1
            return
        while True:
            if self.skip() != '"':
                raise json.JSONDecodeError("Expecting a key in double quotes", self.text, self.at)
            key = self.value()
            self.take(":")
            self.skip()
            yield key
            if self.take(",}") == "}":
                return

    def items(self) -> Iterator[int]:
        """Yield the number of each item of a list, from 1, before it."""
        self.take("[")
        if self.skip() == "]":
            self.at += 1
            return
        number = 1
        while True:
            self.skip()
            yield number
            if self.take(",]") == "]":
                return
            number += 1

    def end(self) -> None:
        """Raise `ValueError` unless the text ends here."""
        if self.skip():
            raise json.JSONDecodeError("Extra data", self.text, self.at)


def _scan_cell(scan: _Scan, number: int) -> _Found:
    start = scan.at
    values: dict[str, Any] = {}
    value = Span(start, start)
    items: list[tuple[Span, str]] = []
    if not scan.text.startswith("{", start):
        scan.value()  # or there is none at all
        raise ParseError(f"not a notebook that can be edited: its cell {number} is no object")
    for key in scan.members():
        if key in values:
            raise ParseError(f"not a notebook that can be edited: its cell {number} has `{key}` twice")
        at = scan.at
        if key == "source" and scan.text.startswith("[", at):
            for _ in scan.items():
                first, text = scan.at, scan.value()
                items.append((Span(first + 1, scan.at - 1), text))  # without the quotes
            values[key] = [text for _, text in items]
        else:
            values[key] = scan.value()
        if key == "source":
            value = Span(at, scan.at)
    return _Found(number, values, Span(start, scan.at), value, tuple(items), scan.text)


def _cell(found: _Found, outlines: dict[tuple[str, str], Outline], *, python: bool) -> Cell:
    wrong = f"not a notebook that can be edited: its cell {found.number}"
    kind, source, own_id = (found.values.get(key) for key in ("cell_type", "source", "id"))
    if not isinstance(kind, str):
        raise ParseError(f"{wrong} says no kind")
    items = [source] if isinstance(source, str) else source
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ParseError(f"{wrong} has no text as its source")
    text = "".join(items)
    if isinstance(source, str):
        parts, gaps = lines_of(found.json[found.value.start + 1 : found.value.end - 1]), None
    else:
        parts = tuple(Part(span.of(found.json), item) for span, item in found.items)
        edges = [found.value.start + 1]
        for span, _ in found.items:
            edges += [span.start - 1, span.end + 1]
        edges.append(found.value.end - 1)
        gaps = tuple(found.json[edges[at] : edges[at + 1]] for at in range(0, len(edges), 2))
    return Cell(
        kind=kind,
        id=own_id if isinstance(own_id, str) else None,
        keys=tuple(found.values),
        span=found.span,
        value=found.value,
        parts=parts,
        gaps=gaps,
        outline=outlines.get((kind, text)) or outline_cell(kind, text, python=python),
    )


def _language(metadata: Any) -> str:
    """Return the language of the notebook's kernel in lower case, or nothing."""
    for place, key in (("language_info", "name"), ("kernelspec", "language")):
        part = metadata.get(place) if isinstance(metadata, dict) else None
        if isinstance(part, dict) and isinstance(part.get(key), str):
            return str(part[key]).lower()
    return ""
