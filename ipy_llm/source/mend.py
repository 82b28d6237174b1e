"""What a text that does not parse may have been meant as.

A damage is taken to be one sign that is missing. Every way to put it back that lets the statement around
it, and then the rest, parse is tried: what all of them agree on is certain, since the text that was meant
is among them. Where no one sign mends it, the damaged statement is filled with one that parses.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ipy_llm.source.layout import DEFINER, Layout, end_of_logical, read
from ipy_llm.source.scan import strings
from ipy_llm.source.syntax import bound_names, parse_here
from ipy_llm.source.text import indentation

_MOST = 12  # ways to mend one piece; with more of them nothing in it is certain
_STEPS = 60  # damages mended in one piece
_REGION = 400  # lines of a damaged statement
_LARGEST = 3000  # characters of one in which every place is tried for a missing sign
_TRIED = 40  # pairs of quotes of which one may lack a third
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_OPENERS = {closer: opener for opener, closer in _PAIRS.items()}
_CONFLICT = re.compile(r"(?:<{7}|>{7}|\|{7})(?: .*)?|={7}")
_WORD = re.compile(r"(?:async\s+)?[A-Za-z_]\w*")
_NAMED = re.compile(r"(?P<kind>(?:async\s+)?def|class)\s+(?P<name>\w+)\s*(?P<next>[(\[:])")
_UNSURE = "class ipy_llm_unsure:"

# How a statement with such a word is parsed alone: what stands before it, and its suite.
_SUITE = "\n pass"
_WRAPPED = {
    **dict.fromkeys(("def", "class", "if", "for", "while", "with", "try"), ("", _SUITE)),
    **dict.fromkeys(("elif", "else"), ("if 1: pass\n", _SUITE)),
    **dict.fromkeys(("except", "finally"), ("try: pass\n", _SUITE)),
    "match": ("", "\n case _: pass"),
    "case": ("match 1:\n ", "\n  pass"),
    "@": ("", "\ndef f(): pass"),
}
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


@dataclass(frozen=True, slots=True)
class Mend:
    """A text that parses, with as many lines; a name bound on a line of `unsure` (from 0) is not certain."""

    lines: tuple[str, ...]
    unsure: frozenset[int] = field(default=frozenset())

    def put(self, first: int, new: Sequence[str], unsure: frozenset[int]) -> Mend:
        """Return the mend with other lines from `first` on."""
        lines = (*self.lines[:first], *new, *self.lines[first + len(new) :])
        return Mend(lines, self.unsure | frozenset(first + line for line in unsure))


def mends(lines: Sequence[str]) -> list[Mend]:
    """Return the texts that a text without its line ends may have been meant as, each of which parses."""
    text = Mend(tuple(_without_conflicts(lines)))
    error = _error_line(text.lines, wrap=False)
    if error is None:
        return [text]
    error = min(error, len(lines) - 1)
    layout = read(list(text.lines))
    if any(len(string.quote) == 3 for _, string in layout.unclosed):
        return _mend_long_string(text, error)
    found = [one for one in _joined(text, _bounds(layout, "")) if _parses(one.lines, wrap=False)]
    found += _with_long_string(text, range(max(0, error - 1), error + 1))
    return found or [Mend(("",) * len(lines))]


def _without_conflicts(lines: Sequence[str]) -> list[str]:
    """Blank the marks of a merge conflict; both sides stay."""
    if not any(line.startswith("<<<<<<<") for line in lines):
        return list(lines)
    return ["" if _CONFLICT.fullmatch(line) else line for line in lines]


def _bounds(layout: Layout, indent: str, first: int = 0) -> list[int]:
    """Return the lines on which pieces begin: definitions, with decorators, and imports at an indentation."""
    bounds = []
    decorated = False
    for number in range(first, len(layout.code)):
        text = layout.code[number]
        if not layout.hard[number] or indentation(text) != indent:
            continue
        start = text.lstrip(" \t\f")
        is_definer = DEFINER.match(start) is not None
        if not decorated and (
            is_definer or start[0] == "@" or (not indent and start[:4] in {"impo", "from"})
        ):
            bounds.append(number)
        decorated = start[0] == "@" or (decorated and not is_definer)
    return bounds


def _joined(text: Mend, bounds: list[int], first: int = 0) -> list[Mend]:
    """Mend each piece between bounds by itself; every way for one, beside the first for the others."""
    whole = text
    others: list[tuple[int, Mend]] = []
    for start, end in pairwise(sorted({first, *bounds, len(text.lines)})):
        piece = text.lines[start:end]
        if _parses(piece):
            continue
        found = _mend_piece(piece)
        whole = whole.put(start, found[0].lines, found[0].unsure)
        others += [(start, other) for other in found[1:]]
    return [whole, *(whole.put(start, other.lines, other.unsure) for start, other in others)]


def _mend_piece(lines: tuple[str, ...]) -> list[Mend]:
    layout = read(list(lines))
    first = next((number for number, text in enumerate(layout.code) if text.strip()), 0)
    start = layout.code[first].lstrip(" \t\f")
    if start.startswith("class"):
        found = _mend_members(lines, layout, first)
        if found:
            return found
    return _search(Mend(lines)) or [_opaque(lines, layout, first)]


def _mend_members(lines: tuple[str, ...], layout: Layout, first: int) -> list[Mend]:
    """Mend the members of a class one by one; nothing where that does not let the class parse."""
    own = indentation(layout.code[first])
    body = next(
        (
            number
            for number in range(first + 1, len(lines))
            if layout.hard[number] and layout.code[number].strip()
        ),
        None,
    )
    inner = indentation(layout.code[body]) if body is not None else own
    if len(inner) <= len(own):
        return []
    # Up to a line that is further out, a statement below the class or one within brackets.
    end = next(
        (
            number
            for number in range(first + 1, len(lines))
            if layout.code[number].strip()
            and not layout.inside[number]
            and len(indentation(layout.code[number])) < len(inner)
        ),
        len(lines),
    )
    bounds = [number for number in _bounds(layout, inner, first + 1) if number < end]
    if not bounds:
        return []
    head = lines[: bounds[0]]
    with_body = (*head, f"{inner}pass")
    heads = [Mend(with_body)] if _parses(with_body) else _search(Mend(with_body))
    if not heads:
        return []
    heads = [Mend(one.lines[:-1], one.unsure) for one in heads]
    members = _joined(Mend(lines), bounds, bounds[0])
    found = [one.put(0, heads[0].lines, heads[0].unsure) for one in members]
    found += [members[0].put(0, other.lines, other.unsure) for other in heads[1:]]
    found = [one for one in found if _parses(one.lines)]
    return found if len(found) <= _MOST else []


def _search(text: Mend) -> list[Mend]:
    """Mend one damage after the other, in every way; nothing where there are too many ways."""
    level = [text]
    for _ in range(_STEPS):
        done = [one for one in level if _parses(one.lines)]
        if done:
            return done
        level = list(dict.fromkeys(other for one in level for other in _mend_first(one)))
        if not level or len(level) > _MOST:
            break
    return []


def _mend_first(text: Mend) -> list[Mend]:
    """Return the ways to mend the first damage."""
    layout = read(list(text.lines))
    damage = _first_bracket(layout)
    quoted = next((line for line, string in layout.unclosed if len(string.quote) == 1), None)
    if quoted is not None and (damage is None or quoted < damage[1]):
        regions = list(_quote_regions(text, quoted, layout))
    elif damage is None:
        regions = list(_other_regions(text, layout))
    elif damage[2]:
        regions = list(_closer_regions(*damage[:2], layout))
    else:
        regions = list(_opener_regions(damage[0], layout))
    filled = {region: list(_fill(text, region, layout)) for region in regions}
    # Where the rest does not parse without the statement, it is not the one that is damaged, or not the only one.
    alone = [region for region in regions if any(_parses(one.lines) for one in filled[region])]
    chosen = alone or regions[:_MOST]
    found = [one for region in chosen for one in _put_sign(text, region, layout, filled[region])]
    return found or [one for region in chosen for one in filled[region]] or _bodies(text, layout)


@dataclass(frozen=True, slots=True)
class _Region:
    """Lines that may be the damaged statement, and the signs that may be missing on some of them."""

    first: int
    last: int
    places: range = range(0)
    signs: str = ""  # a bracket's kind follows from its place: `)` and `(` stand for all three


def _first_bracket(layout: Layout) -> tuple[int, int, bool] | None:
    """Return the statement where brackets fail first, the line where that shows, and whether one is not closed."""
    depth = start = 0
    for number in range(len(layout.code)):
        if layout.hard[number]:
            if depth > 0:
                return start, number, True
            depth = 0
        if depth == 0 and layout.logical[number]:
            start = number
        depth += layout.balance[number]
        if depth < 0 and not layout.runs_on[number]:
            return start, number, False
    return (start, len(layout.code), True) if depth > 0 else None


def _closer_regions(first: int, end: int, layout: Layout) -> Iterator[_Region]:
    """Yield where the statement may end that opens a bracket on `first` and does not close it."""
    depth = 0
    earliest = first
    for number in range(first, min(end, first + _REGION)):
        depth += layout.balance[number]
        if layout.runs_on[number] or not layout.code[number].strip():
            continue
        if depth < 1:
            return
        if depth == 1:
            yield _Region(first, number, range(earliest, number + 1), ")")
            earliest = number + 1
        else:
            yield _Region(first, number)


def _opener_regions(shown: int, layout: Layout) -> Iterator[_Region]:
    """Yield the statements that may hold a bracket which is closed without being opened: upward from `shown`."""
    for first in range(shown, max(-1, shown - _REGION), -1):
        if not layout.logical[first]:
            continue
        depth = 0
        latest = None
        for number in range(first, len(layout.code)):
            if number > first and layout.hard[number]:
                break
            depth += layout.balance[number]
            if layout.runs_on[number] or not layout.code[number].strip():
                continue
            if latest is None and depth <= 0:
                latest = number
            if depth < 0:
                if depth == -1:
                    yield _Region(first, number, range(first, (latest or first) + 1), "(")
                else:
                    yield _Region(first, number)
                break
        if layout.hard[first]:
            return


def _quote_regions(text: Mend, line: int, layout: Layout) -> Iterator[_Region]:
    """Yield the statement with a string that its line does not end, its end as the string's own leaves it."""
    first = next(number for number in range(line, -1, -1) if layout.logical[number] or number == 0)
    depth = sum(layout.balance[first:line])
    end = next((n for n in range(line + 1, len(layout.code)) if layout.hard[n]), len(layout.code))
    ends = set()
    for column in range(len(text.lines[line]) + 1):
        for sign in "\"'":
            new = read(
                [*text.lines[first:line], _with(text.lines[line], column, sign), *text.lines[line + 1 : end]]
            )
            if new.unclosed:
                continue
            ends.add(first + end_of_logical(0, new))
    if not ends:
        ends = {line} if depth <= 0 else set(range(line, min(end, line + 20)))
    for last in sorted(ends):
        yield _Region(first, last, range(line, line + 1), "\"'")


