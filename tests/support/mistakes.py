"""The published list of mistakes: the cells of each, and what a reply to it must hold."""

from __future__ import annotations

import importlib.util
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from ipy_llm.session import hooks

LIST = Path(__file__).parents[1] / "acceptance" / "mistakes.txt"
_FRAMES = re.compile(r"[\s\u2500-\u257f]+")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Mistake:
    """Cells of which the last one fails, the packages they take, and patterns that the reply must meet."""

    name: str
    cells: list[str] = field(default_factory=lambda: [""])
    packages: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)
    since: tuple[int, ...] = ()  # the Python from which on it is one

    @property
    def possible(self) -> bool:
        """Say whether this Python, with what is installed, can make it."""
        found = all(importlib.util.find_spec(package) is not None for package in self.packages)
        return found and sys.version_info >= self.since

    def lacks(self, reply: str) -> list[str]:
        """Return the needed facts that a reply does not hold, as it is or without the frames that break its lines."""
        plain = _COLOURS.sub("", reply)
        joined = _FRAMES.sub(" ", plain)
        return [each for each in self.needs if not (re.search(each, plain) or re.search(each, joined))]


def read_mistakes() -> list[Mistake]:
    """Return the mistakes of the list."""
    found: list[Mistake] = []
    for line in LIST.read_text("utf-8").split("\n"):
        kind, _, rest = line.partition(" ")
        if line.startswith("#"):
            continue
        if kind == "==":
            found.append(Mistake(rest))
        elif kind == "with":
            found[-1].packages = rest.split(", ")
        elif kind == "since":
            found[-1].since = tuple(map(int, rest.split(".")))
        elif kind == "needs":
            found[-1].needs.append(rest)
        elif line == "|--":
            found[-1].cells.append("")
        elif kind == "|":
            found[-1].cells[-1] += f"{rest}\n"
    return found


class Shell:
    """A shell of its own for each mistake; `shown` is what it said of the last error, `error` the exception."""

    def __init__(self, folder: Path, *, ours: bool = True, imports: bool = True) -> None:
        config = Config()
        config.HistoryManager.enabled = False
        self.shell = InteractiveShell(config=config, ipython_dir=str(folder / "ipython"))
        self.shown = ""
        self.error: Any = None
        self.shell._showtraceback = self._show
        self._ours = ours
        if ours:
            hooks.install(self.shell).switches.imports = imports

    def _show(self, _etype: Any, evalue: Any, stb: list[str]) -> None:
        self.shown, self.error = "\n".join(stb), evalue

    def run(self, cells: list[str]) -> str:
        """Run cells, and return what was shown of the last one's error."""
        for cell in cells:
            self.shown = ""
            self.shell.run_cell(cell, store_history=True)
        return self.shown

    def close(self) -> None:
        """Leave the shell as it was found."""
        if self._ours:
            hooks.uninstall(self.shell)
