"""The objects that a cell made follow the text of the cell."""

from __future__ import annotations

import ast
import linecache
from typing import TYPE_CHECKING

from ipy_llm.session.documents.registry import Cell, Cells
from ipy_llm.session.live.engine import follow
from ipy_llm.source.structure.magics import PYTHON_MAGICS

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_TIMED = "<timed exec>"  # what `%%time` compiles its body as


def follow_cells(shell: InteractiveShell, cells: Cells) -> list[str]:
    """Make what lives run the text of each cell that was edited since; return a line on each."""
    return [line for before, after in cells.changed() for line in _follow(shell, before, after)]


def _follow(shell: InteractiveShell, before: Cell, after: Cell) -> tuple[str, ...]:
    filename = _compiled_as(shell, before)
    new = _runnable(shell, after.text)
    followed = follow(
        shell.user_ns,
        _runnable(shell, before.text),
        new,
        filename,
        flags=shell.compile.flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
        apart=filename != _TIMED,  # as IPython does
        step=f"%llm run {after.name}",
    )
    if not followed.refused and filename != _TIMED:
        # as IPython keeps it: without a time, so that nobody looks for a file
        linecache.cache[filename] = (len(new), None, [f"{line}\n" for line in new.splitlines()], filename)
    return followed.lines


def _compiled_as(shell: InteractiveShell, cell: Cell) -> str:
    """Return the name that the code of a cell was compiled under: below a magic, one of its own."""
    header, _ = _parts(cell.ran)
    magic = header.rpartition("%%")[2].split(maxsplit=1)[:1]
    if magic == ["time"]:
        return _TIMED
    if magic != ["capture"]:
        return cell.filename
    body = _parts(cell.ran)[1]
    code = _runnable(shell, body)
    # versions differ in when they begin to count the next cell
    names = [str(shell.compile.get_code_name(body, code, cell.number + more)) for more in (0, 1)]
    return next((name for name in names if name in linecache.cache), cell.filename)


def _parts(text: str) -> tuple[str, str]:
    """Return the cell magics at the top of a cell, each with its line end, and what runs below them."""
    at = 0
    for line in text.splitlines(keepends=True):
        name = line.removeprefix("%%").split(maxsplit=1)[:1]
        if not line.startswith("%%") or name[0] not in PYTHON_MAGICS:
            break
        at += len(line)
    return text[:at], text[at:]


def _runnable(shell: InteractiveShell, text: str) -> str:
    """Return a cell as it is compiled."""
    _, body = _parts(text)
    return str(shell.transform_cell(body))  # type: ignore[no-untyped-call] # IPython's
