"""The cheapest line edits that turn a text into another, by dynamic programming over what differs.

Walking along an alignment of old and new lines, we are either between entries, or within one whose lines
are being written out. Starting an entry costs its header; lines that both texts have cost nothing between
entries and their own tokens within one, so that close changes are joined where that is cheaper than
another header. Between entries, a changed line may also be written as `old => new`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ipy_llm.source.planning.hunks import Hunk, hunks
from ipy_llm.source.planning.inline import substitutions
from ipy_llm.source.tokens import Weigh

_CELLS = 20_000  # of the grid of old and new lines of one hunk that are compared
_NEAREST = 20  # lines to both sides of the diagonal, at least
_END = "\n"  # stands for the empty line after a final newline
_WORDS = re.compile(r"\w+|[^\w\s]")

# Between entries, or in one that has: new lines; one old line, or several, and no new one; or both.
_OUT, _NEW, _OLD, _OLDS, _ONE, _SOME = range(6)
_AFTER_OLD = (_OLD, _ONE, _OLDS, _OLDS, _SOME, _SOME)
_AFTER_NEW = (_NEW, _NEW, _ONE, _SOME, _ONE, _SOME)


@dataclass(frozen=True, slots=True)
class Cut:
    """Old lines `a` to before `b` (0-based) become new lines `c` to before `d`.

    Of a single line, `pairs` may say it instead: `(old, new)` texts.
    """

    a: int
    b: int
    c: int
    d: int
    pairs: tuple[tuple[str, str], ...] = ()


_Cuts = tuple["_Cuts", Cut] | None  # linked, the last first
_State = tuple[float, "_Cuts", int, int]  # cost, cuts before, and where the open entry began
_Cell = list["_State | None"]


def cheapest(old: Sequence[str], new: Sequence[str], weigh: Weigh) -> list[Cut]:
    """Return the cuts that cost the fewest tokens, in the order in which they stand.

    `old` and `new` are lines without ends; after a final newline a last, empty one.
    """
    old, new = _marked(old), _marked(new)
    cuts = _Walk(old, new, weigh).along(hunks(old, new))
    return _apart_at_the_end(cuts, new) if old[-1] == _END else cuts


def _apart_at_the_end(cuts: list[Cut], new: Sequence[str]) -> list[Cut]:
    """Return cuts of which none deletes the last line while another deletes the newline after it.

    Lines before the last are sent again, as far as the last one with text, so that one stands at the end.
    """
    if len(cuts) < 2 or not cuts[-2].a < cuts[-2].b == cuts[-1].a < cuts[-1].b or cuts[-2].c < cuts[-2].d:
        return cuts
    *rest, last, newline = cuts
    lowest = rest[-1].b if rest else 0
    more = next((by for by in range(1, last.a - lowest + 1) if new[last.c - by]), None)
    if more is None:
        return cuts
    return [*rest, Cut(last.a - more, last.b, last.c - more, last.c), newline]


def _marked(lines: Sequence[str]) -> Sequence[str]:
    """Return lines with the empty one after a final newline told from others: it is the like of none."""
    return [*lines[:-1], _END] if len(lines) > 1 and not lines[-1] else lines


class _Walk:
    """Holds what every step of the walk needs."""

    def __init__(self, old: Sequence[str], new: Sequence[str], weigh: Weigh) -> None:
        self.old, self.new, self.weigh = old, new, weigh
        self.costs: dict[int, float] = {}
        # An empty line after the final newline can only be deleted, alone.
        self.edge = len(old) - (old[-1] == _END)
        number = len(str(len(old)))
        self.header = weigh(f"@@ :{'1' * number}\n")
        self.range = weigh(f"-{'1' * number}")
        self.closing = (0.0, 0.0, weigh(" delete"), weigh(" delete") + self.range, 0.0, self.range)
        self.inline = weigh(f"@@ :{'1' * number}") + weigh(" =>") + weigh("\n")
        self.words: dict[str, frozenset[str]] = {}

    def along(self, hunks: Sequence[Hunk]) -> list[Cut]:
        cell: _Cell = [(0.0, None, 0, 0), None, None, None, None, None]
        at = 0
        for hunk in hunks:
            cell = self.across(self.over(cell, at, hunk), hunk)
            at = hunk.b
        final = cell[_OUT]
        assert final is not None
        cuts: list[Cut] = []
        link = final[1]
        while link is not None:
            link, cut = link
            if cuts and cut.c == cut.d and (cuts[-1].a, cuts[-1].b) == (cut.b, cut.b):
                # Text cannot be inserted after a line that is deleted; before it, it can.
                added = cuts.pop()
                cuts += [replace(cut, c=added.d, d=added.d), replace(added, a=cut.a, b=cut.a)]
            else:
                cuts.append(cut)
        return cuts[::-1]

    def cost(self, number: int) -> float:
        """Return what a new line costs."""
        if number not in self.costs:
            self.costs[number] = self.weigh(f"{self.new[number].rstrip(_END)}\n")
        return self.costs[number]

    def over(self, cell: _Cell, at: int, hunk: Hunk) -> _Cell:
        """Go over the lines before a hunk that both texts have."""
        found: _Cell = [cell[_OUT], None, None, None, None, None]
        count = hunk.a - at
        limit = 3 * (self.header + self.range)
        more = 0.0
        for number in range(hunk.c - count, hunk.c):
            more += self.cost(number)
            if more > limit:
                return found
        for state in range(1, 6):
            here = cell[state]
            if here is not None:
                to = _AFTER_NEW[_AFTER_OLD[state]] if count else state
                to = _SOME if count > 1 else to
                _offer(found, to, (here[0] + more, *here[1:]))
        return found

    def across(self, cell: _Cell, hunk: Hunk) -> _Cell:
        """Go through a hunk on every way from its first lines to its last."""
        height, width = hunk.b - hunk.a, hunk.d - hunk.c
        reach = max(_NEAREST, _CELLS // (2 * height + 2), width // (height + 1) + 2)
        row: dict[int, _Cell] = {hunk.c: cell}
        for i in range(hunk.a, hunk.b + 1):
            centre = hunk.c + (i - hunk.a) * width // max(height, 1)
            below: dict[int, _Cell] = {}
            for j in range(max(hunk.c, centre - reach), min(hunk.d, centre + reach) + 1):
                here = row.get(j)
                if here is None:
                    continue
                self.close(here, i, j)
                if i == hunk.b and j == hunk.d:
                    return here
                if j < hunk.d:
                    self.take_new(here, row, i, j)
                if i < hunk.b:
                    self.take_old(here, below, i, j)
                    if j < hunk.d:
                        self.take_both(here, below, i, j)
            row = below
        raise AssertionError("the last cell is within reach of the diagonal")

    def close(self, cell: _Cell, i: int, j: int) -> None:
        """End the open entries where that is cheapest."""
        for state in range(1, 6):
            here = cell[state]
            if here is None:
                continue
            cost, cuts, a, c = here
            # A body of one blank line replaces nothing: it would be taken for an empty one.
            if j - c == 1 and self.new[c] in ("", _END) and state in (_ONE, _SOME):
                continue
            _offer(cell, _OUT, (cost + self.closing[state], (cuts, Cut(a, i, c, j)), 0, 0))

    def take_new(self, cell: _Cell, row: dict[int, _Cell], i: int, j: int) -> None:
        if i > self.edge:
            return
        to = row.setdefault(j + 1, [None] * 6)
        more = self.cost(j)
        for state, here in enumerate(cell):
            if here is not None:
                _offer(to, _AFTER_NEW[state], self.begun(here, state, i, j, more))

    def take_old(self, cell: _Cell, below: dict[int, _Cell], i: int, j: int) -> None:
        to = below.setdefault(j, [None] * 6)
        for state, here in enumerate(cell):
            if here is not None and (i < self.edge or state == _OUT):
                _offer(to, _AFTER_OLD[state], self.begun(here, state, i, j, 0.0))

    def begun(self, here: _State, state: int, i: int, j: int, more: float) -> _State:
        cost, cuts, a, c = here
        return (cost + more + self.header, cuts, i, j) if state == _OUT else (cost + more, cuts, a, c)

    def take_both(self, cell: _Cell, below: dict[int, _Cell], i: int, j: int) -> None:
        """Go on over a line that both have, or that `old => new` turns into the other."""
        here = cell[_OUT]
        if here is None:
            return
        old, new = self.old[i], self.new[j]
        to = below.setdefault(j + 1, [None] * 6)
        if old == new:
            _offer(to, _OUT, here)
        elif _END not in (old, new) and self.is_like(old, new) and self.cost(j) + 1 > self.inline:
            pairs = substitutions(old, new, self.weigh, self.inline)
            if pairs:
                more = sum(
                    self.inline + self.weigh(f" {one}") + self.weigh(f" {other}") for one, other in pairs
                )
                _offer(to, _OUT, (here[0] + more, (here[1], Cut(i, i + 1, j, j + 1, pairs)), 0, 0))

    def is_like(self, old: str, new: str) -> bool:
        """Say whether most of a new line stands in the old one."""
        known, words = (self.words.setdefault(line, frozenset(_WORDS.findall(line))) for line in (old, new))
        return 2 * sum(map(len, words - known)) < sum(map(len, words))


def _offer(cell: _Cell, state: int, found: _State) -> None:
    there = cell[state]
    if there is None or found[0] < there[0]:
        cell[state] = found
