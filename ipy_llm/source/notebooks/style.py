"""How a notebook writes its JSON: its escapes, white space, order of keys, form of sources.

What is new in it is written like what stands there.
"""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass
from itertools import count
from typing import Literal

from ipy_llm.source.notebooks.notebook import Cell, Notebook

CellKind = Literal["code", "markdown", "raw"]

_ESCAPED = re.compile(r"(?<!\\)(?:\\\\)*\\u(?!00[0-7])[0-9a-fA-F]{4}")  # a letter beyond ASCII
_HTML = "<>&'="  # what some writers escape, so that the JSON can stand in a page
_COLON = re.compile(r'"(?:cell_type|nbformat)"(\s*:\s*)')
_COMMA = re.compile(r'[\]}"\d](\s*,[ \t]*)"')
_SPACE = re.compile(r"\s*")


@dataclass(frozen=True, slots=True)
class NewCell:
    """A cell to be written."""

    kind: CellKind
    text: str


@dataclass(frozen=True, slots=True)
class Style:
    """How a notebook is written; white space as it stands, line ends too.

    `opening` and `closing` are what stands between the cells and the brackets around them; `lead` and `brace`
    what stands before a cell's first key and before its closing brace; `lines` the same three of a source.
    """

    opening: str
    closing: str
    lead: str
    brace: str
    lines: tuple[str, str, str]  # before the first line, between two, after the last
    colon: str
    comma: str
    ascii: bool  # letters beyond ASCII are escaped
    escaped: tuple[str, ...]  # ASCII characters that are escaped without need

    def raw(self, text: str) -> str:
        """Return a text as the content of a JSON string."""
        raw = json.dumps(text, ensure_ascii=self.ascii)[1:-1]
        for sign in self.escaped:
            raw = raw.replace(sign, f"\\u{ord(sign):04x}")
        return raw

    @property
    def next_cell(self) -> str:
        """What stands between two cells where there are not yet two."""
        return f",{self.opening}" if "\n" in self.opening else self.comma

    @property
    def next_key(self) -> str:
        """What stands between two keys of a cell."""
        return f",{self.lead}" if "\n" in self.lead else self.comma


def style_of(notebook: Notebook) -> Style:
    """Read off how a notebook is written."""
    text, cells = notebook.source.text, notebook.cells
    top = _space_after(text, text.index("{"))
    newline = "\r\n" if "\r\n" in top else "\n" if "\n" in top else ""
    unit = top.rpartition("\n")[2] if newline else ""
    if cells:
        opening = text[notebook.span.start + 1 : cells[0].span.start]
        closing = text[cells[-1].span.end : notebook.span.end - 1]
        lead = _space_after(text, cells[0].span.start)
        brace = _space_before(text, cells[0].span.end - 1)
    else:
        closing, opening, lead = (newline + unit * depth for depth in (1, 2, 3))
        brace = opening
    colon, comma = _COLON.search(text), _COMMA.search(text)
    between = comma[1] if comma else ", "
    step = lead.rpartition("\n")[2].removeprefix(brace.rpartition("\n")[2])
    line = lead + step if "\n" in lead else ""
    lists = [cell.gaps for cell in cells if cell.gaps and len(cell.gaps) > 2]
    gaps = lists[0] if lists else (line, f",{line}" if line else between, lead if line else "")
    sources = "".join(part.raw for cell in cells for part in cell.parts)
    return Style(
        opening=opening,
        closing=closing,
        lead=lead,
        brace=brace,
        lines=(gaps[0], gaps[1], gaps[-1]),
        colon=colon[1] if colon else ": ",
        comma=between if "\n" not in between else ", ",
        ascii=text.isascii() and _ESCAPED.search(text) is not None,
        escaped=tuple(sign for sign in _HTML if sign not in sources and f"\\u{ord(sign):04x}" in sources),
    )


def written_cell(cell: NewCell, notebook: Notebook, style: Style, ids: set[str]) -> str:
    """Return the JSON of a new cell; its id, where the notebook's cells have one, is added to `ids`."""
    values = {"cell_type": f'"{cell.kind}"', "metadata": "{}", "source": _source(cell.text, notebook, style)}
    if cell.kind == "code":
        values |= {"execution_count": "null", "outputs": "[]"}
    if notebook.has_ids:
        values["id"] = f'"{_new_id(cell.text, ids)}"'
    like = _model(cell.kind, notebook.cells)
    order = sorted(values)
    if list(like) != sorted(like):
        order.sort(key=lambda key: like.index(key) if key in like else len(like))
    members = style.next_key.join(f'"{key}"{style.colon}{values[key]}' for key in order)
    return f"{{{style.lead}{members}{style.brace}}}"


def split_lines(text: str) -> list[str]:
    """Split a text into lines, each with its line feed."""
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _source(text: str, notebook: Notebook, style: Style) -> str:
    if notebook.cells and all(cell.gaps is None for cell in notebook.cells):
        return f'"{style.raw(text)}"'
    lead, between, tail = style.lines
    items = between.join(f'"{style.raw(line)}"' for line in split_lines(text))
    return f"[{lead}{items}{tail}]" if items else "[]"


def _model(kind: str, cells: tuple[Cell, ...]) -> tuple[str, ...]:
    """Return the keys of a cell of that kind, else of any, in their order."""
    same = next((cell.keys for cell in cells if cell.kind == kind), None)
    return same or next((cell.keys for cell in cells), ())


def _new_id(text: str, ids: set[str]) -> str:
    """Return eight hex digits, as nbformat makes them, that no other cell has; the same ones each time."""
    for salt in count():
        made = f"{zlib.crc32(f'{salt} {len(ids)} {text}'.encode('utf-8', 'surrogatepass')):08x}"
        if made not in ids:
            break
    ids.add(made)
    return made


def _space_after(text: str, at: int) -> str:
    match = _SPACE.match(text, at + 1)
    assert match is not None
    return match[0]


def _space_before(text: str, at: int) -> str:
    start = at
    while text[start - 1] in " \t\r\n":
        start -= 1
    return text[start:at]
