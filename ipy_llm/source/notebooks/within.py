"""Edits within a cell: as in any document, but that magics are veiled and a cell sent whole is taken as its lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ipy_llm.errors import EditRejectedError, IpyLlmError, ParseError
from ipy_llm.source.address import LineRange
from ipy_llm.source.chunks import Outline
from ipy_llm.source.editing.apply import apply
from ipy_llm.source.editing.edits import Edit, Insert, Lines, Replace, Touched
from ipy_llm.source.editing.gate import compile_gate
from ipy_llm.source.notebooks.percent import head_kind, is_bare_head
from ipy_llm.source.sent.reading import clean, refuse_placeholders
from ipy_llm.source.sent.words import strip_fence
from ipy_llm.source.structure.magics import cell_source, veil
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.structure.resolve import whole
from ipy_llm.source.text import Source, has_veil, reveal, split_lines


def edit_cell(
    edits: Sequence[Edit],
    before: Outline,
    name: str,
    kind: str = "code",
    *,
    python: bool = True,
    allow_removal: bool = False,
) -> tuple[Outline, tuple[Touched, ...]]:
    """Apply edits within a cell that all mean it as it is, and return it after them with what each touched.

    `name` is how messages write the cell, `kind` that of the notebook's format; `python` is one that the kernel
    runs. Raises an `IpyLlmError`.
    """
    if before.source.veiled and any(has_veil(str(edit)) for edit in edits):
        # the veil's own letters are meant: without it, then
        before = outline(replace(before.source, text=before.source.plain, veiled=False), before.language)
    try:
        fitted = [_fitted(edit, kind, before, name) for edit in edits]
        applied = apply(fitted, before, name, allow_removal=allow_removal)
        if python and not before.python:
            python_gate(applied.outline.source.text, name)
    except IpyLlmError as error:
        error.message = reveal(error.message)
        error.steps = tuple(map(reveal, error.steps))
        raise
    touched = [
        replace(one, verb="replaced") if isinstance(edit, Replace) else one
        for edit, one in zip(edits, applied.touched, strict=True)
    ]
    return applied.outline, tuple(touched)


def python_gate(text: str, name: str) -> None:
    """Compile a code cell that was not there, or was no Python. Raises `EditRejectedError`."""
    source, language = cell_source(Source(text))
    if language == "ipython":
        refuse_placeholders(source.text, "")
        compile_gate(source, name, language)


def _fitted(edit: Edit, kind: str, before: Outline, name: str) -> Edit:
    """Return an edit as the cell takes it: magics veiled, a whole cell as its lines."""
    if not isinstance(edit, (Replace, Insert)):
        return edit
    blank = not before.source.text.strip()
    if not edit.address.target and (isinstance(edit, Replace) or blank):
        if not edit.text.strip():
            raise ParseError("the text is empty; to remove the cell, ask for it", steps=[f"delete {name}"])
        return _as_lines(edit, kind, before, name)
    if not before.source.veiled:
        return edit
    sent = clean(edit.text)
    sent = strip_fence(sent) or sent
    veiled = veil(sent)
    if veiled is None and sent[:1] in {" ", "\t"}:
        veiled = veil(f"if 1:\n{sent}")
        veiled = None if veiled is None else veiled[len("if 1:\n") :]
    return replace(edit, text=sent if veiled is None else veiled)


def _as_lines(edit: Replace | Insert, kind: str, before: Outline, name: str) -> Lines:
    """Return the replacement of a whole cell as one of its lines; blank ones at its ends stay."""
    sent = clean(edit.text)
    sent = (strip_fence(sent) or sent) if kind == "code" else sent
    old = split_lines(whole(before).span.of(before.source.plain))
    filled = [number for number, line in enumerate(old, 1) if line.strip()] or [1, len(old)]
    head, _, rest = sent.partition("\n")
    sent_kind = head_kind(head)
    if sent_kind is not None and head_kind(old[filled[0] - 1]) is None and rest.strip():
        if sent_kind != kind and is_bare_head(head):
            raise EditRejectedError(
                f"{name} is a {kind} cell, and stays one; nothing was written",
                steps=[f"for a new cell: after {name}", f"without the old one: delete {name}"],
            )
        sent = rest.strip("\n") if is_bare_head(head) else sent
    if before.python:
        refuse_placeholders(veil(sent) or sent, before.source.plain)
    digest = edit.address.digest or before.digest(whole(before).span)
    lines = LineRange(filled[0], filled[-1])
    return Lines(replace(edit.address, digest=digest, lines=lines), sent)
