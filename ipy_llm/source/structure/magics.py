"""The magics of a notebook's cell: `%matplotlib`, `!pip`, `x = !ls`, `df?`, `%%time`.

Python cannot parse them, and IPython's own translation moves what stands behind them. So a line with a
magic is veiled: each of its characters is replaced by another, one for one, such that the line is a single
name. What follows is ordinary Python with every offset where it was, and unveiling gives each byte back.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from ipy_llm.source.chunks import Language
from ipy_llm.source.structure.syntax import parse_here
from ipy_llm.source.text import LINE_END, Source, conceal, has_veil

# Cell magics whose body IPython runs as Python in the session; of others it is not known what they hold.
PYTHON_MAGICS = frozenset(
    ["capture", "debug", "mem", "memit", "memray_flamegraph", "mprun", "ipytest", "prun", "pyinstrument", "run_pytest", "scalene", "snakeviz", "time", "timeit"]
)  # fmt: skip

_CELL_MAGIC = re.compile(r"%%(\w+)(.*)")
_WRITES_PYTHON = re.compile(r".*\.pyi?[\"']?\s*")
_LINE_MAGIC = re.compile(
    r"[ \t]*(?P<whole>[%!?,;/].*|[^\s#'\"][^#'\"]*\?[ \t]*)|[^#'\"]*?=[ \t]*(?P<value>[%!].*)"
)
# Without a sign they work where they open a cell.
_AUTOMAGIC = re.compile(
    r"(?P<whole>(?:pip|conda|mamba|uv|cd|ls|ll|cat|cp|mv|rm|mkdir|rmdir|man|run|load|load_ext|matplotlib|time|timeit)[ \t].*)"
)


_Line = tuple[int, int]  # the offsets of a line, or of a part of one, half-open


def cell_source(source: Source) -> tuple[Source, Language]:
    """Return the source of a code cell and its language: `ipython`, the magics veiled, or that of another magic.

    The text is as it is where veiling leaves no Python.
    """
    text = source.plain
    plain = replace(source, text=text, veiled=False)
    if not is_python_cell(text):
        return plain, "text"
    if has_veil(text):  # hardly ever: nothing could be told apart
        return plain, "ipython"
    return replace(source, text=veil(text) or text, veiled=True), "ipython"


def is_python_cell(text: str) -> bool:
    """Say whether a code cell holds Python: no cell magic, or only such as run Python."""
    for line in LINE_END.split(text.lstrip()):
        magic = _CELL_MAGIC.fullmatch(line)
        if magic is None:
            return True
        if magic[1] in {"writefile", "file"}:
            return _WRITES_PYTHON.fullmatch(magic[2]) is not None
        if magic[1] not in PYTHON_MAGICS:
            return False
    return True


def veil(text: str) -> str | None:
    """Return Python of the same length, each magic in it a name; None where there is none to be had.

    A text that has nothing like a magic is returned as it is, Python or not.
    """
    lines = list(_lines(text))
    marks = [_mark(text, span, first=not number) for number, span in enumerate(lines)]
    if not any(marks):
        return text
    spans = {number: span for number, span in enumerate(marks) if span is not None}
    header = {number: lines[number] for number in _header(text, lines)}
    # Neither a statement nor what is assigned opens with one of these; a line of a string may.
    likely = {number: span for number, span in spans.items() if text[span[0]] in "%!"}
    return _veil(text, lines, spans, header | likely) or _veil(text, lines, spans, header)


def _veil(text: str, lines: list[_Line], marks: dict[int, _Line], first: dict[int, _Line]) -> str | None:
    """Veil the lines of `first`, then each that a syntax error is about."""
    veiled = text
    done: set[int] = set()
    pending = first
    while True:
        for number, span in pending.items():
            for line, part in _continued(text, lines, number, span):
                if line not in done:
                    done.add(line)
                    veiled = veiled[: part[0]] + conceal(text[part[0] : part[1]]) + veiled[part[1] :]
        try:
            tree = parse_here(veiled)  # magics are told by what this Python says is wrong
        except SyntaxError as error:
            at = _suspect(error.lineno or 0, marks, done)
            if at is None:
                return None
            pending = {at: marks[at]}
        else:
            return veiled if _are_statements(tree, len(done)) else None


def _lines(text: str) -> Iterator[_Line]:
    at = 0
    for end in LINE_END.finditer(text):
        yield at, end.start()
        at = end.end()
    yield at, len(text)


def _mark(text: str, line: _Line, *, first: bool) -> _Line | None:
    """Return what of a line would be a magic, if its place allows one."""
    match = _LINE_MAGIC.fullmatch(text, *line) or (_AUTOMAGIC.fullmatch(text, *line) if first else None)
    if match is None:
        return None
    group = "whole" if match["whole"] is not None else "value"
    start, end = match.span(group)
    return start + len(match[group]) - len(match[group].lstrip(" \t\f")), end


def _header(text: str, lines: list[_Line]) -> Iterator[int]:
    """Yield the lines of the cell magics at the top."""
    blank = True
    for number, (start, end) in enumerate(lines):
        if text[start:end].startswith("%%"):
            yield number
            blank = False
        elif text[start:end].strip() or not blank:
            return


def _suspect(line: int, marks: dict[int, _Line], done: set[int]) -> int | None:
    """Return the magic that a syntax error on a 1-based line is about: on it, or the nearest above it."""
    return max((number for number in marks if number < line and number not in done), default=None)


def _continued(text: str, lines: list[_Line], number: int, mark: _Line) -> Iterator[tuple[int, _Line]]:
    """Yield a magic and the lines its backslashes lead to."""
    yield number, mark
    lead = text[lines[number][0] : mark[0]]
    indent = lead if not lead.strip() else lead[: len(lead) - len(lead.lstrip())]
    while text[: lines[number][1]].endswith("\\") and number + 1 < len(lines):
        number += 1
        start, end = lines[number]
        if text.startswith(indent, start):
            start += len(indent)
        if start < end:
            yield number, (start, end)


def _are_statements(tree: ast.Module, count: int) -> bool:
    """Say whether every veil is a statement of its own, or all of what is assigned: where a magic can stand."""
    found = 0
    for node in ast.walk(tree):
        value = node.value if isinstance(node, (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign)) else None
        found += isinstance(value, ast.Name) and has_veil(value.id)
    return found == count
