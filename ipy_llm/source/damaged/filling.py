"""Statements that parse, in the place of damaged ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ipy_llm.source.damaged.layout import Layout, end_of_logical
from ipy_llm.source.damaged.mended import Mend, error_line
from ipy_llm.source.damaged.regions import LONGEST, Region
from ipy_llm.source.text import indentation

WORD = re.compile(r"(?:async\s+)?[A-Za-z_]\w*")
NAMED = re.compile(r"(?P<kind>(?:async\s+)?def|class)\s+(?P<name>\w+)\s*(?P<next>[(\[:])")
_UNSURE = "class ipy_llm_unsure:"
# What stands for a damaged header: before its brackets, in them, and after them.
_FILLERS = {
    "if": ("if ", "0", ":"),
    "elif": ("elif ", "0", ":"),
    "while": ("while ", "0", ":"),
    "with": ("with ", "0", ":"),
    "for": ("for _ in ", "0", ":"),
    "except": ("except ", "0", ":"),
    "match": ("match ", "0", ":"),
    "case": ("case ", "0", ":"),
    "from": ("from _ import ", "_", ""),
    "@": ("@", "0", ""),
    "import": ("from _ import ", "_", ""),
}
_PLAIN = {"else": "else:", "try": "try:", "finally": "finally:"}
_SOFT = {"match", "case"}


def fill(text: Mend, region: Region, layout: Layout) -> Iterator[Mend]:
    """Yield the text with a damaged statement replaced by one that parses; its names are unsure."""
    first, last = region.first, region.last
    code = layout.code[first]
    indent = code[: len(code) - len(code.lstrip(" \t\f"))]
    start = code.lstrip(" \t\f")
    below = next((line for line in layout.code[last + 1 :] if line.strip()), "")
    deeper = len(indentation(below)) > len(indentation(code))
    count = last - first + 1
    named = NAMED.match(start)
    match = WORD.match(start)
    word = match[0].split()[-1] if match else start[:1]
    at = frozenset({0})
    if named:
        parts = spread(f"{indent}{named['kind']} {named['name']}", "", ":" if deeper else ": pass", count)
        yield text.put(first, parts, frozenset())
        return
    if word in _PLAIN:
        new = spread(f"{indent}{_PLAIN[word]} ", "0", "", count)
        yield text.put(first, [indent + _PLAIN[word], *[""] * (count - 1)] if deeper else new, at)
        return
    if word in _FILLERS:
        head, inner, tail = _FILLERS[word]
        end = tail + (" pass" if tail and not deeper else "")
        yield text.put(first, spread(indent + head, inner, end, count), at)
        if word not in _SOFT:
            return
    if deeper:
        yield text.put(first, [indent + _UNSURE, *[""] * (count - 1)], at)
    else:
        yield text.put(first, spread(indent, "0", "", count), at)


def spread(head: str, inner: str, tail: str, count: int) -> list[str]:
    """Return `head(inner)tail` over so many lines."""
    if count == 1:
        return [f"{head}({inner}){tail}"]
    return [f"{head}({inner}", *[""] * (count - 2), f"){tail}"]


def bodies(text: Mend, layout: Layout) -> list[Mend]:
    """Give a header without a body one, and a line that is indented like none above it another indentation."""
    line = error_line(text.lines)
    if line is None:
        return []
    starts = [number for number in range(min(line, len(layout.code))) if layout.logical[number]]
    if not starts:
        return []
    last = end_of_logical(starts[-1], layout)
    header = layout.code[last].rstrip()
    if header.endswith(":"):
        return [text.put(last, [f"{text.lines[last][: len(header)]} pass"], frozenset())]
    own = indentation(layout.code[line]) if line < len(layout.code) else ""
    levels = {indentation(layout.code[number]) for number in starts[-LONGEST:]}
    return [
        text.put(line, [level + text.lines[line].lstrip(" \t\f")], frozenset())
        for level in sorted(levels, key=len)
        if own and level != own
    ]
