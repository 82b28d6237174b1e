"""What a new name for a definition comes to: every place that changes, and what stands against it."""

from __future__ import annotations

import ast
import builtins
import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ipy_llm.explore.index import Index
from ipy_llm.explore.mentions import Scope
from ipy_llm.explore.names import Defined, Foreign, Module, Names, Unknown
from ipy_llm.explore.refs import Reference, References, positions, references
from ipy_llm.explore.words import occurrences
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.text import Source
from ipy_llm.workspace.project import scan_project

_OTHERS = (
    ".pyi",
    ".pyx",
    ".ipynb",
    ".html",
    ".j2",
    ".jinja",
    "pyproject.toml",
    "setup.cfg",
    "entry_points.txt",
)
_FAMILY = 20  # definitions that take each other's place, at most
# Decorators that look at what a function does, not at what it is called.
_BLIND = frozenset(
    {
        *(
            "property",
            "cached_property",
            "staticmethod",
            "classmethod",
            "abstractmethod",
            "overload",
            "override",
        ),
        *(
            "cache",
            "lru_cache",
            "contextmanager",
            "asynccontextmanager",
            "wraps",
            "final",
            "dataclass",
            "total_ordering",
        ),
        *("setter", "getter", "deleter", "deprecated", "define", "frozen"),
    }
)


_EMPTY = frozenset({"object", "Generic", "Protocol", "ABC"})  # bases that lay claim to no names


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
        family[one] = references(one, own, index, kind=kind, interpreter=interpreter, seconds=seconds)
        places.setdefault(one.file, set()).update(own)
        pending += family[one].overrides
        doubts += _of_decorators(one, chunks, found)
        owner = Defined(one.file, one.name.rpartition(".")[0])
        if names.class_scope(owner) is not None:
            pending += [
                Defined(base.file, f"{base.name}.{last}")
                for base in names.bases(owner)
                if last in _bound(names.class_scope(base))
            ]
            doubts += _of_bases(owner, last, names)
    for each in (each for found in family.values() for each in found.sure):
        places.setdefault(each.file, set()).add((each.line, each.column))
        if not each.others <= family.keys():
            doubts.append(f"{each.file}:{each.line} may also mean another {last}")
    strings = dict.fromkeys(where for found in family.values() for where in found.strings)
    doubts += [f"a string at {where} may mean it" for where in strings]
    doubts += _elsewhere(last, names)
    maybe = {each for found in family.values() for each in found.maybe}
    maybe = {each for each in maybe if (each.line, each.column) not in places.get(each.file, set())}
    unread = dict.fromkeys(file for found in family.values() for file in found.unread)
    doubts += [f"{file} holds the name and cannot be parsed" for file in unread]
    if pending:
        doubts.append(f"more than {_FAMILY} definitions take each other's place")
    return Renaming(
        places,
        tuple(family),
        tuple(dict.fromkeys(_against(family, new, names, places))),
        tuple(dict.fromkeys(doubts)),
        tuple(sorted(maybe, key=lambda each: (each.file, each.line, each.column))),
        max(found.in_text for found in family.values()),
    )


def _outline(file: str, names: Names) -> Outline:
    return outline(Source(names.text(file) or ""))


def _bound(scope: Scope | None) -> set[str]:
    return set(scope.bound) | scope.stored if scope else set()


def _of_decorators(one: Defined, chunks: list[Chunk], found: Outline) -> Iterator[str]:
    for chunk in chunks:
        if not chunk.is_definition:
            continue
        for line in found.source.text[chunk.decorators : chunk.code].split("\n"):
            mark = line.strip().partition("(")[0]
            if mark.startswith("@") and mark.rpartition(".")[2].lstrip("@") not in _BLIND:
                yield f"{mark} on {one.file}::{one.name} may go by its name"


def _of_bases(owner: Defined, last: str, names: Names) -> Iterator[str]:
    """Yield the bases from outside the project that may have a member of that name."""
    for cls in (owner, *names.bases(owner)):
        scope = names.class_scope(cls)
        for written in scope.bases if scope else ():
            assert scope is not None
            base = written.value if isinstance(written, ast.Subscript) else written
            found = names.of_expression(base, scope.outer or scope, cls.file)
            said = ast.unparse(base)
            known = getattr(builtins, said, None)
            if found.isdisjoint({Foreign(), Unknown()}) or said.rpartition(".")[2] in _EMPTY:
                continue
            if known is None or hasattr(known, last):
                yield f"{said}, a base of {cls.file}::{cls.name}, may have a {last}"


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
        text = names.text(file) if file.endswith(".py") else None
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


def _bare(text: str, name: str) -> bool:
    """Say whether a text's code has the name other than after a dot: what it means there might change."""
    pattern = re.compile(rf"(?<![\w.])(?<!\.[ \t]){re.escape(name)}(?!\w)")
    return any(each.code for each in occurrences(text, pattern))


def _elsewhere(last: str, names: Names) -> Iterator[str]:
    """Yield files that are no Python, and may name what Python defines."""
    base = f"{names.index.root}{os.sep}"
    pattern = re.compile(rb"(?<!\w)" + re.escape(last.encode()) + rb"(?!\w)")
    for path, _ in scan_project(names.index.root, _OTHERS):
        with contextlib.suppress(OSError):
            if pattern.search(Path(path).read_bytes()):
                yield f"{path.removeprefix(base)} holds the name"
