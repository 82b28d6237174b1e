"""What stands around a chunk that one who edits it must know, so that no second read is needed."""

from __future__ import annotations

import ast
import re
import sys
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
_SIGNATURE = 90  # characters of one definition
# What everyone knows the place of; `Any` that stands in the text says as much.
_KNOWN = frozenset({*sys.stdlib_module_names, "typing_extensions"})


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is around a definition, each on one line.

    `owner` is the header of the class or function it stands in, nothing at the top level; `beside` the
    signatures of those definitions there that it uses, `others` the names of the rest, the nearest first; `uses`
    the top-level definitions that its text names, `imports` whence the imported ones are: `Sequence, Mapping from
    collections.abc`, `numpy as np`, but nothing of the standard library's.
    """

    owner: str
    beside: tuple[str, ...]
    others: tuple[str, ...]
    uses: tuple[str, ...]
    imports: tuple[str, ...]


def surroundings(chunk: Chunk, outline: Outline, others: Sequence[Outline] = ()) -> Surroundings:
    """Return what stands around a definition, with what it uses of `others`, the other cells of a notebook.

    Of one that does not parse alone, what it uses is not known.
    """
    names, members = _named(chunk.span.of(outline.source.text))
    owner = innermost(outline.chunks, chunk.span)
    used = [other for other in outline.chunks if other.name in names and not other.span.holds(chunk.span)]
    siblings = [other for other in (owner.children if owner else ()) if other.span != chunk.span]
    siblings.sort(key=lambda one: abs(one.span.start - chunk.span.start))
    known = members if owner and owner.kind == "class" else names
    beside = [other for other in siblings if _last(other) in known]
    elsewhere = [(one, cell) for cell in others for one in cell.chunks if one.name in names]
    return Surroundings(
        owner=signature(owner, outline) if owner else "",
        beside=tuple(dict.fromkeys(_brief(other, outline) for other in beside)),
        others=tuple(dict.fromkeys(_last(other) for other in siblings if other not in beside)),
        uses=tuple(
            dict.fromkeys(_brief(one, own) for one, own in [*((one, outline) for one in used), *elsewhere])
        ),
        imports=_imports(names, [outline, *others]),
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


def _imports(names: set[str], outlines: Sequence[Outline]) -> tuple[str, ...]:
    """Return whence the top-level imports have those of the names that the reader cannot know the place of."""
    found: dict[str, dict[str, None]] = {}  # of each module the names, "" for modules themselves
    for node in (node for each in outlines for node in _statements(each)):
        module = module_of(node)
        for one in node.names:
            bound = one.asname or one.name.partition(".")[0]
            first = (module or one.name).partition(".")[0]
            if bound in names and first not in _KNOWN and (module or one.asname):
                said = f"{one.name} as {one.asname}" if one.asname else one.name
                found.setdefault(module, {})[said] = None
    said_all = ((module, ", ".join(said)) for module, said in found.items())
    return tuple(f"{said} from {module}" if module else said for module, said in said_all)


def _statements(outline: Outline) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the imports at the top level of a document, those under conditions too."""
    hidden = [one.span for one in outline.chunks] + [outline.docstring] * (outline.docstring is not None)
    for match in _IMPORT.finditer(outline.source.text):
        at = match.start()
        if any(span is not None and span.start <= at < span.end for span in hidden):
            continue
        try:
            node = ast.parse(match[0].strip()).body[0]
        except (SyntaxError, IndexError):  # prose in a string that begins like an import
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node


def _last(chunk: Chunk) -> str:
    return chunk.name.rpartition(".")[2]


def _brief(chunk: Chunk, outline: Outline) -> str:
    """Return `total() -> int` of a method, `class Item(Base)`, `RATE = 1`, with `@property` and its kin."""
    text = outline.source.text[chunk.decorators : chunk.code]
    marks = "".join(f"{mark} " for mark in re.findall(r"^[ \t]*(@[\w.]+)", text, re.MULTILINE))
    twin = label(chunk, outline).removeprefix(chunk.name) if chunk.overload else ""
    said = signature(chunk, outline, _SIGNATURE if chunk.is_definition else 40)
    if chunk.is_definition and "." in chunk.name:
        said = re.sub(r"\((?:self|cls)(?:, |(?=\)))", "(", said, count=1)
    said = re.sub(r"^(\w+: [^=]+) = .*", r"\1", said)  # the type tells more than the value
    return marks + said.removeprefix("def ") + twin
