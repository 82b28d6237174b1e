"""The part that reads cells as they were meant: the first and the last transformer, and what is said about it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from IPython.core.error import UsageError

from ipy_llm.errors import IpyLlmError
from ipy_llm.session.cells.forgive import strip_comments
from ipy_llm.session.cells.meant import Meant, meant
from ipy_llm.session.documents.registry import Cell, Cells
from ipy_llm.session.shell import Switches, cell_magics

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell


class Forgiving:
    """Cells run as they were meant, and are remembered so."""

    def __init__(self, shell: InteractiveShell, switches: Switches, cells: Cells) -> None:
        self._shell = shell
        self._reader = Reader(shell, switches, cells)
        self._stripper = CommentStripper(switches)
        self._events: dict[str, Callable[..., object]] = {
            "pre_run_cell": self._reader.announce,
            "post_run_cell": self._reader.remember,
        }
        self._cells = cells

    def put_on(self) -> None:
        """Stand at both ends of the clean-up."""
        self._shell.input_transformers_cleanup.insert(0, self._reader)  # IPython's own changes bodies
        self._shell.input_transformers_cleanup.append(self._stripper)
        for event, callback in self._events.items():
            self._shell.events.register(event, callback)

    def take_off(self) -> None:
        """Leave the clean-up, whatever was put beside us, and no file of a cell."""
        ours = (self._reader, self._stripper)
        self._shell.input_transformers_cleanup[:] = [
            each for each in self._shell.input_transformers_cleanup if each not in ours
        ]
        for event, callback in self._events.items():
            with suppress(ValueError):  # someone else cleared the list
                self._shell.events.unregister(event, callback)
        self._cells.forget()


class Reader:
    """The first transformer of a cell."""

    # `check_complete` is to see the cell as it was typed; it passes over transformers with this mark
    has_side_effects = True

    def __init__(self, shell: InteractiveShell, switches: Switches, cells: Cells) -> None:
        self._shell = shell
        self._switches = switches
        self._cells = cells
        self._last: tuple[str, Meant] | None = None  # a cell is transformed several times

    def __call__(self, lines: list[str]) -> list[str]:
        """Return the lines of the cell that was meant. Raises `UsageError` where it is not certain: it is not run."""
        cell = "".join(lines)
        try:
            code = self._read(cell).code
        except IpyLlmError as error:
            raise UsageError(str(error)) from None
        except Exception:  # noqa: BLE001 - raising here would fail every cell of the session
            return lines
        return lines if code == cell else _lines(code)

    def _read(self, cell: str) -> Meant:
        if self._last is None or self._last[0] != cell:
            read = meant(
                cell,
                cell_magics(self._shell),
                forgiving=self._switches.forgive,
                cells=self._cells if self._switches.elide else None,
                namespace=self._shell.user_ns,
            )
            self._last = (cell, read)
        return self._last[1]

    def announce(self, info: ExecutionInfo) -> None:
        """Say before a cell runs what was understood beyond its words; transformers run several times."""
        try:
            notices = self._read(_as_transformed(info.raw_cell)).notices if type(info.raw_cell) is str else ()
        except Exception:  # noqa: BLE001 - IPython would report it as an error of the cell
            return
        for notice in notices:
            print(notice, file=sys.stderr)  # noqa: T201 - the stream of the cell about to run

    def remember(self, result: ExecutionResult) -> None:
        """Keep what a cell said that ran."""
        number, info, history = result.execution_count, result.info, self._shell.history_manager
        if number is None or info is None or history is None or result.error_before_exec is not None:
            return
        cell = info.raw_cell
        try:
            text = self._read(_as_transformed(cell)).document
            # the history keeps a cell without its last line end
            code = f"{history.input_hist_parsed[number]}\n"
            filename = self._shell.compile.get_code_name(cell, code, number)
        except Exception:  # noqa: BLE001 - as above
            return
        if text.strip():
            self._cells.add(Cell(number, text, text, filename))
        self._last = None  # what is left out next time stands in this one


class CommentStripper:
    """The last transformer: a cell magic below comments, behind prompts or for `check_complete`."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches

    def __call__(self, lines: list[str]) -> list[str]:
        """Return the lines from the magic on."""
        if not self._switches.forgive:
            return lines
        cell = "".join(lines)
        stripped = strip_comments(cell)
        return lines if stripped == cell else _lines(stripped)


def _as_transformed(cell: str) -> str:
    """Return a raw cell as transformers get it: its last line ends."""
    return cell if cell.endswith("\n") else f"{cell}\n"


def _lines(text: str) -> list[str]:
    # not splitlines(): it also splits at form feeds and U+2028
    return [f"{line}\n" for line in text.removesuffix("\n").split("\n")]
