"""The nouns of a document's structure: chunks and outlines."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from ipy_llm.source.target import Version
from ipy_llm.source.text import Source, Span, digest, end_of_line

Kind = Literal["function", "class", "assignment", "section"]
Accessor = Literal["getter", "setter", "deleter"]
# What a document is written in. A notebook has no outline of its own, its cells have; `ipython` is Python with magics.
Language = Literal["python", "ipython", "notebook", "markdown", "json", "toml", "text"]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A named piece of a document.

    `span` is what is shown, numbered and replaced: whole lines from the first attached one, the last
    line end left out - or, where `inline`, just the statement. `outer` is what a deletion removes; it
    differs from `span` only for sections, whose markers it holds.
    """

    name: str
    kind: Kind
    span: Span
    outer: Span
    indent: str
    code: int  # offset of `def`, `class` or the assignment, after comments and decorators
    decorators: int  # offset of the line of the first decorator; of the statement if there is none
    accessor: Accessor | None = None
    overload: bool = False
    guard: str = ""  # "if TYPE_CHECKING", "except ImportError": the branch it stands in
    inline: bool = False  # it shares its line with another statement
    first: bool = False  # first statement of its suite
    last: bool = False  # last statement of its suite
    body_indent: str | None = None  # of a def's or class's suite; None where it stands on the header's line
    placeholder: Span | None = None  # the `pass` or `...` that is all a suite has
    docstring: Span | None = None
    children: tuple[Chunk, ...] = ()

    @property
    def is_definition(self) -> bool:
        """Say whether it is a function or class."""
        return self.kind in {"function", "class"}


@dataclass(frozen=True, slots=True)
class Damage:
    """What is not certain in a document with a syntax error; lines are counted from 1.

    `surely` are the lines that every way to mend it changes, `perhaps` those that some way does. `words` are the
    last words of names that stand there, `#imports` and the like included: where they end is not certain.
    """

    line: int
    surely: frozenset[int]
    perhaps: frozenset[int]
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Outline:
    """All chunks of a document, in the order in which they stand.

    `problems` maps a section's name to what is wrong with its markers; such a section has no chunk.
    """

    source: Source
    chunks: tuple[Chunk, ...]
    sections: tuple[Chunk, ...] = ()
    problems: dict[str, str] = field(default_factory=dict)
    imports: Span | None = None  # the first run of imports, from its first line to its last
    docstring: Span | None = None
    main: Span | None = None  # if __name__ == "__main__": ...
    starts: tuple[int, ...] = ()  # offsets of the lines
    language: Language = "python"
    error: str | None = None  # why names, or some of them, cannot be found: a syntax error, or no Python
    damage: Damage | None = None  # of a document with a syntax error
    needs: Version | None = None  # the Python that reads it, where that is newer than ours

    @property
    def python(self) -> bool:
        """Say whether it is Python, with magics or without."""
        return self.language in {"python", "ipython"}

    def walk(self) -> Iterator[Chunk]:
        """Yield every function, class and assignment, owners before what they hold."""
        pending = list(reversed(self.chunks))
        while pending:
            chunk = pending.pop()
            yield chunk
            pending.extend(reversed(chunk.children))

    def line_of(self, offset: int) -> int:
        """Return the 1-based line an offset is on."""
        return bisect_right(self.starts, offset)

    def lines(self, span: Span) -> tuple[int, int]:
        """Return the first and last 1-based line of a span."""
        return self.line_of(span.start), self.line_of(max(span.start, span.end - 1))

    def end_of_line(self, number: int) -> int:
        """Return the offset at which a 1-based line ends, its line end left out."""
        return end_of_line(self.source.text, self.starts, number)

    def digest(self, span: Span) -> str:
        """Return the digest of the text of a span."""
        return digest(span.of(self.source.plain))


def innermost(chunks: tuple[Chunk, ...], span: Span) -> Chunk | None:
    """Return the innermost definition that holds a span and more, or None."""
    for chunk in chunks:
        if chunk.is_definition and chunk.span != span and chunk.span.holds(span):
            return innermost(chunk.children, span) or chunk
    return None
