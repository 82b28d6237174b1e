"""Which keys a container has that a missing one may have meant."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from ipy_llm.explore.extent import labels
from ipy_llm.explore.near import closest
from ipy_llm.explore.page import bounded
from ipy_llm.explore.stored import plain_keys
from ipy_llm.session.failing import Failing, evaluate

_FEW = 12  # keys short enough a list to be told whole
_MOST = 5_000  # keys that are compared while a reader waits
_LIST_LIMIT = 200  # characters


def like(key: str, failing: Failing) -> list[str]:
    """Tell the keys that are close to `key` in what the failing code asked for it, else all of a few."""
    in_library = (
        failing.called is not None
    )  # only a table's own library raises for what was asked of the table
    for expression in _containers(failing, in_library=in_library):
        value = evaluate(expression, failing.frame)
        keys, kind = labels(value, _MOST), "columns or rows"
        if not keys and not in_library:
            keys, kind = plain_keys(value), "keys"
        if key in keys or not 0 < len(keys) <= _MOST:
            continue
        near = closest(key, keys, count=3)
        if near:
            return [f"{kind} like it: {', '.join(map(repr, near))}"]
        if len(keys) <= _FEW:
            return [f"{kind}: {bounded(', '.join(map(repr, sorted(keys))), _LIST_LIMIT)}"]
    return []


def _containers(failing: Failing, *, in_library: bool) -> Iterable[ast.expr]:
    for subscript in failing.nodes(ast.Subscript):
        yield subscript.value
    for call in failing.nodes(ast.Call):
        if isinstance(call.func, ast.Attribute) and (in_library or call.func.attr == "pop"):
            yield call.func.value
