"""Putting back a sign that a statement may lack: at every place where it then parses."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ipy_llm.source.damaged.filling import WORD
from ipy_llm.source.damaged.layout import DEFINER, Layout
from ipy_llm.source.damaged.mended import Mend, with_sign
from ipy_llm.source.damaged.regions import Region
from ipy_llm.source.structure.syntax import bound_names, parse_here

_LARGEST = 3000  # characters of one in which every place is tried for a missing sign
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_OPENERS = {closer: opener for opener, closer in _PAIRS.items()}

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


def put_sign(text: Mend, region: Region, layout: Layout, filled: list[Mend]) -> Iterator[Mend]:
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
            new = with_sign(own, column, sign)
            bound = read_statement(
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


def _candidates(region: Region, line: int, layout: Layout, own: str) -> Iterator[tuple[int, str]]:
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


def _opener_for(line: int, column: int, region: Region, layout: Layout) -> str | None:
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


def read_statement(lines: list[str]) -> tuple[str, tuple[tuple[str, ...], ...]] | None:
    """Return the body that one logical line needs and the names it binds, or None where it does not parse."""
    first = lines[0].lstrip(" \t\f")
    match = WORD.match(first)
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
