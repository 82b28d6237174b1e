"""What `show` and `outline` print of a whole notebook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ipy_llm.operations.listing import bounded, entries, numbered
from ipy_llm.operations.operation import Reply
from ipy_llm.source.notebooks.cells import cell_name, find_cell
from ipy_llm.source.structure.resolve import label, whole
from ipy_llm.source.text import split_lines
from ipy_llm.source.tokens import tokens as estimate
from ipy_llm.workspace.locate import Located
from ipy_llm.workspace.project import Workspace

if TYPE_CHECKING:
    from ipy_llm.source.notebooks.notebook import Cell, Notebook

GIST = 60  # characters of a cell without definitions


def show_notebook(notebook: Notebook, located: Located, workspace: Workspace, budget: int) -> Reply:
    """Show a notebook cell by cell, each with its digest, as many as the budget of tokens holds."""
    lines = [_head(notebook, located)]
    facts = []
    for number, cell in enumerate(notebook.cells):
        name = f"{located.document}::{cell_name(number)}"
        body = split_lines(_shown(cell))
        said = list(numbered(body, 1, len(body), budget)) if _shown(cell) else []
        budget -= sum(estimate(line) + 1 for line in said)
        if (len(said) < len(body) and said) or budget < 0:
            rest = len(notebook.cells) - number
            lines.append(f"... {rest} more cell{'s' * (rest > 1)}: show {name}, outline {located.document}")
            break
        digest = cell.outline.digest(whole(cell.outline).span)
        workspace.seen[name] = digest
        lines += [f"{cell_name(number)}@{digest}{_remark(cell)}", *said]
        facts.append({"address": name, "kind": cell.kind, "id": cell.id, "digest": digest, "text": cell.text})
    return Reply(tuple(lines), {"document": located.document, "cells": facts})


def outline_notebook(notebook: Notebook, located: Located) -> Reply:
    """List a notebook's cells with the definitions in them."""
    lines = [_head(notebook, located)]
    facts = []
    only = find_cell(located.address, notebook, located.document)
    for number, cell in enumerate(notebook.cells):
        if only not in {None, number}:
            continue
        name = f"{located.document}::{cell_name(number)}"
        lines += _listed(number, cell)
        facts.append(
            {
                "address": name,
                "kind": cell.kind,
                "id": cell.id,
                "names": [f"{name}::{label(chunk, cell.outline)}" for chunk in cell.outline.walk()],
                "sections": [f"{name}::{section.name}" for section in cell.outline.sections],
            }
        )
    return Reply(
        tuple(bounded(lines, f"show {located.document}::[1]")),
        {"document": located.document, "cells": facts},
    )


def _head(notebook: Notebook, located: Located) -> str:
    count = len(notebook.cells)
    return f"{located.document}  {count} cell{'s' * (count != 1)}"


def _listed(number: int, cell: Cell) -> Iterator[str]:
    text = _shown(cell)
    listed = list(entries(cell.outline.chunks, cell.outline, 1))
    gist = next((line.strip() for line in split_lines(text) if line.strip()), "empty")
    gist = f"  {gist[:GIST]}{' ...' * (gist != text.strip() or len(gist) > GIST)}"
    count = len(split_lines(text))
    yield (
        f"{cell_name(number)}{_remark(cell)}  {count} line{'s' * (count > 1)}"
        f"{'' if listed and cell.kind == 'code' else gist}"
    )
    yield from listed
    for name, wrong in cell.outline.problems.items():
        yield f"  section {name}: {wrong}"


def _remark(cell: Cell) -> str:
    """Return what is to be said of a cell that is not plain Python."""
    if cell.kind != "code":
        return f"  {cell.kind}"
    return f"  ({cell.outline.error})" if cell.outline.error and cell.outline.python else ""


def _shown(cell: Cell) -> str:
    return whole(cell.outline).span.of(cell.text)
