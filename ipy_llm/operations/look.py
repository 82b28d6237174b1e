"""Looking at code: `show`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from ipy_llm.errors import ParseError
from ipy_llm.operations.listing import numbered
from ipy_llm.operations.notebooks import show_notebook
from ipy_llm.operations.operation import Reply
from ipy_llm.source.address import parse_address
from ipy_llm.source.chunks import Outline
from ipy_llm.source.documents import find, full_name, other_cells
from ipy_llm.source.notebooks.cells import whole_refused
from ipy_llm.source.structure.surroundings import Surroundings, surroundings, within
from ipy_llm.source.text import split_lines
from ipy_llm.workspace.locate import locate, read_file
from ipy_llm.workspace.project import Workspace

SHOWN_TOKENS = 4000
AROUND = 60, 160  # characters of a line on what stands around, of a short chunk and of a long one


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
        assert not isinstance(document, Outline)
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
    whole = isinstance(document, Outline) and located.path.parent != workspace.cells
    head = f"{name}@{digest}" + (
        f"  {'file' if whole else 'cell'} line {in_file[0]}" if in_file[0] > 1 else ""
    )
    if found.error and found.python:
        head += f"  ({found.error})"
    body = list(numbered(lines, first, last, tokens))
    shown = first + len(body) - 1
    if shown < last:
        parts = f"; its parts: outline {name}" if chunk.children or not chunk.name else ""
        body.append(f"... {last - shown} more lines: show '{name}:{shown + 1}-{last}'{parts}")
    text = "\n".join(lines[first - 1 : shown])
    facts: dict[str, object] = {
        "address": name,
        "digest": digest,
        "lines": list(in_file),
        "first": first,
        "text": text,
    }
    if around and wanted is None and chunk.is_definition:
        near = surroundings(chunk, found, other_cells(found, document))
        body += _around(near, min(max(AROUND[0], len(text) // 4), AROUND[1]))
        facts |= {
            "owner": near.owner,
            "beside": list(near.beside),
            "others": list(near.others),
            "uses": list(near.uses),
            "imports": list(near.imports),
        }
    return Reply((head, *body), facts)


def _around(near: Surroundings, limit: int) -> Iterator[str]:
    """Yield `in class Cart(Base): add(item); total, tax +3`, `uses RATE = 20`, `imports Item from .items`."""
    if near.owner:
        said, more = within(near.beside, limit)
        names, unnamed = within(near.others, limit // 3, ", ")
        rest = f" +{more + unnamed}" if more + unnamed else ""
        beside = "; ".join(filter(None, (said, names))) + rest
        yield ": ".join(filter(None, (f"in {near.owner}", beside)))
    for word, parts in (("uses", near.uses), ("imports", near.imports)):
        said, more = within(parts, limit)
        if said:
            yield f"{word} {said}{f' +{more}' if more else ''}"