def _other_regions(text: Mend, layout: Layout) -> Iterator[_Region]:
    """Yield the statement that the parser stumbles over, and the one before where its body is at fault."""
    line = _error_line(text.lines)
    if line is None:
        return
    line = min(line, len(layout.code) - 1)
    starts = [number for number in range(line + 1) if layout.logical[number]]
    for first in reversed(starts[-2:]):
        last = end_of_logical(first, layout)
        if first <= line <= last:
            yield _Region(first, last, range(first, min(last, first + 30) + 1), ":,")
        elif indentation(layout.code[first]) != indentation(layout.code[line]):
            yield _Region(first, last, range(last, last + 1), ":")


def _put_sign(text: Mend, region: _Region, layout: Layout, filled: list[Mend]) -> Iterator[Mend]:
    """Yield the text with a missing sign put back, one for all places at which the region parses.

    Where they differ in the names they bind, these are unsure. A region that is too large for trying is filled.
    """
    if sum(map(len, text.lines[region.first : region.last + 1])) > _LARGEST:
        yield from filled
        return
    is_bound = "=" in layout.code[region.first] and not DEFINER.match(layout.code[region.first].lstrip())
    found: dict[str, tuple[int, str]] = {}  # by the body it needs: one, or none
    names: dict[str, set[object]] = {}
    for line in region.places:
        own = text.lines[line]
        for column, sign in _candidates(region, line, layout, own):
            new = _with(own, column, sign)
            bound = _statement(
                [*text.lines[region.first : line], new, *text.lines[line + 1 : region.last + 1]]
            )
            if bound is not None:
                found.setdefault(bound[0], (line, new))
                names.setdefault(bound[0], set()).add(bound[1])
                if is_bound and line > region.first:
                    break  # the names stand before the sign
    for body, (line, new) in found.items():
        unsure = frozenset({region.first - line}) if len(names[body]) > 1 else frozenset()
        yield text.put(line, [new], unsure)


