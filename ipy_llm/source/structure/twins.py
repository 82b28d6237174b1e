"""Definitions of one name that stand together as one chunk: `f[*]`, overloads with what implements them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.text import Span, split_lines


def as_one(twins: Sequence[Chunk], outline: Outline) -> Chunk | None:
    """Return twins as one chunk, from the first to the last; None where other code stands between them."""
    if len(twins) < 2 or any(twin.inline for twin in twins):
        return None
    for one, other in pairwise(twins):
        between = (
            outline.source.text[one.span.end : other.span.start] if one.span.end <= other.span.start else "?"
        )
        if any(line.strip() and not line.lstrip().startswith("#") for line in split_lines(between)):
            return None
    first, last = twins[0], twins[-1]
    return Chunk(
        f"{first.name}[*]",
        "section",
        span=Span(first.span.start, last.span.end),
        outer=Span(first.outer.start, last.outer.end),
        indent=first.indent,
        code=first.code,
        decorators=first.decorators,
        first=first.first,
        last=last.last,
    )
