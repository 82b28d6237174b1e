"""Searching: `find`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, get_args

from ipy_llm.errors import NotFoundError, ParseError
from ipy_llm.explore.contents import Definition, read_contents
from ipy_llm.explore.find import Hits, Kind, Place, Query
from ipy_llm.explore.find import find as search
from ipy_llm.explore.index import Index, read_index
from ipy_llm.operations.operation import Reply
from ipy_llm.source.chunks import Outline
from ipy_llm.source.near import closest
from ipy_llm.source.tokens import tokens as estimate
from ipy_llm.workspace.cells import cells
from ipy_llm.workspace.locate import read_file
from ipy_llm.workspace.project import Workspace, cache_folder

FOUND_TOKENS = 1500
LINES_OF_CHUNK = 6
LINE = 120  # characters

_KINDS: tuple[Kind, ...] = get_args(Kind)
_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def find(
    workspace: Workspace,
    query: Annotated[str, "a name (total, Cart.total), else text"],
    *,
    kind: Annotated[
        str, "def, class, name (definitions and uses in code) or text (anything that holds it)"
    ] = "",
    regex: Annotated[bool, "the query is a regular expression"] = False,
    in_: Annotated[str, "files or folders to look in, e.g. tests or 'src/*_api.py'"] = "",
    skip: Annotated[int, "how many of the first places to leave out"] = 0,
    tokens: Annotated[int, "about how many tokens to print"] = FOUND_TOKENS,
) -> Reply:
    """Find definitions by name, and where a name or text stands, each with the address to edit."""
    asked = _query(query, kind, workspace, in_, regex=regex)
    index = read_index(workspace.root, cache_folder(workspace.root))
    try:
        hits = search(asked, index)
    except re.error as error:
        raise ParseError(
            f"not a regular expression: {query!r}: {error}", steps=["without --regex it is text"]
        ) from error
    if not asked.regex and not asked.inside and asked.kind != "text":
        hits = replace(hits, defined=(*_in_cells(asked, workspace), *hits.defined))
    if not hits.defined and not hits.places:
        raise _nothing(asked, hits, index)
    places = [*map(_definition, hits.defined), *map(said, hits.places)]
    again = " ".join(["find", _quoted(query), *_options(kind, in_, regex=regex)])
    lines = paged(places, skip, tokens, again)
    return Reply((_head(asked, hits), *lines), _facts(hits))


def said(place: Place) -> list[str]:
    """Return a place as lines: its address with the first line, the further ones below, as `:4  text`."""
    shown = [f":{number}  {cut(text)}" for number, text in place.lines[:LINES_OF_CHUNK]]
    more = len(place.lines) - len(shown)
    rest = [f"  +{more} lines"] if more else []
    return [
        f"{addressed(place.address, place.digest)}{shown[0]}",
        *(f"  {each}" for each in shown[1:]),
        *rest,
    ]


def addressed(address: str, digest: str) -> str:
    """Return an address with its digest."""
    return f"{address}@{digest}" if digest else address


def cut(text: str) -> str:
    """Return a line without its blanks at both ends, and no longer than is worth its tokens."""
    text = text.strip()
    return text if len(text) <= LINE else f"{text[: LINE - 4]} ..."


def paged(places: Sequence[Sequence[str]], skip: int, budget: int, again: str) -> Iterator[str]:
    """Yield as many places as the budget holds, one at least, and how to ask for the rest."""
    for number, place in enumerate(places[skip:], skip):
        budget -= estimate("\n".join(place)) + 1
        if budget < 0 and number > skip:
            yield f"... {len(places) - number} more: {again} --skip {number}"
            return
        yield from place


def place_facts(places: Sequence[Place]) -> list[dict[str, object]]:
    """Return places as data."""
    return [
        {
            "address": place.address,
            "digest": place.digest,
            "lines": [{"line": number, "text": text} for number, text in place.lines],
        }
        for place in places
    ]


def _query(text: str, kind: str, workspace: Workspace, inside: str, *, regex: bool) -> Query:
    if not text.strip():
        raise ParseError("find what? a name or a text")
    if kind and kind not in _KINDS:
        raise ParseError(f"no kind {kind}", steps=[f"kinds: {', '.join(_KINDS)}"])
    if not kind:
        kind = "name" if not regex and _NAME.fullmatch(text) else "text"
    elif kind != "text" and not regex and not _NAME.fullmatch(text):
        raise ParseError(
            f"not a name: {text!r}", steps=["for any text: --kind text", "for a pattern: --regex"]
        )
    chosen = next(each for each in _KINDS if each == kind)
    return Query(
        text, chosen, regex, tuple(_inside(each, workspace) for each in inside.replace(",", " ").split())
    )


def _inside(given: str, workspace: Workspace) -> str:
    for base in (workspace.folder, workspace.root):
        if os.path.exists(base / given):
            name = workspace.name(base / given)
            return "." if os.path.abspath(base / given) == str(workspace.root) else name
    if any(sign in given for sign in "*?["):
        return given
    raise NotFoundError(f"no file or folder {given}", steps=["patterns are quoted: --in 'tests/*.py'"])


def _in_cells(query: Query, workspace: Workspace) -> Iterator[tuple[str, Definition]]:
    """Yield what the session's cells define by the name, each name where it was defined last."""
    seen: set[str] = set()
    kinds = {"def": {"function"}, "class": {"class"}}.get(query.kind)
    for path in cells(workspace):
        _, document = read_file(path)
        if not isinstance(document, Outline):
            continue
        for one in read_contents(document).definitions:
            fits = one.name == query.text or one.name.endswith(f".{query.text}")
            if fits and one.name.partition(".")[0] not in seen and (kinds is None or one.kind in kinds):
                yield workspace.name(path), one
        seen |= {chunk.name for chunk in document.chunks}


