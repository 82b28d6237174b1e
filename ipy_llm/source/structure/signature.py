"""A definition's header on one line, as outlines show it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.text import split_lines

# A string, a comment, a bracket or a colon: all that decides where a header ends.
_TOKEN = re.compile(
    r"(?:[rbuRBU]{0,2})(?P<quote>\"\"\"|'''|\"|')|(?P<comment>#[^\r\n]*)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<colon>:)"
)
_CONTINUED = re.compile(r"\\(?:\r\n|\r|\n)")


def signature(chunk: Chunk, outline: Outline, limit: int = 160) -> str:
    """Return `def total(self) -> Decimal`, `class Cart(Base)` or `RATE = 1`, cut at `limit` characters."""
    text = outline.source.plain
    if not chunk.is_definition:
        first = text[chunk.code : chunk.span.end].strip().split("\n", 1)
        return _cut(first[0].rstrip("\r") + (" ..." if len(first) > 1 else ""), min(limit, 80))
    header = " ".join("".join(_parts(text, chunk.code, chunk.span.end)).split())
    return _cut(re.sub(r"([(\[{]) |,? (?=[)\]}])", r"\1", header), limit)


def head(chunk: Chunk, outline: Outline) -> str:
    """Return a definition's signature on a line, its decorators before it, without their arguments."""
    said = signature(chunk, outline)
    if chunk.decorators == chunk.code:
        return said
    lines = split_lines(outline.source.text[chunk.decorators : chunk.code])
    marks = (line.strip().partition("(")[0] for line in lines if line.strip().startswith("@"))
    return " ".join((*marks, said))


def header_end(text: str, start: int, end: int) -> int:
    """Return the offset after the colon that ends the header of a definition which begins at `start`."""
    at, depth = start, 0
    while match := _TOKEN.search(text, at, end):
        at = match.end()
        if match["quote"]:
            at = _string_end(text, at, match["quote"])
        elif match["colon"] and not depth:
            break
        depth += bool(match["open"]) - bool(match["close"])
    return at


def _parts(text: str, start: int, end: int) -> Iterator[str]:
    """Yield a header piece by piece, up to its colon, comments and line continuations left out."""
    at, stop = start, header_end(text, start, end) - 1
    while match := _TOKEN.search(text, at, stop):
        yield _CONTINUED.sub(" ", text[at : match.start()])
        at = match.end()
        if match["quote"]:
            at = _string_end(text, at, match["quote"])
        if not match["comment"]:
            yield text[match.start() : at]
    yield _CONTINUED.sub(" ", text[at:stop])


def _string_end(text: str, at: int, quote: str) -> int:
    while at < len(text) and not text.startswith(quote, at):
        at += 2 if text[at] == "\\" else 1
    return at + len(quote)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 3] + "..."
