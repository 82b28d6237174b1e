"""Writing the entries of a patch: which chunk's lines each counts, and in which order they cost least."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ipy_llm.errors import ParseError
from ipy_llm.source.address import Address, LineRange, parse_header
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.patch import escape
from ipy_llm.source.planning.shortest import Cut
from ipy_llm.source.structure.resolve import label, whole
from ipy_llm.source.tokens import Weigh

_PLAIN = 999  # up to here a line number is one token, in a chunk as in the document


@dataclass(frozen=True, slots=True)
class Piece:
    """One entry to be written: 1-based lines of the document, `last` before `first` where text is inserted."""

    first: int
    last: int
    body: tuple[str, ...] = ()
    pair: tuple[str, str] | None = None

    def header(self, above: int) -> str:
        """Return its lines as an address counts them in a chunk with so many lines above it."""
        first, last = self.first - above, self.last - above
        return str(LineRange(last, last, insert=True) if last < first else LineRange(first, last))

    def write(self, address: str) -> Iterator[str]:
        """Yield its lines."""
        if self.pair is not None:
            yield f"@@ {address} {self.pair[0]} => {self.pair[1]}".rstrip()
        elif self.body:
            yield f"@@ {address}"
            yield from map(escape, self.body)
        else:
            yield f"@@ delete {address}"


@dataclass(slots=True)
class _Group:
    """The pieces that count the lines of one chunk; None is the document."""

    chunk: Chunk | None
    pieces: list[Piece] = field(default_factory=list)


def pieces_of(cuts: Sequence[Cut], new: Sequence[str]) -> list[Piece]:
    """Return cuts as entries to be written."""
    found: list[Piece] = []
    for cut in cuts:
        if cut.pairs:
            found += [Piece(cut.a + 1, cut.b, pair=pair) for pair in cut.pairs]
        else:
            found.append(Piece(cut.a + 1, cut.b, tuple(new[cut.c : cut.d])))
    return found


def compose(
    pieces: Sequence[Piece],
    deleted: Sequence[str],
    before: Outline,
    document: str,
    cost: Weigh,
    *,
    chunks: bool = True,
) -> str:
    """Return a patch of one document: the pieces, then what is deleted by name.

    Without `chunks` every line number is the document's.
    """
    groups = _grouped(pieces, before, cost) if chunks else [_Group(None, list(pieces))]
    lines: list[str] = []
    for group in groups:
        above = before.lines(group.chunk.span)[0] - 1 if group.chunk else 0
        address = _address(document if not lines else None, group.chunk, before)
        for piece in group.pieces:
            lines += piece.write(f"{address}:{piece.header(above)}")
            address = ""
    for name in deleted:
        lines.append(f"@@ delete {name if lines else f'{document}::{name}'}")
    return "".join(f"{line}\n" for line in lines)


def named(document: str) -> str:
    """Return how a header names a document, or a cell of one: by its path alone where that cannot be misread."""
    try:
        address = parse_header(f"{document} a => b").address
    except ParseError:
        return f"{document}::"
    return document if address.cell is not None or address == Address(name=document) else f"{document}::"


def _address(document: str | None, chunk: Chunk | None, before: Outline) -> str:
    span = (chunk or whole(before)).span
    digest = before.digest(span)
    if chunk is None:
        assert document is not None, "the document's own lines come first"
        return f"{named(document)}@{digest}"
    return f"{f'{document}::' if document is not None else ''}{label(chunk, before)}@{digest}"


def _grouped(pieces: Sequence[Piece], before: Outline, cost: Weigh) -> list[_Group]:
    """Give each piece to the document, or to the chunk around it whose lower numbers are worth its name."""
    if len(before.starts) <= _PLAIN:
        return [_Group(None, list(pieces))] if pieces else []
    own, groups, _ = _given(list(pieces), before.chunks, 0, before, cost)
    return [group for group in (_Group(None, own), *groups) if group.pieces]


def _given(
    pieces: list[Piece], chunks: Sequence[Chunk], above: int, before: Outline, cost: Weigh
) -> tuple[list[Piece], list[_Group], float]:
    """Return the pieces that stay where lines are counted from `above`, the groups of chunks, and the cost."""
    groups: list[_Group] = []
    total = 0.0
    for chunk in chunks:
        if not chunk.is_definition or chunk.inline:
            continue
        first, last = before.lines(chunk.span)
        # What stands at the very edge might come to stand outside.
        held = [piece for piece in pieces if first < piece.first and max(piece.first, piece.last) < last]
        if not held:
            continue
        outer = _given(held, chunk.children, above, before, cost)
        inner = _given(held, chunk.children, first - 1, before, cost)
        name = label(chunk, before)
        extra = cost(f" {name}@0000")
        stay, more, price = outer
        if inner[2] + extra < outer[2]:
            stay, more, price = [], [_Group(chunk, inner[0]), *inner[1]], inner[2] + extra
        gone = {id(piece) for piece in held} - {id(piece) for piece in stay}
        pieces = [piece for piece in pieces if id(piece) not in gone]
        groups += more
        total += price - sum(cost(piece.header(above)) for piece in stay)
    return pieces, groups, total + sum(cost(piece.header(above)) for piece in pieces)
