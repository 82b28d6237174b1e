"""Other namespaces that hold an object by name."""

from __future__ import annotations

import gc
from types import ModuleType
from typing import Any

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


def _is_namespace(table: dict[str, Any]) -> bool:
    return "__name__" in table and "__builtins__" in table
