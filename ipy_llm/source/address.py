"""Addresses: how a request names a piece of code, and the header of an edit.

address  = [ document "::" ] [ cell [ "::" ] ] target [ "@" digest ] [ ":" lines ]
cell     = "[" n | id "]"                              of a notebook; the brackets may be left out of n
target   = name { "." name } [ "[" n | "impl" | "*" "]" ] [ "#" section ] | "#" section | nothing
lines    = n | n "-" m | n "+"
header   = [ "replace" | "before" | "after" | "into" | "delete" | "create" ] address [ old " => " new ]
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Literal

from ipy_llm.errors import ParseError
from ipy_llm.source.wording import reworded, reworded_address, right_lines

Verb = Literal["replace", "before", "after", "into", "delete", "create"]
VERBS: tuple[Verb, ...] = ("replace", "before", "after", "into", "delete", "create")

_ADDRESS = re.compile(
    r"(?P<name>.*?)(?:\[(?P<index>\d+|impl|\*)\])?(?:#(?P<section>[^@:]*?))?"
    r"(?:@(?P<digest>[0-9a-fA-F]{4}))?(?::(?P<first>\d+)(?:-(?P<last>\d+)|(?P<plus>\+))?)?",
    re.DOTALL,
)
# After `::`, or alone: `[3]`, `[3]::f`, `[3]#imports`, `[3]@3f1c:2`; `3::f` too, for shells that glob.
_CELL = re.compile(r"(?:\[(?P<id>[\w-]{1,64})\]|(?P<number>\d+))(?:::|\.(?=[^\W\d])|(?=[#@:]|$))")
_WORDS: dict[str, Literal["impl", "*"]] = {"impl": "impl", "*": "*"}
_INDEXED = re.compile(r"(?P<name>.*)\.(?P<index>\d+)")


@dataclass(frozen=True, slots=True)
class LineRange:
    """Lines of a chunk, counted from 1: `first` to `last`; `insert` means after `first`, replacing none."""

    first: int
    last: int
    insert: bool = False

    def __str__(self) -> str:
        if self.insert:
            return f"{self.first}+"
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed address. Without a `document`, `name` may still turn out to be a path or a module."""

    document: str | None = None
    name: str = ""
    index: int | Literal["impl", "*"] | None = None
    section: str | None = None
    digest: str | None = None
    lines: LineRange | None = None
    cell: str | None = None  # of a notebook, by number or id; a cell is a document of its own

    @property
    def target(self) -> str:
        """The part that names a chunk: `Cart.total[0]#helpers`, or nothing for the whole document or cell."""
        index = "" if self.index is None else f"[{self.index}]"
        section = "" if self.section is None else f"#{self.section}"
        return f"{self.name}{index}{section}"

    def __str__(self) -> str:
        digest = f"@{self.digest}" if self.digest else ""
        lines = f":{self.lines}" if self.lines else ""
        document = "" if self.document is None else self.document
        # Alone, a path needs no colons unless part of it would be read as a digest, section or lines.
        needed = bool(self.target or self.cell) or any(sign in document for sign in "#@[:")
        colons = "::" if self.document is not None and needed else ""
        cell = f"[{self.cell}]{'::' * bool(self.target)}" if self.cell else ""
        return f"{document}{colons}{cell}{self.target}{digest}{lines}"


@dataclass(frozen=True, slots=True)
class Header:
    """What an edit is to do and where: the first line of a patch entry, or the argument of `edit`."""

    verb: Verb
    address: Address
    substitution: tuple[str, str] | None = None

    def __str__(self) -> str:
        verb = "" if self.verb == "replace" else f"{self.verb} "
        arrow = " {} => {}".format(*self.substitution) if self.substitution else ""
        return f"{verb}{self.address}{arrow}"


def slug(name: str) -> str:
    """Return a section's name as addresses write it: white space reads as `-`."""
    return "-".join(name.split())


def like(name: str) -> str:
    """Return what two ways to write a section's name have in common: letters in lower case, digits, hyphens."""
    kept = (sign for sign in name.casefold() if sign.isalnum() or sign in "-_/")
    return re.sub("-+", "-", "".join(kept)).strip("-")


def parse_address(text: str) -> Address:
    """Parse an address. Raises `ParseError` with the form that would be right."""
    document, colons, rest = reworded_address(text).partition("::")
    document = document.strip()
    if colons and document.endswith(":"):
        raise ParseError(f"not a path or module: {document!r}", steps=["write FILE::Name.name"])
    if not colons or _CELL.fullmatch(document):
        document, rest = "", text.strip()
    cell = _CELL.match(rest) if colons or rest.startswith("[") else None
    rest = rest[cell.end() :] if cell else rest
    match = _ADDRESS.fullmatch(rest)
    assert match is not None, "every group is optional"
    first, last = match["first"], match["last"]
    lines = LineRange(int(first), int(last or first), match["plus"] is not None) if first else None
    if lines and (lines.last < lines.first or (lines.first == 0 and not lines.insert)):
        raise ParseError(
            f"no such lines: {lines}; lines are counted from 1, e.g. {first or 1}-{int(first) + 1}"
        )
    index = match["index"]
    address = Address(
        document=document if colons and document else None,
        name=match["name"],
        index=int(index) if index and index.isdecimal() else _WORDS.get(index or ""),
        section=None if match["section"] is None else slug(match["section"]),
        digest=match["digest"] and match["digest"].lower(),
        lines=lines,
        cell=(cell["id"] or cell["number"]) if cell else None,
    )
    # Without `::` the name may be a path; who can see the files decides.
    return as_target(address) if colons else address


