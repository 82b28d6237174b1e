"""Which definition stands: the one that a cell says, if it is the one that lives."""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType

from ipy_llm.errors import EditRejectedError
from ipy_llm.explore.stored import exactly, home, instance_dict, is_a, plain_text, qualname
from ipy_llm.explore.stored import namespace as stored
from ipy_llm.session.documents.registry import Cell, Cells
from ipy_llm.source.chunks import Chunk

_TIMED = "<timed exec>"  # `%%time` keeps no text of what it compiles


def standing(name: str, cells: Cells, namespace: Mapping[str, object]) -> tuple[Cell, Chunk] | None:
    """Return the cell that made what `name` is now, and the definition in it; None where no cell defines the name.

    A later cell may have failed above its definition, and the name may have been bound by other means since: an
    import, `exec`, `%run`, an assignment. Raises `EditRejectedError` where no cell made what the name is, or a
    module did.
    """
    said = list(cells.defining(name))
    if name not in namespace:
        return said[0] if said else None
    made = namespace[name]
    files = {code.co_filename for code in _codes(made, name)}
    module = _module(made)
    if not files and said and (_decorated(*said[0]) or (is_a(made, type) and not module)):
        return said[0]  # nothing tells more: a class without methods, what a decorator made of a function
    for cell, chunk in said:
        if any(_made(cell, chunk, file) for file in files):
            return cell, chunk
    if not said and not files and not module:
        return None
    step = (
        f"to edit it there: %%edit {module}::{name}"
        if module and not _installed(module)
        else "send the whole text"
    )
    where = f"defined in {module}" if module else "not what a cell of this session defined"
    raise EditRejectedError(
        f"{name} is {where}, and this cell leaves parts of it out; nothing was run", steps=[step]
    )


def _made(cell: Cell, chunk: Chunk, file: str) -> bool:
    """Say whether code of that file may be of that definition."""
    if file in {cell.filename, _TIMED}:
        return True
    # what `%%capture` runs is compiled under a name of its own
    return chunk.span.of(cell.text) in "".join(linecache.getlines(file))


def _decorated(cell: Cell, chunk: Chunk) -> bool:
    return any(line.startswith("@") for line in chunk.span.of(cell.text).split("\n"))


def _module(made: object) -> str:
    """Return the module of a file that defines a function or class, "" where there is none."""
    module, _ = home(made)
    return module if module != "__main__" and _file(module) else ""


def _installed(module: str) -> bool:
    return any(
        part in _file(module) for part in (f"{os.sep}site-packages{os.sep}", os.path.dirname(os.__file__))
    )


def _file(module: str) -> str:
    return plain_text(instance_dict(sys.modules.get(module)).get("__file__"))


def _codes(made: object, name: str) -> Iterator[CodeType]:
    """Yield the code of a function of that name, or of the methods that the text of a class of that name holds."""
    if not is_a(made, type):
        function = _function(made)
        if function is not None and function.__code__.co_name == name:
            yield function.__code__
        return
    for key, value in stored(made).items():
        function = _function(value)
        if function is None or function.__qualname__ != f"{qualname(made)}.{key}":
            continue
        if function.__module__ != home(made)[0]:
            continue  # what `NamedTuple` and its kin bring along
        file = function.__code__.co_filename
        # what `dataclass` and its kin write stands in no text
        if not (key.startswith("__") and file.startswith("<") and file not in linecache.cache):
            yield function.__code__


def _function(value: object) -> FunctionType | None:
    if exactly(value, property):
        value = value.fget
    elif exactly(value, staticmethod) or exactly(value, classmethod):
        value = value.__func__
    while exactly(value, FunctionType) and "__wrapped__" in value.__dict__:
        value = value.__dict__["__wrapped__"]
    return value if exactly(value, FunctionType) else None
