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
from ipy_llm.session.live.changes import bound
from ipy_llm.session.live.dependents import made_from
from ipy_llm.session.live.engine import Followed
from ipy_llm.session.live.job import ABSENT
from ipy_llm.session.live.names import public
from ipy_llm.session.live.running import Running, read_text
from ipy_llm.session.live.steps import Steps


def follow_imports(entry: Running, followed: Followed, session: dict[str, Any], root: str) -> Followed:
    """Give the project's modules that say `from entry import NAME` the new value; tell of those of the session.

    What has an identity of its own, a function or a list, is the same object everywhere and needs none of this.
    """
    changed = {name: pair for name, pair in followed.values.items() if pair[0] is not pair[1]}
    if not changed:
        return followed
    made_before = list(followed.made_before)
    for module in list(sys.modules.values()):
        if type(module) is ModuleType and vars(module) is not entry.namespace:
            file = plain_text(vars(module).get("__file__"))
            if file.startswith(root):
                made_before += _follow_in(vars(module), file, entry, changed, followed.steps)
    left = [
        name for name, (was, value) in changed.items() if value is not ABSENT and session.get(name) is was
    ]
    notes = [f"{', '.join(left)} of the session is still as before: import again"] if left else []
    return replace(followed, notes=(*followed.notes, *notes), made_before=tuple(made_before))


def _follow_in(
    table: dict[str, Any], file: str, entry: Running, changed: dict[str, tuple[Any, Any]], steps: Steps
) -> list[str]:
    """Rebind what a module imported from another; return what else it made of that at its own import."""
    try:
        tree = ast.parse(read_text(file) or "")
    except (SyntaxError, ValueError):
        return []
    own = {name for each in tree.body for name in bound(each)}  # a `*` among them binds none by name
    given = public(entry.namespace)
    renewed = set()
    for name, alias in _imported(tree, table, entry.name):
        for each in changed if name == "*" else changed.keys() & {name}:
            here = each if name == "*" else alias
            was, value = changed[each]
            # A name that is not there yet comes when the module itself follows its file.
            if table.get(here, ABSENT) is not was or (here in own if name == "*" else was is ABSENT):
                continue
            if value is not ABSENT and (name != "*" or each in given):
                steps.item(table, here, value)
                renewed.add(here)
            elif value is ABSENT and name == "*":
                steps.no_item(table, here)
    return [f"{table.get('__name__')}.{each}" for each in made_from(tree.body, renewed, ())]


def _imported(tree: ast.Module, namespace: dict[str, Any], module: str) -> Iterator[tuple[str, str]]:
    """Yield the names that a text imports from a module, with what it calls them."""
    package = plain_text(namespace.get("__package__"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            try:
                source = resolve_name("." * node.level + (node.module or ""), package)
            except (ImportError, ValueError):
                continue
            if source == module:
                yield from ((each.name, each.asname or each.name) for each in node.names)
