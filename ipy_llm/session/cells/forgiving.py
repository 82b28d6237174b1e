"""The part that forgives cells: the first and the last transformer of a cell, and what is said about it."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from ipy_llm.session.cells.forgive import forgive, strip_comments
from ipy_llm.session.shell import Switches, cell_magics

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, InteractiveShell


class Forgiving:
    """Cells run as they were meant."""

    def __init__(self, shell: InteractiveShell, switches: Switches) -> None:
        self._shell = shell
        self._forgiver = Forgiver(shell, switches)
        self._stripper = CommentStripper(switches)
        self._announce = self._forgiver.announce

    def put_on(self) -> None:
        """Stand at both ends of the clean-up."""
        self._shell.input_transformers_cleanup.insert(0, self._forgiver)  # IPython's own changes bodies
        self._shell.input_transformers_cleanup.append(self._stripper)
        self._shell.events.register("pre_run_cell", self._announce)

    def take_off(self) -> None:
        """Leave the clean-up, whatever was put beside us."""
        ours = (self._forgiver, self._stripper)
        self._shell.input_transformers_cleanup[:] = [
            each for each in self._shell.input_transformers_cleanup if each not in ours
        ]
        with suppress(ValueError):  # someone else cleared the list
            self._shell.events.unregister("pre_run_cell", self._announce)


class Forgiver:
    """The first transformer of a cell."""

    # `check_complete` is to see the cell as it was typed; it passes over transformers with this mark
    has_side_effects = True

    def __init__(self, shell: InteractiveShell, switches: Switches) -> None:
        self._shell = shell
        self._switches = switches

    def __call__(self, lines: list[str]) -> list[str]:
        """Return the lines of the cell that was meant."""
        if not self._switches.forgive:
            return lines
        cell = "".join(lines)
        try:
            forgiven = forgive(cell, cell_magics(self._shell))
        except Exception:  # noqa: BLE001 - raising here would fail every cell of the session
            return lines
        return lines if forgiven is None or forgiven.code == cell else _lines(forgiven.code)

    def announce(self, info: ExecutionInfo) -> None:
        """Say before a cell runs what was understood beyond its words; transformers run several times."""
        cell = info.raw_cell
        if not self._switches.forgive or type(cell) is not str:
            return
        try:
            forgiven = forgive(cell, cell_magics(self._shell))
        except Exception:  # noqa: BLE001 - IPython would report it as an error of the cell
            return
        if forgiven is not None and forgiven.notice:
            print(forgiven.notice, file=sys.stderr)  # noqa: T201 - the stream of the cell about to run


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


def _lines(text: str) -> list[str]:
    # not splitlines(): it also splits at form feeds and U+2028
    return [f"{line}\n" for line in text.removesuffix("\n").split("\n")]
