"""What `.gitignore` files say, without git: it may not be there, and where starting a process is dear, so is it.

The rules are those of git's documentation; a file that is tracked all the same counts as ignored.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(r"\\(.)|(\[[!^]?\]?[^\]]*\])|(\*+)|(\?)|([^\\\[*?]+|.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a `.gitignore`: a pattern on paths relative to its folder."""

    pattern: re.Pattern[str]
    keeps: bool  # it begins with `!`: what it matches is not ignored after all
    folders: bool  # it ends with `/`: it matches folders only


@dataclass(frozen=True, slots=True)
class Ignored:
    """The rules that hold in a folder: of each folder from the outermost in, its path and its rules."""

    levels: tuple[tuple[str, tuple[Rule, ...]], ...] = ()

    @classmethod
    def around(cls, root: str) -> Ignored:
        """Return the rules that the folders above `root`, up to the repository's, lay down for it."""
        above: list[str] = []
        folder = os.path.abspath(root)
        while not os.path.exists(os.path.join(folder, ".git")):
            parent = os.path.dirname(folder)
            if parent == folder:
                return cls()  # no repository: what lies above is not about us
            folder = parent
            above.append(folder)
        # The repository's own list, for one person; the root's, as any folder's, is added by `within`.
        exclude = _rules(os.path.join(folder, ".git", "info", "exclude"))
        levels = cls(((folder, exclude),) if exclude else ())
        for each in reversed(above):
            levels = levels.within(each)
        return levels

    def within(self, folder: str) -> Ignored:
        """Return the rules that hold in a folder below, its own `.gitignore` included."""
        rules = _rules(os.path.join(folder, ".gitignore"))
        return Ignored((*self.levels, (folder, rules))) if rules else self

    def holds(self, path: str, *, folder: bool) -> bool:
        """Say whether a path in that folder is ignored; the last rule that matches it decides."""
        for base, rules in reversed(self.levels):
            relative = _bytewise(path[len(base) :].lstrip(os.sep).replace(os.sep, "/"))
            for rule in reversed(rules):
                if (folder or not rule.folders) and rule.pattern.fullmatch(relative):
                    return not rule.keeps
        return False


def parse_rules(text: str) -> tuple[Rule, ...]:
    """Return the rules of a `.gitignore`, in order."""
    return tuple(rule for line in text.split("\n") for rule in _rule(line.removesuffix("\r")))


def _rules(file: str) -> tuple[Rule, ...]:
    try:
        with open(file, encoding="utf-8", errors="surrogateescape", newline="\n") as lines:
            return parse_rules(lines.read())
    except OSError:
        return ()


def _rule(line: str) -> Iterator[Rule]:
    line = re.sub(r"(?<!\\) +$", "", line)
    if not line or line.startswith("#"):
        return
    keeps = line.startswith("!")
    line = line[keeps:]
    folders = line.endswith("/")
    line = line.rstrip("/") if folders else line
    # A slash at the start or in the middle ties a pattern to its folder; any other matches at every depth.
    tied = "/" in line
    line = line.removeprefix("/")
    if not line:
        return
    try:
        yield Rule(
            re.compile(("" if tied else "(?:.*/)?") + _regex(_bytewise(line)), re.DOTALL), keeps, folders
        )
    except re.error:  # a bracket that nothing closes, a range such as [z-a]: git says they match nothing
        return


def _regex(pattern: str) -> str:
    found: list[str] = []
    parts = pattern.split("/")
    for position, part in enumerate(parts):
        last = position == len(parts) - 1
        if part == "**":
            # Any number of folders, none too; at the end, everything inside.
            found.append(".+" if last else "(?:.*/)?")
        else:
            found.append("".join(map(_piece, _TOKEN.finditer(part))) + ("" if last else "/"))
    return "".join(found)


def _piece(match: re.Match[str]) -> str:
    escaped, among, stars, one, text = match.groups()
    if among:
        inner = re.sub(r"([\\[&~|])", r"\\\1", among[1:-1])  # what only means something to `re`
        return f"(?!/)[{f'^{inner[1:]}' if inner[0] in '!^' else inner}]"
    if text in {"[", "\\"}:
        raise re.error("not closed")
    return "[^/]*" if stars else "[^/]" if one else re.escape(escaped if escaped is not None else text)


def _bytewise(text: str) -> str:
    """Return the text with a character for each byte: git's `?` stands for one."""
    return text if text.isascii() else os.fsencode(text).decode("latin-1")
