"""All verbs. A module is imported when its verb is used: a command line is cold each time."""

from __future__ import annotations

from importlib import import_module

from ipy_llm.operations.operation import Effect, Operation, operation

_HOME: dict[str, tuple[str, Effect]] = {
    "show": ("look", "read"),
    "outline": ("outline", "read"),
    "find": ("search", "read"),
    "refs": ("references", "read"),
    "callers": ("references", "read"),
    "edit": ("edit", "write"),
    "rename": ("rename", "write"),
    "move": ("move", "write"),
    "promote": ("promote", "write"),
    "run": ("run", "run"),
    "more": ("more", "read"),
    "undo": ("edit", "write"),
    "log": ("edit", "read"),
    "plan": ("plan", "read"),
    "check": ("check", "run"),
    "docs": ("ask", "read"),
    "bundle": ("pack", "write"),
    "prompt": ("prompt", "read"),
}
NAMES = tuple(_HOME)


def load(name: str) -> Operation:
    """Return the operation of that name. Raises `KeyError` for another."""
    module, effect = _HOME[name]
    return operation(getattr(import_module(f"ipy_llm.operations.{module}"), name), effect)
