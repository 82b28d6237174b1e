"""A notebook with other texts or cells: its JSON is spliced, what did not change is copied byte for byte."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ipy_llm.source.notebooks.notebook import Cell, Notebook, read_notebook
from ipy_llm.source.notebooks.style import NewCell, Style, split_lines, style_of, written_cell
from ipy_llm.source.text import Source, splice

_LINE_FEED = re.compile(r"\\(?:n|u000[aA])$")


@dataclass(frozen=True, slots=True)
class _Unit:
    """Pieces of a source that make up whole lines: what they say, and their JSON between the outer quotes.

    `first` and `end` number the pieces, half-open; they are None of a line that is new.
    """

    text: str
    raw: str
    first: int | None = None
    end: int | None = None


_EMPTY = """\
{
 "cells": [],
 "metadata": {
  "kernelspec": {
   "display_name": "Python 3",
   "language": "python",
   "name": "python3"
  },
  "language_info": {
   "name": "python"
  }
 },
 "nbformat": 4,
 "nbformat_minor": 5
}
"""


def new_notebook(cells: Sequence[NewCell]) -> Notebook:
    """Return a new notebook for Python with these cells, as Jupyter writes it."""
    return with_cells(read_notebook(Source(_EMPTY)), cells)


def with_texts(notebook: Notebook, texts: Mapping[int, str]) -> Notebook:
    """Return the notebook with other texts of cells, by their number from 0."""
    cells = notebook.cells
    changed = {number: text for number, text in texts.items() if text != cells[number].text}
    if not changed:
        return notebook
    style = style_of(notebook)
    values = [(cells[number].value, _source(cells[number], text, style)) for number, text in changed.items()]
    after = read_notebook(notebook.source.with_text(splice(notebook.source.text, values)), notebook)
    assert [cell.text for cell in after.cells] == [
        changed.get(number, cell.text) for number, cell in enumerate(cells)
    ], "a notebook says what was written"
    return after


def with_cells(notebook: Notebook, cells: Sequence[int | NewCell]) -> Notebook:
    """Return the notebook with these cells in this order: its own, by their number from 0, and new ones."""
    style = style_of(notebook)
    text, ids = notebook.source.text, {cell.id for cell in notebook.cells if cell.id is not None}
    parts = [
        written_cell(cell, notebook, style, ids)
        if isinstance(cell, NewCell)
        else notebook.cells[cell].span.of(text)
        for cell in cells
    ]
    gaps = [_gap(one, other, notebook, style) for one, other in pairwise(cells)]
    opening, closing = (style.opening, style.closing) if parts else ("", "")
    body = "".join(gap + part for gap, part in zip([opening, *gaps], parts, strict=bool(parts)))
    made = splice(text, [(notebook.span, f"[{body}{closing}]")])
    after = read_notebook(notebook.source.with_text(made), notebook)
    assert [cell.text for cell in after.cells] == [
        cell.text if isinstance(cell, NewCell) else notebook.cells[cell].text for cell in cells
    ], "a notebook says what was written"
    return after


def _gap(one: int | NewCell, other: int | NewCell, notebook: Notebook, style: Style) -> str:
    """Return what stands between two cells, as it stands between the nearest that were there."""
    last = len(notebook.cells) - 1
    if isinstance(other, int) and other:
        at = other
    elif isinstance(one, int):
        at = min(one + 1, last)
    else:
        at = min(1, last)
    if at < 1:
        return style.next_cell
    return notebook.source.text[notebook.cells[at - 1].span.end : notebook.cells[at].span.start]


def _source(cell: Cell, text: str, style: Style) -> str:
    """Return the JSON of a cell's source with another text; its lines that stay keep their bytes."""
    units = _units(cell)
    first, start = 0, 0
    while first < len(units) and _starts(text, units[first].text, start):
        start += len(units[first].text)
        first += 1
    last, end = len(units), len(text)
    while last > first and _ends(text, units[last - 1].text, start, end):
        last -= 1
        end -= len(units[last].text)
    middle = _rewritten(units[first:last], split_lines(text[start:end]), cell, style)
    units = [*units[:first], *middle, *units[last:]]
    if cell.gaps is None:
        return f'"{"".join(unit.raw for unit in units)}"'
    if not units:
        return "[]"
    lead, between, tail = style.lines
    if cell.parts:
        lead, tail = cell.gaps[0], cell.gaps[-1]
        between = cell.gaps[1] if len(cell.gaps) > 2 else between
    gaps = [
        cell.gaps[other.first] if other.first is not None and one.end == other.first else between
        for one, other in pairwise(units)
    ]
    body = "".join(f'{gap}"{unit.raw}"' for gap, unit in zip([lead, *gaps], units, strict=True))
    return f"[{body}{tail}]"


def _units(cell: Cell) -> list[_Unit]:
    """Put the pieces of a source together where several make up a line."""
    units = []
    first = 0
    for number, part in enumerate(cell.parts):
        if not part.text.endswith("\n") and number + 1 < len(cell.parts):
            continue
        group = cell.parts[first : number + 1]
        raw = group[0].raw
        for position, piece in enumerate(group[1:], first + 1):
            raw += f'"{cell.gaps[position]}"{piece.raw}' if cell.gaps else piece.raw
        units.append(_Unit("".join(piece.text for piece in group), raw, first, number + 1))
        first = number + 1
    return units


def _starts(text: str, unit: str, start: int) -> bool:
    """Say whether whole lines of a text from `start` on are those of a unit."""
    at = start + len(unit)
    return text.startswith(unit, start) and (at == len(text) or unit.endswith("\n"))


def _ends(text: str, unit: str, start: int, end: int) -> bool:
    """Say whether whole lines of a text up to `end` are those of a unit."""
    at = end - len(unit)
    return at >= start and text.startswith(unit, at) and (at == start or text[at - 1] == "\n")


def _rewritten(units: Sequence[_Unit], lines: Sequence[str], cell: Cell, style: Style) -> list[_Unit]:
    """Return new lines as units; those that stood there keep their bytes."""
    known = {part.text: part.raw for part in cell.parts}
    found = [_Unit(line, _line(line, known, style)) for line in lines]
    matcher = difflib.SequenceMatcher(None, [unit.text for unit in units], lines, autojunk=False)
    for block in matcher.get_matching_blocks():
        found[block.b : block.b + block.size] = units[block.a : block.a + block.size]
    return found


def _line(line: str, known: Mapping[str, str], style: Style) -> str:
    """Return a line as the content of a JSON string; as it stood, where only its end is new."""
    raw = known.get(line)
    if raw is None and line.endswith("\n") and line[:-1] in known:
        raw = known[line[:-1]] + "\\n"
    if raw is None and f"{line}\n" in known:
        raw = _LINE_FEED.sub("", known[f"{line}\n"])
    return style.raw(line) if raw is None else raw
