"""Read an exception's own fields, whatever a class of the user's made of their names."""

from __future__ import annotations

import builtins
import types
from collections.abc import Iterator

from ipy_llm.explore.stored import is_a, plain_text

_GROUP: type[BaseException] | None = vars(builtins).get("BaseExceptionGroup")  # from Python 3.11 on


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


def group_of(error: BaseException) -> tuple[BaseException, ...]:
    """Return the exceptions of a group, none of another."""
    if _GROUP is None or not is_a(error, _GROUP):
        return ()
    found = slot(error, _GROUP, "exceptions")
    return found if type(found) is tuple else ()


def leaves(error: BaseException) -> Iterator[BaseException]:
    """Yield the exceptions in a group and in its groups; of another, itself."""
    found = group_of(error)
    if not found:
        yield error
    for each in found:
        yield from leaves(each)


def has_group(error: BaseException) -> bool:
    """Say whether an exception is a group, or came up while one was handled: IPython prints these itself."""
    seen: set[int] = set()
    found: object = error
    while is_a(found, BaseException) and id(found) not in seen:
        if group_of(found):
            return True
        seen.add(id(found))
        found = slot(found, BaseException, "__context__")
    return False
