"""A document of any kind: a text with its outline, or a notebook with its cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from ipy_llm.errors import EditRejectedError
from ipy_llm.source.address import Address
from ipy_llm.source.chunks import Chunk, Language, Outline
from ipy_llm.source.notebooks.cells import cell_name, find_cell, names
from ipy_llm.source.structure.kept import known_outline
from ipy_llm.source.structure.magics import cell_source
from ipy_llm.source.structure.resolve import has, label, labels, resolve
from ipy_llm.source.text import decode, encode

if TYPE_CHECKING:
    from ipy_llm.source.notebooks.notebook import Notebook

Document: TypeAlias = "Outline | Notebook"

_WITH_COOKIE = frozenset({"python", "ipython"})  # languages whose files may declare their encoding


@dataclass(frozen=True, slots=True)
class Found:
    """A chunk, the outline of the document or cell it stands in, and the target that names it."""

    outline: Outline
    chunk: Chunk
    target: str


def read_document(data: bytes, language: Language) -> Document:
    """Read a document from the bytes of its file. Raises `ParseError`."""
    source = decode(data, python=language in _WITH_COOKIE)
    if language == "ipython":
        return known_outline(*cell_source(source))
    if language != "notebook":
        return known_outline(source, language)
    from ipy_llm.source.notebooks.notebook import read_notebook  # noqa: PLC0415 - few documents are; each cold start would pay

    return read_notebook(source)


def to_bytes(document: Document) -> bytes:
    """Return the bytes of a document's file. Raises `RequestError` where its encoding lacks a character."""
    source = document.source
    if source.veiled:
        source = replace(source, text=source.plain, veiled=False)
    return encode(source, python=isinstance(document, Outline) and document.language in _WITH_COOKIE)


def find(address: Address, document: Document, name: str) -> Found | None:
    """Return the chunk an address names; None where it names a notebook as a whole.

    `name` is how messages write the document. Raises as `resolve` does.
    """
    if not isinstance(document, Outline):
        number = find_cell(address, document, name)
        if number is None:
            return None
        own = document.cells[number].outline
        cell = cell_name(number)
        chunk = resolve(address, own, f"{name}::{cell}")
        return Found(own, chunk, f"{cell}{'::' * bool(chunk.name)}{label(chunk, own)}")
    refuse_cell(address, name)
    chunk = resolve(address, document, name)
    return Found(document, chunk, label(chunk, document))


def other_cells(outline: Outline, document: Document) -> list[Outline]:
    """Return the outlines of a notebook's cells of Python but the one at hand; none of another document."""
    cells = () if isinstance(document, Outline) else document.cells
    return [cell.outline for cell in cells if cell.outline.python and cell.outline is not outline]


def full_name(name: str, target: str) -> str:
    """Return the address of a target in a document."""
    return f"{name}::{target}" if target else name


def holds(address: Address, document: Document) -> bool:
    """Say whether a document has what an address's target names."""
    if not isinstance(document, Outline):
        return address.cell is not None or any(has(address, cell.outline) for cell in document.cells)
    return has(address, document)


def targets(address: Address, document: Document) -> list[str]:
    """Return every target in a document that an address may mean."""
    return labels(address, document) if isinstance(document, Outline) else names(address, document)


def ending_in(word: str, document: Document) -> Iterator[tuple[str, str]]:
    """Yield the qualified name and the target of every chunk whose name ends in a word."""
    cells = (
        [("", document)]
        if isinstance(document, Outline)
        else [(f"{cell_name(number)}::", cell.outline) for number, cell in enumerate(document.cells)]
    )
    for prefix, own in cells:
        for chunk in own.walk():
            if chunk.name.rpartition(".")[2] == word:
                yield chunk.name, f"{prefix}{label(chunk, own)}"


def refuse_cell(address: Address, name: str) -> None:
    """Refuse the cell of a document that is no notebook. Raises `EditRejectedError`."""
    if address.cell is not None:
        raise EditRejectedError(
            f"[{address.cell}] is a cell of a notebook, and {name} is none",
            steps=[f"for lines of it: {name}:{address.cell}"]
            if address.cell.isdecimal()
            else [f"show {name}"],
        )
