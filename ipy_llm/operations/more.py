"""What a cell printed beyond what was shown: `more`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from ipy_llm.errors import NotFoundError, ParseError, RequestError
from ipy_llm.operations.operation import Reply
from ipy_llm.session.output.kept import Kept, matching
from ipy_llm.workspace.project import Workspace

PAGE = 8000  # characters
_WHICH = re.compile(r"(?:In|Out)?\[?(?P<cell>\d+)?\]?(?::(?P<first>\d+)(?:-(?P<last>\d+)?)?)?")


def more(
    _workspace: Workspace,
    which: Annotated[
        str,
        "the number of the cell, and lines of its output: 3 or 3:401-450; none for the next page of the last",
    ] = "",
    *,
    find: Annotated[str, "only the lines in which this is found, a text or a pattern"] = "",
    kept: Kept | None = None,
) -> Reply:
    """Show more of the output of a cell that was too long to be shown whole."""
    if kept is None:
        raise RequestError("more is for a session", steps=["in IPython: %llm more"])
    asked = _WHICH.fullmatch(which.strip())
    if asked is None:
        raise ParseError(
            f"not a cell and lines of its output: {which}", steps=["%llm more 3", "%llm more 3:401-450"]
        )
    if not kept.texts:
        raise NotFoundError("no cell said more than was shown")
    number = int(asked["cell"]) if asked["cell"] else list(kept.texts)[-1]
    if number not in kept.texts:
        known = ", ".join(map(str, kept.texts))
        raise NotFoundError(f"nothing more of In[{number}]; there is of {known}", near=[known])
    lines = kept.lines(number)
    if find:
        return _found(lines, find, number)
    first = int(asked["first"]) if asked["first"] else kept.read[number] + 1
    last = int(asked["last"]) if asked["last"] else len(lines)
    if first > len(lines):
        raise NotFoundError(f"In[{number}] said {len(lines)} lines", steps=[f"%llm more {number}:1"])
    page = list(_within(lines[first - 1 : last]))
    reached = first - 1 + len(page)
    kept.read[number] = reached
    head = f"In[{number}] lines {first}-{reached} of {len(lines)}"
    if reached < min(last, len(lines)):
        head += f"; next: %llm more {number}"
    return Reply((head, *page), {"cell": number, "first": first, "last": reached, "lines": len(lines)})


def _found(lines: list[str], pattern: str, number: int) -> Reply:
    found = matching(lines, pattern)
    page = list(_within([f"{at}\t{lines[at - 1]}" for at in found]))
    left = f"; the first {len(page)} of them" if len(page) < len(found) else ""
    head = f"{len(found)} of {len(lines)} lines of In[{number}] have {pattern}{left}"
    return Reply((head, *page), {"cell": number, "found": found, "lines": len(lines)})


def _within(lines: list[str]) -> Iterator[str]:
    """Yield as many lines as a page holds, one at least."""
    room = PAGE
    for position, line in enumerate(lines):
        room -= len(line) + 1
        if room < 0 and position:
            return
        yield line
