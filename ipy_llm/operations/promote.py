"""From a session into a module: `promote`."""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from ipy_llm.checks.tables import undefined
from ipy_llm.errors import EditRejectedError, NotFoundError, RequestError
from ipy_llm.explore.known import candidates
from ipy_llm.operations.edit import edit
from ipy_llm.operations.operation import Reply
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.near import closest
from ipy_llm.source.structure.syntax import parse
from ipy_llm.source.text import has_veil, unify
from ipy_llm.workspace.cells import cells
from ipy_llm.workspace.locate import exists, find_document, read_file
from ipy_llm.workspace.project import Workspace


@dataclass(frozen=True, slots=True)
class _Definition:
    """A definition of the session: its text, and the names of the session that it uses."""

    name: str
    place: tuple[int, int]  # number of the cell, offset in it
    text: str
    uses: tuple[str, ...]


def promote(
    workspace: Workspace,
    names: Annotated[str, "what cells define, e.g. Cart or Cart,tax"],
    file: Annotated[str, "the module it goes into, new or not"],
    *,
    check: Annotated[Literal["report", "revert", "off"] | None, "what is done about what it breaks"] = None,
) -> Reply:
    """Write definitions of the session into a module, with the imports and definitions they use."""
    if workspace.cells is None:
        raise RequestError("promote is for a session", steps=["in IPython: %llm promote NAMES FILE"])
    wanted = [name for name in re.split(r"[\s,]+", names) if name]
    made = not exists(file, workspace)
    there = set() if made else _there(wanted, file, workspace)
    definitions, imports = _Session(workspace).gather(wanted, there)
    if made:
        texts = ["\n".join(sorted(imports, key=_import_order)), *(each.text for each in definitions)]
        patch = _entry(f"create {file}", "\n\n\n".join(filter(None, texts)))
    else:
        patch = _entry(f"into {file}", "\n\n\n".join(each.text for each in definitions))
        if imports:
            patch += _entry(f"into {file}#imports", "\n".join(sorted(imports, key=_import_order)))
    reply = edit(workspace, text=patch, check=check)
    more = [each.name for each in definitions if each.name not in wanted]
    told = (f"with what they use: {', '.join(more)}",) if more else ()
    return Reply(
        (*reply.lines, *told), reply.facts | {"promoted": [each.name for each in definitions]}, reply.found
    )


class _Session:
    """The documents of the session's cells, the newest first."""

    def __init__(self, workspace: Workspace) -> None:
        self._cells: list[tuple[int, Outline]] = []
        for path in cells(workspace):
            _, document = read_file(path)
            if isinstance(document, Outline) and document.error is None:
                self._cells.append((int(path.stem[3:-1]), document))

    def gather(self, wanted: list[str], there: Container[str]) -> tuple[list[_Definition], list[str]]:
        """Return definitions with all that they use, in an order in which they can run, and the imports they need.

        What they use that is `there` is left out. Raises `NotFoundError` or `EditRejectedError`.
        """
        found: dict[str, _Definition] = {}
        imports: dict[str, None] = {}
        pending = [(name, "") for name in wanted]
        while pending:
            name, user = pending.pop(0)
            if name in found or (user and name in there):
                continue
            statement = self._imported(name) if user else ""
            if statement:
                imports[statement] = None
                continue
            if user and candidates(name) and not self._defines(name):
                continue  # an import that was added to the cell, and that the edit adds to the file
            definition = found[name] = self._definition(name, user)
            pending += [(use, name) for use in definition.uses]
        return _in_order(list(found.values())), list(imports)

    def _defines(self, name: str) -> bool:
        return any(chunk.name == name for _, outline in self._cells for chunk in outline.chunks)

    def _definition(self, name: str, user: str) -> _Definition:
        for number, outline in self._cells:
            for chunk in reversed(outline.chunks):
                if chunk.name == name:
                    return _definition(chunk, outline, number, user)
        known = {chunk.name for _, outline in self._cells for chunk in outline.chunks}
        near = closest(name, known, count=3)
        said = f"{user} uses {name}, which no cell" if user else "no cell"
        raise NotFoundError(
            f"{said} of this session defines{'' if user else f' {name}'}; nothing was written",
            near=near,
            steps=[f"did you mean {each}" for each in near]
            or (["import or define it in a cell first"] if user else []),
        )

    def _imported(self, name: str) -> str:
        """Return the import that gave a name its meaning last, "" where a cell defined it since."""
        for _, outline in self._cells:
            for node in reversed(parse(outline.source.text).body):
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    for alias in node.names:
                        if name == (alias.asname or alias.name.partition(".")[0]):
                            return _statement(node, alias)
            if any(chunk.name == name for chunk in outline.chunks):
                return ""
        return ""


