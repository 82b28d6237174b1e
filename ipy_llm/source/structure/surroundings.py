"""What stands around a chunk that one who edits it must know, so that no second read is needed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ipy_llm.source.chunks import Chunk, Outline, innermost
from ipy_llm.source.structure.resolve import label
from ipy_llm.source.structure.signature import signature
from ipy_llm.source.structure.syntax import module_of, parse
from ipy_llm.source.text import indentation, unify

_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+[\w.]+[ \t]+import[ \t(*]|import[ \t]+\w)(?:[^\r\n(\\]|\([^)]*\)|\\\r?\n)*",
    re.MULTILINE,
)
_ACCESSORS = frozenset({"self", "cls"})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is around a definition, each on one line.

    `owner` is the header of the class or function it stands in, nothing at the top level; `beside` the
    signatures of the other definitions there, those it uses first, then the nearest; `uses` the
    top-level definitions that its text names, `imports` the imported ones: `collections.abc.Sequence`, `numpy as np`.
    """

    owner: str
    beside: tuple[str, ...]
    uses: tuple[str, ...]
    imports: tuple[str, ...]


def surroundings(chunk: Chunk, outline: Outline, others: Sequence[Outline] = ()) -> Surroundings:
    """Return what stands around a definition, with what it uses of `others`, the other cells of a notebook.

    Of one that does not parse alone, what it uses is not known.
    """
    names, members = _named(chunk.span.of(outline.source.text))
    owner = innermost(outline.chunks, chunk.span)
    used = [other for other in outline.chunks if other.name in names and not other.span.holds(chunk.span)]
    siblings = [
        other
        for other in (owner.children if owner else outline.chunks)
        if other is not chunk and other.span != chunk.span and other not in used
    ]
    if owner is None:
        siblings = [other for other in siblings if other.is_definition]
    elsewhere = [(one, cell) for cell in others for one in cell.chunks if one.name in names]
    at = chunk.span.start
    siblings.sort(
        key=lambda one: (one.name.rpartition(".")[2] not in members | names, abs(one.span.start - at))
    )
    return Surroundings(
        owner=signature(owner, outline) if owner else "",
        beside=tuple(dict.fromkeys(_brief(other, outline) for other in siblings)),
        uses=tuple(
            dict.fromkeys(_brief(one, own) for one, own in [*((one, outline) for one in used), *elsewhere])
        ),
        imports=tuple(dict.fromkeys(said for own in (outline, *others) for said in _imports(names, own))),
    )


def within(parts: Sequence[str], limit: int, sign: str = "; ") -> tuple[str, int]:
    """Return as many parts as `limit` characters hold, one at least, joined, and how many are left out."""
    kept = 0
    length = 0
    for part in parts:
        length += len(part) + 2
        if length > limit and kept:
            break
        kept += 1
    return sign.join(parts[:kept]), len(parts) - kept


def _named(text: str) -> tuple[set[str], set[str]]:
    """Return the names a text reads and does not bind itself, and the members it asks of `self` or `cls`."""
    code = unify(text)
    try:
        body = parse(f"if 1:\n{code}" if indentation(code) else code).body
    except SyntaxError:
        return set(), set()
    read: set[str] = set()
    bound: set[str] = set()
    members: set[str] = set()
    for statement in body:
        for node in ast.walk(statement):
            match node:
                case ast.Name(id=name, ctx=ast.Load()):
                    read.add(name)
                case ast.Name(id=name) | ast.arg(arg=name):
                    bound.add(name)
                case ast.Attribute(value=ast.Name(id=name), attr=member) if name in _ACCESSORS:
                    members.add(member)
                case _:
                    pass
    return read - bound, members


def _imports(names: set[str], outline: Outline) -> Iterator[str]:
    """Yield what the top-level imports that bind one of the names import, as `module.name`."""
    text = outline.source.text
    hidden = [one.span for one in outline.chunks] + [outline.docstring] * (outline.docstring is not None)
    for match in _IMPORT.finditer(text):
        at = match.start()
        if any(span is not None and span.start <= at < span.end for span in hidden):
            continue
        try:
            node = ast.parse(match[0].strip()).body[0]
        except (SyntaxError, IndexError):  # prose in a string that begins like an import
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = module_of(node)
            for one in node.names:
                if (one.asname or one.name.partition(".")[0]) in names:
                    dotted = f"{module}{'.' * (bool(module.strip('.')))}{one.name}"
                    yield f"{dotted} as {one.asname}" if one.asname else dotted


def _brief(chunk: Chunk, outline: Outline) -> str:
    """Return `total(self) -> int`, `class Item(Base)`, `RATE = 1`, with `@property` and its kin."""
    text = outline.source.text[chunk.decorators : chunk.code]
    marks = "".join(f"{mark} " for mark in re.findall(r"^[ \t]*(@[\w.]+)", text, re.MULTILINE))
    twin = label(chunk, outline).removeprefix(chunk.name) if chunk.overload else ""
    said = signature(chunk, outline, 120 if chunk.is_definition else 40)
    said = re.sub(r"^(\w+: [^=]+) = .*", r"\1", said)  # the type tells more than the value
    return marks + said.removeprefix("def ") + twin
