"""Markdown and words around a piece of code."""

from __future__ import annotations

import keyword
import re

from ipy_llm.source.structure.syntax import parse

_FENCE = re.compile(r"[ \t]*(?:`{3,}[^`]*|~{3,}[^~]*)")
_INLINE_CODE = re.compile(r"`[^`]*`|\*\*|__")
_HEADING = re.compile(r"#{2,6} \S.*")
_BULLET = re.compile(r"(?:[-*]|\d+[.)]) +")
_TWO_WORDS = re.compile(r"[A-Za-z][\w'\u2019-]*[,:]? [A-Za-z]")
_CODE_SIGN = re.compile(r"[=\[\]{}\\@]|\w\(|\"\"\"|'''|,$")


def strip_fence(text: str) -> str | None:
    """Return a text without the fences that are its first and last lines."""
    lines = text.split("\n")
    # A line of backticks is no Python; at the ends it is outside any string.
    opens = is_fence(lines[0])
    closes = len(lines) > 1 and is_fence(lines[-1])
    return "\n".join(lines[opens : len(lines) - closes]) if opens or closes else None


def fenced_part(text: str) -> str | None:
    """Return what stands in the fences of a text, where around them are only words."""
    lines = text.split("\n")
    fences = [number for number, line in enumerate(lines) if is_fence(line)]
    if not fences:
        return None
    first, last = fences[0], fences[-1]
    if first == last:
        if not any(map(_is_code, lines[:first])):
            return "\n".join(lines[first + 1 :])
        return None if any(map(_is_code, lines[first + 1 :])) else "\n".join(lines[:first])
    if any(map(_is_code, (*lines[:first], *lines[last + 1 :]))):
        return None
    inside = "\n".join(lines[first + 1 : last])
    return inside if len(fences) == 2 or _reads(inside) else None


def without_prose(text: str) -> str | None:
    """Return a text without the sentences above and below its code."""
    lines = text.split("\n")
    first, last = 0, len(lines)
    while first < last and _is_skipped(lines[first]):
        first += 1
    while last > first and _is_skipped(lines[last - 1]):
        last -= 1
    return "\n".join(lines[first:last])


def is_fence(line: str) -> bool:
    """Say whether a line opens or closes a block of Markdown."""
    return _FENCE.fullmatch(line) is not None


def is_prose(text: str) -> bool:
    """Say whether a text is sentences and no code."""
    return all(map(_is_skipped, text.split("\n")))


def _is_skipped(line: str) -> bool:
    return not line.strip() or _is_sentence(line) or _HEADING.fullmatch(line) is not None


def _is_sentence(line: str) -> bool:
    """Say whether a line is words: a capital or a bullet first, or a full stop last, and nothing of code."""
    bare = _INLINE_CODE.sub("", line.strip())
    if bare.startswith("#"):
        return False
    marked = _BULLET.match(bare)
    words = bare[marked.end() :] if marked else bare
    if not _TWO_WORDS.search(words) or _CODE_SIGN.search(words) or keyword.iskeyword(words.split()[0]):
        return False
    return (bool(marked) or words[0].isupper() or words[-1] in ".:!?\u2026") and not _reads(line.strip())


def _is_code(line: str) -> bool:
    """Say whether a line beside a fence does something."""
    line = line.strip()
    if line.startswith(("def ", "class ", "async def ", "@", '"""', "'''")):
        return True
    if re.fullmatch(r"\w+: \w+", line) or re.fullmatch(r"[\w.]*", line):  # `Note: rounded`, `Before`
        return False
    return not _HEADING.fullmatch(line) and (_reads(line) or _reads(f"{line} pass"))


def _reads(code: str) -> bool:
    try:
        return bool(parse(code).body)
    except SyntaxError:
        return False
