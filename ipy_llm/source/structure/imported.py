"""Imports as statements of one name each, and which name each binds."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def statements(node: ast.AST) -> Iterator[str]:
    """Yield every import in and below a node as a statement of its own for each name that it binds."""
    for each in ast.walk(node):
        match each:
            case ast.Import(names=names):
                yield from (f"import {_alias(one)}" for one in names)
            case ast.ImportFrom(names=names, module=module) if module != "__future__":
                where = "." * each.level + (module or "")
                yield from (f"from {where} import {_alias(one)}" for one in names if one.name != "*")


def bound_by(statement: str) -> str:
    """Return the name that one of these statements binds."""
    words = statement.split()
    return words[-1] if "as" in words or words[0] == "from" else words[1].partition(".")[0]


def _alias(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name
