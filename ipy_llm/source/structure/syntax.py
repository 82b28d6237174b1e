"""What an outline asks of `ast`: which names a statement binds, its branches, its marks."""

from __future__ import annotations

import ast
import gc
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from ipy_llm.source.chunks import Accessor

COMPOUND: tuple[type[ast.stmt], ...] = (
    *(ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match),
    *([getattr(ast, "TryStar")] if sys.version_info >= (3, 11) else []),  # noqa: B009 - mypy checks for 3.10
)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_TYPE_ALIAS: type[ast.stmt] | None = getattr(ast, "TypeAlias", None)  # 3.12


def parse(text: str) -> ast.Module:
    """Parse Python without executing or warning, newer than this Python's too, as if it were older.

    Raises `SyntaxError` whatever is wrong with it.
    """
    try:
        return parse_here(text)
    except SyntaxError:
        from ipy_llm.source.damaged.newer import lower  # noqa: PLC0415 - what parses needs none of it

        lowered = lower(text)
        if not lowered.features:
            raise
        try:
            return parse_here(lowered.text)
        except SyntaxError:
            pass
        raise


def parse_here(text: str) -> ast.Module:
    """Parse Python as this Python does. Raises `SyntaxError` whatever is wrong with it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except ValueError as error:  # a null byte, before 3.12
        raise SyntaxError(str(error)) from error
    except (RecursionError, MemoryError) as error:
        raise SyntaxError("nested too deeply for this Python's parser") from error


@contextmanager
def collector_paused() -> Iterator[None]:
    """Let no cyclic garbage be looked for: a tree of thousands of new objects, none of it garbage, sets that off in vain."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def branches(node: ast.stmt) -> Iterator[tuple[list[ast.stmt], str, ast.AST | int]]:
    """Yield each suite of a compound statement that is not empty, its label, and what stands before it."""
    kind = "if" if isinstance(node, ast.If) else type(node).__name__.removeprefix("Async").lower()
    kind = kind.replace("trystar", "try")
    if isinstance(node, ast.Match):
        for case in node.cases:
            yield case.body, "case", case
        return
    body: list[ast.stmt] = getattr(node, "body", [])
    yield body, kind, node
    # In a loop: a chain of some hundred `elif` would be too deep for recursion.
    while _is_elif(node):
        assert isinstance(node, ast.If)
        node = node.orelse[0]
        body = getattr(node, "body", [])
        yield body, "elif", node
    for handler in getattr(node, "handlers", []):
        yield handler.body, "except", handler
    for name in ("orelse", "finalbody"):
        branch: list[ast.stmt] = getattr(node, name, [])
        if branch:
            yield branch, f"else of {kind}" if name == "orelse" else "finally", body[-1].end_lineno or 0


def _is_elif(node: ast.stmt) -> bool:
    if not isinstance(node, ast.If) or len(node.orelse) != 1:
        return False
    # `else:` with an `if` in it has the same tree, further in.
    return isinstance(node.orelse[0], ast.If) and node.orelse[0].col_offset == node.col_offset


_HEADER_PARTS = (
    "decorator_list", "bases", "keywords", "args", "returns", "test", "iter", "items", "subject", "pattern",
    "guard", "type", "target", "type_params",
)  # fmt: skip


def floor(node: ast.AST | int) -> int:
    """Return the last line that a string of what stands above may reach: the header's, or a statement's.

    A line below it that begins with `#` is a comment.
    """
    if isinstance(node, int):
        return node
    if isinstance(node, ast.Module):
        return 0
    end = getattr(node, "lineno", 1)
    for name in _HEADER_PARTS:
        part = getattr(node, name, None)
        for child in part if isinstance(part, list) else [part]:
            if isinstance(child, ast.AST):
                end = max([end, *(getattr(inner, "end_lineno", 0) or 0 for inner in ast.walk(child))])
    return end


def bound_names(node: ast.stmt) -> list[str]:
    """Return the plain names a definition or an assignment binds; none for any other statement."""
    return [node.name] if isinstance(node, DEFINITIONS) else list(_bound(node))


def _bound(node: ast.stmt) -> Iterator[str]:
    """Yield the plain names an assignment binds."""
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = list(node.targets)
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    elif _TYPE_ALIAS is not None and isinstance(node, _TYPE_ALIAS):
        targets = [node.name]  # type: ignore[attr-defined] # 3.12's
    while targets:
        target = targets.pop(0)
        if isinstance(target, ast.Name):
            yield target.id
        elif isinstance(target, (ast.Tuple, ast.List)):
            targets = [*target.elts, *targets]
        elif isinstance(target, ast.Starred):
            targets.insert(0, target.value)


def mark(decorator: ast.expr) -> str:
    """Return the last part of a decorator's name, with what it is an attribute of: `price.setter`, `overload`."""
    if isinstance(decorator, ast.Call):
        decorator = decorator.func
    if isinstance(decorator, ast.Attribute):
        if decorator.attr in {"getter", "setter", "deleter"}:
            owner = decorator.value
            return f"{getattr(owner, 'attr', getattr(owner, 'id', ''))}.{decorator.attr}"
        return decorator.attr
    return decorator.id if isinstance(decorator, ast.Name) else ""


def accessor(name: str, marks: list[str]) -> Accessor | None:
    """Return which part of a property a method is, by the marks of its decorators."""
    for mark in marks:
        if mark in {"property", "cached_property", "abstractproperty", f"{name}.getter"}:
            return "getter"
        if mark == f"{name}.setter":
            return "setter"
        if mark == f"{name}.deleter":
            return "deleter"
    return None


def module_of(node: ast.Import | ast.ImportFrom) -> str:
    """Return the module that names are imported from, with its dots; nothing of `import a`."""
    return "." * node.level + (node.module or "") if isinstance(node, ast.ImportFrom) else ""


def is_import(node: ast.stmt) -> bool:
    """Say whether a statement only imports; `if` and `try` around imports count."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return True
    if not isinstance(node, (ast.If, ast.Try)):
        return False
    inner = [child for branch, _, _ in branches(node) for child in branch]
    return any(map(is_import, inner)) and all(
        is_import(child) or isinstance(child, (ast.Pass, ast.Assign)) for child in inner
    )


def is_string(node: ast.stmt) -> bool:
    """Say whether a statement is one string and nothing else: a docstring, where it comes first."""
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def is_filler(node: ast.stmt) -> bool:
    """Say whether a statement is `pass` or `...`."""
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(node, ast.Pass) or (isinstance(value, ast.Constant) and value.value is ...)


def is_main(node: ast.stmt) -> bool:
    """Say whether a statement is `if __name__ == "__main__":`."""
    test = node.test if isinstance(node, ast.If) and not node.orelse else None
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
        and isinstance(test.comparators[0], ast.Constant)
        and test.comparators[0].value == "__main__"
    )
