"""Which imports the names that a cell lacks want: what the session and its project import, and what is usual."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from pathlib import Path

from ipy_llm.explore.imported import imported
from ipy_llm.explore.index import Index, read_index
from ipy_llm.explore.known import candidates
from ipy_llm.explore.wanted import Wanted, usual, wanted
from ipy_llm.source.structure.unbound import Use, names_of
from ipy_llm.workspace.project import ROOT_MARKERS, cache_folder, find_root


def find(
    tree: ast.Module, names: Collection[str], session: Mapping[str, str], folder: Path
) -> dict[str, str]:
    """Return the statement that each name certainly wants.

    `session` are the imports of the session by name, `folder` the current one.
    """
    found = {}
    for name, uses in names_of(tree).missing.items():
        statement = _wanted(name, uses, session, folder).statement if name in names else ""
        if statement:
            found[name] = statement
    return found


def hint(name: str, tree: ast.Module, folder: Path) -> tuple[str, ...]:
    """Return the imports that a missing name may want in a text; of several nobody can tell which."""
    found = _wanted(name, names_of(tree).missing.get(name, []), {}, folder)
    if found.statement or found.either:
        return (found.statement,) if found.statement else found.either
    told = usual(name)
    return (told,) if told else ()


def _wanted(name: str, uses: list[Use], session: Mapping[str, str], folder: Path) -> Wanted:
    if not uses:
        return Wanted()
    seen = [session[name]] if name in session else []
    if not seen and not candidates(name):
        index = _project(folder)
        seen = imported(name, index) if index is not None else []
    return wanted(name, uses, seen)


def _project(folder: Path) -> Index | None:
    """Return the index of the project around a folder, None where no marker says that there is one."""
    root = find_root(folder)
    if not any((root / marker).exists() for marker in ROOT_MARKERS):
        return None
    return read_index(root, cache_folder(root))
