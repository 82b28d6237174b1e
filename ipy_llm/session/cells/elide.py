"""A cell that defines a class or function anew and leaves parts out gets them from the definition that stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ipy_llm.errors import EditRejectedError
from ipy_llm.session.cells.standing import standing
from ipy_llm.session.documents.registry import Cells
from ipy_llm.source.address import Address
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.editing.edits import Replace
from ipy_llm.source.sent.reading import placeholders
from ipy_llm.source.structure.kept import known_outline
from ipy_llm.source.structure.magics import cell_source
from ipy_llm.source.text import Source, Span, line_starts, splice


@dataclass(frozen=True, slots=True)
class Merged:
    """A cell's text with what it left out, and a line on each definition that was merged."""

    text: str
    notices: tuple[str, ...] = ()


def merge_cell(text: str, cells: Cells, namespace: Mapping[str, object]) -> Merged:
    """Return a cell with what its placeholders stand for.

    Raises an `IpyLlmError` where that is not certain, or where the definition stands in a file.
    """
    left_out = placeholders(text, "")
    if not left_out:
        return Merged(text)
    found, veiled = _outline(text, left_out)
    splices: list[tuple[Span, str]] = []
    notices: list[str] = []
    for chunk in found.chunks:
        sent = chunk.span.of(veiled)
        if not chunk.is_definition or chunk.inline or not placeholders(sent, ""):
            continue
        known = standing(chunk.name, cells, namespace)
        if known is None:
            continue
        cell, old = known
        outline = cell.outline()
        if placeholders(sent, old.span.of(outline.source.text)):
            _refuse_doubtful(chunk, old, found)
            merged, notes = _merge(sent, chunk, outline, cell.name)
            splices.append((chunk.span, merged))
            notices.append(f"{chunk.name}: merged with the one of {cell.name} ({'; '.join(notes)})")
    if not splices:
        return Merged(text)
    return Merged(found.source.with_text(splice(veiled, splices)).plain, tuple(notices))


def _outline(text: str, left_out: Sequence[int]) -> tuple[Outline, str]:
    """Return what a cell defines, and its text with the magics veiled.

    A suite that is nothing but a comment does not parse: then a name stands in for each comment.
    """
    found = known_outline(*cell_source(Source(text)))
    if not found.error:
        return found, found.source.text
    comments = [(span, span.of(text)) for span in _comments(text, left_out)]
    stood_in = splice(text, [(span, "_" * len(comment)) for span, comment in comments])
    found = known_outline(*cell_source(Source(stood_in)))
    return found, splice(found.source.text, comments)


def _comments(text: str, lines: Sequence[int]) -> Iterator[Span]:
    """Yield the place of each comment that is all of one of these 0-based lines."""
    starts = line_starts(text)
    for start in (starts[number] for number in lines):
        match = re.compile(r"[ \t\f]*(#[^\r\n]*)").match(text, start)
        if match:
            yield Span(*match.span(1))


def _merge(sent: str, chunk: Chunk, outline: Outline, name: str) -> tuple[str, tuple[str, ...]]:
    from ipy_llm.source.writing import edit_document  # noqa: PLC0415 - few cells leave anything out

    edit = Replace(Address(document=name, name=chunk.name), sent)
    try:
        after, (touched,) = edit_document([edit], outline, name)
    except EditRejectedError as error:
        error.message = error.message.replace("nothing was written", "nothing was run")
        raise
    assert isinstance(after, Outline)
    merged = [one for one in after.chunks if one.name == chunk.name and one.is_definition][-1]
    return merged.span.of(after.source.text), touched.notes


def _refuse_doubtful(chunk: Chunk, old: Chunk, found: Outline) -> None:
    """Refuse a definition that is one of several in its cell, or stands at another depth than the old one."""
    count = sum(other.name == chunk.name for other in found.chunks)
    if count > 1:
        raise EditRejectedError(
            f"{chunk.name} is there {count} times, and leaves parts out; nothing was run",
            steps=["send the whole text"],
        )
    if chunk.indent != old.indent:
        raise EditRejectedError(
            f"{chunk.name} leaves parts out, and stood at another depth; nothing was run",
            steps=["send the whole text"],
        )
