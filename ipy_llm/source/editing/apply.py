"""Applying edits to a document: the text before, the text after, what each touched."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from ipy_llm.errors import EditRejectedError
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.editing.edits import (
    Applied,
    Edit,
    Lines,
    Touched,
)
from ipy_llm.source.editing.gate import (
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
from ipy_llm.source.editing.steps import Step, step_of
from ipy_llm.source.fitting.lines import line_splice, shifts
from ipy_llm.source.sent.slips import variants
from ipy_llm.source.structure.kept import outline_after
from ipy_llm.source.structure.magics import cell_source
from ipy_llm.source.structure.resolve import find_section, label, whole
from ipy_llm.source.structure.twins import as_one
from ipy_llm.source.target import Target
from ipy_llm.source.text import Span, indentation, splice, unify


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
    steps = [step_of(edit, before, document, rename=allow_removal) for edit in edits]
    try:
        return _finish(steps, before, document, allow_removal=allow_removal, target=target)
    except EditRejectedError:
        others = [_mended(edit, step, before, document) for edit, step in zip(edits, steps, strict=True)]
        if not any(others):
            raise
        chosen = [other or step for other, step in zip(others, steps, strict=True)]
        return _finish(chosen, before, document, allow_removal=allow_removal, target=target)


def _finish(
    steps: Sequence[Step],
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
        source, language = cell_source(source)
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


def _is_permit(step: Step, steps: Sequence[Step]) -> bool:
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


def _mended(edit: Edit, step: Step, before: Outline, document: str) -> Step | None:
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


def _at_one_indentation(step: Step, edit: Lines, before: Outline, document: str) -> Step | None:
    """Return lines moved to that of the lines they replace, else to the only one at which they fit."""
    assert step.chunk is not None
    found: list[Step] = []
    for text, replaced in shifts(step.text, edit.address, step.chunk, before):
        here = replace(step, text=text, notes=(*step.notes, "moved to the indentation that fits"))
        if _fits(here, before, document):
            if replaced:
                return here
            found.append(here)
    return found[0] if len(found) == 1 else None


def _fits(step: Step, before: Outline, document: str) -> bool:
    try:
        _finish([step], before, document, allow_removal=False)
    except EditRejectedError:
        return False
    return True


def _new_spans(ordered: Sequence[Step]) -> Iterator[Span]:
    """Yield where each step's text stands after all of them."""
    moved = 0
    for step in ordered:
        yield Span(step.span.start + moved, step.span.start + moved + len(step.text))
        moved += len(step.text) - (step.span.end - step.span.start)


def _touched(step: Step, new: Span, before: Outline, after: Outline, document: str) -> Touched:
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


def _is_outside(step: Step, chunk: Chunk, new: Span, after: Outline) -> bool:
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


def _find(step: Step, new: Span, before: Outline, after: Outline) -> Chunk | None:
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
