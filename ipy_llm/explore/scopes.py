"""What a module, class or function binds, and which of them a name is looked up in."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import binds: a module (`name` is None), or a name of one; `level` counts leading dots."""

    module: str
    name: str | None
    level: int = 0


Bound = Imported | Literal["defined", "value"]


@dataclass(slots=True)
class Scope:
    """A module, class or function: what it binds, and how its names are qualified."""

    name: str  # qualified; of the module, nothing
    kind: Literal["module", "class", "function"]
    outer: Scope | None
    bound: dict[str, list[Bound]] = field(default_factory=dict)
    elsewhere: dict[str, Scope] = field(default_factory=dict)  # what `global` and `nonlocal` say
    stars: list[Imported] = field(default_factory=list)
    bases: tuple[ast.expr, ...] = ()
    first: str | None = None  # a method's first parameter
    annotations: dict[str, ast.expr] = field(default_factory=dict)
    values: dict[str, list[ast.expr]] = field(default_factory=dict)  # of plain assignments
    returns: dict[str, ast.expr | None] = field(default_factory=dict)  # of the functions defined here
    stored: set[str] = field(
        default_factory=set
    )  # of a class: attributes that its methods set on the instance

    def lookup(self, name: str) -> Scope | None:
        """Return the scope that binds a name seen from here, as Python looks it up; None for a built-in."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.elsewhere:
                scope = scope.elsewhere[name]
                continue
            if name in scope.bound and (scope is self or scope.kind != "class"):
                return scope
            scope = scope.outer
        return None


def generic(base: ast.expr) -> ast.expr:
    """Return the class of `Serializer[str]`."""
    return base.value if isinstance(base, ast.Subscript) else base
