"""Where inserted text goes and what a deletion takes: indentation, blank lines, empty suites."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from itertools import takewhile
from typing import Literal

from ipy_llm.errors import EditRejectedError
from ipy_llm.source.address import Address, LineRange
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.fitting.fit import Fitted, fit_main, fit_new, step_of
from ipy_llm.source.fitting.preamble import add_docstring, add_imports
from ipy_llm.source.sent.reading import parse_suite
from ipy_llm.source.structure.resolve import always_there, find_section, label, resolve, whole
from ipy_llm.source.structure.syntax import parse
from ipy_llm.source.text import Span, newline_of, splice, unify

# What a line of Markdown goes on with that stands directly below one of its kind.
_ITEM = re.compile(
    r"\s*(?:(?P<item>[-*+]\s)|(?P<number>\d+[.)]\s)|(?P<row>\|)|(?P<quote>>)|(?P<link>\[[^\]]+\]:))"
)

Where = Literal["before", "after", "into"]


def insert(where: Where, address: Address, sent: str, outline: Outline, document: str) -> tuple[Span, str]:
    """Return where an inserted text goes, an empty span save in a suite that holds only `pass`, and the text.

    Beside a chunk it takes the chunk's indentation, `into` one that of its suite. Definitions get the
    blank lines their neighbours have, else two at top level and one further in.
    """
    if where == "into":
        span, text = _into(address, sent, outline, document)
    else:
        anchor = resolve(address, outline, document)
        if not anchor.name:
            raise EditRejectedError(f"`{where}` needs a chunk to stand {where}", steps=[f"into {document}"])
        if anchor.inline:
            owner = anchor.name.rpartition(".")[0]
            if any(chunk.name == owner and chunk.body_indent is None for chunk in outline.walk()):
                raise EditRejectedError(
                    f"{anchor.name} stands on the line of {owner}; nothing can stand {where} it",
                    steps=[f"into {document and document + '::'}{owner}"],
                )
            number = outline.line_of(anchor.code)
            line = f"{number - (where == 'before')}+"
            raise EditRejectedError(
                f"{anchor.name} shares line {number} with another statement; nothing can stand {where} it",
                steps=[f"to insert by lines: {document}@{outline.digest(whole(outline).span)}:{line}"],
            )
        span, text = _beside(where, anchor, fit_new(sent, anchor.indent, outline), outline)
    return span, text.replace("\n", newline_of(outline.source.text))


def delete(chunk: Chunk, outline: Outline) -> tuple[Span, str, tuple[str, ...]]:
    """Return what deleting a chunk removes, what is left in its place, and notes.

    The blank lines that came with the chunk go too: those above it, or below where it comes first. So
    deleting what was inserted beside a definition restores the text.
    """
    text, starts = outline.source.text, outline.starts
    if not chunk.name:
        raise EditRejectedError("an edit does not delete a whole document; name a chunk of it")
    if chunk.first and chunk.last and (chunk.indent or chunk.inline):
        lead = "" if chunk.inline else chunk.indent
        return chunk.outer, f"{lead}pass", ("left `pass` in the empty suite",)
    if (
        chunk.kind == "section"
        and outline.python
        and (chunk.indent or chunk.inline)
        and not _parses(splice(text, [(chunk.outer, "")]))
    ):
        return chunk.outer, f"{chunk.indent}pass", ("left `pass` in the empty suite",)
    if chunk.inline:
        after = re.compile(r"[ \t]*;[ \t]*").match(text, chunk.outer.end)
        if after and not chunk.last:
            return Span(chunk.outer.start, after.end()), "", ()
        before = text[: chunk.outer.start].rstrip(" \t").removesuffix(";").rstrip(" \t")
        return Span(len(before), chunk.outer.end), "", ()
    first, last = outline.lines(chunk.outer)
    below = _blank_below(last, outline)
    if chunk.kind == "assignment" and chunk.span.start < chunk.decorators and not below and not chunk.last:
        notes = ("kept the comment above it, which heads the lines that follow",)
        return Span(chunk.decorators, starts[last]), "", notes
    above = _blank_above(first, outline)
    if chunk.first or first - above == 1:
        return (
            Span(chunk.outer.start, starts[last + below] if last + below < len(starts) else len(text)),
            "",
            (),
        )
    start = starts[first - 1 - above] if above else chunk.outer.start
    if last < len(starts):
        return Span(start, starts[last]), "", ()
    # The last line of a file without a final newline: the line end before it goes instead.
    return Span(len(text[:start].removesuffix("\n").removesuffix("\r")), len(text)), "", ()


def refuse_orphans(chunk: Chunk, outline: Outline, document: str) -> None:
    """Refuse to delete a getter whose setter or deleter would be left without it. Raises `EditRejectedError`."""
    if chunk.accessor != "getter":
        return
    left = [
        other
        for other in outline.walk()
        if other.name == chunk.name and other.accessor in {"setter", "deleter"}
    ]
    if left:
        raise EditRejectedError(
            f"{label(left[0], outline)} would be left without its getter; nothing was written",
            steps=[f"to delete all of it: delete {document and document + '::'}{chunk.name}[*]"],
        )


def listed(chunk: Chunk, outline: Outline) -> tuple[str, ...]:
    """Return a note where `__all__` still names a chunk that is deleted."""
    exported = next((other for other in outline.chunks if other.name == "__all__"), None)
    if exported is None or "." in chunk.name or chunk is exported:
        return ()
    name = chunk.name.removesuffix("[*]")
    text = exported.span.of(outline.source.text)
    return ("`__all__` still names it",) if re.search(rf"[\"']{re.escape(name)}[\"']", text) else ()


def _beside(where: Where, anchor: Chunk, fitted: Fitted, outline: Outline) -> tuple[Span, str]:
    first, last = outline.lines(anchor.outer)
    above = None if anchor.first or first == 1 else _blank_above(first, outline)
    below = None if anchor.last or last == len(outline.starts) else _blank_below(last, outline)
    # A comment that touches the anchor, a marker say, tells nothing of the gap between neighbours.
    sides = [(below, last + 1), (above, first - 1)]
    known = [blank for blank, line in sides if blank or (blank == 0 and not _is_comment(line, outline))]
    near = below if where == "after" else above
    usual = 1 if anchor.indent else 2
    pad = 0
    if anchor.is_definition and fitted.is_definition:
        gap = next(iter(known if where == "after" else reversed(known)), usual)
    elif anchor.is_definition or fitted.is_definition:
        gap = usual
        pad = max(0, usual - near) if fitted.is_definition and near is not None else 0
    else:
        gap = int(outline.language == "markdown")
    if where == "after":
        return _at(anchor.outer.end), "\n" * (gap + 1) + fitted.text + "\n" * pad
    return _at(anchor.outer.start), "\n" * pad + fitted.text + "\n" * (gap + 1)


def _into(address: Address, sent: str, outline: Outline, document: str) -> tuple[Span, str]:
    if address.section is not None:
        return _into_section(address, sent, outline, document)
    if not address.name:
        return _into_document(sent, outline)
    owner = resolve(address, outline, document)
    if not owner.is_definition:
        target = f"{document and document + '::'}{label(owner, outline)}"
        raise EditRejectedError(
            f"{owner.name} is no class, function or section; nothing goes into it", steps=[f"after {target}"]
        )
    if owner.body_indent is None:
        step = step_of(outline, None) or "    "
        return owner.span, _opened(owner, fit_new(sent, owner.indent + step, outline), outline)
    _refuse_dead(owner, address, outline)
    fitted = fit_new(sent, owner.body_indent, outline)
    if owner.placeholder is not None:
        return owner.placeholder, fitted.text
    field = _last_field(owner, sent) if not fitted.is_definition else None
    if field is not None:
        return _at(field.span.end), f"\n{fitted.text}"
    end = owner.children[-1] if owner.children and owner.children[-1].last else None
    gap = _gap_at_end(end, fitted, 1, outline)
    return _at(owner.span.end), "\n" * (gap + 1) + fitted.text


def _refuse_dead(owner: Chunk, address: Address, outline: Outline) -> None:
    """Refuse to append to a function that has returned by then. Raises `EditRejectedError`."""
    if owner.kind != "function":
        return
    body, shift = parse_suite(unify(owner.span.of(outline.source.text)))
    last = body[0].body[-1] if isinstance(body[0], (ast.FunctionDef, ast.AsyncFunctionDef)) else None
    if isinstance(last, (ast.Return, ast.Raise)):
        number = last.lineno - shift
        before = replace(
            address, digest=outline.digest(owner.span), lines=LineRange(number - 1, number - 1, insert=True)
        )
        word = type(last).__name__.lower()
        raise EditRejectedError(
            f"{owner.name} ends with `{word}`; what follows would never run; nothing was written",
            steps=[f"to insert before the {word}: {before}"],
        )


def _last_field(owner: Chunk, sent: str) -> Chunk | None:
    """Return the last of the assignments that open a class, where a text only adds assignments that use no method."""
    members = owner.children
    fields = list(takewhile(lambda child: child.kind == "assignment", members))
    if owner.kind != "class" or not fields or len(fields) == len(members) or fields[-1].inline:
        return None
    body, _ = parse_suite(unify(sent).strip("\n"))
    used = {node.id for one in body for node in ast.walk(one) if isinstance(node, ast.Name)}
    later = {child.name.rpartition(".")[2] for child in members[len(fields) :]}
    plain = all(isinstance(node, (ast.Assign, ast.AnnAssign)) for node in body)
    return fields[-1] if plain and not used & later else None


def _opened(owner: Chunk, fitted: Fitted, outline: Outline) -> str:
    """Return a definition or condition with its one-line suite opened, and a text at its end."""
    from ipy_llm.source.fitting.suite import open_suite  # noqa: PLC0415 - imports libcst, 0.2 s that few edits need

    opened = open_suite(owner.span.of(outline.source.text), owner.indent, step_of(outline, None) or "    ")
    return f"{opened}\n{fitted.text}"


def _into_section(address: Address, sent: str, outline: Outline, document: str) -> tuple[Span, str]:
    given = always_there(address.name, outline)
    if address.section == "main" and given.get("main", outline) is None:
        return _append(fit_main(sent, outline), 2, outline)
    own = find_section(address.target, outline) in outline.sections
    if address.section == "imports" and not address.name and not own and outline.python:
        return add_imports(sent, outline)
    if address.section == "docstring" and given.get("docstring", outline) is None:
        owner = resolve(replace(address, section=None), outline, document) if address.name else None
        return add_docstring(owner, sent, outline)
    section = resolve(address, outline, document)
    if address.section == "docstring" and section.span == given.get("docstring"):
        raise EditRejectedError("a docstring is one string; replace it instead of adding to it")
    is_main = address.section == "main" and section.span == given.get("main")
    first, last = outline.lines(section.span)
    if is_main and first == last:
        return section.span, _opened(
            section, fit_new(sent, step_of(outline, None) or "    ", outline), outline
        )
    indent = section.indent + (step_of(outline, None) or "    ") if is_main else section.indent
    fitted = fit_new(sent, indent, outline)
    if section.span.start == section.span.end:
        return section.span, f"{fitted.text}\n"
    gap = (1 if indent else 2) if fitted.is_definition else _text_gap(section.span.end, fitted.text, outline)
    return _at(section.span.end), "\n" * (gap + 1) + fitted.text


def _into_document(sent: str, outline: Outline) -> tuple[Span, str]:
    fitted = fit_new(sent, "", outline)
    if not outline.source.text.strip():
        return Span(0, len(outline.source.text)), f"{fitted.text}\n"
    end = outline.chunks[-1] if outline.chunks and outline.chunks[-1].last else None
    if outline.main and not outline.source.text[outline.main.end :].strip():
        # What stands after it would not be there yet when the file runs as a script.
        return _at(outline.main.start), f"{fitted.text}\n\n\n"
    gap = _gap_at_end(end, fitted, 2, outline)
    return _append(fitted.text, gap or _text_gap(len(outline.source.text), fitted.text, outline), outline)


def _append(text: str, gap: int, outline: Outline) -> tuple[Span, str]:
    """Place a text below the last line that is not blank."""
    last = len(outline.starts)
    while last > 1 and not _line(last, outline).strip():
        last -= 1
    return _at(outline.end_of_line(last)), "\n" * (gap + 1) + text


def _text_gap(at: int, text: str, outline: Outline) -> int:
    """Return the blank lines before a text appended at `at`: one in Markdown, unless it goes on with a list or table."""
    if outline.language != "markdown":
        return 0
    last = outline.source.text[:at].rstrip().rpartition("\n")[2]
    one, other = (_ITEM.match(line) for line in (last, text))
    return int(one is None or other is None or one.lastgroup != other.lastgroup)


def _parses(text: str) -> bool:
    try:
        parse(text)
    except SyntaxError:
        return False
    return True


def _gap_at_end(end: Chunk | None, fitted: Fitted, usual: int, outline: Outline) -> int:
    """Return the blank lines between the last statement of a suite and what is appended to it."""
    is_definition = end is not None and end.is_definition
    if end is not None and is_definition and fitted.is_definition and not end.first:
        return _blank_above(outline.lines(end.outer)[0], outline)
    if not (fitted.is_definition or is_definition):
        return 0
    return usual


def _blank_above(line: int, outline: Outline) -> int:
    count = 0
    while line - count > 1 and not _line(line - count - 1, outline).strip():
        count += 1
    return count


def _blank_below(line: int, outline: Outline) -> int:
    count = 0
    while line + count < len(outline.starts) and not _line(line + count + 1, outline).strip():
        count += 1
    return count


def _is_comment(number: int, outline: Outline) -> bool:
    return _line(number, outline).lstrip(" \t\f").startswith("#")


def _line(number: int, outline: Outline) -> str:
    end = outline.starts[number] if number < len(outline.starts) else len(outline.source.text)
    return outline.source.text[outline.starts[number - 1] : end]


def _at(offset: int) -> Span:
    return Span(offset, offset)