def as_target(address: Address) -> Address:
    """Return the address with its name checked and normalised as a qualified name.

    `f.<locals>.g` reads as `f.g`, `f.0` as `f[0]`, and `Cart::total` and `Cart/total` as `Cart.total`.
    Raises `ParseError` where it is not one.
    """
    if not address.name:
        return address
    name, at, digest = address.name.partition("@")
    if at and address.digest is None and digest:  # no digest; what compares it with the text tells which is
        address = replace(address, digest=digest)
    else:
        name = address.name
    # No other sign can be part of a name.
    name = re.sub(r"::|[:/\\]|->", ".", name.replace(".<locals>.", ".")).strip(".")
    indexed = _INDEXED.fullmatch(name) if address.index is None else None
    name = indexed["name"] if indexed else name
    if not all(part.isidentifier() for part in name.split(".")):
        raise ParseError(f"not a qualified name: {address.name!r}; {_hint(address)}")
    # Names are compared as Python compares them.
    name = name if name.isascii() else unicodedata.normalize("NFKC", name)
    return replace(address, name=name, index=int(indexed["index"]) if indexed else address.index)


def _hint(address: Address) -> str:
    """Return how a name that is none would be written."""
    name = address.name
    words = name.split()
    if "@" in name:
        return "a digest is four hex digits: Cart.total@3f1c"
    if "[" in name:
        return "`[0]` or `[impl]` stands at the end: f.inner[0]"
    if len(words) > 1 and words[0] in {"def", "class", "async"}:
        return f"write {re.split('[(:]', words[1] if words[0] != 'async' else words[-1])[0]}"
    if ":" in name:
        return f"write {'::'.join(name.split(':', 1))}"
    # `Cart.total(` and `Cart.total(self)`: up to its parameters it is one.
    bare = name.partition("(")[0]
    if all(part.isidentifier() for part in bare.split(".")):
        return f"write {bare}"
    return "write FILE::Name.name"


def parse_header(text: str) -> Header:
    """Parse `[verb] ADDRESS [old => new]`. Raises `ParseError`.

    A verb is a verb only with an address after it; a chunk called `delete` is written `::delete`.
    """
    text = reworded(text)
    right = right_lines(text)
    if right is not None:
        raise ParseError(
            f"lines are written 4 or 4-6, counted from 1, not {right[0]}", steps=[f"did you mean {right[1]}"]
        )
    word, _, rest = text.partition(" ")
    verb: Verb = "replace"
    for known in VERBS:
        if word == known and rest.strip() and not rest.lstrip().startswith("=>"):
            verb, text = known, text[len(word) :].strip()
    if not text:
        raise ParseError("no address; write e.g. shop/cart.py::Cart.total")
    if " => " not in f"{text} ":
        _refuse_words(text, verb)
        return Header(verb, parse_address(text))
    if verb != "replace":
        raise ParseError(f"`{verb}` takes no `old => new`")
    # A path may hold blanks, a target may not; without a path `::` may stand in the old text.
    document, colons, _ = text.partition("::")
    has_path = bool(colons) and (" " not in document or re.search(r"[/\\]|\.\w+$", document))
    blank = text.find(" ", len(document) if has_path else 0)
    old, _, new = f"{text[blank + 1 :]} ".partition(" => ")
    new = new[:-1]
    if not old or blank < 0 or old != old.strip() or new != new.strip():
        raise ParseError("write `ADDRESS old => new`, no blanks at the edges of either side")
    return Header(verb, parse_address(text[:blank]), (old, new))


def is_digest(text: str) -> bool:
    """Say whether a text is a digest by its form."""
    return re.fullmatch("[0-9a-f]{4}", text) is not None


def takes_text(header: str) -> bool:
    """Say whether a text belongs below a header. One that does not parse takes none."""
    try:
        parsed = parse_header(header)
    except ParseError:
        return False
    return parsed.verb != "delete" and parsed.substitution is None


def _refuse_words(text: str, verb: Verb) -> None:
    """Refuse a word before an address that is no verb. Raises `ParseError` with the header to send."""
    word, blank, rest = text.partition(" ")
    rest = rest.strip()
    if verb != "replace" or not blank or not re.fullmatch(r"[A-Za-z]+", word) or " " in rest or not rest:
        arrow = re.fullmatch(r"(?P<address>\S+) (?P<old>\S.*?) ?=> ?(?P<new>.*)", text)
        if arrow and verb == "replace":
            meant = "{address} {old} => {new}".format(**arrow.groupdict())
            raise ParseError(
                f"`=>` stands between blanks, not as in `{text}`", steps=[f"did you mean {meant}"]
            )
        return
    if word in {"add", "insert", "put", "place"}:
        address = parse_address(rest)
        owner = replace(address, name=address.name.rpartition(".")[0], digest=None, lines=None, index=None)
        raise ParseError(
            f"{word} it where?", steps=[f"at the end of its owner: into {owner}", f"beside it: after {rest}"]
        )
    if word == "rename":
        raise ParseError("`rename` is a verb of its own, not an edit", steps=["rename ADDRESS NEW"])
    if word == "move":
        raise ParseError("`move` is no verb here", steps=[f"delete {rest}, and into where it is to stand"])
    from difflib import SequenceMatcher  # noqa: PLC0415 - a verb is seldom misspelt, and a session loads this

    near = [known for known in VERBS if SequenceMatcher(None, word.lower(), known).ratio() >= 0.7]
    if near and not word.endswith("s"):
        raise ParseError(f"no verb {word}", steps=[f"did you mean {known} {rest}" for known in near])
