"""Editing lines of a chunk, and text within a line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import replace

from ipy_llm.errors import EditRejectedError, ParseError
from ipy_llm.source.address import Address, LineRange
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.sent.slips import copied_numbers, within_strings
from ipy_llm.source.text import LINE_END, Span, indentation, newline_of, split_lines, unify

EXCERPT_LINES = 20  # of a chunk, shown where an edit of it is refused
_QUOTES = "`\"'"


def line_splice(address: Address, sent: str | None, chunk: Chunk, outline: Outline) -> tuple[Span, str]:
    """Return the splice for lines of a chunk; `sent` is literal, None deletes them.

    Raises `EditRejectedError` without a digest, `ParseError` where the chunk has no such lines.
    """
    text = outline.source.text
    lines = address.lines
    assert lines is not None
    if address.digest is None:
        raise EditRejectedError(
            "lines need the digest they were shown with; nothing was written",
            steps=[
                *excerpt(address, chunk, outline),
                f"for these: {'delete ' * (sent is None)}{replace(address, digest=outline.digest(chunk.span))}",
            ],
        )
    if chunk.inline:
        raise ParseError(
            f"{chunk.name} is not whole lines; nothing was written",
            steps=[f"to replace it: {replace(address, lines=None)}"],
        )
    if sent is None and _is_final_newline(lines, chunk, outline):
        # The last, empty line, as editors show it: without it the file ends without a newline.
        return Span(chunk.span.end, len(text)), ""
    first = _check_range(address, chunk, outline)
    if sent is None:
        if lines.insert:
            raise ParseError(f"`{lines}` inserts; to delete line {lines.first} write :{lines.first}")
        return _whole_lines(first + lines.first - 1, first + lines.last - 1, chunk, outline), ""
    newline = newline_of(chunk.span.of(text), text)
    body = LINE_END.sub(newline, _without_copied(unify(sent).removesuffix("\n"), lines, chunk, outline))
    if not body and not (lines.insert and sent):  # one blank line may be inserted
        raise ParseError("the text is empty; to remove lines, ask for it", steps=[f"delete {address}"])
    if not lines.insert:
        start = chunk.span.start if lines.first == 1 else outline.starts[first + lines.first - 2]
        return Span(start, outline.end_of_line(first + lines.last - 1)), body
    if lines.first == 0:
        return Span(chunk.span.start, chunk.span.start), f"{body}{newline}"
    end = outline.end_of_line(first + lines.first - 1)
    return Span(end, end), f"{newline}{body}"


def excerpt(address: Address, chunk: Chunk, outline: Outline) -> list[str]:
    """Return the numbered lines of a chunk; of a long one those around the lines of an address."""
    lines = split_lines(chunk.span.of(outline.source.text))
    first, last = 1, len(lines)
    if last > EXCERPT_LINES:
        about = address.lines or LineRange(1, 1)
        first = max(1, min(about.first, last) - 3)
        last = min(last, max(about.last + 3, first + 8), first + EXCERPT_LINES)
    return [f"{number}\t{lines[number - 1]}" for number in range(first, last + 1)]


def reading(old: str, new: str, chunk: Chunk, outline: Outline) -> tuple[str, str]:
    """Return `old` and `new` as they were meant: divided at another ` => `, or quoted though the text is not.

    Only where as they are `old` does not stand in the chunk, and divided or bare it does.
    """
    text = chunk.span.of(outline.source.text)
    parts = f"{old} => {new}".split(" => ")
    ways = [(" => ".join(parts[:at]), " => ".join(parts[at:])) for at in range(1, len(parts))]
    standing = [way for way in ways if way[0] in text]
    if len(standing) == 1:
        return standing[0]
    quoted = [
        way
        for way in ways
        if way[0][:1] in _QUOTES and all(len(side) > 1 and side[0] == side[-1] == way[0][0] for side in way)
    ]
    if not standing and len(quoted) == 1 and quoted[0][0][1:-1] in text:
        return quoted[0][0][1:-1], quoted[0][1][1:-1]
    return old, new


def _without_copied(body: str, lines: LineRange, chunk: Chunk, outline: Outline) -> str:
    """Take away the numbers that `show` gave the very lines that are replaced, unless they have numbers themselves."""
    rest = copied_numbers(body, lines.first)
    if rest is None or lines.insert or "\n" not in body:  # one line that begins with its number may mean that
        return body
    old = split_lines(chunk.span.of(outline.source.text))[lines.first - 1 : lines.last]
    return body if copied_numbers("\n".join(old)) is not None else rest


def shifts(text: str, address: Address, chunk: Chunk, outline: Outline) -> Iterator[tuple[str, bool]]:
    """Yield lines moved, all alike, to each indentation the chunk shows; True for the one they replace.

    The lines of a string stay, save those of a docstring; nothing where one is not closed in them.
    """
    assert address.lines is not None
    body = unify(text).split("\n")
    own = next((indentation(line) for line in body if line.strip()), None)
    fixed = within_strings(text)
    if own is None or fixed is None:
        return
    old = split_lines(chunk.span.of(outline.source.text))
    if address.lines.insert:
        around = {indentation(line) for line in old[max(address.lines.first - 1, 0) :][:2] if line.strip()}
        likely = around.pop() if len(around) == 1 and 0 < address.lines.first < len(old) else None
    else:
        likely = next((indentation(line) for line in old[address.lines.first - 1 :] if line.strip()), None)
    known = {indentation(line) for line in old if line.strip()} | {chunk.body_indent or chunk.indent}
    newline = newline_of(chunk.span.of(outline.source.text), outline.source.text)
    for target in sorted(known, key=lambda indent: (indent != likely, len(indent))):
        if target == own:
            continue
        if target.startswith(own):
            more = target[len(own) :]
            moved = [
                more + line if line.strip() and at not in fixed else line for at, line in enumerate(body)
            ]
        elif own.startswith(target) and all(
            line.startswith(own) for at, line in enumerate(body) if line.strip() and at not in fixed
        ):
            less = own[len(target) :]
            moved = [line if at in fixed else line.removeprefix(less) for at, line in enumerate(body)]
        else:
            continue
        yield newline.join(moved), target == likely


def only_place(address: Address, old: str, new: str, chunk: Chunk, outline: Outline) -> Span:
    """Return where `old` stands in a chunk, or in lines of it. Raises unless it stands there once."""
    text = outline.source.plain
    span = chunk.span
    if address.lines is not None:
        if address.lines.insert:
            raise ParseError(f"`{address.lines}` inserts; to change line {address.lines.first} drop the `+`")
        first = _check_range(address, chunk, outline)
        lines = Span(
            outline.starts[first + address.lines.first - 2],
            outline.end_of_line(first + address.lines.last - 1),
        )
        span = Span(max(span.start, lines.start), min(span.end, lines.end))
    places = []
    at = text.find(old, span.start, span.end)
    while at >= 0:
        places.append(at)
        at = text.find(old, at + 1, span.end)  # overlapping occurrences count as two
    name = chunk.name or "the document"
    if not places:
        raise EditRejectedError(
            f"`{old}` does not stand in {name}; nothing was written",
            steps=_respelt(old, new, span, address, outline)
            or [_nearest(old, span, chunk, address, outline)],
        )
    if len(places) > 1:
        first = outline.lines(chunk.span)[0]
        numbers = list(dict.fromkeys(outline.line_of(place) - first + 1 for place in places))
        where = (
            f"its lines {', '.join(map(str, numbers[:8]))}" if len(numbers) > 1 else f"its line {numbers[0]}"
        )
        given = replace(address, digest=outline.digest(chunk.span), lines=None)
        raise EditRejectedError(
            f"`{old}` stands {len(places)} times in {name}, on {where}; nothing was written",
            steps=[f"say which: {given}:{number} {old} => {new}".rstrip() for number in numbers[:5]]
            if len(numbers) > 1
            else ["give more of the line on both sides, or replace the line"],
        )
    return Span(places[0], places[0] + len(old))


def _respelt(old: str, new: str, span: Span, address: Address, outline: Outline) -> list[str]:
    """Return the header with `old` as it stands where only blanks, quotes or capitals differ, once."""
    signs = [re.escape(sign) if sign not in _QUOTES else "[\"']" for sign in old if not sign.isspace()]
    found = list(
        re.compile(r"[ \t]*".join(signs), re.IGNORECASE).finditer(outline.source.text, span.start, span.end)
    )
    return [f"did you mean {address} {found[0][0]} => {new}".rstrip()] if len(found) == 1 and signs else []


def _nearest(old: str, span: Span, chunk: Chunk, address: Address, outline: Outline) -> str:
    """Return the line of the chunk that is most like a text that does not stand in it."""
    lines = {
        line.strip(): number
        for number, line in enumerate(split_lines(chunk.span.of(outline.source.plain)), 1)
    }
    held = {line.strip() for line in split_lines(span.of(outline.source.plain))}
    like = max(held, key=lambda line: _likeness(old, line), default="")
    if _likeness(old, like) < 0.6:
        return f"show {replace(address, digest=None)}"
    return f"its line {lines.get(like, 1)} has: {like if len(like) <= 120 else like[:117] + '...'}"


def _likeness(old: str, line: str) -> float:
    """Say how much of `old` stands in a line, in the order in which it stands."""
    matcher = difflib.SequenceMatcher(None, old, line, autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks() if block.size > 1) / max(1, len(old))


def _check_range(address: Address, chunk: Chunk, outline: Outline) -> int:
    """Return the chunk's first line. Raises `ParseError` where the address asks for lines beyond its last."""
    assert address.lines is not None
    first, last = outline.lines(chunk.span)
    if address.lines.last > last - first + 1:
        count = last - first + 1
        name = chunk.name or "the document"
        raise ParseError(
            f"{name} has {count} line{'s' * (count > 1)}, not {address.lines.last}",
            steps=_counted(address, first, count),
        )
    return first


