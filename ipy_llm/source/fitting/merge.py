"""A replacement that leaves code out, merged with the chunk that stands.

In a class, members that are not mentioned stay; those that are take their new text where they stand, and
new ones go after the member they follow. In a function see `elide`.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from ipy_llm.errors import EditRejectedError, ParseError
from ipy_llm.source.address import parse_address
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.fitting.elide import MARK, definition, fill_in, holds_mark, is_mark, mark, refusal
from ipy_llm.source.fitting.fit import Fitted, fit_chunk, normalise, restore_line_ends
from ipy_llm.source.fitting.partial import Asked, refuse_header
from ipy_llm.source.fitting.place import Where, insert
from ipy_llm.source.fitting.preamble import add_docstring
from ipy_llm.source.sent.reading import clean, parse_suite, placeholders
from ipy_llm.source.structure.outline import outline as outline_of
from ipy_llm.source.structure.resolve import label
from ipy_llm.source.structure.signature import header_end
from ipy_llm.source.structure.syntax import accessor, bound_names, is_string
from ipy_llm.source.structure.syntax import mark as mark_of
from ipy_llm.source.text import Source, Span, splice, unify


def fit_replacement(sent: str, chunk: Chunk, outline: Outline, document: str, *, rename: bool) -> Fitted:
    """Fit a replacement for a function, class or assignment; one that leaves code out is merged first.

    Raises as `fit_chunk` does, and `EditRejectedError` where what is left out is not certain.
    """
    old = chunk.span.of(outline.source.text)
    sent = clean(sent)
    left_out = placeholders(sent, old) if chunk.is_definition and not chunk.inline else []
    if not left_out:
        refuse_header(sent, Asked(chunk, outline, document))
        return fit_chunk(sent, chunk, outline, document, rename=rename)
    try:
        return _fit_marked(mark(sent, left_out), chunk, outline, document)
    except ParseError as error:
        if not any(MARK in step for step in error.steps):
            raise
        comment = sent.split("\n")[left_out[0]].strip()
        raise EditRejectedError(
            f"`{comment}` does not stand where code could; nothing was written",
            steps=["indent the comment like the code that it stands for"],
        ) from error


def _fit_marked(marked: str, chunk: Chunk, outline: Outline, document: str) -> Fitted:
    """Fit a replacement whose placeholders, if any, are marks."""
    if MARK not in marked:
        return fit_chunk(marked, chunk, outline, document)
    old = chunk.span.of(outline.source.text)
    if outline.damage is not None:
        _refuse_broken(old)
    code, notes = normalise(marked, chunk, outline, document)
    if MARK not in code:  # it stood for what is around the definition
        return fit_chunk(code, chunk, outline, document)
    name = chunk.name.rpartition(".")[2]
    node, shift = definition(code, name)
    if chunk.kind == "class" and any(map(is_mark, node.body)):
        text, kept = _Merge(code.split("\n"), shift, chunk, outline, document).run(node)
        return Fitted(text, (*notes, f"kept {_count(kept, 'member')} not mentioned"))
    if isinstance(node, ast.ClassDef):
        code, kept = _fill_members(code, node, shift, chunk, outline)
    else:
        code, kept = fill_in(code, unify(old), name)
    if MARK in code:
        raise refusal("it stands beside the definition, not in it")
    fitted = fit_chunk(code, chunk, outline, document)
    return Fitted(fitted.text, (*notes, *fitted.notes, f"kept {_count(kept, 'line')} left out"))


def _refuse_broken(old: str) -> None:
    try:
        parse_suite(unify(old))
    except ParseError as error:
        raise refusal("the old text is broken itself") from error


def _fill_members(
    code: str, node: ast.ClassDef, shift: int, chunk: Chunk, outline: Outline
) -> tuple[str, int]:
    """Fill in what the methods of a class that is otherwise whole leave out."""
    lines, count = code.split("\n"), 0
    extents = _extents(code, shift)
    for member in reversed(node.body):
        if not holds_mark(member):
            continue
        twin = _twin(member, node.body, chunk)
        if twin is None or twin.kind != "function":
            raise refusal("it stands in no method of the old class")
        first, last = extents[member.lineno]
        text, kept = fill_in(
            "\n".join(lines[first:last]),
            unify(twin.span.of(outline.source.text)),
            twin.name.rpartition(".")[2],
        )
        lines[first:last] = text.split("\n")
        count += kept
    return "\n".join(lines), count


@dataclass
class _Merge:
    """One class being merged: its new lines, and the splices of the document found so far."""

    lines: list[str]
    shift: int
    chunk: Chunk
    outline: Outline
    document: str
    splices: list[tuple[Span, str]] = field(default_factory=list)
    mentioned: set[int] = field(default_factory=set)

    def run(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, int]:
        """Return the merged text of the class, and how many members stayed that were not mentioned."""
        assert isinstance(node, ast.ClassDef)
        self.head(node)
        extents = _extents("\n".join(self.lines), self.shift)
        anchor: Chunk | None = None
        waiting: list[str] = []  # new members below a placeholder: they stand before the next one mentioned
        floating = False
        for position, member in enumerate(node.body):
            if is_mark(member):
                floating, anchor = True, None
                continue
            if position == 0 and self.docstring(member):
                continue
            extent = extents.get(member.lineno) or _own_lines(member, self.shift)
            text = "\n".join(self.lines[slice(*extent)])
            twin = _twin(member, node.body, self.chunk)
            if twin is not None:
                self.mentioned.add(id(twin))
                fitted = _fit_marked(text, twin, self.outline, self.document)
                self.splices.append((twin.span, fitted.text))
                for new in waiting:
                    self.insert("before", twin, new)
                anchor, waiting, floating = twin, [], False
            elif not bound_names(member):
                if not self.stands(member):
                    raise refusal(f"`{text.strip().splitlines()[0]}` has no name to find its place by")
            elif anchor is not None:
                self.insert("after", anchor, text)
            else:
                waiting.append(text)
        for new in waiting:
            if not floating and self.chunk.children:
                self.insert("before", self.chunk.children[0], new)
            else:
                self.insert("into", self.chunk, new)
        names = {id(member) for member in self.chunk.children} - self.mentioned
        span = self.chunk.span
        moved = [(Span(at.start - span.start, at.end - span.start), text) for at, text in self.splices]
        return splice(span.of(self.outline.source.text), moved), len(names)

    def head(self, node: ast.ClassDef) -> None:
        """Take over the header, the decorators and the comment above it where they are new."""
        source = self.outline.source.text
        first = self.lines[0].lstrip()
        top = min([node.lineno, *(one.lineno for one in node.decorator_list)]) - 1 - self.shift
        line = node.lineno - 1 - self.shift
        text = "\n".join(self.lines)
        start = sum(len(above) + 1 for above in self.lines[:line])
        new = text[start : header_end(text, start, len(text))]
        old = Span(self.chunk.code, header_end(source, self.chunk.code, self.chunk.span.end))
        # In the order in which they stand: where the old class has neither, all begin at one place.
        parts: list[tuple[Span, str]] = []
        if first.startswith("#"):
            above = Span(self.chunk.span.start, self.chunk.decorators)
            parts.append((above, "\n".join([*self.lines[:top], ""])))
        if node.decorator_list:
            decorators = Span(self.chunk.decorators, self.chunk.code)
            parts.append((decorators, "\n".join([*self.lines[top:line], ""])))
        parts.append((old, new))
        for span, text in parts:
            self.take_over(span, text)

    def take_over(self, span: Span, text: str) -> None:
        """Put a part of the new text in the place of an old one that says something else."""
        source = self.outline.source.text
        if _words(span.of(source)) != _words(text):
            self.splices.append((span, restore_line_ends(text, span.of(source), source)))

    def docstring(self, member: ast.stmt) -> bool:
        """Take over a docstring; say whether the member is one."""
        if not is_string(member):
            return False
        first, last = _own_lines(member, self.shift)
        if self.chunk.docstring is None:
            sent = "\n".join(self.lines[first:last])
            self.splices.append(add_docstring(self.chunk, sent, self.outline))
            return True
        self.take_over(self.chunk.docstring, "\n".join(self.lines[first:last]))
        return True

    def stands(self, member: ast.stmt) -> bool:
        """Say whether a statement without a name stands in the old class as it is; filler needs no place."""
        old, _ = definition(
            unify(self.chunk.span.of(self.outline.source.text)), self.chunk.name.rpartition(".")[2]
        )
        return isinstance(member, ast.Pass) or ast.dump(member) in {ast.dump(node) for node in old.body}

    def insert(self, where: Where, anchor: Chunk, text: str) -> None:
        if MARK in text:
            raise refusal("a new member has no old code to leave out")
        address = parse_address(f"::{label(anchor, self.outline)}")
        self.splices.append(insert(where, address, text, self.outline, self.document))


def _twin(member: ast.stmt, members: Sequence[ast.stmt], chunk: Chunk) -> Chunk | None:
    """Return the old member that a new one takes the place of."""
    names = bound_names(member)
    if not names:
        return None
    old = [child for child in chunk.children if child.name == f"{chunk.name}.{names[0]}"]
    new = [other for other in members if names[0] in bound_names(other)]
    if len(old) <= 1 and len(new) <= 1:
        return old[0] if old else None
    role = accessor(names[0], [mark_of(one) for one in getattr(member, "decorator_list", [])])
    same = [child for child in old if child.accessor == role] if role else []
    if len(same) == 1:
        return same[0]
    if len(old) == len(new):
        return old[new.index(member)]
    raise refusal(f"{names[0]} stands {len(old)} times in the old class and {len(new)} times in the text")


def _extents(code: str, shift: int) -> dict[int, tuple[int, int]]:
    """Return, by the line that ast gives a named member, its 0-based first line and the line after its last.

    With the comments that an outline takes for its own: those attached to it and those in its suite.
    """
    found = outline_of(Source(("if 1:\n" if shift else "") + code))
    extents = {}
    for chunk in found.walk():
        first, last = found.lines(chunk.span)
        extents[found.line_of(chunk.code)] = (first - 1 - shift, last - shift)
    return extents


def _own_lines(member: ast.stmt, shift: int) -> tuple[int, int]:
    return member.lineno - 1 - shift, (member.end_lineno or 0) - shift


def _words(text: str) -> list[str]:
    return text.split()


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + "s" * (number != 1)
