"""Edits, and applying them to a document: the text before, the new texts, the text after."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

from ipy_llm.errors import EditRejectedError, ParseError, StaleError
from ipy_llm.source.address import Address, Header, LineRange, is_digest
from ipy_llm.source.blocks import Hunk, place
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.fit import fit_section
from ipy_llm.source.gate import (
    compile_gate,
    damage_gate,
    format_gate,
    guarded_name,
    guarded_names,
    is_old,
    mended,
    names_gate,
    target_gate,
)
from ipy_llm.source.kept import outline_after
from ipy_llm.source.lines import excerpt, line_splice, only_place, reading, shifts
from ipy_llm.source.magics import cell_source
from ipy_llm.source.merge import fit_replacement
from ipy_llm.source.place import delete, insert, listed, refuse_orphans
from ipy_llm.source.received import as_hunks, understood
from ipy_llm.source.resolve import find_section, label, resolve, sections_in, whole
from ipy_llm.source.slips import reads, understand, variants
from ipy_llm.source.target import Target
from ipy_llm.source.text import Span, indentation, newline_of, splice, unify
from ipy_llm.source.twins import as_one


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
class Hunks:
    """Replace lines where they stand, each run of them once in a chunk."""

    address: Address
    hunks: tuple[Hunk, ...]


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


Edit = Replace | Lines | Substitute | Hunks | Insert | Delete | Create


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
    chunk: Chunk | None  # the one replaced or edited, or a section that was inserted into
    dropped: Counter[str] = field(default_factory=Counter)  # the names whose removal was asked for


def edit_of(header: Header, text: str) -> Edit:
    """Return the edit that a header and a body ask for. Raises `ParseError` where they do not fit."""
    address = header.address
    if header.substitution is not None:
        if text.strip():
            raise ParseError("`old => new` takes no text below it; send one or the other")
        return Substitute(address, *header.substitution)
    if header.verb == "delete":
        if text.strip():
            raise ParseError("`delete` takes no text below it; send one or the other")
        return Delete(address)
    if header.verb == "create":
        return Create(address, text)
    if header.verb != "replace":
        if address.lines is not None:
            last = address.lines.first - (header.verb == "before")
            plain = replace(address, lines=LineRange(last, last, insert=True))
            raise ParseError(f"`{header.verb}` takes a chunk, not lines", steps=[f"to insert lines: {plain}"])
        return Insert(header.verb, address, text)
    return Replace(address, text) if address.lines is None else Lines(address, text)


def apply(
    edits: Sequence[Edit],
    before: Outline,
    document: str,
    *,
    allow_removal: bool = False,
    target: Target | None = None,
) -> Applied:
    """Apply edits that all mean the text `before`, and pass the result through the gate.

    `document` is how messages write the document, `target` the oldest Python that must read it. Raises an `IpyLlmError`; then nothing happened.
    """
    once = list(dict.fromkeys(edits))
    if len(once) < len(edits):  # the same entry twice asks for the same thing
        applied = apply(once, before, document, allow_removal=allow_removal, target=target)
        return Applied(applied.outline, tuple(applied.touched[once.index(edit)] for edit in edits))
    steps = [_step(edit, before, document, rename=allow_removal) for edit in edits]
    try:
        return _finish(steps, before, document, allow_removal=allow_removal, target=target)
    except EditRejectedError:
        mended = [_mended(edit, step, before, document) for edit, step in zip(edits, steps, strict=True)]
        if not any(mended):
            raise
        chosen = [other or step for other, step in zip(mended, steps, strict=True)]
        return _finish(chosen, before, document, allow_removal=allow_removal, target=target)


def written(edit: Edit, address: Address) -> str:
    """Return the header that asks for an edit, at another address."""
    match edit:
        case Insert():
            return f"{edit.where} {address}"
        case Delete():
            return f"delete {address}"
        case Substitute():
            return f"{address} {edit.old} => {edit.new}"
    return str(address)


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


def _finish(
    steps: Sequence[_Step],
    before: Outline,
    document: str,
    *,
    allow_removal: bool,
    target: Target | None = None,
) -> Applied:
    # `delete Cart.legacy` beside an edit that drops it is the permission to, no cut of its own.
    permits = [step for step in steps if _is_permit(step, steps)]
    ordered = [step for step in steps if step not in permits]
    ordered.sort(key=lambda step: (step.span.start, step.span.end))
    for one, other in pairwise(ordered):
        if other.span.start < one.span.end:
            names = " and ".join(step.chunk.name if step.chunk else step.verb for step in (one, other))
            raise EditRejectedError(
                f"two of the edits overlap ({names}); nothing was written", steps=["send them one by one"]
            )
    cuts = [(step.span, step.text) for step in ordered]
    source = before.source.with_text(splice(before.source.text, cuts))
    language = before.language
    if language == "ipython":
        source, language = cell_source(source.plain)
    if before.error is None and language == before.language:
        try:
            compile_gate(source, document, language, known=before.needs, target=target)
        except EditRejectedError as error:
            if not is_old(error, before.source, source, language):
                raise
    format_gate(before.source, source, document, before.language)
    after = outline_after(before, cuts, source, language)
    for step in permits:
        if step.chunk is not None and _count(step.chunk, after) >= _count(step.chunk, before):
            raise EditRejectedError(
                f"{step.chunk.name} is to be deleted, and edited; nothing was written",
                steps=["send one or the other"],
            )
    new_spans = list(_new_spans(ordered))
    if after.damage is not None:
        for step, new in zip(ordered, new_spans, strict=True):
            damage_gate(before, step.span, after, new, document)
    if target is not None:
        for new in new_spans:
            target_gate(before, after, new, target, document)
    if not allow_removal:
        names_gate(before, after, sum((step.dropped for step in steps), Counter[str]()), document)
    spans = dict(zip(map(id, ordered), new_spans, strict=True))
    touched = tuple(_touched(step, spans.get(id(step), step.span), before, after, document) for step in steps)
    return Applied(after, touched)


def _is_permit(step: _Step, steps: Sequence[_Step]) -> bool:
    chunk = step.chunk
    return step.verb == "deleted" and any(
        other.verb in {"replaced", "edited"}
        and chunk
        and other.span.start < chunk.outer.end
        and chunk.outer.start < other.span.end
        for other in steps
    )


def _count(chunk: Chunk, outline: Outline) -> int:
    """Return how many chunks of an outline have a chunk's name."""
    if chunk.kind == "section":
        return int(find_section(chunk.name, outline) is not None)
    return sum(guarded_name(other) == guarded_name(chunk) for other in outline.walk())


