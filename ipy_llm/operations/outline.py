"""Seeing what is there: `outline`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from ipy_llm.errors import NotFoundError, ParseError
from ipy_llm.explore.contents import read_contents
from ipy_llm.explore.index import Index, read_index
from ipy_llm.explore.overview import Overview, of_file, of_files
from ipy_llm.operations.listing import lines_said
from ipy_llm.operations.notebooks import outline_notebook
from ipy_llm.operations.operation import Reply
from ipy_llm.source.address import parse_address
from ipy_llm.source.chunks import Outline
from ipy_llm.source.documents import full_name
from ipy_llm.source.structure.resolve import label, resolve
from ipy_llm.workspace.locate import locate, read_file
from ipy_llm.workspace.project import Workspace, cache_folder

OUTLINE_TOKENS = 2000


def outline(
    workspace: Workspace,
    path: Annotated[str, "file, folder, module or class; the whole project by default"] = "",
    *,
    tokens: Annotated[int, "about how many tokens to print: what is named most comes first"] = OUTLINE_TOKENS,
    near: Annotated[str, "an address that is being edited: what is close to it comes first"] = "",
) -> Reply:
    """List the definitions of a file, folder or project, within a budget."""
    for base in (workspace.folder, workspace.root) if path else (workspace.root,):
        if os.path.isdir(base / path):
            return _of_folder(os.path.abspath(base / path), workspace, tokens, near)
    located = locate(parse_address(path), workspace)
    _, found = read_file(located.path)
    if not isinstance(found, Outline):
        return outline_notebook(found, located)
    if not found.python and not (found.sections or found.problems):
        raise ParseError(f"{located.document}: {found.error}", steps=[f"show {located.document}"])
    start = resolve(located.address, found, located.document)
    name = full_name(located.document, label(start, found) if start.name else "")
    contents = read_contents(found)
    parts = zip(found.walk(), contents.definitions, strict=True)
    inside = [one for chunk, one in parts if chunk != start and start.span.holds(chunk.span)]
    overview = of_file(lambda: _index(workspace), located.document, inside, tokens)
    sections = [
        f"{section.name}  {lines_said(section, found)}" for section in found.sections if not start.name
    ]
    problems = [f"section {key}: {wrong}" for key, wrong in found.problems.items()]
    first, last = found.lines(start.span)
    head = f"{name}@{found.digest(start.span)}  {last - first + 1 if start.name else contents.lines} lines"
    if found.error and found.python:
        head += f"  ({found.error})"
    facts = {"document": located.document, **_facts(overview)}
    facts["sections"] = [f"{located.document}::{section.name}" for section in found.sections]
    return Reply((head, *overview.lines, *sections, *problems), facts)


def _of_folder(folder: str, workspace: Workspace, tokens: int, near: str) -> Reply:
    index = _index(workspace)
    name = workspace.name(Path(folder))
    inside = "" if folder == str(workspace.root) else f"{name}/"
    files = [file for file in index.files if file.startswith(inside)]
    head, base = [], ""
    if not files:
        # An installed package, say: not the project's, but a folder of its own.
        index, inside, base = read_index(Path(folder), cache_folder(Path(folder))), "", f"{name}/"
        files = list(index.files)
        head = [f"in {base}"]
    if not files:
        raise NotFoundError(f"no Python files in {folder}")
    close = workspace.name(locate(parse_address(near), workspace).path) if near else ""
    overview = of_files(index, files, tokens, folder=inside, near=close, base=base)
    return Reply((*head, *overview.lines), _facts(overview, base))


def _index(workspace: Workspace) -> Index:
    return read_index(workspace.root, cache_folder(workspace.root))


def _facts(overview: Overview, base: str = "") -> dict[str, object]:
    chunks = [
        {"address": f"{base}{file}::{one.target}", "kind": one.kind, "lines": [one.first, one.last]}
        for file, found in overview.shown.items()
        for one in found
    ]
    return {"chunks": chunks, "left": overview.left}
