"""A document's text, and how it becomes bytes again without a byte moving."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from tokenize import detect_encoding

from ipy_llm.errors import ParseError, RequestError

# What CPython takes for a line end. Not str.splitlines(): it also splits at form feeds and U+2028.
LINE_END = re.compile(r"\r\n?|\n")

# What a magic line of a cell is veiled in, character by character, so that Python takes it for one name: Tangut for
# what comes before U+1800, the ideographs of extension G for the signs and pictures further on. All of them are
# letters to Python 3.10's Unicode, and to hardly anyone else.
_VEILS = (
    (0x0000, 0x17F8, 0x17000),
    (0x2000, 0x2C00, 0x30000),
    (0x3000, 0x3040, 0x30C00),
    (0xFE00, 0x10000, 0x30C40),
    (0x1F300, 0x1F650, 0x30E40),
    (0x1F680, 0x1F700, 0x31190),
    (0x1F900, 0x1FA00, 0x31210),
)
_VEILED = re.compile("[\U00017000-\U000187f7\U00030000-\U0003130f]")


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open character offsets into a text."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Return the part of `text` this span covers."""
        return text[self.start : self.end]

    def holds(self, other: Span) -> bool:
        """Say whether `other` lies wholly within this span."""
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class Source:
    """A document's text with its encoding and byte-order mark.

    `text` keeps the newlines of the file as they are, mixed ones too, and leaves the mark out. Of a
    notebook's cell it may be `veiled`: Python of the same length, with names in place of magics.
    """

    text: str
    encoding: str = "utf-8"
    bom: bool = False
    veiled: bool = False

    @property
    def plain(self) -> str:
        """The text as it stands in the document, magics unveiled."""
        return reveal(self.text) if self.veiled else self.text

    def with_text(self, text: str) -> Source:
        """Return the same document with another text."""
        return Source(text, self.encoding, self.bom, self.veiled)


def decode(data: bytes, *, python: bool = True) -> Source:
    """Turn a file's bytes into a `Source`; a Python file by its PEP 263 cookie, others as UTF-8.

    Raises `ParseError` where the bytes are not text in that encoding.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ParseError(
            "it is UTF-16; only files in UTF-8 can be read, and Python in the encoding it declares"
        )
    if not python and b"\0" in data:
        raise ParseError("it is binary: it has null bytes")
    codec = "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"
    try:
        if python:
            codec, _ = detect_encoding(io.BytesIO(data).readline)
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ParseError(
            f"it is not {codec.removesuffix('-sig')}: byte 0x{data[error.start]:02x} on line {line}"
        ) from error
    except SyntaxError as error:
        raise ParseError(f"not readable as text: {error}") from error
    bom = codec == "utf-8-sig"
    return Source(text, "utf-8" if bom else codec, bom)


def encode(source: Source, *, python: bool = True) -> bytes:
    """Turn a `Source` into the bytes of its file.

    Raises `RequestError` where the encoding lacks a character, or where the text would not be read
    back as it was meant (its coding cookie was changed).
    """
    try:
        data = source.text.encode(source.encoding)
    except UnicodeEncodeError as error:
        lacking = source.text[error.start]
        raise RequestError(
            f"the file is {source.encoding}, which has no {lacking!r} (U+{ord(lacking):04X}); nothing was written"
        ) from error
    if source.bom:
        data = b"\xef\xbb\xbf" + data
    try:
        same = decode(data, python=python) == source
    except ParseError:
        same = False
    if not same:
        raise RequestError(
            f"the edit changes the file's encoding declaration ({source.encoding}); nothing was written"
        )
    return data


def conceal(text: str) -> str:
    """Return a text as a name of the same length; what `reveal` brings back. It may fail to be a name."""
    return "".join(map(_conceal, text))


def _conceal(sign: str) -> str:
    code = ord(sign)
    return next((chr(code - first + to) for first, end, to in _VEILS if first <= code < end), sign)


def reveal(text: str) -> str:
    """Return a text with what is veiled in it as it was written."""
    return text if text.isascii() else _VEILED.sub(_reveal, text)


def _reveal(match: re.Match[str]) -> str:
    code = ord(match[0])
    return next(chr(code - to + first) for first, end, to in _VEILS if to <= code < to + end - first)


def has_veil(text: str) -> bool:
    """Say whether a text holds characters that veils are made of."""
    return not text.isascii() and _VEILED.search(text) is not None


def digest(text: str) -> str:
    """Return the four hex digits that stand for a text; a change is missed once in 65,536."""
    crc = zlib.crc32(text.encode("utf-8", "surrogatepass"))
    return f"{(crc ^ crc >> 16) & 0xFFFF:04x}"


def line_starts(text: str) -> list[int]:
    """Return the offset at which each line starts; a final newline starts a last, empty line."""
    if "\r" in text:
        return [0, *map(re.Match.end, LINE_END.finditer(text))]
    return list(accumulate((len(line) + 1 for line in text.split("\n")), initial=0))[:-1]


def end_of_line(text: str, starts: Sequence[int], number: int) -> int:
    """Return the offset at which a 1-based line ends, its line end left out; `starts` are those of the lines."""
    if number >= len(starts):
        return len(text)
    end = starts[number]
    return end - 2 if text.endswith("\r\n", 0, end) else end - 1


def split_lines(text: str) -> list[str]:
    """Split at what CPython takes for line ends, the ends left out."""
    return LINE_END.split(text) if "\r" in text else text.split("\n")


def unify(text: str) -> str:
    """Return the text with every line end as a line feed."""
    return LINE_END.sub("\n", text) if "\r" in text else text


def newline_of(*texts: str) -> str:
    """Return the commonest line end of the first text that has one, else a line feed."""
    for text in texts:
        ends = LINE_END.findall(text) if "\r" in text else ["\n"] * ("\n" in text)
        if ends:
            return max(("\n", "\r\n", "\r"), key=ends.count)
    return "\n"


def indentation(line: str) -> str:
    """Return the leading blanks of a line that count for indentation: those after a last form feed."""
    blanks = line[: len(line) - len(line.lstrip(" \t\f"))]
    return blanks[blanks.rfind("\f") + 1 :]


def splice(text: str, splices: Sequence[tuple[Span, str]]) -> str:
    """Return `text` with every span replaced by its new text. Spans must not overlap."""
    parts: list[str] = []
    at = 0
    for span, new in sorted(splices, key=lambda item: (item[0].start, item[0].end)):
        parts += (text[at : span.start], new)
        at = span.end
    return "".join((*parts, text[at:]))
