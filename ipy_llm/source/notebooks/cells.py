"""Addresses in a notebook: which cell is meant, each a document of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ipy_llm.errors import AmbiguousError, NotFoundError, ParseError
from ipy_llm.source.address import Address
from ipy_llm.source.near import closest
from ipy_llm.source.structure.resolve import has, label, labels

if TYPE_CHECKING:
    from ipy_llm.source.notebooks.notebook import Notebook


def cell_name(number: int) -> str:
    """Return how an address writes a cell, by its number from 0."""
    return f"[{number + 1}]"


def whole_refused(address: Address, document: str) -> ParseError:
    """Return the refusal of an address that means a notebook where a cell is asked for."""
    if address.lines is not None:
        return ParseError(
            f"{document} has no lines of its own, its cells have",
            steps=[f"for cell {address.lines.first}: {document}::[{address.lines.first}]"],
        )
    return ParseError(
        f"{document} is edited cell by cell; nothing was written",
        steps=[f"name one: {document}::[1]", f"for a new one at the end: into {document}"],
    )


def find_cell(address: Address, notebook: Notebook, document: str) -> int | None:
    """Return the number, from 0, of the cell an address means; None where it means the whole notebook.

    Raises `NotFoundError` with what is near, `AmbiguousError` with the name in each of the cells that have it.
    """
    if address.cell is not None:
        return _numbered(address, notebook, document)
    if not address.target:
        return None
    found = [number for number, cell in enumerate(notebook.cells) if has(address, cell.outline)]
    if len(found) == 1:
        return found[0]
    if found:
        menu = [f"{document}::{cell_name(number)}::{address.target}" for number in found]
        raise AmbiguousError(
            f"{address.target} is in {len(found)} cells of {document}; say which",
            candidates=menu,
            steps=[f"  '{one}'" for one in menu],
        )
    raise _no_name(address, notebook, document)


def names(address: Address, notebook: Notebook) -> list[str]:
    """Return every target in a notebook that an address without a cell may mean."""
    return [
        f"{cell_name(number)}::{name}"
        for number, cell in enumerate(notebook.cells)
        for name in labels(address, cell.outline)
    ]


def _numbered(address: Address, notebook: Notebook, document: str) -> int:
    count, cell = len(notebook.cells), address.cell
    assert cell is not None
    if cell.isdecimal() and 1 <= int(cell) <= count:
        return int(cell) - 1
    ids = [one.id for one in notebook.cells]
    if ids.count(cell) > 1:
        menu = [f"{document}::{cell_name(number)}" for number, own in enumerate(ids) if own == cell]
        raise AmbiguousError(
            f"{len(menu)} cells of {document} have the id {cell}; say which", candidates=menu, steps=menu
        )
    if cell in ids:
        return ids.index(cell)
    near = closest(cell, [one for one in ids if one], count=2)
    raise NotFoundError(
        f"no cell [{cell}] in {document}: it has {count} cell{'s' * (count != 1)}, counted from 1",
        near=near,
        steps=[f"did you mean {document}::[{one}]" for one in near] or [f"outline {document}"],
    )


def _no_name(address: Address, notebook: Notebook, document: str) -> NotFoundError:
    names: dict[str, str] = {}
    for number, cell in enumerate(notebook.cells):
        for chunk in (*cell.outline.walk(), *cell.outline.sections):
            own = label(chunk, cell.outline)
            names[own] = f"{document}::{cell_name(number)}::{own}"
    near = [f"{document}::[{cell.id}]" for cell in notebook.cells if cell.id == address.name]
    # `In[3]`, `cell[3]`, `#3`: by whatever counts, the third cell is what such a number may mean.
    said = str(address.index if address.name.lower() in {"in", "out", "cell", "cells"} else address.section)
    if said.isdecimal() and 1 <= int(said) <= len(notebook.cells):
        near.append(f"{document}::[{said}]")
    near += [names[name] for name in closest(address.target, names, count=3)]
    broken = [
        f"cell {cell_name(number)} is broken: {cell.outline.error}"
        for number, cell in enumerate(notebook.cells)
        if cell.outline.error and cell.outline.python
    ]
    return NotFoundError(
        f"no {address.target} in {document}",
        near=near,
        steps=[*(f"did you mean {name}" for name in near), *broken[:3]] or [f"outline {document}"],
    )
