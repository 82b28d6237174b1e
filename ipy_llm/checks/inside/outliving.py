"""What a function leaves behind for whoever comes later: functools' caches, globals that it writes.

A test that takes a value from a cache does not run the function that made it, though it fails with it. So what such a
function runs is kept, and counts for every test that may use what it left.
"""

from __future__ import annotations

import sys
import weakref
from opcode import EXTENDED_ARG, opmap
from typing import Any

# After so many calls of one function its calls are no longer told apart: what the tests that call it run counts.
_MANY = 200

_OPTIMIZED = 0x1  # a function's code, not a class's or a module's
_SUSPENDED = (
    0x20 | 0x80 | 0x200
)  # generators and coroutines: what runs between their start and end is not theirs

# Methods that change a container.
_CHANGING = frozenset({
    "__setitem__", "add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem",
    "popleft", "remove", "setdefault", "update",
})  # fmt: skip
_CONTAINERS = ("builtins", "collections", "weakref", "queue", "_queue")

_GLOBAL_SHIFT = 1 if sys.version_info >= (3, 11) else 0
_ATTRIBUTE_SHIFT = 1 if sys.version_info >= (3, 12) else 0
_EITHER = frozenset(opmap.get(name, -1) for name in ("STORE_GLOBAL", "DELETE_GLOBAL"))
_INTO = frozenset(opmap.get(name, -1) for name in ("STORE_SUBSCR", "DELETE_SUBSCR"))
_LOAD_FAST = frozenset(opmap.get(name, -1) for name in ("LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_BORROW"))
_LOAD_TWO = frozenset(
    opmap.get(name, -1) for name in ("LOAD_FAST_LOAD_FAST", "LOAD_FAST_BORROW_LOAD_FAST_BORROW")
)


class Filler:
    """A function that leaves something behind, with what it ran so far."""

    def __init__(self, context: Any, code: Any) -> None:
        self.context = context
        self.plain = not code.co_flags & _SUSPENDED
        self.open = 0  # calls of it that are running
        self._calls = 0

    def apart(self) -> bool:
        """Say whether what the next call runs is to be told from what its caller runs."""
        self._calls += 1
        return self.plain and (self.open > 0 or self._calls <= _MANY)


class Outliving:
    """The functions that leave something behind, by the numbers of their codes, and who may use it."""

    def __init__(self, context: Any) -> None:
        self.fillers: dict[int, Filler] = {}
        self._context = context
        self._names: dict[int, set[str]] = {}  # of a code, all that it names
        self._homes: dict[int, tuple[str, dict[str, Any]]] = {}  # of a code, its file and globals
        self._written: dict[
            str, list[tuple[str, Any, int]]
        ] = {}  # by name: the file, the container, who writes it
        self._uses: dict[int, tuple[int, frozenset[int]]] = {}
        self._version = 0  # of what is written
        self._wrappers: dict[
            int, tuple[Any, int, Any]
        ] = {}  # with their hits and misses when they were last asked

    def meet(self, number: int, code: Any, path: str, names: dict[str, Any]) -> None:
        """Learn of a code that runs; `names` are its globals."""
        known = self._names.setdefault(number, set())
        if number in self._homes and known.issuperset(code.co_names):
            return
        known.update(code.co_names)
        self._homes[number] = (path, names)
        self._uses.pop(number, None)
        if not code.co_flags & _OPTIMIZED:
            return
        for name in _written(code, names):
            value = names.get(name)
            self._written.setdefault(name, []).append((path, value if _is_container(value) else None, number))
            self._version += 1
            self._fills(number, code)

    def wrap(self, wrapper: Any, number: int, code: Any) -> None:
        """Learn of a cache of functools around a function of the project."""
        self._fills(number, code)
        self._wrappers[id(wrapper)] = (weakref.ref(wrapper), number, (0, 0))

    def hits(self) -> set[int]:
        """Return those of which a cache of functools has answered since the last time."""
        found = set()
        for key, (reference, number, last) in list(self._wrappers.items()):
            wrapper = reference()
            if wrapper is None:
                del self._wrappers[key]
                continue
            now = tuple(wrapper.cache_info()[:2])
            if now != last:
                self._wrappers[key] = (reference, number, now)
                if now[0]:
                    found.add(number)
        return found

    def used_by(self, codes: Any) -> set[int]:
        """Return the functions of which these codes, by their numbers, may use what they left."""
        found: set[int] = set()
        if self._written:
            for number in codes:
                found |= self._used_by(number)
        return found

    def _fills(self, number: int, code: Any) -> None:
        if number not in self.fillers:
            self.fillers[number] = Filler(self._context(), code)

    def _used_by(self, number: int) -> frozenset[int]:
        known = self._uses.get(number)
        if known is None or known[0] != self._version:
            path, names = self._homes.get(number, ("", {}))
            found = frozenset(
                filler
                for name in self._names.get(number, ())
                for home, value, filler in self._written.get(name, ())
                if home == path or self._reaches(number, names, name, value, filler)
            )
            known = self._uses[number] = (self._version, found)
        return known[1]

    def _reaches(self, number: int, names: dict[str, Any], name: str, value: Any, filler: int) -> bool:
        """Say whether a name in a code is what a function of another file writes: imported from there, or of that module."""
        if value is not None and names.get(name) is value:
            return True
        home = self._homes[filler][1]
        return any(getattr(names.get(one), "__dict__", None) is home for one in self._names[number])


def _is_container(value: Any) -> bool:
    return hasattr(value, "__iter__") and type(value).__module__ in _CONTAINERS


def _written(code: Any, names: dict[str, Any]) -> set[str]:
    """Return the globals, and the attributes of classes and of globals, that a function writes."""
    found: set[str] = set()
    loaded: set[str] = set()
    into = not _CHANGING.isdisjoint(code.co_names)
    subject = False  # whether the operation before gave a global or `cls`
    extended = 0
    fast = code.co_varnames + code.co_cellvars + code.co_freevars
    text = code.co_code
    load_global, store_attribute, load_attribute = (
        opmap["LOAD_GLOBAL"],
        opmap["STORE_ATTR"],
        opmap["LOAD_ATTR"],
    )
    for at in range(0, len(text), 2):
        operation, argument = text[at], text[at + 1] | extended
        if operation == EXTENDED_ARG:
            extended = argument << 8
            continue
        extended = 0
        if operation == 0 and _GLOBAL_SHIFT:
            continue  # room for the interpreter's own notes
        if operation in _EITHER:
            found.add(code.co_names[argument])
        elif operation in _INTO:
            into = True
        if operation == load_global:
            loaded.add(code.co_names[argument >> _GLOBAL_SHIFT])
            subject = True
            continue
        if subject and operation == store_attribute:
            found.add(code.co_names[argument])
        elif subject and operation == load_attribute:
            loaded.add(code.co_names[argument >> _ATTRIBUTE_SHIFT])
        subject = (operation in _LOAD_FAST and argument < len(fast) and fast[argument] == "cls") or (
            operation in _LOAD_TWO and (argument & 15) < len(fast) and fast[argument & 15] == "cls"
        )
    if into:
        kinds = [one for one in names.values() if isinstance(one, type)]
        found |= {
            name
            for name in loaded
            if _is_container(names.get(name)) or any(_is_container(vars(kind).get(name)) for kind in kinds)
        }
    return found
