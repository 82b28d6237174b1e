"""How many tokens a text costs a model, estimated without a vocabulary."""

from __future__ import annotations

import re
from collections.abc import Callable

Weigh = Callable[[str], float]

# The pieces that byte-pair vocabularies of today are trained on: a word with the sign before it, up to
# three digits, signs with the blank before and the line ends after them, blanks.
_PIECES = re.compile(
    r"[^\r\nA-Za-z0-9]?(?:[A-Z]?[a-z]+|[A-Z]+)|\d{1,3}| ?[^\sA-Za-z0-9]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def tokens(text: str) -> int:
    """Return about how many tokens `text` has: over 60 files of code 0.80 to 1.09 of what o200k_base counts."""
    return round(weigh(text))


def weigh(text: str) -> float:
    """Return about how many tokens `text` has, with fractions: what a choice between two texts goes by."""
    return sum(map(_weight, _PIECES.findall(text)))


def _weight(piece: str) -> float:
    last, length = piece[-1], len(piece)
    if last.isalpha():
        return 1 + max(0, length - 3) * 0.075
    if last.isdigit() or last.isspace():
        return 1
    return 1 + max(0, length - 4) * 0.4
