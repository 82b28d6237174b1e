"""Which definitions of a project matter most to one who reads it for the first time, or edits one place of it."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping
from pathlib import PurePosixPath

from ipy_llm.explore.contents import Contents

_HELD = 0.5  # of what a member is worth, for the class it stands in
_PRIVATE = 0.5  # of what a public name is worth
_TEST = 0.2  # what a test is worth: nothing else rests on it
_SECONDARY = 0.3  # an assignment, or a function in a function
_HERE = 0.1  # what a use in the same file is worth beside a file elsewhere that has the name


def worth_of(files: Mapping[str, Contents]) -> dict[str, float]:
    """Return what each name that is defined somewhere is worth: how many files hold it, shared among its definitions.

    As `total` at the top level, as `.total` of members.
    """
    spread: Counter[str] = Counter()
    shared: Counter[str] = Counter()
    for contents in files.values():
        spread.update(contents.words.split())
        shared.update([entry[1].rpartition(".")[2] for entry in contents.definitions])
    # What is at the top level is named alone and by way of its module, a member after a dot.
    worth: dict[str, float] = {}
    for last, count in shared.items():
        dotted = spread[f".{last}"]
        weight = (0.0 if last.endswith("__") else _PRIVATE if last.startswith("_") else 1.0) / count
        worth[last] = weight * (spread[last] + dotted)
        if dotted:
            worth[f".{last}"] = weight * dotted
    return worth


def ordered(files: Mapping[str, Contents], worth: Mapping[str, float], near: str = "") -> array[int]:
    """Return the definitions of all files, numbered through, those that matter most first.

    A definition matters by how many files of the project hold its name, shared among all definitions
    of that name; a member only where the name follows a dot; a class also by its members. What stands in or
    beside the file `near`, or is named there, goes up. Names are counted, not followed: that takes a
    hundredth of the time, and orders much the same.
    """
    close = files.get(near)
    named = set(close.words.split()) if close else set()
    scores: list[float] = []
    for file, contents in files.items():
        weight = (_TEST if is_test(file) else 1.0) * (_closeness(file, near) if close else 1.0)
        at: dict[
            str, tuple[int, bool]
        ] = {}  # of each function and class, its number, and whether it is a function
        for entry in contents.definitions:  # as the index keeps them: there may be many thousand
            name = entry[1]
            dot = name.rfind(".")
            last = name[dot + 1 :]
            score = weight * (worth.get(last if dot < 0 else name[dot:], 0.0) + _HERE * entry[7])
            if named and (last in named or f".{last}" in named):
                score *= 2
            if entry[2] == "assignment":
                score *= _SECONDARY
            else:
                at[name] = len(scores), entry[2] == "function"
            if dot > 0 and (owner := at.get(name[:dot])) is not None:
                number, function = owner
                if function:
                    score *= _SECONDARY
                elif scores[number] < _HELD * score:
                    scores[number] = _HELD * score
            scores.append(score)
    return array("I", sorted(range(len(scores)), key=scores.__getitem__, reverse=True))


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
