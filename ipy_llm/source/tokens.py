"""How many tokens a text costs a model, estimated without a vocabulary."""

from __future__ import annotations

import re

_PIECES = re.compile(r" ?[A-Za-z]+| ?\d{1,3}| ?[^\w\s]+|_+|\s*\n| +|\t+|[^\x00-\x7f]")
_SCALE = 1 / 1.138


def tokens(text: str) -> int:
    """Return about how many tokens `text` has: over 60 files of code 0.69 to 1.08 of what o200k_base counts."""
    pieces = (piece.strip(" ") for piece in _PIECES.findall(text))
    return round(sum(2 if piece.isalpha() and len(piece) > 8 else 1 for piece in pieces) * _SCALE)
