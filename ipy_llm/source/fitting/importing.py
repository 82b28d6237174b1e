"""Imports that stand, changed in place: a name taken out, another module named, a statement put below."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from ipy_llm.errors import EditRejectedError
from ipy_llm.source.chunks import Outline
from ipy_llm.source.fitting.preamble import add_imports
from ipy_llm.source.structure.positions import Positions
from ipy_llm.source.text import Span, line_starts, newline_of

# `from` and the module as it is written; not over backslashes
_FROM = re.compile(
    r"from(?P<gap>[ \t]*)(?P<module>\.*[ \t]*(?:\w+(?:[ \t]*\.[ \t]*\w+)*)?)(?=[ \t]*(?:\bimport\b))"
)

_IMPORT = re.compile(r"^(?:from|import)\b.*", re.MULTILINE)

Splice = tuple[Span, str]
Import = ast.Import | ast.ImportFrom


def together(splices: Sequence[Splice]) -> list[Splice]:
    """Return splices that do not overlap: what goes below a line that is taken out goes in its place.

    Raises `EditRejectedError` where they overlap otherwise.
    """
    found: list[Splice] = []
    for span, new in sorted(splices, key=lambda each: (each[0].start, each[0].end)):
        if found and span.start < found[-1][0].end:
            before, text = found[-1]
            if (
                span.start != span.end
                or not new.startswith(("\n", "\r"))
                or before.end - span.start > 2
                or text.strip()
            ):
                raise EditRejectedError("two of the changes overlap; nothing was written")
            line = new.lstrip("\r\n")
            found[-1] = before, f"{text}{line}{new[: len(new) - len(line)]}"
        else:
            found.append((span, new))
    return found


def added(statements: Sequence[str], there: Outline) -> list[Splice]:
    """Return what adds imports to a document: plain ones, then an `if TYPE_CHECKING:` with some."""
    plain = [line for line in statements if not line.startswith(("if ", " "))]
    dotted = [line for line in plain if line.startswith("from .")]
    others = [line for line in plain if line not in dotted]
    found = []
    for part in filter(None, (others, dotted, statements[len(plain) :])):
        span, text = add_imports("\n".join(part), there)
        above = (_IMPORT.findall(there.source.text[: span.start]) or [""])[-1]
        far = part is dotted and above.startswith(("from ", "import ")) and not above.startswith("from .")
        apart = part[0].startswith("if ") or above.startswith("from __future__") or far
        if apart and text.startswith("\n") and not (part is dotted and others and not far):
            text = f"\n{text}"
        if text:
            found.append((span, text.replace("\n", newline_of(there.source.text))))
    return found


def positions_of(text: str) -> Positions:
    """Return what says where the nodes of a text stand."""
    return Positions(text, tuple(line_starts(text)))


def from_module(node: ast.ImportFrom, module: str, at: Positions) -> Splice:
    """Return what names another module in `from MODULE import ...`. Raises `EditRejectedError` where that is not plain."""
    start = at.exact(node).start
    match = _FROM.match(at.text, start)
    if match is None:
        raise _odd(node)
    written = match["module"].rstrip()
    begin = match.start("module")
    gap = "" if match["gap"] or module.startswith(".") else " "
    blank = " " if not at.text[begin + len(written)].isspace() else ""
    return Span(begin, begin + len(written)), f"{gap}{module}{blank}"


def without_names(node: Import, names: Sequence[ast.alias], at: Positions) -> list[Splice]:
    """Return what takes some names out of an import, or all of it. Raises `EditRejectedError` where that is not plain."""
    kept = [each for each in node.names if each not in names]
    if not kept:
        return [without_statement(node, at)]
    if len(names) == 1 or node.lineno != node.end_lineno:
        return [without_name(node, each, at) for each in names]
    said = [at.text[_start(each, at) : _end(each, at)] for each in kept]
    return [(Span(_start(node.names[0], at), _end(node.names[-1], at)), ", ".join(said))]


def without_name(node: Import, name: ast.alias, at: Positions) -> Splice:
    """Return what takes one of several names out of an import. Raises `EditRejectedError` where that is not plain."""
    opening = at.text[at.exact(node).start : _start(node.names[0], at)].rstrip()
    return without_item(node.names, node.names.index(name), at, bracketed=opening.endswith("("))


def without_item(
    items: Sequence[ast.alias | ast.expr], index: int, at: Positions, *, bracketed: bool
) -> Splice:
    """Return what takes an item out of a list, with its line and the comment there where it has one of its own."""
    item = items[index]
    start, end = _start(item, at), _end(item, at)
    assert item.end_lineno is not None
    first, last = at.starts[item.lineno - 1], at.end_of_line(item.end_lineno)
    after = at.text[end:last]
    own_line = not at.text[first:start].strip() and re.fullmatch(r"[ \t]*,?[ \t]*(?:#.*)?", after) is not None
    if bracketed and own_line and item.end_lineno < len(at.starts):
        return Span(first, at.starts[item.end_lineno]), ""
    if index + 1 < len(items):
        return Span(start, _start(items[index + 1], at)), ""
    if index == 0:
        comma = re.match(r"[ \t]*,", at.text[end:]) if bracketed else None
        return Span(start, end + (comma.end() if comma else 0)), ""
    return Span(_end(items[index - 1], at), end), ""


def with_item(items: Sequence[ast.expr], text: str, at: Positions) -> Splice:
    """Return what puts an item behind the last of a list, on a line of its own where that has one."""
    last = items[-1]
    end = _end(last, at)
    first = at.starts[last.lineno - 1]
    lead = at.text[first : _start(last, at)]
    return Span(end, end), f",{newline_of(at.text)}{lead}{text}" if not lead.strip() else f", {text}"


def without_statement(node: Import | ast.If, at: Positions) -> Splice:
    """Return what takes an import out, its lines with it. Raises `EditRejectedError` where it has no line of its own."""
    assert node.end_lineno is not None
    _require_own_line(node, at)
    end = at.starts[node.end_lineno] if node.end_lineno < len(at.starts) else len(at.text)
    return Span(at.starts[node.lineno - 1], end), ""


def below(node: Import, statement: str, at: Positions) -> Splice:
    """Return what puts a statement below an import. Raises `EditRejectedError` where it has no line of its own."""
    assert node.end_lineno is not None
    _require_own_line(node, at)
    indent = at.text[at.starts[node.lineno - 1] : at.exact(node).start]
    end = at.end_of_line(node.end_lineno)
    return Span(end, end), f"{newline_of(at.text)}{indent}{statement}"


def comment_of(name: ast.alias, at: Positions) -> str:
    """Return the comment on a name's line, with two blanks before it; nothing where there is none."""
    assert name.end_lineno is not None
    match = re.search(r"^[ \t]*,?[ \t]*(#.*)$", at.text[_end(name, at) : at.end_of_line(name.end_lineno)])
    return f"  {match[1]}" if match else ""


def _require_own_line(node: Import | ast.If, at: Positions) -> None:
    start, end = at.exact(node).start, at.exact(node).end
    assert node.end_lineno is not None
    rest = at.text[end : at.end_of_line(node.end_lineno)].strip(" \t\f")
    if at.text[at.starts[node.lineno - 1] : start].strip(" \t\f") or (rest and not rest.startswith("#")):
        raise _odd(node)


def _odd(node: Import | ast.If) -> EditRejectedError:
    return EditRejectedError(
        f"the import on line {node.lineno} is not plain enough to be changed; nothing was written"
    )


def _start(node: ast.alias | ast.expr, at: Positions) -> int:
    return at.offset(node.lineno, node.col_offset)


def _end(node: ast.alias | ast.expr, at: Positions) -> int:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return at.offset(node.end_lineno, node.end_col_offset)
