"""What was done to live objects, so that it can be taken back."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

_KIND = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_MISSING: Any = object()


class Steps:
    """Changes to live objects; `back` undoes them, the last first."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], object]] = []

    def __len__(self) -> int:
        return len(self._undo)

    def item(self, table: dict[str, Any], name: str, value: Any) -> None:
        """Bind a name in a namespace."""
        was = table.get(name, _MISSING)
        table[name] = value
        self._undo.append(lambda: table.pop(name, None) if was is _MISSING else table.__setitem__(name, was))

    def no_item(self, table: dict[str, Any], name: str) -> None:
        """Take a name out of a namespace, if it is there."""
        if name in table:
            was = table.pop(name)
            self._undo.append(lambda: table.__setitem__(name, was))

    def member(self, cls: type, name: str, value: Any) -> None:
        """Set an attribute of a class itself; a metaclass's `__setattr__` is not asked."""
        was = vars(cls).get(name, _MISSING)
        type.__setattr__(cls, name, value)
        self._undo.append(
            lambda: type.__delattr__(cls, name) if was is _MISSING else type.__setattr__(cls, name, was)
        )

    def no_member(self, cls: type, name: str) -> None:
        """Take an attribute out of a class, if it is its own."""
        if name in vars(cls):
            was = vars(cls)[name]
            type.__delattr__(cls, name)
            self._undo.append(lambda: type.__setattr__(cls, name, was))

    def attribute(self, target: Any, name: str, value: Any) -> None:
        """Set what an object certainly has: a function's code, a cell's contents, the bases of a class."""
        was = getattr(target, name, _MISSING)
        setattr(target, name, value)
        if was is _MISSING:
            self._undo.append(lambda: delattr(target, name))
        else:
            self._undo.append(lambda: setattr(target, name, was))

    def code(self, function: FunctionType, code: CodeType) -> None:
        """Give a function another code, of another kind too: a generator's, a coroutine's."""
        was = function.__code__
        _set_code(function, code)
        self._undo.append(lambda: _set_code(function, was))

    def contents(self, target: Any, value: Any) -> None:
        """Give a dict, list or set the contents of another."""
        was = target.copy()
        _fill(target, value)
        self._undo.append(lambda: _fill(target, was))

    def back(self) -> None:
        """Undo all of it."""
        while self._undo:
            self._undo.pop()()


def _set_code(function: FunctionType, code: CodeType) -> None:
    if (function.__code__.co_flags ^ code.co_flags) & _KIND:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # since 3.13, of another kind
            function.__code__ = code
    else:
        function.__code__ = code


def _fill(target: Any, value: Any) -> None:
    target.clear()
    if isinstance(target, list):
        target.extend(value)
    else:
        target.update(value)
