"""What the cells of a session say now, by their numbers: as they ran, or as they were edited since.

To remember a cell costs next to nothing; all that reads one or writes it to a file is imported by who asks for that.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ipy_llm.source.chunks import Chunk, Outline

KEPT = 1000  # cells; older ones can no longer be named


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its number, its text now and when it ran, and the name that its code was compiled under."""

    number: int
    text: str
    ran: str
    filename: str

    @property
    def name(self) -> str:
        """How an address writes it."""
        return f"In[{self.number}]"

    def outline(self) -> Outline:
        """Return what is defined in it."""
        from ipy_llm.source.structure.kept import known_outline  # noqa: PLC0415 - see the module's docstring
        from ipy_llm.source.structure.magics import cell_source  # noqa: PLC0415 - as above
        from ipy_llm.source.text import Source  # noqa: PLC0415 - as above

        return known_outline(*cell_source(Source(self.text)))


class Cells:
    """The cells of one session; laid out as files only once somebody asks for one."""

    def __init__(self) -> None:
        self._cells: dict[int, Cell] = {}
        self._folder: Path | None = None
        self._laid: dict[int, str] = {}

    def add(self, cell: Cell) -> None:
        """Remember a cell that ran."""
        self._cells[cell.number] = cell
        for number in list(self._cells)[:-KEPT]:
            del self._cells[number]

    def ran_again(self, number: int, filename: str) -> None:
        """Note that a cell ran as it is now, compiled under another name."""
        cell = self._cells[number]
        self._cells[number] = replace(cell, ran=cell.text, filename=filename)

    def defining(self, name: str) -> Iterator[tuple[Cell, Chunk]]:
        """Yield each definition of a function or class of that name, and the cell it stands in, the last one first."""
        for cell in reversed(self._cells.values()):
            if name in cell.text:
                for chunk in reversed(cell.outline().chunks):
                    if chunk.name == name and chunk.is_definition:
                        yield cell, chunk

    def lay_out(self) -> Path:
        """Write each cell that is not there yet into a folder that only this session has, and return it."""
        import tempfile  # noqa: PLC0415 - as above

        from ipy_llm.workspace.cells import cell_file  # noqa: PLC0415 - as above
        from ipy_llm.workspace.project import CELLS  # noqa: PLC0415 - as above

        if self._folder is None:
            self._folder = Path(os.path.realpath(tempfile.mkdtemp(prefix=CELLS)))
        for number, cell in self._cells.items():
            if self._laid.get(number) != cell.text:
                data = cell.text.encode("utf-8", "surrogatepass")
                cell_file(self._folder, number).write_bytes(data)
                self._laid[number] = cell.text
        for number in [number for number in self._laid if number not in self._cells]:
            cell_file(self._folder, number).unlink(missing_ok=True)
            del self._laid[number]
        return self._folder

    def changed(self) -> Iterator[tuple[Cell, Cell]]:
        """Yield each cell whose file was edited since it was laid out: as it was, and as it is from now on."""
        from ipy_llm.workspace.cells import cell_file  # noqa: PLC0415 - as above
        from ipy_llm.workspace.files import current_bytes  # noqa: PLC0415 - as above

        for number, laid in self._laid.items():
            assert self._folder is not None
            data = current_bytes(cell_file(self._folder, number))
            text = laid if data is None else data.decode("utf-8", "surrogatepass")
            if text != laid:
                before = self._cells[number]
                self._cells[number] = replace(before, text=text)
                self._laid[number] = text
                yield before, self._cells[number]

    def forget(self) -> None:
        """Leave nothing on the disk."""
        if self._folder is not None:
            import shutil  # noqa: PLC0415 - as above

            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
            self._laid = {}
