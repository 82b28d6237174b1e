"""Where in the user's own code an exception came up: the frame, and the expression in it."""

from __future__ import annotations

import ast
import linecache
import os
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from types import CodeType, FrameType, FunctionType, TracebackType
from typing import Any, TypeVar

from ipy_llm.explore.signature import unwrap
from ipy_llm.explore.stored import MISSING, InstanceOf, class_attribute, exactly, is_a, item, value_of

_STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep
_OURSELVES = os.path.dirname(os.path.dirname(__file__)) + os.sep
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_RUNNERS = frozenset({"IPython", "ipykernel"})  # wherever they lie: who works on them has them in a checkout
_LONGEST_SOURCE = 400_000  # characters; a longer file would take longer to parse than a reader waits
_DISPLAYS: dict[type[ast.expr], type] = {
    ast.JoinedStr: str,
    ast.List: list,
    ast.ListComp: list,
    ast.Tuple: tuple,
    ast.Dict: dict,
    ast.DictComp: dict,
    ast.Set: set,
    ast.SetComp: set,
}

Node = TypeVar("Node", bound=ast.expr)


@dataclass(frozen=True, slots=True)
class Position:
    """Where an instruction comes from; lines from 1, columns in UTF-8 bytes from 0, as `ast` has them."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Failing:
    """The user's innermost frame of a traceback."""

    frame: FrameType
    tree: ast.Module
    line: int
    position: Position | None  # None before Python 3.11
    called: FrameType | None  # the frame it called, when the exception came up in a library
    text: str = ""
    inner: tuple[FrameType, ...] = ()  # of the library, the innermost last

    def nodes(self, kind: type[Node]) -> list[Node]:
        """Return the expressions of a kind that may have failed; one where Python tells the position."""
        raised = [node.exc for node in ast.walk(self.tree) if isinstance(node, ast.Raise)]
        return [
            node
            for node in ast.walk(self.tree)
            if isinstance(node, kind) and self._fits(node) and not any(node is each for each in raised)
        ]

    def _fits(self, node: ast.expr) -> bool:
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset
        if self.position is None:
            return node.lineno <= self.line <= end_line
        # the end alone is exact: for a chain over several lines Python moves the start
        start = (self.position.line, self.position.column)
        end = (self.position.end_line, self.position.end_column)
        return (end_line, end_column) == end and (node.lineno, node.col_offset) <= start


def find_failing(traceback: TracebackType | None) -> Failing | None:
    """Return the innermost frame of code that is the user's and whose text is known."""
    found = list(entries(traceback))
    for index in reversed(range(len(found))):
        entry = found[index]
        source = source_of(entry.tb_frame, found[:index])
        if source is None:
            continue
        tree = parse_text(source)
        if tree is None:
            return None
        called = found[index + 1].tb_frame if index + 1 < len(found) else None
        inner = tuple(each.tb_frame for each in found[index + 1 :])
        return Failing(entry.tb_frame, tree, entry.tb_lineno, _position(entry), called, source, inner)
    return None


def parse_text(source: str) -> ast.Module | None:
    """Return the tree of a text, None of one that is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they were shown when the code was compiled
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def entries(traceback: TracebackType | None) -> Iterator[TracebackType]:
    """Yield a traceback's entries, outermost first."""
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def source_of(frame: FrameType, outer: list[TracebackType]) -> str | None:
    """Return the text of a frame of the user's own code, None for a library's."""
    name = frame.f_code.co_filename
    if name.startswith(("<timed exec>", "<timed eval>")):
        # %%time keeps the text in its own frame only
        texts = [
            entry.tb_frame.f_locals.get("expr") for entry in outer if entry.tb_frame.f_code.co_name == "time"
        ]
        return next((text for text in texts if type(text) is str), None)
    if name.startswith((_STANDARD_LIBRARY, _OURSELVES, "<frozen ")) or any(
        part in name for part in _INSTALLED
    ):
        return None
    module = frame.f_globals.get("__name__") if type(frame.f_globals) is dict else None
    if type(module) is str and module.partition(".")[0] in _RUNNERS:
        return None
    text = "".join(linecache.getlines(name, frame.f_globals))
    return text if 0 < len(text) <= _LONGEST_SOURCE else None


def _position(entry: TracebackType) -> Position | None:
    if sys.version_info >= (3, 11):
        positions = islice(entry.tb_frame.f_code.co_positions(), entry.tb_lasti // 2, None)
        line, end_line, column, end_column = next(positions, (None,) * 4)
        if line is not None and end_line is not None and column is not None and end_column is not None:
            return Position(line, column, end_line, end_column)
    return None


def _locals_of_a_function() -> object:
    return sys._getframe().f_locals  # noqa: SLF001 - the one way to a frame of one's own


_FUNCTION_LOCALS = type(_locals_of_a_function())  # from 3.13 on a proxy, without a public name


def lookup(name: str, frame: FrameType) -> object:
    """Return what a name means in a frame, else MISSING."""
    for scope in (frame.f_locals, frame.f_globals, frame.f_builtins):
        if exactly(scope, dict, _FUNCTION_LOCALS):  # a class body may run in a mapping of the user's own
            found = scope.get(name, MISSING)
            if found is not MISSING:
                return found
    return MISSING


def evaluate(node: ast.expr, frame: FrameType) -> object:
    """Return what an expression means in a frame, as far as that is known without running it.

    An `InstanceOf` stands for the result of calling a class, MISSING for everything not known.
    """
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return lookup(node.id, frame)
        case ast.Attribute():
            base = evaluate(node.value, frame)
            return MISSING if base is MISSING else value_of(base, node.attr)
        case ast.Call():
            callee = evaluate(node.func, frame)
            return InstanceOf(callee) if is_a(callee, type) else MISSING
        case ast.Subscript():
            return item(evaluate(node.value, frame), evaluate(node.slice, frame))
        case _:
            return InstanceOf(_DISPLAYS[type(node)]) if type(node) in _DISPLAYS else MISSING


def function_of(frame: FrameType) -> object:
    """Return the function that a frame runs, MISSING where it cannot be found by its names."""
    code = frame.f_code
    found: object = MISSING
    if code.co_argcount:
        owner = frame.f_locals.get(code.co_varnames[0], MISSING)
        cls: Any = owner if is_a(owner, type) else type(owner)
        found = class_attribute(cls, code.co_name)
    for candidate in (found, frame.f_globals.get(code.co_name, MISSING)):
        if _runs(candidate, code):
            return candidate
    return MISSING


def _runs(value: object, code: CodeType) -> bool:
    value = unwrap(value)
    return type(value) is FunctionType and value.__code__ is code


def innermost_magic(traceback: TracebackType | None) -> tuple[str, str, str | None] | None:
    """Return name, line and body (None for a line magic) of the last magic call in a traceback."""
    found = None
    for entry in entries(traceback):
        code, variables = entry.tb_frame.f_code, entry.tb_frame.f_locals
        if code.co_name not in {"run_cell_magic", "run_line_magic"}:
            continue
        name, line = variables.get("magic_name"), variables.get("line")
        body = variables.get("cell") if code.co_name == "run_cell_magic" else None
        if type(name) is str and type(line) is str and (body is None or type(body) is str):
            found = (name, line, body)
    return found
