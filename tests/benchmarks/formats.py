"""What a change costs in the formats that others use, each without its prompt: the text a model must send.

A format yields `(hunks, text)`: which hunks of a file a piece of its text is for. What stands once a file, such
as its path, is with the first.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.structure.resolve import label, whole

Sent = tuple[tuple[int, ...], str]


@dataclass(frozen=True, slots=True)
class Hunk:
    """The old lines `a` to before `b` (0-based) became the new ones `c` to before `d`, as `difflib` has it."""

    a: int
    b: int
    c: int
    d: int


@dataclass(frozen=True, slots=True)
class Changed:
    """A file of two releases: its lines without ends, what differs, and its outlines."""

    path: str
    old: Sequence[str]
    new: Sequence[str]
    hunks: Sequence[Hunk]
    before: Outline
    after: Outline

    def bare(self, hunk: Hunk) -> str:
        return text_of(self.new[hunk.c : hunk.d])


def hunks_of(old: Sequence[str], new: Sequence[str]) -> list[Hunk]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return [Hunk(*ends) for tag, *ends in matcher.get_opcodes() if tag != "equal"]


def text_of(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def whole_file(changed: Changed) -> Iterator[Sent]:
    """Yield the path and the new text."""
    yield tuple(range(len(changed.hunks))), f"{changed.path}\n" + "\n".join(changed.new)


def unified_diff(changed: Changed) -> Iterator[Sent]:
    """Yield a diff with three lines of context."""
    lines = list(
        difflib.unified_diff(changed.old, changed.new, f"a/{changed.path}", f"b/{changed.path}", lineterm="")
    )
    yield tuple(range(len(changed.hunks))), text_of(lines)


def search_replace(changed: Changed) -> Iterator[Sent]:
    """Yield blocks with as few lines of context as make the old text unique; the path once a file."""
    path = f"{changed.path}\n"
    for numbers, block in _blocks(changed, range(len(changed.hunks))):
        yield numbers, path + block
        path = ""


def whole_functions(changed: Changed) -> Iterator[Sent]:
    """Yield the new text of each innermost function that holds a hunk; search/replace elsewhere."""
    # Not classes: for a line of its own, a class would be sent with all its methods.
    named = {
        label(chunk, changed.after): chunk
        for chunk in _definitions(changed.after)
        if chunk.kind == "function"
    }
    owners: dict[str, list[int]] = {}
    rest: list[int] = []
    for number, hunk in enumerate(changed.hunks):
        names = [label(chunk, changed.before) for chunk in around(hunk, changed.before)]
        own = [name for name in names if name in named and _holds(named[name], hunk.c, hunk.d, changed.after)]
        if own:
            owners.setdefault(own[-1], []).append(number)
        else:
            rest.append(number)
    path = f"{changed.path}::"
    for name, numbers in owners.items():
        yield tuple(numbers), f"@@ {path}{name}\n{named[name].span.of(changed.after.source.text)}\n"
        path = ""
    yield from _blocks(changed, rest)


def line_anchors(changed: Changed) -> Iterator[Sent]:
    """Yield file line anchors as oh-my-pi's hashline publishes them: a tag for the file, rows with `+`."""
    head = f"[{changed.path}#{changed.before.digest(whole(changed.before).span).upper()}]\n"
    for number, hunk in enumerate(changed.hunks):
        rows = text_of([f"+{line}" for line in changed.new[hunk.c : hunk.d]])
        if hunk.c == hunk.d:
            said = f"DEL {hunk.a + 1}.={hunk.b}\n"
        elif hunk.a < hunk.b:
            said = f"SWAP {hunk.a + 1}.={hunk.b}:\n{rows}"
        else:
            said = f"INS.POST {hunk.a}:\n{rows}" if hunk.a else f"INS.HEAD:\n{rows}"
        yield (number,), head + said
        head = ""


def chunk_lines(changed: Changed) -> Iterator[Sent]:
    """Yield our own entries in their plainest form: lines of the innermost chunk, each hunk by itself."""
    document, last = f"{changed.path}::", ""
    for number, hunk in enumerate(changed.hunks):
        owner = ([whole(changed.before), *around(hunk, changed.before)])[-1]
        first = changed.before.lines(owner.span)[0]
        name = f"{label(owner, changed.before)}@{changed.before.digest(owner.span)}"
        if hunk.a == hunk.b:
            lines = f"{hunk.a - first + 1}+"
        else:
            lines = f"{hunk.a - first + 2}" + (f"-{hunk.b - first + 1}" if hunk.b - hunk.a > 1 else "")
        verb = "delete " if hunk.c == hunk.d else ""
        address = "" if name == last else f"{document}{name}"
        yield (number,), f"@@ {verb}{address}:{lines}\n{changed.bare(hunk)}"
        document, last = "", name


FORMATS: dict[str, Callable[[Changed], Iterator[Sent]]] = {
    "whole file": whole_file,
    "whole functions": whole_functions,
    "unified diff": unified_diff,
    "search/replace, shortest unique": search_replace,
    "file line anchors (hashline)": line_anchors,
    "lines of the innermost chunk": chunk_lines,
}


def around(hunk: Hunk, outline: Outline) -> list[Chunk]:
    """Return the functions and classes that hold a hunk's old lines, the innermost last."""
    return [chunk for chunk in _definitions(outline) if _holds(chunk, hunk.a, hunk.b, outline)]


def _definitions(outline: Outline) -> Iterator[Chunk]:
    return (chunk for chunk in outline.walk() if chunk.is_definition and not chunk.inline)


def _holds(chunk: Chunk, start: int, end: int, outline: Outline) -> bool:
    """Say whether lines, or the place between two, are within a chunk."""
    first, last = outline.lines(chunk.span)
    return first <= start + 1 and end <= last if start < end else first <= start < last


def _blocks(changed: Changed, numbers: Sequence[int]) -> Iterator[Sent]:
    """Yield hunks as search/replace with the fewest lines around them that stand once; those that meet, together."""
    found: list[tuple[tuple[int, ...], int, int]] = []
    for number in numbers:
        together: tuple[int, ...] = (number,)
        a, b = _grown(changed.old, changed.hunks[number].a, changed.hunks[number].b)
        while found and found[-1][2] > a:
            earlier, start, end = found.pop()
            together = (*earlier, *together)
            a, b = _grown(changed.old, min(start, a), max(end, b))
        found.append((together, a, b))
    for together, a, b in found:
        new: list[str] = []
        at = a
        for hunk in (changed.hunks[number] for number in together):
            new += [*changed.old[at : hunk.a], *changed.new[hunk.c : hunk.d]]
            at = hunk.b
        new += changed.old[at:b]
        block = f"<<<<<<< SEARCH\n{text_of(changed.old[a:b])}=======\n{text_of(new)}>>>>>>> REPLACE\n"
        yield together, block


def _grown(old: Sequence[str], a: int, b: int) -> tuple[int, int]:
    text = "\n" + text_of(old)
    for more in range(len(old)):
        fits = []
        for up in range(min(more, a) + 1):
            start, end = a - up, b + more - up
            if end <= len(old) and start < end and _once(f"\n{text_of(old[start:end])}", text):
                fits.append((len(text_of(old[start:end])), start, end))
        if fits:
            return min(fits)[1:]
    return 0, len(old)


def _once(block: str, text: str) -> bool:
    at = text.find(block)
    return at >= 0 and text.find(block, at + 1) < 0
