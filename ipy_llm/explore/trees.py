"""Where jedi keeps the trees of what it parsed: a folder of ours, which one process uses at a time.

parso, which keeps them, writes each file in place and reads whatever stands there. Next to another process
it raises EOFError, or jedi takes a stub it could not load for one that is not there and answers with less.
"""

from __future__ import annotations

import os
import pickle
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import jedi  # type: ignore[import-untyped] # it ships no py.typed

from ipy_llm.errors import ConflictError
from ipy_llm.workspace.lock import locked

Answer = TypeVar("Answer")

PATIENCE = 3.0  # seconds; parsing anew what the other has parsed takes about as long
_BROKEN = (EOFError, pickle.UnpicklingError)


def with_trees(folder: Path, ask: Callable[[], Answer], *, patience: float = PATIENCE) -> Answer:
    """Return what `ask` answers, with trees kept in `folder`, which is made if it is not there.

    Where it cannot be had within `patience` seconds, being in use, or not at all, the trees are kept for this one answer only.
    """
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(folder / "lock", patience))
        except (ConflictError, OSError):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(_kept_in(folder))
        try:
            return ask()
        except _BROKEN:
            # a process was killed while it wrote one; which, parso does not say, and they are soon made again
            for tree in folder.glob("*/*.pkl"):
                os.remove(tree)
            return ask()


@contextmanager
def _kept_in(folder: Path) -> Iterator[None]:
    before = jedi.settings.cache_directory  # IPython's completer has it too
    jedi.settings.cache_directory = str(folder)
    try:
        yield
    finally:
        jedi.settings.cache_directory = before
