"""Running a part of a file in the session: `run`."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from ipy_llm.errors import EditRejectedError, RequestError
from ipy_llm.operations.operation import Reply
from ipy_llm.operations.said import some
from ipy_llm.source.address import parse_address
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.documents import find, full_name
from ipy_llm.source.structure.syntax import parse
from ipy_llm.source.text import split_lines
from ipy_llm.workspace.locate import locate, read_file
from ipy_llm.workspace.project import Workspace

Ran = dict[Path, dict[str, str]]  # of each file, the sections that ran with the digests they had


def run(
    workspace: Workspace,
    address: Annotated[str, "what to run, e.g. analysis.py::#clean, analysis.py:10-20 or nb.ipynb::[3]"],
    *,
    execute: Callable[[str], bool] | None = None,
    ran: Ran | None = None,
) -> Reply:
    """Run a section, a cell or lines of a file in the session; say which later sections are stale then.

    `execute` runs a text in the session and says whether it succeeded; `ran` keeps, over a session, what ran.
    """
    if execute is None or ran is None:
        raise RequestError("run is for a session", steps=["in IPython: %llm run ADDRESS"])
    located = locate(parse_address(address), workspace)
    _, document = read_file(located.path)
    place = find(located.address, document, located.document)
    if place is None or not place.outline.python:
        raise RequestError(
            f"{address} is not Python; name a section or a cell", steps=[f"outline {located.document}"]
        )
    outline, chunk = place.outline, place.chunk
    name = full_name(located.document, place.target)
    if chunk.indent:
        raise EditRejectedError(f"{name} is part of something else; it does not run alone")
    text, wanted = chunk.span.of(outline.source.plain), located.address.lines
    if wanted is not None:
        text = "\n".join(split_lines(text)[max(wanted.first, 1) - 1 : wanted.last])
        name = f"{name}:{wanted}"
    succeeded = execute(text)
    said = f"{'ran' if succeeded else 'failed in'} {name}"
    known = ran.setdefault(located.path, {})
    stale: list[str] = []
    if chunk.kind == "section" and wanted is None:
        known[chunk.name] = outline.digest(chunk.span)
        stale = _stale(chunk, outline, known)
        for section in stale:
            del known[section]
    if stale:
        said += f"; stale now: {some(stale)}"
    return Reply((said,), {"address": name, "succeeded": succeeded, "stale": stale}, found=not succeeded)


@dataclass(frozen=True, slots=True)
class _Names:
    """Which names of the session a part of a script gives a meaning, and which it uses."""

    bound: frozenset[str]
    used: frozenset[str]


def _stale(section: Chunk, outline: Outline, known: dict[str, str]) -> list[str]:
    """Return the later sections that ran on what `section` has now made anew, and those that changed since they ran."""
    changed = set(_names(section, outline).bound)
    stale = []
    for other in outline.sections:
        if other.span.start <= section.span.start or other.name not in known:
            continue
        names = _names(other, outline)
        if names.used & changed or known[other.name] != outline.digest(other.span):
            stale.append(other.name)
            changed |= names.bound
    return stale


def _names(section: Chunk, outline: Outline) -> _Names:
    bound: set[str] = set()
    used: set[str] = set()
    for node in ast.walk(parse(section.span.of(outline.source.text))):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                used.add(name)
            case ast.Name(id=name):
                bound.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                bound.add(name)
            case ast.alias(name=name, asname=alias):
                bound.add(alias or name.partition(".")[0])
            case (
                ast.Attribute(value=ast.Name(id=name), ctx=ast.Store())
                | ast.Subscript(value=ast.Name(id=name), ctx=ast.Store())
            ):
                bound.add(name)
            case _:
                pass
    return _Names(frozenset(bound), frozenset(used))
