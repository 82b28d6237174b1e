"""Adding to the head of a document or definition: imports and docstrings."""

from __future__ import annotations

import ast

from ipy_llm.errors import EditRejectedError
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.fitting.fit import as_docstring, fit_new
from ipy_llm.source.sent.imports import bindings, is_plain, standing
from ipy_llm.source.sent.reading import parse_suite
from ipy_llm.source.structure.signature import header_end
from ipy_llm.source.text import Span, split_lines


def add_imports(sent: str, outline: Outline) -> tuple[Span, str]:
    """Return where imports go and their text, those that stand there already left out.

    Below the last plain import of the first run, so above an `if TYPE_CHECKING:` that ends it; future imports
    first; in a document without imports below its docstring or the comments at its top. An empty text says
    that all of them were there.
    """
    text = fit_new(sent, "", outline).text
    if outline.damage is not None and "#imports" in outline.damage.words:
        raise EditRejectedError(f"where the imports end is not certain: {outline.error}; nothing was written")
    if outline.imports is None:
        return _first_import(text, outline)
    there, plain_end = standing(outline)
    lines = text.split("\n")
    nodes = parse_suite(text)[0]
    for node in reversed(nodes):
        if isinstance(node, (ast.Import, ast.ImportFrom)) and bindings(node) <= there:
            del lines[node.lineno - 1 : node.end_lineno]
    text = "\n".join(lines).strip("\n")
    if not text:
        return Span(outline.imports.end, outline.imports.end), ""
    if text.startswith("from __future__ "):
        return Span(outline.imports.start, outline.imports.start), f"{text}\n"
    plain = all(map(is_plain, parse_suite(text)[0]))
    at = plain_end if plain and plain_end else outline.imports.end
    return Span(at, at), f"\n{text}"


def add_docstring(owner: Chunk | None, sent: str, outline: Outline) -> tuple[Span, str]:
    """Return where the docstring of a definition, or of the document, goes that has none, and its text."""
    if owner is None:
        return _at_top(as_docstring_text(sent, "", outline), outline)
    if owner.body_indent is None:
        raise EditRejectedError(
            f"{owner.name} stands on one line; nothing was written",
            steps=["replace it whole, with its docstring"],
        )
    at = header_end(outline.source.text, owner.code, owner.span.end)
    at = outline.end_of_line(outline.line_of(at - 1))
    gap = "\n" * (1 + (owner.kind == "class"))
    return Span(at, at), f"\n{as_docstring_text(sent, owner.body_indent, outline)}{gap[1:]}"


def as_docstring_text(sent: str, indent: str, outline: Outline) -> str:
    """Return a docstring at an indentation; words without quotes are put in them."""
    return fit_new(as_docstring(sent.strip()), indent, outline).text


def _at_top(text: str, outline: Outline) -> tuple[Span, str]:
    """Place a docstring below the comments at a document's top."""
    line = 1
    lines = split_lines(outline.source.text)
    while line <= len(lines) and lines[line - 1].startswith("#"):
        line += 1
    if line > 1 and line <= len(lines) and lines[line - 1].strip():
        line = 2 if lines[0].startswith("#!") else 1  # they belong to the code below
    at = outline.starts[line - 1] if line <= len(outline.starts) else len(outline.source.text)
    below = outline.source.text[at:]
    return Span(at, at), text + ("\n" if not below.strip() or below[0] in "\r\n" else "\n\n")


def _first_import(text: str, outline: Outline) -> tuple[Span, str]:
    """Place the first import of a document: below its docstring, else below the comments at its top.

    Comments directly above the first statement, with a blank line before them, stay with it.
    """
    lines = split_lines(outline.source.text)
    if outline.docstring is not None:
        line = outline.lines(outline.docstring)[1]
        more = "" if line >= len(lines) or not lines[line].strip() else "\n"
        return Span(outline.docstring.end, outline.docstring.end), f"\n\n{text}{more}"
    line = 1
    while line < len(lines) and lines[line - 1].lstrip()[:1] in {"", "#"}:
        line += 1
    while line > 1 and lines[line - 2].startswith("#"):
        line -= 1
    if line == 1:
        while line < len(lines) and lines[line - 1].startswith("#"):
            line += 1
        if lines[line - 1].startswith("#"):  # all of a file without a final newline
            end = len(outline.source.text)
            return Span(end, end), f"\n{text}"
    at = outline.starts[line - 1]
    below = outline.source.text[at:].strip()
    opens = bool(outline.chunks) and outline.chunks[0].is_definition and outline.chunks[0].span.start == at
    return Span(at, at), text + "\n" * (1 + (1 + opens if below else 0))
