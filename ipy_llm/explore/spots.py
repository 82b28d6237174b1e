"""Where a word stands in the lines of a text, and whether a string names something by it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ipy_llm.explore.words import word
from ipy_llm.source.text import split_lines

# Functions that take the name of an attribute, and what else a module's names are found by.
BY_NAME = frozenset(
    {"getattr", "setattr", "hasattr", "delattr", "object", "attrgetter", "getattr_static", "import_module"}
)
_ASKING = re.compile(
    r"\b(?:globals|locals|vars|eval|exec|import_module|__import__|attrgetter)\s*\(|__dict__|\bsys\.modules\b"
    r"|^(?:    )?def __getattr__\((?!self)|\bgetattr\(\s*(?!self\b|cls\b)\w+\s*,(?!\s*[rub]?[\"'])",
    re.MULTILINE,
)


_MAKING = re.compile(r"(?<![\w.])(?:exec|eval|compile)\s*\(")


@dataclass(frozen=True, slots=True)
class Quoted:
    """A string that may name what is wanted: its line, whether it is the name alone, what it is an argument of."""

    line: int
    alone: bool
    given_to: str


def names(wanted: str, text: str) -> bool:
    """Say whether a string names what is wanted: it alone, at the end of a dotted name, or in a template."""
    name = re.escape(wanted)
    return (
        re.search(rf"(?:\A|[.:]){name}\Z|\{{(?:[^{{}}]*\.)?\s*{name}\b|%\({name}\)|\$\{{?{name}\b", text)
        is not None
    )


def makes_code(text: str) -> bool:
    """Say whether a text has strings run as code."""
    return _MAKING.search(text) is not None


def asked_of(line: str, column: int) -> ast.expr | None:
    """Return what an attribute is asked of that stands in a string: `cart` in `"cart.Cart"`; None of a name alone."""
    match = re.search(r"(?<![\w.])[\w.]+\.$", line[:column])
    if match is None:
        return None
    try:
        return ast.parse(match[0][:-1], mode="eval").body
    except SyntaxError:
        return None


def asks_by_string(text: str) -> bool:
    """Say whether a text asks modules for names that are strings, other than plainly written ones."""
    return _ASKING.search(text) is not None


class Lines:
    """The lines of a text, for what `ast` says of it: counted from 1, columns in bytes of UTF-8."""

    def __init__(self, text: str) -> None:
        self.lines = split_lines(text)

    def column(self, line: int, column: int) -> int:
        """Return the character that ast's UTF-8 column is."""
        text = self.lines[min(line, len(self.lines)) - 1]
        return column if text.isascii() else len(text.encode()[:column].decode(errors="replace"))

    def places(
        self, node: ast.expr | ast.pattern, wanted: str, *, braces: bool = False
    ) -> Iterator[tuple[int, int]]:
        """Yield where a word stands within a node, or within the braces of one."""
        assert node.end_lineno is not None
        depth = 0
        for line in range(node.lineno, node.end_lineno + 1):
            text = self.lines[line - 1]
            at = self.column(line, node.col_offset) if line == node.lineno else 0
            high = self.column(line, node.end_col_offset or 0) if line == node.end_lineno else len(text)
            for match in word(wanted).finditer(text, at, high):
                if braces:
                    between = text[at : match.start()].replace("{{", "").replace("}}", "")
                    depth += between.count("{") - between.count("}")
                    at = match.start()
                if depth > 0 or not braces:
                    yield line, match.start()
            if braces:
                between = text[at:high].replace("{{", "").replace("}}", "")
                depth += between.count("{") - between.count("}")
