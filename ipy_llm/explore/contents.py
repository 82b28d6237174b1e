"""What a file defines and which words it holds."""

from __future__ import annotations

import marshal
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from ipy_llm.source.chunks import Kind, Outline
from ipy_llm.source.sent.reading import parse_suite
from ipy_llm.source.structure.imported import statements
from ipy_llm.source.structure.resolve import label, whole
from ipy_llm.source.structure.signature import head

# A name with the dot before it, outside strings and comments; of an f-string the names are lost, which only ranks.
_WORD = re.compile(
    r"#[^\r\n]*|(\"\"\"|''')(?:[^\\]|\\.)*?\1|\"(?:[^\"\\\r\n]|\\.)*\"|'(?:[^'\\\r\n]|\\.)*'|(\.?[^\W\d]\w*)",
    re.DOTALL,
)


class Definition(NamedTuple):
    """A function, class or assignment of a file. A tuple, since ten thousand are made at a call."""

    target: str  # what names it alone, after `::`
    name: str  # qualified
    kind: Kind
    first: int  # lines of the chunk in its file, or its notebook's cell
    last: int
    digest: str
    head: str  # the signature, with decorators
    uses: (
        int  # how often its last name stands in its own file, its definition included; a member's after a dot
    )


class Contents(NamedTuple):
    """What a file holds: its definitions and its words."""

    digest: str
    lines: int  # of a notebook's code
    error: str | None  # why it has no definitions
    size: int  # how many definitions
    packed: bytes  # the definitions: few of the thousands that are kept are asked for at a call
    words: str  # ` total`, and ` .total` where it follows a dot; not those of strings and comments
    imports: str = ""  # the statements of the imports at its top, one name each, a line each

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """The definitions in the order in which they stand, owners first."""
        return _unpacked(self.packed)


def packed(found: Sequence[Definition]) -> bytes:
    """Return definitions as `Contents` keeps them."""
    return marshal.dumps(tuple(map(tuple, found)))


NOTHING = Contents("", 0, None, 0, packed(()), "")  # of a file that is not there yet


@lru_cache(maxsize=1024)
def _unpacked(kept: bytes) -> tuple[Definition, ...]:
    return tuple(map(Definition._make, marshal.loads(kept)))  # noqa: S302 - our own, from `packed`


def innermost(found: Iterable[Definition], line: int) -> Definition | None:
    """Return the innermost of a file's definitions whose lines hold a 1-based line, or None."""
    innermost = None
    for one in found:
        if one.first > line:
            break  # in the order in which they stand
        if line <= one.last:
            innermost = one
    return innermost


def read_contents(found: Outline) -> Contents:
    """Return what an outline holds, as the index keeps it."""
    text = found.source.plain
    chunks = list(found.walk())
    twins = Counter(chunk.name for chunk in chunks)
    words = Counter(word for _, word in _WORD.findall(text))
    entries = tuple(
        Definition(
            chunk.name if twins[chunk.name] == 1 else label(chunk, found),
            chunk.name,
            chunk.kind,
            *found.lines(chunk.span),
            found.digest(chunk.span),
            head(chunk, found),
            _uses(chunk.name, words),
        )
        for chunk in chunks
    )
    lines = len(found.starts) - (text.endswith(("\n", "\r")) or not text)
    held = " ".join(sorted(word for word in words if word))
    digest = found.digest(whole(found).span)
    return Contents(digest, lines, found.error, len(entries), packed(entries), held, _imports(found))


def _imports(found: Outline) -> str:
    if found.imports is None or found.error is not None:
        return ""
    nodes = parse_suite(found.imports.of(found.source.text))[0]
    return "\n".join(dict.fromkeys(each for node in nodes for each in statements(node)))


def _uses(name: str, words: Counter[str]) -> int:
    owner, _, last = name.rpartition(".")
    if last.startswith("_"):
        return 0
    return min(words[f".{last}"] + (0 if owner else words[last]), 9)
