"""From entries of a patch to what each file becomes: all of it, or an error and nothing."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ipy_llm.errors import IpyLlmError, RequestError, StaleError
from ipy_llm.operations.meant import with_entries
from ipy_llm.source.address import Address, as_target
from ipy_llm.source.chunks import Outline
from ipy_llm.source.documents import (
    Document,
    find,
    full_name,
    holds,
    to_bytes,
)
from ipy_llm.source.editing.edits import Delete, Edit, Hunks, Touched, edit_of
from ipy_llm.source.editing.gate import compile_gate
from ipy_llm.source.fitting.literal import literal_document
from ipy_llm.source.patch import Entry
from ipy_llm.source.structure.resolve import settled
from ipy_llm.source.text import Source, digest, encode
from ipy_llm.source.writing import create_document, edit_document
from ipy_llm.workspace.files import Change, language_of, mode_of
from ipy_llm.workspace.importers import importers
from ipy_llm.workspace.locate import Located, locate, new_document, read_file, require_inside
from ipy_llm.workspace.project import Workspace
from ipy_llm.workspace.settings import read_settings


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a patch comes to: the files' bytes, and what each entry touched with its document, in order."""

    changes: tuple[Change, ...]
    touched: tuple[tuple[Touched, str], ...]

    @property
    def changed(self) -> list[Change]:
        """The files whose bytes would differ."""
        return [change for change in self.changes if change.before != change.after]


@dataclass
class _Document:
    """A file that entries edit: its own path, how it stands, and the edits with the numbers of their entries."""

    path: Path
    name: str
    before: bytes
    document: Document
    edits: list[tuple[int, Edit]] = field(default_factory=list)
    removed: bool = False


def prepare(entries: Sequence[Entry], workspace: Workspace, *, allow_removal: bool = False) -> Prepared:
    """Apply entries to the files they name, in memory. All addresses mean the text before.

    Raises an `IpyLlmError`, of several entries with the line of the one it is about.
    """
    documents: dict[Path, _Document] = {}  # by their own paths, links followed: two names may be one file
    created: dict[Path, Change] = {}
    touched: dict[int, tuple[Touched, str]] = {}
    last: Located | None = None
    # What is deleted first: a document may be made anew in the place of one that was there.
    for number, entry in sorted(enumerate(entries), key=lambda item: item[1].header.verb == "create"):
        try:
            if entry.header.verb == "create":
                change, made, name = _create(entry, documents, workspace)
                if created.setdefault(change.path, change) is not change:
                    raise RequestError(f"{name} is created twice; nothing was written")
                touched[number] = (made, name)
                continue
            last, document = _locate(entry.header.address, last, documents, workspace)
            if isinstance(document.document, Outline):
                last = replace(last, address=settled(last.address, document.document))
            address = _as_seen(last, document.document, workspace)
            header = replace(entry.header, address=address)
            edit = Hunks(address, entry.hunks) if entry.hunks else edit_of(header, entry.text)
            document.edits.append((number, edit))
            if _is_whole(edit):
                touched[number] = _remove(edit, document)
        except IpyLlmError as error:
            raise _placed(with_entries(error, entry, workspace), entry, entries) from error
    changes = list(created.values())
    for real, document in documents.items():
        numbers, edits = zip(*document.edits, strict=True)
        if document.removed:
            if len(edits) > 1:
                raise RequestError(f"{document.name} is edited, and deleted; nothing was written")
            if real not in created:
                changes.append(Change(document.path, document.before, None, mode_of(document.path)))
            continue
        try:
            after, done = edit_document(
                edits,
                document.document,
                document.name,
                allow_removal=allow_removal,
                target=read_settings(workspace.root).target,
            )
        except IpyLlmError as error:
            if len(numbers) == 1:
                error = with_entries(error, entries[numbers[0]], workspace)
            raise _placed(error, entries[numbers[0]], entries if len(numbers) == 1 else ()) from error
        changes.append(Change(document.path, document.before, to_bytes(after)))
        done = tuple(_with_importers(one, document, documents, workspace) for one in done)
        touched |= {number: (one, document.name) for number, one in zip(numbers, done, strict=True)}
    return Prepared(tuple(changes), tuple(touched[number] for number in range(len(entries))))


