"""Moving code to another indentation by tokens, so that strings keep what they say.

The rule for a string of several lines: one that equals a string of the old text up to leading blanks
takes the old bytes; a docstring shifts with its statement; any other stays as it was sent.
"""

from __future__ import annotations

import difflib
import io
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from ipy_llm.source.text import indentation

LineKind = Literal["code", "continuation", "comment", "blank", "string"]
_FSTRING_START: int = getattr(tokenize, "FSTRING_START", -1)  # 3.12
_FSTRING_END: int = getattr(tokenize, "FSTRING_END", -1)
_OPENING = {tokenize.INDENT, tokenize.DEDENT}
_LAYOUT = {*_OPENING, tokenize.NEWLINE, tokenize.NL, tokenize.COMMENT, tokenize.ENDMARKER}


@dataclass(slots=True)
class Line:
    """One physical line: what it is, the line its logical line begins on, and its depth in suites."""

    text: str
    kind: LineKind = "blank"
    logical: int = 0
    depth: int = 0


@dataclass(slots=True)
class String:
    """A string of several lines: its first and last line (0-based), and whether it is a statement alone."""

    first: int
    last: int
    key: tuple[str, ...]
    docstring: bool = False


@dataclass(slots=True)
class Layout:
    """The lines of a piece of code as tokens see them; `steps` are the indentations its suites add."""

    lines: list[Line]
    strings: list[String] = field(default_factory=list)
    steps: set[str] = field(default_factory=set)


def read_layout(code: str) -> Layout:
    """Tokenize code with line feeds for line ends, at whatever indentation it stands.

    Raises `SyntaxError` where it does not tokenize.
    """
    layout = Layout([Line(text) for text in code.split("\n")])
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(code + "\n", newline="\n").readline))
    except tokenize.TokenError as error:
        message, (line, _) = error.args
        raise SyntaxError(message, (None, line, 1, None)) from error
    for statement in _statements(tokens):
        _read_statement(statement, layout)
    _read_depths(tokens, layout)
    return layout


def reindent(code: str, old: str, target: str, step: str | None = None) -> str:
    """Return `code` moved to the indentation `target`.

    `old` is the text it replaces, for the bytes of its strings and of lines whose place the new text
    cannot tell. `step` is one level of indentation in the file: code written in others is converted,
    continuation lines and strings apart. Raises `SyntaxError` where `code` does not tokenize.
    """
    layout = read_layout(code)
    base = next((indentation(line.text) for line in layout.lines if line.kind == "code"), "")
    before = _try_layout(old)
    steps = before.steps if before and before.steps else {step} if step else set()
    convert = len(steps) == 1 and bool(layout.steps - steps)
    unit = next(iter(steps)) if convert else ""
    result: list[str] = []
    doubtful: set[int] = set()
    # Continuation lines follow their logical line; a comment the statement after it, else the base.
    shifts: dict[int, tuple[str, str]] = {}
    for number, line in enumerate(layout.lines):
        own = indentation(line.text)
        if line.kind == "code":
            shifts[number] = (own, target + unit * line.depth if convert else target + own[len(base) :])
        elif line.kind == "comment":
            shifts[number] = (own, target + unit * line.depth) if convert else (base, target)
    for number, line in enumerate(layout.lines):
        if line.kind in {"blank", "string"}:
            result.append(line.text)
            if line.kind == "blank" and target != base:
                doubtful.add(number)
            continue
        was, now = shifts.get(number) or shifts.get(line.logical, (base, target))
        result.append(_shift(line.text, was, now))
        if line.kind != "code" and target != base and len(indentation(line.text)) <= len(was):
            doubtful.add(number)
    for string in layout.strings:
        if string.docstring:
            was, now = shifts.get(layout.lines[string.first].logical, (base, target))
            for number in range(string.first + 1, string.last + 1):
                if layout.lines[number].text.startswith(was) and (was or layout.lines[number].text.strip()):
                    result[number] = now + layout.lines[number].text[len(was) :]
    if before:
        _keep_strings(layout, before, result, target.removeprefix(base) if target != base else "")
        _keep_doubtful(doubtful, before, result, target)
    return "\n".join(result)


