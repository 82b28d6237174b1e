"""Opening a one-line suite, so that more can stand in it. Shaped by libcst."""

from __future__ import annotations

import libcst as cst

from ipy_llm.errors import EditRejectedError
from ipy_llm.source.text import indentation, unify


def open_suite(code: str, indent: str, step: str) -> str:
    """Return `class A: x = 1` as a header and indented lines; a lone `pass` or `...` is left out.

    `code` is a definition or an `if` at the indentation `indent`, `step` one level of indentation. Raises
    `EditRejectedError` where libcst does not give the code back unchanged.
    """
    lines = unify(code).split("\n")
    # A definition with a one-line suite has no inner lines but decorators, comments and brackets.
    plain = "\n".join(line.removeprefix(indent) for line in lines) + "\n"
    module = cst.parse_module(plain)
    statement = module.body[-1]
    if module.code != plain or not isinstance(statement, (cst.ClassDef, cst.FunctionDef, cst.If)):
        raise EditRejectedError("its suite stands on one line; replace the definition whole")
    suite = statement.body
    assert isinstance(suite, cst.SimpleStatementSuite)
    kept = [
        small.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
        for small in suite.body
        if not _is_filler(small)
    ]
    block = cst.IndentedBlock(
        # libcst asks for one statement; a filler takes the place of none and is cut off below.
        body=[cst.SimpleStatementLine([small]) for small in kept or [cst.Pass()]],
        header=suite.trailing_whitespace,
        indent=step,
    )
    opened = module.with_changes(body=[*module.body[:-1], statement.with_changes(body=block)]).code.rstrip(
        "\n"
    )
    result = opened.split("\n")
    if not kept:
        result = result[:-1]
    own = indentation(lines[0])
    return "\n".join(own + line if line else line for line in result)


def _is_filler(small: cst.BaseSmallStatement) -> bool:
    return isinstance(small, cst.Pass) or (
        isinstance(small, cst.Expr) and isinstance(small.value, cst.Ellipsis)
    )
