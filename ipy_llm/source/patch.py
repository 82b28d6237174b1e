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
from ipy_llm.source.address import Address, Header, parse_header
from ipy_llm.source.sent.blocks import Hunk
from ipy_llm.source.sent.dialects import read_foreign
from ipy_llm.source.sent.slips import strip_blank
from ipy_llm.source.sent.words import fenced_part, is_prose, strip_fence
from ipy_llm.source.text import unify

_DIFF = re.compile(r"@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@.*")
_OTHER_MARK = re.compile(
    r"(?P<mark>@@@+ ?|@@|#+ @@ |\*\*@@ |> @@ |- @@ |%%edit |%llm edit )(?P<header>[^\s@-].*?)(?:\*\*| @@+)?"
)
_ENTRY = "@@ "
_ESCAPED = re.compile(r"\\*@@ ")
_BARE = re.compile(r"(?<!\r)\n")
_EXAMPLE = "@@ shop/cart.py::Cart.total\ndef total(self): ..."


@dataclass(frozen=True, slots=True)
class Entry:
    """One edit as written: its header, its body with line feeds, and the line its header is on.

    `hunks` instead of a body where it was written as a diff.
    """

    header: Header
    text: str
    line: int
    hunks: tuple[Hunk, ...] = ()


def parse_patch(text: str) -> tuple[Entry, ...]:
    """Split a patch into its entries. Raises `ParseError` with the line that does not fit."""
    lines = _with_marks(_lines(text.strip("\ufeff\u200b")))
    foreign = read_foreign(lines)
    if foreign:
        return tuple(
            Entry(Header(part.verb, Address(document=part.path)), part.text, part.line, part.hunks)
            for part in foreign
        )
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
    if not starts or (before and not is_prose(before)):
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
    """Split a patch into lines, a Markdown fence and words around it left out; at its end alone they are a body's."""
    # Where some lines end in LF alone, a CR before an LF is what a body says: see `create`.
    text = text if _BARE.search(text) else unify(text)
    if not text.startswith(_ENTRY):
        bare = strip_blank(text)
        text = strip_fence(bare) or fenced_part(bare) or text
    return text.split("\n")


def without_header(header: Header, text: str) -> str:
    """Return the text below a header without a copy of that header. Raises `ParseError` where it is another one."""
    first, _, rest = unify(text).lstrip("\n").partition("\n")
    if header.verb == "create":
        return rest if re.match(r"%%(?:writefile|file) ", first) else text
    match = _OTHER_MARK.fullmatch(first) or re.fullmatch(r"(?P<mark>@@) (?P<header>\S.*)", first)
    if match is None or _DIFF.fullmatch(first):
        return text
    copied = parse_header(match["header"])
    if copied.verb == header.verb and copied.address.name.endswith(header.address.name.rpartition(".")[2]):
        return rest
    raise ParseError(
        f"the text begins with another header, `{first}`",
        steps=[f"for that alone: {copied}", "for both: a patch, without an ADDRESS"],
    )


def _with_marks(lines: list[str]) -> list[str]:
    """Return lines whose entries begin with `@@ ` where all begin with another mark, the first line's."""
    if any(line.startswith(_ENTRY) for line in lines):
        return lines
    filled = [line for line in lines if line.strip() and (_OTHER_MARK.fullmatch(line) or not is_prose(line))]
    first = _OTHER_MARK.fullmatch(filled[0]) if filled else None
    if first is None:
        return lines
    marked = [(_OTHER_MARK.fullmatch(line), line) for line in lines]
    return [
        f"{_ENTRY}{match['header']}" if match and match["mark"] == first["mark"] else line
        for match, line in marked
    ]


def _inherit(header: Header, entries: list[Entry]) -> Header:
    """Complete a header that has only lines by the chunk of the entry before."""
    if not entries:
        return header
    last = entries[-1].header.address
    address = header.address
    if address.document is None and not (address.target or address.cell) and address.lines is not None:
        return replace(
            header, address=replace(last, lines=address.lines, digest=address.digest or last.digest)
        )
    return header
