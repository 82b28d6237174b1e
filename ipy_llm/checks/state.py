"""The project's files at one moment: now, or as they were before an edit."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from ipy_llm.checks.blocks import EXISTS, LISTING, WHOLE, Blocks, fingerprint
from ipy_llm.workspace.project import walk

# Stands for all Python files: what a test depends on that starts another Python.
EVERYTHING = "*"

# What decides which tests there are and how they run.
CONFIGURATIONS = (
    "pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "mypy.ini", ".mypy.ini", "pytest.ini", ".pytest.ini",
    "pytest.toml", ".pytest.toml",
)  # fmt: skip


class State:
    """The files below `root`, read once each; those of `replaced` have other bytes, or are not there (None).

    `divide` turns a file's bytes into its blocks. Paths are relative to `root`, with `/`.
    """

    def __init__(
        self,
        root: Path,
        divide: Callable[[bytes], Blocks],
        replaced: Mapping[str, bytes | None] | None = None,
    ) -> None:
        self._root = root
        self._divide = divide
        self._replaced = dict(replaced or {})
        self._data: dict[str, bytes | None] = dict(self._replaced)
        self._blocks: dict[str, Blocks] = {}
        self._files: list[str] | None = None
        self._everything: int | None = None

    def data(self, path: str) -> bytes | None:
        """Return a file's bytes, None where there is no such file."""
        if path not in self._data:
            try:
                self._data[path] = (self._root / path).read_bytes()
            except OSError:
                self._data[path] = None
        return self._data[path]

    def blocks(self, path: str) -> Blocks:
        """Return a file's blocks, none where there is no such file."""
        if path not in self._blocks:
            data = self.data(path)
            self._blocks[path] = Blocks({}) if data is None else self._divide(data)
        return self._blocks[path]

    def fingerprint(self, path: str, block: str) -> int:
        """Return what tells a block from what it was; 0 where it is not there."""
        if path == EVERYTHING:
            return self._of_everything()
        if block == WHOLE:
            data = self.data(path)
            return 0 if data is None else fingerprint(data)
        if block == EXISTS:
            return int(self._exists(path))
        if block == LISTING:
            return fingerprint("\n".join(self._names(path)).encode("utf-8", "surrogateescape"))
        return self.blocks(path).prints.get(block, 0)

    def files(self) -> list[str]:
        """Return the Python files."""
        if self._files is None:
            there = {path.relative_to(self._root).as_posix() for path in walk(self._root)}
            there |= {path for path in self._data if path.endswith(".py")}
            self._files = sorted(path for path in there if self.data(path) is not None)
        return self._files

    def writes(self) -> dict[str, tuple[tuple[int, str, int], ...]]:
        """Return the `writes` of the files that have some."""
        return {path: found for path in self.files() if (found := self.blocks(path).writes)}

    def tree(self, interpreter: Path) -> int:
        """Return what tells all that a check of types looks at from anything else, in the project and beside it."""
        stubs = [path.relative_to(self._root).as_posix() for path in walk(self._root, ".pyi")]
        told = [f"{path} {self.fingerprint(path, WHOLE)}" for path in (*self.files(), *stubs)]
        told.append(str(self.environment(interpreter)))
        return fingerprint("\n".join(told).encode("utf-8", "surrogateescape"))

    def environment(self, interpreter: Path) -> int:
        """Return what tells the interpreter, the packages installed for it and the configuration from others."""
        told = [str(interpreter), *_installed(interpreter)]
        told += [f"{name} {self.fingerprint(name, WHOLE)}" for name in CONFIGURATIONS]
        return fingerprint("\n".join(told).encode("utf-8", "surrogateescape"))

    def _exists(self, path: str) -> bool:
        if path in self._replaced:
            return self._replaced[path] is not None
        return os.path.exists(self._root / path)

    def _names(self, folder: str) -> list[str]:
        """Return the names in a folder, without what Python and tools leave there."""
        try:
            names = set(os.listdir(self._root / folder))
        except OSError:
            names = set()
        for path, data in self._replaced.items():
            inside = path.removeprefix(f"{folder}/") if folder else path
            if inside != path or not folder:
                name = inside.partition("/")[0]
                if data is not None:
                    names.add(name)
                elif name == inside:
                    names.discard(name)
        return sorted(
            name
            for name in names
            if not name.startswith(".") and name != "__pycache__" and name[-4:] != ".pyc"
        )

    def _of_everything(self) -> int:
        if self._everything is None:
            told = [f"{path} {self.fingerprint(path, WHOLE)}" for path in self.files() if not is_test(path)]
            self._everything = fingerprint("\n".join(told).encode("utf-8", "surrogateescape"))
        return self._everything


def is_test(path: str) -> bool:
    """Say whether a file has the name of a test."""
    name = path.rpartition("/")[2]
    return name.startswith("test_") or name.endswith("_test.py")


def conftests(path: str, files: Iterable[str]) -> Iterator[str]:
    """Yield those of `files` that pytest loads for the tests of a file."""
    there = frozenset(files)
    folder = path
    while folder:
        folder = folder.rpartition("/")[0]
        if (found := f"{folder}/conftest.py".lstrip("/")) in there:
            yield found


def _installed(interpreter: Path) -> list[str]:
    """Return the names, with their versions, of the packages installed for an interpreter."""
    found: list[str] = []
    for folder in sorted(interpreter.parent.parent.glob("[Ll]ib/python*/site-packages")):
        found += [
            name for name in os.listdir(folder) if name.endswith((".dist-info", ".egg-info", ".egg-link"))
        ]
    return sorted(found)
