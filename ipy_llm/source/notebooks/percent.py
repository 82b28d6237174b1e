"""Cells written as text, in the percent format of scripts: `# %%` begins a cell, `# %% [markdown]` one of text."""

from __future__ import annotations

import re

from ipy_llm.errors import ParseError
from ipy_llm.source.notebooks.style import CellKind, NewCell
from ipy_llm.source.sent.reading import clean
from ipy_llm.source.sent.words import strip_fence

_KIND = r"\[(markdown|md|raw|code)\]"
_HEAD = re.compile(rf"#[ \t]*%%[ \t]*(?:{_KIND}[ \t]*)?(?P<title>.*?)[ \t]*(?:{_KIND}[ \t]*)?")


def cells_of(text: str) -> list[NewCell]:
    """Return the cells a text stands for: one of code, or several where it begins with `# %%`.

    A title after the marks stays as a comment of code and as a heading of Markdown.
    """
    lines = _filled(text, python=False).split("\n")
    if head_kind(lines[0]) is None:
        return [NewCell("code", _filled(text, python=True))]
    starts = [number for number, line in enumerate(lines) if head_kind(line) is not None]
    cells = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        kind = head_kind(lines[start])
        assert kind is not None
        body, title = lines[start + 1 : end], _title(lines[start])
        if title and kind == "code":
            body = [lines[start], *body]
        code = _filled("\n".join(body), python=kind == "code")
        code = _uncommented(code) if kind == "markdown" else code
        if title and kind == "markdown":
            code = f"# {title}\n\n{code}".rstrip()
        cells.append(NewCell(kind, code))
    return cells


def head_kind(line: str) -> CellKind | None:
    """Return the kind of cell that a line begins, or None where it begins none."""
    match = _HEAD.fullmatch(line)
    if match is None:
        return None
    kind = match[1] or match[3] or "code"
    return "raw" if kind == "raw" else "code" if kind == "code" else "markdown"


def is_bare_head(line: str) -> bool:
    """Say whether a line begins a cell and says nothing but its kind."""
    return head_kind(line) is not None and not _title(line)


def _title(line: str) -> str:
    match = _HEAD.fullmatch(line)
    return match["title"] if match else ""


def _filled(text: str, *, python: bool) -> str:
    """Return a text cleaned; nothing where nothing is left."""
    try:
        text = clean(text)
    except ParseError:
        return ""
    return (strip_fence(text) or text) if python else text


def _uncommented(text: str) -> str:
    """Return Markdown without the comment marks it has in a script: where every line has one, of two or more."""
    filled = [line for line in text.split("\n") if line.strip()]
    if len(filled) < 2 or not all(line == "#" or line.startswith("# ") for line in filled):
        return text
    return "\n".join(line.removeprefix("#").removeprefix(" ") for line in text.split("\n"))
