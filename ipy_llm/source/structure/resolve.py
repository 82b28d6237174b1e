"""From an address to the one chunk it names - or an error that is itself the menu."""

from __future__ import annotations

from dataclasses import replace

from ipy_llm.errors import AmbiguousError, EditRejectedError, NotFoundError, ParseError
from ipy_llm.source.address import Address, like, parse_address
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.near import closest
from ipy_llm.source.structure.twins import as_one
from ipy_llm.source.text import Span, indentation

MENU = 12  # of sections that have a title in common


def resolve(address: Address, outline: Outline, document: str = "") -> Chunk:
    """Return the chunk an address names in a document; the whole document as a chunk without a name.

    `document` is how error messages write the document. Raises `NotFoundError` with the closest
    names, or `AmbiguousError` with every full address. Never picks the first of several.
    """
    address = settled(address, outline)
    if not address.target:
        return whole(outline)
    if address.section is not None and not outline.python:
        return _section(address, outline, document)
    if not outline.python:
        near = [section.name for section in outline.sections if like(section.name) == like(address.name)]
        raise ParseError(
            f"{document}: {outline.error}",
            steps=[f"did you mean {document}::{name}" for name in near]
            or [f"edit it by lines: show {document}, then edit {document}@DIGEST:FIRST-LAST"],
        )
    if address.section is not None:
        return _section(address, outline, document)
    found = candidates(address, outline)
    there = candidates(replace(address, index=None), outline) if address.index is not None else []
    if not found and there:
        raise NotFoundError(
            f"no {address.target}; {document or 'the document'} has",
            near=[label(chunk, outline) for chunk in there],
            steps=[_menu_line(chunk, outline, document) for chunk in there],
        )
    if not found:
        labels = [label(chunk, outline) for chunk in outline.walk()]
        near = closest(address.target, [*labels, *_section_names(outline)], count=3)
        if outline.damage is not None:
            raise _not_certain(address, near, outline, document)
        raise NotFoundError(
            f"no {address.target} in {document or 'the document'}",
            near=near,
            steps=[f"did you mean {document and document + '::'}{name}" for name in near]
            or [f"outline {document}"],
        )
    if address.index == "*":
        together = as_one(found, outline)
        if together is None and len(found) > 1:
            raise EditRejectedError(
                f"{address.name} stands {len(found)} times, with other code between; name them one by one",
                steps=[_menu_line(chunk, outline, document) for chunk in found],
            )
        return together or found[0]
    if len(found) > 1:
        together = as_one(found, outline)
        raise AmbiguousError(
            f"{address.target} is {len(found)} things in {document or 'the document'}; say which",
            candidates=[f"{document and document + '::'}{label(chunk, outline)}" for chunk in found],
            steps=[
                _menu_line(chunk, outline, document) for chunk in (*found, *([together] if together else ()))
            ],
        )
    return found[0]


def settled(address: Address, outline: Outline) -> Address:
    """Return an address whose section is none as what it is: `Cart#total` a member, `Cart.total#3f1c` a digest."""
    section = address.section
    if section is None or not outline.python or address.target in outline.problems:
        return address
    if find_section(address.target, outline) is not None or section in always_there(address.name, outline):
        return address
    member = replace(address, name=f"{address.name}.{section}".lstrip("."), section=None)
    if len(candidates(member, outline)) == 1:
        return member
    named = replace(address, section=None)
    found = candidates(named, outline)
    if len(found) == 1 and outline.digest(found[0].span) == section and address.digest is None:
        return replace(named, digest=section)
    return address


def _not_certain(address: Address, near: list[str], outline: Outline, document: str) -> NotFoundError:
    """Return the error for a name that is not found in a document with a syntax error, where it may stand unseen."""
    assert outline.damage is not None
    line = outline.damage.line
    around = f"{document}:{max(1, line - 8)}-{min(line + 8, len(outline.starts))}"
    is_there = address.target.rpartition(".")[2].rpartition("#")[2] in {
        word.removeprefix("#") for word in outline.damage.words
    }
    return NotFoundError(
        f"where {address.target} begins and ends in {document} is not certain: {outline.error}"
        if is_there
        else f"no {address.target} in {document}, which is broken: {outline.error}",
        near=near,
        steps=[
            *(f"did you mean {document and document + '::'}{name}" for name in near if not is_there),
            f"to mend it by lines: show {around}",
        ],
    )


def candidates(address: Address, outline: Outline) -> list[Chunk]:
    """Return every chunk an address without a section may mean."""
    name, _, accessor = address.name.rpartition(".")
    found = [chunk for chunk in outline.walk() if chunk.name == address.name]
    if not found and accessor in {"getter", "setter", "deleter"}:
        found = [chunk for chunk in outline.walk() if chunk.name == name and chunk.accessor == accessor]
    if address.index == "*":
        return found
    if address.index == "impl":
        return [chunk for chunk in found if not chunk.overload]
    if address.index is not None:
        return found[address.index : address.index + 1]
    return found


def has(address: Address, outline: Outline) -> bool:
    """Say whether an outline has what an address's target names, whatever its index."""
    if address.section is not None:
        key = f"{address.name}#{address.section}"
        return key in outline.problems or find_section(key, outline) is not None
    return bool(address.name) and bool(candidates(replace(address, index=None), outline))


