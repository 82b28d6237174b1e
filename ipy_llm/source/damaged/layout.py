"""The lines of a text that need not parse: which certainly begin a statement, and how brackets stand."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ipy_llm.source.damaged.scan import String, code_of
from ipy_llm.source.text import indentation

# What can stand within no bracket: a line that begins with it begins a statement.
_HARD = re.compile(
    r"(?:def|class|import|return|raise|while|try|with|pass|break|continue|del|global|nonlocal|assert|elif"
    r"|except|finally)\b(?!\s*=[^=])|async\s+(?:def|with)\b|from\s+[\w.]+\s+import\b|else\s*:"
)
DEFINER = re.compile(r"(?:async\s+)?(?:def|class)\b")
_FAR = 30  # lines from a decorator to its definition


@dataclass(slots=True)
class Layout:
    """A text line by line, counted from 0.

    `code` has strings as quotes and comments as blanks; `balance` the brackets a line opens less those
    it closes; `hard` whether a line certainly begins a statement; `logical` whether it seems to;
    `runs_on` whether its end is none to the tokenizer (a backslash, a string of several lines).
    """

    code: list[str]
    balance: list[int]
    hard: list[bool]
    logical: list[bool]
    runs_on: list[bool]
    inside: list[bool]  # it begins within a string
    unclosed: list[tuple[int, String]]  # strings that never end, by their first line


def read(lines: list[str]) -> Layout:
    """Lay out the lines of a text."""
    text = "\n".join(lines)
    found: list[String] = []
    code = code_of(text, found).split("\n")
    inside = [False] * len(lines)
    unclosed: list[tuple[int, String]] = []
    line = at = 0
    for string in found:
        line += text.count("\n", at, string.start)
        at = string.start
        for more in range(1, text.count("\n", string.start, string.end) + 1):
            inside[line + more] = True
        if not string.closed:
            unclosed.append((line, string))
    runs_on = [
        text.endswith("\\") or (number + 1 < len(lines) and inside[number + 1])
        for number, text in enumerate(code)
    ]
    balance = [
        sum(map(text.count, "([{")) - sum(map(text.count, ")]}")) if not text.isspace() else 0
        for text in code
    ]
    layout = Layout(code, balance, [False] * len(code), [False] * len(code), runs_on, inside, unclosed)
    _find_starts(layout)
    return layout


def _find_starts(layout: Layout) -> None:
    depth = 0
    for number, text in enumerate(layout.code):
        first = text.lstrip(" \t\f")
        if first and not (number and layout.runs_on[number - 1]):
            is_hard = _HARD.match(first) is not None
            if first[0] == "@":
                is_hard = depth <= 0 or _decorates(number, layout)
            if is_hard or depth < 0:
                depth = 0
            layout.hard[number] = is_hard
            layout.logical[number] = depth == 0
        depth += layout.balance[number]


def _decorates(number: int, layout: Layout) -> bool:
    """Say whether a line with `@` belongs to a definition below, whatever the brackets above say."""
    own = indentation(layout.code[number])
    for text in layout.code[number + 1 : number + _FAR]:
        first = text.lstrip(" \t\f")
        if not first or indentation(text).startswith(own + " ") or first[0] in ")]}@":
            continue
        return indentation(text) == own and DEFINER.match(first) is not None
    return False


def end_of_logical(start: int, layout: Layout) -> int:
    """Return the last line of the logical line that begins on `start`, by its brackets."""
    depth = 0
    for number in range(start, len(layout.code)):
        depth += layout.balance[number]
        if depth <= 0 and not layout.runs_on[number]:
            return number
        if number + 1 < len(layout.code) and layout.hard[number + 1]:
            return number
    return len(layout.code) - 1
