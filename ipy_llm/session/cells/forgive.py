"""What may stand before a cell magic, and around a cell, without harm.

Pure: the text of a cell in, a decision out. No line of valid Python begins with `%%`, so a cell whose
first code is `%%name` means that magic, whatever comments, fences or indentation stand above it. The
body is the user's text and passes through untouched.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Container
from dataclasses import dataclass, replace

from ipy_llm.source.address import VERBS

# Byte order mark, zero-width spaces and joiners, direction marks: what a copy from a chat window brings along.
_INVISIBLE = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060"
_BLANK = " \t\x0b\x0c\r\u00a0\u3000" + _INVISIBLE
_FENCE = re.compile(r"[ \t]*(?P<ticks>`{3,})[ \t]*\{?(?P<language>[\w+.#-]*)\}?[ \t]*")
_PYTHON = frozenset({"", "python", "python3", "py", "py3", "ipython", "ipython3", "jupyter", "pycon"})
_TEXT_CELL = re.compile(r"#[ \t]*%%.*\[(?:markdown|md|raw)\]")
_HELP = re.compile(r"%%\w+\?")
# What IPython alone understands, in a form that Python can parse. A line that is inside a string or
# brackets may be changed by this too: then the text still parses, or it is left alone.
_ESCAPED_LINE = re.compile(r"^([ \t]*)(?:[%!].*|[\w.]+\?{1,2}[ \t]*)$", re.MULTILINE)
_ESCAPED_VALUE = re.compile(r"=[ \t]*[%!].*$", re.MULTILINE)
# IPython refuses an empty body before it asks the magic; `%%edit delete Cart.legacy` needs none.
_BODILESS = frozenset({"edit", "llm"})
_LINE_EDIT = re.compile(r"%(?:(?P<llm>llm)[ \t]+)?edit[ \t]+(?P<argument>.*)")
_ONE_ADDRESS = re.compile(  # not `3` or `4-6`: IPython's %edit takes history by number
    r"(?!\d)[\w./\\-]*(?:\[\w+\])?(?:#[\w.-]+)?(?:@[0-9a-fA-F]{4})?(?::\d+(?:-\d+|\+)?)?"
)
_MOST_TRIES = 20  # lines that begin with `%%` and may be a magic below code; each costs a parse


@dataclass(frozen=True, slots=True)
class MagicCall:
    """The cell is a cell magic; `body` is its text verbatim, `prefix` the Python that runs before it.

    `slipped` says that it was written with one `%`.
    """

    name: str
    line: str
    body: str
    prefix: str = ""
    slipped: bool = False

    @property
    def code(self) -> str:
        """The cell as Python, in the very words of IPython's own transformation."""
        return f"{self.prefix}get_ipython().run_cell_magic({self.name!r}, {self.line!r}, {self.body!r})\n"

    @property
    def notice(self) -> str:
        """One line for a reader where more was done than was written, else nothing."""
        if self.slipped:
            return f"[ipy_llm] read %{self.name} as %%{self.name}"
        if not self.prefix:
            return ""
        count = sum(line.strip()[:1] not in {"", "#"} for line in self.prefix.split("\n"))
        lines = "1 line" if count == 1 else f"{count} lines"
        verb = "runs" if count == 1 else "run"
        return f"[ipy_llm] the {lines} above %%{self.name} {verb} as Python first"


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The cell is for IPython to understand, without what stood around it."""

    code: str
    notice: str = ""


Forgiven = MagicCall | Rewritten


def forgive(cell: str, known_magics: Container[str]) -> Forgiven | None:
    """Decide what `cell` means where IPython would not see it; None leaves the cell as it is.

    `known_magics` are the names of cell magics: one that stands below code, or is written with one `%`,
    must be among them.
    A cell that begins with `%%` is always decided here, so that nothing changes its body.
    """
    if cell[:1] not in _INVISIBLE and not any(sign in cell for sign in ("%%", "```", "%edit", "%llm")):
        return None
    text = cell.lstrip(_INVISIBLE)
    lines = _one_newline(text).split("\n")
    start = _first_code(lines)
    if start is None:
        return Rewritten(text) if text != cell else None
    fenced = _unfence(lines, start)
    if fenced is not None:
        lines = fenced
        start = _first_code(lines)
        if start is None:
            return Rewritten("\n".join(lines))
    if _is_magic(lines[start]):
        return _magic_at(lines, start)
    found = _slipped_edit(lines, start, known_magics)
    if found is None and "%%" in text:
        found = _magic_below_code(lines, start, known_magics)
    if found is None and (fenced is not None or text != cell):
        return Rewritten("\n".join(lines))
    return found


def strip_comments(cell: str) -> str:
    """Return a cell magic without the comments above it, any other cell as it is."""
    lines = cell.split("\n")
    start = _first_code(lines)
    return "\n".join(lines[start:]) if start and lines[start].startswith("%%") else cell


def _one_newline(text: str) -> str:
    """Return `text` with Unix newlines if it used one other kind throughout."""
    # IPython ends the last line with \n whatever the others end with
    body = text[:-1] if text.endswith("\n") and not text.endswith("\r\n") else text
    crlf, lf, cr = body.count("\r\n"), body.count("\n"), body.count("\r")
    if crlf and crlf == lf:
        return text.replace("\r\n", "\n")
    return text.replace("\r", "\n") if cr and not lf else text


def _first_code(lines: list[str]) -> int | None:
    """Return the index of the first line that is neither blank nor a comment; None for a text cell."""
    for index, line in enumerate(lines):
        bare = line.strip(_BLANK)
        if bare and not bare.startswith("#"):
            return index
        if _TEXT_CELL.match(bare):
            return None
    return None


def _unfence(lines: list[str], start: int) -> list[str] | None:
    """Return the lines without a Markdown fence that opens at `start`, its closer taken too."""
    opener = _FENCE.fullmatch(lines[start])
    if opener is None:
        return None
    after = _first_code(lines[start + 1 :])
    runs_magic = after is not None and _is_magic(lines[start + 1 + after])
    if opener["language"].lower() not in _PYTHON and not runs_magic:
        return None
    last = max(index for index, line in enumerate(lines) if line.strip())
    closes = last > start and _closes(opener["ticks"], lines[start + 1 : last], lines[last])
    return [line for index, line in enumerate(lines) if index != start and not (closes and index == last)]


def _closes(ticks: str, between: list[str], last: str) -> bool:
    """Say whether `last` closes the outer fence, rather than one opened in the lines `between`."""
    final = _FENCE.fullmatch(last)
    if final is None or final["language"] or len(final["ticks"]) < len(ticks):
        return False
    inner = ""
    for line in between:
        fence = _FENCE.fullmatch(line)
        if fence is None:
            continue
        if not inner:
            inner = fence["ticks"]
        elif not fence["language"] and len(fence["ticks"]) >= len(inner):
            inner = ""
    return not inner


def _is_magic(line: str) -> bool:
    return line.lstrip(_BLANK).startswith("%%")


def _magic_at(lines: list[str], start: int) -> Forgiven | None:
    """Read the magic that is the first code of the cell."""
    head, body = _split(lines, start)
    if _HELP.match(head):
        return Rewritten("\n".join([head, *body]))
    return _call(head, body)


def _slipped_edit(lines: list[str], start: int, known_magics: Container[str]) -> MagicCall | None:
    """Read `%edit`, IPython's external editor, as `%%edit` where it can mean nothing else; `%llm edit` too."""
    head, body = _split(lines, start)
    match = _LINE_EDIT.fullmatch(head.rstrip())
    if match is None or (match["llm"] or "edit") not in known_magics:
        return None
    below = next((line.lstrip(_BLANK) for line in body if line.strip(_BLANK)), "")
    # what is IPython's below it was meant as a line of its own, and so was the `%edit`
    has_text = below != "" and below[0] not in "%!"
    sure = _lacks_text if match["llm"] else _is_edit
    return replace(_call(f"%{head}", body), slipped=True) if sure(match["argument"], has_text) else None


