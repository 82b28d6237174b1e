"""Numbers, texts and the like that others imported by name from a module that has new ones."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from importlib.util import resolve_name
from types import FunctionType, ModuleType
from typing import Any

from ipy_llm.explore.stored import plain_text
from ipy_llm.session.live.changes import bound
from ipy_llm.session.live.dependents import made_from
from ipy_llm.session.live.engine import Followed
from ipy_llm.session.live.job import ABSENT
from ipy_llm.session.live.names import public
from ipy_llm.session.live.running import Running, read_text
from ipy_llm.session.live.steps import Steps


@dataclass(frozen=True, slots=True)
class News:
    """What is new in a module: names that mean another value, with both; names of which a call does something else."""

    name: str
    namespace: dict[str, Any]
    values: dict[str, tuple[Any, Any]]
    called: Collection[str]


def follow_imports(entry: Running, followed: Followed, session: dict[str, Any], root: str) -> Followed:
    """Give the project's modules that say `from entry import NAME` the new value; tell of those of the session.

    What has an identity of its own, a function or a list, is the same object everywhere and needs none of this.
    What other modules made at their import of what is new is told, as in the module itself.
    """
    changed = {name: pair for name, pair in followed.values.items() if pair[0] is not pair[1]}
    news = [News(entry.name, entry.namespace, changed, followed.called)]
    made_before = list(followed.made_before)
    told = {entry.name}
    for each in news:
        for module in _users(each, root):
            further = _follow_in(vars(module), each, followed.steps, made_before)
            if (further.values or further.called) and further.name not in told:
                told.add(further.name)
                news.append(further)
    left = [
        name for name, (was, value) in changed.items() if value is not ABSENT and session.get(name) is was
    ]
    notes = [f"{', '.join(left)} of the session is still as before: import again"] if left else []
    unique = tuple(dict.fromkeys(made_before))
    return replace(followed, notes=(*followed.notes, *notes), made_before=unique)


def _users(news: News, root: str) -> list[ModuleType]:
    """Return the project's modules that hold something of what is new."""
    marks = {id(package) for _, package in _packages(news.name)} | {
        id(news.namespace.get(name)) for name in news.called
    }
    marks |= {id(each) for pair in news.values.values() for each in pair if each is not ABSENT}
    if not (news.values or news.called):
        return []
    return [
        module
        for module in list(sys.modules.values())
        if type(module) is ModuleType
        and vars(module) is not news.namespace
        and plain_text(vars(module).get("__file__")).startswith(root)
        and any(id(each) in marks for each in list(vars(module).values()))
    ]


def _packages(name: str) -> Iterator[tuple[str, ModuleType]]:
    """Yield a module and the packages around it, each with the way from there."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        module = sys.modules.get(".".join(parts[:count]))
        if module is not None:
            yield "".join(f"{each}." for each in parts[count:]), module


def _follow_in(table: dict[str, Any], news: News, steps: Steps, made_before: list[str]) -> News:
    """Rebind what a module imported from another, add what it made of that at its own import; return its news."""
    name = plain_text(table.get("__name__"))
    try:
        tree = ast.parse(read_text(plain_text(table.get("__file__"))) or "")
    except (SyntaxError, ValueError):
        return News(name, table, {}, ())
    imported = list(_imported(tree, table, news.name))
    renewed = _rebound(table, tree, imported, news, steps)
    called = {
        alias
        for each, alias in imported
        if each in news.called and table.get(alias) is news.namespace.get(each)
    }
    for rest, package in _packages(news.name):
        ways = [alias for alias, value in table.items() if value is package]
        called |= {f"{alias}.{rest}{each}" for alias in ways for each in news.called}
    _grow(table, called)
    made_before += [f"{name}.{each}" for each in made_from(tree.body, renewed, called)]
    return News(name, table, renewed, {each for each in called if "." not in each})


def _rebound(
    table: dict[str, Any], tree: ast.Module, imported: list[tuple[str, str]], news: News, steps: Steps
) -> dict[str, tuple[Any, Any]]:
    own = {name for each in tree.body for name in bound(each)}  # a `*` among them binds none by name
    given = public(news.namespace)
    renewed = {}
    for name, alias in imported:
        for each in news.values if name == "*" else news.values.keys() & {name}:
            here = each if name == "*" else alias
            was, value = news.values[each]
            # A name that is not there yet comes when the module itself follows its file.
            if table.get(here, ABSENT) is not was or (here in own if name == "*" else was is ABSENT):
                continue
            if value is not ABSENT and (name != "*" or each in given):
                steps.item(table, here, value)
                renewed[here] = (was, value)
            elif value is ABSENT and name == "*":
                steps.no_item(table, here)
    return renewed


def _grow(table: dict[str, Any], called: set[str]) -> None:
    """Add the functions of a module that mention one of the names, and those that mention them."""
    functions = {
        name: set(each.__code__.co_names)
        for name, each in table.items()
        if isinstance(each, FunctionType) and each.__globals__ is table
    }
    grown = True
    while grown:
        more = {
            name
            for name, names in functions.items()
            if name not in called and any(names.issuperset(each.split(".")) for each in called)
        }
        called |= more
        grown = bool(more)


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
