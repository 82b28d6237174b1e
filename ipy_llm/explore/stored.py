"""Look at live objects without running any code of theirs.

No `getattr`, no `isinstance` (it asks an object for its `__class__`), no `repr`, no type in a set (it asks
a metaclass for its `__hash__`), no `inspect.getattr_static` (it asks a class for its `__dict__`): only the
dictionaries and slots that objects and classes keep, read by the built-in descriptors.
"""

from __future__ import annotations

import functools
import types
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeGuard, TypeVar

_MRO = type.__dict__["__mro__"]
_NAMESPACE = type.__dict__["__dict__"]
_QUALNAME = type.__dict__["__qualname__"]
_MODULE = type.__dict__["__module__"]
_BUILT_IN_SLOTS = (types.GetSetDescriptorType, types.MemberDescriptorType)
_PLAIN_DICTS = (dict, defaultdict, OrderedDict, Counter)

# what is written in C and can be called
BUILT_IN = (
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.MethodWrapperType,
    types.ClassMethodDescriptorType,
)
FUNCTIONS = (
    types.FunctionType,
    types.MethodType,
    *BUILT_IN,
    classmethod,
    staticmethod,
    functools.partial,
)

Kind = TypeVar("Kind")


class Missing:
    """Nothing is known; `MISSING` is the one instance."""


MISSING: Final = Missing()


@dataclass(frozen=True, slots=True)
class InstanceOf:
    """Some instance of a class, none at hand: what calling the class would give."""

    cls: type


def is_a(value: object, *kinds: type[Kind]) -> TypeGuard[Kind]:
    """Say whether the type of `value` is one of `kinds` or below one."""
    return any(each is kind for each in mro(type(value)) for kind in kinds)


def exactly(value: object, *kinds: type[Kind]) -> TypeGuard[Kind]:
    """Say whether the type of `value` is one of `kinds`, none below them."""
    return any(type(value) is kind for kind in kinds)


def mro(cls: type) -> tuple[type, ...]:
    """Return the method resolution order."""
    order: tuple[type, ...] = _MRO.__get__(cls)
    return order


def namespace(cls: type) -> Mapping[str, object]:
    """Return a class's own dictionary."""
    own: Mapping[str, object] = _NAMESPACE.__get__(cls)
    return own


def qualname(cls: type) -> str:
    """Return a class's qualified name, short of the functions around it."""
    return short(plain_text(_QUALNAME.__get__(cls)))


def short(name: str) -> str:
    """Return a qualified name from its last `<locals>` on."""
    return name.rpartition("<locals>.")[2]


def plain_text(value: object) -> str:
    """Return a plain string as it is, "" for anything else: names can be set to what has methods of its own."""
    return value if type(value) is str else ""


def home(value: object) -> tuple[str, str]:
    """Return the module and the qualified name that a class or a function gives itself, "" each if none."""
    if is_a(value, type):
        return plain_text(read(_MODULE, value)), plain_text(_QUALNAME.__get__(value))
    if type(value) is types.BuiltinFunctionType:
        # its own `__qualname__` would ask the class of what it is bound to
        owner = value.__self__
        bound = owner is not None and not is_a(owner, types.ModuleType)
        cls = owner if is_a(owner, type) else type(owner)
        prefix = f"{qualname(cls)}." if bound else ""
        return plain_text(value.__module__) or "builtins", prefix + value.__name__
    if exactly(value, types.FunctionType):
        return plain_text(value.__module__) or "builtins", plain_text(value.__qualname__)
    if exactly(value, *BUILT_IN):
        return "builtins", plain_text(value.__qualname__)  # type: ignore[attr-defined] # all have it
    return "", ""


def instance_dict(value: object) -> dict[str, object]:
    """Return the dictionary of one object, empty where it has none of the usual kind."""
    for cls in mro(type(value)):
        descriptor = namespace(cls).get("__dict__", MISSING)
        if descriptor is not MISSING:
            own = read(descriptor, value) if exactly(descriptor, *_BUILT_IN_SLOTS) else None
            return own if type(own) is dict else {}
    return {}