def _is_edit(argument: str, has_text: bool) -> bool:
    """Say whether IPython's own %edit cannot be meant, which takes no text."""
    if re.match(r"-\w", argument):
        return False  # an option of IPython's
    if "::" in argument or " => " in f"{argument} ":
        return True
    words = _words(argument)
    if len(words) > 1:
        return words[0] in VERBS
    return has_text and bool(words and _ONE_ADDRESS.fullmatch(words[0]))


def _lacks_text(argument: str, has_text: bool) -> bool:
    """Say whether an edit is refused without the text that stands below it."""
    words = _words(argument)
    return has_text and bool(words) and " => " not in f"{argument} " and words[0] not in {"delete", "create"}


def _words(argument: str) -> list[str]:
    return [word for word in argument.split() if not word.startswith("--")]


def _split(lines: list[str], start: int) -> tuple[str, list[str]]:
    """Return the line of a magic and its body, both without the indentation of the whole."""
    indent, head = _indented(lines[start])
    body = lines[start + 1 :]
    if indent and any(map(str.strip, body)) and all(each.startswith(indent) for each in body if each.strip()):
        body = _dedented(body, indent)
    return head, body


def _magic_below_code(lines: list[str], start: int, known_magics: Container[str]) -> MagicCall | None:
    """Find the first `%%name` that stands after complete Python, so outside of strings and brackets."""
    indent, _ = _indented(lines[start])
    if indent and all(each.startswith(indent) for each in lines if each.strip()):
        lines = _dedented(lines, indent)
    candidates = [index for index, line in enumerate(lines) if index > start and line.startswith("%%")]
    for index in candidates[:_MOST_TRIES]:
        call = _call(lines[index], lines[index + 1 :])
        prefix = "\n".join(lines[:index]) + "\n"
        if call.name in known_magics and not _HELP.match(lines[index]) and _parses(prefix):
            return MagicCall(call.name, call.line, call.body, prefix)
    return None


def _call(head: str, body: list[str]) -> MagicCall:
    # One blank or tab ends the name and the rest keeps its blanks: IPython's rule, and the tab.
    name, line = re.match(r"([^ \t]*)[ \t]?(.*)", head[2:].rstrip(), re.DOTALL).groups()  # type: ignore[union-attr] # matches anything
    text = "\n".join(body)
    return MagicCall(name, line, "\n" if not text and name in _BODILESS else text)


def _indented(line: str) -> tuple[str, str]:
    bare = line.lstrip(_BLANK)
    return line[: len(line) - len(bare)], bare


def _dedented(lines: list[str], indent: str) -> list[str]:
    """Take `indent` off; a blank line shorter than it becomes empty."""
    return [line[len(indent) :] if line.startswith(indent) else line.lstrip() for line in lines]


def _parses(text: str) -> bool:
    """Say whether `text` is complete Python, or would be without IPython's own lines."""
    if _compiles(text):
        return True
    relaxed = _ESCAPED_VALUE.sub("= 0", _ESCAPED_LINE.sub(r"\1pass", text))
    return relaxed != text and _compiles(relaxed)


def _compiles(text: str) -> bool:
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are shown when the cell runs
            compile(text, "<cell>", "exec", flags, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
