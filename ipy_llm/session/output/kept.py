"""What cells printed that was too long to show: by the number of the cell, in pages of lines."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field

MOST = 10_000_000  # characters of one cell; of more, the first and the last half are kept
CELLS = 10
TEXTS = 20  # of one cell: what it printed, and each of its long results
WIDTH = 1000  # characters; a longer line is several


@dataclass(slots=True)
class Text:
    """A text that grows; its middle is dropped where it grows too long."""

    limit: int = MOST
    size: int = 0
    _first: list[str] = field(default_factory=list)
    _last: deque[str] = field(default_factory=deque)
    _first_size: int = 0
    _last_size: int = 0

    def add(self, text: str) -> None:
        """Append to it."""
        self.size += len(text)
        room = self.limit // 2 - self._first_size
        if room > 0:
            self._first.append(text[:room])
            self._first_size += len(self._first[-1])
            text = text[room:]
        if text:
            self._last.append(text)
            self._last_size += len(text)
        while self._last and self._last_size - len(self._last[0]) >= self.limit // 2:
            self._last_size -= len(self._last.popleft())

    def lines(self) -> list[str]:
        """Return its lines, what a carriage return wrote over left out and long ones in pieces."""
        dropped = self.size - self._first_size - self._last_size
        gap = f"\n... {dropped} characters were not kept ...\n" if dropped else ""
        text = f"{''.join(self._first)}{gap}{''.join(self._last)}"
        found = []
        for line in text.replace("\r\n", "\n").removesuffix("\n").split("\n"):
            last = line.rstrip("\r").rpartition("\r")[2]
            found += [last[at : at + WIDTH] for at in range(0, len(last), WIDTH)] or [""]
        return found


@dataclass(slots=True)
class Kept:
    """The outputs of the last cells that said too much, and up to which line each was read."""

    texts: dict[int, list[Text]] = field(default_factory=dict)
    read: dict[int, int] = field(default_factory=dict)

    def keep(self, number: int, text: Text, shown: int) -> None:
        """Keep what a cell said, of which so many lines were shown, below what else it said."""
        texts = self.texts.setdefault(number, [])
        self.read.setdefault(number, shown)
        if all(each is not text for each in texts):
            texts.append(text)
            del texts[:-TEXTS]
        for old in list(self.texts)[:-CELLS]:
            del self.texts[old], self.read[old]

    def forget(self, number: int) -> None:
        """Drop what is kept under a number."""
        self.texts.pop(number, None)
        self.read.pop(number, None)

    def lines(self, number: int) -> list[str]:
        """Return the lines of all that is kept of a cell."""
        return [line for text in self.texts[number] for line in text.lines()]


def matching(lines: list[str], pattern: str) -> list[int]:
    """Return the numbers, from 1, of the lines in which a pattern is found; as plain text where it is no pattern."""
    try:
        search = re.compile(pattern, re.IGNORECASE).search
    except re.error:
        search = re.compile(re.escape(pattern), re.IGNORECASE).search
    return [number for number, line in enumerate(lines, 1) if search(line)]
