"""Edits of a notebook: within a cell as in any document, and of the cells themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ipy_llm.errors import AmbiguousError, EditRejectedError, ParseError
from ipy_llm.source.editing.edits import Create, Delete, Edit, Insert, Substitute, Touched
from ipy_llm.source.editing.steps import check_digest
from ipy_llm.source.notebooks.cells import cell_name, find_cell, whole_refused
from ipy_llm.source.notebooks.notebook import Notebook, outline_cell
from ipy_llm.source.notebooks.percent import cells_of
from ipy_llm.source.notebooks.style import NewCell
from ipy_llm.source.notebooks.within import edit_cell, python_gate
from ipy_llm.source.notebooks.write import with_cells, with_texts
from ipy_llm.source.structure.resolve import has, whole


def edit_notebook(
    edits: Sequence[Edit], notebook: Notebook, document: str, *, allow_removal: bool = False
) -> tuple[Notebook, tuple[Touched, ...]]:
    """Apply edits that all mean the notebook as it is, and return it after them with what each touched.

    `document` is how messages write the notebook. Raises an `IpyLlmError`; then nothing happened.
    """
    plan = _Plan()
    for position, edit in enumerate(edits):
        _place(position, edit, plan, notebook, document)
    touched: dict[int, Touched] = {}
    texts: dict[int, str] = {}
    moved = _numbers_after(plan, len(notebook.cells))
    for number, held in plan.edits.items():
        if number in plan.deleted:
            raise EditRejectedError(
                f"cell {cell_name(number)} is deleted and edited; nothing was written",
                steps=["send one or the other"],
            )
        positions, inner = zip(*held, strict=True)
        cell = notebook.cells[number]
        own = f"{document}::{cell_name(number)}"
        python = notebook.python and cell.kind == "code"
        after_cell, done = edit_cell(
            inner, cell.outline, own, cell.kind, python=python, allow_removal=allow_removal
        )
        texts[number] = after_cell.source.plain
        name = cell_name(moved[number])
        for position, one in zip(positions, done, strict=True):
            touched[position] = replace(one, target=f"{name}{'::' * bool(one.target)}{one.target}")
    after = with_texts(notebook, texts)
    order: list[int | NewCell] = []
    for number in range(len(notebook.cells) + 1):
        for position, cells in plan.inserted.get(number, ()):
            first = len(order)
            order += cells
            touched[position] = _inserted(cells, first)
        if number < len(notebook.cells) and number not in plan.deleted:
            order.append(number)
    for number, position in plan.deleted.items():
        touched[position] = Touched("deleted", cell_name(number), "", None)
    if order != list(range(len(notebook.cells))):
        after = with_cells(after, order)
    return after, tuple(touched[position] for position in range(len(edits)))


@dataclass(slots=True)
class _Plan:
    """Edits by where they go, each with its position among all; cells by their number from 0."""

    edits: dict[int, list[tuple[int, Edit]]] = field(default_factory=dict)
    deleted: dict[int, int] = field(default_factory=dict)
    inserted: dict[int, list[tuple[int, list[NewCell]]]] = field(default_factory=dict)  # before that cell

    def insert(self, position: int, cells: list[NewCell], number: int) -> None:
        """Plan new cells before the one of that number."""
        self.inserted.setdefault(number, []).append((position, cells))


def _numbers_after(plan: _Plan, count: int) -> dict[int, int]:
    """Return the number each cell will have."""
    numbers, at = {}, 0
    for number in range(count):
        at += sum(len(cells) for _, cells in plan.inserted.get(number, ()))
        numbers[number] = at
        at += number not in plan.deleted
    return numbers


def _place(position: int, edit: Edit, plan: _Plan, notebook: Notebook, document: str) -> None:
    if isinstance(edit, Create):
        raise EditRejectedError(f"{document} exists already", steps=[f"into {document}"])
    number = _imports_cell(edit, notebook)
    number = find_cell(edit.address, notebook, document) if number is None else number
    if number is None and isinstance(edit, Substitute) and edit.address.lines is None:
        number = _only_cell(edit, notebook, document)
    if number is None:
        if not (isinstance(edit, Insert) and edit.where == "into"):
            raise whole_refused(edit.address, document)
        plan.insert(position, new_cells(edit.text, document, python=notebook.python), len(notebook.cells))
        return
    if not edit.address.target:
        outline = notebook.cells[number].outline
        if isinstance(edit, Insert) and edit.where != "into":
            check_digest(edit, whole(outline), outline)
            cells = new_cells(edit.text, document, python=notebook.python)
            plan.insert(position, cells, number + (edit.where == "after"))
            return
        if isinstance(edit, Delete) and edit.address.lines is None:
            check_digest(edit, whole(outline), outline)
            plan.deleted[number] = position
            return
    plan.edits.setdefault(number, []).append((position, edit))


def _imports_cell(edit: Edit, notebook: Notebook) -> int | None:
    """Return the cell that takes new imports: the first that has some."""
    address = edit.address
    if not isinstance(edit, Insert) or address.section != "imports" or address.name or address.cell:
        return None
    return next((number for number, cell in enumerate(notebook.cells) if has(address, cell.outline)), None)


def _only_cell(edit: Substitute, notebook: Notebook, document: str) -> int:
    """Return the one cell that a text stands in."""
    found = [number for number, cell in enumerate(notebook.cells) if edit.old in cell.text]
    if not found:
        raise EditRejectedError(
            f"`{edit.old}` does not stand in a cell of {document}; nothing was written",
            steps=[f"outline {document}"],
        )
    if len(found) > 1:
        menu = [f"'{document}::{cell_name(number)} {edit.old} => {edit.new}'" for number in found]
        raise AmbiguousError(
            f"`{edit.old}` stands in {len(found)} cells; say which", candidates=menu, steps=menu[:8]
        )
    return found[0]


def new_cells(text: str, document: str, *, python: bool = True) -> list[NewCell]:
    """Return the cells a text stands for, those of Python through the gate. Raises `EditRejectedError`."""
    if not text.strip():
        raise ParseError("the text is empty; for an empty cell send `# %%`")
    cells = cells_of(text)
    for cell in cells:
        if cell.kind == "code" and python:
            python_gate(cell.text, f"{document}::[new]")
    return cells


def _inserted(cells: Sequence[NewCell], first: int) -> Touched:
    outline = outline_cell("raw", cells[0].text)
    span = whole(outline).span
    notes: list[str] = [cells[0].kind] if cells[0].kind != "code" else []
    if len(cells) > 1:
        notes.append(f"{len(cells)} cells, to {cell_name(first + len(cells) - 1)}")
    return Touched("inserted", cell_name(first), outline.digest(span), outline.lines(span), tuple(notes))
