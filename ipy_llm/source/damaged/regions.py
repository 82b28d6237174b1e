"""Which statements of a text that does not parse may be the damaged one, and what sign they may lack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ipy_llm.source.damaged.layout import Layout, end_of_logical, read
from ipy_llm.source.damaged.mended import Mend, error_line, with_sign
from ipy_llm.source.text import indentation

LONGEST = 400  # lines of a damaged statement


@dataclass(frozen=True, slots=True)
class Region:
    """Lines that may be the damaged statement, and the signs that may be missing on some of them."""

    first: int
    last: int
    places: range = range(0)
    signs: str = ""  # a bracket's kind follows from its place: `)` and `(` stand for all three


def regions(text: Mend, layout: Layout) -> list[Region]:
    """Return the statements that may be the first that is damaged."""
    damage = _first_bracket(layout)
    quoted = next((line for line, string in layout.unclosed if len(string.quote) == 1), None)
    if quoted is not None and (damage is None or quoted < damage[1]):
        return list(_quote_regions(text, quoted, layout))
    if damage is None:
        return list(_other_regions(text, layout))
    if damage[2]:
        return list(_closer_regions(*damage[:2], layout))
    return list(_opener_regions(damage[0], layout))


def _first_bracket(layout: Layout) -> tuple[int, int, bool] | None:
    """Return the statement where brackets fail first, the line where that shows, and whether one is not closed."""
    depth = start = 0
    for number in range(len(layout.code)):
        if layout.hard[number]:
            if depth > 0:
                return start, number, True
            depth = 0
        if depth == 0 and layout.logical[number]:
            start = number
        depth += layout.balance[number]
        if depth < 0 and not layout.runs_on[number]:
            return start, number, False
    return (start, len(layout.code), True) if depth > 0 else None


def _closer_regions(first: int, end: int, layout: Layout) -> Iterator[Region]:
    """Yield where the statement may end that opens a bracket on `first` and does not close it."""
    depth = 0
    earliest = first
    for number in range(first, min(end, first + LONGEST)):
        depth += layout.balance[number]
        if layout.runs_on[number] or not layout.code[number].strip():
            continue
        if depth < 1:
            return
        if depth == 1:
            yield Region(first, number, range(earliest, number + 1), ")")
            earliest = number + 1
        else:
            yield Region(first, number)


def _opener_regions(shown: int, layout: Layout) -> Iterator[Region]:
    """Yield the statements that may hold a bracket which is closed without being opened: upward from `shown`."""
    for first in range(shown, max(-1, shown - LONGEST), -1):
        if not layout.logical[first]:
            continue
        depth = 0
        latest = None
        for number in range(first, len(layout.code)):
            if number > first and layout.hard[number]:
                break
            depth += layout.balance[number]
            if layout.runs_on[number] or not layout.code[number].strip():
                continue
            if latest is None and depth <= 0:
                latest = number
            if depth < 0:
                if depth == -1:
                    yield Region(first, number, range(first, (latest or first) + 1), "(")
                else:
                    yield Region(first, number)
                break
        if layout.hard[first]:
            return


def _quote_regions(text: Mend, line: int, layout: Layout) -> Iterator[Region]:
    """Yield the statement with a string that its line does not end, its end as the string's own leaves it."""
    first = next(number for number in range(line, -1, -1) if layout.logical[number] or number == 0)
    depth = sum(layout.balance[first:line])
    end = next((n for n in range(line + 1, len(layout.code)) if layout.hard[n]), len(layout.code))
    ends = set()
    for column in range(len(text.lines[line]) + 1):
        for sign in "\"'":
            new = read(
                [
                    *text.lines[first:line],
                    with_sign(text.lines[line], column, sign),
                    *text.lines[line + 1 : end],
                ]
            )
            if new.unclosed:
                continue
            ends.add(first + end_of_logical(0, new))
    if not ends:
        ends = {line} if depth <= 0 else set(range(line, min(end, line + 20)))
    for last in sorted(ends):
        yield Region(first, last, range(line, line + 1), "\"'")


def _other_regions(text: Mend, layout: Layout) -> Iterator[Region]:
    """Yield the statement that the parser stumbles over, and the one before where its body is at fault."""
    line = error_line(text.lines)
    if line is None:
        return
    line = min(line, len(layout.code) - 1)
    starts = [number for number in range(line + 1) if layout.logical[number]]
    for first in reversed(starts[-2:]):
        last = end_of_logical(first, layout)
        if first <= line <= last:
            yield Region(first, last, range(max(first, line - 1), line + 1), ":,")
        elif indentation(layout.code[first]) != indentation(layout.code[line]):
            yield Region(first, last, range(last, last + 1), ":")
