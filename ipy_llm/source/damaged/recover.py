"""Names in a document that does not parse: those on which every way to mend it agrees."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import replace

from ipy_llm.source.chunks import Chunk, Damage, Language, Outline
from ipy_llm.source.damaged.layout import read
from ipy_llm.source.damaged.mend import mends
from ipy_llm.source.damaged.mended import Mend
from ipy_llm.source.damaged.newer import is_python, lower
from ipy_llm.source.text import Source, Span, indentation, line_starts, split_lines

_NAMES = re.compile(
    r"^[ \t\f]*(?:(?:async\s+)?(?:def|class)\s+(?P<defined>\w+)|(?P<import>import|from)\b"
    r"|(?P<main>if\s+__name__)|(?P<assigned>\w+)\s*(?:[:,=]))"
)


def recover(
    source: Source,
    starts: tuple[int, ...],
    language: Language,
    error: SyntaxError,
    build: Callable[[str], Outline],
) -> Outline:
    """Return the outline of a document that this Python does not parse: what of it is certain.

    Of one in newer syntax that is all. `build` makes the outline of a text that parses.
    """
    lowered = lower(source.text)
    if lowered.needs is not None:
        try:
            found = build(lowered.text)
        except SyntaxError as other:
            error = other
        else:
            if is_python(source.text):
                return replace(found, source=source, language=language, needs=lowered.needs.since)
    lines = split_lines(lowered.text)
    return _certain(
        source,
        starts,
        language,
        error,
        [_Mended(source, starts, lines, mend, build) for mend in mends(lines)],
    )


def _certain(
    source: Source, starts: tuple[int, ...], language: Language, error: SyntaxError, found: list[_Mended]
) -> Outline:
    """Return the outline on which all mended texts agree."""
    lines = found[0].lines
    hard = read(lines).hard
    base = found[0]
    agreed = set.intersection(*(one.agreeing for one in found))
    doubted = {chunk for one in found for chunk in one.agreeing - agreed}
    twice = {chunk.name for chunk in doubted}
    hidden = {word for one in found for word in one.hidden}
    # A name that may stand once more, unseen, would be taken for the only one.
    agreed = {
        chunk
        for chunk in agreed
        if chunk.name not in twice
        and (chunk.indent, chunk.name.rpartition(".")[2]) not in hidden
        and all(one.ends(chunk, hard) for one in found)
    }
    given = {}
    words = {word for _, word in hidden} | {name.rpartition(".")[2] for name in twice}
    for name in ("imports", "docstring", "main"):
        span = getattr(base, name)
        given[name] = span
        if any(getattr(one, name) != span for one in found):
            given[name] = None
            words.add(f"#{name}")
    changed = [one.changed for one in found]
    where = f"line {error.lineno}: " if error.lineno else ""
    return Outline(
        source,
        tuple(_kept(base.top, agreed)),
        sections=tuple(one for one in base.sections if all(one in other.sections for other in found)),
        problems=base.problems,
        starts=starts,
        language=language,
        error=f"{where}{error.msg}",
        damage=Damage(
            error.lineno or 1, frozenset.intersection(*changed), frozenset().union(*changed), frozenset(words)
        ),
        **given,
    )


def _alone(chunk: Chunk) -> Chunk:
    """Return what must be certain of a chunk: its name and where it stands, not what stands in or around it."""
    return replace(
        chunk,
        children=(),
        first=False,
        last=False,
        docstring=None,
        placeholder=None,
        body_indent=None,
        guard="",
    )


def _kept(chunks: tuple[Chunk, ...], agreed: set[Chunk]) -> Iterator[Chunk]:
    """Yield the chunks that are certain; the members of a class that is not stand in its place."""
    for chunk in chunks:
        children = tuple(_kept(chunk.children, agreed))
        if _alone(chunk) in agreed:
            yield replace(chunk, children=children)
        elif chunk.kind == "class":
            yield from children


def _word(match: re.Match[str]) -> str:
    if match["import"]:
        return "#imports"
    return "#main" if match["main"] else match["defined"] or match["assigned"]


class _Mended:
    """The outline of one mended text, in the offsets of the document."""

    def __init__(
        self,
        source: Source,
        starts: tuple[int, ...],
        lines: list[str],
        mend: Mend,
        build: Callable[[str], Outline],
    ) -> None:
        self.starts, self.lines, self.new, self.text = starts, lines, mend.lines, source.text
        text = "\n".join(mend.lines)
        self.new_starts = line_starts(text)
        outline = build(text)
        self.outline, self.unsure = outline, mend.unsure
        altered = [number for number, line in enumerate(lines) if line != mend.lines[number]]
        self.changed = frozenset(number + 1 for number in altered)
        self.top = tuple(self.moved(chunk) for chunk in outline.chunks if not self.is_unsure(chunk))
        self.agreeing = set(map(_alone, self.chunks()))
        self.hidden = {
            (indentation(lines[number]), _word(match))
            for number in altered
            if not mend.lines[number].strip() or number in mend.unsure
            for match in _NAMES.finditer(lines[number])
        }
        self.sections = tuple(self.moved(chunk) for chunk in outline.sections)
        self.problems = outline.problems
        self.imports, self.docstring, self.main = (
            span and self.span(span) for span in (outline.imports, outline.docstring, outline.main)
        )

    def chunks(self) -> Iterator[Chunk]:
        pending = list(self.top)
        while pending:
            chunk = pending.pop()
            yield chunk
            pending += chunk.children

    def ends(self, chunk: Chunk, hard: list[bool]) -> bool:
        """Say whether what stands below a chunk is none of it, though it may have been left out."""
        below = bisect_left(self.starts, chunk.span.end)
        while below < len(self.lines) and not self.lines[below].strip():
            below += 1
        if below == len(self.lines) or self.new[below].strip():
            return True
        return hard[below] and len(indentation(self.lines[below])) <= len(chunk.indent)

    def is_unsure(self, chunk: Chunk) -> bool:
        return self.outline.line_of(chunk.code) - 1 in self.unsure

    def moved(self, chunk: Chunk) -> Chunk:
        return replace(
            chunk,
            span=self.span(chunk.span),
            outer=self.span(chunk.outer),
            code=self.offset(chunk.code),
            decorators=self.offset(chunk.decorators),
            placeholder=chunk.placeholder and self.span(chunk.placeholder),
            docstring=chunk.docstring and self.span(chunk.docstring),
            children=tuple(self.moved(child) for child in chunk.children if not self.is_unsure(child)),
        )

    def span(self, span: Span) -> Span:
        return Span(self.offset(span.start), self.offset(span.end))

    def offset(self, offset: int) -> int:
        """Return where a place of the mended text stands in the document."""
        number = self.outline.line_of(offset) - 1
        column = offset - self.new_starts[number]
        old, new = self.lines[number], self.new[number]
        if number + 1 not in self.changed:
            return self.starts[number] + column
        same = 0
        while same < min(len(old), len(new)) and old[same] == new[same]:
            same += 1
        if column > same:
            column = max(same, len(old) - (len(new) - column))
        return self.starts[number] + column
