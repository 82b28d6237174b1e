"""What a text that does not parse may have been meant as.

A damage is taken to be one sign that is missing. Every way to put it back that lets the statement around
it, and then the rest, parse is tried: what all of them agree on is certain, since the text that was meant
is among them. Where no one sign mends it, the damaged statement is filled with one that parses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from ipy_llm.source.damaged.filling import NAMED, bodies, fill, spread
from ipy_llm.source.damaged.layout import DEFINER, Layout, end_of_logical, read
from ipy_llm.source.damaged.mended import Mend, error_line, parses, with_sign
from ipy_llm.source.damaged.regions import regions
from ipy_llm.source.damaged.scan import strings
from ipy_llm.source.damaged.signs import put_sign, read_statement
from ipy_llm.source.text import indentation

_MOST = 12  # ways to mend one piece; with more of them nothing in it is certain
_STEPS = 60  # damages mended in one piece
_TRIED = 40  # pairs of quotes of which one may lack a third
_PAIR = re.compile(r"(?<![\"'])(?:\"\"|'')(?![\"'])")
# Beside words, as no empty string stands in code.
_LACKS_THIRD = re.compile(
    r"(?<![\"'\w])(?:\"\"|'')(?=\w)|(?<=\w{4})(?:\"\"|'')(?![\"'])|(?<=[.!?])(?:\"\"|'')(?![\"'])"
)
_CONFLICT = re.compile(r"(?:<{7}|>{7}|\|{7})(?: .*)?|={7}")


def mends(lines: Sequence[str]) -> list[Mend]:
    """Return the texts that a text without its line ends may have been meant as, each of which parses."""
    text = Mend(tuple(_without_conflicts(lines)))
    error = error_line(text.lines, wrap=False)
    if error is None:
        return [text]
    error = min(error, len(lines) - 1)
    layout = read(list(text.lines))
    if any(len(string.quote) == 3 for _, string in layout.unclosed):
        return _mend_long_string(text, error)
    if any(map(_LACKS_THIRD.search, lines)):
        found = _with_long_string(text, range(error, -1, -1), _LACKS_THIRD)
        if found:
            return found
    found = [one for one in _joined(text, _bounds(layout, "")) if parses(one.lines, wrap=False)]
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
        if parses(piece):
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
    heads = [Mend(with_body)] if parses(with_body) else _search(Mend(with_body))
    if not heads:
        return []
    heads = [Mend(one.lines[:-1], one.unsure) for one in heads]
    members = _joined(Mend(lines), bounds, bounds[0])
    found = [one.put(0, heads[0].lines, heads[0].unsure) for one in members]
    found += [members[0].put(0, other.lines, other.unsure) for other in heads[1:]]
    found = [one for one in found if parses(one.lines)]
    return found if len(found) <= _MOST else []


def _search(text: Mend) -> list[Mend]:
    """Mend one damage after the other, in every way; nothing where there are too many ways."""
    level = [text]
    for _ in range(_STEPS):
        done = [one for one in level if parses(one.lines)]
        if done:
            return done
        level = list(dict.fromkeys(other for one in level for other in _mend_first(one)))
        if not level or len(level) > _MOST:
            break
    return []


def _mend_first(text: Mend) -> list[Mend]:
    """Return the ways to mend the first damage."""
    layout = read(list(text.lines))
    found = regions(text, layout)
    filled = {region: list(fill(text, region, layout)) for region in found}
    # Where the rest does not parse without the statement, it is not the one that is damaged, or not the only one.
    alone = [region for region in found if any(parses(one.lines) for one in filled[region])]
    chosen = alone or found[:_MOST]
    mended = [one for region in chosen for one in put_sign(text, region, layout, filled[region])]
    return mended or [one for region in chosen for one in filled[region]] or bodies(text, layout)


def _opaque(lines: tuple[str, ...], layout: Layout, first: int) -> Mend:
    """Return a definition with a body that says nothing, where its end is certain, else nothing at all."""
    last = max((number for number, text in enumerate(layout.code) if text.strip()), default=0)
    # A comment at its end may be attached to what stands below.
    blank = Mend(
        ("",) * (last + 1) + tuple("" if layout.inside[n] else lines[n] for n in range(last + 1, len(lines)))
    )
    start = layout.code[first]
    named = NAMED.match(start.lstrip(" \t\f"))
    own = indentation(start)
    filled = [n for n in range(first + 1, len(lines)) if layout.code[n].strip()]
    if not named or not filled or layout.unclosed:
        return blank
    if any(len(indentation(layout.code[n])) <= len(own) for n in filled if not layout.inside[n]):
        return blank
    header = end_of_logical(first, layout)
    body = [n for n in filled if n > header]
    if not body or read_statement(list(lines[first : header + 1])) is None:
        return blank
    indent = indentation(lines[body[0]])
    new = [*lines[: header + 1], *[""] * (len(lines) - header - 1)]
    new[body[0] : body[-1] + 1] = spread(indent, "0", "", body[-1] - body[0] + 1)
    mended = Mend(tuple(new))
    return mended if parses(mended.lines) else blank


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


def _with_long_string(text: Mend, places: range, pair: re.Pattern[str] = _PAIR) -> list[Mend]:
    """Return the ways to mend a text by a third quote beside two."""
    pairs = [(line, match) for line in places for match in pair.finditer(text.lines[line])]
    tried = [
        text.put(line, [with_sign(text.lines[line], match.end(), match[0][0])], frozenset())
        for line, match in pairs[:_TRIED]
    ]
    return [one for one in tried if parses(one.lines, wrap=False)]
