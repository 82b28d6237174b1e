"""A text that was mended, and whether it parses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ipy_llm.source.structure.syntax import parse_here
from ipy_llm.source.text import indentation


@dataclass(frozen=True, slots=True)
class Mend:
    """A text that parses, with as many lines; a name bound on a line of `unsure` (from 0) is not certain."""

    lines: tuple[str, ...]
    unsure: frozenset[int] = field(default=frozenset())

    def put(self, first: int, new: Sequence[str], unsure: frozenset[int]) -> Mend:
        """Return the mend with other lines from `first` on."""
        lines = (*self.lines[:first], *new, *self.lines[first + len(new) :])
        return Mend(lines, self.unsure | frozenset(first + line for line in unsure))


def with_sign(line: str, column: int, sign: str) -> str:
    """Return a line with a sign put before a column."""
    return line[:column] + sign + line[column:]


def _wrapped(lines: Sequence[str]) -> tuple[str, int]:
    """Return a piece as a text that can be parsed at any indentation, and the lines put before it."""
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    text = "\n".join(lines) + "\n"
    return (f"if 1:\n{text}", 1) if indentation(first) else (text, 0)


def parses(lines: Sequence[str], *, wrap: bool = True) -> bool:
    """Say whether lines parse; with `wrap` at whatever indentation they stand."""
    try:
        parse_here(_wrapped(lines)[0] if wrap else "\n".join(lines))
    except SyntaxError:
        return False
    return True


def error_line(lines: Sequence[str], *, wrap: bool = True) -> int | None:
    """Return the line, from 0, over which the parser stumbles."""
    text, shift = _wrapped(lines) if wrap else ("\n".join(lines), 0)
    try:
        parse_here(text)
    except SyntaxError as error:
        return max(0, (error.lineno or 1) - 1 - shift)
    return None
