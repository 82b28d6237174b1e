"""Diffs and search/replace blocks: old lines that stand once in a chunk, and the lines that take their place.

The forms other tools ask of models: unified diffs, the patches of codex, and the blocks of search/replace
editors, which are also those of a git conflict. Their line numbers are not used: models miscount them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ipy_llm.errors import EditRejectedError
from ipy_llm.source.address import Address, LineRange
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.text import Span, indentation, newline_of, splice

_BLOCK = re.compile(
    r"^<{5,9}(?: .*)?\n(?P<old>(?:.*\n)*?)(?:\|{5,9}(?: .*)?\n(?:.*\n)*?)?={5,9}\n(?P<new>(?:.*\n)*?)>{5,9}(?: .*)?$",
    re.MULTILINE,
)
_HEAD = re.compile(
    r"diff --git .*|index [0-9a-f]+\.\..*|(?:---|\+\+\+) \S.*|(?:new|deleted) file mode .*|\\ No newline.*"
)
_SEPARATOR = re.compile(r"@@.*|\*\*\* End of File")


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines as they stand, and as they shall stand; both without line ends."""

    old: tuple[str, ...]
    new: tuple[str, ...]


def read_hunks(text: str) -> list[tuple[Hunk, ...]]:
    """Return what a text with line feeds may mean as a diff or blocks, the likeliest first; nothing where it is none."""
    blocks = tuple(Hunk(_lines(match["old"]), _lines(match["new"])) for match in _BLOCK.finditer(text))
    if blocks:
        return [blocks]
    lines = [line for line in text.split("\n") if not _HEAD.fullmatch(line)]
    marks = {line[0] for line in lines if line and not _SEPARATOR.fullmatch(line)}
    if "-" not in marks and not ("+" in marks and " " in marks and any(map(_SEPARATOR.fullmatch, lines))):
        return []
    read = [tuple(_of_diff(lines))] if marks <= {"+", "-", " "} else []
    # Some write the mark before the lines that change and none before the others.
    if "-" in marks and "+" in marks:
        read.append(tuple(_of_diff([line if line[:1] in {"+", "-", "@"} else f" {line}" for line in lines])))
    return read


def place(hunks: tuple[Hunk, ...], chunk: Chunk, address: Address, outline: Outline) -> tuple[Span, str]:
    """Return the splice for hunks of a chunk. Raises `EditRejectedError` unless each one's old lines stand once."""
    splices = [_place(hunk, chunk, address, outline) for hunk in hunks]
    span = Span(min(span.start for span, _ in splices), max(span.end for span, _ in splices))
    ordered = sorted(span.start for span, _ in splices)
    if len(set(ordered)) < len(ordered):
        raise EditRejectedError("two of its parts change the same lines; nothing was written")
    text = splice(
        span.of(outline.source.text),
        [(Span(at.start - span.start, at.end - span.start), new) for at, new in splices],
    )
    return span, text


def stand(hunks: tuple[Hunk, ...], chunk: Chunk, outline: Outline) -> bool:
    """Say whether the old lines of all hunks stand in a chunk, moved alike or as they are."""
    lines = _own_lines(chunk, outline)
    return all(any(True for _ in _matches(hunk, lines)) for hunk in hunks)


def _own_lines(chunk: Chunk, outline: Outline) -> list[str]:
    first, last = outline.lines(chunk.span)
    text = outline.source.text
    return [text[outline.starts[n - 1] : outline.end_of_line(n)] for n in range(first, last + 1)]


def _place(hunk: Hunk, chunk: Chunk, address: Address, outline: Outline) -> tuple[Span, str]:
    first = outline.lines(chunk.span)[0]
    lines = _own_lines(chunk, outline)
    for trial in (hunk, Hunk(*_trimmed(hunk))):
        found = list(_matches(trial, lines))
        exact = [match for match in found if match[1] == trial.new]
        found = exact or found
        if len(found) == 1:
            at, new = found[0]
            return _splice(first + at, len(trial.old), new, outline)
        if found:
            break
    name = chunk.name or address.document or "the document"
    if found:
        digest = outline.digest(chunk.span)
        ranges = [LineRange(at + 1, at + len(trial.old)) for at, _ in found[:5]]
        raise EditRejectedError(
            f"its old lines stand {len(found)} times in {name}; nothing was written",
            steps=[
                f"for the new lines alone: {replace(address, digest=digest, lines=lines)}" for lines in ranges
            ],
        )
    raise EditRejectedError(
        f"its old lines do not stand in {name}; nothing was written",
        steps=_nearest(hunk, lines, chunk, address, outline),
    )


