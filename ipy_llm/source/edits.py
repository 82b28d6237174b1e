"""Edits, and applying them to a document: the text before, the new texts, the text after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

from ipy_llm.errors import EditRejectedError, ParseError, StaleError
from ipy_llm.source.address import Address, Header
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.fit import fit_chunk, fit_section
from ipy_llm.source.gate import compile_gate, names_gate
from ipy_llm.source.outline import outline
from ipy_llm.source.place import delete, insert
from ipy_llm.source.resolve import find_section, label, resolve
from ipy_llm.source.text import LINE_END, Span, newline_of, splice, split_lines, unify


@dataclass(frozen=True, slots=True)
class Replace:
    """Replace a whole chunk."""

    address: Address
    text: str


@dataclass(frozen=True, slots=True)
class Lines:
    """Replace lines of a chunk, or insert after one, literally."""

    address: Address
    text: str


@dataclass(frozen=True, slots=True)
class Substitute:
    """Replace the one place where `old` stands in a chunk."""

    address: Address
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Insert:
    """Insert a text before, after or into a chunk."""

    where: Literal["before", "after", "into"]
    address: Address
    text: str


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a chunk, or lines of one."""

    address: Address


@dataclass(frozen=True, slots=True)
class Create:
    """Make a new document."""

    address: Address
    text: str


Edit = Replace | Lines | Substitute | Insert | Delete | Create