def _with_importers(
    done: Touched, document: _Document, documents: Collection[Path], workspace: Workspace
) -> Touched:
    """Name the files that import a deleted name, save those that the patch edits too."""
    name = done.target.removesuffix("[*]")
    if done.verb != "deleted" or not name.isidentifier() or not isinstance(document.document, Outline):
        return done
    others = [
        other
        for other in importers(document.path, name, workspace)
        if workspace.root / other not in documents
    ]
    said = ", ".join(others[:3]) + f" and {len(others) - 3} more" * (len(others) > 3)
    return replace(done, notes=(*done.notes, f"imported by {said}")) if others else done


def _is_whole(edit: Edit) -> bool:
    address = edit.address
    return isinstance(edit, Delete) and not (address.target or address.cell or address.lines)


def _remove(edit: Edit, document: _Document) -> tuple[Touched, str]:
    """Mark a whole document as deleted."""
    source = document.document.source
    now = digest(source.text.removesuffix("\n").removesuffix("\r"))
    if edit.address.digest not in (None, now):
        raise StaleError(f"{document.name} changed since it was shown", steps=[f"show {document.name}"])
    document.removed = True
    return Touched("deleted", "", "", None), document.name


def _locate(
    address: Address, last: Located | None, documents: dict[Path, _Document], workspace: Workspace
) -> tuple[Located, _Document]:
    """Find an entry's file, without a document in the one of the entry before if it has the name."""
    if last is not None and address.document is None:
        document = documents[Path(os.path.realpath(last.path))]
        if _has(document.document, address):
            return replace(last, address=replace(as_target(address), document=last.document)), document
    located = locate(address, workspace)
    require_inside(located.path, workspace)
    real = Path(os.path.realpath(located.path))
    if real not in documents:
        documents[real] = _Document(real, located.document, *read_file(located.path))
    return located, documents[real]


def _as_seen(located: Located, document: Document, workspace: Workspace) -> Address:
    """Return the address; one of lines without a digest with that its chunk was last shown with, if it was."""
    address = located.address
    if address.lines is None or address.digest is not None or not workspace.seen:
        return address
    found = find(address, document, located.document)
    name = found and full_name(located.document, found.target)
    return replace(address, digest=workspace.seen.get(name)) if name else address


def _has(found: Document, address: Address) -> bool:
    try:
        return holds(as_target(address), found)
    except RequestError:  # a path, then
        return False


def _placed(error: IpyLlmError, entry: Entry, entries: Sequence[Entry]) -> IpyLlmError:
    """Say which entry of several an error is about, and that none was applied."""
    if len(entries) > 1:
        error.message = f"entry on line {entry.line}: {error.message}"
        error.steps = (*error.steps, "none of the entries was applied")
    return error


def _create(
    entry: Entry, documents: dict[Path, _Document], workspace: Workspace
) -> tuple[Change, Touched, str]:
    """Make a document where there is none, or in place of one that the same patch deletes."""
    asked = entry.header.address
    if asked.document is not None and asked.target:
        owner = replace(asked, name=asked.name.rpartition(".")[0])
        raise RequestError("`create` makes a file", steps=[f"to add to one: into {owner}"])
    removed = {document.path: document for document in documents.values() if document.removed}
    path = new_document(asked.document or asked.name, workspace, removed)
    name, real = workspace.name(path), Path(os.path.realpath(path))
    old = removed.get(real)
    language = language_of(path, entry.text.lstrip().encode("utf-8", "replace"))
    if asked.digest is None:
        source = Source(
            create_document(entry.text, language, name, target=read_settings(workspace.root).target)
        )
        language = language_of(path, source.text.encode("utf-8", "replace"))
    else:
        source = literal_document(entry.text, asked.digest, name, python=language == "python")
        if language == "python" and not (old and isinstance(old.document, Outline) and old.document.error):
            compile_gate(source, name)
    touched = Touched("created", "", digest(source.text.removesuffix("\n")), (1, source.text.count("\n")))
    after = encode(source, python=language == "python")
    return Change(real, old.before if old else None, after), touched, name
