"""The cells of a running session as documents: `In[3]`, and the names that are defined in them.

A session lays its cells as files `In[3].ipy` into a folder of its own, so that whatever reads, edits and undoes
a file does so with a cell.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from ipy_llm.source.address import Address
from ipy_llm.source.chunks import Outline
from ipy_llm.source.documents import Document, holds, read_document
from ipy_llm.source.structure.syntax import parse
from ipy_llm.workspace.files import read_bytes
from ipy_llm.workspace.project import Workspace

_CELL = re.compile(r"In\[(\d+)\]")


def cell_file(folder: Path, number: int) -> Path:
    """Return the file of a cell."""
    return folder / f"In[{number}].ipy"


def cell_path(name: str, workspace: Workspace) -> Path | None:
    """Return the file of the cell that is written `In[3]`, None for another name or where there is none."""
    match = _CELL.fullmatch(name)
    if match is None or workspace.cells is None:
        return None
    path = cell_file(workspace.cells, int(match[1]))
    return path if path.is_file() else None


def cells(workspace: Workspace) -> list[Path]:
    """Return the files of the session's cells, the newest first."""
    found = workspace.cells.glob("In[[]*].ipy") if workspace.cells is not None else ()
    return sorted(found, key=lambda path: int(path.stem[3:-1]), reverse=True)


def cell_places(address: Address, workspace: Workspace) -> Iterator[tuple[Path, Document]]:
    """Yield the cell that an address without a document means: the last one that gave the name its meaning."""
    first, _, _ = address.name.partition(".")
    needle = first.encode()
    for path in cells(workspace):
        data = read_bytes(path)
        if needle not in data:
            continue
        document = read_document(data, "ipython")
        if holds(address, document):
            yield path, document
            return
        if isinstance(document, Outline) and _binds(first, document):
            return


def _binds(name: str, document: Outline) -> bool:
    """Say whether a cell gives a name another meaning: defines it without the rest of the address, or imports it."""
    if any(chunk.name == name for chunk in document.chunks):
        return True
    if document.error is not None:
        return False
    return any(
        name in (alias.asname, alias.name.partition(".")[0])
        for node in parse(document.source.text).body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    )
