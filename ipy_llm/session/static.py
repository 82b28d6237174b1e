"""Look at live objects without running any code of theirs.

No `getattr`, no `isinstance` (it asks an object for its `__class__`), no `repr`, no `hasattr`: only the
dictionaries that objects and classes keep, read by the built-in descriptors.
"""

from __future__ import annotations

import functools
import types
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_MRO = type.__dict__["__mro__"]
_NAMESPACE = type.__dict__["__dict__"]
_QUALNAME = type.__dict__["__qualname__"]
_BUILT_IN_SLOTS = (types.GetSetDescriptorType, types.MemberDescriptorType)
_PLAIN_DICTS = (dict, defaultdict, OrderedDict, Counter)

FUNCTIONS = (
    types.FunctionType,
    types.MethodType,
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.MethodWrapperType,
    types.ClassMethodDescriptorType,
    classmethod,
    staticmethod,
    functools.partial,
)


class Missing:
    """Nothing is known; `MISSING` is the one instance."""


MISSING: Final = Missing()


@dataclass(frozen=True, slots=True)
class InstanceOf:
    """Some instance of a class, none at hand: what calling the class would give."""

    cls: type


def is_a(value: object, kind: type) -> bool:
    """Say whether the type of `value` is `kind` or below it."""
    return any(each is kind for each in mro(type(value)))  # `in` would ask a metaclass for its `__eq__`


def exactly(value: object, *kinds: type) -> bool:
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
    return short(_QUALNAME.__get__(cls))


def short(name: str) -> str:
    """Return a qualified name from its last `<locals>` on."""
    return name.rpartition("<locals>.")[2]


def instance_dict(value: object) -> dict[str, object]:
    """Return the dictionary of one object, empty where it has none of the usual kind."""
    for cls in mro(type(value)):
        descriptor = namespace(cls).get("__dict__", MISSING)
        if descriptor is not MISSING:
            if not exactly(descriptor, *_BUILT_IN_SLOTS):
                return {}
            own = descriptor.__get__(value)  # type: ignore[attr-defined] # a C descriptor: it has one
            return own if type(own) is dict else {}
    return {}


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
        found = class_attribute(value, name)  # type: ignore[arg-type] # it is a class, by the line above
        return class_attribute(type(value), name) if found is MISSING else found
    own = instance_dict(value).get(name, MISSING)
    if own is not MISSING:
        return own
    found = class_attribute(type(value), name)
    if type(found) is types.MemberDescriptorType:
        try:
            return found.__get__(value)
        except AttributeError:  # a slot that was never filled
            return MISSING
    return found


def value_of(value: object, name: str) -> object:
    """Return what `value.name` would give, MISSING where code would have to run to know."""
    if type(value) is not InstanceOf and not is_a(value, type) and name in instance_dict(value):
        return instance_dict(value)[name]  # a descriptor has its powers in a class only
    found = attribute(value, name)
    if exactly(found, *FUNCTIONS) or is_a(found, type) or found is MISSING:
        return found
    runs_code = class_attribute(type(found), "__get__") is not MISSING
    return MISSING if runs_code else found


def names(value: object) -> set[str]:
    """Return every attribute name that is stored somewhere."""
    if type(value) is InstanceOf:
        return _class_names(value.cls)
    if is_a(value, type):
        return _class_names(value)  # type: ignore[arg-type] # it is a class, by the line above
    return _class_names(type(value)) | plain_keys(instance_dict(value))


def _class_names(cls: type) -> set[str]:
    return {name for each in mro(cls) for name in namespace(each) if type(name) is str}


def plain_keys(value: Any) -> set[str]:
    """Return the keys that are plain strings, of a plain dictionary."""
    if not exactly(value, *_PLAIN_DICTS):
        return set()
    return {key for key in dict.__iter__(value) if type(key) is str}


def item(value: Any, key: object) -> object:
    """Return `value[key]` of a built-in container with a built-in key, else MISSING."""
    if type(key) is str and exactly(value, *_PLAIN_DICTS):
        return dict.get(value, key, MISSING)
    if type(key) is int and exactly(value, list, tuple):
        return value[key] if -len(value) <= key < len(value) else MISSING
    return MISSING


def slot(error: BaseException, cls: type[BaseException], name: str) -> object:
    """Read a built-in field of an exception, whatever a class of the user's made of its name."""
    return cls.__dict__[name].__get__(error)


def traceback_of(error: BaseException) -> types.TracebackType | None:
    """Return the traceback that an exception carries."""
    found = slot(error, BaseException, "__traceback__")
    return found if isinstance(found, types.TracebackType) else None