def own(value: object) -> Mapping[str, object]:
    """Return what an object itself stores: a class's, a module's or an instance's dictionary."""
    return namespace(value) if is_a(value, type) else instance_dict(value)


def class_attribute(cls: type, name: str) -> object:
    """Return what stands in the first class of the order that has `name`, else MISSING."""
    for each in mro(cls):
        found = namespace(each).get(name, MISSING)
        if found is not MISSING:
            return found
    return MISSING


def attribute(value: object, name: str) -> object:
    """Return the attribute as it is stored: a function, a property, a value; else MISSING."""
    if type(value) is InstanceOf:
        return class_attribute(value.cls, name)
    if is_a(value, type):
        found = class_attribute(value, name)
        return class_attribute(type(value), name) if found is MISSING else found
    found = class_attribute(type(value), name)
    if type(found) is types.MemberDescriptorType:
        return read(found, value)
    if _is_data_descriptor(found):
        return found  # goes before what the instance holds under its name
    return instance_dict(value).get(name, found)


def read(descriptor: Any, value: object) -> object:
    """Return what a built-in descriptor of a slot gives for an object, MISSING where it gives nothing."""
    try:
        return descriptor.__get__(value)
    except (AttributeError, TypeError):  # a slot that was never filled; or another class's, put into this one
        return MISSING


def value_of(value: object, name: str) -> object:
    """Return what `value.name` would give, MISSING where code would have to run to know."""
    found = attribute(value, name)
    if exactly(found, *FUNCTIONS) or is_a(found, type) or found is MISSING:
        return found
    if type(value) is not InstanceOf and instance_dict(value).get(name, MISSING) is found:
        return found  # a descriptor has its powers in a class only
    runs_code = class_attribute(type(found), "__get__") is not MISSING
    return MISSING if runs_code else found


def names(value: object) -> list[str]:
    """Return every attribute name that is stored: the object's own first, then its classes', in their order."""
    found: dict[str, None] = {}
    if type(value) is not InstanceOf and not is_a(value, type):
        found.update(dict.fromkeys(_text_keys(instance_dict(value))))
        if is_a(value, types.ModuleType):
            return list(found)
    cls = value.cls if type(value) is InstanceOf else value if is_a(value, type) else type(value)
    for each in mro(cls):
        found.update(dict.fromkeys(_text_keys(namespace(each))))
    return list(found)


def plain_keys(value: Any) -> set[str]:
    """Return the keys that are plain strings, of a plain dictionary."""
    return set(_text_keys(value)) if exactly(value, *_PLAIN_DICTS) else set()


def item(value: Any, key: object) -> object:
    """Return `value[key]` of a built-in container with a built-in key, else MISSING."""
    if type(key) is str and exactly(value, *_PLAIN_DICTS):
        return dict.get(value, key, MISSING)
    if type(key) is int and (type(value) is list or type(value) is tuple):
        return value[key] if -len(value) <= key < len(value) else MISSING
    return MISSING


def docstring(value: object) -> str:
    """Return the docstring that a module, class or function itself has, "" for none.

    The one that a dataclass is given, its signature, is none.
    """
    if is_a(value, type):
        text = plain_text(namespace(value).get("__doc__"))
        return "" if text.startswith(f"{qualname(value).rpartition('.')[2]}(") and "\n" not in text else text
    if is_a(value, types.ModuleType):
        return plain_text(instance_dict(value).get("__doc__"))
    return plain_text(value.__doc__) if exactly(value, types.FunctionType, *BUILT_IN) else ""


def _is_data_descriptor(found: object) -> bool:
    return any(class_attribute(type(found), each) is not MISSING for each in ("__set__", "__delete__"))


def _text_keys(own: Mapping[str, object]) -> list[str]:
    keys = dict.__iter__(own) if is_a(own, dict) else iter(own)  # past an `__iter__` of a class below dict
    return [key for key in keys if type(key) is str]
