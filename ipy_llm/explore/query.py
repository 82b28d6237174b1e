"""Questions to jedi about one dotted expression, segment by segment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jedi  # type: ignore[import-untyped] # it ships no py.typed

from ipy_llm.explore import written

_CALLED = {"function": 0, "class": 1, "module": 3}


@dataclass(frozen=True, slots=True)
class Places:
    """Where names are looked up: a project's folders first, then an interpreter's."""

    root: Path
    environment: Any
    project: Any
    folders: tuple[str, ...]  # the search path, project first

    def script(self, text: str | None, path: Path | None = None) -> Any:
        """Return jedi's view of a text, or of the file at `path`."""
        return jedi.Script(text, path=path, project=self.project, environment=self.environment)


class Query:
    """An expression at the end of a buffer, asked about segment by segment."""

    def __init__(
        self, places: Places, head: str, expression: str, path: Path | None = None, *, skip: int = 0
    ) -> None:
        self._places, self._head, self._expression, self._path = places, head, expression, path
        self._skip = skip  # characters before the first segment
        self._script = self._ask(expression)

    def _ask(self, expression: str) -> Any:
        return self._places.script(self._head + expression, self._path)

    def _line(self) -> int:
        return self._head.count("\n") + 1

    def steps(self) -> Iterator[list[Any]]:
        """Yield what stands at each segment, from the first to the last."""
        column = self._skip
        for segment in self._expression[self._skip :].split("."):
            yield self._goto(self._script, column + len(segment))
            column += len(segment) + 1

    def stubs(self) -> list[Any]:
        """Return what stub files say of the whole expression."""
        return self._goto(self._script, len(self._expression), only_stubs=True)

    def of_instance(self) -> list[Any]:
        """Return what the last segment is on an instance of the class before it."""
        owner, _, last = self._expression.rpartition(".")
        expression = f"{owner}().{last}"
        return self._goto(self._ask(expression), len(expression))

    def present(self, segments: list[str]) -> list[str]:
        """Return the names that the expression's first segments hold."""
        if not segments:
            return [each.name for each in self._script.get_names()] if self._path else []
        count = len(segments)
        return [each.name for each in self._complete(".".join(self._expression.split(".")[:count]))]

    def class_members(self, definition: Any) -> tuple[list[Any], list[Any]]:
        """Return the public members of the class asked about, in their order: its own, and the inherited ones."""
        # of an instance: that has the attributes set in __init__, and signatures without `self`
        names = {each.name: each for each in self._complete(self._expression + "()")}
        for each in self._complete(self._expression):
            if not (each.full_name or "").startswith("builtins.type."):
                names.setdefault(each.name, each)
        own = f"{definition.full_name}."

        def is_own(each: Any) -> bool:
            # the full name of an enum's member is the enum's
            return f"{each.full_name or own}.".startswith(own)

        public = [each for each in names.values() if not each.name.startswith("_")]
        ours = sorted(filter(is_own, public), key=lambda each: each.line or 0)
        return ours, [each for each in public if not is_own(each)]

    def module_members(self, definition: Any) -> list[Any]:
        """Return the public members of the module asked about, in the order of its text."""
        public = written.public(definition)
        names = {each.name: each for each in self._complete(self._expression)}
        if public.complete:
            return [names[name] for name in public.names if name in names]
        rest = [name for name in names if not name.startswith("_") and name not in public.imported]
        # submodules last; not by jedi's type of each name, which takes it seconds for numpy's 500
        order = {name: place for place, name in enumerate(public.names)}
        folder = definition.module_path.parent if public.package else None
        submodules = set(modules_in(str(folder))) - order.keys() if folder else set()
        rest.sort(key=lambda name: (name in submodules, order.get(name, len(order))))
        if not order and len(rest) < 200:  # all came in by a star: what is called goes first
            return called_first([names[name] for name in rest])
        return [names[name] for name in rest]

    def _complete(self, expression: str) -> list[Any]:
        script = self._ask(expression + ".")
        return written.asked(lambda: list(script.complete(self._line(), len(expression) + 1)), [])

    def _goto(self, script: Any, column: int, *, only_stubs: bool = False) -> list[Any]:
        place = self._line(), column
        follow = {"follow_imports": True, "follow_builtin_imports": True}
        nothing: list[Any] = []
        found = written.asked(lambda: list(script.goto(*place, only_stubs=only_stubs, **follow)), nothing)
        # an import that jedi could not follow passes for a module
        if any(each.type == "module" and (each.line or 1) > 1 for each in found):
            found = written.asked(lambda: list(script.infer(*place)), nothing)
        if not found and not only_stubs:
            return self._goto(script, column, only_stubs=True)  # bases in C stand in stubs alone
        return found


def called_first(names: list[Any]) -> list[Any]:
    """Return jedi's names with those that are called before values, else in their order."""
    return sorted(names, key=lambda each: _CALLED.get(each.type, 2))


def modules_in(folder: str) -> Iterator[str]:
    """Yield the names of the modules and packages that stand in a folder."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        stem, _, suffix = entry.name.partition(".")
        if not stem.isidentifier() or stem == "__pycache__":
            continue
        if suffix == "py" or suffix.endswith(("so", "pyd")) or (not suffix and entry.is_dir()):
            yield stem
