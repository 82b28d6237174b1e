"""Where a definition is meant: `refs` and `callers`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from ipy_llm.errors import ParseError, RequestError
from ipy_llm.explore.contents import innermost
from ipy_llm.explore.find import Place
from ipy_llm.explore.index import Index, read_index
from ipy_llm.explore.names import Defined, Names
from ipy_llm.explore.refs import Reference, References, positions, references
from ipy_llm.explore.texts import cells_of, is_notebook
from ipy_llm.operations.ask import other_python
from ipy_llm.operations.operation import Reply
from ipy_llm.operations.search import FOUND_TOKENS, paged, place_facts, said
from ipy_llm.source.address import parse_address
from ipy_llm.source.chunks import Outline
from ipy_llm.source.documents import full_name
from ipy_llm.source.notebooks.cells import cell_name
from ipy_llm.source.notebooks.notebook import Notebook, read_notebook
from ipy_llm.source.structure.resolve import candidates, resolve, whole
from ipy_llm.source.text import decode, split_lines
from ipy_llm.workspace.locate import locate, read_file
from ipy_llm.workspace.project import Workspace, cache_folder

SECONDS = 10
_IMPORTING = 8  # files named that only import it


@dataclass(frozen=True, slots=True)
class Asked:
    """A definition and where it is meant: its address, the definition, its project's names, what was found."""

    name: str
    target: Defined
    names: Names
    found: References


def refs(
    workspace: Workspace,
    address: Annotated[str, "a function, class or assignment, e.g. shop/cart.py::Cart.total"],
    *,
    seconds: Annotated[int, "how long to find out what objects are, at most"] = SECONDS,
    skip: Annotated[int, "how many of the first places to leave out"] = 0,
    tokens: Annotated[int, "about how many tokens to print"] = FOUND_TOKENS,
) -> Reply:
    """List every place that means a definition, and those that may."""
    asked = look_up(address, workspace, seconds)
    return _listed(asked, f"refs {asked.name}", skip, tokens)


def callers(
    workspace: Workspace,
    address: Annotated[str, "a function or class, e.g. shop/cart.py::Cart.total"],
    *,
    seconds: Annotated[int, "how long to find out what objects are, at most"] = SECONDS,
    skip: Annotated[int, "how many of the first places to leave out"] = 0,
    tokens: Annotated[int, "about how many tokens to print"] = FOUND_TOKENS,
) -> Reply:
    """List the chunks that call a definition, and those that may."""
    asked = look_up(address, workspace, seconds)
    calls = replace(
        asked.found,
        sure=tuple(each for each in asked.found.sure if each.called),
        maybe=tuple(each for each in asked.found.maybe if each.called),
        in_text=0,
    )
    return _listed(replace(asked, found=calls), f"callers {asked.name}", skip, tokens)


def look_up(address: str, workspace: Workspace, seconds: float) -> Asked:
    """Return where the definition that an address names is meant. Raises an `IpyLlmError` where it names none."""
    target, index = defined(address, workspace)
    _, document = read_file(workspace.root / target.file)
    assert isinstance(document, Outline)
    twins = [chunk for chunk in document.walk() if chunk.name == target.name]
    interpreter = other_python(workspace.root)
    own = positions(twins, document)
    names = Names(index)
    found = references(target, own, names, kind=twins[0].kind, interpreter=interpreter, seconds=seconds)
    return Asked(full_name(target.file, target.name), target, names, found)


def defined(address: str, workspace: Workspace) -> tuple[Defined, Index]:
    """Return the definition an address names, and its project's index. Raises an `IpyLlmError` where it names none."""
    located = locate(parse_address(address), workspace)
    _, document = read_file(located.path)
    if isinstance(document, Notebook):
        raise RequestError(
            f"{located.document} is a notebook, whose cells are not followed",
            steps=[f"find {located.address.name or 'NAME'}"],
        )
    found = [] if located.address.section else candidates(located.address, document)
    if len({chunk.name for chunk in found}) != 1:
        chunk = resolve(located.address, document, located.document)
        raise ParseError(
            f"{full_name(located.document, chunk.name)} is no definition", steps=["refs FILE::NAME"]
        )
    index = read_index(workspace.root, cache_folder(workspace.root))
    if located.document not in index.files:
        raise RequestError(f"{located.document} is none of the project's files")
    return Defined(located.document, found[0].name), index


