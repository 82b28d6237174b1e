"""What differs between two lists of lines."""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hunk:
    """The old lines from `a` to before `b` (0-based) became the new lines from `c` to before `d`."""

    a: int
    b: int
    c: int
    d: int


def hunks(old: Sequence[str], new: Sequence[str]) -> list[Hunk]:
    """Return what differs between two lists of lines, in order; between two hunks stand lines of both.

    Lines that stand once in both texts hold the alignment (the idea is Bram Cohen's patience diff), what
    is between them is compared by `difflib`.
    """
    found: list[Hunk] = []
    for one in _differing(old, new, Hunk(0, len(old), 0, len(new))):
        if found and (found[-1].b, found[-1].d) == (one.a, one.c):
            found[-1] = Hunk(found[-1].a, one.b, found[-1].c, one.d)
        else:
            found.append(one)
    return found


def _differing(old: Sequence[str], new: Sequence[str], box: Hunk) -> Iterator[Hunk]:
    a, b, c, d = box.a, box.b, box.c, box.d
    # From the end first: what follows the final newline must meet its like.
    while b > a and d > c and old[b - 1] == new[d - 1]:
        b, d = b - 1, d - 1
    while a < b and c < d and old[a] == new[c]:
        a, c = a + 1, c + 1
    if a == b or c == d:
        if a < b or c < d:
            yield Hunk(a, b, c, d)
        return
    anchors = _anchors(old, new, Hunk(a, b, c, d))
    if not anchors:
        matcher = difflib.SequenceMatcher(None, old[a:b], new[c:d], autojunk=False)
        for tag, *ends in matcher.get_opcodes():
            if tag != "equal":
                yield Hunk(a + ends[0], a + ends[1], c + ends[2], c + ends[3])
        return
    for i, j in anchors:
        yield from _differing(old, new, Hunk(a, i, c, j))
        a, c = i + 1, j + 1
    yield from _differing(old, new, Hunk(a, b, c, d))


def _anchors(old: Sequence[str], new: Sequence[str], box: Hunk) -> list[tuple[int, int]]:
    """Return the longest rising run of lines that stand once in both."""
    once, other = Counter(old[box.a : box.b]), Counter(new[box.c : box.d])
    places = {new[j]: j for j in range(box.c, box.d) if other[new[j]] == 1}
    pairs = [(i, places[old[i]]) for i in range(box.a, box.b) if once[old[i]] == 1 and old[i] in places]
    tops: list[int] = []  # the lowest end of a run of each length
    holders: list[int] = []
    links: list[int] = []
    for number, (_, j) in enumerate(pairs):
        at = bisect_left(tops, j)
        links.append(holders[at - 1] if at else -1)
        tops[at : at + 1] = [j]
        holders[at : at + 1] = [number]
    run: list[tuple[int, int]] = []
    number = holders[-1] if holders else -1
    while number >= 0:
        run.append(pairs[number])
        number = links[number]
    return run[::-1]
