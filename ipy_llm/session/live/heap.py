"""The objects of a running program that an edit may concern, found once."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable
from dataclasses import dataclass
from types import AsyncGeneratorType, CodeType, CoroutineType, FunctionType, GeneratorType
from typing import Any

_CACHE = type(functools.lru_cache(lambda: None))
_CODE_OF: dict[type, Callable[[Any], CodeType]] = {
    GeneratorType: lambda each: each.gi_code,
    CoroutineType: lambda each: each.cr_code,
    AsyncGeneratorType: lambda each: each.ag_code,
}


@dataclass(frozen=True, slots=True)
class Heap:
    """`functions` made by one text in one namespace; what runs code of it; all caches and wrappers there are."""

    functions: list[FunctionType]
    running: list[CodeType]
    caches: list[Any]
    wrappers: list[Any]  # functions with a `__wrapped__`, of any text
    codes: list[set[Any]]  # sets of codes, as a decorator keeps them that marks frames


def look(filename: str, namespace: dict[str, Any]) -> Heap:
    """Walk over all objects that the collector knows: some 30 ms for half a million."""
    heap = Heap([], [], [], [], [])
    kinds = {FunctionType, set, _CACHE, *_CODE_OF}
    for each in gc.get_objects():
        kind = type(each)
        if kind not in kinds:
            continue
        if kind is FunctionType:
            if each.__code__.co_filename == filename and each.__globals__ is namespace:
                heap.functions.append(each)
            if "__wrapped__" in each.__dict__:
                heap.wrappers.append(each)
        elif kind is set:
            if each and type(next(iter(each))) is CodeType:
                heap.codes.append(each)
        elif kind is _CACHE:
            heap.caches.append(each)
            heap.wrappers.append(each)
        else:
            code = _CODE_OF[kind](each)
            if code.co_filename == filename and _unfinished(each):
                heap.running.append(code)
    return heap


def _unfinished(each: Any) -> bool:
    frame = (
        getattr(each, "gi_frame", None) or getattr(each, "cr_frame", None) or getattr(each, "ag_frame", None)
    )
    return frame is not None


def instances(cls: type) -> list[Any]:
    """Return the live objects of a class, its subclasses' included."""
    return [each for each in gc.get_objects() if cls in type(each).__mro__]