def _listed(asked: Asked, again: str, skip: int, tokens: int) -> Reply:
    found = asked.found
    imports = [each for each in found.sure if each.how == "import"]
    uses = [each for each in found.sure if each.how != "import"]
    sure = grouped(uses, asked.names.index)
    maybe = grouped(found.maybe, asked.names.index)
    lines = [*map(said, sure), *map(said, maybe)]
    if maybe:
        lines[len(sure)] = ["may be:", *lines[len(sure)]]
    verb = again.partition(" ")[0]
    facts = {
        "address": asked.name,
        "places": place_facts(sure),
        "maybe": place_facts(maybe),
        "imports": [asked.names.where(each.file, each.line) for each in imports],
        "overrides": [f"{each.file}::{each.name}" for each in found.overrides],
        "undecided": found.undecided,
        "in_text": found.in_text,
    }
    head = _head(asked, uses, "calls" if verb == "callers" else "uses")
    notes = _notes(asked, imports if verb == "refs" else [])
    return Reply((head, *notes, *paged(lines, skip, tokens, again)), facts)


def _head(asked: Asked, uses: Sequence[Reference], word: str) -> str:
    """Return `shop/cart.py::Cart.total: 3 uses in 2 files; 1 may be; 4 in strings and comments`."""
    found = asked.found
    files = len({each.file for each in uses})
    count = len(uses)
    parts = [
        f"{count} {word if count != 1 else word[:-1]} in {files} file{'s' * (files != 1)}"
        if count
        else f"no {word}"
    ]
    if found.maybe:
        late = f", {found.undecided} for want of time: --seconds N" if found.undecided else ""
        parts.append(f"{len(found.maybe)} may be{late}")
    if found.in_text:
        parts.append(f"{found.in_text} in strings and comments")
    return f"{asked.name}: {'; '.join(parts)}"


def _notes(asked: Asked, imports: Sequence[Reference]) -> Iterator[str]:
    files = [asked.names.where(each.file, each.line) for each in imports]
    if files:
        more = f", {len(files) - _IMPORTING} more" if len(files) > _IMPORTING else ""
        yield f"imported in {', '.join(files[:_IMPORTING])}{more}"
    if asked.found.overrides:
        yield f"overridden by {', '.join(f'{each.file}::{each.name}' for each in asked.found.overrides)}"
    if asked.found.unread:
        yield f"cannot be parsed, but hold the name: {', '.join(asked.found.unread)}"


def grouped(found: Sequence[Reference], index: Index) -> list[Place]:
    """Group references by the chunk in which they stand."""
    readers: dict[str, Callable[[int], tuple[str, str, int, str]]] = {}
    chunks: dict[tuple[str, str, str], dict[int, str]] = {}
    for each in found:
        if each.file not in readers:
            data = Path(index.root, each.file).read_bytes()
            reader = _in_notebook if is_notebook(each.file) else _in_module
            readers[each.file] = reader(each.file, data, index)
        address, digest, line, text = readers[each.file](each.line)
        chunks.setdefault((each.file, address, digest), {})[line] = text
    return [
        Place(file, address, digest, tuple(lines.items()))
        for (file, address, digest), lines in chunks.items()
    ]


def _in_module(file: str, data: bytes, index: Index) -> Callable[[int], tuple[str, str, int, str]]:
    """Return what says of a line the address and digest of its chunk, its number there, and its text."""
    contents, lines = index.files[file], split_lines(decode(data).text)

    def place(line: int) -> tuple[str, str, int, str]:
        chunk = innermost(contents.definitions, line)
        if chunk is None:
            return file, contents.digest, line, lines[line - 1]
        return f"{file}::{chunk.target}", chunk.digest, line - chunk.first + 1, lines[line - 1]

    return place


def _in_notebook(file: str, data: bytes, index: Index) -> Callable[[int], tuple[str, str, int, str]]:
    """Return what `_in_module` does, of the lines of a notebook's cells."""
    notebook = read_notebook(decode(data, python=False))
    cells = cells_of(notebook)

    def place(line: int) -> tuple[str, str, int, str]:
        number, line = cells.place(line)
        own, prefix = notebook.cells[number].outline, f"{cell_name(number)}::"
        inside = tuple(each for each in index.files[file].definitions if each.target.startswith(prefix))
        text = split_lines(own.source.plain)[line - 1]
        chunk = innermost(inside, line)
        if chunk is None:
            return f"{file}::{cell_name(number)}", own.digest(whole(own).span), line, text
        return f"{file}::{chunk.target}", chunk.digest, line - chunk.first + 1, text

    return place
