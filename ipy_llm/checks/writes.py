"""Which functions write what outlives their call: globals, attributes of classes, variables of a function around them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

# Methods that change a container.
_CHANGING = frozenset({
    "__setitem__", "add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem", "popleft",
    "remove", "setdefault", "update",
})  # fmt: skip

# A cache is not kept there; what stands there is put back.
_FOREIGN = frozenset({"os", "sys"})

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def writes(tree: ast.Module) -> tuple[tuple[int, str, int], ...]:
    """Return the names that functions write and that are not their own.

    With each stand the lines at which the function begins and the one around it, 0 where there is none. Of `CACHE[key] =
    value` it is `CACHE`, of `settings.debug = True` and `cls._one = one` the attribute.
    """
    found: set[tuple[int, str, int]] = set()
    left: list[tuple[ast.AST, int]] = [(tree, 0)]
    while left:
        node, outer = left.pop()
        if isinstance(node, _Function):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            found |= {(first, name, outer) for name in _written(node)}
            outer = first
        left += [(inner, outer) for inner in ast.iter_child_nodes(node)]
    return tuple(sorted(found))


def _written(function: _Function) -> Iterator[str]:
    own = list(_own(function))
    outer = {name for node in own if isinstance(node, (ast.Global, ast.Nonlocal)) for name in node.names}
    arguments = [node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)]
    local = {*arguments, *(name for node in own for name in _bound(node))} - outer
    for node in own:
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) if name in outer:
                yield name
            case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                yield from _target(node, local)
            case ast.Call(func=ast.Attribute(value=value, attr=attribute)) if attribute in _CHANGING:
                yield from _target(value, local)


def _own(function: _Function) -> Iterator[ast.AST]:
    """Yield the nodes of a function that are not of one within it."""
    left: list[ast.AST] = list(function.body)
    while left:
        node = left.pop()
        yield node
        if not isinstance(node, (*_Function.__args__, ast.ClassDef)):
            left += ast.iter_child_nodes(node)


def _bound(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.MatchMapping(rest=str(name)):
            yield name
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in names)
        case ast.arg(arg=name):  # a lambda's
            yield name


def _target(node: ast.expr, local: set[str]) -> Iterator[str]:
    """Yield the name of what is written, unless it is reached by way of a local name."""
    attribute = ""
    while True:
        match node:
            case ast.Attribute(value=value, attr=attribute):
                node = value
            case ast.Subscript(value=value):
                node = value
            case ast.Name(id="cls") if attribute:
                yield attribute
                return
            case ast.Name(id=name) if name not in local | _FOREIGN:
                yield attribute or name
                return
            case _:
                return
