"""Which modules of the project a session runs, and which text each of them ran."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from ipy_llm.errors import ParseError
from ipy_llm.explore.stored import instance_dict, plain_text
from ipy_llm.source.text import decode
from ipy_llm.workspace.project import SKIPPED_FOLDERS

SCRIPT = "%run "  # before the name of a script
_OURS = __name__.partition(".")[0]


@dataclass(slots=True)
class Running:
    """A namespace that ran a file. `text` is None where the file had changed before it was first looked at."""

    name: str
    file: str  # as its code names it
    real: str
    namespace: dict[str, Any]
    text: str | None
    status: tuple[int, int]  # of the file when last looked at: time in ns, size
    script: bool = False  # it was run, and not imported
    behind: dict[str, str] = field(
        default_factory=dict
    )  # definitions that still run an older text, with that


class Table:
    """The modules of a project that run, found as they come."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}  # the modules looked at, with the namespace they had
        self._entries: dict[str, Running] = {}
        self._root = ""

    def __iter__(self) -> Iterator[Running]:
        return iter(list(self._entries.values()))

    def clear(self) -> None:
        """Forget all, to look at them anew."""
        self._seen.clear()
        self._entries.clear()

    def notice(self, root: str, scripts: Iterable[tuple[str, ModuleType]] = ()) -> None:
        """Look at the modules that are new, and at scripts that were run with a namespace of their own."""
        if root != self._root:  # what was not of the project may be now
            self._root, self._seen = root, {name: self._seen[name] for name in self._entries}
        for name in [
            name for name, each in self._entries.items() if name not in sys.modules and not each.script
        ]:
            del self._entries[name], self._seen[name]
        # The table may grow while it is read: another thread may be importing.
        for name, module in [*list(sys.modules.items()), *scripts]:
            if self._seen.get(name) != id(module):
                self._seen[name] = id(module)
                self._look(name, module, root)

    def _look(self, name: str, module: ModuleType, root: str) -> None:
        self._entries.pop(name, None)
        namespace = instance_dict(module)
        file = plain_text(namespace.get("__file__"))
        if name == "__main__" or not file or not file.endswith(".py") or name.partition(".")[0] == _OURS:
            return
        real = os.path.realpath(file)
        if not is_own(real, root):
            return
        status = file_status(real)
        text = read_text(real)
        if status is not None and text is not None:
            older = _is_older(plain_text(namespace.get("__cached__")), status)
            self._entries[name] = Running(name, file, real, namespace, None if older else text, status)
            self._entries[name].script = name.startswith(SCRIPT)


def is_own(real: str, root: str) -> bool:
    """Say whether a file is the project's own: below its root, in no environment or build folder."""
    if not real.startswith(os.path.join(root, "")):
        return False
    folders = real[len(root) :].split(os.sep)[:-1]
    return not any(each.startswith(".") or each in SKIPPED_FOLDERS for each in folders if each)


def file_status(path: str) -> tuple[int, int] | None:
    """Return when a file was changed and its size, or None where it is gone."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def read_text(path: str) -> str | None:
    """Return the text of a Python file, or None where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return decode(file.read()).text
    except (OSError, ParseError):
        return None


def _is_older(cached: str, status: tuple[int, int]) -> bool:
    """Say whether the compiled file beside a module certainly came from another text than the file has.

    Its header holds the time in seconds and the size of what was compiled at the import (PEP 552).
    """
    try:
        with open(cached, "rb") as file:
            header = file.read(16)
    except OSError:
        return False
    if len(header) < 16 or header[4:8] != b"\0\0\0\0":  # checked by hash
        return False
    time, size = (int.from_bytes(header[at : at + 4], "little") for at in (8, 12))
    return (time, size) != (status[0] // 10**9 & 0xFFFFFFFF, status[1] & 0xFFFFFFFF)
