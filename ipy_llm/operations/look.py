"""Looking at code: `show` and `outline`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from ipy_llm.errors import IpyLlmError, NotFoundError, ParseError
from ipy_llm.operations.listing import bounded, entries, lines_said, numbered
from ipy_llm.operations.notebooks import outline_notebook, show_notebook
from ipy_llm.operations.operation import Reply
from ipy_llm.source.address import parse_address
from ipy_llm.source.cells import whole_refused
from ipy_llm.source.chunks import Outline
from ipy_llm.source.documents import find, full_name, other_cells
from ipy_llm.source.notebook import Notebook
from ipy_llm.source.resolve import label, resolve
from ipy_llm.source.surroundings import Surroundings, surroundings, within
from ipy_llm.source.text import split_lines
from ipy_llm.workspace.locate import NAMED, locate, read_file
from ipy_llm.workspace.project import Workspace, walk

SHOWN_TOKENS = 4000
AROUND = 200  # characters of a line on what stands around
NAMES_OF_FILE = 40  # in the outline of a folder


def show(
    workspace: Workspace,
    address: Annotated[str, "what to show, e.g. shop/cart.py::Cart.total or Cart.total:10-20"],
    *,
    around: Annotated[
        bool, "say what stands around it: its class, the imports and definitions it uses"
    ] = True,
    tokens: Annotated[int, "about how many tokens of it to print"] = SHOWN_TOKENS,
) -> Reply:
    """Show a chunk, section or file with its digest, numbered lines and what stands around it."""
    located = locate(parse_address(address), workspace)
    _, document = read_file(located.path)
    place = find(located.address, document, located.document)
    if place is None:
        assert isinstance(document, Notebook)
        if located.address.lines is not None:
            raise whole_refused(located.address, located.document)
        return show_notebook(document, located, workspace, tokens)
    found, chunk = place.outline, place.chunk
    lines = split_lines(chunk.span.of(found.source.plain))
    wanted = located.address.lines
    first = max(wanted.first, 1) if wanted else 1
    last = min(wanted.last, len(lines)) if wanted else len(lines)
    name = full_name(located.document, place.target)
    if first > len(lines):
        raise ParseError(f"{name} has {len(lines)} lines")
    digest = found.digest(chunk.span)
    workspace.seen[name] = digest
    in_file = found.lines(chunk.span)
    container = "cell" if isinstance(document, Notebook) else "file"
    head = f"{name}@{digest}" + (f"  line {in_file[0]} of the {container}" if in_file[0] > 1 else "")
    if found.error and found.python:
        head += f"  ({found.error})"
    body = list(numbered(lines, first, last, tokens))
    shown = first + len(body) - 1
    if shown < last:
        parts = f"; its parts: outline {name}" if chunk.children or not chunk.name else ""
        body.append(f"... {last - shown} more lines: show '{name}:{shown + 1}-{last}'{parts}")
    facts: dict[str, object] = {
        "address": name,
        "digest": digest,
        "lines": list(in_file),
        "first": first,
        "text": "\n".join(lines[first - 1 : shown]),
    }
    if around and wanted is None and chunk.is_definition:
        near = surroundings(chunk, found, other_cells(found, document))
        body += _around(near, name.rpartition(".")[0])
        facts |= {
            "owner": near.owner,
            "beside": list(near.beside),
            "uses": list(near.uses),
            "imports": list(near.imports),
        }
    return Reply((head, *body), facts)


def _around(near: Surroundings, owner: str) -> Iterator[str]:
    """Yield `in class Cart(Base): items: list; add(self, item)`, `uses RATE = 20`, `imports os.path`."""
    beside, more = within(near.beside, AROUND)
    if near.owner:
        rest = [f"{more} more: outline {owner}"] if more else []
        yield ": ".join(filter(None, (f"in {near.owner}", "; ".join(filter(None, (beside, *rest))))))
    elif near.beside:
        yield f"beside {within(near.beside[:2], AROUND)[0]}"
    for word, parts, sign in (("uses", near.uses, "; "), ("imports", near.imports, ", ")):
        said, more = within(parts, AROUND, sign)
        if said:
            yield f"{word} {said}{f'{sign}{more} more' if more else ''}"


def outline(
    workspace: Workspace,
    path: Annotated[str, "file, folder or module; the whole project by default"] = "",
) -> Reply:
    """List the definitions of a file with their lines, or of every file of a folder."""
    for base in (workspace.folder, workspace.root) if path else (workspace.root,):
        if os.path.isdir(base / path):
            return _outline_folder(base / path, workspace)
    located = locate(parse_address(path), workspace)
    _, found = read_file(located.path)
    if isinstance(found, Notebook):
        return outline_notebook(found, located)
    if not found.python and not (found.sections or found.problems):
        raise ParseError(f"{located.document}: {found.error}", steps=[f"show {located.document}"])
    start = resolve(located.address, found, located.document)
    chunks = start.children if start.name else found.chunks
    whole = len(found.starts) - (1 if found.source.text.endswith(("\n", "\r")) else 0)
    named = f"::{label(start, found)}" if start.name else ""
    head = f"{located.document}{named}@{found.digest(start.span)}  {whole} lines"
    if found.error and found.python:
        head += f"  ({found.error})"
    lines_of = list(entries(chunks, found, 0))
    facts = {
        "document": located.document,
        "chunks": [
            {
                "address": f"{located.document}::{label(chunk, found)}",
                "kind": chunk.kind,
                "lines": list(found.lines(chunk.span)),
            }
            for chunk in found.walk()
        ],
        "sections": [f"{located.document}::{section.name}" for section in found.sections],
    }
    sections = [
        f"{section.name}  {lines_said(section, found)}" for section in found.sections if not start.name
    ]
    problems = [f"section {name}: {wrong}" for name, wrong in found.problems.items()]
    lines = [head, *lines_of, *sections, *problems]
    return Reply(tuple(bounded(lines, f"outline {located.document}::Name")), facts)


def _outline_folder(folder: Path, workspace: Workspace) -> Reply:
    lines, facts = [], []
    for path in walk(folder, NAMED):
        name = workspace.name(path)
        try:
            _, found = read_file(path)
        except NotFoundError:  # gone since the walk
            continue
        except IpyLlmError as error:
            lines.append(f"{name}  ({error.message.removeprefix(f'{path.name}: ')})")
            facts.append({"document": name, "names": []})
            continue
        outlines = [cell.outline for cell in found.cells] if isinstance(found, Notebook) else [found]
        tops = [chunk.name for one in outlines for chunk in one.chunks if chunk.kind != "assignment"]
        facts.append({"document": name, "names": tops})
        broken = f"  ({found.error})" if isinstance(found, Outline) and found.error else ""
        lines.append(name + broken + _names(tops))
    if not lines:
        raise NotFoundError(f"no Python files in {folder}")
    return Reply(tuple(bounded(lines, "outline FOLDER")), {"documents": facts})


def _names(tops: list[str]) -> str:
    names = list(dict.fromkeys(tops))
    if len(names) > NAMES_OF_FILE:
        names[NAMES_OF_FILE:] = [f"... {len(names) - NAMES_OF_FILE} more"]
    return f": {', '.join(names)}" if names else ""
