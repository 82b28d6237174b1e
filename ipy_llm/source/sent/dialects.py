"""Patches in the languages of other tools, read as entries: unified diffs, codex, search/replace below a file's name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ipy_llm.errors import ParseError
from ipy_llm.source.address import Verb
from ipy_llm.source.sent.blocks import Hunk, read_hunks
from ipy_llm.source.sent.words import is_fence

_VERBS: dict[str, Verb] = {"Update": "replace", "Add": "create", "Delete": "delete"}
_DIFF_HEAD = re.compile(r"diff --git |--- \S|\+\+\+ \S")
_CODEX = re.compile(r"\*\*\* (?P<verb>Update|Add|Delete) File: (?P<path>.+)")
_BLOCK = re.compile(r"<{5,9} SEARCH")
_PATH = re.compile(r"[#*`\s]*(?P<path>[^\s`*:]+\.\w+)[`*:\s]*")


@dataclass
class Foreign:
    """What a patch in another language says of one file: hunks, the text of a new file, or that it goes."""

    path: str
    line: int
    lines: list[str] = field(default_factory=list)
    verb: Verb = "replace"

    @property
    def text(self) -> str:
        """The text of a new file."""
        if self.verb != "create":
            return ""
        return "".join(f"{line[1:]}\n" for line in self.lines if line.startswith("+"))

    @property
    def hunks(self) -> tuple[Hunk, ...]:
        """The hunks of a file that stays. Raises `ParseError` where it has none."""
        if self.verb != "replace":
            return ()
        read = read_hunks("\n".join(self.lines))
        if not read:
            raise ParseError(
                f"nothing changes in {self.path}; nothing was written",
                steps=["name what changes: @@ ADDRESS"],
            )
        return read[0]


def read_foreign(lines: list[str]) -> list[Foreign]:
    """Return the files that a patch of another tool changes; nothing where it is none of those known."""
    own = next((number for number, line in enumerate(lines) if line.startswith("@@ ")), len(lines))
    if not any(
        _CODEX.fullmatch(line) or _BLOCK.match(line) or _DIFF_HEAD.match(line) for line in lines[:own]
    ):
        return []  # what stands in a body is text
    if any(map(_CODEX.fullmatch, lines)):
        return list(_codex(lines))
    if any(map(_BLOCK.match, lines)):
        return list(_blocks(lines))
    heads = [number for number, line in enumerate(lines) if line.startswith("+++ ")]
    if heads and all(number and lines[number - 1].startswith("--- ") for number in heads):
        return list(_diff(lines))
    return []


def _codex(lines: list[str]) -> Iterator[Foreign]:
    found: Foreign | None = None
    for number, line in enumerate(lines, 1):
        match = _CODEX.fullmatch(line)
        if match is None and not line.startswith(("*** Begin", "*** End Patch")):
            if line.startswith("*** Move to"):
                raise ParseError(f"line {number}, `{line}`: a patch does not move files; nothing was written")
            if found is not None:
                found.lines.append(line)
            continue
        if found is not None:
            yield found
            found = None
        if match is not None:
            found = Foreign(match["path"].strip(), number, verb=_VERBS[match["verb"]])
    if found is not None:
        yield found


def _diff(lines: list[str]) -> Iterator[Foreign]:
    found: Foreign | None = None
    for number, line in enumerate(lines):
        if line.startswith("+++ "):
            before, after = _path(lines[number - 1]), _path(line)
            if found is not None:
                yield found
            verb: Verb = (
                "create" if before == "/dev/null" else "delete" if after == "/dev/null" else "replace"
            )
            found = Foreign(before if verb == "delete" else after, number + 1, verb=verb)
        elif found is not None and not (
            line.startswith("--- ")
            and lines[number + 1 : number + 2]
            and lines[number + 1].startswith("+++ ")
        ):
            found.lines += [line] if not is_fence(line) else []
    if found is not None:
        yield found


def _path(line: str) -> str:
    path = line[4:].split("\t", maxsplit=1)[0].strip()
    return path[2:] if path.startswith(("a/", "b/")) else path


def _blocks(lines: list[str]) -> Iterator[Foreign]:
    """Yield search/replace blocks, each with the last line that is a path above it."""
    found: Foreign | None = None
    inside = False
    for number, line in enumerate(lines, 1):
        path = _PATH.fullmatch(line)
        if not inside and path is not None:
            if found is not None and found.lines:
                yield found
            found = Foreign(path["path"], number)
            continue
        inside = bool(_BLOCK.match(line)) or (inside and not line.startswith(">>>>>"))
        if found is None and inside:
            raise ParseError(
                "which file? nothing was written",
                steps=["the line before the block is its path, or the header an address"],
            )
        if found is not None and (inside or line.startswith(">>>>>")):
            found.lines.append(line)
    if found is not None and found.lines:
        yield found