def _candidates(region: _Region, line: int, layout: Layout, own: str) -> Iterator[tuple[int, str]]:
    code = layout.code[line]
    stack: list[str] = []
    if ")" in region.signs:
        for sign in "".join(layout.code[region.first : line]):
            _count(sign, stack)
    for column in range(len(code) - len(code.lstrip(" \t\f")), len(own) + 1):
        if column:
            _count(code[column - 1], stack)
        quoted = 0 < column < len(code) and code[column - 1] == code[column] == '"'
        blank = code[column - 1 : column + 1].isspace() and 0 < column < len(code)
        if blank or (quoted and region.signs != "\"'") or (column > len(code.rstrip()) + 1):
            continue
        if region.signs == ")":
            if stack:
                yield column, _PAIRS[stack[-1]]
                yield column, f"{_PAIRS[stack[-1]]}:"  # an unfinished header
        elif region.signs == "(":
            opener = _opener_for(line, column, region, layout)
            if opener:
                yield column, opener
        else:
            for sign in region.signs:
                yield column, sign


def _count(sign: str, stack: list[str]) -> None:
    if sign in _PAIRS:
        stack.append(sign)
    elif sign in _OPENERS and stack:
        stack.pop()


def _opener_for(line: int, column: int, region: _Region, layout: Layout) -> str | None:
    """Return the bracket that would match the first that is closed without being opened after a place."""
    depth = 0
    rest = [layout.code[line][column:], *layout.code[line + 1 : region.last + 1]]
    for sign in "".join(rest):
        if sign in _PAIRS:
            depth += 1
        elif sign in _OPENERS:
            if not depth:
                return _OPENERS[sign]
            depth -= 1
    return None


