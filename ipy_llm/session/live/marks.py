"""What Python 3.13 keeps of the text of a class: its first line, and the attributes that its methods set."""

from __future__ import annotations

import dis
from collections.abc import Iterable
from types import CodeType
from typing import Any

from ipy_llm.session.live.codes import DEFINING, definitions, first_line, within
from ipy_llm.session.live.steps import Steps

_LINE, _SET = "__firstlineno__", "__static_attributes__"


def mark(steps: Steps, table: Any, body: Iterable[Any], code: CodeType) -> None:
    """Give the classes of a scope, and those within them, what `code`, which runs it, would have given them."""
    codes = {(each.co_name, each.co_firstlineno): each for each in within(code)}
    for node in definitions(body):
        cls = table.get(node.name)
        inner = codes.get((node.name, first_line(node)))
        if not isinstance(cls, type) or inner is None or isinstance(node, DEFINING[:2]):
            continue
        own = vars(cls)
        if _LINE in own and own[_LINE] != first_line(node):
            steps.member(cls, _LINE, first_line(node))
        if _SET in own and (names := _static(inner)) is not None and set(own[_SET]) != set(names):
            steps.member(cls, _SET, names)
        mark(steps, own, node.body, inner)


def _static(code: CodeType) -> tuple[str, ...] | None:
    last: Any = None
    for each in dis.get_instructions(code):
        if each.opname == "STORE_NAME" and each.argval == _SET and isinstance(last, tuple):
            return last
        last = each.argval
    return None
