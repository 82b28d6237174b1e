"""Fitting: a text as a model sent it becomes the text that stands in the file."""

from __future__ import annotations

import ast
import difflib
from dataclasses import dataclass

from ipy_llm.errors import EditRejectedError, ParseError
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.fitting.partial import Asked, not_the_chunk, refuse_more
from ipy_llm.source.fitting.wrapped import unwrap, without_imports
from ipy_llm.source.sent.reading import (
    clean,
    definition_names,
    parse_suite,
    refuse_placeholders,
    side_comment,
)
from ipy_llm.source.sent.reindent import read_layout, reindent
from ipy_llm.source.structure.resolve import is_given, whole
from ipy_llm.source.structure.syntax import DEFINITIONS, bound_names, is_import, is_main, is_string, parse
from ipy_llm.source.text import LINE_END, indentation, newline_of, unify

__all__ = ["Fitted", "clean", "fit_chunk", "fit_main", "fit_new", "fit_section", "step_of"]


@dataclass(frozen=True, slots=True)
class Fitted:
    """Text ready to be spliced, with what a model should know about how it was fitted."""

    text: str
    notes: tuple[str, ...] = ()
    is_definition: bool = False  # it opens with a function or class


def fit_chunk(
    sent: str, chunk: Chunk, outline: Outline, document: str = "", *, rename: bool = False
) -> Fitted:
    """Fit a replacement for a function, class or assignment.

    Its decorators and attached comment stay unless the text brings its own; its indentation becomes the
    chunk's. With `rename` the text may define another name. Raises `ParseError` where the text does not
    parse, `EditRejectedError` where it is not the whole chunk.
    """
    old = chunk.span.of(outline.source.text)
    code = clean(sent)
    if chunk.inline:
        return _fit_inline(code, chunk, outline, document)
    code, moved = normalise(code, chunk, outline, document)
    notes = list(moved)
    body, shift = parse_suite(code)
    refuse_placeholders(code, old)
    name = chunk.name.rpartition(".")[2]
    found = [node for node in body if name in bound_names(node)]
    named = (
        definition_names(body) if chunk.is_definition else [one for node in body for one in bound_names(node)]
    )
    if not found and not (rename and named):
        raise not_the_chunk(body, Asked(chunk, outline, document))
    if chunk.is_definition:
        refuse_more(body, found, Asked(chunk, outline, document))
    node = found[0] if found else next(node for node in body if bound_names(node))
    lines = code.split("\n")
    decorators = getattr(node, "decorator_list", [])
    at = min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1 - shift
    if chunk.decorators < chunk.code and not decorators:
        kept = unify(outline.source.text[chunk.decorators : chunk.code]).split("\n")[:-1]
        lines[at:at] = kept
        notes.append("kept " + ", ".join(line.strip() for line in kept if line.strip().startswith("@")))
    above = {lines[0], lines[max(at - 1, 0)]}
    if chunk.span.start < chunk.decorators and not any(line.lstrip().startswith("#") for line in above):
        lines[at:at] = unify(outline.source.text[chunk.span.start : chunk.decorators]).split("\n")[:-1]
        notes.append("kept the comment above it")
    header = outline.source.text[chunk.code : outline.end_of_line(outline.line_of(chunk.code))]
    dropped = side_comment(header)
    if dropped and dropped not in code:
        notes.append(f"dropped `{dropped}`")
    return Fitted(restore_line_ends("\n".join(lines), old, outline.source.text), tuple(notes))


def normalise(sent: str, chunk: Chunk, outline: Outline, document: str = "") -> tuple[str, tuple[str, ...]]:
    """Return a text for a chunk at its indentation, and notes: without its class around it or imports above it.

    Raises `ParseError` where it does not parse, `EditRejectedError` for an import that does not stand yet.
    """
    notes: list[str] = []
    step = step_of(outline, chunk)
    code = _restore_first_indent(clean(sent), chunk.indent, step, notes)
    if chunk.is_definition:
        code = unwrap(code, chunk.name)
        code, more = without_imports(code, chunk, outline, document)
        notes += more
    return _reindent(code, unify(chunk.span.of(outline.source.text)), chunk.indent, step), tuple(notes)


def fit_section(sent: str, section: Chunk, outline: Outline, document: str = "") -> Fitted:
    """Fit a replacement for a section or a whole document: its first line goes where the markers stand."""
    old = section.span.of(outline.source.text)
    code = clean(sent)
    notes: tuple[str, ...] = ()
    if not outline.python:
        text = code
    elif is_given(section, "main", outline):
        text = fit_main(code, outline)
    else:
        _refuse_placeholders(code, old, section, outline, document)
        if is_given(section, "docstring", outline):
            quoted = as_docstring(code)
            notes = ("put it in quotes",) if quoted != code else ()
            code = quoted
        elif is_given(section, "imports", outline) and not any(map(is_import, parse_suite(code)[0])):
            raise EditRejectedError(
                "the text imports nothing; #imports are replaced whole; nothing was written"
            )
        text = _reindent_loosely(code, unify(old), section.indent, step_of(outline, section))
    return Fitted(restore_line_ends(text, old, outline.source.text), notes)


def _refuse_placeholders(code: str, old: str, section: Chunk, outline: Outline, document: str) -> None:
    """Refuse a comment that stands for code left out, of a whole document with the definitions to address."""
    try:
        refuse_placeholders(code, old)
    except EditRejectedError as error:
        there = {chunk.name for chunk in outline.chunks}
        names = [] if section.name else [name for node in parse_suite(code)[0] for name in bound_names(node)]
        found = [name for name in names if name in there]
        error.steps = tuple(f"send it by its name: {document}::{name}" for name in found[:5]) or error.steps
        raise