def _is_final_newline(lines: LineRange, chunk: Chunk, outline: Outline) -> bool:
    """Say whether the one line asked for is the empty one after a document's final newline."""
    number = len(outline.starts)
    return not chunk.name and chunk.span.end < chunk.outer.end and lines == LineRange(number, number)


def _counted(address: Address, first: int, count: int) -> list[str]:
    """Return the address with lines counted as a chunk's, where they were the file's or went too far."""
    lines = address.lines
    assert lines is not None
    if first <= lines.first and lines.last < first + count:
        meant = LineRange(lines.first - first + 1, lines.last - first + 1, lines.insert)
        return [f"as lines of the file: {replace(address, lines=meant)}"]
    if lines.first <= count:
        return [f"to its last line: {replace(address, lines=LineRange(lines.first, count))}"]
    return [f"show {replace(address, digest=None, lines=None)}"]


def _whole_lines(first: int, last: int, chunk: Chunk, outline: Outline) -> Span:
    """Return lines with their ends; of a file without a final newline, the last with the end before it."""
    text, starts = outline.source.text, outline.starts
    start = max(starts[first - 1], chunk.span.start) if first > 1 else chunk.span.start
    if last < len(starts):
        return Span(start, starts[last])
    return Span(len(text[:start].removesuffix("\n").removesuffix("\r")), len(text))