@dataclass(frozen=True, slots=True)
class Touched:
    """A chunk as it stands after an edit: what was done, its target, digest, and first and last line."""

    verb: str
    target: str
    digest: str
    lines: tuple[int, int] | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """A document after its edits."""

    outline: Outline
    touched: tuple[Touched, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    span: Span
    text: str
    verb: str
    notes: tuple[str, ...]
    chunk: Chunk | None
    dropped: Counter[str] = field(default_factory=Counter)  # the names whose removal was asked for


def edit_of(header: Header, text: str) -> Edit:
    """Return the edit that a header and a body ask for. Raises `ParseError` where they do not fit."""
    address = header.address
    if header.substitution is not None:
        return Substitute(address, *header.substitution)
    if header.verb == "delete":
        return Delete(address)
    if header.verb == "create":
        return Create(address, text)
    if header.verb != "replace":
        if address.lines is not None:
            raise ParseError(
                f"`{header.verb}` takes a chunk, not lines; to insert after line 3 write ADDRESS:3+"
            )
        return Insert(header.verb, address, text)
    return Replace(address, text) if address.lines is None else Lines(address, text)


def apply(edits: Sequence[Edit], before: Outline, document: str, *, allow_removal: bool = False) -> Applied:
    """Apply edits that all mean the text `before`, and pass the result through the gate.

    `document` is how messages write the document. Raises an `IpyLlmError`; then nothing happened.
    """
    steps = [_step(edit, before, document, rename=allow_removal) for edit in edits]
    ordered = sorted(steps, key=lambda step: (step.span.start, step.span.end))
    for one, other in pairwise(ordered):
        if other.span.start < one.span.end:
            raise EditRejectedError(
                "two of the edits overlap; nothing was written", steps=["send them one by one"]
            )
    text = splice(before.source.text, [(step.span, step.text) for step in steps])
    if before.error is None:
        compile_gate(text, document)
    after = outline(before.source.with_text(text), python=before.python)
    if not allow_removal:
        names_gate(before, after, sum((step.dropped for step in steps), Counter[str]()), document)
    return Applied(after, tuple(_touched(step, ordered, before, after) for step in steps))


def check_digest(address: Address, chunk: Chunk, before: Outline) -> None:
    """Compare an address's digest with the chunk's. Raises `StaleError`."""
    now = before.digest(chunk.span)
    if address.digest is not None and address.digest != now:
        raise StaleError(
            f"{chunk.name or 'the document'} changed since it was shown: @{address.digest} is now @{now}",
            steps=[f"show {replace(address, digest=None, lines=None)}"],
        )


def _step(edit: Edit, before: Outline, document: str, *, rename: bool) -> _Step:
    text = before.source.text
    if isinstance(edit, Create):
        raise EditRejectedError(f"{document} exists already", steps=[f"into {document}"])
    if isinstance(edit, Insert):
        span, new = insert(edit.where, edit.address, edit.text, before, document)
        section = None
        if edit.address.section is not None:
            section = find_section(edit.address.target, before)
        return _Step(span, new, "inserted", (), section)
    chunk = resolve(edit.address, before, document)
    check_digest(edit.address, chunk, before)
    match edit:
        case Replace():
            whole = chunk.kind == "section"
            fitted = (
                fit_section(edit.text, chunk, before)
                if whole
                else fit_chunk(edit.text, chunk, before, rename=rename)
            )
            empty = whole and chunk.span.start == chunk.span.end
            new = fitted.text + newline_of(text) if empty and chunk.name else fitted.text
            return _Step(chunk.span, new, "replaced", fitted.notes, chunk)
        case Lines():
            return _Step(*_line_splice(edit.address, edit.text, chunk, before), "edited", (), chunk)
        case Substitute():
            return _Step(_only(edit, chunk, before), edit.new, "edited", (), chunk)
        case Delete():
            if edit.address.lines is not None:
                return _Step(*_line_splice(edit.address, None, chunk, before), "edited", (), chunk)
            span, new, notes = delete(chunk, before)
            asked = Counter(held.name for held in before.walk() if chunk.outer.holds(held.span))
            return _Step(span, new, "deleted", notes, chunk, asked)


def _line_splice(address: Address, sent: str | None, chunk: Chunk, before: Outline) -> tuple[Span, str]:
    """Return the splice for lines of a chunk; `sent` is literal, None deletes them."""
    text = before.source.text
    if address.digest is None:
        raise EditRejectedError(
            "lines need the digest they were shown with; nothing was written",
            steps=[f"show {replace(address, lines=None)}"],
        )
    assert address.lines is not None
    first, last = before.lines(chunk.span)
    count = last - first + 1
    lines = address.lines
    if lines.last > count:
        raise ParseError(f"{chunk.name or 'the document'} has {count} lines, not {lines.last}")
    newline = newline_of(chunk.span.of(text), text)
    body = None if sent is None else LINE_END.sub(newline, unify(sent).removesuffix("\n"))
    if body == "":
        raise ParseError("the text is empty; to remove lines, ask for it", steps=[f"delete {address}"])
    starts = (*before.starts, len(text))
    if lines.insert:
        if lines.first == 0:
            return Span(chunk.span.start, chunk.span.start), f"{body}{newline}"
        end = _end_of_line(first + lines.first - 1, before)
        return Span(end, end), f"{newline}{body}"
    start = chunk.span.start if lines.first == 1 else before.starts[first + lines.first - 2]
    if body is None:
        return Span(start, starts[first + lines.last - 1]), ""
    return Span(start, _end_of_line(first + lines.last - 1, before)), body


def _end_of_line(number: int, before: Outline) -> int:
    text = before.source.text
    if number >= len(before.starts):
        return len(text)
    return before.starts[number - 1] + len(
        split_lines(text[before.starts[number - 1] : before.starts[number]])[0]
    )


def _only(edit: Substitute, chunk: Chunk, before: Outline) -> Span:
    """Return where `old` stands in the chunk, or in one line of it. Raises unless it stands there once."""
    text = before.source.text
    span = chunk.span
    if edit.address.lines is not None:
        first = before.lines(span)[0]
        number = first + edit.address.lines.first - 1
        span = Span(before.starts[number - 1], _end_of_line(first + edit.address.lines.last - 1, before))
    places = []
    at = text.find(edit.old, span.start, span.end)
    while at >= 0:
        places.append(at)
        at = text.find(edit.old, at + 1, span.end)  # overlapping occurrences count as two
    name = chunk.name or "the document"
    if not places:
        raise EditRejectedError(
            f"`{edit.old}` does not stand in {name}; nothing was written", steps=[f"show {edit.address}"]
        )
    if len(places) > 1:
        first = before.lines(chunk.span)[0]
        numbers = [before.line_of(place) - first + 1 for place in places]
        raise EditRejectedError(
            f"`{edit.old}` stands {len(places)} times in {name}, on its lines {', '.join(map(str, numbers[:8]))}; say which",
            steps=[
                f"{replace(edit.address, digest=before.digest(chunk.span), lines=None)}:{numbers[0]} {edit.old} => {edit.new}"
            ],
        )
    return Span(places[0], places[0] + len(edit.old))


def _touched(step: _Step, ordered: Sequence[_Step], before: Outline, after: Outline) -> Touched:
    """Find the chunk of a step in the outline after all steps."""
    if step.verb == "deleted":
        assert step.chunk is not None
        return Touched("deleted", label(step.chunk, before), "", None, step.notes)
    moved = sum(
        len(other.text) - (other.span.end - other.span.start)
        for other in ordered
        if other.span.end <= step.span.start and other is not step
    )
    new = Span(step.span.start + moved, step.span.start + moved + len(step.text))
    chunk = _find(step, new, before, after)
    span = chunk.span if chunk else Span(0, len(after.source.text))
    target = label(chunk, after) if chunk else ""
    return Touched(step.verb, target, after.digest(span), after.lines(span), step.notes)


def _find(step: _Step, new: Span, before: Outline, after: Outline) -> Chunk | None:
    """Return the chunk of a step in the new outline; None is the whole document."""
    if step.chunk is None:
        return next((chunk for chunk in after.walk() if new.holds(chunk.span)), None)
    if step.chunk.kind == "section":
        return find_section(step.chunk.name, after)
    twins = [chunk for chunk in before.walk() if chunk.name == step.chunk.name]
    now = [chunk for chunk in after.walk() if chunk.name == step.chunk.name]
    if len(now) == len(twins):
        return now[twins.index(step.chunk)]
    return next((chunk for chunk in after.walk() if new.holds(chunk.span)), None)
