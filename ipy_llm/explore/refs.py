"""Where a definition of the project is meant: decided by the texts alone where they tell, by jedi where they do not.

What neither decides, or what the time did not suffice for, is listed as `maybe`: nothing is dropped in silence.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ipy_llm.explore import written
from ipy_llm.explore.infer import Types
from ipy_llm.explore.mentions import How, Mention, Reading
from ipy_llm.explore.names import Defined, Meaning, Names, Unknown, instance_of
from ipy_llm.explore.rank import is_test
from ipy_llm.explore.spots import BY_NAME, Quoted, asked_of, asks_by_string
from ipy_llm.explore.words import occurrences, word
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.structure.syntax import parse
from ipy_llm.source.text import split_lines
from ipy_llm.workspace.project import cache_folder

_COPYING = frozenset(
    {"replace", "_replace", "evolve"}
)  # functions whose keywords are fields of what they copy


@dataclass(frozen=True, slots=True)
class Reference:
    """A place that means the definition: its file, 1-based line and column in characters, and how it stands there.

    `others` are what it may mean besides: of a union, the members of its other classes.
    """

    file: str
    line: int
    column: int
    how: How
    called: bool
    others: frozenset[Meaning] = frozenset()


@dataclass(frozen=True, slots=True)
class References:
    """All places: those that mean it, those that may, and how many of these the time did not suffice for.

    `in_text` counts the name in strings and comments of the project, string annotations apart;
    `overrides` are the definitions that take its place in classes derived from its own.
    """

    sure: tuple[Reference, ...]
    maybe: tuple[Reference, ...]
    undecided: int = 0
    in_text: int = 0
    overrides: tuple[Defined, ...] = ()
    unread: tuple[str, ...] = ()  # files that may hold the name and do not parse, or a cell of theirs
    strings: tuple[str, ...] = ()  # FILE:LINE of strings that are the name, or end in it after a dot
    perhaps: tuple[str, ...] = ()  # what takes its place in classes with a base that is not known


def positions(chunks: Sequence[Chunk], outline: Outline) -> set[tuple[int, int]]:
    """Return the 1-based lines and columns of the names that chunks define."""
    found = set()
    for chunk in chunks:
        last = chunk.name.rpartition(".")[2]
        match = word(last).search(outline.source.text, chunk.code, chunk.span.end)
        if match:
            line = outline.line_of(match.start())
            found.add((line, match.start() - outline.starts[line - 1]))
    return found


def references(
    target: Defined,
    places: set[tuple[int, int]],
    names: Names,
    *,
    kind: str,
    interpreter: str | None = None,
    seconds: float = 10.0,
    within: Collection[str] | None = None,
) -> References:
    """Return where a definition is meant, all over the project.

    `places` are the positions of its name in its own file, which are no references; `kind` is its chunk's.
    jedi is asked for at most about so many `seconds`. `within` are the files to look in, if not all.
    """
    search = _Search(target, places, names, kind, within)
    for file in search.candidates():
        search.read(file)
    search.ask(Path(names.index.root), interpreter, time.monotonic() + seconds)
    return search.result()


class _Search:
    def __init__(
        self,
        target: Defined,
        places: set[tuple[int, int]],
        names: Names,
        kind: str,
        within: Collection[str] | None,
    ) -> None:
        self.target, self.places, self.names, self.kind, self.within = target, places, names, kind, within
        self.types = Types(names)
        owner, _, self.last = target.name.rpartition(".")
        reading = names.reading(target.file)
        self.owner = Defined(target.file, owner) if reading and owner in reading.classes else None
        self.pattern = word(self.last)
        self.sure: list[Reference] = []
        self.maybe: list[Reference] = []
        self.open: list[tuple[str, Mention]] = []
        self.texts: dict[str, str] = {}
        self.overrides: dict[Defined, None] = {}
        self.unread: list[str] = []
        self.strings: list[str] = []
        self.perhaps: list[str] = []
        self.undecided = self.in_text = 0
        self.asked: bool | None = None

    def candidates(self) -> Iterator[str]:
        """Yield the files that hold the word: its own first, tests last."""
        needle = self.last.encode()
        files = self.names.index.files if self.within is None else self.within
        for file in sorted(files, key=lambda each: (each != self.target.file, is_test(each))):
            if file in self.names.texts:
                if self.last in self.names.texts[file]:
                    yield file
                continue
            try:
                data = Path(self.names.index.root, file).read_bytes()
            except OSError:
                continue
            # JSON may have escapes for its letters
            if needle in data or not needle.isascii():
                yield file

    def read(self, file: str) -> None:
        """Sort the mentions of a file into those that mean it, those that may, and those jedi is to be asked about."""
        text = self.names.text(file)
        if text is None:
            self.unread.append(file)
            return
        cells = self.names.cells.get(file)
        if cells is not None and any(self.pattern.search(each) for each in cells.broken):
            self.unread.append(file)
        if self.pattern.search(text) is None:
            return
        self.texts[file] = text
        try:
            reading = Reading(text, parse(text), self.last)
        except (SyntaxError, RecursionError):
            self.unread.append(file)
            return
        mentions = [
            each
            for each in reading.mentions
            if file != self.target.file or (each.line, each.column) not in self.places
        ]
        self.in_text += sum(not each.code for each in occurrences(text, self.pattern))
        self.in_text -= sum(each.how == "string" for each in mentions)
        self.strings += [self.names.where(file, each.line) for each in reading.strings if self.doubted(each)]
        for mention in mentions:
            match self.decide(mention, file):
                case True:
                    self.sure.append(_reference(mention, file))
                case frozenset() as others:
                    self.sure.append(replace(_reference(mention, file), others=others))
                case None:
                    self.maybe.append(_reference(mention, file))
                case "ask" if cells is not None:  # of no module that jedi knows
                    self.maybe.append(_reference(mention, file))
                case "ask":
                    self.open.append((file, mention))
                case _:
                    pass
        self.find_overrides(reading, file)

    def decide(self, mention: Mention, file: str) -> bool | str | frozenset[Meaning] | None:
        """Say whether a mention means the target: yes, no, None for perhaps, or "ask" where jedi may know.

        Yes may also be said by what else it means.
        """
        match mention.how:
            case "import":
                assert mention.what is not None
                return self.target in self.names.of_import(mention.what, file)
            case "string" if (value := self.asked_of(mention, file)) is not None:
                return self.target in self.types.of_attribute(value, self.last, mention.scope, file)
            case "name" | "string" | "unsure":
                found = self.names.of_name(self.last, mention.scope, file)
                if self.target in found:
                    return None if mention.how == "unsure" else frozenset(found - {self.target})
                undefined = found == {Unknown()} and mention.scope.lookup(self.last) is None
                return None if undefined else False
            case "keyword":
                return self.decide_keyword(mention, file)
        value = mention.node.value  # type: ignore[attr-defined] # of an attribute
        found = self.types.of_attribute(value, self.last, mention.scope, file)
        if self.target in found:
            return frozenset(found - {self.target})
        if self.owner is None or Unknown() not in found:
            # A module handed around as a value is not followed.
            return False
        return "ask"

    def asked_of(self, mention: Mention, file: str) -> ast.expr | None:
        return asked_of(split_lines(self.texts[file])[mention.line - 1], mention.column)

    def decide_keyword(self, mention: Mention, file: str) -> bool | None:
        """Say whether a keyword is a field of the class that is called."""
        if self.owner is None or self.kind != "assignment":
            return False
        function = mention.node.func  # type: ignore[attr-defined] # of a call
        cls = instance_of(function, mention.scope)
        if cls is not None:  # `cls(price=1)`
            called: set[Meaning] = {Defined(file, cls.name)}
        elif isinstance(function, ast.Attribute):
            called = self.types.of_attribute(function.value, function.attr, mention.scope, file)
        else:
            called = self.names.of_expression(function, mention.scope, file)
        for each in called:
            if each == self.owner or (isinstance(each, Defined) and self.owner in self.names.bases(each)):
                return True
        name = getattr(function, "attr", getattr(function, "id", ""))
        return None if name in _COPYING or Unknown() in called else False

    def doubted(self, quoted: Quoted) -> bool:
        """Say whether a string may be looked up: that of a module's name only where modules are asked by strings."""
        if self.owner is not None or not quoted.alone or quoted.given_to in BY_NAME:
            return True
        if self.asked is None:
            self.asked = any(asks_by_string(self.names.text(each) or "") for each in self.names.index.files)
        return self.asked

    def find_overrides(self, reading: Reading, file: str) -> None:
        """Note what takes the target's place in derived classes of a file."""
        if self.owner is None:
            return
        for name, scope in reading.classes.items():
            cls = Defined(file, name)
            if self.last not in scope.bound or cls == self.owner:
                continue
            if self.owner in self.names.bases(cls):
                self.overrides[Defined(file, f"{name}.{self.last}")] = None
            elif self.names.is_open(cls):
                self.perhaps.append(f"{file}::{name}.{self.last}")

    def ask(self, root: Path, interpreter: str | None, deadline: float) -> None:
        """Ask jedi about what is open, until the deadline."""
        if not self.open:
            return
        # jedi takes 0.1 s to import
        from ipy_llm.explore.static import lookup  # noqa: PLC0415 - as above
        from ipy_llm.explore.trees import with_trees  # noqa: PLC0415 - as above

        places = lookup(root, interpreter).places

        def answer() -> None:
            read, script = "", None
            while self.open and time.monotonic() < deadline:
                file, mention = self.open[0]
                if file != read:  # what jedi inferred for one place of a file serves the next
                    read, script = file, places.script(self.texts[file], root / file)
                found = self.goto(script, mention)
                self.open.pop(0)
                if found is not False:
                    (self.sure if found else self.maybe).append(_reference(mention, file))

        with_trees(cache_folder(root).parent / "jedi", answer)
        self.undecided = len(self.open)
        self.maybe += [_reference(mention, file) for file, mention in self.open]

    def goto(self, script: Any, mention: Mention) -> bool | None:
        """Return whether jedi finds the target at a mention; None where it finds nothing."""
        nothing: list[Any] = []
        found = written.asked(
            lambda: list(script.goto(mention.line, mention.column, follow_imports=True)), nothing
        )
        home = self.names.index.root / self.target.file
        if any(each.module_path == home and (each.line, each.column) in self.places for each in found):
            return True
        return False if found else None

    def result(self) -> References:
        return References(
            tuple(sorted(self.sure, key=_order)),
            tuple(sorted(self.maybe, key=_order)),
            self.undecided,
            max(self.in_text, 0),
            tuple(self.overrides),
            tuple(self.unread),
            tuple(self.strings),
            tuple(self.perhaps),
        )


def _reference(mention: Mention, file: str) -> Reference:
    return Reference(file, mention.line, mention.column, mention.how, mention.called)


def _order(each: Reference) -> tuple[bool, str, int, int]:
    return is_test(each.file), each.file, each.line, each.column
