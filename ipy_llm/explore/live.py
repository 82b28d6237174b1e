"""What a name of a running session is, looked at without running anything of its own.

Attributes are followed in the dictionaries of objects and classes; no
property, `__getattr__`, `__repr__` or `__len__` written in Python is called.
"""

from __future__ import annotations

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

from ipy_llm.explore.extent import extent
from ipy_llm.explore.page import Docs, Kind, Member, Missing
from ipy_llm.explore.prose import bounded, first_paragraph, first_sentence
from ipy_llm.explore.signature import defining, signature_of
from ipy_llm.explore.spelling import type_name
from ipy_llm.explore.stored import (
    FUNCTIONS,
    MISSING,
    attribute,
    class_attribute,
    docstring,
    exactly,
    home,
    instance_dict,
    is_a,
    names,
    namespace,
    own,
    plain_text,
)

_PROPERTIES = (
    property,
    functools.cached_property,
    types.DynamicClassAttribute,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
)
_CELL = re.compile(r"<ipython-input-(\d+)-")
_CODE = (type, types.FunctionType, types.BuiltinFunctionType)


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
            present = tuple(f"{reached.name}.{each}" for each in names(reached.thing))
            return Missing(reached.name, segment, present)
        reached = following
    return reached


def library_name(namespace: Mapping[str, object], name: str) -> str | None:
    """Return the name a library knows the thing by (`np.array`: numpy.array), None for the user's own."""
    first, _, rest = name.partition(".")
    thing = namespace[first]
    if is_a(thing, types.ModuleType):
        module = real = plain_text(own(thing).get("__name__"))
    else:
        code = defining(thing)
        if type(code) is functools.partial:
            code = defining(code.func)
        module, qualified = home(code if is_a(code, *_CODE) else type(thing))
        real = f"{module}.{qualified}"
    if not module or "<" in real or not _is_library(module):
        return None
    real = real.removeprefix("builtins.")
    return f"{real}.{rest}" if rest else real


def is_value(reached: Reached) -> bool:
    """Whether it is none of the things that code defines."""
    return _kind(reached) == "value"


def summary(reached: Reached) -> str:
    """Return the first paragraph of what a live object's docstring says."""
    return first_paragraph(_docstring(reached.thing))


def page(reached: Reached, root: Path, *, limit: int) -> Docs:
    """Describe a live object."""
    kind, thing = _kind(reached), reached.thing
    described = type(thing) if kind == "value" else thing
    told = kind in {"class", "module"} or (
        kind == "value" and not is_a(thing, enum.Enum) and not _is_library(home(described)[0])
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
    found = attribute(thing, name)
    if found is MISSING:
        found = class_attribute(type(thing), name)  # a slot that is not filled
    return Reached(f"{reached.name}.{name}", found, thing) if found is not MISSING else None


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
    if is_a(thing, *_PROPERTIES):
        return "property"
    if is_a(thing, staticmethod, classmethod, types.MethodType):
        return "method"
    if exactly(defining(thing), *FUNCTIONS):
        in_class = reached.owner is not None and not is_a(reached.owner, types.ModuleType)
        return "method" if in_class else "function"
    return "value"


def _signature(reached: Reached, kind: Kind, *, bound: bool = False) -> str:
    thing, owner = reached.thing, reached.owner
    if kind == "module":
        return ""
    if kind == "value":
        return f": {type_name(type(thing))}{extent(thing)}"
    signature = signature_of(defining(thing))
    if signature is None:
        return ""
    if kind == "property":
        return signature.arrow()
    of_instance = owner is not None and not is_a(owner, type)
    bound = bound or of_instance or is_a(thing, classmethod, types.MethodType)
    fills = bound and kind == "method" and not is_a(thing, staticmethod)
    return (signature.bound() if fills else signature).text()


def _marks(thing: object, kind: Kind) -> tuple[str, ...]:
    function = defining(thing) if kind in {"function", "method"} else None
    flags = function.__code__.co_flags if type(function) is types.FunctionType else 0
    found = ["async"] if flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR) else []
    found += [each.__name__ for each in (classmethod, staticmethod) if is_a(thing, each)]
    return tuple(found)


def _docstring(thing: object) -> str:
    return docstring(thing if is_a(thing, type, types.ModuleType) else defining(thing))


def _defined(thing: object, root: Path) -> str | None:
    if is_a(thing, types.ModuleType):
        file, line = plain_text(own(thing).get("__file__")), 1
    elif is_a(thing, type):
        file, line = _class_place(thing)
    else:
        function = defining(thing)
        if type(function) is not types.FunctionType:
            return None
        file, line = function.__code__.co_filename, function.__code__.co_firstlineno
    if cell := _CELL.match(file):
        return f"In[{cell[1]}]:{line}"
    if not file or not os.path.isabs(file) or not os.path.exists(file):
        return f"a cell, line {line}" if file else None
    path = Path(file).resolve()
    return f"{path.relative_to(root).as_posix() if path.is_relative_to(root) else path}:{line}"


def _class_place(cls: type) -> tuple[str, int]:
    module, name = home(cls)
    functions = (defining(each) for each in namespace(cls).values())
    files = [each.__code__.co_filename for each in functions if type(each) is types.FunctionType]
    # generated methods, such as a dataclass's, say "<string>"
    files = [file for file in files if file != "<string>"]
    loaded = instance_dict(sys.modules.get(module)) if module != "__main__" else {}
    file = plain_text(loaded.get("__file__")) or (files[0] if files else "")
    opening = re.compile(rf"\s*class\s+{re.escape(name.rpartition('.')[2])}\b")
    lines = linecache.getlines(file)  # it also knows the text of cells
    line = next((count for count, each in enumerate(lines, 1) if opening.match(each)), 0)
    return (file, line) if line else ("", 0)


def _public(thing: object) -> list[str]:
    held = own(thing)
    present = [name for name in names(thing) if not name.startswith("_")]
    if not is_a(thing, types.ModuleType):
        return present
    listed = held.get("__all__")
    if exactly(listed, list, tuple):
        return [name for name in listed if type(name) is str and name in held]

    def is_own(value: object) -> bool:
        if is_a(value, types.ModuleType):
            return False
        return not is_a(value, *_CODE) or home(value)[0] == held.get("__name__")

    return [name for name in present if is_own(held[name])]


def _is_library(module: str) -> bool:
    if module.partition(".")[0] in sys.stdlib_module_names:
        return module != "__main__"
    file = plain_text(instance_dict(sys.modules.get(module)).get("__file__"))
    return "site-packages" in file or "dist-packages" in file
