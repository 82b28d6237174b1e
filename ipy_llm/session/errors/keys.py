"""Which keys a container has that a missing one may have meant."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from ipy_llm.explore.extent import labels
from ipy_llm.explore.prose import bounded
from ipy_llm.explore.stored import MISSING, plain_keys
from ipy_llm.session.errors.failing import Failing, evaluate
from ipy_llm.source.near import closest

_AMONG = re.compile(
    r"\['([^']+)'.* (?:not in index|not found in axis|are in the \[\w+\])$"
)  # pandas, of several
_FEW = 12  # keys short enough a list to be told whole
MOST = 5_000  # keys that are compared while a reader waits
_LIST_LIMIT = 200  # characters


def like(key: object, failing: Failing) -> list[str]:
    """Tell the keys that are close to `key` in what the failing code asked for it, else all of a few."""
    in_library = (
        failing.called is not None
    )  # only a table's own library raises for what was asked of the table
    told = _AMONG.search(key) if in_library and type(key) is str else None
    key = told[1] if told is not None else key
    for expression in _containers(failing, in_library=in_library):
        by_label = isinstance(expression, ast.Attribute) and expression.attr in {"loc", "at"}
        if isinstance(expression, ast.Attribute) and by_label:
            expression = expression.value  # noqa: PLW2901 - what is looked into
        value = evaluate(expression, failing.frame)
        if value is MISSING and failing.position is None and isinstance(expression, ast.Subscript):
            return []  # before Python 3.11 the line is known, but not which of its subscripts failed
        kind, keys = labels(value, MOST, rows=by_label)
        if not kind and not in_library:
            kind, keys = "keys", plain_keys(value)
        if not 0 < len(keys) <= MOST:
            continue
        if type(key) is not str:
            return [f"{kind}: {bounded(', '.join(map(repr, sorted(keys)[:_FEW])), _LIST_LIMIT)}"]
        if key in keys:
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
        if in_library:
            yield from call.args
