"""Let the project's Python read some files as they were before an edit, without touching the tree."""

from __future__ import annotations

import importlib.machinery
import io
import os
import pathlib
from typing import Any


def install(files: dict[str, str]) -> None:
    """Read each of `files`, absolute paths, from the path it is mapped to wherever modules are imported from.

    An empty one stands for a file that was not there: importing it fails. Compiled files of these are not used.
    """
    there = {os.path.realpath(path): old for path, old in files.items()}

    def old_of(path: Any) -> Any:
        try:
            return there.get(os.path.realpath(os.fspath(path)))
        except TypeError:
            return None

    loader = importlib.machinery.SourceFileLoader
    get_data, path_stats = loader.get_data, loader.path_stats
    read_bytes, stat = pathlib.Path.read_bytes, os.stat

    def old_data(self: Any, path: str) -> bytes:
        old = old_of(path)
        if old is None:
            return get_data(self, path)
        if not old:
            raise FileNotFoundError(path)
        with io.open_code(old) as file:
            return file.read()

    def old_stats(self: Any, path: str) -> Any:
        old = old_of(path)
        if old is None:
            return path_stats(self, path)
        # no compiled file is of this time
        return {"mtime": -1, "size": stat(old).st_size if old else 0}

    def old_bytes(self: Any) -> bytes:
        # pytest reads test files itself, to rewrite their asserts
        old = old_of(self)
        return read_bytes(pathlib.Path(old) if old else self)

    loader.get_data = old_data  # type: ignore[method-assign]
    loader.path_stats = old_stats  # type: ignore[method-assign]
    pathlib.Path.read_bytes = old_bytes  # type: ignore[method-assign]
