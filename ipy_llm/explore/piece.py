"""What moves: a definition by itself, with where it stands and where it is to go."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from ipy_llm.errors import EditRejectedError
from ipy_llm.explore.exports import lists
from ipy_llm.explore.mentions import Reading
from ipy_llm.explore.names import Defined, Names
from ipy_llm.explore.needs import meaning
from ipy_llm.explore.refs import positions
from ipy_llm.source.chunks import Chunk, Kind, Outline
from ipy_llm.source.fitting.place import delete
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.structure.twins import as_one
from ipy_llm.source.text import Source, Span


@dataclass(frozen=True, slots=True)
class Piece:
    """A definition of a module, overloads as one: the text that goes (`span`), what of it arrives (`sent`), and its lines.

    `home` and `there` are the outlines of the module it leaves and of the one it comes to, `tree` and `target` their trees.
    """

    what: Defined
    to: str
    home: Outline
    there: Outline
    tree: ast.Module
    target: ast.Module
    reading: Reading
    kind: Kind
    span: Span
    sent: Span
    lines: tuple[int, int]
    own: frozenset[tuple[int, int]]  # lines and columns of its name

    @property
    def is_definition(self) -> bool:
        """Say whether it is a function or class."""
        return self.kind != "assignment"

    @property
    def stays(self) -> bool:
        """Say whether its module goes on having it: a package is what others import from."""
        return self.what.file.endswith("__init__.py")

    def remaining(self) -> list[ast.AST]:
        """Return where its module goes on using it, outside of `__all__`."""
        in_lists = {id(each) for value in lists(self.tree) for each in value.elts}
        return [
            mention.node
            for mention in self.reading.mentions
            if mention.how in {"name", "string", "unsure"}
            and not self.lines[0] <= mention.line <= self.lines[1]
            and id(mention.node) not in in_lists
            and mention.scope.lookup(self.what.name) is self.reading.module
        ]


def piece(what: Defined, to: str, names: Names) -> Piece:
    """Return what moves. Raises `EditRejectedError` where it is not by itself."""
    try:
        tree, target = names.tree(what.file), names.tree(to)
    except SyntaxError as error:
        raise EditRejectedError(f"{what.file} and {to} must both parse; nothing was written") from error
    home = outline(Source(names.text(what.file) or ""))
    reading = Reading(home.source.text, tree, what.name)
    twins = [chunk for chunk in home.walk() if chunk.name == what.name]
    chunk = _alone(twins, home, reading)
    there = names.reading(to)
    if (
        there is not None
        and what.name in there.module.bound
        and meaning(what.name, there, to, names) != {what}
    ):
        raise _refused(what.name, f"{to} has another {what.name}")
    span, _, notes = delete(chunk, home)
    # A comment that heads a run of assignments stays with it.
    sent = Span(chunk.decorators if notes else chunk.span.start, chunk.span.end)
    return Piece(
        what,
        to,
        home,
        outline(Source(names.text(to) or "")),
        tree,
        target,
        reading,
        twins[0].kind,
        span,
        sent,
        home.lines(sent),
        frozenset(positions(twins, home)),
    )


def _alone(twins: list[Chunk], home: Outline, reading: Reading) -> Chunk:
    """Return definitions of one name as one. Raises `EditRejectedError` where other code is among them."""
    name = twins[0].name
    chunk = as_one(twins, home) if len(twins) > 1 else twins[0]
    if chunk is None:
        raise _refused(name, "its definitions do not stand together")
    if chunk.indent or any(each.guard for each in twins):
        raise _refused(name, f"it stands under `{twins[0].guard}`")
    if chunk.inline or any(other.span == twins[0].span and other.name != name for other in home.walk()):
        raise _refused(name, "its statement binds other names too")
    if len(reading.module.bound.get(name, [])) != len(twins):
        raise _refused(name, "it is given other values elsewhere in its module")
    return chunk


def _refused(name: str, why: str) -> EditRejectedError:
    return EditRejectedError(f"{name} cannot move: {why}; nothing was written")
