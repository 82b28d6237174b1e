"""A text that is less than the chunk it is sent for, or more: the reason, and the entry to send."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from ipy_llm.errors import EditRejectedError
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.sent.reading import definition_names
from ipy_llm.source.sent.slips import parses
from ipy_llm.source.structure.resolve import label
from ipy_llm.source.structure.signature import header_end, signature
from ipy_llm.source.structure.syntax import DEFINITIONS, bound_names, is_string, parse
from ipy_llm.source.text import indentation


@dataclass(frozen=True, slots=True)
class Asked:
    """The chunk that a text was sent for, and how addresses write it."""

    chunk: Chunk
    outline: Outline
    document: str

    @property
    def name(self) -> str:
        """The last part of its name."""
        return self.chunk.name.rpartition(".")[2]

    @property
    def prefix(self) -> str:
        """What stands before a target in the document."""
        return f"{self.document}::" if self.document else ""

    @property
    def address(self) -> str:
        """Its address, without a digest."""
        return f"{self.prefix}{label(self.chunk, self.outline)}"

    def lines(self, first: int, last: int) -> str:
        """Return the address of some of its lines, by their 1-based lines in the document."""
        top = self.outline.lines(self.chunk.span)[0] - 1
        numbers = f"{first - top}" if first == last else f"{first - top}-{last - top}"
        return f"{self.address}@{self.outline.digest(self.chunk.span)}:{numbers}"


def refuse_header(code: str, asked: Asked) -> None:
    """Refuse a header without a body, or decorators without a definition. Raises `EditRejectedError`."""
    chunk, outline = asked.chunk, asked.outline
    if not chunk.is_definition or parses(code) or parses(f"if 1:\n{code}"):
        return
    indent = (
        indentation(code.rsplit("\n", maxsplit=1)[-1]) if code.lstrip().startswith("@") else indentation(code)
    )
    wrap = "if 1:\n" if indentation(code) else ""
    first = outline.line_of(chunk.code)
    for more, where, what in (
        (f"\n{indent}    pass", None, "header without a body"),
        (f"\n{indent}def {asked.name}(): pass", first, "decorators alone"),
    ):
        if not parses(f"{wrap}{code}{more}"):
            continue
        node = parse(f"{wrap}{code}{more}").body[0]
        node = node.body[0] if isinstance(node, ast.If) else node
        if not isinstance(node, DEFINITIONS) or node.name != asked.name or len(node.body) != 1:
            continue
        if where is not None:
            top = first - outline.lines(chunk.span)[0]
            step = f"to put them above it: {asked.address}@{outline.digest(chunk.span)}:{top}+"
            raise EditRejectedError(
                f"the text has no {chunk.kind} {asked.name}; nothing was written", steps=[step]
            )
        last = outline.line_of(header_end(outline.source.text, chunk.code, chunk.span.end) - 1)
        start = outline.line_of(chunk.decorators) if node.decorator_list else first
        raise EditRejectedError(
            f"the text is the {what}; nothing was written",
            steps=[f"for the header alone: {asked.lines(start, last)}"],
        )


def refuse_more(body: list[ast.stmt], found: list[ast.stmt], asked: Asked) -> None:
    """Refuse what would stand beside a definition where it was not meant to. Raises `EditRejectedError`."""
    chunk, outline = asked.chunk, asked.outline
    if len(found) > 1 and all(isinstance(node, DEFINITIONS) for node in found):
        raise EditRejectedError(
            f"the text defines {chunk.name} {len(found)} times; nothing was written",
            steps=[f"send only the one addressed: {asked.address}"],
        )
    top = {other.name for other in outline.chunks if other.is_definition}
    others = top & set(definition_names(body)) - {chunk.name}
    if chunk.name in top and others and others >= top - {chunk.name}:
        raise EditRejectedError(
            f"the text is all of {asked.document}, not {chunk.name} alone; nothing was written",
            steps=[f"to replace it all: {asked.document}"],
        )
    for node in body:
        if isinstance(node, (*DEFINITIONS, ast.Import, ast.ImportFrom)) or bound_names(node):
            continue
        said = ast.unparse(node).split("\n")[0]
        raise EditRejectedError(
            f"beside {chunk.name} the text has `{said if len(said) <= 60 else said[:57] + '...'}`; nothing was written",
            steps=["send the definition alone"],
        )


def not_the_chunk(body: list[ast.stmt], asked: Asked) -> EditRejectedError:
    """Return the refusal of a text that does not define what it was sent for."""
    chunk, outline = asked.chunk, asked.outline
    owner = chunk.name.rpartition(".")[0]
    if chunk.is_definition and not definition_names(body):
        return _only_a_body(body, asked)
    names = [bound for node in body for bound in bound_names(node)]
    if not names:
        return EditRejectedError(
            f"the text does not assign {asked.name}: a chunk is replaced whole; nothing was written",
            steps=[f"begin with: {asked.name} ="],
        )
    if names[0] == owner.rpartition(".")[2]:
        return EditRejectedError(
            f"the text is all of {owner}, not {chunk.name} alone; nothing was written",
            steps=[f"to replace it all: {asked.prefix}{owner}"],
        )
    other = f"{owner}.{names[0]}".lstrip(".")
    there = any(twin.name == other for twin in outline.walk())
    return EditRejectedError(
        f"the text defines {', '.join(names)}, not {asked.name}; nothing was written",
        steps=[f"to replace it: {asked.prefix}{other}" if there else f"to add it: after {asked.address}"]
        + ([] if there else ["to rename: the same with --allow-removal"]),
    )


def _only_a_body(body: list[ast.stmt], asked: Asked) -> EditRejectedError:
    """Return the refusal of a body without its header: its lines are those to replace."""
    chunk, outline = asked.chunk, asked.outline
    docstring = bool(body) and is_string(body[0])
    if docstring and len(body) == 1:
        verb = "" if chunk.docstring else "into "
        return EditRejectedError(
            "the text is only a docstring; nothing was written",
            steps=[f"for the docstring alone: {verb}{asked.address}#docstring"],
        )
    steps = [f"begin with: {signature(chunk, outline)}:"]
    if chunk.body_indent is not None:
        first = outline.line_of(header_end(outline.source.text, chunk.code, chunk.span.end) - 1) + 1
        if chunk.docstring is not None and not docstring:
            first = outline.lines(chunk.docstring)[1] + 1
        last = outline.lines(chunk.span)[1]
        if first <= last:
            steps.append(f"or, to replace the whole body: {asked.lines(first, last)}")
    return EditRejectedError(
        f"the text has no {chunk.kind} {asked.name}: a chunk is replaced whole, header too; nothing was written",
        steps=steps,
    )
