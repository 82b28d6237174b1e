"""Sections of a document that is not Python: markers in its comments, and the headings of Markdown.

What is a comment goes by the line alone: it opens with the sign of a comment in any of the usual languages.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ipy_llm.errors import EditRejectedError
from ipy_llm.source.address import slug
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.structure.resolve import sections_in
from ipy_llm.source.structure.sections import Marker
from ipy_llm.source.text import indentation, split_lines

_BODY = r"(?:section:(?P<open>.*?)|(?P<close>endsection)\b:?(?P<closes>.*?))"
_MARKER = re.compile(rf"\s*(?:#+|//+|;+|--+|%+|\.\.|/\*+|\{{#-?)\s*{_BODY}\s*(?:\*+/|-?#\}})?\s*")
_IN_MARKUP = re.compile(rf"\s*<!--+\s*{_BODY}\s*--+>\s*")

_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})[ \t]*")
_NO_PARAGRAPH = re.compile(r"\s*(?:[-*+>|<]|\d+[.)]\s|$)|    |\t")
_FENCE = re.compile(r"[ \t]*(?:(?:[-*+]|\d+[.)])[ \t]+)*(`{3,}(?=[^`]*$)|~{3,}).*")
_HTML = re.compile(r" {0,3}<(?:(!--)|(pre|script|style|textarea)\b)", re.IGNORECASE)
_MARKUP = re.compile(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])|<[^>]*>|\{#[^}]*\}|[`*]|\\(?=\W)")
_UNNAMED = re.compile(r"[^\w\-.+\s]+")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of Markdown: its name, its 1-based first and last line, the last filled line of what is under it.

    The name is the title's words with `-` between; with those of the headings above it, and `/` between,
    where several have the title; a number where that does not tell them apart either.
    """

    name: str
    level: int
    first: int
    line: int
    last: int


def read_text_markers(text: str, *, markup: bool) -> list[Marker]:
    """Return the section markers of a text; with `markup` only those between `<!--` and `-->`."""
    if "section" not in text:
        return []
    markers = []
    for number, line in enumerate(split_lines(text), 1):
        match = _IN_MARKUP.fullmatch(line) or (None if markup else _MARKER.fullmatch(line))
        if match is None:
            continue
        kind: Literal["open", "close"] = "open" if match["open"] is not None else "close"
        name = (match["open"] or match["closes"] or "").replace("#", "").replace("@", "")
        markers.append(Marker(kind, slug(name), number, indentation(line)))
    return markers


def read_headings(text: str) -> list[Heading]:
    """Return the headings of a Markdown text that have a name, in order."""
    lines = split_lines(text)
    found = list(_headings(lines))
    paths: list[tuple[str, ...]] = []
    ends = [len(lines)] * len(found)
    above: list[int] = []  # the headings that the one at hand stands under
    for position, (level, first, _, title) in enumerate(found):
        while above and found[above[-1]][0] >= level:
            ends[above.pop()] = first - 1
        paths.append((*(paths[above[-1]] if above else ()), title))
        above.append(position)
    names = _names(paths)
    headings = []
    for (level, first, line, title), end, name in zip(found, ends, names, strict=True):
        last = end
        while last > line and not lines[last - 1].strip():
            last -= 1
        if title:
            headings.append(Heading(name, level, first, line, last))
    return headings


def refuse_lost_headings(text: str, section: Chunk, outline: Outline) -> None:
    """Refuse a new text for a section that leaves out headings under it. Raises `EditRejectedError`."""
    under = sections_in(section, outline)
    new = read_headings(text)
    lost = Counter(map(_own_title, (one.name for one in under))) - Counter(
        _own_title(one.name) for one in new
    )
    if lost and len(new) < len(under):
        raise EditRejectedError(
            f"the text leaves out headings under {section.name}: {', '.join(list(lost)[:5])}; nothing was written",
            steps=[
                "to keep them: replace lines, or the section of one",
                "if they are to go: --allow-removal",
            ],
        )


def _own_title(name: str) -> str:
    return name.rpartition("/")[2].removeprefix("#")


def _names(paths: list[tuple[str, ...]]) -> list[str]:
    """Return for each path its shortest end that no other has, with a number where all of it is another's."""
    ends = Counter(path[-length:] for path in paths for length in range(1, len(path) + 1))
    seen: Counter[tuple[str, ...]] = Counter()
    names = []
    for path in paths:
        seen[path] += 1
        length = next((length for length in range(1, len(path) + 1) if ends[path[-length:]] == 1), None)
        name = "/".join(filter(None, path if length is None else path[-length:]))
        names.append(f"{name}-{seen[path]}" if length is None else name)
    return names


def _headings(lines: list[str]) -> Iterator[tuple[int, int, int, str]]:
    """Yield level, first and last line, and title as names have it, of each heading outside of code and comments."""
    number = _front_matter(lines)
    while number < len(lines):
        line = lines[number]
        fence, html = _FENCE.fullmatch(line), _HTML.match(line)
        if fence is not None:
            number = _fence_end(lines, number, fence[1])
        elif html is not None:
            number = _html_end(lines, number, html[2])
        elif (atx := _ATX.fullmatch(line)) is not None:
            yield len(atx[1]), number + 1, number + 1, _title(atx[2] or "")
        elif number and (under := _UNDERLINE.fullmatch(line)) is not None:
            above = lines[number - 1]
            alone = number < 2 or not lines[number - 2].strip() or _ATX.fullmatch(lines[number - 2])
            if alone and not _NO_PARAGRAPH.match(above) and not _ATX.fullmatch(above):
                yield 1 if under[1][0] == "=" else 2, number, number + 1, _title(above)
        number += 1


def _front_matter(lines: list[str]) -> int:
    """Return the number of lines that a head between `---` takes."""
    if lines[0].rstrip() != "---":
        return 0
    return next(
        (number + 1 for number in range(1, len(lines)) if lines[number].rstrip() in {"---", "..."}), 0
    )


def _fence_end(lines: list[str], number: int, fence: str) -> int:
    """Return the line that closes fenced code, or the last one."""
    for at in range(number + 1, len(lines)):
        line = lines[at].strip()
        if len(line) >= len(fence) and not line.strip(fence[0]):
            return at
    return len(lines)


def _html_end(lines: list[str], number: int, tag: str | None) -> int:
    """Return the line that ends a comment, or an element that holds no Markdown."""
    end = "-->" if tag is None else f"</{tag.lower()}>"
    return next((at for at in range(number, len(lines)) if end in lines[at].lower()), len(lines))


def _title(text: str) -> str:
    plain = _MARKUP.sub(lambda match: match[1] or "", text)
    return slug(_UNNAMED.sub(" ", plain.replace("/", " "))).strip("-")
