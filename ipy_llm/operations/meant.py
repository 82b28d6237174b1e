"""The entry that was meant: what a refusal names is written as the whole header to send."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from ipy_llm.errors import AmbiguousError, IpyLlmError, NotFoundError
from ipy_llm.source.address import parse_address
from ipy_llm.source.patch import Entry
from ipy_llm.source.sent.reading import parse_suite
from ipy_llm.source.sent.slips import reads, understand
from ipy_llm.source.structure.syntax import bound_names
from ipy_llm.workspace.locate import exists, near_places, places
from ipy_llm.workspace.project import Workspace

_NAMED = re.compile(r"(?P<lead>did you mean |  )(?P<quote>'?)(?P<address>\S+?)(?P=quote)(?P<tail>  .*|)")


def with_entries(error: IpyLlmError, entry: Entry, workspace: Workspace) -> IpyLlmError:
    """Return an error whose steps name addresses as one that names headers, with the verb and the lines asked for."""
    if not isinstance(error, (NotFoundError, AmbiguousError)):
        return error
    steps = list(error.steps)
    if isinstance(error, NotFoundError) and not error.near:
        others = [f"did you mean {one}" for one in near_places(entry.header.address.name, workspace)]
        steps = others or steps
    error.steps = (*_additions(entry, workspace), *(_as_header(step, entry) for step in steps))
    return error


def by_name(text: str, workspace: Workspace) -> list[str]:
    """Return how to send a text that has no header, by the one name that it defines; nothing where it has several."""
    names = _defined(text) if "@@" not in text else []
    return (
        [f"for {names[0]}: {place}" for place in near_places(names[0], workspace)[:3]]
        if len(names) == 1
        else []
    )


def _as_header(step: str, entry: Entry) -> str:
    match = _NAMED.fullmatch(step)
    if match is None:
        return step
    asked = entry.header.address
    address = replace(parse_address(match["address"]), digest=asked.digest, lines=asked.lines)
    header = str(replace(entry.header, address=address))
    plain = header == match["address"]
    return (
        f"{match['lead']}{match['quote']}{header}{match['quote']}{match['tail']}"
        if plain
        else f"{match['lead']}{header}"
    )


def _additions(entry: Entry, workspace: Workspace) -> Iterator[str]:
    """Yield how to add what the text defines, where the address is of that name and nothing has it."""
    asked = entry.header.address
    if entry.header.verb != "replace" or asked.lines or entry.header.substitution:
        return
    owner, _, name = asked.name.rpartition(".")
    if name not in _defined(entry.text):
        return
    if asked.document is not None and not exists(asked.document, workspace):
        return
    if not owner:
        if asked.document is not None:
            yield f"to add it: into {asked.document}"
        return
    for place in places(owner, workspace, asked.document):
        yield f"to add it: into {place}"


def _defined(text: str) -> list[str]:
    code, _ = understand(text)
    body: list[ast.stmt] = parse_suite(code)[0] if code and reads(code) else []
    return [name for node in body for name in bound_names(node)]
