"""A document sent whole with parts left out: each definition in it is an edit of its own, what is not mentioned stays."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import NoReturn

from ipy_llm.errors import EditRejectedError, ParseError
from ipy_llm.source.address import Address
from ipy_llm.source.chunks import Outline
from ipy_llm.source.editing.apply import apply
from ipy_llm.source.editing.edits import Applied, Edit, Insert, Replace, Touched
from ipy_llm.source.editing.steps import check_digest
from ipy_llm.source.fitting.elide import is_mark, mark
from ipy_llm.source.sent.reading import parse_suite, placeholders
from ipy_llm.source.sent.slips import understand
from ipy_llm.source.structure.resolve import whole
from ipy_llm.source.structure.syntax import DEFINITIONS, bound_names, branches, is_import, is_main, is_string
from ipy_llm.source.target import Target
from ipy_llm.source.text import split_lines


def apply_whole(
    edits: Sequence[Edit],
    before: Outline,
    document: str,
    *,
    allow_removal: bool = False,
    target: Target | None = None,
) -> Applied | None:
    """Apply the replacement of a document by a text that leaves parts of it out; None where that is not what is asked.

    Raises `EditRejectedError` where it is not certain where something goes.
    """
    edit = edits[0]
    if (
        len(edits) > 1
        or not isinstance(edit, Replace)
        or edit.address.target
        or before.error
        or not before.python
    ):
        return None
    code, _ = understand(edit.text)
    left_out = placeholders(code, before.source.text)
    if not left_out:
        return None
    parts = _parts(code, left_out, edit.address, before)
    if parts is None:
        return None
    check_digest(edit, whole(before), before)
    applied = apply(parts.finished(), before, document, allow_removal=allow_removal, target=target)
    after = whole(applied.outline)
    kept = len([chunk for chunk in before.chunks if chunk.name not in parts.named])
    notes = (f"kept {kept} definition{'s' * (kept != 1)} not mentioned",) if kept else ()
    touched = Touched(
        "replaced", "", applied.outline.digest(after.span), applied.outline.lines(after.span), notes
    )
    return Applied(applied.outline, (touched,))


@dataclass
class _Parts:
    """The edits that a text comes to, and the names it mentions."""

    address: Address
    before: Outline
    edits: list[Edit] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    imports: list[str] = field(default_factory=list)
    anchor: str = ""  # the definition above, unless something is left out below it
    pending: list[str] = field(default_factory=list)  # new definitions without one above

    def at(self, name: str = "", section: str | None = None) -> Address:
        """Return the address of a part of the document."""
        return replace(self.address, name=name, section=section, digest=None)

    def mention(self, names: Sequence[str]) -> None:
        """Note definitions that stand, as they are or changed."""
        self.named |= {*names}
        if names:
            self.edits += [Insert("before", self.at(names[0]), one) for one in self.pending]
            self.pending.clear()
            self.anchor = names[-1]

    def define(self, name: str, text: str) -> None:
        """Place one definition: where the one of its name stands, else below the one above it."""
        count = sum(chunk.name == name for chunk in self.before.chunks)
        if count > 1:
            raise EditRejectedError(
                f"{name} is there {count} times; nothing was written",
                steps=[f"send each by its address: {self.at(name)}[0]"],
            )
        if count:
            self.mention([name])
            (chunk,) = (chunk for chunk in self.before.chunks if chunk.name == name)
            self.edits.append(
                Replace(self.at(name), _below(text, self.before.source.text[: chunk.span.start]))
            )
        elif self.anchor:
            self.edits.append(Insert("after", self.at(self.anchor), text))
        else:
            self.pending.append(text)

    def finished(self) -> list[Edit]:
        """Return all edits; what was to stand above something that never came goes to the end."""
        if self.imports:
            self.edits.insert(0, Insert("into", self.at(section="imports"), "\n".join(self.imports)))
        if self.pending:
            self.edits.append(Insert("into", self.at(), "\n\n\n".join(self.pending)))
        return self.edits


def _parts(code: str, left_out: Sequence[int], address: Address, before: Outline) -> _Parts | None:
    """Return the edits that a text comes to; None where it does not say that it leaves out definitions."""
    try:
        nodes, shift = parse_suite(mark(code, left_out))
        old, _ = parse_suite(before.source.text)
    except ParseError:
        return None
    if shift:
        return None
    standing = {ast.dump(node) for node in old}
    guarded = [node for node in old if isinstance(node, (ast.If, ast.Try))]
    lines = split_lines(code)
    parts = _Parts(address, before)
    top = 0  # where the comments above the next statement may begin
    for node in nodes:
        text = "\n".join(lines[_first(node, lines, top) - 1 : node.end_lineno])
        top = node.end_lineno or 0
        names = bound_names(node)
        if is_mark(node):
            parts.anchor = ""
        elif ast.dump(node) in standing:
            parts.mention(names)
        elif is_string(node) and node is nodes[0]:
            where = parts.at(section="docstring")
            parts.edits.append(Replace(where, text) if before.docstring else Insert("into", where, text))
        elif is_main(node) and before.main:
            parts.edits.append(Replace(parts.at(section="main"), text))
        elif isinstance(node, (ast.If, ast.Try)) and any(_begins(node, other) for other in guarded):
            if not any(_holds(other, node) for other in guarded):
                _refuse(node, lines, address)
        elif is_import(node):
            parts.imports.append(text)
        elif len(names) == 1:
            parts.define(names[0], text)
        else:
            _refuse(node, lines, address)
    unmentioned = any(chunk.name not in parts.named for chunk in before.chunks)
    return None if unmentioned and not any(map(is_mark, nodes)) else parts


def _below(text: str, above: str) -> str:
    """Return a definition without the comments on top of it that stand above the old one and are not of it."""
    lines, standing = text.split("\n"), [line.rstrip() for line in split_lines(above)[:-1]]
    count = next(at for at, line in enumerate(lines) if not line.startswith("#"))
    while count and [line.rstrip() for line in lines[:count]] != standing[-count:]:
        count -= 1
    return "\n".join(lines[count:])


def _refuse(node: ast.stmt, lines: list[str], address: Address) -> NoReturn:
    raise EditRejectedError(
        f"where `{lines[node.lineno - 1].strip()}` goes is not certain; nothing was written",
        steps=[f"to add it at the end: into {address.document}"],
    )


def _begins(node: ast.If | ast.Try, other: ast.If | ast.Try) -> bool:
    """Say whether two statements ask the same, or try some of the same."""
    if isinstance(node, ast.If) or isinstance(other, ast.If):
        return (
            isinstance(node, ast.If)
            and isinstance(other, ast.If)
            and ast.dump(node.test) == ast.dump(other.test)
        )
    return bool({*map(ast.dump, node.body)} & {*map(ast.dump, other.body)})


def _holds(whole: ast.If | ast.Try, part: ast.If | ast.Try) -> bool:
    """Say whether each statement of `part` stands in `whole`, in a branch of the same place."""
    there, sent = branches(whole), branches(part)
    return _begins(whole, part) and all(
        {ast.dump(one) for one in mine} <= {ast.dump(one) for one in theirs}
        for (theirs, _, _), (mine, _, _) in zip_longest(there, sent, fillvalue=([], "", ""))
    )


def _first(node: ast.stmt, lines: list[str], top: int) -> int:
    """Return the line a statement begins on, with its decorators and the comments that touch it."""
    first = node.lineno
    if isinstance(node, DEFINITIONS):
        first = min([first, *(each.lineno for each in node.decorator_list)])
    while first - 1 > top and lines[first - 2].startswith("#"):
        first -= 1
    return first
