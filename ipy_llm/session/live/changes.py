"""What an edit changes in the statements of a module or of the body of a class."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from ipy_llm.session.live.codes import DEFINING, FUNCTION, Text, definitions, rereads
from ipy_llm.session.live.harmless import harmless

_MARK = "\0"  # before a statement that is read otherwise now, though its text is the same


@dataclass(frozen=True, slots=True)
class Changed:
    """A statement that was another one: of the same kind, for the same names."""

    old: ast.stmt
    new: ast.stmt


@dataclass(frozen=True, slots=True)
class Added:
    """A statement that is new; or, `again`, one that stays, but whose binding counts only now."""

    new: ast.stmt
    again: bool = False


@dataclass(frozen=True, slots=True)
class Removed:
    """A statement that is no more."""

    old: ast.stmt


Change: TypeAlias = Changed | Added | Removed


@dataclass(frozen=True, slots=True)
class Scope:
    """The changes in one scope, in the order of the new text; what stays; the names it had and has."""

    changes: tuple[Change, ...]
    kept: tuple[ast.stmt, ...]
    old: tuple[ast.stmt, ...]
    new: tuple[ast.stmt, ...]
    gone: frozenset[str]

    def last(self, name: str, node: ast.stmt) -> bool:
        """Say whether no later statement binds `name`."""
        binders = [each for each in self.new if name in bound(each)]
        return not binders or binders[-1] is node

    def made(self, name: str) -> bool:
        """Say whether the old text made the object that a name was bound to, and did not get it from elsewhere."""
        binders = [each for each in self.old if name in bound(each)]
        if not binders or isinstance(binders[-1], ast.Import | ast.ImportFrom):
            return False
        value = getattr(binders[-1], "value", None)
        return not isinstance(value, ast.Name | ast.Attribute | ast.Subscript | ast.Constant)


def compare(
    old: tuple[Text, Iterable[ast.stmt]], new: tuple[Text, Iterable[ast.stmt]], namespace: dict[str, Any]
) -> Scope:
    """Compare the statements of a scope in both texts; branches that are not taken do not count."""
    olds, news = (list(flat(body, _seen(namespace, text.tree))) for text, body in (old, new))
    reread = rereads(old[0], new[0])
    left, right, kept = _unmatched(
        olds,
        [old[0].segment(each) for each in olds],
        news,
        [f"{_MARK if reread and _annotated(each) else ''}{new[0].segment(each)}" for each in news],
    )
    couples = _couples(left, right)
    partners = {id(each.new): each for each in couples}
    paired = {id(each.old) for each in couples}
    changes: list[Change] = [partners.get(id(each)) or Added(each) for each in right]
    # The binding that counts is the last one: where that is another now, it is made again.
    fresh = {id(each) for each in right}
    for name in {name for each in (*left, *right) for name in bound(each)} | _reordered(olds, news):
        before = [each for each in olds if name in bound(each)]
        after = [each for each in news if name in bound(each)]
        if before and after and id(after[-1]) not in fresh and ast.dump(before[-1]) != ast.dump(after[-1]):
            fresh.add(id(after[-1]))
            changes.append(Added(after[-1], again=True))
    position = {id(each): place for place, each in enumerate(news)}
    changes.sort(key=lambda each: position[id(each.new)] if not isinstance(each, Removed) else 0)
    changes += [Removed(each) for each in left if id(each) not in paired]
    names = {name for each in left for name in bound(each)}
    gone = names - {name for each in new[1] for name in bound(each)}
    return Scope(tuple(changes), tuple(kept), tuple(olds), tuple(news), frozenset(gone))


def flat(body: Iterable[ast.stmt], namespace: dict[str, Any]) -> Iterator[ast.stmt]:
    """Yield the statements of a body, with those of the branch that is taken in place of an `if`."""
    for node in body:
        if isinstance(node, ast.If) and _is_checking(node.test):
            yield from flat(node.orelse, namespace)
        elif isinstance(node, ast.If) and harmless(node.test, namespace):
            try:
                test = compile(ast.Expression(node.test), "<test>", "eval")
                taken = eval(test, namespace, {})  # noqa: S307 - as the module did
            except (NameError, AttributeError, TypeError, ValueError, LookupError):
                yield node
                continue
            if taken and "__main__" in ast.dump(node.test):
                yield node  # what a script does is no definition
            else:
                yield from flat(node.body if taken else node.orelse, namespace)
        else:
            yield node


def _seen(namespace: dict[str, Any], tree: ast.Module) -> dict[str, Any]:
    """Return a namespace with the modules that a text imports, where they are loaded already."""
    known = dict(namespace)
    for node in tree.body:
        for each in node.names if isinstance(node, ast.Import) else ():
            name = each.name if each.asname else each.name.partition(".")[0]
            if name in sys.modules:
                known.setdefault(each.asname or name, sys.modules[name])
    return known


def _is_checking(test: ast.expr) -> bool:
    """Say whether a test is `TYPE_CHECKING`, which is true for type checkers alone."""
    return (test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")) == "TYPE_CHECKING"


def bound(node: ast.AST) -> set[str]:
    """Return the names that a statement binds in its own scope."""
    if isinstance(node, DEFINING):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {each.asname or each.name.partition(".")[0] for each in node.names} - {"*"}
    names = set()
    for each in _own(node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            names.add(each.id)
        elif isinstance(each, ast.ExceptHandler) or each is node:
            pass
        elif isinstance(each, (*DEFINING, ast.Import, ast.ImportFrom)):
            names |= bound(each)
    return names


def annotated(body: Iterable[ast.stmt]) -> set[str]:
    """Return the names that statements annotate in their own scope."""
    every = (each for node in body for each in _own(node) if isinstance(each, ast.AnnAssign))
    return {each.target.id for each in every if isinstance(each.target, ast.Name)}


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a statement that belong to its own scope; definitions whole."""
    yield node
    if isinstance(node, (*DEFINING, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        return
    for each in ast.iter_child_nodes(node):
        yield from _own(each)


def skeleton(node: ast.stmt) -> str:
    """Return a statement without what stands in its functions."""
    return ast.dump(_Hollow().visit(_copy(node)))


def _copy(node: ast.AST) -> Any:
    """Copy statements; expressions are shared, since they are not changed."""
    if isinstance(node, ast.expr):
        return node
    values = {}
    for name, value in ast.iter_fields(node):
        if isinstance(value, list):
            values[name] = [_copy(each) if isinstance(each, ast.AST) else each for each in value]
        else:
            values[name] = _copy(value) if isinstance(value, ast.AST) else value
    return ast.copy_location(type(node)(**values), node)


class _Hollow(ast.NodeTransformer):
    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.body = [ast.Pass()]
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.body = [ast.Pass()]
        return node


def _unmatched(
    olds: list[ast.stmt], old_texts: list[str], news: list[ast.stmt], new_texts: list[str]
) -> tuple[list[ast.stmt], list[ast.stmt], list[ast.stmt]]:
    """Return what stands in one text only, on both sides, and what stays; by text, then by tree."""
    left, right = _less(olds, old_texts, new_texts), _less(news, new_texts, old_texts)
    marked = {id(node) for node, text in zip(news, new_texts, strict=True) if text.startswith(_MARK)}
    old_trees = [ast.dump(each) for each in left]
    new_trees = [f"{_MARK if id(each) in marked else ''}{ast.dump(each)}" for each in right]
    left, right = _less(left, old_trees, new_trees), _less(right, new_trees, old_trees)
    fresh = {id(each) for each in right}
    return left, right, [each for each in news if id(each) not in fresh]


def _annotated(node: ast.stmt) -> bool:
    """Say whether a statement has annotations of its own; those within functions are never read."""
    if isinstance(node, FUNCTION):
        arguments = node.args
        every = [
            *arguments.posonlyargs,
            *arguments.args,
            *arguments.kwonlyargs,
            arguments.vararg,
            arguments.kwarg,
        ]
        return node.returns is not None or any(each and each.annotation for each in every)
    if isinstance(node, ast.AnnAssign):
        return True
    return any(_annotated(each) for each in ast.iter_child_nodes(node) if isinstance(each, ast.stmt))


def _less(nodes: list[ast.stmt], keys: list[str], others: list[str]) -> list[ast.stmt]:
    there = Counter(others)
    rest = []
    for node, key in zip(nodes, keys, strict=True):
        if there[key]:
            there[key] -= 1
        else:
            rest.append(node)
    return rest


def _couples(left: list[ast.stmt], right: list[ast.stmt]) -> list[Changed]:
    rest = list(right)
    couples = []
    for old in left:
        names = bound(old)
        candidates = [
            new for new in rest if any(isinstance(new, kind) and isinstance(old, kind) for kind in _KINDS)
        ]
        same = [new for new in candidates if names and bound(new) == names]
        match = next((new for new in same if _decorators(new) == _decorators(old)), same[0] if same else None)
        if match is None and not isinstance(old, (*DEFINING, ast.Assign, ast.AnnAssign)):
            match = next((new for new in candidates if names & bound(new)), None)
        if match is None and _is_doc(old):
            match = next((new for new in candidates if _is_doc(new)), None)
        if match is not None:
            rest = [new for new in rest if new is not match]
            couples.append(Changed(old, match))
    return couples


# What may become what and still be the same statement, changed.
_KINDS: tuple[Any, ...] = (
    FUNCTION, ast.ClassDef, (ast.Assign, ast.AnnAssign), (ast.Import, ast.ImportFrom), ast.Expr, ast.If, ast.Try,
    (ast.With, ast.AsyncWith), (ast.For, ast.AsyncFor), ast.While, ast.AugAssign,
)  # fmt: skip


def _decorators(node: ast.stmt) -> list[str]:
    return [ast.dump(each) for each in getattr(node, "decorator_list", [])]


def _is_doc(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _reordered(olds: list[ast.stmt], news: list[ast.stmt]) -> set[str]:
    """Return the names bound several times: of these alone the order counts."""
    several = Counter(name for each in olds for name in bound(each))
    return {name for each in news for name in bound(each) if several[name] > 1}


def classes(body: Iterable[ast.AST]) -> dict[str, ast.ClassDef]:
    """Return the classes of a scope by name; the last of a name."""
    return {each.name: each for each in definitions(body) if isinstance(each, ast.ClassDef)}
