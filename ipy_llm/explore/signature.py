"""The signature of a live callable, read from what it stores; no line of the user's is run."""

from __future__ import annotations

import enum
import functools
import inspect
import re
import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass, replace
from inspect import Parameter
from typing import Any

from ipy_llm.explore.spelling import UNKNOWN, annotation, shown
from ipy_llm.explore.stored import (
    BUILT_IN,
    class_attribute,
    exactly,
    instance_dict,
    is_a,
    namespace,
)

_TEXT_SIGNATURE = type.__dict__["__text_signature__"]
_STATIC, _OF_CLASS = staticmethod.__dict__["__func__"], classmethod.__dict__["__func__"]
_GETTER = property.__dict__["fget"]
_BOUND_ARGUMENT = re.compile(r"\(\$\w+(?:, /)?(?:, )?")
_FIRST = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_MOST_WRAPPERS = 10  # `__wrapped__` can be set to anything, itself included
_DEFAULT = 40  # characters of one default


@dataclass(frozen=True, slots=True)
class Signature:
    """What a call takes and gives. Of what is written in C only the text is known, in `written`."""

    parameters: tuple[Parameter, ...] = ()
    returns: object = Parameter.empty
    written: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters that can be given by name."""
        by_name = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
        return tuple(each.name for each in self.parameters if each.kind in by_name)

    def bound(self) -> Signature:
        """Return it without the parameter that a method or a class fills itself."""
        if self.parameters and self.parameters[0].kind in _FIRST:
            return replace(self, parameters=self.parameters[1:])
        return self

    def text(self, *, hints: bool = True) -> str:
        """Return `(a: int, *, b=…) -> str`, without the types where `hints` is false."""
        if self.written:
            return self.written
        parts: list[str] = []
        before: object = None
        for parameter in self.parameters:
            kind = parameter.kind
            if before is parameter.POSITIONAL_ONLY and kind is not parameter.POSITIONAL_ONLY:
                parts.append("/")
            if kind is parameter.KEYWORD_ONLY and before not in {kind, parameter.VAR_POSITIONAL}:
                parts.append("*")
            parts.append(_written(parameter, hints=hints))
            before = kind
        if before is Parameter.POSITIONAL_ONLY:
            parts.append("/")
        return f"({', '.join(parts)}){self.arrow() if hints else ''}"

    def arrow(self) -> str:
        """Return ` -> ` and the type of what is returned, "" where that is not told."""
        return "" if self.returns is Parameter.empty else f" -> {annotation(self.returns)}"


def signature_of(value: object) -> Signature | None:
    """Return the signature of a class, a function or a partial; None where it is not known for certain."""
    if is_a(value, type):
        return _of_class(value)
    value = unwrap(value)
    if type(value) is types.FunctionType:
        return _of_function(value)
    if exactly(value, *BUILT_IN):
        return _of_text(value.__text_signature__)  # type: ignore[attr-defined] # all have it
    if type(value) is functools.partial:
        function = unwrap(value.func)
        whole = _of_function(function) if type(function) is types.FunctionType else None
        return _left(whole, value) if whole is not None else None
    return None


def unwrap(value: object) -> object:
    """Return the function under bound methods, static and class methods and `functools.wraps`."""
    for _ in range(_MOST_WRAPPERS):
        if type(value) is types.MethodType:
            value = value.__func__
        elif is_a(value, staticmethod):
            value = _STATIC.__get__(value)
        elif is_a(value, classmethod):
            value = _OF_CLASS.__get__(value)
        elif is_a(value, type) or "__wrapped__" not in (own := instance_dict(value)):
            break
        elif _given(own.get("__signature__")) is not None:
            break  # the wrapper takes other arguments than what it wraps, and says so
        else:
            value = own["__wrapped__"]
    return value


def defining(value: object) -> object:
    """Return the function that a callable runs, or a property to be read."""
    if is_a(value, property):
        value = _GETTER.__get__(value)
    elif is_a(value, types.DynamicClassAttribute):
        value = instance_dict(value).get("fget")
    elif type(value) is functools.cached_property:
        value = value.func
    return unwrap(value)


def maker(cls: type) -> types.FunctionType | None:
    """Return the function in Python that takes the arguments of a class, None where it is in C."""
    for name in ("__init__", "__new__"):
        function = unwrap(class_attribute(cls, name))
        if type(function) is types.FunctionType:
            return function
    return None


def _written(parameter: Parameter, *, hints: bool) -> str:
    stars = "*" if parameter.kind is parameter.VAR_POSITIONAL else ""
    stars = "**" if parameter.kind is parameter.VAR_KEYWORD else stars
    told = hints and parameter.annotation is not Parameter.empty
    hint = f": {annotation(parameter.annotation)}" if told else ""
    default = "" if parameter.default is Parameter.empty else f"={shown(parameter.default, _DEFAULT)}"
    return f"{stars}{parameter.name}{hint}{default}"


def _of_class(cls: type) -> Signature | None:
    given = _given(namespace(cls).get("__signature__"))
    if given is not None:
        return given
    if is_a(cls, enum.EnumMeta):
        return Signature((Parameter("value", Parameter.POSITIONAL_OR_KEYWORD),))
    function = maker(cls)
    if function is not None:
        found = _of_function(function)
        return replace(found.bound(), returns=Parameter.empty) if found is not None else None
    text = _TEXT_SIGNATURE.__get__(cls)
    plain = all(class_attribute(cls, each) is namespace(object)[each] for each in ("__init__", "__new__"))
    return Signature() if text is None and plain else _of_text(text)


def _of_function(function: types.FunctionType) -> Signature | None:
    own = instance_dict(function)
    if "__signature__" in own:
        return _given(own["__signature__"])  # what is no plain signature could be code
    if "__text_signature__" in own:
        return _of_text(own["__text_signature__"])
    code = function.__code__
    count, by_name = code.co_argcount, code.co_kwonlyargcount
    names = code.co_varnames
    defaults, others = function.__defaults__, function.__kwdefaults__
    defaults = () if defaults is None else defaults
    others = {} if others is None else others
    if type(defaults) is not tuple or type(others) is not dict:
        return None  # classes of the user's, put there by hand
    hints = _annotations(function)
    kinds: list[tuple[str, Any]] = [
        (name, Parameter.POSITIONAL_ONLY if at < code.co_posonlyargcount else Parameter.POSITIONAL_OR_KEYWORD)
        for at, name in enumerate(names[:count])
    ]
    after = count + by_name
    if code.co_flags & inspect.CO_VARARGS:
        kinds.append((names[after], Parameter.VAR_POSITIONAL))
        after += 1
    kinds += [(name, Parameter.KEYWORD_ONLY) for name in names[count : count + by_name]]
    if code.co_flags & inspect.CO_VARKEYWORDS:
        kinds.append((names[after], Parameter.VAR_KEYWORD))
    values = dict(zip(names[max(count - len(defaults), 0) : count], defaults, strict=False)) | others
    empty = Parameter.empty
    try:
        parameters = tuple(
            Parameter(name, kind, default=values.get(name, empty), annotation=hints.get(name, empty))
            for name, kind in kinds
        )
    except ValueError:  # a code object made by hand may have any text for a name
        return None
    return Signature(parameters, hints.get("return", empty))


def _annotations(function: types.FunctionType) -> Mapping[str, object]:
    if sys.version_info >= (3, 14):
        import annotationlib  # noqa: PLC0415 - stands in newer Pythons only

        # otherwise the annotations' code would run
        return annotationlib.get_annotations(function, format=annotationlib.Format.STRING)
    found = function.__annotations__
    return found if type(found) is dict else {}


def _given(signature: object) -> Signature | None:
    """Take a signature that was put on a callable, where it is a plain one."""
    if type(signature) is not inspect.Signature:
        return None
    parameters = tuple(signature.parameters.values())
    if not all(type(each) is Parameter for each in parameters):
        return None
    return Signature(parameters, signature.return_annotation)


def _left(whole: Signature, partial: functools.partial[Any]) -> Signature:
    """Return what a partial still takes, as `inspect.signature` does: from the first named on by name only."""
    given = len(partial.args)
    left: list[Parameter] = []
    by_name = False
    for parameter in whole.parameters:
        if parameter.kind in _FIRST and given:
            given -= 1
            continue
        name = parameter.name
        if name in partial.keywords and parameter.kind is not Parameter.POSITIONAL_ONLY:
            by_name = True
            parameter = parameter.replace(default=partial.keywords[name])  # noqa: PLW2901 - still this one
        if by_name and parameter.kind is Parameter.VAR_POSITIONAL:
            continue
        if by_name and parameter.kind is Parameter.POSITIONAL_OR_KEYWORD:
            parameter = parameter.replace(kind=Parameter.KEYWORD_ONLY)  # noqa: PLW2901 - as above
        left.append(parameter)
    return replace(whole, parameters=tuple(left))


def _of_text(text: object) -> Signature | None:
    """Take a signature as C has it: `($self, obj, /)`."""
    if type(text) is not str:
        return None
    written = _BOUND_ARGUMENT.sub("(", " ".join(text.split()), count=1)
    for old, new in (("<unrepresentable>", UNKNOWN), ("( ", "("), (", )", ")")):
        written = written.replace(old, new)
    return Signature(written=written)
