"""The gate: what a text must pass before a byte of it is written."""

from __future__ import annotations

import ast
import json
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace

from ipy_llm.errors import EditRejectedError
from ipy_llm.source.chunks import Chunk, Language, Outline
from ipy_llm.source.structure.resolve import label, whole
from ipy_llm.source.structure.syntax import parse
from ipy_llm.source.target import HOST, Target, Version
from ipy_llm.source.text import Source, Span, split_lines, unify


def compile_gate(
    source: Source,
    path: str,
    language: Language = "python",
    *,
    known: Version | None = None,
    target: Target | None = None,
) -> None:
    """Compile a whole document. Raises `EditRejectedError` with the line that does not.

    One in syntax newer than this Python passes where `known`, which the document needed before, or the
    project's `target` is as new.
    """
    text = source.text
    try:
        _compile(text, language)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, SyntaxError) and _is_newer(source, path, language, known, target):
            return
        line = getattr(error, "lineno", None)
        lines = split_lines(source.plain)
        shown = lines[line - 1].strip() if line and line <= len(lines) else ""
        where = f"{path}:{line}: " if line else f"{path}: "
        raise EditRejectedError(
            f"the edit would break the file; nothing was written. {where}{getattr(error, 'msg', error)}",
            steps=[f"  {shown}"] if shown else [],
        ) from error


def is_old(error: EditRejectedError, before: Source, after: Source, language: Language) -> bool:
    """Say whether what the compiler refuses in a text that parses was refused in the text before as well."""
    try:
        _compile(before.text, language)
    except (SyntaxError, ValueError) as old:
        try:
            parse(after.text)
        except SyntaxError:
            return False
        return isinstance(error.__cause__, SyntaxError) and error.__cause__.msg == getattr(old, "msg", None)
    return False


def _compile(text: str, language: Language) -> None:
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if language == "ipython" else 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Not under its own name: compile fills SyntaxError.text from the old file on disk.
        compile(text, "<edited>", "exec", flags, dont_inherit=True)


def _is_newer(
    source: Source, path: str, language: Language, known: Version | None, target: Target | None
) -> bool:
    """Say whether a text that does not compile is Python of a version that will do. Raises `EditRejectedError`."""
    from ipy_llm.source.damaged.newer import is_python, lower, refusal  # noqa: PLC0415 - where compiling failed

    lowered = lower(source.text)
    needs = lowered.needs
    if needs is None or needs.since <= HOST:
        return False
    try:
        _compile(lowered.text, language)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    if not is_python(source.text):
        return False
    if needs.since > max(known or HOST, target.version if target else HOST):
        raise refusal(needs, source, path, target)
    return True


def target_gate(before: Outline, after: Outline, new: Span, target: Target, path: str) -> None:
    """Read what an edit put somewhere as the project's oldest Python would. Raises `EditRejectedError`.

    Only what is certain: syntax that this Python says is newer, in the definition that holds the text, and not
    where the document has some already.
    """
    if target.version >= HOST or not after.python:
        return
    from ipy_llm.source.damaged.newer import refusal, too_new  # noqa: PLC0415 - where the project runs on older ones

    held = [chunk for chunk in after.walk() if chunk.span.holds(new) and not chunk.inline]
    span = (
        Span(after.starts[after.line_of(held[-1].code) - 1], held[-1].span.end)
        if held
        else whole(after).outer
    )
    found = too_new(span.of(after.source.text), target)
    if found is not None and too_new(before.source.text, target) is None:
        at = None if found.at is None else found.at + span.start
        raise refusal(replace(found, at=at), after.source, path, target)


def format_gate(before: Source, after: Source, path: str, language: Language) -> None:
    """Read JSON or TOML that was whole before. Raises `EditRejectedError` where it no longer is."""
    if language not in {"json", "toml"} or _wrong(before.text, language) is not None:
        return
    wrong = _wrong(after.text, language)
    if wrong is not None:
        raise EditRejectedError(
            f"the edit would break the {language.upper()}; nothing was written. {path}: {wrong}"
        )


def _wrong(text: str, language: Language) -> str | None:
    """Return what is wrong with a JSON or TOML text, if anything is."""
    try:
        if language == "json":
            json.loads(text)
        elif sys.version_info >= (3, 11):
            import tomllib  # noqa: PLC0415 - costs 3 ms, and few edits are of TOML

            tomllib.loads(unify(text))
    except (ValueError, RecursionError) as error:
        return str(error)
    return None


def damage_gate(before: Outline, old: Span, after: Outline, new: Span, document: str) -> None:
    """Compare the damages of a document that does not parse. Raises `EditRejectedError` for one that is new.

    `old` is what the edit replaced, `new` what it put there. Where the old text held a damage, the new may be
    a step to its mending; where it did not, the new may hold none.
    """
    assert after.damage is not None
    if before.damage is not None and _touches(before.damage.perhaps, before, old):
        return
    broken = [number for number in sorted(after.damage.surely) if _touches({number}, after, new)]
    if broken and new.start < new.end:
        shown = split_lines(after.source.plain)[broken[0] - 1].strip()
        raise EditRejectedError(
            f"the new text is broken at line {broken[0]} of {document or 'the document'}; nothing was written",
            steps=[f"  {shown}"] if shown else [],
        )


