"""What a name of a running session is, looked at without running anything of its own.

Attributes are followed in the dictionaries of objects and classes; no
property, `__getattr__`, `__repr__` or `__len__` written in Python is called.
"""

from __future__ import annotations

import contextlib
import enum
import functools
import inspect
import linecache
import os
import re
import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ipy_llm.explore import signature
from ipy_llm.explore.page import Docs, Kind, Member, Missing, bounded, first_paragraph, first_sentence
from ipy_llm.explore.signature import is_a, of_type, own

_PROPERTIES = (
    property,
    functools.cached_property,
    types.DynamicClassAttribute,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
)
_CELL = re.compile(r"<ipython-input-(\d+)-")
# Libraries whose `shape`, though a property in Python, only reads what is there.
_FRAMES = frozenset({"pandas", "polars"})


@dataclass(frozen=True, slots=True)
class Reached:
    """A live object and how it was come by."""

    name: str
    thing: object
    owner: object = None  # what it is an attribute of


def follow(namespace: Mapping[str, object], name: str) -> Reached | Missing:
    """Follow a dotted name from a namespace, statically."""
    first, *rest = name.split(".")
    reached = Reached(first, namespace[first])
    for segment in rest:
        following = _attribute(reached, segment)
        if following is None:
            present = tuple(f"{reached.name}.{each}" for each in _names(reached.thing))
            return Missing(reached.name, segment, present)
        reached = following
    return reached


def library_name(namespace: Mapping[str, object], name: str) -> str | None:
    """Return the name a library knows the thing by (`np.array`: numpy.array), None for the user's own."""
    first, _, rest = name.partition(".")
    thing = namespace[first]
    if is_a(thing, types.ModuleType):
        module = real = _text(own(thing).get("__name__"))
    else:
        code = signature.plain(thing)
        if type(code) is functools.partial:
            code = signature.plain(code.func)
        codelike = is_a(code, (type, types.FunctionType, types.BuiltinFunctionType))
        module, qualified = signature.home(code if codelike else type(thing))
        real = f"{module}.{qualified}"
    if not module or "<" in real or not _is_library(module):
        return None
    real = real.removeprefix("builtins.")
    return f"{real}.{rest}" if rest else real


def is_value(reached: Reached) -> bool:
    """Whether it is none of the things that code defines."""
    return _kind(reached) == "value"


def page(reached: Reached, root: Path, *, limit: int) -> Docs:
    """Describe a live object."""
    kind, thing = _kind(reached), reached.thing
    described = type(thing) if kind == "value" else thing
    told = kind in {"class", "module"} or (
        kind == "value" and not is_a(thing, enum.Enum) and not _is_library(signature.home(described)[0])
    )
    found = (_attribute(reached, each) for each in _public(thing)) if told else ()
    members = [each for each in found if each is not None]
    text = bounded(_signature(reached, kind), 500)
    return Docs(
        name=reached.name,
        kind=kind,
        signatures=(text,) if text else (),
        summary=first_paragraph(_docstring(described)) if told or kind != "value" else "",
        defined=_defined(thing, root) if kind != "value" else None,
        members=tuple(_member(each) for each in members[:limit]),
        also=tuple(each.name.rpartition(".")[2] for each in members[limit:]),
        marks=_marks(thing, kind),
    )


def _attribute(reached: Reached, name: str) -> Reached | None:
    thing = reached.thing
    try:
        found = signature.attribute(thing, name)
    except AttributeError:
        return None
    if type(found) is types.MemberDescriptorType and not is_a(thing, type):
        # a slot that is not filled is left as its descriptor
        with contextlib.suppress(AttributeError):
            found = found.__get__(thing)
    return Reached(f"{reached.name}.{name}", found, thing)


def _member(reached: Reached) -> Member:
    kind = _kind(reached)
    text = "" if kind in {"class", "module"} else bounded(_signature(reached, kind, bound=True), 125)
    summary = "" if kind == "value" else first_sentence(_docstring(reached.thing))
    return Member(reached.name.rpartition(".")[2], kind, text, summary, _marks(reached.thing, kind))


def _kind(reached: Reached) -> Kind:
    thing = reached.thing
    if is_a(thing, types.ModuleType):
        return "module"
    if is_a(thing, type):
        return "class"
    if is_a(thing, _PROPERTIES):
        return "property"
    if is_a(thing, (staticmethod, classmethod, types.MethodType)):
        return "method"
    function = signature.plain(thing)
    if is_a(function, (types.FunctionType, functools.partial, *signature.C_CALLABLES)):
        in_class = reached.owner is not None and not is_a(reached.owner, types.ModuleType)
        return "method" if in_class else "function"
    return "value"


def _signature(reached: Reached, kind: Kind, *, bound: bool = False) -> str:
    thing, owner = reached.thing, reached.owner
    if kind == "module":
        return ""
    if kind == "value":
        return f": {signature.type_name(type(thing))}{_extent(thing)}"
    if kind == "property":
        return signature.returned(thing)
    of_instance = kind == "method" and owner is not None and not is_a(owner, type)
    bound = bound or of_instance or is_a(thing, (classmethod, types.MethodType))
    return signature.text(thing, bound=bound and kind == "method" and not is_a(thing, staticmethod))


