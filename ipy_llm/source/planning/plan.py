"""The shortest patch that turns a document into another, tried before it is given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ipy_llm.errors import EditRejectedError, IpyLlmError, ParseError
from ipy_llm.source.chunks import Chunk, Language, Outline
from ipy_llm.source.documents import Document
from ipy_llm.source.editing.apply import apply
from ipy_llm.source.editing.edits import Edit, edit_of
from ipy_llm.source.editing.gate import compile_gate, guarded, guarded_name, guarded_names, names_gate
from ipy_llm.source.fitting.literal import literal_document
from ipy_llm.source.fitting.place import delete
from ipy_llm.source.notebooks.cells import cell_name
from ipy_llm.source.notebooks.edits import edit_notebook
from ipy_llm.source.notebooks.notebook import Notebook, read_notebook
from ipy_llm.source.patch import Entry, escape, parse_patch
from ipy_llm.source.planning.compose import Piece, compose, named, pieces_of
from ipy_llm.source.planning.inline import substitutions
from ipy_llm.source.planning.shortest import cheapest
from ipy_llm.source.structure.resolve import label
from ipy_llm.source.text import Source, Span, digest, encode, splice, split_lines
from ipy_llm.source.tokens import Weigh, weigh
from ipy_llm.source.writing import create_document

_SLIDES = 8  # lines by which a deletion is moved to find one that is a chunk


@dataclass(frozen=True, slots=True)
class Plan:
    """A patch of one document, its last line ended; empty where there is nothing to do.

    With `removal` it needs the permission that `edit --allow-removal` gives.
    """

    text: str
    removal: bool = False


def plan(before: Document, after: Source, document: str, cost: Weigh = weigh) -> Plan:
    """Return the shortest patch we find that turns a document into `after`, byte for byte.

    `document` is how its entries name it, `cost` says what a text costs. Raises `EditRejectedError` where
    no patch comes to it: the new text does not compile, say.
    """
    if before.source == after:
        return Plan("")
    same = (before.source.encoding, before.source.bom) == (after.encoding, after.bom)
    if isinstance(before, Outline):
        if before.language == "python" and before.error is None:
            compile_gate(after, document)
        found = _by_lines(before, after, document, cost) if same else None
    else:
        found = _by_cells(before, after, document, cost) if same else None
    language = before.language if isinstance(before, Outline) else "notebook"
    return found or Plan(plan_deleted(document) + _literal(after, document, language))


def plan_new(after: Source, document: str, language: Language) -> Plan:
    """Return the patch that makes a document. Raises `EditRejectedError` where none does."""
    if language == "python":
        compile_gate(after, document)
    text = _entry(f"@@ create {named(document)}", after.text)
    return Plan(text if _creates(text, after, document, language) else _literal(after, document, language))


def plan_deleted(document: str) -> str:
    """Return the patch that deletes a document."""
    return f"@@ delete {named(document)}\n"


def _by_lines(before: Outline, after: Source, document: str, cost: Weigh) -> Plan | None:
    """Return the shortest patch of lines and parts of lines, None where none is right to the byte."""
    old, new = split_lines(before.source.text), split_lines(after.text)
    cuts = cheapest(old, new, cost)
    pieces = pieces_of(cuts, new)
    for chunks in (True, False):
        text = compose(pieces, (), before, document, cost, chunks=chunks)
        if chunks and len(cuts) == 1 and cuts[0].pairs:
            line = cuts[0].a
            text = min(text, *_without_digest(old[line], new[line], before, document, cost), key=cost)
        applied = _applied(text, before, document, removal=True)
        if applied is None or not _is(applied.source, after, before):
            continue
        if _passes(before, applied, document):
            return Plan(text)
        lines, names = _by_name(pieces, before, applied)
        permitted = compose(lines, names, before, document, cost, chunks=chunks)
        tried = _applied(permitted, before, document, removal=False)
        if tried is not None and _is(tried.source, after, before):
            return Plan(permitted)
        return Plan(text, removal=True)
    return None


def _by_cells(before: Notebook, after: Source, document: str, cost: Weigh) -> Plan | None:
    """Return the shortest patch of the texts of cells, None where more differs, or where none is right."""
    try:
        cells = read_notebook(after).cells
    except ParseError:
        return None
    if len(cells) != len(before.cells):
        return None
    text = ""
    for number, (cell, other) in enumerate(zip(before.cells, cells, strict=True)):
        if cell.text != other.text:
            old, new = split_lines(cell.text), split_lines(other.text)
            name = f"{'' if text else f'{document}::'}{cell_name(number)}"
            pieces = pieces_of(cheapest(old, new, cost), new)
            text += compose(pieces, (), cell.outline, name, cost, chunks=False)
    for removal in (False, True) if text else ():
        try:
            made, _ = edit_notebook(_edits(text, document), before, document, allow_removal=removal)
        except IpyLlmError:
            continue
        if made.source == after:
            return Plan(text, removal)
    return None


def _without_digest(old: str, new: str, before: Outline, document: str, cost: Weigh) -> list[str]:
    """Return `FILE old => new` where that turns one line into another and stands once in the document."""
    pairs = substitutions(old, new, cost, cost(f"@@ {document} =>"), within=before.source.text)
    return [f"@@ {named(document)} {pairs[0][0]} => {pairs[0][1]}".rstrip() + "\n"] if len(pairs) == 1 else []


def _by_name(pieces: Sequence[Piece], before: Outline, after: Outline) -> tuple[list[Piece], list[str]]:
    """Return the pieces, those left out that delete just chunks, and the names of all chunks that vanish."""
    missing = guarded_names(before) - guarded_names(after)
    gone: list[Chunk] = []
    # Of twins the one that is edited, if any is.
    for wanted in (pieces, ()):
        for chunk in guarded(before):
            owned = any(owner.span.holds(chunk.span) and owner.span != chunk.span for owner in gone)
            if missing[guarded_name(chunk)] and not owned and (not wanted or _is_cut(chunk, wanted, before)):
                missing[guarded_name(chunk)] -= 1
                gone.append(chunk)
    kept = [piece for piece in pieces if not _is_deletion_of(piece, gone, before)]
    for chunk in gone:
        # To delete what only came to stand elsewhere would cut it; beside an edit of it, it is the permission.
        if not _is_cut(chunk, [*pieces, *kept], before):
            line = before.line_of(chunk.code)
            text = before.source.text[before.starts[line - 1] : before.end_of_line(line)]
            kept.append(Piece(line, line, (text,)))
    return sorted(kept, key=lambda piece: piece.first), [label(chunk, before) for chunk in gone]


def _is_cut(chunk: Chunk, pieces: Sequence[Piece], before: Outline) -> bool:
    first, last = before.lines(chunk.span)
    return any(piece.first <= last and first <= piece.last for piece in pieces)


def _is_deletion_of(piece: Piece, gone: Sequence[Chunk], before: Outline) -> bool:
    """Say whether deleting chunks by name does just what a piece does, or the same some lines on."""
    if piece.body or piece.pair is not None:
        return False
    text, ends = before.source.text, (*before.starts[1:], len(before.source.text))
    rest = splice(text, [(Span(before.starts[piece.first - 1], ends[piece.last - 1]), "")])
    for slide in range(-_SLIDES, _SLIDES + 1):
        inside = [
            chunk
            for chunk in gone
            if piece.first + slide <= before.lines(chunk.span)[0]
            and before.lines(chunk.span)[1] <= piece.last + slide
        ]
        cuts = [delete(chunk, before)[:2] for chunk in inside]
        apart = all(one.end <= other.start for (one, _), (other, _) in pairwise(cuts))
        if inside and apart and splice(text, cuts) == rest:
            return True
    return False


def _applied(text: str, before: Outline, document: str, *, removal: bool) -> Outline | None:
    """Return what a patch of one document comes to, None where it is refused."""
    try:
        return apply(_edits(text, document), before, document, allow_removal=removal).outline
    except IpyLlmError:
        return None


def _edits(text: str, document: str) -> list[Edit]:
    """Return the edits of a patch of one document, as one that names it has them."""
    return [edit_of(_placed(entry, document).header, entry.text) for entry in parse_patch(text)]


def _placed(entry: Entry, document: str) -> Entry:
    """Return an entry whose document is named as such."""
    address = entry.header.address
    if address.name != document:
        return entry
    return replace(entry, header=replace(entry.header, address=replace(address, document=document, name="")))


def _is(source: Source, after: Source, before: Outline) -> bool:
    if source != after:
        return False
    try:
        encode(source, python=before.language == "python")
    except IpyLlmError:
        return False
    return True


def _passes(before: Outline, after: Outline, document: str) -> bool:
    try:
        names_gate(before, after, Counter(), document)
    except EditRejectedError:
        return False
    return True


def _literal(after: Source, document: str, language: Language) -> str:
    """Return the entry that makes a document of just this text. Raises `EditRejectedError`."""
    whole = f"\ufeff{after.text}" if after.bom else after.text
    text = _entry(f"@@ create {named(document)}@{digest(whole)}", whole)
    if not _creates(text, after, document, language):
        raise EditRejectedError(f"{document}: a patch cannot say its bytes")
    return text


def _entry(header: str, text: str) -> str:
    lines = text.removesuffix("\n").split("\n") if text else []
    return "".join(f"{line}\n" for line in (header, *map(escape, lines)))


def _creates(text: str, after: Source, document: str, language: Language) -> bool:
    python = language == "python"
    try:
        (entry,) = parse_patch(text)
        expected = entry.header.address.digest
        made = (
            Source(create_document(entry.text, language, document))
            if expected is None
            else literal_document(entry.text, expected, document, python=python)
        )
        encode(made, python=python)
    except IpyLlmError:
        return False
    return made == after
