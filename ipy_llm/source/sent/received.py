"""A text as it was sent for a chunk: without its slips, or as the lines that change."""

from __future__ import annotations

from ipy_llm.source.address import Address
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.sent.blocks import place, read_hunks, stand
from ipy_llm.source.sent.slips import reads, strip_blank, understand
from ipy_llm.source.sent.words import fenced_part, strip_fence
from ipy_llm.source.text import Span, unify


def understood(text: str, chunk: Chunk, before: Outline) -> tuple[str, tuple[str, ...]]:
    """Return a text for a chunk without a model's slips; of what need not be statements only the fence goes."""
    if not before.python:
        return text, ()
    old = unify(chunk.span.of(before.source.text))
    statements = chunk.kind != "section" or not chunk.name
    if not statements and (chunk.name.endswith("#docstring") or not old.strip() or not reads(old)):
        bare = strip_blank(unify(text))
        return strip_fence(bare) or bare, ()
    return understand(text, old)


def as_hunks(text: str, address: Address, chunk: Chunk, before: Outline) -> tuple[Span, str] | None:
    """Return the splice for a text that is a diff or blocks. Raises `EditRejectedError` where its old lines do not fit."""
    text = strip_blank(unify(text))
    ways = read_hunks(fenced_part(text) or text)
    if not ways:
        return None
    chosen = next((hunks for hunks in ways if stand(hunks, chunk, before)), ways[0])
    return place(chosen, chunk, address, before)
