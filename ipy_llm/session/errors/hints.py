"""What to write instead, for a cell that IPython refuses with little help. Pure: text in, a line out."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from ipy_llm.source.near import closest

_COMMENTED_MAGIC = re.compile(r"[ \t]*#!?[ \t]*%%(?P<name>[^\W\d]\w*)(?:[ \t]|$)")
_TRAILING_COMMENT = re.compile(r"(?:^|\s)#\s")  # `#imports` may be part of an address
# How IPython transforms a `%%name` below code.
_TAKEN_FOR_LINE_MAGIC = re.compile(r"^get_ipython\(\)\.run_line_magic\('%(?P<name>\w+)'", re.MULTILINE)
# Magics whose body is not Python: commented out, the body fails by its names as often as by its syntax.
FOREIGN_BODIES = frozenset(
    {"bash", "edit", "html", "javascript", "js", "latex", "llm", "markdown", "perl", "ruby", "script", "sh", "svg", "system", "sx", "writefile"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MagicUse:
    """A magic as it was called; `body` is None for a line magic."""

    name: str
    line: str
    body: str | None


def usage_hint(use: MagicUse, cell_magics: Collection[str], line_magics: Collection[str]) -> str:
    """Return what to write instead of a magic call that was refused, "" where IPython said it all."""
    if use.body is None:
        return _line_magic_hint(use, cell_magics, line_magics)
    if not use.name:
        first = use.line.split(maxsplit=1)
        name = first[0] if first and first[0] in cell_magics else ""
        return f"write %%{name} without the space" if name else "a magic's name follows %% directly"
    if use.name not in cell_magics:
        near = closest(use.name, cell_magics, count=3)
        return f"did you mean {_either([f'%%{name}' for name in near])}?" if near else ""
    if use.body == "":
        if use.name == "writefile" and use.line:
            return f"for an empty file: open({use.line.split()[-1]!r}, 'w').close()"
        # IPython proposes its line magic %edit, which opens an editor
        return "the new text goes below the %%edit line" if use.name == "edit" else ""
    if _TRAILING_COMMENT.search(use.line):
        return f"text after %%{use.name} is its arguments: put the comment on a line above"
    return ""


def _line_magic_hint(use: MagicUse, cell_magics: Collection[str], line_magics: Collection[str]) -> str:
    if use.name.startswith("%"):
        # how IPython takes a `%%name` below code
        return magic_line_hint(f"%{use.name}", cell_magics)
    if use.name in line_magics:
        return (
            f"text after %{use.name} is its arguments: put the comment on a line above"
            if _TRAILING_COMMENT.search(use.line)
            else ""
        )
    near = closest(use.name, line_magics, count=3)
    return f"did you mean {_either([f'%{name}' for name in near])}?" if near else ""


def magic_line_hint(line: str, cell_magics: Collection[str]) -> str:
    """Return why a line that begins with `%%` cannot stand where it does."""
    name = line.lstrip()[2:].split(maxsplit=1)[:1]
    near = closest(name[0], cell_magics, count=3) if name and name[0] not in cell_magics else []
    meant = f"; did you mean {_either([f'%%{each}' for each in near])}?" if near else ""
    return f"a cell magic is the first line of its cell, comments aside{meant}"


def commented_magic(source: str, cell_magics: Collection[str]) -> str:
    """Return the name of the magic that the cell's first line comments out, else ""."""
    first = next((line for line in source.split("\n") if line.strip()), "")
    match = _COMMENTED_MAGIC.match(first)
    return match["name"] if match is not None and match["name"] in cell_magics else ""


def syntax_hint(source: str, failing: str, cell_magics: Collection[str]) -> str:
    """Return what to write instead of a cell that is not Python; `failing` is the line Python named."""
    if failing.lstrip().startswith("%%"):
        return magic_line_hint(failing, cell_magics)
    taken = _TAKEN_FOR_LINE_MAGIC.search(source)
    if taken is not None:
        return magic_line_hint(f"%%{taken['name']}", cell_magics)
    name = commented_magic(source, cell_magics)
    return f"#%%{name} is a comment: write %%{name}" if name else ""


def _either(names: list[str]) -> str:
    return " or ".join(names)
