"""The module that something moves out of: what goes with it, and what it needs of it from then on."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ipy_llm.explore.arriving import for_types
from ipy_llm.explore.exports import listed, lists, taken
from ipy_llm.explore.importing import moments, statements, top_level
from ipy_llm.explore.mentions import Reading
from ipy_llm.explore.names import Names
from ipy_llm.explore.needs import Needs, written
from ipy_llm.explore.piece import Piece
from ipy_llm.source.fitting.importing import (
    Splice,
    added,
    positions_of,
    with_item,
    without_item,
    without_names,
)


def leave(piece: Piece, wanted: Needs, names: Names, *, lean: bool) -> list[Splice]:
    """Return what takes it out of its module, with what only it needed, and imports it back where that is needed.

    `lean`: where it is only named in annotations, for who checks types alone.
    """
    at = positions_of(piece.home.source.text)
    found: list[Splice] = [(piece.span, "")]
    remaining = piece.remaining()
    if piece.stays or remaining:
        when = moments(piece.tree)
        later = {when.get(id(node), "typing") for node in remaining} == {"typing"}
        line = f"from {written(piece.to, piece.what.file, names, piece.to)} import {piece.what.name}"
        found += added(for_types([line]) if later and lean else [line], piece.home)
    if not piece.stays:
        for value, position in listed(piece.tree, piece.what.name):
            found.append(without_item(value.elts, position, at, bracketed=True))
    unused: dict[int, list[ast.alias]] = {}
    for node, alias in _leftovers(piece, wanted, names):
        unused.setdefault(id(node), []).append(alias)
    for node in statements(piece.tree):
        found += without_names(node, unused[id(node)], at) if id(node) in unused else []
    return found


def list_there(piece: Piece) -> list[Splice]:
    """Return what puts it in the `__all__` of the module it comes to, where both have one."""
    own = [value for value in lists(piece.target) if value.elts]
    here = listed(piece.tree, piece.what.name)
    if piece.stays or not own or not here:
        return []
    value, position = here[0]
    text = piece.home.source.text
    said = positions_of(text).exact(value.elts[position]).of(text)
    return [with_item(own[-1].elts, said, positions_of(piece.there.source.text))]


def _leftovers(
    piece: Piece, wanted: Needs, names: Names
) -> Iterator[tuple[ast.Import | ast.ImportFrom, ast.alias]]:
    """Yield the imports that are certainly the moved code's alone."""
    text = piece.home.source.text
    plain = top_level(piece.tree)
    at = positions_of(text)
    for name in wanted.names if not piece.stays else ():
        bound = piece.reading.module.bound.get(name, [])
        nodes = [
            (node, alias)
            for node in statements(piece.tree)
            for alias in node.names
            if name == (alias.asname or alias.name) and id(node) in plain
        ]
        if len(bound) != 1 or len(nodes) != 1:
            continue
        node, alias = nodes[0]
        reading = Reading(text, piece.tree, name)
        others = [
            each
            for each in reading.mentions
            if each.how in {"name", "string", "unsure"} and not piece.lines[0] <= each.line <= piece.lines[1]
        ]
        said = at.exact(node).of(text) + text[at.exact(node).end : at.end_of_line(node.end_lineno or 0)]
        if others or reading.strings or "#" in said or taken(piece.what.file, name, names):
            continue
        yield node, alias
