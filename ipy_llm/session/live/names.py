"""Other namespaces that hold an object by name."""

from __future__ import annotations

import ast
import gc
import sys
from importlib.util import resolve_name
from types import ModuleType
from typing import Any

from ipy_llm.explore.stored import plain_text
from ipy_llm.session.live.steps import Steps

# Values that many names share without meaning the same.
_COMMON = (int, str, bytes, float, complex, bool, type(None), tuple, frozenset, type(...))


def rebind(steps: Steps, was: Any, value: Any) -> None:
    """Bind every name of any module that means an object to the one that took its place."""
    if isinstance(was, (_COMMON, ModuleType)):
        return
    for table in gc.get_referrers(was):
        if type(table) is dict and _is_namespace(table):
            for name in [name for name, each in table.items() if each is was]:
                steps.item(table, name, value)


def starred(node: ast.ImportFrom, namespace: dict[str, Any]) -> dict[str, Any]:
    """Return what a `from m import *` in a module binds, by name."""
    try:
        source = resolve_name(
            "." * node.level + (node.module or ""), plain_text(namespace.get("__package__"))
        )
    except (ImportError, ValueError):
        return {}
    module = sys.modules.get(source)
    return public(vars(module)) if type(module) is ModuleType else {}


def public(table: dict[str, Any]) -> dict[str, Any]:
    """Return what a module gives to those who import all of it."""
    listed = table.get("__all__")
    names = (
        listed if isinstance(listed, list | tuple) else [name for name in table if not name.startswith("_")]
    )
    return {name: table[name] for name in names if name in table}


def _is_namespace(table: dict[str, Any]) -> bool:
    return "__name__" in table and "__builtins__" in table
