r"""The patch language: several edits in one plain text.

    patch  = { entry }
    entry  = "@@ " header newline { body line }
    header = [ verb ] address [ old " => " new ]      see `address`

A body line that begins with `@@ ` or `\@@ ` takes one backslash in front. A header of lines alone, `:7+`,
means the chunk of the entry before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ipy_llm.errors import ParseError
from ipy_llm.source.address import Header, parse_header
from ipy_llm.source.sent import strip_fence
from ipy_llm.source.text import unify

_DIFF = re.compile(r"@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@.*|(?:---|\+\+\+) [ab]/.*|diff --git .*")
_ENTRY = "@@ "
_ESCAPED = re.compile(r"\\*@@ ")
_BARE = re.compile(r"(?<!\r)\n")
_EXAMPLE = "@@ shop/cart.py::Cart.total\ndef total(self): ..."


@dataclass(frozen=True, slots=True)
class Entry:
    """One edit as written: its header, its body with line feeds, and the line its header is on."""

    header: Header
    text: str
    line: int


def parse_patch(text: str) -> tuple[Entry, ...]:
    """Split a patch into its entries. Raises `ParseError` with the line that does not fit."""
    lines = _lines(text.strip("\ufeff\u200b"))
    literal = False  # the lines of a body are: they may be of a diff that is quoted
    for number, line in enumerate(lines, 1):
        literal = literal or line.startswith(_ENTRY)
        if _DIFF.fullmatch(line) and (line.startswith(_ENTRY) or not literal):
            raise ParseError(
                f"line {number}, `{line}`, is of a unified diff; name what changes and send the new text alone",
                steps=_EXAMPLE.split("\n"),
            )
    starts = [number for number, line in enumerate(lines) if line.startswith(_ENTRY)]
    before = "\n".join(lines[: starts[0]] if starts else lines).strip()
    if not starts or before:
        shown = before.partition("\n")[0][:80]
        raise ParseError(
            f"`{shown}` stands under no header; a patch begins with `@@ ADDRESS`", steps=_EXAMPLE.split("\n")
        )
    entries: list[Entry] = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        try:
            header = _inherit(parse_header(lines[start].removeprefix(_ENTRY)), entries)
        except ParseError as error:
            raise ParseError(
                f"line {start + 1}, `{lines[start]}`: {error.message}", steps=error.steps
            ) from error
        body = [line[1:] if re.match(r"\\+@@ ", line) else line for line in lines[start + 1 : end]]
        if end == len(lines) and body and not body[-1]:
            body.pop()  # the newline that ends the patch is not a line of its last body
        entries.append(Entry(header, "".join(f"{line}\n" for line in body), start + 1))
    return tuple(entries)


def escape(line: str) -> str:
    """Return a line as a body writes it."""
    return f"\\{line}" if _ESCAPED.match(line) else line


def _lines(text: str) -> list[str]:
    """Split a patch into lines, a Markdown fence around it left out; one at its end alone is a body's."""
    # Where some lines end in LF alone, a CR before an LF is what a body says: see `create`.
    lines = (text if _BARE.search(text) else unify(text)).split("\n")
    return strip_fence(lines) if not lines[0].startswith(_ENTRY) else lines


def _inherit(header: Header, entries: list[Entry]) -> Header:
    """Complete a header that has only lines by the chunk of the entry before."""
    if not entries:
        return header
    last = entries[-1].header.address
    address = header.address
    if address.document is None and not address.target and address.lines is not None:
        return replace(
            header, address=replace(last, lines=address.lines, digest=address.digest or last.digest)
        )
    return header