def _try_layout(code: str) -> Layout | None:
    try:
        return read_layout(code)
    except SyntaxError:  # a section of a list, or what is not Python
        return None


def _statements(tokens: list[tokenize.TokenInfo]) -> Iterator[list[tokenize.TokenInfo]]:
    """Split tokens into logical lines, comments of their own apart."""
    statement: list[tokenize.TokenInfo] = []
    for token in tokens:
        if token.type in _OPENING or (not statement and token.type in {tokenize.NL, tokenize.ENDMARKER}):
            continue
        statement.append(token)
        alone = token.type == tokenize.NL and all(part.type in _LAYOUT for part in statement)
        if token.type == tokenize.NEWLINE or alone:
            yield statement
            statement = []
    if statement:
        yield statement


def _read_statement(statement: list[tokenize.TokenInfo], layout: Layout) -> None:
    first = statement[0].start[0] - 1
    last = statement[-1].start[0] - 1
    is_comment = all(token.type in _LAYOUT for token in statement)
    for number in range(first, min(last, len(layout.lines) - 1) + 1):
        line = layout.lines[number]
        line.logical = first
        if line.text.strip():
            line.kind = "comment" if is_comment else "code" if number == first else "continuation"
    code_tokens = [token for token in statement if token.type not in _LAYOUT]
    docstring = bool(code_tokens) and all(token.type == tokenize.STRING for token in code_tokens)
    opened: list[int] = []
    for token in code_tokens:
        if token.type == _FSTRING_START:
            opened.append(token.start[0] - 1)
            begin = token
            if len(opened) == 1:
                outer = begin
        elif token.type == _FSTRING_END:
            opened.pop()
            if not opened:
                last = token.end[0] - 1
                inner = [line.text for line in layout.lines[outer.start[0] - 1 : last]]
                inner += [layout.lines[last].text[: token.end[1]]]
                inner[0] = inner[0][outer.start[1] :]
                _add_string(outer.start[0] - 1, inner, layout, docstring=False)
        elif token.type == tokenize.STRING and not opened:
            # Not by its columns: 3.12.1 miscounts those of a string with characters beyond ASCII.
            _add_string(token.start[0] - 1, token.string.split("\n"), layout, docstring=docstring)


def _add_string(first: int, texts: list[str], layout: Layout, *, docstring: bool) -> None:
    last = first + len(texts) - 1
    if first == last:
        return
    key = (texts[0], *(text.lstrip(" \t") for text in texts[1:]))
    layout.strings.append(String(first, last, key, docstring))
    for number in range(first + 1, last + 1):
        layout.lines[number].kind = "string"


def _read_depths(tokens: list[tokenize.TokenInfo], layout: Layout) -> None:
    """Note how deep in suites each logical line stands, and by what each suite is indented."""
    stack = [""]
    depth_at: dict[int, int] = {}
    for token in tokens:
        if token.type == tokenize.INDENT:
            if len(depth_at) > 0:
                layout.steps.add(token.string.rpartition("\f")[2].removeprefix(stack[-1]))
                stack.append(token.string.rpartition("\f")[2])
            else:
                stack[0] = token.string  # the indentation the whole code stands at
        elif token.type == tokenize.DEDENT:
            if len(stack) > 1:
                stack.pop()
        elif token.type not in _LAYOUT:
            depth_at.setdefault(token.start[0] - 1, len(stack) - 1)
    depth = 0
    for number in range(len(layout.lines) - 1, -1, -1):
        line = layout.lines[number]
        if line.kind == "code":
            depth = depth_at.get(number, 0)
            line.depth = depth
    # A comment belongs to the deepest suite it is indented for: that of the code before or after it.
    columns: list[tuple[str, int]] = []
    for line in layout.lines:
        own = indentation(line.text)
        if line.kind == "code":
            while columns and len(columns[-1][0]) >= len(own):
                columns.pop()
            columns.append((own, line.depth))
        elif line.kind == "comment":
            fitting = [deep for width, deep in columns if len(width) <= len(own)]
            deeper = bool(columns) and len(own) > len(columns[-1][0])
            line.depth = (fitting[-1] if fitting else 0) + deeper


