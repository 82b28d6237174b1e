"""Lists of definitions as outlines print them, and numbered lines as `show` does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.structure.resolve import label
from ipy_llm.source.structure.signature import head
from ipy_llm.source.tokens import tokens as estimate

OUTLINE_LINES = 150
SHOWN_CHARACTERS = 2000  # of one line: a file may hold its data in one of a megabyte


def entries(chunks: tuple[Chunk, ...], found: Outline, depth: int) -> Iterator[str]:
    """Yield a line for each chunk and what it holds, further in."""
    for chunk in chunks:
        name = label(chunk, found)
        twin = (
            f"  [{name.rpartition('.')[2] if '[' not in name else name[name.index('[') + 1 : -1]}]"
            if name != chunk.name
            else ""
        )
        yield f"{'  ' * depth}{head(chunk, found)}{twin}  {lines_said(chunk, found)}"
        yield from entries(chunk.children, found, depth + 1)


def lines_said(chunk: Chunk, found: Outline) -> str:
    """Return `12` or `12-15`."""
    first, last = found.lines(chunk.outer)
    return str(first) if first == last else f"{first}-{last}"


def bounded(lines: list[str], more: str) -> list[str]:
    """Return as many lines as an outline has; `more` is how the others are seen."""
    if len(lines) <= OUTLINE_LINES:
        return lines
    return [*lines[: OUTLINE_LINES - 1], f"... {len(lines) - OUTLINE_LINES + 1} more lines: {more}"]


def numbered(lines: Sequence[str], first: int, last: int, budget: int) -> Iterator[str]:
    """Yield numbered lines, one at least, as many as the budget holds; an empty one has its number from its place."""
    for number in range(first, last + 1):
        line = f"{number}\t{_cut(lines[number - 1])}" if lines[number - 1] else ""
        budget -= estimate(line) + 1
        if budget < 0 and number > first:
            return
        yield line


def _cut(line: str) -> str:
    more = len(line) - SHOWN_CHARACTERS
    return line if more <= 0 else f"{line[:SHOWN_CHARACTERS]} ... {more} more characters"