def _touches(lines: AbstractSet[int], outline: Outline, span: Span) -> bool:
    first, last = outline.lines(span)
    return any(first <= line <= last for line in lines)


def mended(after: Outline) -> str:
    """Say what became of a document that did not parse and does now."""
    try:
        compile_gate(after.source, "", after.language)
    except EditRejectedError as error:  # not the edit's: what does not parse is not compiled further
        return f"the file parses again; line {error.message.rpartition('nothing was written. :')[2]}"
    return "the file compiles again"


def names_gate(before: Outline, after: Outline, dropped: Counter[str], document: str) -> None:
    """Compare the names of two outlines. Raises `EditRejectedError` for one that nobody asked to remove.

    `dropped` counts the names whose deletion was asked for. A definition that would hide another of its
    name, and a section whose markers would no longer fit, are refused as well.
    """
    old, new = guarded_names(before), guarded_names(after)
    prefix = document and f"{document}::"
    missing = old - new - dropped
    if missing and after.damage is not None:
        names = ", ".join(sorted(missing)[:5]) + " ..." * (len(missing) > 5)
        raise EditRejectedError(
            f"after the edit it would not be certain where {names} stands: {after.error}; nothing was written"
        )
    if missing:
        chunks = [chunk for chunk in guarded(before) if guarded_name(chunk) in missing]
        lost = _outermost(chunks, before)
        gained = sorted(new - old)
        added = f" and add {', '.join(gained[:3])}" if gained else ""
        more = f" and {len(lost) - 5} more" if len(lost) > 5 else ""
        steps = [
            "if that is meant, say --allow-removal, or first:",
            *(f"  delete {prefix}{name}" for name in lost[:5]),
        ]
        if len(lost) == len(gained) == 1:
            steps = ["to rename: the same with --allow-removal"]
        elif dropped or any(chunk.kind == "assignment" and _shared(chunk, before) for chunk in chunks):
            steps = ["if that is meant: the same with --allow-removal"]
        raise EditRejectedError(
            f"the edit would remove {', '.join(lost[:5])}{more}{added}; nothing was written", steps=steps
        )
    plain, was = (Counter(map(_plain_definition, guarded(one))) for one in (after, before))
    for name, count in plain.items():
        if before.damage is not None and name.rpartition(".")[2] in before.damage.words:
            continue  # it stood there, unseen
        if name and count > max(1, was[name]):
            raise EditRejectedError(
                f"the edit would define {name} twice; nothing was written",
                steps=[f"to replace it: {prefix}{name}"],
            )
    for name, wrong in after.problems.items():
        if name not in before.problems:
            raise EditRejectedError(f"the edit would break section {name}: {wrong}; nothing was written")


def lost_names(before: Outline, after: Outline) -> list[str]:
    """Return what `before` defines and `after` does not, without what went with what holds it."""
    missing = guarded_names(before) - guarded_names(after)
    return _outermost([chunk for chunk in guarded(before) if guarded_name(chunk) in missing], before)


def _outermost(chunks: list[Chunk], outline: Outline) -> list[str]:
    inner = [one for one in chunks if any(c.span != one.span and c.span.holds(one.span) for c in chunks)]
    return [label(chunk, outline) for chunk in chunks if chunk not in inner]


def _shared(chunk: Chunk, outline: Outline) -> bool:
    """Say whether a statement binds other names too, so that they cannot go one by one."""
    return any(other.span == chunk.span and other is not chunk for other in outline.walk())


def _plain_definition(chunk: Chunk) -> str:
    """Return the name of a definition that hides another of that name: no decorator, under no branch."""
    plain = chunk.is_definition and not chunk.guard and chunk.decorators == chunk.code
    return chunk.name if plain else ""


def guarded_names(outline: Outline) -> Counter[str]:
    """Count the names that must not vanish: definitions at any depth of classes, and assignments there.

    Functions inside functions do not count, nor do imports.
    """
    return Counter(map(guarded_name, guarded(outline)))


def guarded(outline: Outline) -> Iterator[Chunk]:
    """Yield the chunks whose names must not vanish; the variables of a notebook's cell may."""
    of_cell = outline.language == "ipython"
    pending = [one for one in reversed(outline.chunks) if not (of_cell and one.kind == "assignment")]
    while pending:
        chunk = pending.pop()
        yield chunk
        if chunk.kind == "class":
            pending += reversed(chunk.children)


def guarded_name(chunk: Chunk) -> str:
    """Return the name a chunk is counted by: a property's setter does not make up for its getter."""
    return f"{chunk.name}.{chunk.accessor}" if chunk.accessor in {"setter", "deleter"} else chunk.name