def _mended(edit: Edit, step: _Step, before: Outline, document: str) -> _Step | None:
    """Return lines that do not fit by themselves as they fit: without slips, at the one indentation."""
    if (
        not isinstance(edit, Lines)
        or step.chunk is None
        or before.error is not None
        or _fits(step, before, document)
    ):
        return None
    texts = [step.text]
    for text in variants(unify(edit.text).removesuffix("\n")):
        texts.append(line_splice(edit.address, text, step.chunk, before)[1])
        if _fits(replace(step, text=texts[-1]), before, document):
            return replace(step, text=texts[-1])
    if (
        edit.address.lines
        and edit.address.lines.insert
        and step.chunk.is_definition
        and re.search(rf"\b(?:def|class) {step.chunk.name.rpartition('.')[2]}\b", step.text)
    ):
        return None  # a twin of the chunk itself was not meant to stand in it
    if edit.address.lines and edit.address.lines.insert and _opens_beside(edit.text, step.chunk):
        return None  # nor a definition that stands where one beside the chunk would
    moved = (_at_one_indentation(replace(step, text=text), edit, before, document) for text in texts)
    return next((found for found in moved if found is not None), None)


def _opens_beside(text: str, chunk: Chunk) -> bool:
    """Say whether lines begin with a definition no further in than a definition they are inserted into."""
    first = next((line for line in unify(text).split("\n") if line.strip()), "")
    # Decorators alone are for what stands below them.
    opens = re.match(r"\s*(?:@.*\n\s*)*(?:class|def|async\s+def)\b", text)
    return chunk.is_definition and opens is not None and chunk.indent.startswith(indentation(first))


def _at_one_indentation(step: _Step, edit: Lines, before: Outline, document: str) -> _Step | None:
    """Return lines moved to that of the lines they replace, else to the only one at which they fit."""
    assert step.chunk is not None
    found: list[_Step] = []
    for text, replaced in shifts(step.text, edit.address, step.chunk, before):
        here = replace(step, text=text, notes=(*step.notes, "moved to the indentation that fits"))
        if _fits(here, before, document):
            if replaced:
                return here
            found.append(here)
    return found[0] if len(found) == 1 else None


def _fits(step: _Step, before: Outline, document: str) -> bool:
    try:
        _finish([step], before, document, allow_removal=False)
    except EditRejectedError:
        return False
    return True


def _step(edit: Edit, before: Outline, document: str, *, rename: bool) -> _Step:
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
            return _Step(*line_splice(edit.address, edit.text, chunk, before), "edited", (), chunk)
        case Substitute():
            old, new = reading(edit.old, edit.new, chunk, before)
            span = only_place(edit.address, old, new, chunk, before)
            return _Step(span, new, "edited", (), chunk)
        case Hunks():
            return _Step(*place(edit.hunks, chunk, edit.address, before), "edited", (), chunk)
        case Delete():
            if edit.address.lines is not None:
                span, new = line_splice(edit.address, None, chunk, before)
                # It may have been meant for the last line.
                told = ("the file ends without a newline now",) if span.start == chunk.span.end else ()
                return _Step(span, new, "edited", told, chunk)
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
            return _Step(span, new, "deleted", notes, chunk, held)


def _insert(edit: Insert, before: Outline, document: str) -> _Step:
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
    return _Step(span, new, "inserted", notes, section)


