"""Headers as models word them, put as `address` reads them: other verbs, `def` before a name, quotes, `L4-L6`.

Each rule changes only what could not be a header as it stands; what may mean two things is left to be
refused, with the header to send.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_VERB = {
    "delete": ("remove", "del", "drop", "erase"),
    "replace": ("update", "modify", "change", "rewrite", "edit", "set", "overwrite", "substitute", "redefine"),
    "into": ("append to", "add to", "append into", "add into", "insert into", "append", "insert in", "into end of"),
    "after": ("insert after", "add after", "append after", "below", "insert below"),
    "before": ("insert before", "add before", "above", "insert above", "prepend to"),
    "create": ("create file", "new file", "add file", "make", "new", "write"),
}  # fmt: skip
_MEANT = {word: verb for verb, words in _VERB.items() for word in words}
_OTHER_VERB = re.compile(
    rf"(?P<word>{'|'.join(sorted(_MEANT, key=len, reverse=True))}):?[ ]+(?P<rest>\S.*)", re.IGNORECASE
)
_QUOTE = "`\"'\u2018\u2019\u201c\u201d"
_UNSEEN = re.compile("[\u200b-\u200d\u2060\ufeff]")
_ODD_LINES = re.compile(
    r"(?P<address>.*[\w\])]):(?P<lines>0|(?P<first>\d+)(?P<sign>[,:-]|\.\.+)(?P<last>\d+))"
)
_THIN_ARROW = re.compile(r"(?P<address>\S+) (?P<old>\S.*?) (?:->|\u2192|\u21d2|==>|-->|>>) (?P<new>\S.*)")
_NO_LETTER = re.compile("[\u00a0\u2000-\u200a\u202f\u3000\t]")


@dataclass(frozen=True, slots=True)
class Wording:
    """A way of wording a header, by an example, and how it is put right."""

    example: str
    mend: Callable[[str], str]


def _plain_blanks(text: str) -> str:
    return _NO_LETTER.sub(" ", _UNSEEN.sub("", text)).strip()


def _without_command(text: str) -> str:
    return re.sub(r"^(?:@@+|#+ @@|%%edit|%llm edit|(?:ipy-llm )?edit)\s+(?=\S)", "", text)


def _without_quotes(text: str) -> str:
    whole = re.fullmatch(rf"(?:\*\*)?[{_QUOTE}]+(?P<inner>[^{_QUOTE}]+)[{_QUOTE}]+:?(?:\*\*)?", text)
    if whole:
        return whole["inner"].strip()
    # Around the address alone, with a verb before it or `old => new` after it; those sides keep theirs.
    return re.sub(rf"^((?:[a-z]+ )*)[{_QUOTE}](?P<inner>[^{_QUOTE} ]+)[{_QUOTE}](?=$| )", r"\1\2", text)


def _known_verb(text: str) -> str:
    match = _OTHER_VERB.fullmatch(text)
    if match is None or match["rest"].startswith(("=>", "->")):
        return text
    return f"{_MEANT[match['word'].lower()]} {match['rest']}"


def _lower_verb(text: str) -> str:
    word, blank, rest = text.partition(" ")
    plain = word.rstrip(":").lower()
    return f"{plain} {rest.strip()}" if blank and plain in {*_VERB, *_MEANT} and rest.strip() else text


def _without_tail(text: str) -> str:
    text = re.sub(r"\s+(?:with|by|to)(?: this| the following)?:?$", "", text)
    return re.sub(r"(?<=[\w\])])\s*(?:@@+|:)$", "", text)


def _without_kind(text: str) -> str:
    """Drop `def`, `class`, `method` before a name, and the parameters after it."""
    text = re.sub(
        r"^((?:replace |before |after |into |delete )?)(?:(?:async )?def|class|function|method|the (?:function|method|class|file))\s+(?=[\w.]+)",
        r"\1", text,
    )  # fmt: skip
    text = re.sub(r"(::)(?:(?:async )?def|class|function|method)\s+(?=\w)", r"\1", text)
    return re.sub(r"(?<=\w)\((?:[^()]|\([^()]*\))*\)(?:\s*->\s*[^=>@]+)?(?=$|@|:\d)", "", text)


def _plain_lines(text: str) -> str:
    """Read `L4-L6`, `:L4`, `lines 4-6` and a dash that is none."""
    text = re.sub(
        r"(?<=[\w\])])[ ]*[:#]?[ ]*\b(?:lines?[ ]|L)(\d+)(?:\s*(?:[-\u2013\u2014]|to)\s*L?(\d+))?$",
        lambda m: f":{m[1]}" + (f"-{m[2]}" if m[2] else ""),
        text,
    )
    return re.sub(r":\s*L?(\d+)\s*[-\u2013\u2014]\s*L?(\d+)$", r":\1-\2", text)


def _plain_link(text: str) -> str:
    match = re.fullmatch(r"\[(?P<name>[\w.]+)\]\((?P<path>[^)#]+)\)", text)
    return f"{match['path']}::{match['name']}" if match else text


def _plain_digest(text: str) -> str:
    text = re.sub(r"@\s*(?:sha|digest|hash|id|0x|#)[:=]?(?=[0-9a-fA-F]{4}(?:$|:))", "@", text)
    text = re.sub(r"(:\d+(?:-\d+|\+)?)(@[0-9a-fA-F]{4})$", r"\2\1", text)
    # Lines need a digest; what stands before them and looks like one is no section.
    return re.sub(r"#([0-9a-fA-F]{4})(?=:\d)", r"@\1", text)


# Verbs and what stands around a header.
WORDINGS = (
    Wording("after\u00a0Cart.total", _plain_blanks),
    Wording("%%edit Cart.total", _without_command),
    Wording("`Cart.total`", _without_quotes),
    Wording("Delete: Cart.total", _lower_verb),
    Wording("remove Cart.total", _known_verb),
    Wording("Cart.total with:", _without_tail),
    Wording("def Cart.total(self)", _without_kind),
)
# What an address is made of.
SPELLINGS = (
    Wording("after\u00a0Cart.total", _plain_blanks),
    Wording("`Cart.total`", _without_quotes),
    Wording("[Cart.total](shop/cart.py)", _plain_link),
    Wording("Cart.total:", _without_tail),
    Wording("def Cart.total(self)", _without_kind),
    Wording("Cart.total@3f1c:L4-L6", _plain_lines),
    Wording("Cart.total@sha:3f1c", _plain_digest),
)


def reworded(header: str) -> str:
    """Return a header as it would be written; one without a slip as it is."""
    address, arrow, rest = header.partition(" => ")
    if arrow:  # what stands before the first blank is the address, and the rest is text
        word, blank, old = _plain_blanks(address).partition(" ")
        return f"{_mended(word, WORDINGS)}{blank}{old}{arrow}{rest.rstrip()}"
    text = _mended(address, WORDINGS)
    thin = _THIN_ARROW.fullmatch(text)
    return f"{thin['address']} {thin['old']} => {thin['new']}" if thin else text


def reworded_address(address: str) -> str:
    """Return an address as it would be written; one without a slip as it is."""
    return _mended(address, SPELLINGS)


def right_lines(text: str) -> tuple[str, str] | None:
    """Return lines that are not written as lines, and the header with them written right; None where they are."""
    match = _ODD_LINES.fullmatch(text)
    if match is None:
        return None
    if match["lines"] == "0":
        return "0", f"{match['address']}:0+"
    first, last = int(match["first"]), int(match["last"])
    if match["sign"] == "-" and first <= last:
        return None
    return match["lines"], f"{match['address']}:{min(first, last)}-{max(first, last)}"


def _mended(text: str, table: tuple[Wording, ...]) -> str:
    for wording in table:
        text = wording.mend(text)
    return text