def _head(query: Query, hits: Hits) -> str:
    """Return `total: 1 definition, used on 14 lines in 5 files; 2 in strings and comments: --kind text`."""
    count = sum(len(place.lines) for place in hits.places)
    files = len({place.file for place in hits.places})
    word = "" if query.kind == "text" else "used on "
    parts = []
    if query.kind != "text":
        parts.append(f"{len(hits.defined)} definition{'s' * (len(hits.defined) != 1)}")
    if query.kind in {"name", "text"}:
        parts.append(f"{word}{count} line{'s' * (count != 1)} in {files} file{'s' * (files != 1)}")
    more = f"; {hits.in_text} in strings and comments: --kind text" if hits.in_text else ""
    return f"{query.text}: {', '.join(parts)}{more}"


def _definition(found: tuple[str, Definition]) -> list[str]:
    file, one = found
    return [f"{file}::{one.target}@{one.digest}  {one.head}"]


def _nothing(query: Query, hits: Hits, index: Index) -> NotFoundError:
    where = f" in {', '.join(query.inside)}" if query.inside else ""
    if query.regex and query.kind in {"def", "class"} and query.text.startswith((f"{query.kind} ", "^")):
        steps = [f"with --kind {query.kind} the pattern is of qualified names, e.g. '\\._send'"]
        return NotFoundError(f"no {query.text}{where}", steps=steps)
    if hits.in_text:
        return NotFoundError(
            f"no {query.text} in code{where}", steps=[f"{hits.in_text} in strings and comments: --kind text"]
        )
    near: list[str] = []
    if not query.regex and query.kind != "text":
        kinds = {"def": {"function"}, "class": {"class"}}.get(query.kind, {"function", "class", "assignment"})
        every = (one for contents in index.files.values() for one in contents.definitions)
        names = {one.name: None for one in every if one.kind in kinds}
        last = query.text.rpartition(".")[2].lower()
        holding = [name for name in names if last in name.rpartition(".")[2].lower()]
        near = list(dict.fromkeys((*closest(query.text, names, count=3), *sorted(holding, key=len)[:3])))
    steps = [f"did you mean {name}" for name in near[:4]]
    return NotFoundError(f"no {query.text}{where}", near=near, steps=steps)


def _options(kind: str, inside: str, *, regex: bool) -> Iterator[str]:
    yield from (
        [f"--kind {kind}"] * bool(kind) + ["--regex"] * regex + [f"--in {_quoted(inside)}"] * bool(inside)
    )


def _quoted(text: str) -> str:
    """Return a word as a shell takes it; where it needs no quotes, as every face does."""
    return text if re.fullmatch(r"[\w./-]+", text) else "'" + text.replace("'", "'\\''") + "'"


def _facts(hits: Hits) -> dict[str, object]:
    defined = [
        {"address": f"{file}::{one.target}", "digest": one.digest, "kind": one.kind, "head": one.head}
        for file, one in hits.defined
    ]
    return {"definitions": defined, "places": place_facts(hits.places), "in_text": hits.in_text}
