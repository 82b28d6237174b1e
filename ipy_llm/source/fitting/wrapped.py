"""A definition sent within what stands around it: its class, the imports of the file."""

from __future__ import annotations

import ast

from ipy_llm.errors import EditRejectedError
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.fitting.elide import is_mark
from ipy_llm.source.sent.imports import bindings, standing
from ipy_llm.source.sent.reading import is_dots, parse_suite
from ipy_llm.source.structure.syntax import bound_names, is_string


def unwrap(code: str, name: str) -> str:
    """Return the one definition `Cart.total` out of `class Cart:` around it, else the code as it is.

    Only where the class has the owner's name and holds nothing else, save a docstring and marks of code left out.
    """
    *owners, own = name.split(".")
    if not owners:
        return code
    body, shift = parse_suite(code)
    if any(own in bound_names(node) for node in body):
        return code
    lines = code.split("\n")
    for depth in range(len(owners)):
        inner = body
        for owner in owners[depth:]:
            found = _members(inner)
            only = found[0] if len(found) == 1 else None
            if not isinstance(only, ast.ClassDef) or only.name != owner or only.decorator_list:
                break
            inner = only.body
        else:
            found = _members(inner)
            if len(found) != 1 or own not in bound_names(found[0]):
                return code
            return _cut(lines, found[0], shift, last=found[0] is inner[-1]) or code
    return code


def without_imports(code: str, chunk: Chunk, outline: Outline, document: str) -> tuple[str, tuple[str, ...]]:
    """Return a definition without the imports above it that stand in the document, and what was left out.

    Raises `EditRejectedError` where one does not stand there yet.
    """
    body, shift = parse_suite(code)
    nodes = [node for node in body if isinstance(node, (ast.Import, ast.ImportFrom))]
    if not nodes:
        return code, ()
    there, _ = standing(outline)
    new = [node for node in nodes if not bindings(node) <= there]
    if new:
        owner = chunk.name.rpartition(".")[0]
        raise EditRejectedError(
            f"an import beside {chunk.name}"
            + f" would become an attribute of {owner}" * bool(owner)
            + "; nothing was written",
            steps=[f"send the imports apart: into {document and document + '::'}#imports"],
        )
    lines = code.split("\n")
    for node in reversed(nodes):
        del lines[node.lineno - 1 - shift : (node.end_lineno or node.lineno) - shift]
    return "\n".join(lines).strip("\n"), ("left out imports that stand there already",)


def _members(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return what a class holds beside its docstring and what stands for code left out."""
    return [
        node
        for position, node in enumerate(body)
        if not (
            is_mark(node)
            or is_dots(node)
            or isinstance(node, ast.Pass)
            or (position == 0 and is_string(node))
        )
    ]


def _cut(lines: list[str], node: ast.stmt, shift: int, *, last: bool) -> str | None:
    """Return the lines of a definition with the comments above it, and those below it in its suite."""
    decorators = [decorator.lineno for decorator in getattr(node, "decorator_list", [])]
    start = min([node.lineno, *decorators]) - 1 - shift
    if lines[start][: node.col_offset].strip(" \t@"):
        return None  # it stands on the header's line
    while start and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    end = (node.end_lineno or node.lineno) - shift
    return "\n".join(lines[start:] if last else lines[start:end])
