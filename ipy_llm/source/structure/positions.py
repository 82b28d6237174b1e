"""Where a statement stands in its text, with the comments that belong to it.

`ast` knows statements; attached comments and indented trailing ones are read from the lines around them,
where nothing but comments can stand.
"""

from __future__ import annotations

import ast
import re

from ipy_llm.source.structure.syntax import floor
from ipy_llm.source.text import Span, indentation, split_lines

_PRAGMA = re.compile(
    r"#\s*(?:!|-\*-|type:|noqa|pylint:|pragma|mypy:|pyright:|ruff:|isort:|flake8:|fmt:|yapf:|section:|endsection|%%|(?:end)?region\b)"
)
_BANNER = re.compile(r"#\W*?(?:([-=#*~_+])\1{2}|\.{5}).*|#.*([-=#*~_+])\2{2}\s*")


class Positions:
    """A text with its lines, for what `ast` says of it: lines counted from 1, columns in bytes of UTF-8."""

    def __init__(self, text: str, starts: tuple[int, ...]) -> None:
        self.text = text
        self.starts = starts
        self.ascii = text.isascii()
        self.feeds = "\f" in text
        self.lines = split_lines(text)

    def offset(self, line: int, column: int) -> int:
        """Return the character offset of ast's 1-based line and UTF-8 column."""
        start = self.starts[line - 1]
        if self.ascii:
            return start + column
        return start + len(self.line(line).encode()[:column].decode())

    def line(self, number: int) -> str:
        """Return a 1-based line without its end."""
        return self.lines[number - 1]

    def end_of_line(self, number: int) -> int:
        """Return where a 1-based line ends, its line end left out."""
        return self.starts[number - 1] + len(self.lines[number - 1])

    def exact(self, node: ast.stmt | ast.expr) -> Span:
        """Return where a node stands."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return Span(
            self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)
        )

    def whole(self, node: ast.stmt) -> Span:
        """Return a statement's lines, its decorators' too, without its comments."""
        assert node.end_lineno is not None
        return Span(
            self.starts[self.first_line(node) - 1] if self.opens_line(node) else self.exact(node).start,
            self.end_of_line(node.end_lineno) if self.closes_line(node) else self.exact(node).end,
        )

    def first_line(self, node: ast.stmt) -> int:
        """Return the line a statement begins on, with its decorators."""
        decorators = getattr(node, "decorator_list", None)
        if not decorators:
            return node.lineno
        # ast gives the expression, not the `@`, which may stand lines above it: `@(\n  a\n)`.
        line: int = decorators[0].lineno
        while line > 1 and not self.line(line).lstrip(" \t\f").startswith("@"):
            line -= 1
        return line

    def opens_line(self, node: ast.stmt) -> bool:
        """Say whether nothing but blanks stands before a statement on its line."""
        if not node.col_offset:
            return True
        start = self.offset(node.lineno, node.col_offset)
        return not self.text[self.starts[node.lineno - 1] : start].strip(" \t\f")

    def closes_line(self, node: ast.stmt) -> bool:
        """Say whether nothing but a comment stands after a statement on its line."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        end, line_end = self.offset(node.end_lineno, node.end_col_offset), self.end_of_line(node.end_lineno)
        if end == line_end:
            return True
        rest = self.text[end:line_end].lstrip(" \t\f;\\")
        return not rest or rest.startswith("#")

    def start(self, number: int) -> int:
        """Return where a line begins for us: after its last leading form feed."""
        if not self.feeds:
            return self.starts[number - 1]
        line = self.line(number)
        blanks = len(line) - len(line.lstrip(" \t\f"))
        return self.starts[number - 1] + line.rfind("\f", 0, blanks) + 1

    # -- comments around a statement

    def attached(self, first: int, indent: str, above: ast.AST | int) -> int:
        """Return the first line of the comments attached to a statement that begins on line `first`.

        `above` is the header before it, or the last line of the statement before it.
        """
        line = first
        if first == 1 or "#" not in self.line(first - 1):
            return first
        lowest = floor(above)
        while line - 1 > lowest:
            text = self.line(line - 1)
            comment = text.lstrip(" \t\f")
            if (
                not comment.startswith("#")
                or indentation(text) != indent
                or _PRAGMA.match(comment)
                or _BANNER.fullmatch(comment)
                or (line == first and not comment.strip("# \t"))  # the lower edge of a box
            ):
                break
            line -= 1
        before = (self.line(number).lstrip(" \t\f") for number in range(1, line))
        at_top = lowest == 0 and all(_PRAGMA.match(text) or not text for text in before)
        return first if at_top else line

    def trailing(self, last: int, indent: str) -> int:
        """Return the last line of a suite that ends on line `last`, indented comments after it included."""
        width = len(indent.expandtabs())
        found = last
        for number in range(last + 1, len(self.starts) + 1):
            line = self.line(number)
            comment = line.lstrip(" \t\f")
            if not comment:
                continue
            if not comment.startswith("#") or len(indentation(line).expandtabs()) <= width:
                break
            found = number
        return found