def _replace(edit: Replace, chunk: Chunk, before: Outline, document: str, *, rename: bool) -> _Step:
    if not edit.text.strip():
        raise ParseError(
            "the text is empty; to remove the chunk, ask for it", steps=[f"delete {edit.address}"]
        )
    sent, notes = understood(edit.text, chunk, before)
    if before.python and not reads(sent):
        change = as_hunks(edit.text, edit.address, chunk, before)
        if change is not None:
            return _Step(*change, "edited", (), chunk)
    if chunk.kind != "section":
        fitted = fit_replacement(sent, chunk, before, document, rename=rename)
        return _Step(chunk.span, fitted.text, "replaced", (*notes, *fitted.notes), chunk)
    fitted = fit_section(sent, chunk, before, document)
    if not rename and before.language == "markdown" and chunk.name:
        from ipy_llm.source.prose import refuse_lost_headings  # noqa: PLC0415 - a cold start would pay 2 ms

        refuse_lost_headings(fitted.text, chunk, before)
    text = before.source.text
    empty = chunk.span.start == chunk.span.end and (chunk.name or not text)
    new = fitted.text + newline_of(text) if empty else fitted.text
    # Of twins sent as one it is asked that one at least is left.
    name = chunk.name.removesuffix("[*]")
    fewer = Counter(
        {name: sum(held.name == name for held in before.walk()) - 1} if name != chunk.name else {}
    )
    return _Step(chunk.span, new, "replaced", (*notes, *fitted.notes), chunk, fewer)


def _new_spans(ordered: Sequence[_Step]) -> Iterator[Span]:
    """Yield where each step's text stands after all of them."""
    moved = 0
    for step in ordered:
        yield Span(step.span.start + moved, step.span.start + moved + len(step.text))
        moved += len(step.text) - (step.span.end - step.span.start)


def _touched(step: _Step, new: Span, before: Outline, after: Outline, document: str) -> Touched:
    """Find the chunk of a step in the outline after all steps."""
    if step.verb == "deleted":
        assert step.chunk is not None
        return Touched("deleted", label(step.chunk, before), "", None, step.notes)
    chunk = _find(step, new, before, after)
    if step.verb == "edited" and step.chunk is not None and _is_outside(step, step.chunk, new, after):
        raise EditRejectedError(
            f"the lines would stand outside {step.chunk.name}; nothing was written",
            steps=[f"to insert beside it: after {document and document + '::'}{label(step.chunk, before)}"],
        )
    notes = step.notes
    if step.verb == "replaced" and step.chunk is not None:
        here = {guarded_name(held) for held in after.walk() if new.holds(held.span)}
        added = [
            name
            for name in guarded_names(after) - guarded_names(before)
            if chunk and name != chunk.name and name in here
        ]
        if added and step.chunk.name:
            notes = (*notes, f"added {', '.join(added[:5])}{' ...' * (len(added) > 5)}")
    if before.damage is not None:
        notes = (*notes, f"still broken: {after.error}" if after.error else mended(after))
    span = chunk.span if chunk else whole(after).span
    target = label(chunk, after) if chunk else ""
    return Touched(step.verb, target, after.digest(span), after.lines(span), notes)


def _is_outside(step: _Step, chunk: Chunk, new: Span, after: Outline) -> bool:
    """Say whether edited lines of a definition ended up outside it; not where it bears another name now."""
    now = [other for other in after.walk() if other.name == chunk.name]
    filled = _filled(new, after)
    inserted = step.span.start == step.span.end
    return (
        chunk.is_definition
        and bool(now and step.text.strip())
        and not any(other.span.holds(filled) and not (inserted and new.holds(other.span)) for other in now)
    )


def _filled(span: Span, outline: Outline) -> Span:
    """Return a span without the white space at its ends."""
    text = span.of(outline.source.text)
    start = span.start + len(text) - len(text.lstrip())
    return Span(start, max(start, span.start + len(text.rstrip())))


def _find(step: _Step, new: Span, before: Outline, after: Outline) -> Chunk | None:
    """Return the chunk of a step in the new outline; None is the whole document."""
    if step.chunk is not None and step.chunk.name.endswith("[*]"):
        now = [chunk for chunk in after.walk() if chunk.name == step.chunk.name.removesuffix("[*]")]
        return as_one(now, after) or (now[0] if now else None)
    if step.chunk is not None and step.chunk.kind == "section":
        return find_section(step.chunk.name, after)
    if step.chunk is not None:
        twins = [chunk for chunk in before.walk() if chunk.name == step.chunk.name]
        now = [chunk for chunk in after.walk() if chunk.name == step.chunk.name]
        if len(now) == len(twins):
            return now[twins.index(step.chunk)]
    headings = after.sections if after.language == "markdown" else ()
    inserted = next((chunk for chunk in (*after.walk(), *headings) if new.holds(chunk.outer)), None)
    around = [chunk for chunk in after.walk() if chunk.span.holds(_filled(new, after))]
    return inserted or (around[-1] if around else None)
