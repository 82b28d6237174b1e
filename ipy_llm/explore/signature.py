"""The signature of a live function as text, without running a line of the user's."""

from __future__ import annotations

import enum
import functools
import inspect
import sys
import types
import typing
from collections.abc import Callable
from typing import Any, cast

from ipy_llm.explore.page import bounded

C_CALLABLES = (
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.MethodWrapperType,
    types.ClassMethodDescriptorType,
)
_NOTHING = object()
_PLAIN = frozenset({int, float, complex, bool, str, bytes, type(None), type(Ellipsis)})
_CONTAINERS: dict[type, str] = {tuple: "()", list: "[]", dict: "{}", set: "set()", frozenset: "frozenset()"}


def is_a(thing: object, kinds: type | tuple[type, ...]) -> bool:
    """Like isinstance, but never asks the object for its `__class__`, which may be a property."""
    return issubclass(type(thing), kinds)


def of_type(cls: object, name: str) -> Any:
    """Return an attribute that every class has (`__mro__`, `__qualname__`), past its metaclass."""
    return type.__dict__[name].__get__(cls)


def attribute(thing: object, name: str) -> object:
    """Return what stands under a name in the object or its class; raises `AttributeError`.

    `inspect.getattr_static` would do, did it not ask a class for its `__dict__`, which its metaclass may answer.
    """
    if is_a(thing, type):
        kinds = *of_type(thing, "__mro__"), *of_type(type(thing), "__mro__")
    else:
        kinds = of_type(type(thing), "__mro__")
    found = next((names[name] for each in kinds if name in (names := of_type(each, "__dict__"))), _NOTHING)
    # data descriptors of the class come first
    if type(found) in {property, types.MemberDescriptorType, types.GetSetDescriptorType} or is_a(thing, type):
        held = found
    else:
        held = own(thing).get(name, found)
    if held is _NOTHING:
        raise AttributeError(name)
    return held


def own(thing: object) -> dict[str, object]:
    """Return the object's own dictionary: a module's, a class's or an instance's; {} where it has none."""
    if is_a(thing, type):
        return dict(of_type(thing, "__dict__"))
    for cls in of_type(type(thing), "__mro__"):
        described = of_type(cls, "__dict__").get("__dict__")
        if described is not None and type(described) not in {
            types.GetSetDescriptorType,
            types.MemberDescriptorType,
        }:
            return {}  # the user's own `__dict__`, perhaps a property
    try:
        found = object.__getattribute__(thing, "__dict__")
    except AttributeError:
        return {}
    return found if type(found) is dict else {}


def home(thing: object) -> tuple[str, str]:
    """Return the module and the qualified name that a class or function gives itself."""
    if is_a(thing, type):
        found = of_type(thing, "__module__"), of_type(thing, "__qualname__")
    else:
        function = cast("types.FunctionType", thing)
        found = function.__module__ or "builtins", function.__qualname__
    module, name = (each if type(each) is str else "" for each in found)
    return module, name


def type_name(cls: object) -> str:
    """Return a class's name with its module, where that says something."""
    module, name = home(cls)
    name = name.rpartition("<locals>.")[2]
    return name if module in {"builtins", "__main__", ""} else f"{module}.{name}"


def plain(thing: object) -> object:
    """Return the function inside a staticmethod, a property, a cache or another wrapper."""
    for _ in range(10):  # a wrapper may wrap itself
        if is_a(thing, (staticmethod, classmethod)):
            thing = cast("staticmethod[..., object]", thing).__func__
        elif is_a(thing, (property, types.DynamicClassAttribute)):
            thing = cast("property", thing).fget
        elif type(thing) is functools.cached_property:
            thing = thing.func
        elif type(thing) is types.MethodType:
            thing = thing.__func__
        elif "__wrapped__" in (names := own(thing)):
            thing = names["__wrapped__"]
        else:
            break
    return thing


def text(thing: object, *, bound: bool) -> str:
    """Return `(a: int, *, b=…) -> str`, without the first parameter when `bound`; "" where unknown."""
    if is_a(thing, type):
        return _of_class(thing)
    function = plain(thing)
    signature = _signature(function)
    if signature is None:
        return ""
    parameters = list(signature.parameters.values())
    first_kinds = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    # the built-in signature of a method that is already bound has no first parameter to leave out
    if (
        bound
        and type(function) is not types.BuiltinFunctionType
        and parameters
        and parameters[0].kind in first_kinds
    ):
        del parameters[0]
    return f"({_parameters(parameters)}){_arrow(signature)}"


def returned(thing: object) -> str:
    """Return the annotation of what a property gives, with its arrow, or nothing."""
    signature = _signature(plain(thing))
    return _arrow(signature) if signature is not None else ""


