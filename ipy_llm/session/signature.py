"""The real signature and first doc line of something that can be called, read but never run."""

from __future__ import annotations

import functools
import inspect
import re
import types
from dataclasses import dataclass

from ipy_llm.session.static import (
    FUNCTIONS,
    MISSING,
    class_attribute,
    exactly,
    instance_dict,
    is_a,
    namespace,
    qualname,
    short,
)

_TEXT_SIGNATURE = type.__dict__["__text_signature__"]
_BOUND_ARGUMENT = re.compile(r"\(\$\w+(?:, /)?(?:, )?")
_LITERALS = (bool, int, float, str, bytes, type(None))
_MOST_WRAPPERS = 10  # `__wrapped__` can be set to anything, itself included
SIGNATURE_LIMIT = 280  # characters; pandas.read_csv has 1,500
DOC_LIMIT = 160


@dataclass(frozen=True, slots=True)
class Described:
    """A callable in words. `names` are its parameters, where they are known one by one."""

    name: str
    parameters: str  # "(self, *, width=None)", "" when not known
    doc: str
    names: tuple[str, ...] = ()
    refused_as: str = ""  # what Python calls it in a TypeError, "" where it has no fixed rule

    @property
    def key(self) -> str:
        """What makes it the same thing another time."""
        return f"{self.name}{self.parameters}"

    def line(self, *, with_doc: bool = True) -> str:
        """Return `name(parameters) - doc`, each part within its limit."""
        text = cut(f"{self.name}{self.parameters}", SIGNATURE_LIMIT)
        return f"{text} - {self.doc}" if with_doc and self.doc else text


def cut(text: str, limit: int) -> str:
    """Return `text`, or its beginning and `...` within `limit` characters."""
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def describe(value: object) -> Described | None:
    """Describe something that can be called; None where nothing is known of it for certain."""
    value = unwrap(value)
    if type(value) is types.FunctionType:
        return _function(value, short(value.__qualname__))
    if is_a(value, type):
        return _class(value)  # type: ignore[arg-type] # it is a class, by the line above
    if exactly(value, *FUNCTIONS):
        text = value.__text_signature__  # type: ignore[attr-defined] # what is left in FUNCTIONS is built in
        return _built_in(short(value.__qualname__), text, value.__doc__)  # type: ignore[attr-defined] # as above
    call = unwrap(class_attribute(type(value), "__call__"))
    return _function(call, short(call.__qualname__)) if type(call) is types.FunctionType else None


def unwrap(value: object) -> object:
    """Return the function under bound methods, partials and `functools.wraps`."""
    for _ in range(_MOST_WRAPPERS):
        if exactly(value, types.MethodType, classmethod, staticmethod):
            value = value.__func__  # type: ignore[attr-defined] # each of the three has it
        elif type(value) is functools.partial:
            value = value.func
        elif not is_a(value, type) and "__wrapped__" in instance_dict(value):
            value = instance_dict(value)["__wrapped__"]
        else:
            break
    return value


def _function(function: types.FunctionType, name: str, *, skip: int = 0, doc: object = MISSING) -> Described:
    given = instance_dict(function).get("__signature__")
    names = tuple(given.parameters) if type(given) is inspect.Signature else _names(function)
    parts = _given_parameters(given) if type(given) is inspect.Signature else _parameters(function)
    if skip and parts[1:2] == ["/"] and len(parts) > 1:
        parts = [parts[0], *parts[2:]]  # the mark for `self` goes with it
    text = f"({', '.join(parts[skip:])})"
    first = _first_line(function.__doc__ if doc is MISSING else doc, name.rpartition(".")[2])
    return Described(name, text, first, names[skip:], short(function.__qualname__))


def _names(function: types.FunctionType) -> tuple[str, ...]:
    code = function.__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _parameters(function: types.FunctionType) -> list[str]:
    code = function.__code__
    names = code.co_varnames
    count = code.co_argcount
    defaults = function.__defaults__ or ()
    parts = [
        names[index] + (f"={_shown(defaults[index - count])}" if index >= count - len(defaults) else "")
        for index in range(count)
    ]
    if code.co_posonlyargcount:
        parts.insert(code.co_posonlyargcount, "/")
    after = count + code.co_kwonlyargcount
    if code.co_flags & inspect.CO_VARARGS:
        parts.append(f"*{names[after]}")
        after += 1
    elif code.co_kwonlyargcount:
        parts.append("*")
    by_name = function.__kwdefaults__ or {}
    parts += [
        name + (f"={_shown(by_name[name])}" if name in by_name else "")
        for name in names[count : count + code.co_kwonlyargcount]
    ]
    if code.co_flags & inspect.CO_VARKEYWORDS:
        parts.append(f"**{names[after]}")
    return parts


def _given_parameters(signature: inspect.Signature) -> list[str]:
    parts: list[str] = []
    starred = False
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        stars = (
            "*"
            if parameter.kind is parameter.VAR_POSITIONAL
            else "**"
            if parameter.kind is parameter.VAR_KEYWORD
            else ""
        )
        starred = starred or stars == "*"
        default = "" if parameter.default is parameter.empty else f"={_shown(parameter.default)}"
        parts.append(f"{stars}{parameter.name}{default}")
    return parts


def _shown(default: object) -> str:
    """Write a default that is a short literal; anything else would have to run its own repr."""
    text = repr(default) if exactly(default, *_LITERALS) else "..."
    if exactly(default, tuple, list, dict) and not default:
        text = repr(default)
    return text if len(text) <= 24 else "..."


def _class(cls: type) -> Described | None:
    name = qualname(cls)
    doc = namespace(cls).get("__doc__")
    given = namespace(cls).get("__signature__")
    if type(given) is inspect.Signature:
        return Described(
            name, f"({', '.join(_given_parameters(given))})", _first_line(doc), tuple(given.parameters)
        )
    for maker in (unwrap(class_attribute(cls, "__init__")), unwrap(class_attribute(cls, "__new__"))):
        if type(maker) is types.FunctionType:
            return _function(maker, name, skip=1, doc=doc or maker.__doc__)
    text = _TEXT_SIGNATURE.__get__(cls)
    if text is None and class_attribute(cls, "__init__") is namespace(object)["__init__"]:
        text = "()" if class_attribute(cls, "__new__") is namespace(object)["__new__"] else None
    return _built_in(name, text, doc)


def _built_in(name: str, text: object, doc: object) -> Described | None:
    last = name.rpartition(".")[2]
    if type(text) is str:
        parameters = _BOUND_ARGUMENT.sub("(", " ".join(text.split()), count=1)
        for written, shown in (("<unrepresentable>", "..."), ("( ", "("), (", )", ")")):
            parameters = parameters.replace(written, shown)
        return Described(name, parameters, _first_line(doc, last))
    first = _first_line(doc)
    # without a signature for machines, the first doc line is one for people: `max(iterable, *[, ...]) -> value`
    if f"{last}(" in first:
        return Described("", first, "")
    return Described(name, "(...)", first) if first else None


def _first_line(doc: object, name: str = "") -> str:
    """Return the first line that is not blank, nor the signature of `name` over again."""
    if type(doc) is not str:
        return ""
    lines = (line.strip() for line in doc.split("\n"))
    telling = (line for line in lines if line and not (name and line.startswith(f"{name}(")))
    return cut(next(telling, ""), DOC_LIMIT)
