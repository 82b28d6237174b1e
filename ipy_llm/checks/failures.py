"""What pytest says of a failure, made short: one line, and the place in the project to edit."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from ipy_llm.checks.report import Diagnostic

Frame = tuple[str, int]

# Characters of a message worth their tokens; what is longer is a representation of something big.
_LONGEST = 200

# Frames within text, outermost first: Python's tracebacks, then pytest's short ones.
_FRAME = re.compile(
    r'^(?:E?\s*File "(?P<file>[^"\n]+)", line (?P<at>\d+)'
    r"|(?!E\s)(?P<path>(?:[A-Za-z]:)?[^\s:][^:\n]*\.pyi?):(?P<line>\d+):)",
    re.MULTILINE,
)

# Another each time, of use to nobody.
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+(?=>)")

# What pytest marks as the error, and an exception's own line.
_MARKED = re.compile(r"^E\s+(.*\S)", re.MULTILINE)
_EXCEPTION = re.compile(r"^([A-Za-z_][\w.]*?)(?:: |:?$)")


def failure(
    root: Path, test: str, *, message: str = "", frames: Sequence[Frame] = (), text: str = ""
) -> Diagnostic:
    """Return the finding for a failing test, or for a file `test` that could not be collected.

    `message` is the exception as Python prints it, `text` the report where there is no such message.
    """
    line, kind = one_line(message) if message else reason(text)
    path, at = place(root, test, [*frames, *frames_in(text, root)])
    return Diagnostic("pytest", path, at, line, kind, test, source_line(str(root / path), at))


def one_line(message: str) -> tuple[str, str]:
    """Return a message in one line with the kind of its exception.

    `AssertionError: totals differ` keeps the line with the values that pytest adds: `…; assert 6 == 5`.
    """
    lines = [line.strip() for line in message.splitlines() if line.strip()] or ["failed"]
    kind = "AssertionError" if lines[0].startswith("assert ") else _kind(lines[0])
    told = lines[0]
    if not told.startswith("assert "):
        values = next((line for line in lines[1:] if line.startswith("assert ")), "")
        told = "; ".join(filter(None, (told, values)))
    return _capped(told.removeprefix("AssertionError: ")), kind


def reason(text: str) -> tuple[str, str]:
    """Return the same from a whole report: the last exception among the marked lines, a doctest's two sides, or the last line."""
    marked = _MARKED.findall(text)
    for line in reversed(marked):
        if _EXCEPTION.match(line) and ":" in line:
            return _capped(line), _kind(line)
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["failed"]
    if "Expected:" in lines and "Got:" in lines:
        wanted, got = lines.index("Expected:"), lines.index("Got:")
        outcome = [line for line in lines[got + 1 :] if not line.endswith(": DocTestFailure")]
        return _capped(f"expected {' '.join(lines[wanted + 1 : got])}, got {' '.join(outcome)}"), "doctest"
    told = marked[-1] if marked else lines[-1]
    return _capped(told), _kind(told)


def place(root: Path, test: str, frames: Iterable[Frame]) -> tuple[str, int]:
    """Return where to edit: the innermost frame in the project outside its tests, else in the test's own file, else in
    any test of the project; else the file of the test.
    """  # noqa: D205 - one sentence
    own = test.partition("::")[0]
    best, rank = (own, 0), 0
    for path, line in frames:
        inside = within(root, path)
        if not inside:
            continue
        worth = 3 if not _is_test(inside) else 2 if inside == own else 1
        if worth >= rank:
            best, rank = (inside, line), worth
    return best


def frames_in(text: str, root: Path) -> list[Frame]:
    """Return the frames that a printed traceback names, as absolute paths."""
    return [
        (os.path.join(root, found["file"] or found["path"]), int(found["at"] or found["line"]))
        for found in _FRAME.finditer(text)
        if not (found["file"] or found["path"]).startswith("<")  # frozen
    ]


def last_words(output: str, root: Path) -> list[Frame]:
    """Return the frames that faulthandler printed of a dying interpreter, outermost first."""
    _, found, stack = output.rpartition("(most recent call first):")
    # the thread that died is printed last
    return frames_in(stack.partition("\n\n")[0], root)[::-1] if found else []


def within(root: Path, path: str) -> str:
    """Return `path` relative to `root` with `/`, or nothing for a path outside it or in an environment within it."""
    for base in (str(root), _real(str(root))):
        for file in (path, _real(path)):
            if file.startswith(base + os.sep):
                parts = file[len(base) + 1 :].split(os.sep)
                foreign = "site-packages" in parts or parts[0].startswith(".") or parts[0] == "venv"
                return "" if foreign else "/".join(parts)
    return ""


def source_line(path: str, line: int) -> str:
    """Return that line of a file, stripped; nothing where there is none."""
    if line < 1:
        return ""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return next((text.strip() for number, text in enumerate(file, 1) if number == line), "")
    except OSError:
        return ""


def _is_test(path: str) -> bool:
    *folders, name = path.split("/")
    return (
        name.startswith("test_")
        or name.endswith("_test.py")
        or name == "conftest.py"
        or "tests" in folders
        or "test" in folders
    )


def _kind(line: str) -> str:
    found = _EXCEPTION.match(line)
    return found[1].rpartition(".")[2] if found else ""


def _capped(line: str) -> str:
    line = " ".join(_ADDRESS.sub("", line).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


@cache
def _real(path: str) -> str:
    return os.path.realpath(path)
