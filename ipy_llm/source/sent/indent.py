"""Indentation that does not parse, mended where it can mean one thing."""

from __future__ import annotations

import re

from ipy_llm.source.structure.signature import header_end
from ipy_llm.source.structure.syntax import parse
from ipy_llm.source.text import indentation

_HEADER = re.compile(r"^[ \t]*(?:async[ \t]+def|def|class)[ \t]", re.MULTILINE)
_STEP = "    "


def indent_body(text: str) -> str | None:
    """Indent what follows a definition's header, where it stands at the header's indentation.

    Only where nothing else is defined there: all of it can then only be the body.
    """
    headers = list(_HEADER.finditer(text))
    if not headers:
        return None
    indent = indentation(text[headers[0].start() :].split("\n", 1)[0])
    end = header_end(text, headers[0].end(), len(text))
    header, rest = text[:end], text[end:].split("\n")
    body = [line for line in rest[1:] if line.strip()]
    if not body or rest[0].split("#")[0].strip():
        return None
    first = indentation(body[0])
    if len(first) > len(indent) or any(len(indentation(line)) < len(first) for line in body):
        return None
    if any(indentation(line) == first and re.match(r"@|def |class |async ", line.lstrip()) for line in body):
        return None
    more = indent + _STEP
    return "\n".join(
        [header + rest[0], *(more + line[len(first) :] if line.strip() else line for line in rest[1:])]
    )


def even_out(text: str) -> str | None:
    """Move lines that stand one blank beside a level, or two within a suite that nothing opened, to it."""
    lines = text.split("\n")
    for _ in range(len(lines)):
        wrong = _wrong(lines)
        if wrong is None:
            return "\n".join(lines)
        at, message = wrong
        level = _level(lines, at, message) if 0 < at < len(lines) else None
        if level is None:
            return None
        own = len(indentation(lines[at]))
        alone = [*lines[:at], _moved(lines[at], level - own), *lines[at + 1 :]]
        if _wrong(alone) is None:  # what stands below it is right where it is
            return "\n".join(alone)
        stop = at
        while stop < len(lines) and (not lines[stop].strip() or len(indentation(lines[stop])) >= own):
            stop += 1
        lines[at:stop] = [_moved(line, level - own) for line in lines[at:stop]]
    return None


def _wrong(lines: list[str]) -> tuple[int, str] | None:
    """Return the 0-based line at which code does not parse, and why; None where it does."""
    shift = bool(indentation(lines[0]))
    try:
        parse("if 1:\n" * shift + "\n".join(lines))
    except SyntaxError as error:
        return (error.lineno or 0) - 1 - shift, error.msg
    return None


def _level(lines: list[str], at: int, message: str) -> int | None:
    """Return the column at which a line was meant to stand, or None."""
    own = len(indentation(lines[at]))
    above = [line for line in lines[:at] if line.strip() and not line.lstrip().startswith("#")]
    if message.startswith("unexpected indent"):
        level = len(indentation(above[-1]))
        return (
            level
            if own - level <= 2 and not above[-1].rstrip().endswith((":", "\\", ",", "(", "["))
            else None
        )
    if not message.startswith("unindent does not match"):
        return None
    near = {len(indentation(line)) for line in above if abs(len(indentation(line)) - own) == 1}
    return near.pop() if len(near) == 1 else None


def _moved(line: str, by: int) -> str:
    if not line.strip():
        return line
    return " " * by + line if by > 0 else line[-by:]
