"""The part that looks at Python files that a cell writes by other means than ours: `%%writefile`, a heredoc, `open`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ipy_llm.session.shell import Switches

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, InteractiveShell

_NAMED = re.compile(r"[\w./~-]+\.py\b")
_OURS = re.compile(r"\s*(?:#.*\s+)*%{1,2}(?:edit|llm)\b")
_MOST = 20  # files that one cell may name


class Watching:
    """A file that a cell wrote is told about where something is wrong with it, and can be undone."""

    def __init__(self, shell: InteractiveShell, switches: Switches) -> None:
        self._shell = shell
        self._switches = switches
        self._before: dict[Path, bytes | None] = {}
        self._events: dict[str, Callable[..., object]] = {
            "pre_run_cell": self._look,
            "post_run_cell": self._tell,
        }

    def put_on(self) -> None:
        """Listen to cells that begin and end."""
        for event, callback in self._events.items():
            self._shell.events.register(event, callback)

    def take_off(self) -> None:
        """Listen no longer."""
        for event, callback in self._events.items():
            with suppress(ValueError):  # someone else cleared the list
                self._shell.events.unregister(event, callback)

    def _look(self, info: ExecutionInfo) -> None:
        cell = info.raw_cell
        if not self._switches.written or type(cell) is not str or ".py" not in cell or _OURS.match(cell):
            return
        with suppress(OSError):  # the current folder is gone
            for name in list(dict.fromkeys(_NAMED.findall(cell)))[:_MOST]:
                path = Path(os.path.realpath(os.path.expanduser(name)))
                self._before.setdefault(path, _bytes(path))

    def _tell(self, *_: object) -> None:
        written = {path: old for path, old in self._before.items() if _bytes(path) not in (None, old)}
        self._before = {}
        if not written:
            return
        try:
            from ipy_llm.session.written.telling import tell  # noqa: PLC0415 - few cells write a file

            lines = tell(written, self._switches.root)
        except Exception:  # noqa: BLE001 - IPython would report it as an error of the cell
            return
        for line in lines:
            print(f"[ipy_llm] {line}", file=sys.stderr)  # noqa: T201 - the stream of the cell that ran


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError:
        return None
