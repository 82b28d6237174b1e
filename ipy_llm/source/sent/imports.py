"""Which imports stand at the top of a document."""

from __future__ import annotations

import ast

from ipy_llm.source.chunks import Outline
from ipy_llm.source.sent.reading import parse_suite
from ipy_llm.source.structure.syntax import is_import, module_of

Bindings = set[tuple[str, ...]]


def standing(outline: Outline) -> tuple[Bindings, int]:
    """Return what the first run of imports binds outside of branches, and where its last plain import ends."""
    there: Bindings = set()
    if outline.imports is None:
        return there, 0
    first = outline.line_of(outline.imports.start)
    end = 0
    for node in parse_suite(outline.imports.of(outline.source.text))[0]:
        if is_plain(node):
            assert isinstance(node, (ast.Import, ast.ImportFrom))
            there |= bindings(node)
            end = outline.end_of_line(first + (node.end_lineno or node.lineno) - 1)
    return there, end


def is_plain(node: ast.stmt) -> bool:
    """Say whether a statement is an import under no condition."""
    return isinstance(node, (ast.Import, ast.ImportFrom)) and is_import(node)


def bindings(node: ast.Import | ast.ImportFrom) -> Bindings:
    """Return what each name of an import is: `import json`, `from a import b as c`."""
    return {(type(node).__name__, module_of(node), alias.name, alias.asname or "") for alias in node.names}