def _extent(value: object) -> str:
    """Return how large a value is, or the value itself where it is plain."""
    text = signature.shown(value)
    if text != "…":
        return f" = {text}"
    parts = []
    shape = _read(value, "shape")
    if is_a(shape, tuple):
        sides = cast("tuple[object, ...]", shape)
        parts.append(f"shape ({', '.join(map(signature.shown, sides))})")
        dtype = _read(value, "dtype")
        if dtype is not None and signature.home(type(dtype))[0].partition(".")[0] in {"numpy", "torch"}:
            parts.append(str(dtype))
    elif type(length := _of_class(value, "__len__")) is types.WrapperDescriptorType:
        parts.append(f"len {length(value)}")  # written in C: the container's own count
    return "".join(f", {part}" for part in parts)


def _of_class(value: object, name: str) -> Any:
    with contextlib.suppress(AttributeError):
        return signature.attribute(type(value), name)
    return None


def _read(value: object, name: str) -> object:
    """Return an attribute that a library's own code keeps, None where reading it might run the user's."""
    found = _of_class(value, name)
    if type(found) is types.GetSetDescriptorType:
        return found.__get__(value)
    if type(found) is property and type(found.fget) is types.FunctionType:
        module, _ = signature.home(found.fget)
        return found.fget(value) if module.partition(".")[0] in _FRAMES else None
    return None


def _marks(thing: object, kind: Kind) -> tuple[str, ...]:
    function = signature.plain(thing) if kind in {"function", "method"} else None
    flags = function.__code__.co_flags if type(function) is types.FunctionType else 0
    found = ["async"] if flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR) else []
    found += [each.__name__ for each in (classmethod, staticmethod) if is_a(thing, each)]
    return tuple(found)


def _docstring(thing: object) -> str:
    if is_a(thing, type):
        text = _text(own(thing).get("__doc__"))
        # a dataclass without a docstring has its signature for one
        return "" if text.startswith(f"{signature.home(thing)[1].rpartition('.')[2]}(") else text
    if is_a(thing, types.ModuleType):
        return _text(own(thing).get("__doc__"))
    function = signature.plain(thing)
    if is_a(function, (types.FunctionType, *signature.C_CALLABLES)):
        return _text(cast("types.FunctionType", function).__doc__)
    return ""


def _defined(thing: object, root: Path) -> str | None:
    if is_a(thing, types.ModuleType):
        file, line = _text(own(thing).get("__file__")), 1
    elif is_a(thing, type):
        file, line = _class_place(thing)
    else:
        function = signature.plain(thing)
        if type(function) is not types.FunctionType:
            return None
        file, line = function.__code__.co_filename, function.__code__.co_firstlineno
    if cell := _CELL.match(file):
        return f"In[{cell[1]}]:{line}"
    if not file or not os.path.isabs(file) or not os.path.exists(file):
        return f"a cell, line {line}" if file else None
    path = Path(file).resolve()
    return f"{path.relative_to(root).as_posix() if path.is_relative_to(root) else path}:{line}"


def _class_place(cls: object) -> tuple[str, int]:
    module, name = signature.home(cls)
    loaded = sys.modules.get(module)
    functions = (signature.plain(each) for each in own(cls).values())
    files = [each.__code__.co_filename for each in functions if type(each) is types.FunctionType]
    # generated methods, such as a dataclass's, say "<string>"
    files = [file for file in files if file != "<string>"]
    file = _text(own(loaded).get("__file__")) if module != "__main__" and loaded is not None else ""
    file = file or (files[0] if files else "")
    opening = re.compile(rf"\s*class\s+{re.escape(name.rpartition('.')[2])}\b")
    lines = linecache.getlines(file)  # it also knows the text of cells
    line = next((count for count, each in enumerate(lines, 1) if opening.match(each)), 0)
    return (file, line) if line else ("", 0)


def _names(thing: object) -> list[str]:
    """Return every attribute's name: the object's own first, then its class's, in their order."""
    found = dict.fromkeys(own(thing)) if not is_a(thing, type) else {}
    if not is_a(thing, types.ModuleType):
        for cls in of_type(thing if is_a(thing, type) else type(thing), "__mro__"):
            if cls is not object:
                found.update(dict.fromkeys(of_type(cls, "__dict__")))
    return [name for name in found if type(name) is str]


def _public(thing: object) -> list[str]:
    names = [name for name in _names(thing) if not name.startswith("_")]
    if not is_a(thing, types.ModuleType):
        return names
    held = own(thing)
    listed = held.get("__all__")
    if type(listed) in {list, tuple}:
        return [name for name in cast("list[str]", listed) if name in held]

    def is_own(value: object) -> bool:
        if is_a(value, types.ModuleType):
            return False
        codelike = is_a(value, (type, types.FunctionType, types.BuiltinFunctionType))
        return not codelike or signature.home(value)[0] == held.get("__name__")

    return [name for name in names if is_own(held[name])]


def _is_library(module: str) -> bool:
    if module.partition(".")[0] in sys.stdlib_module_names:
        return module != "__main__"
    loaded = sys.modules.get(module)
    file = _text(own(loaded).get("__file__")) if loaded is not None else ""
    return "site-packages" in file or "dist-packages" in file


def _text(value: object) -> str:
    return value if type(value) is str else ""
