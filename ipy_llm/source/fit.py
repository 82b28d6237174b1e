"""Fitting: a text as a model sent it becomes the text that stands in the file."""

from __future__ import annotations

import ast
import difflib
import re
from dataclasses import dataclass

from ipy_llm.errors import EditRejectedError, ParseError
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.reindent import read_layout, reindent
from ipy_llm.source.syntax import bound_names, is_main, parse
from ipy_llm.source.text import LINE_END, indentation, newline_of, unify

_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})[ \t]*[\w+-]*[ \t]*")
_PLACEHOLDER = re.compile(
    r"#\s*(?:(?:\.{2,}|\u2026).*"
    r"|(?:the\s+)?(?:rest|remaining|remainder|other|existing|previous)\b.*\b(?:unchanged|same|before|above|code|here)\b.*"
    r"|(?:same|unchanged)\b(?:\s+as\s+(?:before|above))?.*)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Fitted:
    """Text ready to be spliced, with what a model should know about how it was fitted."""

    text: str
    notes: tuple[str, ...] = ()
    is_definition: bool = False  # it opens with a function or class


def clean(text: str) -> str:
    """Return a sent text with line feeds, without a byte-order mark, a Markdown fence or outer blank lines.

    Raises `ParseError` where nothing is left.
    """
    lines = unify(text.lstrip("\ufeff\u200b")).split("\n")
    lines = _strip_blank(lines)
    fence = _FENCE.fullmatch(lines[0]) if lines else None
    if fence and len(lines) > 1 and lines[-1].strip() == fence[1]:
        lines = _strip_blank(lines[1:-1])
    if not lines:
        raise ParseError("the text is empty; to remove a chunk, ask for it", steps=["delete ADDRESS"])
    return "\n".join(lines)


def fit_chunk(sent: str, chunk: Chunk, outline: Outline, *, rename: bool = False) -> Fitted:
    """Fit a replacement for a function, class or assignment.

    Its decorators and attached comment stay unless the text brings its own; its indentation becomes the
    chunk's. With `rename` the text may define another name. Raises `ParseError` where the text does not
    parse, `EditRejectedError` where it is not the whole chunk.
    """
    old = chunk.span.of(outline.source.text)
    code = clean(sent)
    if chunk.inline:
        return _fit_inline(code, chunk, outline)
    step = step_of(outline, chunk)
    notes: list[str] = []
    code = _restore_first_indent(code, chunk.indent, step, notes)
    body, shift = parse_suite(code)
    refuse_placeholders(code, old)
    name = chunk.name.rpartition(".")[2]
    node = next((node for node in body if name in bound_names(node)), None)
    if node is None:
        if not rename:
            raise _not_the_chunk(body, chunk, outline)
        node = body[0]
    lines = reindent(code, unify(old), chunk.indent, step).split("\n")
    decorated = bool(getattr(node, "decorator_list", None))
    if chunk.decorators < chunk.code and not decorated and node.col_offset is not None:
        kept = unify(outline.source.text[chunk.decorators : chunk.code]).split("\n")[:-1]
        at = node.lineno - 1 - shift
        lines[at:at] = kept
        notes.append("kept " + ", ".join(line.strip() for line in kept if line.strip().startswith("@")))
    if chunk.span.start < chunk.decorators and not lines[0].lstrip().startswith("#"):
        lines[0:0] = unify(outline.source.text[chunk.span.start : chunk.decorators]).split("\n")[:-1]
        notes.append("kept the comment above it")
    return Fitted(restore_line_ends("\n".join(lines), old, outline.source.text), tuple(notes))


def fit_section(sent: str, section: Chunk, outline: Outline) -> Fitted:
    """Fit a replacement for a section or a whole document: its first line goes where the markers stand."""
    old = section.span.of(outline.source.text)
    code = clean(sent)
    refuse_placeholders(code, old)
    if section.name == "#main" and section.span == outline.main:
        return Fitted(restore_line_ends(fit_main(code, outline), old, outline.source.text))
    text = _reindent_loosely(code, unify(old), section.indent, step_of(outline, section))
    return Fitted(restore_line_ends(text, old, outline.source.text))


def fit_main(sent: str, outline: Outline) -> str:
    """Return a text as a main block: under `if __name__ == "__main__":` unless it brings that itself."""
    code = clean(sent)
    if any(map(is_main, parse_suite(code)[0])):
        return reindent(code, "", "")
    return 'if __name__ == "__main__":\n' + unify(
        fit_new(code, step_of(outline, None) or "    ", outline).text
    )


def fit_new(sent: str, indent: str, outline: Outline) -> Fitted:
    """Fit a text that is inserted at an indentation. Raises `ParseError` where it does not parse."""
    code = clean(sent)
    step = step_of(outline, None)
    code = _restore_first_indent(code, indent, step, [])
    body, _ = parse_suite(code)
    refuse_placeholders(code, "")
    text = reindent(code, "", indent, step)
    opens = bool(body) and isinstance(body[0], (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    return Fitted(restore_line_ends(text, "", outline.source.text), is_definition=opens)


def parse_suite(code: str) -> tuple[list[ast.stmt], int]:
    """Parse code at whatever indentation it stands; return its statements and the lines put before it.

    Raises `ParseError` with the line as it was sent.
    """
    first = next(
        (line for line in code.split("\n") if line.strip() and not line.lstrip().startswith("#")), ""
    )
    shift = 1 if indentation(first) else 0
    try:
        tree = parse("if 1:\n" + code if shift else code)
    except SyntaxError as error:
        line = (error.lineno or 1) - shift
        shown = code.split("\n")[line - 1].strip() if 0 < line <= code.count("\n") + 1 else ""
        raise ParseError(
            f"the text has a syntax error on its line {line}: {error.msg}; nothing was written",
            steps=[f"  {shown}"] if shown else [],
        ) from error
    if not shift:
        return tree.body, 0
    branch = tree.body[0]
    assert isinstance(branch, ast.If)
    return [*branch.body, *tree.body[1:]], 1


def refuse_placeholders(code: str, old: str) -> None:
    """Refuse a comment that stands for code left out, unless the very comment stands in the old text."""
    known = {line.strip() for line in unify(old).split("\n")}
    if "#" not in code:
        return
    for number, line in enumerate(read_layout(code).lines, 1):
        if (
            line.kind == "comment"
            and _PLACEHOLDER.fullmatch(line.text.strip())
            and line.text.strip() not in known
        ):
            raise EditRejectedError(
                f"line {number}, `{line.text.strip()}`, leaves code out; nothing was written",
                steps=["send the whole text, or address the part that changes, e.g. FILE::Class.method"],
            )


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


def _strip_blank(lines: list[str]) -> list[str]:
    filled = [number for number, line in enumerate(lines) if line.strip()]
    return lines[filled[0] : filled[-1] + 1] if filled else []


def _fit_inline(code: str, chunk: Chunk, outline: Outline) -> Fitted:
    body, _ = parse_suite(code)
    if len(body) != 1 or "\n" in code or isinstance(body[0], (ast.FunctionDef, ast.ClassDef)):
        raise EditRejectedError(
            f"{chunk.name} shares line {outline.line_of(chunk.code)} with another statement;"
            " only a one-line statement can take its place",
            steps=["edit what holds it instead, or lines of it"],
        )
    if chunk.name.rpartition(".")[2] not in bound_names(body[0]):
        raise _not_the_chunk(body, chunk, outline)
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
        inner = (
            node.body[0] if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) else node
        )
        lead = lines[inner.lineno - 1][: inner.col_offset]
        if inner is node or lead != indent + (step or "    "):
            return code
    try:
        parse("if 1:\n" + indent + code)
    except SyntaxError:
        return code
    notes.append("put the first line's indentation back")
    return indent + code


def _reindent_loosely(code: str, old: str, target: str, step: str | None) -> str:
    """Reindent what may not be statements: by tokens, else every line alike."""
    try:
        return reindent(code, old, target, step)
    except SyntaxError:
        lines = code.split("\n")
        base = min((indentation(line) for line in lines if line.strip()), key=len)
        return "\n".join(target + line.removeprefix(base) if line.strip() else line for line in lines)


def _not_the_chunk(body: list[ast.stmt], chunk: Chunk, outline: Outline) -> EditRejectedError:
    name = chunk.name.rpartition(".")[2]
    header = LINE_END.split(outline.source.text[chunk.code : chunk.span.end])[0].strip()
    found = [bound for node in body for bound in bound_names(node)]
    if not found and chunk.is_definition:
        return EditRejectedError(
            f"the text has no {chunk.kind} {name}: a chunk is replaced whole, its signature too; nothing was written",
            steps=[f"begin with: {header}"],
        )
    return EditRejectedError(
        f"the text defines {', '.join(found) or 'no name'}, not {name}; nothing was written",
        steps=["address that name, insert it with `after ADDRESS`, or rename with --allow-removal"],
    )
