"""What of a file is Python: all of a module; of a notebook its cells, one below the other, magics veiled.

So names are followed from cell to cell as its kernel would, and a place in that text leads back to the cell.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from ipy_llm.source.editing.gate import compile_gate
from ipy_llm.source.notebooks.cells import cell_name
from ipy_llm.source.notebooks.notebook import Notebook, read_notebook
from ipy_llm.source.notebooks.write import with_texts
from ipy_llm.source.structure.syntax import parse
from ipy_llm.source.text import Span, decode, encode, splice


@dataclass(frozen=True, slots=True)
class Cells:
    """The Python of a notebook: its text, and the number (from 0) and first line (from 1) of each cell in it.

    Cells that do not parse are left out, and their texts are among `broken`.
    """

    text: str
    numbers: tuple[int, ...]
    lines: tuple[int, ...]
    starts: tuple[int, ...]  # offsets
    broken: tuple[str, ...]

    def place(self, line: int) -> tuple[int, int]:
        """Return the number of the cell that a line of the text stands in, from 0, and its line there, from 1."""
        at = bisect_right(self.lines, line) - 1
        return self.numbers[at], line - self.lines[at] + 1


def is_notebook(file: str) -> bool:
    """Say whether a file is a notebook by its name."""
    return file.endswith(".ipynb")


def python_of(data: bytes, file: str) -> str:
    """Return what of a file is Python. Raises an `IpyLlmError` where it cannot be read."""
    return read_cells(data).text if is_notebook(file) else decode(data).text


def read_cells(data: bytes) -> Cells:
    """Return the Python of a notebook. Raises an `IpyLlmError` where it is none."""
    return cells_of(read_notebook(decode(data, python=False)))


def cells_of(notebook: Notebook) -> Cells:
    """Return the Python of a notebook."""
    text, line = "", 1
    numbers, lines, starts, broken = [], [], [], []
    for number, cell in enumerate(notebook.cells):
        if cell.kind != "code" or not cell.outline.python:
            continue
        code = cell.outline.source.text
        if not _parses(code):
            broken.append(code)
            continue
        numbers.append(number)
        lines.append(line)
        starts.append(len(text))
        text += f"{code}\n"
        line += code.count("\n") + 1
    return Cells(text, tuple(numbers), tuple(lines), tuple(starts), tuple(broken))


def rewritten(data: bytes, file: str, splices: Sequence[tuple[Span, str]]) -> bytes:
    """Return a file's bytes after splices of its text, of a notebook that of its cells.

    Raises `RequestError` where its encoding lacks a character, `EditRejectedError` where it would not compile.
    """
    if not is_notebook(file):
        source = decode(data)
        source = source.with_text(splice(source.text, splices))
        compile_gate(source, file)
        return encode(source)
    notebook = read_notebook(decode(data, python=False))
    cells = cells_of(notebook)
    own: dict[int, list[tuple[Span, str]]] = {}
    for span, new in splices:
        at = bisect_right(cells.starts, span.start) - 1
        start = cells.starts[at]
        own.setdefault(cells.numbers[at], []).append((Span(span.start - start, span.end - start), new))
    texts = {number: splice(notebook.cells[number].text, found) for number, found in own.items()}
    after = with_texts(notebook, texts)
    for number in own:
        outline = after.cells[number].outline
        compile_gate(outline.source, f"{file}::{cell_name(number)}", outline.language)
    return encode(after.source, python=False)


def _parses(code: str) -> bool:
    try:
        parse(code)
    except SyntaxError:
        return False
    return True
