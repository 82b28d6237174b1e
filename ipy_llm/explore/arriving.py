"""The module that something moves to: the imports it needs there, and its place among what stands there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain

from ipy_llm.errors import EditRejectedError
from ipy_llm.explore.importing import When, lazy_annotations, moments
from ipy_llm.explore.mentions import Reading
from ipy_llm.explore.needs import Line
from ipy_llm.explore.piece import Piece
from ipy_llm.source.address import Address
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.fitting.importing import Splice, added
from ipy_llm.source.fitting.place import insert
from ipy_llm.source.text import Span, newline_of, unify


def arrive(piece: Piece, wanted: Sequence[Line], names: Mapping[str, When]) -> list[Splice]:
    """Return what puts it in its module, with the imports it needs; `names` are those it needs, and when.

    Raises `EditRejectedError` where there is no place for it.
    """
    sent = unify(piece.sent.of(piece.home.source.text))
    lines = _imports(wanted, typing=False)
    typing = for_types(_imports(wanted, typing=True))
    there = piece.there.source.text
    if there.strip():
        imports = added([*chain(*_grouped(wanted, lines)), *typing], piece.there)
        return [*imports, _placed(piece, sent, names)]
    future = ["from __future__ import annotations"] if lazy_annotations(piece.tree) else []
    groups = [future, *_grouped(wanted, [*lines, *typing[:1]]), typing[1:]]
    head = "\n\n".join("\n".join(group) for group in groups if group)
    gap = "\n\n\n" if piece.is_definition else "\n\n"
    made = unify(f"{head}{gap if head else ''}{sent}\n")
    return [(Span(0, len(there)), made.replace("\n", newline_of(piece.home.source.text)))]


def _placed(piece: Piece, sent: str, names: Mapping[str, When]) -> Splice:
    """Return where it goes in its new module: below what it needs there, above what needs it."""
    when = moments(piece.target)
    reading = Reading(piece.there.source.text, piece.target, piece.what.name)
    early = [
        each.line for each in reading.mentions if each.how == "name" and when.get(id(each.node)) == "import"
    ]
    below = [
        chunk
        for chunk in piece.there.chunks
        for name, moment in names.items()
        if moment == "import" and chunk.name == name
    ]
    least = max((piece.there.lines(chunk.span)[1] for chunk in below), default=0)
    if not piece.is_definition or early:
        constants = _constants(piece.there)
        anchor = constants[-1] if constants else None
        if anchor is not None and _fits(piece.there.lines(anchor.span)[1], least, early):
            if piece.is_definition:
                return _below(anchor.span.end, f"\n\n{sent}", piece.there)
            return insert("after", Address(name=anchor.name), sent, piece.there, piece.to)
        top = piece.there.imports or piece.there.docstring
        if top is not None and _fits(piece.there.lines(top)[1], least, early):
            return _below(top.end, f"{chr(10) * (1 + piece.is_definition)}{sent}", piece.there)
        if early:
            raise EditRejectedError(
                f"{piece.to} uses {piece.what.name} above what that needs there; nothing was written"
            )
    return insert("into", Address(), sent, piece.there, piece.to)


def _fits(line: int, least: int, early: list[int]) -> bool:
    return least <= line < min(early, default=line + 1)


def _constants(there: Outline) -> list[Chunk]:
    """Return the assignments that stand above the target's first definition, each by itself."""
    found: list[Chunk] = []
    for chunk in there.chunks:
        if chunk.is_definition:
            break
        if not chunk.guard and not chunk.inline and not chunk.indent and chunk.name != "__all__":
            found.append(chunk)
    names = Counter(chunk.name for chunk in there.walk())
    return [chunk for chunk in found if names[chunk.name] == 1]


def _below(offset: int, text: str, there: Outline) -> Splice:
    """Return what stands below an offset at the end of a line, with a blank line between."""
    rest = there.source.text[offset:]
    gap = "" if not rest.strip() or re.match(r"(?:\r?\n[ \t]*){2}", rest) else "\n"
    return Span(offset, offset), f"\n{text}{gap}".replace("\n", newline_of(there.source.text))


def for_types(lines: Sequence[str]) -> list[str]:
    """Return imports as they stand for who checks types alone."""
    if not lines:
        return []
    return ["from typing import TYPE_CHECKING", "if TYPE_CHECKING:", *(f"    {line}" for line in lines)]


def _imports(lines: Sequence[Line], *, typing: bool) -> list[str]:
    """Return the statements, those of one module as one."""
    modules: dict[tuple[str, bool], list[Line]] = {}
    for line in lines:
        if line.typing == typing:
            modules.setdefault((line.module, bool(line.name)), []).append(line)
    found = []
    for (module, named), own in modules.items():
        if not named:
            found += [str(line) for line in own]
            continue
        said = dict.fromkeys(f"{one.name} as {one.alias}" if one.alias else one.name for one in own)
        found.append(f"from {module} import {', '.join(said)}")
    return list(dict.fromkeys(found))


def _grouped(lines: Sequence[Line], written_lines: list[str]) -> list[list[str]]:
    """Return import statements in two groups: those from elsewhere, and the project's own."""
    own = {line.module for line in lines if line.file is not None}
    groups: list[list[str]] = [[], []]
    for line in sorted(written_lines, key=lambda each: (each.startswith("from "), each)):
        groups[line.split()[1] in own].append(line)
    return groups
