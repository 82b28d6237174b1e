"""Section markers: `# section: name` ... `# endsection`, and the `# %% name` cells of a script."""

from __future__ import annotations

import re
import tokenize
from dataclasses import dataclass
from typing import Literal

from ipy_llm.source.address import slug
from ipy_llm.source.text import indentation, unify

_MARKER = re.compile(r"#\s*(?:section:(?P<open>.*)|(?P<close>endsection)\b:?(?P<closes>.*)|%%(?P<cell>.*))")
_QUICK = re.compile(r"^[ \t\f]*#\s*(?:section:|endsection\b|%%)", re.MULTILINE)
_CELL_TYPE = re.compile(r"^\[\w+\]\s*")


@dataclass(frozen=True, slots=True)
class Marker:
    """One marker: what it does, the section's name (spaces as `-`), its 1-based line and indentation."""

    kind: Literal["open", "close", "cell"]
    name: str
    line: int
    indent: str


def read_markers(text: str) -> list[Marker]:
    """Return the markers that are real comments on lines of their own, in order.

    Tokenizing costs more than parsing, so it happens only where a quick scan finds a marker; text
    inside a string is never one. `text` must be free of syntax errors; one that does not tokenize all the
    same has none.
    """
    if not any(word in text for word in ("section", "%%")):
        return []
    text = unify(text)
    if not _QUICK.search(text):
        return []
    lines = text.split("\n")
    try:
        tokens = list(tokenize.generate_tokens(iter([f"{line}\n" for line in lines]).__next__))
    except (tokenize.TokenError, SyntaxError):  # before 3.12: a line that holds only a backslash
        return []
    markers = []
    for token in tokens:
        if token.type != tokenize.COMMENT:
            continue
        number, column = token.start
        line = lines[number - 1]
        match = _MARKER.fullmatch(token.string)
        if match is None or line[:column].strip():
            continue
        kind: Literal["open", "close", "cell"] = "cell"
        if match["open"] is not None:
            kind = "open"
        elif match["close"] is not None:
            kind = "close"
        name = match["open"] or match["closes"] or match["cell"] or ""
        name = _CELL_TYPE.sub("", name.strip()) if kind == "cell" else name
        markers.append(Marker(kind, slug(name.replace("#", "").replace("@", "")), number, indentation(line)))
    return markers