def _statement(lines: list[str]) -> tuple[str, tuple[tuple[str, ...], ...]] | None:
    """Return the body that one logical line needs and the names it binds, or None where it does not parse."""
    first = lines[0].lstrip(" \t\f")
    match = _WORD.match(first)
    word = match[0].split()[-1] if match else first[:1]
    text = "\n".join((first, *lines[1:]))
    before, suite = _WRAPPED.get(word, ("", ""))
    for ending in {"", suite} if word != "@" else {suite}:
        try:
            tree = parse_here(before + text + ending)
        except SyntaxError:
            continue
        return ending, tuple(
            tuple(bound_names(node)) for node in ast.walk(tree) if isinstance(node, ast.stmt)
        )
    return None


def _fill(text: Mend, region: _Region, layout: Layout) -> Iterator[Mend]:
    """Yield the text with a damaged statement replaced by one that parses; its names are unsure."""
    first, last = region.first, region.last
    code = layout.code[first]
    indent = code[: len(code) - len(code.lstrip(" \t\f"))]
    start = code.lstrip(" \t\f")
    below = next((line for line in layout.code[last + 1 :] if line.strip()), "")
    deeper = len(indentation(below)) > len(indentation(code))
    count = last - first + 1
    named = _NAMED.match(start)
    match = _WORD.match(start)
    word = match[0].split()[-1] if match else start[:1]
    at = frozenset({0})
    if named:
        parts = _spread(f"{indent}{named['kind']} {named['name']}", "", ":" if deeper else ": pass", count)
        yield text.put(first, parts, frozenset())
        return
    if word in _PLAIN:
        new = _spread(f"{indent}{_PLAIN[word]} ", "0", "", count)
        yield text.put(first, [indent + _PLAIN[word], *[""] * (count - 1)] if deeper else new, at)
        return
    if word in _FILLERS:
        head, inner, tail = _FILLERS[word]
        end = tail + (" pass" if tail and not deeper else "")
        yield text.put(first, _spread(indent + head, inner, end, count), at)
        if word not in _SOFT:
            return
    if deeper:
        yield text.put(first, [indent + _UNSURE, *[""] * (count - 1)], at)
    else:
        yield text.put(first, _spread(indent, "0", "", count), at)


