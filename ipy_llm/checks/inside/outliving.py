"""What a function leaves behind for whoever comes later: functools' caches, globals that it writes.

A test that takes a value from a cache does not run the function that made it, though it fails with it. So what such a
function runs is kept, and counts for every test that may use what it left.
"""

from __future__ import annotations

import weakref
from typing import Any

# After so many calls of one function its calls are no longer told apart: what the tests that call it run counts.
_MANY = 3000

_SUSPENDED = (
    0x20 | 0x80 | 0x200
)  # generators and coroutines: what runs between their start and end is not theirs

_CONTAINERS = ("builtins", "collections", "weakref")


class Filler:
    """A function that leaves something behind, with what it ran so far."""

    def __init__(self, context: Any) -> None:
        self.context = context
        self.open = 0  # calls of it that are running
        self._calls = 0

    def apart(self) -> bool:
        """Say whether what the next call runs is to be told from what its caller runs."""
        self._calls += 1
        return self.open > 0 or self._calls <= _MANY


class Outliving:
    """The functions that leave something behind, by the numbers of their codes, and who may use it.

    `writes` are the names that functions write, with the lines these begin at, by their files; `context` makes a context.
    """

    def __init__(self, context: Any, writes: dict[str, list[list[Any]]]) -> None:
        self.fillers: dict[int, Filler] = {}
        self._writes: dict[tuple[str, int], list[tuple[str, int]]] = {}
        for path, places in writes.items():
            for line, name, outer in places:
                self._writes.setdefault((path, line), []).append((name, outer))
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

    def meet(self, number: int, code: Any, path: str, names: dict[str, Any], imported: Any) -> None:
        """Learn of a code that runs; `names` are its globals, `imported` says whether a function at a line ran in an import."""
        known = self._names.setdefault(number, set())
        mentioned = code.co_names + code.co_freevars
        if number in self._homes and known.issuperset(mentioned):
            return
        known.update(mentioned)
        self._homes[number] = (path, names)
        self._uses.pop(number, None)
        # what a function's own function writes is gone with it, but for a decorator's
        written = [
            name
            for name, outer in self._writes.get((path, code.co_firstlineno), ())
            if name not in code.co_freevars or imported(path, outer)
        ]
        if not written or number in self.fillers:
            return
        self._fills(number)
        for name in written:
            value = names.get(name)
            self._written.setdefault(name, []).append((path, value if _is_container(value) else None, number))
            self._version += 1

    def wrap(self, wrapper: Any, number: int) -> None:
        """Learn of a cache of functools around a function of the project."""
        self._fills(number)
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

    def _fills(self, number: int) -> None:
        if number not in self.fillers:
            self.fillers[number] = Filler(self._context())

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
