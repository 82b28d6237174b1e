"""What it comes to when a module's function, class or constant moves to another module."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ipy_llm.explore.arriving import arrive
from ipy_llm.explore.contents import NOTHING
from ipy_llm.explore.doubts import of_decorators
from ipy_llm.explore.exports import lists
from ipy_llm.explore.following import Course, follow
from ipy_llm.explore.importing import demands, graph, path, reached
from ipy_llm.explore.index import Index
from ipy_llm.explore.leaving import leave, list_there
from ipy_llm.explore.names import Defined, Names
from ipy_llm.explore.needs import Line, Needs, meaning, needs
from ipy_llm.explore.piece import Piece, piece
from ipy_llm.explore.refs import References, positions, references
from ipy_llm.explore.stubs import stubbed
from ipy_llm.explore.unseen import unseen
from ipy_llm.explore.words import occurrences, word
from ipy_llm.source.fitting.importing import Splice, together
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.text import Source, Span, splice

_CYCLE = "an import cycle: "


@dataclass(frozen=True, slots=True)
class Moving:
    """The splices that change each file's Python, and the texts they are of; what stands against it.

    `against` cannot be overruled: code would mean something else, or not run. `doubts` are what nothing decides.
    `places` follow in other files, `brought` are the imports it needs, `stays` says that its module imports it.
    """

    splices: dict[str, list[Splice]]
    texts: dict[str, str]
    against: tuple[str, ...]
    doubts: tuple[str, ...]
    places: int
    brought: tuple[Line, ...]
    stays: bool
    in_text: int
    new: bool  # the module


def plan_move(what: Defined, to: str, index: Index, *, text: bool = False) -> Moving:
    """Return what it comes to when a definition moves to the module `to`, which need not be there yet.

    `text`: also where strings and comments name it by its module. Raises `EditRejectedError` where it cannot.
    """
    texts = {}
    if to not in index.files:
        index = replace(index, files=index.files | {to: NOTHING})
        texts = {to: ""}
    names = Names(index, texts)
    moving = _plan(what, to, names, text=text, lean=False)
    if moving.against and all(each.startswith(_CYCLE) for each in moving.against):
        # What is named in annotations alone need not be imported to run.
        leaner = _plan(what, to, names, text=text, lean=True)
        moving = moving if leaner.against else leaner
    stubs = stubbed(index, what.name)
    return moving if stubs is None or moving.against else _with_stubs(moving, what, to, stubs)


def _with_stubs(moving: Moving, what: Defined, to: str, stubs: Names) -> Moving:
    """Return a move with what becomes of the stubs: it is planned once more, as who checks types reads the modules."""
    defined = {chunk.name for chunk in outline(Source(stubs.texts.get(what.file, ""))).walk()}
    own = what.file in stubs.texts
    if own and what.name not in defined:
        held = word(what.name).search(stubs.texts[what.file])
        return (
            replace(moving, against=(f"{what.file}i holds the name, but no {what.name}",)) if held else moving
        )
    if own and to not in stubs.texts and not moving.new:
        return replace(moving, against=(f"{what.file}i has it, and {to} has no stub",))
    mine = stubs.texts.keys() | ({to} if own else set())
    if moving.new:
        index = replace(stubs.index, files=stubs.index.files | {to: NOTHING})
        stubs = Names(index, {**stubs.texts, to: ""})
    there = _plan(what, to, stubs, text=False, lean=False)
    splices = {f"{file}i": found for file, found in there.splices.items() if file in mine}
    return replace(
        moving,
        splices=moving.splices | splices,
        texts=moving.texts | {file: there.texts[file.removesuffix("i")] for file in splices},
        # In stubs an import cycle is none.
        against=tuple(f"in stubs: {each}" for each in there.against if not each.startswith(_CYCLE)),
    )


def _plan(what: Defined, to: str, names: Names, *, text: bool, lean: bool) -> Moving:
    own = piece(what, to, names)
    wanted = needs(what, own.lines, to, names)
    if lean:
        wanted.lines = [replace(each, typing=each.typing or each.may_wait) for each in wanted.lines]
    before = references(what, set(own.own), names, kind=own.kind, seconds=0)
    named = _in_text(what, to, names)
    splices: dict[str, list[Splice]] = {}
    if text:
        for file, found in named.items():
            splices.setdefault(file, []).extend(found)
    said = {(file, _line(file, span, names)) for file, found in splices.items() for span, _ in found}
    against, doubts = list(wanted.against), list(wanted.doubts)
    doubts += of_decorators(what, [each for each in own.home.walk() if each.name == what.name], own.home)
    doubts += unseen(own, wanted, before, names, said)
    places = left = 0
    course = Course(what, to, own.stays)
    for file in sorted({each.file for each in before.sure} | set(_star_importers(what.file, names))):
        followed = follow(file, course, names)
        doubts += followed.doubts
        places, left = places + followed.places, left + followed.left
        splices.setdefault(file, []).extend(followed.splices)
    if any(own.span.start <= span.start < own.span.end for span, _ in splices.get(what.file, [])):
        against.append("it names itself by its module, or in a string")
    splices.setdefault(what.file, []).extend(leave(own, wanted, names, lean=lean))
    there = names.reading(to)
    if (
        there is not None
        and "__all__" in there.module.bound
        and not any(each.elts for each in lists(own.target))
    ):
        doubts.append(f"{to} has an __all__ that is not a plain list")
    splices.setdefault(to, []).extend([*list_there(own), *arrive(own, wanted.lines, wanted.names)])
    moving = Moving(
        {file: together(found) for file, found in splices.items() if found},
        {file: names.text(file) or "" for file in splices},
        tuple(dict.fromkeys(against)),
        tuple(dict.fromkeys(doubts)),
        places,
        tuple(wanted.lines),
        own.stays or bool(own.remaining()),
        sum(map(len, named.values())),
        new=not names.index.files[to].digest,
    )
    if moving.against:
        return moving
    after = Names(
        replace(names.index, files=names.index.files | {to: NOTHING}),
        {file: splice(moving.texts[file], found) for file, found in moving.splices.items()},
    )
    against = [*_unmeant(own, wanted, before, left, after), *_cycles(names, after)]
    doubts = [*moving.doubts, *_demands(names, after)]
    return replace(moving, against=tuple(dict.fromkeys(against)), doubts=tuple(dict.fromkeys(doubts)))


def _star_importers(module: str, names: Names) -> Iterator[str]:
    for file in names.index.files:
        reading = names.reading(file)
        stars = reading.module.stars if reading else []
        if any(module in names.modules.of(star, file) for star in stars):
            yield file


def _line(file: str, span: Span, names: Names) -> int:
    return (names.text(file) or "").count("\n", 0, span.start) + 1


def _in_text(what: Defined, to: str, names: Names) -> dict[str, list[Splice]]:
    """Return where strings and comments name it by its module, and what they would say."""
    modules = names.modules
    named = "|".join(map(re.escape, sorted(modules.names(what.file), key=len, reverse=True)))
    pattern = re.compile(rf"(?<![\w.])(?:{named})(?=\.{re.escape(what.name)}(?!\w))")
    found: dict[str, list[Splice]] = {}
    for file in names.index.files:
        text = names.text(file) or ""
        for each in occurrences(text, pattern):
            if not each.code:
                new = modules.absolute(to, (what.file, text[each.start : each.end]))
                found.setdefault(file, []).append((Span(each.start, each.end), new))
    return found


# -- what it comes to


def _unmeant(own: Piece, wanted: Needs, before: References, left: int, after: Names) -> Iterator[str]:
    """Read all files as they will be, and yield what would mean something else; `left` attributes are in doubt."""
    for file in after.texts:
        if after.reading(file) is None:
            yield f"{file} would not parse"
            return
    found = outline(Source(after.texts[own.to]))
    target = Defined(own.to, own.what.name)
    places = positions([chunk for chunk in found.walk() if chunk.name == target.name], found)
    now = references(target, places, after, kind=own.kind, seconds=0)
    for how in ("name", "attribute", "unsure"):
        then, there = (sum(each.how == how for each in one.sure) for one in (before, now))
        then -= left if how == "attribute" else 0
        if then != there:
            lost = {each.file for each in before.sure} - {each.file for each in now.sure}
            yield f"{then} {how}s meant it, {there} would{': ' * bool(lost)}{', '.join(sorted(lost))}"
    reading = after.reading(own.to)
    assert reading is not None
    for name, meant in wanted.meanings.items():
        if "builtin" in meant and name not in reading.module.bound:
            continue
        if meaning(name, reading, own.to, after) != meant:
            yield f"{name} would be another in {own.to}"


def _cycles(before: Names, after: Names) -> Iterator[str]:
    """Yield the circles that new imports would close while modules are imported."""
    old, new = graph(before), graph(after)
    for file, edges in new.items():
        for other in sorted(edges - old.get(file, set())):
            back = path(other, file, new)
            if back:
                yield f"{_CYCLE}{' -> '.join([file, *back])}"


def _demands(before: Names, after: Names) -> Iterator[str]:
    """Yield what a module would ask of the machine, when it is imported, that it did not."""
    old, new = graph(before, always=True), graph(after, always=True)
    for file, edges in new.items():
        added = edges - old.get(file, set())
        if not added:
            continue
        had = {said for each in reached(file, old) for said, _ in demands(each, before)}
        for each in sorted(reached(file, new) - reached(file, old)):
            yield from (
                f"{each} {why}, which {file} did not need"
                for said, why in demands(each, before)
                if said not in had
            )
