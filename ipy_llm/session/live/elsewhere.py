"""Numbers, texts and the like that others imported by name from a module that has new ones."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import resolve_name
from types import ModuleType
from typing import Any

from ipy_llm.explore.stored import plain_text
from ipy_llm.session.live.engine import Followed
from ipy_llm.session.live.job import ABSENT
from ipy_llm.session.live.names import public
from ipy_llm.session.live.running import Running, read_text


def follow_imports(entry: Running, followed: Followed, session: dict[str, Any], root: str) -> Followed:
    """Give the project's modules that say `from entry import NAME` the new value; tell of those of the session.

    What has an identity of its own, a function or a list, is the same object everywhere and needs none of this.
    """
    changed = {name: pair for name, pair in followed.values.items() if pair[0] is not pair[1]}
    if not changed:
        return followed
    for module in list(sys.modules.values()):
        if type(module) is ModuleType and vars(module) is not entry.namespace:
            file = plain_text(vars(module).get("__file__"))
            if file.startswith(root):
                for name, alias in _imported(vars(module), file, entry.name):
                    if name == "*":
                        _star(followed, vars(module), public(entry.namespace), changed)
                    elif name in changed and vars(module).get(alias) is changed[name][0]:
                        followed.steps.item(vars(module), alias, changed[name][1])
    left = [
        name for name, (was, value) in changed.items() if value is not ABSENT and session.get(name) is was
    ]
    if not left:
        return followed
    note = f"{', '.join(left)} of the session is still as before: import again"
    return replace(followed, notes=(*followed.notes, note))


def _star(
    followed: Followed, table: dict[str, Any], given: dict[str, Any], changed: dict[str, tuple[Any, Any]]
) -> None:
    """Give a module that imports all of another what is new there."""
    for name, (was, value) in changed.items():
        if table.get(name, ABSENT) is was:
            if value is ABSENT:
                followed.steps.no_item(table, name)
            elif name in given:
                followed.steps.item(table, name, value)


def _imported(namespace: dict[str, Any], file: str, module: str) -> Iterator[tuple[str, str]]:
    """Yield the names that a file imports from a module, with what it calls them."""
    try:
        tree = ast.parse(read_text(file) or "")
    except (SyntaxError, ValueError):
        return
    package = plain_text(namespace.get("__package__"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            try:
                source = resolve_name("." * node.level + (node.module or ""), package)
            except (ImportError, ValueError):
                continue
            if source == module:
                yield from ((each.name, each.asname or each.name) for each in node.names)