def _definition(chunk: Chunk, outline: Outline, number: int, user: str) -> _Definition:
    text = unify(chunk.span.of(outline.source.text))
    cell = f"In[{number}]::{chunk.name}"
    if has_veil(text):
        raise EditRejectedError(f"{cell} uses a magic, which a module cannot; nothing was written")
    if not chunk.is_definition and not _is_constant(text):
        said = f"{user} uses {chunk.name}, which" if user else chunk.name
        raise EditRejectedError(
            f"{said}{'' if user else ','} is computed in In[{number}]: `{_short(text)}`; nothing was written",
            steps=[f"make it a parameter of {user}" if user else "write it there: %%edit into FILE"],
        )
    return _Definition(chunk.name, (number, chunk.span.start), text, tuple(undefined(text)))


def _is_constant(text: str) -> bool:
    """Say whether an assignment is one of a literal, which means the same wherever it stands."""
    node = parse(text).body[0]
    value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
    if value is None:
        return False
    try:
        ast.literal_eval(value)
    except ValueError:
        return False
    return True


def _in_order(definitions: list[_Definition]) -> list[_Definition]:
    """Return definitions in the order they were made in, save that what one needs while it is made comes first."""
    pending = sorted(definitions, key=lambda each: each.place)
    done: list[_Definition] = []
    while pending:
        names = {each.name for each in pending}
        ready = [each for each in pending if not names & _needed_at_once(each.text) - {each.name}]
        done.append((ready or pending)[0])
        pending.remove(done[-1])
    return done


def _needed_at_once(text: str) -> set[str]:
    """Return the names that are met as soon as a definition runs: in decorators, bases, defaults and class bodies."""
    return {node.id for node in _run_at_once(parse(text)) if isinstance(node, ast.Name)}


def _run_at_once(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for name, value in ast.iter_fields(node):
        if name == "body" and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _run_at_once(child)


def _there(wanted: list[str], file: str, workspace: Workspace) -> set[str]:
    """Return what a file defines. Raises `RequestError` where that is what is to go into it."""
    path = find_document(file, workspace)
    _, document = read_file(path)
    present = {chunk.name for chunk in document.chunks} if isinstance(document, Outline) else set()
    twins = [name for name in wanted if name in present]
    if twins:
        name = workspace.name(path)
        raise RequestError(
            f"{name} has {', '.join(twins)} already; nothing was written",
            steps=[f"to replace it: %%edit {name}::{twin}" for twin in twins[:3]],
        )
    return present


def _statement(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    module = f"from {'.' * node.level}{node.module or ''} " if isinstance(node, ast.ImportFrom) else ""
    return f"{module}import {alias.name}{f' as {alias.asname}' if alias.asname else ''}"


def _import_order(statement: str) -> tuple[bool, str]:
    return statement.startswith("from "), statement


def _entry(header: str, text: str) -> str:
    lines = "\n".join(f"\\{line}" if line.startswith(("@@ ", "\\@@ ")) else line for line in text.split("\n"))
    return f"@@ {header}\n{lines}\n"


def _short(text: str) -> str:
    line, more, _ = text.partition("\n")
    return f"{line[:60]}{' ...' if more or len(line) > 60 else ''}"
