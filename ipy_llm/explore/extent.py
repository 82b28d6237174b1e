"""How large a live value is, and what a table is keyed by; only code of known libraries is run for it."""

from __future__ import annotations

import sys
import types
import weakref

from ipy_llm.explore.spelling import UNKNOWN, shown
from ipy_llm.explore.stored import (
    MISSING,
    class_attribute,
    exactly,
    home,
    instance_dict,
    is_a,
    qualname,
    read,
)

# Libraries whose containers, written in C, count what they hold themselves.
_COUNTING = frozenset(
    {"builtins", "collections", "array", "mmap", "ctypes", "_ctypes", "numpy", "torch", "pyarrow"}
)
# These would ask what they stand for, which may be the user's.
_STANDING_FOR = (types.MappingProxyType, weakref.ProxyType, weakref.CallableProxyType)
# Libraries whose `shape`, though a property in Python, only reads what is there.
_FRAMES = frozenset({"pandas", "polars"})
_AXES = {"DataFrame": ("columns", "index"), "Series": ("index",)}


def extent(value: object) -> str:
    """Return how large a value is, or the value itself where it is plain: ` = 3`, `, len 2`, `, shape (2, 3)`."""
    text = shown(value)
    if text != UNKNOWN:
        return f" = {text}"
    shape = _shape(value)
    if is_a(shape, tuple):
        sizes = [shown(each) for each in tuple.__iter__(shape)]
        return f", shape ({', '.join(sizes)}{',' * (len(sizes) == 1)}){_dtype(value)}"
    count = _count(value)
    return "" if count is None else f", len {count}"


def labels(value: object, most: int, *, rows: bool = False) -> tuple[str, set[str]]:
    """Return what selects from a pandas table, as a word and names: a frame's columns, or its `rows`; a series' rows.

    Nothing of other objects, of classes below these two, of more than `most` labels; labels that are no plain
    strings are left out.
    """
    nothing: tuple[str, set[str]] = ("", set())
    axes = _AXES.get(qualname(type(value)), ("",)) if _library(value) == "pandas" else ("",)
    name = axes[-1 if rows else 0]
    axis = getattr(value, name) if name else None
    if axis is None or qualname(type(axis)) != "Index" or not _is_known_axis(axis) or len(axis) > most:
        return nothing
    return ("rows" if name == "index" else name), {each for each in axis.tolist() if type(each) is str}


def _shape(value: object) -> object:
    found = class_attribute(type(value), "shape")
    if type(found) is types.GetSetDescriptorType:
        return read(found, value)
    if type(found) is not property or found.fget is None or _library(value) not in _FRAMES:
        return None
    axes = _AXES.get(qualname(type(value)), ()) if _library(value) == "pandas" else ()
    return found.fget(value) if all(_is_known_axis(getattr(value, axis)) for axis in axes) else None


def _dtype(value: object) -> str:
    if _library(value) == "pandas":
        value = getattr(value, "_values", None) if qualname(type(value)) == "Series" else None
    found = class_attribute(type(value), "dtype")
    dtype = read(found, value) if type(found) is types.GetSetDescriptorType else None
    return f", {dtype}" if home(type(dtype))[0].partition(".")[0] in {"numpy", "torch"} else ""


def _count(value: object) -> int | None:
    length = class_attribute(type(value), "__len__")
    if type(length) is not types.WrapperDescriptorType or exactly(value, *_STANDING_FOR):
        return None
    if home(length.__objclass__)[0].partition(".")[0] not in _COUNTING:
        return None
    try:
        return int(length(value))
    except TypeError:  # another class's, put into this one
        return None


def _library(value: object) -> str:
    """Return the library that the class of a value is from, "" where it merely says so."""
    module, name = home(type(value))
    held = instance_dict(sys.modules.get(module)).get(name)
    return module.partition(".")[0] if held is type(value) else ""


def _is_known_axis(axis: object) -> bool:
    """Say whether an axis keeps its labels in arrays of known libraries; a user can write one of his own."""
    kept = instance_dict(axis).get("_data", MISSING)
    return _library(axis) == "pandas" and (kept is MISSING or _library(kept) in {"numpy", "pandas"})
