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

_STRINGS = re.compile(r"^(from __future__ import .*?)\bannotations\b", re.MULTILINE)
_TYPE_COMMENT = re.compile(r"#[ \t]*type:(.*)")
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
    if any(_brings_names(node) for node in nodes):
        return []
    found = [(line, f"Undefined name `{name}`", "F821") for name, line in _first_lines(nodes, missing)]
    found += _not_exported(tree, text)
    if not any(_reads_names(node) for node in nodes):
        found += _unused(tree, nodes, text)
    return sorted(found)


def undefined(text: str) -> dict[str, int]:
    """Return the names that a text uses and nothing in it defines, with the line its scope begins on.

    Raises `SyntaxError`, `ValueError` or `RecursionError` where it does not compile.
    """
    # what annotations name belongs to no table where they stay strings
    table = symtable.symtable(_STRINGS.sub(r"\1nested_scopes", text), "<text>", "exec")
    scopes = list(_scopes(table))
    bound = _bound(table, scopes)
    return {
        symbol.get_name(): scope.get_lineno()
        for scope in reversed(scopes)
        for symbol in scope.get_symbols()
        if symbol.is_referenced()
        # symtable takes every scope that is called `top` for the module: what is local there is global too
        and (not symbol.is_local() if scope is table else symbol.is_global() and not symbol.is_local())
        and symbol.get_name() not in bound
        and symbol.get_name() not in _ALWAYS
    }


def _bound(table: symtable.SymbolTable, scopes: list[symtable.SymbolTable]) -> set[str]:
    """Return the names that a module has, as far as its text tells."""
    return {
        symbol.get_name()
        for scope in scopes
        for symbol in scope.get_symbols()
        if (scope is table or symbol.is_declared_global()) and (symbol.is_assigned() or symbol.is_imported())
    }


def _not_exported(tree: ast.Module, text: str) -> Iterator[Found]:
    """Yield what a plain `__all__` names and the file does not have."""
    for statement in tree.body:
        match statement:
            case ast.Assign(
                targets=[ast.Name(id="__all__")], value=ast.List(elts=names) | ast.Tuple(elts=names)
            ):
                table = symtable.symtable(text, "<text>", "exec")
                bound = _bound(table, list(_scopes(table)))
                for node in names if "__getattr__" not in bound else ():
                    match node:
                        case ast.Constant(value=str(name)) if name not in bound | _ALWAYS:
                            yield node.lineno, f"Undefined name `{name}` in `__all__`", "F822"


def _scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _scopes(child)


def _brings_names(node: ast.AST) -> bool:
    """Say whether names that no text tells may come from there."""
    match node:
        case ast.ImportFrom(names=[ast.alias(name="*")]) | ast.Call(func=ast.Name(id="globals" | "exec")):
            return True
    return False


def _reads_names(node: ast.AST) -> bool:
    """Say whether names may be used there that no text tells."""
    match node:
        case ast.Call(func=ast.Name(id="eval" | "vars" | "locals")):
            return True
    return False


def _first_lines(nodes: list[ast.AST], missing: dict[str, int]) -> Iterator[tuple[str, int]]:
    """Yield each missing name with the first line, in the scope that lacks it, where it is used."""
    lines: dict[str, int] = {}
    tried = _tried(nodes)
    for node in nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Load(), lineno=line) if name in missing and line >= missing[name]:
                if node not in tried:
                    lines[name] = min(line, lines.get(name, line))
    yield from lines.items()


def _tried(nodes: list[ast.AST]) -> set[ast.AST]:
    """Return what stands under a `try` that expects names to be missing."""
    return {
        inner
        for node in nodes
        if isinstance(node, ast.Try) and any(_expects_missing(handler.type) for handler in node.handlers)
        for statement in node.body
        for inner in ast.walk(statement)
    }


def _expects_missing(caught: ast.expr | None) -> bool:
    match caught:
        case None | ast.Name(id="NameError"):
            return True
        case ast.Tuple(elts=several):
            return any(_expects_missing(one) for one in several)
    return False


def _unused(tree: ast.Module, nodes: list[ast.AST], text: str) -> Iterator[Found]:
    """Yield the imports that nothing in a file names, not even a string that is no docstring; those under `if` and `try` are guarded."""
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    prose = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        match node:
            case ast.Constant(value=str(said)) if id(node) not in prose or ">>>" in said:
                used |= set(_WORD.findall(said))
            case ast.Global(names=names):
                used |= set(names)
    for comment in _TYPE_COMMENT.findall(text):
        used |= set(_WORD.findall(comment))
    lines = text.split("\n")
    for statement in _imports(tree.body):
        for alias in statement.names:
            name = alias.asname or alias.name.partition(".")[0]
            again = alias.asname is not None and alias.asname == alias.name  # `import x as x` is for others
            line = alias.lineno
            if name not in used and not again and "noqa" not in lines[line - 1]:
                yield line, f"`{alias.name}` imported but unused", "F401"


def _imports(body: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the imports among statements, those in functions and for a checker of types too."""
    for statement in body:
        match statement:
            case ast.ImportFrom(module="__future__"):
                pass
            case ast.Import() | ast.ImportFrom():
                yield statement
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _imports(statement.body)
            case ast.ClassDef():  # what a class imports is a member of it
                yield from _imports(
                    [one for one in statement.body if not isinstance(one, (ast.Import, ast.ImportFrom))]
                )
            case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
                yield from _imports(statement.body)
