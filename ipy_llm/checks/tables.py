"""Undefined names and imports for nothing by the compiler's own symbol tables: where ruff is absent, in a few milliseconds.

It says less than ruff rather than anything wrong: a file with `import *`, or that meets its names by `globals()`, is
passed over.
"""

from __future__ import annotations

import ast
import builtins
import re
import symtable
from collections.abc import Iterator

from ipy_llm.errors import ParseError
from ipy_llm.source.text import decode

# Bound in every module, or by the compiler in a class.
_ALWAYS = frozenset(dir(builtins)) | frozenset(
    (
        "__name__", "__file__", "__doc__", "__package__", "__spec__", "__loader__", "__path__", "__builtins__",
        "__annotations__", "__debug__", "__module__", "__qualname__", "__class__", "__dict__", "WindowsError", "__conditional_annotations__",
    )
)  # fmt: skip

_WORD = re.compile(r"[A-Za-z_]\w*")

Found = tuple[int, str, str]  # a line, what is wrong, ruff's code for it


def names_in(data: bytes) -> list[Found]:
    """Return the undefined names and the unused imports of a Python file, by line; none for one that does not parse."""
    try:
        text = decode(data).text
        tree = ast.parse(text)
        missing = undefined(text)
    except (ParseError, SyntaxError, ValueError, RecursionError):
        return []
    nodes = list(ast.walk(tree))
    if any(_hides_names(node) for node in nodes):
        return []
    found = [(line, f"Undefined name `{name}`", "F821") for name, line in _first_lines(nodes, missing)]
    return sorted([*found, *_unused(tree, nodes, text)])


def undefined(text: str) -> dict[str, int]:
    """Return the names that a text uses and nothing in it defines, with the line its scope begins on.

    Raises `SyntaxError`, `ValueError` or `RecursionError` where it does not compile.
    """
    table = symtable.symtable(text, "<text>", "exec")
    scopes = list(_scopes(table))
    bound = {
        symbol.get_name()
        for scope in scopes
        for symbol in scope.get_symbols()
        if (scope is table or symbol.is_declared_global()) and (symbol.is_assigned() or symbol.is_imported())
    }
    return {
        symbol.get_name(): scope.get_lineno()
        for scope in reversed(scopes)
        for symbol in scope.get_symbols()
        if symbol.is_referenced()
        and (symbol.is_global() or (scope is table and not symbol.is_local()))
        and symbol.get_name() not in bound
        and symbol.get_name() not in _ALWAYS
    }


def _scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _scopes(child)


def _hides_names(node: ast.AST) -> bool:
    match node:
        case ast.ImportFrom(names=[ast.alias(name="*")]):
            return True
        case ast.Call(func=ast.Name(id="globals" | "exec" | "vars" | "locals")):
            return True
    return False


def _first_lines(nodes: list[ast.AST], missing: dict[str, int]) -> Iterator[tuple[str, int]]:
    """Yield each missing name with the first line, in the scope that lacks it, where it is used."""
    lines: dict[str, int] = {}
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Load(), lineno=line) if name in missing and line >= missing[name]:
                lines[name] = min(line, lines.get(name, line))
    yield from lines.items()


def _unused(tree: ast.Module, nodes: list[ast.AST], text: str) -> Iterator[Found]:
    """Yield the imports at the top of a file that nothing in it names, not even a string; those under `if` and `try` are guarded."""
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    for node in nodes:
        match node:
            case ast.Constant(value=str(said)):
                used |= set(_WORD.findall(said))
            case ast.Global(names=names):
                used |= set(names)
    lines = text.split("\n")
    for statement in tree.body:
        if not isinstance(statement, (ast.Import, ast.ImportFrom)):
            continue
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            continue
        for alias in statement.names:
            name = alias.asname or alias.name.partition(".")[0]
            again = alias.asname is not None and alias.asname == alias.name  # `import x as x` is for others
            line = alias.lineno
            if name not in used and not again and "noqa" not in lines[line - 1]:
                yield line, f"`{alias.name}` imported but unused", "F401"
