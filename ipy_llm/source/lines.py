"""Editing lines of a chunk, and text within a line."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import replace

from ipy_llm.errors import EditRejectedError, ParseError
from ipy_llm.source.address import Address, LineRange
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.sent import without_numbers
from ipy_llm.source.text import LINE_END, Span, indentation, newline_of, split_lines, unify


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
            steps=[f"show {replace(address, lines=None)}"],
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
    body = LINE_END.sub(newline, without_numbers(unify(sent).removesuffix("\n")))
    if not body and not (lines.insert and sent):  # one blank line may be inserted
        raise ParseError("the text is empty; to remove lines, ask for it", steps=[f"delete {address}"])
    if not lines.insert:
        start = chunk.span.start if lines.first == 1 else outline.starts[first + lines.first - 2]
        return Span(start, outline.end_of_line(first + lines.last - 1)), body
    if lines.first == 0:
        return Span(chunk.span.start, chunk.span.start), f"{body}{newline}"
    end = outline.end_of_line(first + lines.first - 1)
    return Span(end, end), f"{newline}{body}"


def shifts(text: str, address: Address, chunk: Chunk, outline: Outline) -> Iterator[tuple[str, bool]]:
    """Yield lines moved, all alike, to each indentation the chunk shows; True for the one they replace.

    Nothing where a string may reach over lines: moving those would change what it says.
    """
    assert address.lines is not None
    body = unify(text).split("\n")
    own = next((indentation(line) for line in body if line.strip()), None)
    if own is None or '"""' in text or "'''" in text:
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
            moved = [more + line if line.strip() else line for line in body]
        elif own.startswith(target) and all(line.startswith(own) for line in body if line.strip()):
            moved = [line.removeprefix(own[len(target) :]) for line in body]
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
            steps=[_nearest(old, span, chunk, address, outline)],
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
            steps=[f"say which: {given}:{numbers[0]} {old} => {new}".rstrip()]
            if len(numbers) > 1
            else ["give more of the line on both sides, or replace the line"],
        )
    return Span(places[0], places[0] + len(old))


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
            steps=[f"show {replace(address, digest=None, lines=None)}"],
        )
    return first


def _is_final_newline(lines: LineRange, chunk: Chunk, outline: Outline) -> bool:
    """Say whether the one line asked for is the empty one after a document's final newline."""
    number = len(outline.starts)
    return not chunk.name and chunk.span.end < chunk.outer.end and lines == LineRange(number, number)


def _whole_lines(first: int, last: int, chunk: Chunk, outline: Outline) -> Span:
    """Return lines with their ends; of a file without a final newline, the last with the end before it."""
    text, starts = outline.source.text, outline.starts
    start = max(starts[first - 1], chunk.span.start) if first > 1 else chunk.span.start
    if last < len(starts):
        return Span(start, starts[last])
    return Span(len(text[:start].removesuffix("\n").removesuffix("\r")), len(text))
