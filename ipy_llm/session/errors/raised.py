"""Read an exception's own fields, whatever a class of the user's made of their names."""

from __future__ import annotations

import types

from ipy_llm.explore.stored import plain_text


def slot(error: BaseException, cls: type[BaseException], name: str) -> object:
    """Return a field that the built-in class `cls` gives an exception."""
    return cls.__dict__[name].__get__(error)


def traceback_of(error: BaseException) -> types.TracebackType | None:
    """Return the traceback that an exception carries."""
    found = slot(error, BaseException, "__traceback__")
    return found if isinstance(found, types.TracebackType) else None


def message(error: BaseException) -> str:
    """Return the first argument where it is plain text, else nothing."""
    arguments = slot(error, BaseException, "args")
    return plain_text(arguments[0]) if type(arguments) is tuple and arguments else ""
