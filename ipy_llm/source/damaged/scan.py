"""Reading the strings and comments of a text that need not parse: what is left is code."""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPENS = re.compile(r"#[^\n]*|(?P<prefix>(?<!\w)[A-Za-z]{1,3})?(?P<quote>\"\"\"|'''|\"|')")
_ENDS = {
    "'": re.compile(r"(?:[^'\\\n]|\\[\s\S])*"),
    '"': re.compile(r'(?:[^"\\\n]|\\[\s\S])*'),
    "'''": re.compile(r"(?:[^'\\]|\\[\s\S]|'(?!''))*"),
    '"""': re.compile(r'(?:[^"\\]|\\[\s\S]|"(?!""))*'),
}
_NOT_NEWLINE = re.compile(r"[^\n]")
_LONGEST = (
    4000  # characters of an f-string that only Python 3.12 reads; of a text that is none, all are tried
)
_IN_FIELD = re.compile(r"[{}()\[\]:!\n#]|\"\"\"|'''|\"|'")


@dataclass(frozen=True, slots=True)
class String:
    """A string with its prefix: half-open offsets; `closed` says whether it ends in the text."""

    start: int
    end: int
    quote: str
    prefix: str
    closed: bool = True
    nested: bool = False  # an f-string that only the rules of Python 3.12 read (PEP 701)


def strings(text: str) -> list[String]:
    """Return the strings of a text with line feeds, in order.

    One within a line that is not closed ends with the line, one of several lines with the text.
    """
    return [found for found in _tokens(text) if found.quote]


def code_of(text: str, found: list[String] | None = None) -> str:
    """Return a text with the same lines, its strings as quotes and its comments as blanks."""
    parts: list[str] = []
    at = 0
    for token in _tokens(text):
        filler = '"' if token.quote else " "
        parts += (text[at : token.start], _NOT_NEWLINE.sub(filler, text[token.start : token.end]))
        at = token.end
        if found is not None and token.quote:
            found.append(token)
    return "".join((*parts, text[at:]))


def _tokens(text: str) -> list[String]:
    """Return strings and comments; a comment is one without a quote."""
    found: list[String] = []
    at = 0
    while match := _OPENS.search(text, at):
        quote = match["quote"]
        if quote is None:
            found.append(String(match.start(), match.end(), "", ""))
            at = match.end()
            continue
        prefix = (match["prefix"] or "").lower()
        found.append(_string(text, match.start(), match.end(), quote, prefix))
        at = found[-1].end
    return found


def _string(text: str, start: int, at: int, quote: str, prefix: str) -> String:
    closing = _ENDS[quote].match(text, at)
    assert closing is not None, "every part is optional"
    end = closing.end()
    closed = text.startswith(quote, end)
    if _is_formatted(prefix) and (not closed or _open_fields(text[at:end])):
        try:
            nested = _nested_end(text[: at + _LONGEST], at, quote)
        except RecursionError:  # fields in fields by the hundred: no f-string
            nested = None
        if nested is not None and not (closed and nested == end + len(quote)):
            return String(start, nested, quote, prefix, nested=True)
    return String(start, end + len(quote) if closed else end, quote, prefix, closed)


def _is_formatted(prefix: str) -> bool:
    return "f" in prefix or "t" in prefix


def _open_fields(content: str) -> int:
    plain = content.replace("{{", "").replace("}}", "")
    return plain.count("{") - plain.count("}")


def _nested_end(text: str, at: int, quote: str) -> int | None:
    """Return where an f-string ends whose replacement fields may hold anything, or None."""
    while at < len(text):
        if text.startswith(quote, at):
            return at + len(quote)
        sign = text[at]
        if sign == "\n" and len(quote) == 1:
            return None
        if sign == "\\":
            at += 2
        elif sign == "{" and not text.startswith("{{", at):
            end = _field_end(text, at + 1, quote)
            if end is None:
                return None
            at = end
        else:
            at += 2 if sign == "{" else 1
    return None


def _inner_end(text: str, at: int, quote: str, prefix: str) -> int | None:
    if _is_formatted(prefix):
        return _nested_end(text, at, quote)
    closing = _ENDS[quote].match(text, at)
    assert closing is not None, "every part is optional"
    return closing.end() + len(quote) if text.startswith(quote, closing.end()) else None


def _field_end(text: str, at: int, quote: str) -> int | None:
    """Return where a replacement field ends: after its `}`."""
    brackets = 0
    while match := _IN_FIELD.search(text, at):
        sign = match[0]
        at = match.end()
        if sign[0] in "\"'":
            before = re.search(r"(?<!\w)[A-Za-z]{1,3}$", text[max(0, match.start() - 4) : match.start()])
            inner = _inner_end(text, at, sign, before[0].lower() if before else "")
            if inner is None:
                return None
            at = inner
        elif sign == "#":
            at = text.find("\n", at)
            if at < 0:
                return None
        elif sign in "([{":
            brackets += 1
        elif sign == "}" and not brackets:
            return at
        elif sign in ")]}":
            brackets -= 1
        elif sign == ":" and not brackets:
            return _spec_end(text, at, quote)
    return None


def _spec_end(text: str, at: int, quote: str) -> int | None:
    """Return where a field ends from its format spec on, which may hold fields of its own."""
    while at < len(text) and not text.startswith(quote, at) and text[at] != "\n":
        if text[at] == "}":
            return at + 1
        if text[at] == "{":
            end = _field_end(text, at + 1, quote)
            if end is None:
                return None
            at = end
        else:
            at += 1
    return None
