"""Let the project's Python, and those it starts, read some files as they were before an edit, without touching the tree."""

from __future__ import annotations

import builtins
import importlib.machinery
import io
import os
import pathlib
from typing import Any

# What a Python that is started finds first; it goes on with the module of that name that it hides.
_CUSTOMIZE = """\
import importlib.util, sys
sys.path.remove({folder!r})
spec = importlib.util.spec_from_file_location("_ipy_llm_overlay", {here!r})
overlay = importlib.util.module_from_spec(spec)
spec.loader.exec_module(overlay)
overlay.install({files!r})
sys.modules.pop("sitecustomize", None)
try:
    import sitecustomize
except ModuleNotFoundError:
    pass
"""


def install(files: dict[str, str]) -> None:
    """Read each of `files`, absolute paths, from the path it is mapped to wherever it is imported or opened for reading.

    An empty one stands for a file that was not there: reading it fails. Compiled files of these are not used.
    """
    there = {os.path.realpath(path): old for path, old in files.items()}

    def old_of(path: Any) -> Any:
        try:
            return there.get(os.path.realpath(os.fspath(path)))
        except (TypeError, ValueError):
            return None

    loader = importlib.machinery.SourceFileLoader
    get_data, path_stats = loader.get_data, loader.path_stats
    stat, plain = os.stat, io.open

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

    class Open:
        # not a function: in a class's body it would become a method
        def __call__(self, file: Any, mode: str = "r", *more: Any, **named: Any) -> Any:
            old = None if isinstance(file, int) or not {"w", "a", "x", "+"}.isdisjoint(mode) else old_of(file)
            if old == "":
                raise FileNotFoundError(2, os.strerror(2), file)
            return plain(old or file, mode, *more, **named)

    loader.get_data = old_data  # type: ignore[method-assign]
    loader.path_stats = old_stats  # type: ignore[method-assign]
    builtins.open = io.open = Open()
    if hasattr(pathlib.Path, "_accessor"):
        # up to Python 3.10 it keeps an `open` of its own
        pathlib.Path.open = _open  # type: ignore[method-assign, assignment]


def _open(path: pathlib.Path, *given: Any, **named: Any) -> Any:
    return builtins.open(os.fspath(path), *given, **named)


def hand_down(files: dict[str, str], folder: str) -> None:
    """Have the Pythons that this one starts install it too; what that takes is written into `folder`."""
    os.mkdir(folder)
    text = _CUSTOMIZE.format(folder=folder, here=os.path.abspath(__file__), files=files)
    with open(os.path.join(folder, "sitecustomize.py"), "w", encoding="utf-8") as file:
        file.write(text)
    others = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = folder + os.pathsep + others if others else folder
