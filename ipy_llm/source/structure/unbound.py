"""Names that a text uses and binds nowhere, each with how it is used: what an import may be missing for.

It says less rather than anything wrong: a text that takes all names of a module, or reaches its names by
`globals()` and its kin, has none; nor is a name one that is tried below `except NameError`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

_REACHING = frozenset({"globals", "locals", "vars", "exec", "eval"})
_CATCHING = frozenset({"NameError", "Exception", "BaseException"})
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a name is used: what it stands in, the innermost first, and whether that is an annotation."""

    node: ast.Name
    around: tuple[ast.AST, ...]
    annotation: bool = False


@dataclass(frozen=True, slots=True)
class Names:
    """What a text does with names: those it never binds, and those that its top level binds, or deletes."""

    missing: dict[str, list[Use]]
    bound: frozenset[str]
    deleted: frozenset[str]


@dataclass(slots=True)
class _Scope:
    kind: str
    outer: _Scope | None
    bound: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)  # by `global`

    def binds(self, name: str) -> bool:
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.declared:
                while scope.outer is not None:
                    scope = scope.outer
                return name in scope.bound
            if name in scope.bound and (scope is self or scope.kind != "class"):
                return True
            scope = scope.outer
        return False


def names_of(tree: ast.Module) -> Names:
    """Return the names of a text; built-in ones that it does not bind are missing here too."""
    reader = _Reader()
    reader.visit_all(tree.body, reader.module)
    missing: dict[str, list[Use]] = {}
    if not reader.hidden:
        for use, scope in reader.uses:
            name = use.node.id
            if name not in reader.tried and not scope.binds(name):
                missing.setdefault(name, []).append(use)
    return Names(missing, frozenset(reader.module.bound), frozenset(reader.deleted))


class _Reader:
    def __init__(self) -> None:
        self.module = _Scope("module", None)
        self.uses: list[tuple[Use, _Scope]] = []
        self.tried: set[str] = set()
        self.deleted: set[str] = set()
        self.hidden = False
        self._around: list[ast.AST] = []
        self._annotation = False

    def visit_all(self, nodes: Iterable[ast.AST | None], scope: _Scope) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node, scope)

    def visit(self, node: ast.AST, scope: _Scope) -> None:
        match node:
            case ast.Name():
                self._name(node, scope)
                return
            case ast.Global():
                scope.declared.update(node.names)
            case ast.Import() | ast.ImportFrom():
                self._import(node, scope)
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                scope.bound.add(name)
            case ast.MatchMapping(rest=str(name)):
                scope.bound.add(name)
            case ast.Call(func=ast.Name(id=name)) if name in _REACHING:
                self.hidden = True
            case ast.Try() if any(map(_catches, node.handlers)):
                inside = (each for statement in node.body for each in ast.walk(statement))
                self.tried.update(each.id for each in inside if isinstance(each, ast.Name))
        self._around.append(node)
        self._within(node, scope)
        self._around.pop()

    def _within(self, node: ast.AST, scope: _Scope) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                self._function(node, scope)
            case ast.ClassDef():
                scope.bound.add(node.name)
                self.visit_all((*node.decorator_list, *node.bases, *node.keywords), scope)
                inner = self._typed(node, _Scope("class", scope))
                self.visit_all(node.body, inner)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self._comprehension(node, scope)
            case ast.NamedExpr():
                home = scope
                while home.kind == "comprehension" and home.outer is not None:
                    home = home.outer
                home.bound.add(node.target.id)
                self.visit(node.value, scope)
            case ast.AnnAssign():
                self._annotated(node.annotation, scope)
                self.visit_all((node.target, node.value), scope)
            case _:
                self.visit_all(ast.iter_child_nodes(node), scope)

    def _name(self, node: ast.Name, scope: _Scope) -> None:
        if isinstance(node.ctx, ast.Load):
            around = tuple(reversed(self._around[-4:]))
            self.uses.append((Use(node, around, self._annotation), scope))
            return
        home = self.module if node.id in scope.declared else scope
        home.bound.add(node.id)
        if isinstance(node.ctx, ast.Del) and home is self.module:
            self.deleted.add(node.id)

    def _import(self, node: ast.Import | ast.ImportFrom, scope: _Scope) -> None:
        home = scope
        for alias in node.names:
            if alias.name == "*":
                self.hidden = True
                continue
            name = alias.asname or alias.name.partition(".")[0]
            (self.module if name in scope.declared else home).bound.add(name)

    def _function(self, node: _Function, scope: _Scope) -> None:
        given = node.args
        every = [*given.posonlyargs, *given.args, *given.kwonlyargs]
        every += [each for each in (given.vararg, given.kwarg) if each is not None]
        inner = _Scope("function", scope)
        if not isinstance(node, ast.Lambda):
            (self.module if node.name in scope.declared else scope).bound.add(node.name)
            self.visit_all(node.decorator_list, scope)
            inner = self._typed(node, inner)
            for each in (*(argument.annotation for argument in every), node.returns):
                self._annotated(each, inner.outer or scope)
        self.visit_all((*given.defaults, *given.kw_defaults), scope)
        inner.bound.update(argument.arg for argument in every)
        self.visit_all(node.body if isinstance(node.body, list) else [node.body], inner)

    def _typed(self, node: ast.AST, inner: _Scope) -> _Scope:
        """Put the scope of type parameters (`def f[T]`) around that of a function or class."""
        parameters: list[ast.AST] = getattr(node, "type_params", [])  # from Python 3.12 on
        if parameters and inner.outer is not None:
            between = _Scope("function", inner.outer, {str(getattr(each, "name", "")) for each in parameters})
            self.visit_all(parameters, between)
            inner.outer = between
        return inner

    def _comprehension(self, node: _Comprehension, scope: _Scope) -> None:
        inner = _Scope("comprehension", scope)
        for number, generator in enumerate(node.generators):
            self._around.append(generator)
            self.visit(generator.iter, inner if number else scope)
            self._around.pop()
            self.visit_all((generator.target, *generator.ifs), inner)
        elements = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        self.visit_all(elements, inner)

    def _annotated(self, node: ast.expr | None, scope: _Scope) -> None:
        if node is not None:
            before, self._annotation = self._annotation, True
            self.visit(node, scope)
            self._annotation = before


def _catches(handler: ast.ExceptHandler) -> bool:
    """Say whether a handler takes a missing name for an answer."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(each is None or (isinstance(each, ast.Name) and each.id in _CATCHING) for each in kinds)