def _shift(text: str, was: str, now: str) -> str:
    """Move one line by the difference between two indentations; one that stands left of `was` as far as it can."""
    own = indentation(text)
    cut = text.find(own, text.rfind("\f", 0, len(text) - len(text.lstrip(" \t\f"))) + 1)
    lead, rest = text[:cut], text[cut + len(own) :]
    if own.startswith(was):
        return f"{lead}{now}{own[len(was) :]}{rest}"
    width = max(0, len(own) + len(now) - len(was))
    return f"{lead}{(now + ' ' * width)[:width]}{rest}"


def _keep_strings(layout: Layout, before: Layout, result: list[str], shift: str) -> None:
    """Give strings that are the old ones up to leading blanks the old bytes, in the order they stand."""
    known: dict[tuple[str, ...], list[String]] = defaultdict(list)
    for string in before.strings:
        known[string.key].append(string)
    for string in layout.strings:
        twins = known.get(string.key)
        if not twins:
            _move_string(string, layout, before, result, shift)
            continue
        twin = twins.pop(0) if len(twins) > 1 else twins[0]
        for ours, theirs in zip(
            range(string.first + 1, string.last + 1), range(twin.first + 1, twin.last + 1), strict=True
        ):
            text = result[ours]
            old = before.lines[theirs].text
            result[ours] = old[: len(old) - len(old.lstrip(" \t"))] + text.lstrip(" \t")


def _move_string(string: String, layout: Layout, before: Layout, result: list[str], shift: str) -> None:
    """Move a changed string with the code, where its old lines show that it stood further right by just that.

    `shift` is what the code moves by to the right. Half of the string's lines must be old ones.
    """
    ours = [layout.lines[number].text for number in range(string.first + 1, string.last + 1)]
    bare = [line.lstrip(" \t") for line in ours]
    if not shift or string.docstring:
        return
    for other in before.strings:
        theirs = [before.lines[number].text for number in range(other.first + 1, other.last + 1)]
        matcher = difflib.SequenceMatcher(None, [line.lstrip(" \t") for line in theirs], bare, autojunk=False)
        pairs = [
            (theirs[block.a + at], ours[block.b + at])
            for block in matcher.get_matching_blocks()
            for at in range(block.size)
            if bare[block.b + at]
        ]
        if 2 * len(pairs) >= len(ours) and pairs and all(old == shift + new for old, new in pairs):
            for number, line in enumerate(ours, string.first + 1):
                result[number] = shift + line if line.strip() else line
            return


def _keep_doubtful(doubtful: set[int], before: Layout, result: list[str], target: str) -> None:
    """Give lines whose place the new text cannot tell - blank, or left of their code - the old place.

    At column 0 a comment that stood left of its suite looks like one that stood at its start.
    """

    def odd(line: Line) -> bool:
        if line.kind == "blank":
            return bool(line.text)
        return line.kind in {"comment", "continuation"} and len(indentation(line.text)) < len(target)

    if not doubtful or not any(map(odd, before.lines)):
        return
    old = [line.text.lstrip(" \t") for line in before.lines]
    new = [text.lstrip(" \t") for text in result]
    for block in difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        for offset in range(block.size):
            theirs = before.lines[block.a + offset]
            if block.b + offset in doubtful and odd(theirs):
                result[block.b + offset] = theirs.text
