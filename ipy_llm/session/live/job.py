"""What one patch knows and has done so far."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from ipy_llm.session.live.codes import Pair, Text, rereads
from ipy_llm.session.live.heap import Heap
from ipy_llm.session.live.steps import Steps

ABSENT: Any = object()  # what a name is bound to that is not there


class RefusedError(Exception):
    """What cannot be done to living objects, and why."""


@dataclass(slots=True)
class Job:
    """The texts, the live objects, and what came of it."""

    before: Text
    after: Text
    heap: Heap
    pairs: list[Pair]
    effects: bool = False  # whether new assignments run that call what may have any
    left: frozenset[str] = frozenset()  # the classes that stay as they were
    steps: Steps = field(default_factory=Steps)
    patched: list[str] = field(default_factory=list)  # in the order of the text
    notes: list[str] = field(default_factory=list)
    made_before: list[str] = field(default_factory=list)  # by the import, from what is new now
    called: set[str] = field(default_factory=set)  # names that do something new when they are called
    functions: dict[int, list[FunctionType]] = field(default_factory=dict)  # of a new node, those that live
    stuck: dict[int, list[FunctionType]] = field(default_factory=dict)  # likewise, those that lack a cell
    remade: set[str] = field(default_factory=set)  # names whose value is another object now
    values: dict[str, tuple[Any, Any]] = field(
        default_factory=dict
    )  # of the module, with what they were and are

    @property
    def reread(self) -> bool:
        """Whether annotations are texts now and were values, or the other way."""
        return rereads(self.before, self.after)

    def stands(self, value: Any, node: ast.stmt | None) -> bool:
        """Say whether a value is the function of a definition that stays, other than `node`."""
        return any(
            value is function
            for each in self.pairs
            if not each.inner and each.new is not node
            for function in self.functions.get(id(each.new), ())
        )

    def tell(self, name: str) -> None:
        """Say that a definition runs the new text."""
        if name not in self.patched:
            self.patched.append(name)

    def note(self, text: str) -> None:
        """Say what was not followed."""
        if text not in self.notes:
            self.notes.append(text)
