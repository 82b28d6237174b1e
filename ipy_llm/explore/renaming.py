"""What a new name for a definition comes to: every place that changes, and what stands against it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ipy_llm.explore.doubts import elsewhere, of_bases, of_decorators
from ipy_llm.explore.index import Index
from ipy_llm.explore.names import Defined, Module, Names
from ipy_llm.explore.refs import Reference, References, positions, references
from ipy_llm.explore.scopes import Scope
from ipy_llm.explore.stubs import in_stubs, stubbed
from ipy_llm.explore.words import occurrences, word
from ipy_llm.source.chunks import Outline
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.text import Source

_FAMILY = 20  # definitions that take each other's place, at most


@dataclass(frozen=True, slots=True)
class Renaming:
    """The places that change, by file, 1-based lines and columns in characters; and what stands against it.

    `against` cannot be overruled: code would mean something else. `doubts` are what nothing decides; `family` the
    definitions that take each other's place in classes, which change together.
    """

    places: dict[str, set[tuple[int, int]]]
    family: tuple[Defined, ...]
    against: tuple[str, ...]
    doubts: tuple[str, ...]
    maybe: tuple[Reference, ...]
    in_text: int


def plan(target: Defined, new: str, index: Index, *, interpreter: str | None, seconds: float) -> Renaming:
    """Return what it comes to when a definition is called `new`."""
    names = Names(index)
    last = target.name.rpartition(".")[2]
    family: dict[Defined, References] = {}
    places: dict[str, set[tuple[int, int]]] = {}
    doubts: list[str] = []
    pending = [target]
    while pending and len(family) < _FAMILY:
        one = pending.pop()
        if one in family:
            continue
        found = _outline(one.file, names)
        chunks = [chunk for chunk in found.walk() if chunk.name == one.name]
        own = positions(chunks, found)
        kind = chunks[0].kind if chunks else "assignment"
        family[one] = references(one, own, names, kind=kind, interpreter=interpreter, seconds=seconds)
        places.setdefault(one.file, set()).update(own)
        pending += family[one].overrides
        doubts += of_decorators(one, chunks, found)
        owner = Defined(one.file, one.name.rpartition(".")[0])
        if names.class_scope(owner) is not None:
            pending += [
                Defined(base.file, f"{base.name}.{last}")
                for base in names.bases(owner)
                if last in _bound(names.class_scope(base))
            ]
            doubts += of_bases(owner, last, names)
    stubs = stubbed(index, last)
    if stubs is not None:
        doubts += _follow_in_stubs(family, last, stubs, places)
    for each in (each for found in family.values() for each in found.sure):
        places.setdefault(each.file, set()).add((each.line, each.column))
        if not each.others <= family.keys():
            doubts.append(f"{names.where(each.file, each.line)} may also mean another {last}")
    strings = dict.fromkeys(where for found in family.values() for where in found.strings)
    doubts += [f"a string at {where} may mean it" for where in strings]
    perhaps = {each for found in family.values() for each in found.perhaps}
    perhaps -= {f"{one.file}::{one.name}" for one in family}
    doubts += [f"{each} may take its place: a base is not known" for each in sorted(perhaps)]
    doubts += elsewhere(last, index)
    maybe = {each for found in family.values() for each in found.maybe}
    maybe = {each for each in maybe if (each.line, each.column) not in places.get(each.file, set())}
    unread = dict.fromkeys(file for found in family.values() for file in found.unread)
    doubts += [f"{file} holds the name and cannot be parsed" for file in unread]
    if pending:
        doubts.append(f"more than {_FAMILY} definitions take each other's place")
    return Renaming(
        places,
        tuple(family),
        tuple(dict.fromkeys((*_against(family, new, names, places), *_against_in_stubs(places, new, stubs)))),
        tuple(dict.fromkeys(doubts)),
        tuple(sorted(maybe, key=lambda each: (each.file, each.line, each.column))),
        max(found.in_text for found in family.values()),
    )


def _follow_in_stubs(
    family: Iterable[Defined], last: str, stubs: Names, places: dict[str, set[tuple[int, int]]]
) -> Iterator[str]:
    """Add the places in the stubs beside modules, and yield what is in doubt there."""
    for one in family:
        known = in_stubs(one, stubs)
        if known is None:
            if word(last).search(stubs.texts[one.file]):
                yield f"{one.file}i holds the name, but no {one.name}"
            continue
        own, found = known
        if own:
            places.setdefault(f"{one.file}i", set()).update(own)
        for each in found.sure:
            places.setdefault(f"{each.file}i", set()).add((each.line, each.column))
        yield from (f"{each.file}i:{each.line} may mean it" for each in found.maybe)
        yield from (f"{each}i holds the name and cannot be parsed" for each in found.unread)


def _outline(file: str, names: Names) -> Outline:
    return outline(Source(names.text(file) or ""))


def _bound(scope: Scope | None) -> set[str]:
    return set(scope.bound) | scope.stored if scope else set()


def _against(
    family: dict[Defined, References],
    new: str,
    names: Names,
    places: dict[str, set[tuple[int, int]]],
) -> Iterator[str]:
    """Yield where the new name means something already."""
    owners = {Defined(one.file, one.name.rpartition(".")[0]) for one in family}
    classes = {owner for owner in owners if names.class_scope(owner) is not None}
    for file in names.index.files:
        text = names.text(file)
        if text is None or new not in text:
            continue
        reading = names.reading(file)
        if reading is None:
            continue
        for name, scope in reading.classes.items():
            cls = Defined(file, name)
            related = cls in classes or not classes.isdisjoint(names.bases(cls))
            related = related or any(cls in names.bases(each) for each in classes)
            if related and new in _bound(scope):
                yield f"{file}::{name} has a {new}"
        stars = any(
            isinstance(each, Module) for star in reading.module.stars for each in names.of_import(star, file)
        )
        if not classes and (file in places or stars) and _bare(text, new):
            yield f"{file} has a {new}"


def _against_in_stubs(places: Iterable[str], new: str, stubs: Names | None) -> Iterator[str]:
    for file in places:
        text = stubs.texts.get(file.removesuffix("i")) if stubs and file.endswith(".pyi") else None
        if text is not None and _bare(text, new):
            yield f"{file} has a {new}"


def _bare(text: str, name: str) -> bool:
    """Say whether a text's code has the name other than after a dot: what it means there might change."""
    pattern = re.compile(rf"(?<![\w.])(?<!\.[ \t]){re.escape(name)}(?!\w)")
    return any(each.code for each in occurrences(text, pattern))