def labels(address: Address, outline: Outline) -> list[str]:
    """Return the target of every chunk an address without a section may mean."""
    return [label(chunk, outline) for chunk in candidates(address, outline)]


def label(chunk: Chunk, outline: Outline) -> str:
    """Return the target that names this chunk alone: `Cart.total`, `Cart.price.setter`, `f[1]`, `f[impl]`."""
    twins = [other for other in outline.walk() if other.name == chunk.name]
    if len(twins) < 2 or chunk.kind == "section":
        return chunk.name
    if chunk.accessor and [twin.accessor for twin in twins].count(chunk.accessor) == 1:
        return f"{chunk.name}.{chunk.accessor}"
    if not chunk.overload and all(twin.overload for twin in twins if twin is not chunk):
        return f"{chunk.name}[impl]"
    return f"{chunk.name}[{twins.index(chunk)}]"


def whole(outline: Outline) -> Chunk:
    """Return the document itself as a chunk."""
    text = outline.source.text
    span = Span(0, len(text.removesuffix("\n").removesuffix("\r")))
    return Chunk("", "section", span=span, outer=Span(0, len(text)), indent="", code=0, decorators=0)


def always_there(owner: str, outline: Outline) -> dict[str, Span | None]:
    """Return the sections that need no markers: a document's imports, docstring and main block."""
    if not outline.python:
        return {}
    if owner:
        chunks = candidates(parse_address(f"::{owner}"), outline)
        return {"docstring": chunks[0].docstring} if len(chunks) == 1 else {}
    return {"imports": outline.imports, "docstring": outline.docstring, "main": outline.main}


def is_given(section: Chunk, name: str, outline: Outline) -> bool:
    """Say whether a section is the one of that name that needs no markers."""
    return section.name.rpartition("#")[2] == name and section not in outline.sections


def find_section(key: str, outline: Outline) -> Chunk | None:
    """Return the section `owner#name` names, of those with markers first, or None."""
    for chunk in outline.sections:
        if chunk.name == key:
            return chunk
    if not outline.python:
        alike = _alike(key, outline)
        return alike[0] if len(alike) == 1 else None
    owner, _, name = key.partition("#")
    span = always_there(owner, outline).get(name)
    if span is None:
        return None
    indent = indentation(span.of(outline.source.text))
    first, last = outline.lines(span)
    whole_lines = span.start == outline.starts[first - 1] and span.end == outline.end_of_line(last)
    return Chunk(
        key,
        "section",
        span=span,
        outer=span,
        indent=indent,
        code=span.start,
        decorators=span.start,
        inline=not whole_lines,
    )


def _section(address: Address, outline: Outline, document: str) -> Chunk:
    key = address.target
    owner = key.rpartition("#")[0]
    if key in outline.problems:
        raise EditRejectedError(
            f"section {key} cannot be used: {outline.problems[key]}",
            steps=[f"mend its markers by lines: {document}@{outline.digest(whole(outline).span)}:LINE"],
        )
    found = find_section(key, outline)
    if found is not None:
        return found
    prefix = document and f"{document}::"
    alike = [] if outline.python else _alike(key, outline)
    if alike:
        raise AmbiguousError(
            f"{key} is {len(alike)} sections of {document or 'the document'}; say which",
            candidates=[f"{prefix}{one.name}" for one in alike],
            steps=[_menu_line(one, outline, document) for one in alike[:MENU]],
        )
    given = always_there(owner, outline)
    near = closest(key, _section_names(outline), count=3)
    steps = [f"did you mean {prefix}{name}" for name in near]
    if outline.damage is not None and (
        address.section not in given or f"#{address.section}" in outline.damage.words
    ):
        raise _not_certain(address, near, outline, document)
    if address.section in given:
        steps = [f"to make it: into {prefix}{key}"]
    raise NotFoundError(f"no section {key} in {document or 'the document'}", near=near, steps=steps)


def sections_in(section: Chunk, outline: Outline) -> list[Chunk]:
    """Return the sections that a section holds: those of the headings under one of Markdown."""
    return [one for one in outline.sections if one is not section and section.outer.holds(one.outer)]


def _alike(key: str, outline: Outline) -> list[Chunk]:
    """Return the sections of a text that a name may mean: `usage` for `Usage`, `Fixed` for `1.2/Fixed`."""
    wanted = like(key)
    return [
        one for one in outline.sections if like(one.name) == wanted or like(one.name).endswith(f"/{wanted}")
    ]


def _section_names(outline: Outline) -> list[str]:
    return [
        name for name in (*(chunk.name for chunk in outline.sections), *outline.problems) if name[-1] != "#"
    ]


def _menu_line(chunk: Chunk, outline: Outline, document: str) -> str:
    first, last = outline.lines(chunk.span)
    guard = f", under {chunk.guard.strip()}" if chunk.guard.strip() else ""
    address = f"{document and document + '::'}{label(chunk, outline)}"
    quoted = f"'{address}'" if "[" in address or " " in address else address
    return f"  {quoted}  {f'line {first}' if first == last else f'lines {first}-{last}'}{guard}"
