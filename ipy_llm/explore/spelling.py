"""How values and type hints are written, without asking them: no `repr` of the user's is run."""

from __future__ import annotations

import collections.abc
import enum
import types
import typing
from typing import Any

from ipy_llm.explore.prose import bounded
from ipy_llm.explore.stored import (
    BUILT_IN,
    MISSING,
    attribute,
    exactly,
    home,
    instance_dict,
    is_a,
    plain_text,
    qualname,
    short,
)

UNKNOWN = "…"  # not `...`: that is a value
_MOST_BITS = 200  # a longer number takes long to print
_CONTAINERS: tuple[tuple[type, str], ...] = (
    (tuple, "()"),
    (list, "[]"),
    (dict, "{}"),
    (set, "set()"),
    (frozenset, "frozenset()"),
)
_PARAMETERS_OF = {"ParamSpecArgs": "args", "ParamSpecKwargs": "kwargs"}


def type_name(cls: type) -> str:
    """Return a class's name with its module, where that says something."""
    module, name = home(cls)[0], qualname(cls)
    return name if module in {"builtins", "__main__", ""} else f"{module}.{name}"


def shown(value: object, limit: int = 60) -> str:
    """Return a value as text where that is its whole meaning and runs nothing: numbers, short strings.

    At most `limit` characters; `UNKNOWN` for everything else.
    """
    if value is Ellipsis:
        return "..."
    # sliced first: a long string is not copied
    if type(value) is str or type(value) is bytes:
        return bounded(repr(value[:limit]), limit)
    if type(value) is int:
        return bounded(repr(value), limit) if value.bit_length() < _MOST_BITS else UNKNOWN
    if exactly(value, float, complex, bool, type(None)):
        return repr(value)
    for kind, empty in _CONTAINERS:
        if type(value) is kind:
            return UNKNOWN if value else empty
    if is_a(value, type):
        return type_name(value)
    if exactly(value, types.FunctionType, *BUILT_IN):
        return short(home(value)[1])
    if is_a(value, enum.Enum):
        name = plain_text(instance_dict(value).get("_name_"))
        return f"{qualname(type(value))}.{name}" if name else UNKNOWN
    return UNKNOWN


def annotation(hint: object) -> str:
    """Return a type hint as it would be written, names without their modules."""
    if type(hint) is str:
        return _unquoted(" ".join(hint.split()))
    if hint is None or hint is type(None):
        return "None"
    if type(hint) is list:
        return f"[{', '.join(map(annotation, hint))}]"
    if is_a(hint, types.UnionType):
        return " | ".join(map(annotation, _stored(types.UnionType, hint, "__args__")))
    if is_a(hint, types.GenericAlias):
        origin = _stored(types.GenericAlias, hint, "__origin__")
        arguments = _stored(types.GenericAlias, hint, "__args__")
        return f"{annotation(origin)}[{_arguments(origin, arguments)}]"
    if is_a(hint, type):
        return qualname(hint)
    return _typing(hint) if _of_typing(hint) else shown(hint)


def _unquoted(text: str) -> str:
    """Take off the quotes of a hint that was quoted below `from __future__ import annotations`."""
    inner = text[1:-1]
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in {"'", '"'} and text[0] not in inner
    return inner if quoted else text


def _stored(cls: type, hint: object, name: str) -> Any:
    return cls.__dict__[name].__get__(hint)


def _of_typing(hint: object) -> bool:
    """Say whether the class of a hint is really one of typing's, which a module's name alone cannot show."""
    cls = type(hint)
    return instance_dict(typing).get(qualname(cls)) is cls


def _typing(hint: object) -> str:
    held = instance_dict(hint)
    origin, arguments = held.get("__origin__", MISSING), held.get("__args__", MISSING)
    if type(arguments) is not tuple:
        return _name(hint) or UNKNOWN
    if "__metadata__" in held:  # Annotated
        return annotation(origin)
    if origin is typing.Union:
        return " | ".join(map(annotation, arguments))
    name = _name(hint) or (qualname(origin) if is_a(origin, type) else _name(origin))
    if origin is typing.Literal:
        return f"{name}[{', '.join(map(shown, arguments))}]"
    return f"{name or UNKNOWN}[{_arguments(origin, arguments)}]"


def _name(hint: object) -> str:
    """Return the name that one of typing's objects has, "" for none."""
    if not _of_typing(hint):
        return ""
    part = _PARAMETERS_OF.get(type(hint).__name__)
    if part is not None:
        return f"{_name(attribute(hint, '__origin__')) or UNKNOWN}.{part}"
    kept = (plain_text(attribute(hint, each)) for each in ("_name", "__name__", "__forward_arg__"))
    return next(filter(None, kept), "")


def _arguments(origin: object, arguments: tuple[object, ...]) -> str:
    if origin is collections.abc.Callable and not (len(arguments) == 2 and _stands_for_many(arguments[0])):
        return f"{annotation(list(arguments[:-1]))}, {annotation(arguments[-1])}"
    return ", ".join(map(annotation, arguments)) or "()"


def _stands_for_many(argument: object) -> bool:
    if argument is Ellipsis or is_a(argument, typing.ParamSpec):
        return True
    return _of_typing(argument) and instance_dict(argument).get("__origin__") is typing.Concatenate