def shown(value: object) -> str:
    """Return a value as text where that is its whole meaning and runs nothing: numbers, short strings."""
    if type(value) in _PLAIN:
        if value is Ellipsis:
            return "..."
        # sliced first: a long string is not copied, a longer number not printed
        if isinstance(value, str | bytes):
            return bounded(repr(value[:60]), 60)
        return bounded(repr(value), 60) if not isinstance(value, int) or value.bit_length() < 200 else "…"
    if type(value) in _CONTAINERS and not value:
        return _CONTAINERS[type(value)]
    if is_a(value, type):
        return type_name(value)
    if is_a(value, (types.FunctionType, types.BuiltinFunctionType)):
        return home(value)[1]
    if is_a(value, enum.Enum):
        name = own(value).get("_name_")
        return f"{home(type(value))[1]}.{name}" if type(name) is str else "…"
    return "…"


def annotation(hint: object) -> str:
    """Return a type hint as it would be written."""
    if type(hint) is str:
        return hint.strip("'\"") if hint[:1] in {"'", '"'} else hint
    if hint is None or hint is type(None):
        return "None"
    if hint is Ellipsis:
        return "..."
    if is_a(hint, (types.UnionType, types.GenericAlias)) or home(type(hint))[0] == "typing":
        return _of_typing(hint)
    if is_a(hint, type):
        return home(hint)[1].rpartition("<locals>.")[2]
    if type(hint) is list:
        return f"[{', '.join(map(annotation, hint))}]"
    return shown(hint)


def _of_typing(hint: object) -> str:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return annotation(arguments[0])
    if origin in {typing.Union, types.UnionType}:
        return " | ".join(map(annotation, arguments))
    if origin is typing.Literal:
        return f"Literal[{', '.join(map(shown, arguments))}]"
    name = getattr(hint, "__name__", None) or getattr(hint, "_name", None) or "…"
    if origin is not None and not arguments:
        return str(name)
    if arguments:
        head = home(origin)[1] if is_a(origin, type) and is_a(hint, types.GenericAlias) else str(name)
        return f"{head}[{', '.join(map(annotation, arguments))}]"
    return str(name)


def _of_class(cls: object) -> str:
    if is_a(cls, enum.EnumMeta):
        return "(value)"
    for name in ("__init__", "__new__"):
        made = attribute(cls, name)
        if type(plain(made)) is types.FunctionType:
            signature = _signature(plain(made))
            return f"({_parameters(list(signature.parameters.values())[1:])})" if signature else ""
    if attribute(cls, "__init__") is object.__init__:
        return "()" if attribute(cls, "__new__") is object.__new__ else ""
    return ""


def _signature(function: object) -> inspect.Signature | None:
    options: dict[str, Any] = {"follow_wrapped": False}
    if sys.version_info >= (3, 14):
        import annotationlib  # noqa: PLC0415 - stands in newer Pythons only

        # otherwise the annotations' code would run
        options["annotation_format"] = annotationlib.Format.STRING
    if type(function) is types.FunctionType:
        given = own(function).get("__signature__")
        if given is not None and type(given) is not inspect.Signature:
            return None  # could be code
    elif type(function) is functools.partial:
        if type(function.func) is not types.FunctionType:
            return None
    elif type(function) not in C_CALLABLES:
        return None
    try:
        return inspect.signature(cast("Callable[..., object]", function), **options)
    except (ValueError, TypeError):  # no text signature, or a broken one
        return None


def _parameters(parameters: list[inspect.Parameter]) -> str:
    parts: list[str] = []
    before: Any = None
    for parameter in parameters:
        kind = parameter.kind
        if before is parameter.POSITIONAL_ONLY and kind is not parameter.POSITIONAL_ONLY:
            parts.append("/")
        if kind is parameter.KEYWORD_ONLY and before not in {
            parameter.KEYWORD_ONLY,
            parameter.VAR_POSITIONAL,
        }:
            parts.append("*")
        stars = "*" if kind is parameter.VAR_POSITIONAL else "**" if kind is parameter.VAR_KEYWORD else ""
        hint = "" if parameter.annotation is parameter.empty else f": {annotation(parameter.annotation)}"
        default = "" if parameter.default is parameter.empty else f"={shown(parameter.default)}"
        parts.append(f"{stars}{parameter.name}{hint}{default}")
        before = kind
    if before is inspect.Parameter.POSITIONAL_ONLY:
        parts.append("/")
    return ", ".join(parts)


def _arrow(signature: inspect.Signature) -> str:
    hint = signature.return_annotation
    return "" if hint is signature.empty else f" -> {annotation(hint)}"
