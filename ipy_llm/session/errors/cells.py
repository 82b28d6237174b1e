"""The cells of a session as an error needs them: their names in a traceback, and where one last bound a name."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice

from ipy_llm.explore.prose import bounded
from ipy_llm.session.errors.failing import parse_text

_MOST = 200  # cells that are read while a reader waits
_LINE = 80  # characters of a statement
_Texts = Callable[[], Iterable[tuple[str, str]]]


def _none() -> Iterable[tuple[str, str]]:
    return ()


@dataclass(frozen=True, slots=True)
class Session:
    """What is known of a session: whose docstrings were told, how a cell's file is called, its cells, the newest first."""

    shown: set[str] = field(default_factory=set)
    label: Callable[[str], str] = str
    cells: _Texts = _none


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a name got its value, or lost it: a cell, and the first line of the statement."""

    cell: str
    text: str
    deleted: bool = False
    value: ast.expr | None = None

    def __str__(self) -> str:
        return f"{self.cell}: {self.text}"


def last_binding(name: str, session: Session) -> Binding | None:
    """Return the last statement at the top level of a cell that bound or deleted a name."""
    for label, text in islice(session.cells(), _MOST):
        if name not in text:
            continue
        tree = parse_text(text)
        found = binding_in(tree.body, name, label, text) if tree is not None else None
        if found is not None:
            return found
    return None


def binding_in(
    body: Iterable[ast.stmt], name: str, label: str, text: str, *, before: int = 0
) -> Binding | None:
    """Return the last statement of these that binds a name, of those above line `before` if that is given."""
    found = None
    for statement in body:
        if before and statement.lineno >= before:
            break
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if statement.name == name:
                found = _binding(statement, label, text)
            continue
        for node in _statements(statement):
            if (not before or node.lineno < before) and _binds(node, name):
                found = _binding(node, label, text)
    return found


def hides_built_in(name: str) -> bool:
    """Say whether a name is one that Python has by itself."""
    return name in vars(builtins)


def _statements(statement: ast.stmt) -> Iterable[ast.stmt]:
    """Yield a statement and those in it, functions and classes left out."""
    yield statement
    for part in ("body", "orelse", "finalbody", "handlers"):
        for each in getattr(statement, part, ()):
            inner = each.body if isinstance(each, ast.ExceptHandler) else [each]
            for one in inner:
                if not isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    yield from _statements(one)


def _binds(node: ast.stmt, name: str) -> bool:
    match node:
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            pass
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target) | ast.For(target=target):
            targets = [target]
        case ast.With(items=items):
            targets = [each.optional_vars for each in items if each.optional_vars is not None]
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return any((each.asname or each.name.partition(".")[0]) == name for each in names)
        case _:
            return False
    return any(
        isinstance(each, ast.Name) and each.id == name for target in targets for each in ast.walk(target)
    )


def _binding(node: ast.stmt, label: str, text: str) -> Binding:
    lines = text.split("\n")
    line = lines[node.lineno - 1].strip() if node.lineno <= len(lines) else ""
    value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
    return Binding(label, bounded(line, _LINE), isinstance(node, ast.Delete), value)