def fit_main(sent: str, outline: Outline) -> str:
    """Return a text as a main block: under `if __name__ == "__main__":` unless it brings that itself."""
    code = clean(sent)
    if any(map(is_main, parse_suite(code)[0])):
        refuse_placeholders(code, outline.main.of(outline.source.text) if outline.main else "")
        return _reindent(code, "", "", None)
    body = fit_new(code, step_of(outline, None) or "    ", outline)
    return f'if __name__ == "__main__":\n{body.text}'


def fit_new(sent: str, indent: str, outline: Outline) -> Fitted:
    """Fit a text that is inserted at an indentation; its lines end in line feeds.

    Raises `ParseError` where it does not parse.
    """
    code = clean(sent)
    if not outline.python:
        return Fitted(code)
    step = step_of(outline, None)
    code = _restore_first_indent(code, indent, step, [])
    body, _ = parse_suite(code)
    refuse_placeholders(code, "")
    text = _reindent(code, "", indent, step)
    opens = bool(body) and isinstance(body[0], DEFINITIONS)
    return Fitted(text, is_definition=opens)


def step_of(outline: Outline, chunk: Chunk | None) -> str | None:
    """Return one level of indentation: the chunk's own, else the first the document shows."""
    for other in (*([chunk] if chunk else []), *outline.walk()):
        if other.body_indent is not None:
            return other.body_indent.removeprefix(other.indent) or None
    return None


def restore_line_ends(text: str, old: str, document: str) -> str:
    """Return `text` with the line ends of the chunk it replaces, else of the document.

    Where the chunk mixes them, lines that are the old ones keep theirs.
    """
    usual = newline_of(old, document)
    ends = LINE_END.findall(old)
    if len(set(ends)) <= 1:
        return text.replace("\n", usual)
    before, after = unify(old).split("\n"), text.split("\n")
    chosen = [usual] * len(after)
    for block in difflib.SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
        for offset in range(block.size):
            if block.a + offset < len(ends):
                chosen[block.b + offset] = ends[block.a + offset]
    return "".join(line + end for line, end in zip(after, [*chosen[: len(after) - 1], ""], strict=True))


def _fit_inline(code: str, chunk: Chunk, outline: Outline, document: str) -> Fitted:
    body, _ = parse_suite(code)
    if not any(chunk.name.rpartition(".")[2] in bound_names(node) for node in body):
        raise not_the_chunk(body, Asked(chunk, outline, document))
    if len(body) != 1 or "\n" in code or isinstance(body[0], DEFINITIONS):
        number = outline.line_of(chunk.code)
        raise EditRejectedError(
            f"{chunk.name} shares line {number} with another statement; only one plain line can take its place",
            steps=[f"edit that line: {document}@{outline.digest(whole(outline).span)}:{number}"],
        )
    return Fitted(code.strip())


def _restore_first_indent(code: str, indent: str, step: str | None, notes: list[str]) -> str:
    """Give the first line its indentation back where it alone lost it, the rest standing as in the file."""
    lines = code.split("\n")
    if not indent or indentation(lines[0]):
        return code
    try:
        node = parse(code).body[0]
    except (SyntaxError, IndexError):
        pass
    else:
        inner = node.body[0] if isinstance(node, DEFINITIONS) else node
        lead = lines[inner.lineno - 1][: inner.col_offset]
        if inner is node or lead != indent + (step or "    "):
            return code
        try:
            layout = read_layout(code)
        except SyntaxError:
            return code
        if layout.steps == {lead} and any(line.depth > 1 for line in layout.lines):
            return code  # it is indented by as much throughout: it stands at column 0
    try:
        parse("if 1:\n" + indent + code)
    except SyntaxError:
        return code
    notes.append("put the first line's indentation back")
    return indent + code


def _reindent(code: str, old: str, target: str, step: str | None) -> str:
    """Reindent code that parses. Raises `ParseError` where it does not tokenize all the same."""
    try:
        return reindent(code, old, target, step)
    except SyntaxError as error:  # before 3.12: a line that holds only a backslash
        raise ParseError(
            f"the text's line {error.lineno} cannot be indented: {error.msg}; nothing was written",
            steps=["write it without a backslash at a line's end"],
        ) from error


def _reindent_loosely(code: str, old: str, target: str, step: str | None) -> str:
    """Reindent what may not be statements: by tokens, else every line alike."""
    try:
        return reindent(code, old, target, step)
    except SyntaxError:
        lines = code.split("\n")
        base = min((indentation(line) for line in lines if line.strip()), key=len)
        return "\n".join(target + line.removeprefix(base) if line.strip() else line for line in lines)


def as_docstring(code: str) -> str:
    """Return a docstring as it is, and words without quotes in them. Raises `EditRejectedError`."""
    try:
        body = parse_suite(code)[0]
    except ParseError:
        body = []
    if len(body) == 1 and is_string(body[0]):
        return code
    if any(sign in code for sign in "\"'\\") or any(not isinstance(node, ast.Expr) for node in body):
        raise EditRejectedError(
            "a docstring is one string, and the text is none; nothing was written",
            steps=['begin and end it with """'],
        )
    return f'"""{code}\n"""' if "\n" in code else f'"""{code}"""'
