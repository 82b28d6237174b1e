"""The closed union of edits, and what one says it did."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from ipy_llm.errors import ParseError
from ipy_llm.source.address import Address, Header, LineRange
from ipy_llm.source.chunks import Outline
from ipy_llm.source.sent.blocks import Hunk


@dataclass(frozen=True, slots=True)
class Replace:
    """Replace a whole chunk."""

    address: Address
    text: str


@dataclass(frozen=True, slots=True)
class Lines:
    """Replace lines of a chunk, or insert after one, literally."""

    address: Address
    text: str


@dataclass(frozen=True, slots=True)
class Substitute:
    """Replace the one place where `old` stands in a chunk."""

    address: Address
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Hunks:
    """Replace lines where they stand, each run of them once in a chunk."""

    address: Address
    hunks: tuple[Hunk, ...]


@dataclass(frozen=True, slots=True)
class Insert:
    """Insert a text before, after or into a chunk."""

    where: Literal["before", "after", "into"]
    address: Address
    text: str


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a chunk, or lines of one."""

    address: Address


@dataclass(frozen=True, slots=True)
class Create:
    """Make a new document."""

    address: Address
    text: str


Edit = Replace | Lines | Substitute | Hunks | Insert | Delete | Create


@dataclass(frozen=True, slots=True)
class Touched:
    """A chunk as it stands after an edit: what was done, its target, digest, and first and last line."""

    verb: str
    target: str
    digest: str
    lines: tuple[int, int] | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """A document after its edits."""

    outline: Outline
    touched: tuple[Touched, ...]


def edit_of(header: Header, text: str) -> Edit:
    """Return the edit that a header and a body ask for. Raises `ParseError` where they do not fit."""
    address = header.address
    if header.substitution is not None:
        if text.strip():
            raise ParseError("`old => new` takes no text below it; send one or the other")
        return Substitute(address, *header.substitution)
    if header.verb == "delete":
        if text.strip():
            raise ParseError("`delete` takes no text below it; send one or the other")
        return Delete(address)
    if header.verb == "create":
        return Create(address, text)
    if header.verb != "replace":
        if address.lines is not None:
            last = address.lines.first - (header.verb == "before")
            plain = replace(address, lines=LineRange(last, last, insert=True))
            raise ParseError(f"`{header.verb}` takes a chunk, not lines", steps=[f"to insert lines: {plain}"])
        return Insert(header.verb, address, text)
    return Replace(address, text) if address.lines is None else Lines(address, text)


def written(edit: Edit, address: Address) -> str:
    """Return the header that asks for an edit, at another address."""
    match edit:
        case Insert():
            return f"{edit.where} {address}"
        case Delete():
            return f"delete {address}"
        case Substitute():
            return f"{address} {edit.old} => {edit.new}"
    return str(address)
