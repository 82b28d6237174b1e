"""What one edit comes to in a text: the span it takes and what stands there after it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from ipy_llm.errors import EditRejectedError, ParseError, StaleError
from ipy_llm.source.address import is_digest
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.editing.edits import (
    Create,
    Delete,
    Edit,
    Hunks,
    Insert,
    Lines,
    Replace,
    Substitute,
    written,
)
from ipy_llm.source.editing.gate import (
    guarded_name,
)
from ipy_llm.source.fitting.fit import fit_section
from ipy_llm.source.fitting.lines import excerpt, line_splice, only_place, reading
from ipy_llm.source.fitting.merge import fit_replacement
from ipy_llm.source.fitting.place import delete, insert, listed, refuse_orphans
from ipy_llm.source.sent.blocks import place
from ipy_llm.source.sent.received import as_hunks, understood
from ipy_llm.source.sent.slips import reads, understand
from ipy_llm.source.structure.resolve import find_section, resolve, sections_in, whole
from ipy_llm.source.text import Span, newline_of


@dataclass(frozen=True, slots=True)
class Step:
    """One edit in the text before: what it takes, what it puts there, and what may go for it."""

    span: Span
    text: str
    verb: str
    notes: tuple[str, ...]
    chunk: Chunk | None  # the one replaced or edited, or a section that was inserted into
    dropped: Counter[str] = field(default_factory=Counter)  # the names whose removal was asked for


def check_digest(edit: Edit, chunk: Chunk, before: Outline) -> None:
    """Compare the digest of an edit's address with the chunk's. Raises `StaleError` with the lines as they are."""
    given, now = edit.address.digest, before.digest(chunk.span)
    if given is None or given == now:
        return
    name = chunk.name or "the document"
    others = [other for other in (*before.walk(), whole(before)) if before.digest(other.span) == given]
    said = f"{name} changed since it was shown: @{given} is now @{now}"
    if not is_digest(given):
        said = f"a digest is four hex digits, not @{given}; {name} is @{now}"
    elif others:
        said = f"@{given} is of {others[0].name or 'the document'}; {name} is @{now}"
    again = written(edit, replace(edit.address, digest=now))
    raise StaleError(said, steps=[*excerpt(edit.address, chunk, before), f"if it is still meant: {again}"])


def step_of(edit: Edit, before: Outline, document: str, *, rename: bool) -> Step:
    """Return what an edit comes to. Raises an `IpyLlmError` where it has no place, or its text is none for it."""
    if isinstance(edit, Create):
        raise EditRejectedError(f"{document} exists already", steps=[f"into {document}"])
    if isinstance(edit, Insert):
        return _insert(edit, before, document)
    chunk = resolve(edit.address, before, document)
    check_digest(edit, chunk, before)
    match edit:
        case Replace():
            return _replace(edit, chunk, before, document, rename=rename)
        case Lines():
            return Step(*line_splice(edit.address, edit.text, chunk, before), "edited", (), chunk)
        case Substitute():
            old, new = reading(edit.old, edit.new, chunk, before)
            span = only_place(edit.address, old, new, chunk, before)
            return Step(span, new, "edited", (), chunk)
        case Hunks():
            return Step(*place(edit.hunks, chunk, edit.address, before), "edited", (), chunk)
        case Delete():
            if edit.address.lines is not None:
                span, new = line_splice(edit.address, None, chunk, before)
                # It may have been meant for the last line.
                told = ("the file ends without a newline now",) if span.start == chunk.span.end else ()
                return Step(span, new, "edited", told, chunk)
            refuse_orphans(chunk, before, document)
            span, new, notes = delete(chunk, before)
            notes = (*notes, *listed(chunk, before))
            # Not what the same statement binds beside it: of `a = b = 1` only one was asked for.
            held = Counter(
                guarded_name(held)
                for held in before.walk()
                if held is chunk
                or (chunk.outer.holds(held.span) and (held.span != chunk.span or chunk.kind == "section"))
            )
            if before.language == "markdown":
                under = [one.name for one in sections_in(chunk, before)]
                notes = (*notes, f"with {', '.join(under)}") if under else notes
            return Step(span, new, "deleted", notes, chunk, held)


def _insert(edit: Insert, before: Outline, document: str) -> Step:
    if edit.address.digest is not None:
        check_digest(edit, resolve(edit.address, before, document), before)
    text, notes = edit.text, tuple[str, ...]()
    if before.python and edit.address.section != "docstring":
        text, notes = understand(text)
    span, new = insert(edit.where, edit.address, text, before, document)
    section = None
    if edit.where == "into" and edit.address.section is not None:
        target = edit.address.target
        section = find_section(target, before) or replace(whole(before), name=target)
    return Step(span, new, "inserted", notes, section)


def _replace(edit: Replace, chunk: Chunk, before: Outline, document: str, *, rename: bool) -> Step:
    if not edit.text.strip():
        raise ParseError(
            "the text is empty; to remove the chunk, ask for it", steps=[f"delete {edit.address}"]
        )
    sent, notes = understood(edit.text, chunk, before)
    if before.python and not reads(sent):
        change = as_hunks(edit.text, edit.address, chunk, before)
        if change is not None:
            return Step(*change, "edited", (), chunk)
    if chunk.kind != "section":
        fitted = fit_replacement(sent, chunk, before, document, rename=rename)
        return Step(chunk.span, fitted.text, "replaced", (*notes, *fitted.notes), chunk)
    fitted = fit_section(sent, chunk, before, document)
    if not rename and before.language == "markdown" and chunk.name:
        from ipy_llm.source.structure.prose import refuse_lost_headings  # noqa: PLC0415 - a cold start would pay 2 ms

        refuse_lost_headings(fitted.text, chunk, before)
    text = before.source.text
    empty = chunk.span.start == chunk.span.end and (chunk.name or not text)
    new = fitted.text + newline_of(text) if empty else fitted.text
    # Of twins sent as one it is asked that one at least is left.
    name = chunk.name.removesuffix("[*]")
    fewer = Counter(
        {name: sum(held.name == name for held in before.walk()) - 1} if name != chunk.name else {}
    )
    return Step(chunk.span, new, "replaced", (*notes, *fitted.notes), chunk, fewer)