def _spread(head: str, inner: str, tail: str, count: int) -> list[str]:
    """Return `head(inner)tail` over so many lines."""
    if count == 1:
        return [f"{head}({inner}){tail}"]
    return [f"{head}({inner}", *[""] * (count - 2), f"){tail}"]


def _bodies(text: Mend, layout: Layout) -> list[Mend]:
    """Give a header without a body one, and a line that is indented like none above it another indentation."""
    line = _error_line(text.lines)
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
    levels = {indentation(layout.code[number]) for number in starts[-_REGION:]}
    return [
        text.put(line, [level + text.lines[line].lstrip(" \t\f")], frozenset())
        for level in sorted(levels, key=len)
        if own and level != own
    ]


def _opaque(lines: tuple[str, ...], layout: Layout, first: int) -> Mend:
    """Return a definition with a body that says nothing, where its end is certain, else nothing at all."""
    last = max((number for number, text in enumerate(layout.code) if text.strip()), default=0)
    # A comment at its end may be attached to what stands below.
    blank = Mend(
        ("",) * (last + 1) + tuple("" if layout.inside[n] else lines[n] for n in range(last + 1, len(lines)))
    )
    start = layout.code[first]
    named = _NAMED.match(start.lstrip(" \t\f"))
    own = indentation(start)
    filled = [n for n in range(first + 1, len(lines)) if layout.code[n].strip()]
    if not named or not filled or layout.unclosed:
        return blank
    if any(len(indentation(layout.code[n])) <= len(own) for n in filled if not layout.inside[n]):
        return blank
    header = end_of_logical(first, layout)
    body = [n for n in filled if n > header]
    if not body or _statement(list(lines[first : header + 1])) is None:
        return blank
    indent = indentation(lines[body[0]])
    new = [*lines[: header + 1], *[""] * (len(lines) - header - 1)]
    new[body[0] : body[-1] + 1] = _spread(indent, "0", "", body[-1] - body[0] + 1)
    mended = Mend(tuple(new))
    return mended if _parses(mended.lines) else blank


def _mend_long_string(text: Mend, error: int) -> list[Mend]:
    """Mend a text in which a string of several lines does not end, or every one ends where the next begins."""
    found = _with_long_string(text, range(error, -1, -1))
    if found:
        return found
    # What stands below is certain no more: code there may be text, and text code.
    code = "\n".join(text.lines)
    longs = [code.count("\n", 0, one.start) for one in strings(code) if len(one.quote) == 3]
    cut = max([line for line in longs if line <= error], default=0)
    return mends([*text.lines[:cut], *[""] * (len(text.lines) - cut)])


def _with_long_string(text: Mend, places: range) -> list[Mend]:
    """Return the ways to mend a text by a third quote beside two."""
    pairs = [
        (line, match)
        for line in places
        for match in re.finditer(r"(?<![\"'])(\"\"|'')(?![\"'])", text.lines[line])
    ]
    tried = [
        text.put(line, [_with(text.lines[line], match.end(), match[1][0])], frozenset())
        for line, match in pairs[:_TRIED]
    ]
    return [one for one in tried if _parses(one.lines, wrap=False)]


def _with(line: str, column: int, sign: str) -> str:
    return line[:column] + sign + line[column:]


def _wrapped(lines: Sequence[str]) -> tuple[str, int]:
    """Return a piece as a text that can be parsed at any indentation, and the lines put before it."""
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    text = "\n".join(lines) + "\n"
    return (f"if 1:\n{text}", 1) if indentation(first) else (text, 0)


def _parses(lines: Sequence[str], *, wrap: bool = True) -> bool:
    try:
        parse_here(_wrapped(lines)[0] if wrap else "\n".join(lines))
    except SyntaxError:
        return False
    return True


def _error_line(lines: Sequence[str], *, wrap: bool = True) -> int | None:
    """Return the line, from 0, over which the parser stumbles."""
    text, shift = _wrapped(lines) if wrap else ("\n".join(lines), 0)
    try:
        parse_here(text)
    except SyntaxError as error:
        return max(0, (error.lineno or 1) - 1 - shift)
    return None
