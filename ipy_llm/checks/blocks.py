"""The pieces of a Python file that a test can depend on: each function's body, and all the rest as one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

from ipy_llm.checks.writes import writes
from ipy_llm.errors import ParseError
from ipy_llm.source.structure.syntax import module_of
from ipy_llm.source.text import decode, split_lines

# The rest of a file: what importing it runs. Headers and class bodies belong to it, and so do constants.
REST = ""

# The whole file, byte by byte: what a test that reads it depends on.
WHOLE = "="

# Whether there is such a file or folder, and which names a folder has: what a test that only looks depends on.
EXISTS = "?"
LISTING = "/"

_DOTTED = re.compile(r"[A-Za-z_]\w*(?:[.:][A-Za-z_]\w*)+")
_COMMENT = re.compile(r"\s*#")


@dataclass(frozen=True, slots=True)
class Blocks:
    """A file's blocks with a fingerprint each, which lines are whose, and the modules it names.

    `extents` are `(first line, last line, block)` of the functions, an outer one before those in it; a line in none is
    the rest's. `names` are dotted, relative ones with their leading dots; `mentions` stand in strings.
    `writes` are the names outside of themselves that functions write, see there.
    """

    prints: dict[str, int]
    extents: tuple[tuple[int, int, str], ...] = ()
    names: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    writes: tuple[tuple[int, str, int], ...] = ()

    def at(self, line: int) -> str:
        """Return the block that a line is of."""
        found = REST
        for first, last, block in self.extents:
            if first > line:
                break
            if line <= last:
                found = block
        return found


def blocks(data: bytes) -> Blocks:
    """Divide a file. One that does not parse is a single block: any change in it is a change of everything.

    A docstring belongs to its function's body, so that rewording it concerns the tests that run the function only.
    """
    try:
        text = decode(data).text
        tree = ast.parse(text)
    except (ParseError, SyntaxError, ValueError, RecursionError):
        return Blocks({REST: fingerprint(data)})
    lines = split_lines(text)
    found: list[_Function] = []
    _collect(tree.body, "", lines, found)
    twins: dict[str, int] = {}
    prints: dict[str, int] = {}
    extents = []
    outermost: list[_Function] = []
    for one in found:
        number = twins[one.name] = twins.get(one.name, 0) + 1
        name = one.name if number == 1 else f"{one.name}#{number}"
        prints[name] = _print(lines, one.body, one.last, one.inside, one.column)
        extents.append((one.first, one.last, name))
        if one.outermost:
            outermost.append(one)
    prints[REST] = _print(lines, 1, len(lines), outermost)
    names, mentions = _named(tree)
    extents.sort(key=lambda extent: (extent[0], -extent[1]))
    return Blocks(prints, tuple(extents), names, mentions, writes(tree))


def fingerprint(data: bytes) -> int:
    """Return what tells two texts apart, as a number below 2**56."""
    return int.from_bytes(blake2b(data, digest_size=7).digest(), "big")


@dataclass(slots=True)
class _Function:
    name: str
    first: int
    body: int  # the line its body begins at
    column: int  # where it begins there, 0 unless the header stands before it
    last: int
    outermost: bool
    inside: list[_Function]


def _collect(
    statements: list[ast.stmt],
    prefix: str,
    lines: list[str],
    into: list[_Function],
    outer: _Function | None = None,
) -> None:
    for statement in statements:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                one = _function(statement, prefix, lines, outermost=outer is None)
                into.append(one)
                if outer is not None:
                    outer.inside.append(one)
                _collect(statement.body, f"{prefix}{statement.name}.", lines, into, one)
            case ast.ClassDef():
                _collect(statement.body, f"{prefix}{statement.name}.", lines, into, outer)
            case _:
                for suite in _suites(statement):
                    _collect(suite, prefix, lines, into, outer)


def _function(
    node: ast.FunctionDef | ast.AsyncFunctionDef, prefix: str, lines: list[str], *, outermost: bool
) -> _Function:
    head, last = node.body[0], node.end_lineno
    assert last is not None
    decorators = getattr(head, "decorator_list", ())
    body = min([head.lineno, *(one.lineno for one in decorators)])
    # columns count bytes
    before = (
        lines[body - 1].encode("utf-8", "surrogatepass")[: head.col_offset].decode("utf-8", "surrogatepass")
    )
    column = len(before) if before.strip() and not decorators else 0
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    return _Function(prefix + node.name, first, body, column, last, outermost, [])


def _suites(statement: ast.stmt | ast.ExceptHandler | ast.match_case) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        if suite := getattr(statement, field, None):
            yield suite
    for field in ("handlers", "cases"):
        for inner in getattr(statement, field, ()):
            yield from _suites(inner)


def _print(lines: list[str], first: int, last: int, without: list[_Function], column: int = 0) -> int:
    """Return the fingerprint of those lines, 1-based, from a column of the first on, less the bodies of the functions `without`.

    Blank lines and lone comments do not count, save where what looks like one may stand in a string.
    """
    kept: list[str] = []
    at = first
    for one in without:
        kept += lines[at - 1 : one.body - 1]
        kept.append(f"{lines[one.body - 1][: one.column]}...")
        at = one.last + 1
    kept += lines[at - 1 : last]
    kept[0] = kept[0][column:]
    text = "\n".join(kept)
    if '"""' not in text and "'''" not in text:
        text = "\n".join(
            line
            for before, line in zip(["", *kept], kept, strict=False)
            if line.strip() and (before.endswith("\\") or not _COMMENT.match(line))
        )
    return fingerprint(text.encode("utf-8", "surrogatepass"))


def _named(tree: ast.Module) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the modules that a file imports, anywhere in it, and the dotted names in its strings."""
    names: set[str] = set()
    mentions: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                names |= {alias.name for alias in node.names}
            case ast.ImportFrom():
                base = module_of(node)
                names.add(base)
                joint = "" if base.endswith(".") else "."
                names |= {f"{base}{joint}{alias.name}" for alias in node.names if alias.name != "*"}
            case ast.Constant(value=str(text)) if len(text) < 200 and _DOTTED.fullmatch(text):
                mentions.add(text.replace(":", "."))
    return tuple(sorted(names)), tuple(sorted(mentions))
