"""What `docs` answers with, and the lines a model reads of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ipy_llm.source.tokens import tokens

Kind = Literal["function", "class", "module", "method", "property", "value"]

TOKENS = 600  # of a page

# Characters of names that follow the members shown in full: a name costs little and may be the one looked for.
_ALSO = 400


@dataclass(frozen=True, slots=True)
class Member:
    """One public member of a class or module, told in a line."""

    name: str
    kind: Kind
    signature: str  # what follows the name, as in `Docs.signatures`, without `self`
    summary: str  # the docstring's first sentence
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Docs:
    """What is known of one name."""

    name: str  # qualified, importable where it can be
    kind: Kind
    # What follows the name: `(a: int) -> str` (several when overloaded, at most three), ` -> int` of
    # a property, `: float = 0.2` of a value; none for a module or where nothing is known.
    signatures: tuple[str, ...] = ()
    summary: str = ""  # the docstring's first paragraph on one line, bounded
    defined: str | None = None  # path:line, relative to the project inside it; None for compiled code
    members: tuple[Member, ...] = ()
    also: tuple[str, ...] = ()  # public members beyond the limit
    inherited: tuple[str, ...] = ()  # those of bases, where they are not among the members
    marks: tuple[str, ...] = ()  # async, classmethod, staticmethod
    more: int = 0  # overloads beyond those in `signatures`


@dataclass(frozen=True, slots=True)
class Missing:
    """A name that is not there: how far it could be followed, and what stands there instead."""

    prefix: str  # the part that exists, "" when nothing does
    wanted: str  # the segment that it has not
    present: tuple[str, ...]  # full names of what the prefix holds


def render(docs: Docs, budget: int = TOKENS) -> list[str]:
    """Return the lines that a model reads: signature, summary, place, then a line a member.

    Members that about `budget` tokens do not hold are named only.
    """
    kinds = docs.marks if {"classmethod", "staticmethod"} & {*docs.marks} else (*docs.marks, docs.kind)
    head = " ".join((*kinds, docs.name))
    lines = [head + signature for signature in docs.signatures[:1]] or [head]
    lines += [f"  or {signature}" for signature in docs.signatures[1:]]
    if docs.more:
        lines[-1] += f"  (+{docs.more} overloads)"
    if docs.summary:
        lines.append(docs.summary)
    if docs.defined:
        lines.append(f"defined in {docs.defined}")
    left = budget - tokens("\n".join(lines))
    told = 0
    for member in docs.members:
        line = f"  {_line(member)}"
        left -= tokens(line) + 1
        if left < 0 and told:
            break
        lines.append(line)
        told += 1
    also = (*(member.name for member in docs.members[told:]), *docs.also)
    if also:
        lines.append(f"  also: {_joined(also)}")
    if docs.inherited:
        lines.append(f"  inherited: {_joined(docs.inherited)}")
    return lines


def _line(member: Member) -> str:
    kind = (member.kind,) if member.kind in {"class", "module", "property"} else ()
    head = " ".join((*member.marks, *kind, member.name)) + member.signature
    return f"{head}  {member.summary}" if member.summary else head


def _joined(names: tuple[str, ...]) -> str:
    shown: list[str] = []
    room = _ALSO
    for name in names:
        room -= len(name) + 2
        if room < 0:
            return f"{', '.join(shown)}, … {len(names) - len(shown)} more"
        shown.append(name)
    return ", ".join(shown)
