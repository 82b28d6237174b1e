"""The outline after an edit, made from the one before: only the definition that was edited is parsed again.

Where the new text of a definition parses alone as one definition, at the old indentation, and fills its lines,
the document has the same tokens around it as before: all else keeps its tree and is only moved. Where that is
not so, the definition that holds it is tried, and last the document as a whole.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.structure.outline import Builder
from ipy_llm.source.structure.sections import read_markers
from ipy_llm.source.structure.syntax import DEFINITIONS, parse_here
from ipy_llm.source.text import Source, Span, line_starts

Cut = tuple[Span, str]


def renew(before: Outline, cuts: Sequence[Cut], after: Source) -> Outline | None:
    """Return what `outline(after)` returns, or None where that cannot be told without parsing all of it.

    `after` is the document with every span of `cuts`, which do not overlap, replaced by its new text.
    """
    cuts = sorted(cuts, key=lambda cut: (cut[0].start, cut[0].end))
    # The end of a main block that holds a cut is not known: it leaves out comments that a chunk has.
    if (
        before.error is not None
        or before.needs is not None
        or not cuts
        or (before.main and before.main.start < cuts[-1][0].end)
    ):
        return None
    builder = Builder(after, tuple(line_starts(after.text)))
    chunks = _Renewal(builder).suite(before.chunks, cuts, None, 0)
    if chunks is None:
        return None
    markers = read_markers(after.text)
    sections, problems = builder.sections(markers, chunks) if markers else ((), {})
    return replace(
        before,
        source=after,
        chunks=chunks,
        sections=sections,
        problems=problems,
        imports=_after(before.imports, cuts),
        main=_after(before.main, cuts),
        starts=builder.starts,
    )


@dataclass(frozen=True, slots=True)
class _Renewal:
    """Chunks of the text before become those of the text that the builder has."""

    builder: Builder

    def suite(
        self, chunks: Sequence[Chunk], cuts: Sequence[Cut], owner: Chunk | None, moved: int
    ) -> tuple[Chunk, ...] | None:
        """Return the chunks of a suite that begins `moved` characters further on; None if a cut is in none."""
        held: dict[int, list[Cut]] = {}
        rest = iter(cuts)
        cut = next(rest, None)
        for position, chunk in enumerate(chunks):
            while cut is not None and _holds(chunk, cut):
                held.setdefault(position, []).append(cut)
                cut = next(rest, None)
        if cut is not None:
            return None
        renewed: list[Chunk] = []
        for position, chunk in enumerate(chunks):
            if position not in held:
                renewed.append(_moved(chunk, moved))
                continue
            grown = _growth(held[position])
            new = self.definition(chunk, held[position], owner, moved, grown)
            if new is None:
                return None
            renewed.append(new)
            moved += grown
        return tuple(renewed)

    def definition(
        self, chunk: Chunk, cuts: Sequence[Cut], owner: Chunk | None, moved: int, grown: int
    ) -> Chunk | None:
        """Return a definition that holds cuts, by way of those in it, else by parsing it."""
        span = Span(chunk.span.start + moved, chunk.span.end + moved + grown)
        children = self.suite(chunk.children, cuts, chunk, moved)
        if children is None:
            return self.parsed(chunk, span, owner)
        return replace(_moved(replace(chunk, children=()), moved), span=span, outer=span, children=children)

    def parsed(self, chunk: Chunk, span: Span, owner: Chunk | None) -> Chunk | None:
        """Return the one definition that the text of a span is, in the place of a chunk."""
        builder = self.builder
        number = bisect_right(builder.starts, span.start)
        top = owner is None and chunk.first and not chunk.guard
        comment = builder.line(number - 1).lstrip(" \t\f") if number > 1 else ""
        if comment.startswith("#") and (top or not comment.strip("# \t")):
            return None  # whether it is attached goes by the comment below it
        # Blank lines before it, so that its tree has the document's line numbers.
        lead = "\n" * (number - 2) + "if 1:\n" if chunk.indent else "\n" * (number - 1)
        try:
            body = parse_here(lead + builder.text[builder.starts[number - 1] : span.end]).body
        except SyntaxError:
            return None
        if chunk.indent and len(body) == 1 and isinstance(body[0], ast.If) and not body[0].orelse:
            body = body[0].body
        if len(body) != 1 or not isinstance(body[0], DEFINITIONS):
            return None
        new = builder.definition(
            body[0],
            f"{owner.name}." if owner else "",
            owner.kind if owner else "module",
            0 if top else number - 1,
            chunk.guard,
            first=chunk.first,
            last=chunk.last,
        )
        return new if (new.span, new.indent, new.inline) == (span, chunk.indent, False) else None


def _holds(chunk: Chunk, cut: Cut) -> bool:
    return chunk.is_definition and not chunk.inline and chunk.span.holds(cut[0])


def _growth(cuts: Sequence[Cut]) -> int:
    return sum(len(new) - (span.end - span.start) for span, new in cuts)


def _after(span: Span | None, cuts: Sequence[Cut]) -> Span | None:
    """Return where a span that holds no cut stands after them."""
    return span and _shifted(span, _growth([cut for cut in cuts if cut[0].end <= span.start]))


def _moved(chunk: Chunk, by: int) -> Chunk:
    """Return a chunk and all in it that many characters further on."""
    if not by:
        return chunk
    span = _shifted(chunk.span, by)
    return replace(
        chunk,
        span=span,
        outer=span,
        code=chunk.code + by,
        decorators=chunk.decorators + by,
        placeholder=chunk.placeholder and _shifted(chunk.placeholder, by),
        docstring=chunk.docstring and _shifted(chunk.docstring, by),
        children=tuple(_moved(child, by) for child in chunk.children),
    )


def _shifted(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)
