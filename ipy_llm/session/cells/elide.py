"""A cell that defines a class or function anew and leaves parts out gets them from the definition that stands."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from ipy_llm.errors import EditRejectedError
from ipy_llm.explore.stored import home, instance_dict, plain_text
from ipy_llm.session.documents.registry import Cells
from ipy_llm.source.address import Address
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.editing.edits import Replace
from ipy_llm.source.sent.reading import placeholders
from ipy_llm.source.structure.kept import known_outline
from ipy_llm.source.structure.magics import cell_source
from ipy_llm.source.text import Source, Span, splice


@dataclass(frozen=True, slots=True)
class Merged:
    """A cell's text with what it left out, and a line on each definition that was merged."""

    text: str
    notices: tuple[str, ...] = ()


def merge_cell(text: str, cells: Cells, namespace: Mapping[str, object]) -> Merged:
    """Return a cell with what its placeholders stand for.

    Raises an `IpyLlmError` where that is not certain, or where the definition stands in a file.
    """
    if not placeholders(text, ""):
        return Merged(text)
    found = known_outline(*cell_source(Source(text)))
    splices: list[tuple[Span, str]] = []
    notices: list[str] = []
    for chunk in found.chunks:
        sent = chunk.span.of(found.source.text)
        if not chunk.is_definition or chunk.inline or not placeholders(sent, ""):
            continue
        standing = cells.defining(chunk.name)
        if standing is None:
            _refuse_imported(chunk.name, namespace)
            continue
        cell, old = standing
        outline = cell.outline()
        if placeholders(sent, old.span.of(outline.source.text)):
            merged, notes = _merge(sent, chunk, outline, cell.name)
            splices.append((chunk.span, merged))
            notices.append(f"{chunk.name}: merged with the one of {cell.name} ({'; '.join(notes)})")
    if not splices:
        return Merged(text)
    return Merged(found.source.with_text(splice(found.source.text, splices)).plain, tuple(notices))


def _merge(sent: str, chunk: Chunk, outline: Outline, name: str) -> tuple[str, tuple[str, ...]]:
    from ipy_llm.source.writing import edit_document  # noqa: PLC0415 - few cells leave anything out

    edit = Replace(Address(document=name, name=chunk.name), sent)
    try:
        after, (touched,) = edit_document([edit], outline, name)
    except EditRejectedError as error:
        error.message = error.message.replace("nothing was written", "nothing was run")
        raise
    assert isinstance(after, Outline)
    merged = [one for one in after.chunks if one.name == chunk.name and one.is_definition][-1]
    return merged.span.of(after.source.text), touched.notes


def _refuse_imported(name: str, namespace: Mapping[str, object]) -> None:
    """Refuse to define anew, in part, what a module of the session defines."""
    module, _ = home(namespace.get(name))
    file = plain_text(instance_dict(sys.modules.get(module)).get("__file__"))
    if not file or module == "__main__":
        return
    ours = not any(part in file for part in (f"{os.sep}site-packages{os.sep}", os.path.dirname(os.__file__)))
    raise EditRejectedError(
        f"{name} is defined in {module}, and this cell leaves parts of it out; nothing was run",
        steps=[f"to edit it there: %%edit {module}::{name}" if ours else "send the whole text"],
    )
