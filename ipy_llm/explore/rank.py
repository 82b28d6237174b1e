"""Which definitions of a project matter most to one who reads it for the first time, or edits one place of it."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from pathlib import PurePosixPath
from typing import Any

from ipy_llm.explore.index import Index

_HELD = 0.5  # of what a member is worth, for the class it stands in
_TEST = 0.2  # what a test is worth: nothing else rests on it
_SECONDARY = 0.3  # an assignment, or a function in a function
_HERE = 0.1  # what a use in the same file is worth beside a file elsewhere that has the name


def ranked(index: Index, files: Iterable[str], near: str = "") -> list[tuple[str, Any]]:
    """Return the entries of `files` with the file of each, those that matter most first.

    A definition matters by how many files of the project hold its name, shared among all definitions
    of that name; a member only where the name follows a dot; a class also by its members. What stands in or
    beside the file `near`, or is named there, goes up. Names are counted, not followed: that takes a
    hundredth of the time, and orders much the same. Entries as the index keeps them: there may be many thousand.
    """
    close = index.files.get(near)
    named = set(close.words.split()) if close else set()
    worth = index.worth
    scored: list[tuple[float, str, Any]] = []
    for file in files:
        weight = (_TEST if is_test(file) else 1.0) * (_closeness(file, near) if close else 1.0)
        at: dict[str, int] = {}  # of each function and class, in `scored`
        for entry in index.files[file].definitions:
            name = entry[1]
            dot = name.rfind(".")
            last = name[dot + 1 :]
            score = weight * (worth.get(last if dot < 0 else name[dot:], 0.0) + _HERE * entry[7])
            if named and (last in named or f".{last}" in named):
                score *= 2
            if entry[2] == "assignment":
                score *= _SECONDARY
            else:
                at[name] = len(scored)
            if dot > 0 and (owner := at.get(name[:dot])) is not None:
                held = scored[owner]
                if held[2][2] == "function":
                    score *= _SECONDARY
                elif held[0] < _HELD * score:
                    scored[owner] = (_HELD * score, file, held[2])
            scored.append((score, file, entry))
    scored.sort(key=itemgetter(0), reverse=True)
    return [(file, entry) for _, file, entry in scored]


def is_test(file: str) -> bool:
    """Say whether a file is one of tests, by its name or its folder's."""
    path = PurePosixPath(file)
    return (
        path.name.startswith(("test_", "conftest."))
        or path.stem.endswith("_test")
        or not {"test", "tests", "testing"}.isdisjoint(path.parts[:-1])
    )


def _closeness(file: str, near: str) -> float:
    """Return what a file is worth by its distance from another: itself most, then its folder, then the folders above."""
    if file == near:
        return 8.0
    ours, theirs = PurePosixPath(file).parts[:-1], PurePosixPath(near).parts[:-1]
    common = 0
    for one, other in zip(ours, theirs, strict=False):
        if one != other:
            break
        common += 1
    apart = len(ours) + len(theirs) - 2 * common
    return 4.0 / (1 + apart)
