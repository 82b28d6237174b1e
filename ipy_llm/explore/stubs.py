"""The stubs of a project, `cart.pyi` beside `cart.py`: a second reading of its modules, where names follow too."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from ipy_llm.errors import IpyLlmError
from ipy_llm.explore.contents import NOTHING
from ipy_llm.explore.index import Index
from ipy_llm.explore.names import Defined, Names
from ipy_llm.explore.refs import References, positions, references
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.text import Source, decode
from ipy_llm.workspace.project import scan_project


def stubbed(index: Index, name: str) -> Names | None:
    """Return a project's names as its stubs say them, each in place of its module; None where none has the name."""
    base = f"{index.root}{os.sep}"
    texts: dict[str, str] = {}
    for path, _ in scan_project(index.root, ".pyi"):
        file = path.removeprefix(base).replace(os.sep, "/").removesuffix("i")
        try:
            texts[file] = decode(Path(path).read_bytes()).text
        except (OSError, IpyLlmError):  # its name cannot be known to be there
            continue
    if not any(name in text for text in texts.values()):
        return None
    return Names(replace(index, files=dict.fromkeys(texts, NOTHING) | index.files), texts)


def in_stubs(one: Defined, stubs: Names) -> tuple[set[tuple[int, int]], References] | None:
    """Return where stubs define something and where they mean it; None where its module's stub lacks it."""
    text = stubs.texts.get(one.file)
    if text is None:
        return set(), References((), ())
    found = outline(Source(text))
    chunks = [chunk for chunk in found.walk() if chunk.name == one.name]
    if not chunks:
        return None
    own = positions(chunks, found)
    return own, references(one, own, stubs, kind=chunks[0].kind, seconds=0, within=stubs.texts)
