"""Turning one line into another by `old => new`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ipy_llm.errors import ParseError
from ipy_llm.source.address import parse_header
from ipy_llm.source.text import Span
from ipy_llm.source.tokens import Weigh

_PIECES = re.compile(r"\w+|\s|[^\w\s]")
_MOST_PIECES = 400  # of a line: one of data is sent whole


@dataclass(frozen=True, slots=True)
class _Region:
    """A piece of a line that differs: where it stands in the old line and in the new one."""

    old: Span
    new: Span


def substitutions(
    old: str, new: str, weigh: Weigh, header: float, *, within: str = ""
) -> tuple[tuple[str, str], ...]:
    """Return the `(old, new)` pairs that turn a line into another for the fewest tokens; none where none can.

    Each old text stands once in the line, or in the text `within` that the line is of. `header` is what
    one more entry costs beside its two texts.
    """
    cuts = _regions(old, new)
    best: list[tuple[float, tuple[tuple[str, str], ...], int]] = [(0.0, (), 0)]
    for end in range(1, len(cuts) + 1):
        found: tuple[float, tuple[tuple[str, str], ...], int] = (float("inf"), (), 0)
        for start in range(end):
            cost, pairs, reached = best[start]
            if cost + header >= found[0]:
                continue
            limit = cuts[end].old.start if end < len(cuts) else len(old)
            whole = _Region(
                Span(cuts[start].old.start, cuts[end - 1].old.end),
                Span(cuts[start].new.start, cuts[end - 1].new.end),
            )
            for region in _widened(whole, old, new, Span(reached, limit), within or old):
                pair = region.old.of(old), region.new.of(new)
                more = cost + header + weigh(f" {pair[0]}") + weigh(f" {pair[1]}")
                if more < found[0]:
                    found = more, (*pairs, pair), region.old.end
        best.append(found)
    return best[-1][1]


def _regions(old: str, new: str) -> Sequence[_Region]:
    """Return what differs between two lines, by words."""
    pieces, other = _PIECES.findall(old), _PIECES.findall(new)
    if not pieces or not other or max(len(pieces), len(other)) > _MOST_PIECES:
        return ()
    starts, others = _offsets(pieces), _offsets(other)
    matcher = difflib.SequenceMatcher(None, pieces, other, autojunk=False)
    return [
        _Region(Span(starts[a], starts[b]), Span(others[c], others[d]))
        for tag, a, b, c, d in matcher.get_opcodes()
        if tag != "equal"
    ]


def _offsets(pieces: Sequence[str]) -> list[int]:
    found = [0]
    for piece in pieces:
        found.append(found[-1] + len(piece))
    return found


def _widened(region: _Region, old: str, new: str, free: Span, within: str) -> Iterator[_Region]:
    """Yield a region made wide enough to be written, first to the left, then to the right, then to both."""
    for left, right in ((True, False), (False, True), (True, True)):
        at = region
        while not _can_be_written(at.old.of(old), at.new.of(new), within):
            wider = at
            if left:
                wider = _to_the_left(wider, old, free.start)
            if right:
                wider = _to_the_right(wider, old, free.end)
            if wider == at:
                break
            at = wider
        else:
            yield at


def _to_the_left(region: _Region, old: str, lowest: int) -> _Region:
    before = _PIECES.findall(old, lowest, region.old.start)
    by = len(before[-1]) if before else 0
    return _Region(Span(region.old.start - by, region.old.end), Span(region.new.start - by, region.new.end))


def _to_the_right(region: _Region, old: str, highest: int) -> _Region:
    after = _PIECES.match(old, region.old.end, highest)
    by = after.end() - after.start() if after else 0
    return _Region(Span(region.old.start, region.old.end + by), Span(region.new.start, region.new.end + by))


def _can_be_written(old: str, new: str, within: str) -> bool:
    if not old or old != old.strip() or new != new.strip():
        return False
    at = within.find(old)
    if within.find(old, at + 1) >= 0:  # overlapping occurrences count as two
        return False
    try:
        return parse_header(f":1 {old} => {new}").substitution == (old, new)
    except ParseError:
        return False