def _splice(line: int, count: int, new: tuple[str, ...], outline: Outline) -> tuple[Span, str]:
    """Return the splice that puts new lines in the place of `count` lines from a 1-based one on."""
    text = outline.source.text
    newline = newline_of(text)
    end = outline.end_of_line(line + count - 1)
    start = outline.starts[line - 1]
    if new:
        return Span(start, end), newline.join(new)
    return Span(start, outline.starts[line + count - 1] if line + count <= len(outline.starts) else end), ""


def _matches(hunk: Hunk, lines: list[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield where the old lines stand, all moved alike if need be, and the new ones moved as much."""
    if not any(line.strip() for line in hunk.old):
        return
    for at in range(len(lines) - len(hunk.old) + 1):
        shifts = {
            _shift(old, line)
            for old, line in zip(hunk.old, lines[at:], strict=False)
            if old.strip() or line.strip()
        }
        if len(shifts) == 1 and None not in shifts:
            shift = shifts.pop()
            assert shift is not None
            lost, gained = shift
            if all(not line.strip() or line.startswith(lost) for line in hunk.new):
                yield at, tuple(gained + line[len(lost) :] if line.strip() else line for line in hunk.new)


def _shift(old: str, line: str) -> tuple[str, str] | None:
    """Return the indentation that `old` loses and gains to be `line`; None where they differ beyond it."""
    if old.strip() != line.strip():
        return None
    own, theirs = indentation(old), indentation(line)
    if theirs.endswith(own):
        return "", theirs[: len(theirs) - len(own)]
    return (own[: len(own) - len(theirs)], "") if own.endswith(theirs) else None


def _trimmed(hunk: Hunk) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return both sides without the blank lines at their ends."""
    sides = []
    for side in (hunk.old, hunk.new):
        filled = [number for number, line in enumerate(side) if line.strip()]
        sides.append(side[filled[0] : filled[-1] + 1] if filled else ())
    return sides[0], sides[1]


def _nearest(hunk: Hunk, lines: list[str], chunk: Chunk, address: Address, outline: Outline) -> list[str]:
    """Return the lines that are most like the old ones, and how to replace them."""
    old = [line.strip() for line in hunk.old if line.strip()]
    size = min(len(hunk.old), len(lines))
    best = max(range(len(lines) - size + 1), key=lambda at: _likeness(old, lines[at : at + size]))
    if _likeness(old, lines[best : best + size]) < 0.5:
        return [f"show {replace(address, digest=None, lines=None)}"]
    meant = replace(address, digest=outline.digest(chunk.span), lines=LineRange(best + 1, best + size))
    return [
        *(f"{best + 1 + n}\t{line}" for n, line in enumerate(lines[best : best + size][:20])),
        f"for the new lines in their place: {meant}",
    ]


def _likeness(old: list[str], lines: list[str]) -> float:
    return difflib.SequenceMatcher(
        None, "\n".join(old), "\n".join(map(str.strip, lines)), autojunk=False
    ).ratio()


def _of_diff(lines: list[str]) -> Iterator[Hunk]:
    old: list[str] = []
    new: list[str] = []
    for line in [*lines, "@@"]:
        if _SEPARATOR.fullmatch(line):
            if old or new:
                while old and new and not old[-1] and not new[-1]:  # a blank line before the next file
                    del old[-1], new[-1]
                yield Hunk(tuple(old), tuple(new))
            old, new = [], []
            continue
        old += [line[1:]] * (line[:1] != "+")
        new += [line[1:]] * (line[:1] != "-")


def _lines(block: str) -> tuple[str, ...]:
    return tuple(block.split("\n")[:-1])
