"""The table of live edits: modules before and after, and what must hold; see `live_edits.txt`."""

from __future__ import annotations

import re
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAME = "m"


@dataclass(frozen=True, slots=True)
class LiveEdit:
    """One edit. `said`: it cannot be followed, so that must be told."""

    name: str
    before: str
    after: str
    session: str
    holds: tuple[str, ...]
    said: bool


def table() -> list[LiveEdit]:
    """Read the table."""
    text = (Path(__file__).with_suffix(".txt")).read_text(encoding="utf-8")
    found = []
    for part in text.split("\n=== ")[1:]:
        name, before, after, session, holds = re.split(r"\n--- \w+\n|\n---\w+\n", part)
        plain = name.removesuffix(", said")
        found.append(
            LiveEdit(plain, f"{before}\n", f"{after}\n", session, tuple(holds.split("\n")[:]), plain != name)
        )
    return [
        LiveEdit(each.name, each.before, each.after, each.session, tuple(filter(None, each.holds)), each.said)
        for each in found
    ]


def load(text: str, path: Path) -> types.ModuleType:
    """Write a module and run it as the import system would, in place of the last one."""
    path.write_text(text, encoding="utf-8")
    module = types.ModuleType(NAME)
    module.__file__ = str(path)
    sys.modules[NAME] = module
    exec(compile(text, str(path), "exec", dont_inherit=True), module.__dict__)
    return module


def session(edit: LiveEdit, module: types.ModuleType) -> dict[str, Any]:
    """Return the names of a session that did what the table says."""
    names: dict[str, Any] = {"__name__": "session", NAME: module}
    exec(compile(edit.session, "<session>", "exec", dont_inherit=True), names)
    return names


def answers(edit: LiveEdit, names: dict[str, Any]) -> list[str]:
    """Return what the lines that must hold give, each as text."""
    return [_answer(line, names) for line in edit.holds]


def _answer(line: str, names: dict[str, Any]) -> str:
    try:
        return re.sub(r" at 0x[0-9a-f]+", "", repr(eval(line, names)))
    except Exception as error:  # noqa: BLE001 - what an edit broke may raise anything
        return type(error).__name__


def fresh(edit: LiveEdit, path: Path) -> list[str]:
    """Return what holds where the new text was imported afresh."""
    return answers(edit, session(edit, load(edit.after, path)))
