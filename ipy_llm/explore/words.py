"""Where a text holds a pattern: in its code, or in its strings and comments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# What of a Python text is not code. A string with an f in its prefix holds code too, and counts as such.
_PROSE = re.compile(
    r"#[^\r\n]*|(?<![^\W\d])(?P<prefix>[A-Za-z]{0,2})"
    r"(?:\"\"\"(?:[^\\\"]|\\.|\"(?!\"\"))*\"\"\"|'''(?:[^\\']|\\.|'(?!''))*'''"
    r"|\"(?:[^\"\\\r\n]|\\.)*\"|'(?:[^'\\\r\n]|\\.)*')",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A match of a pattern: where it stands, and whether that is code."""

    start: int
    end: int
    code: bool


def occurrences(text: str, pattern: re.Pattern[str], *, python: bool = True) -> Iterator[Occurrence]:
    """Yield the matches of a pattern, in order; empty ones are left out."""
    found = [match.span() for match in pattern.finditer(text) if match.end() > match.start()]
    if not found or not python:
        yield from (Occurrence(start, end, code=python) for start, end in found)
        return
    prose = _prose(text)
    low, high = next(prose, (len(text), len(text)))
    for start, end in found:
        while high <= start:
            low, high = next(prose, (len(text), len(text)))
        yield Occurrence(start, end, code=not low <= start)


def word(name: str) -> re.Pattern[str]:
    """Return the pattern of a name, dotted or not, that stands alone."""
    return re.compile(r"(?<!\w)" + r"\s*\.\s*".join(map(re.escape, name.split("."))) + r"(?!\w)")


def _prose(text: str) -> Iterator[tuple[int, int]]:
    for match in _PROSE.finditer(text):
        if "f" not in (match["prefix"] or "").lower():
            yield match.span()
