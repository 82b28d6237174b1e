"""Imports that an edit lacks: added to the file where they mean one thing, else named beside the finding."""

from __future__ import annotations

import ast
import builtins
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ipy_llm.checks.report import Report
from ipy_llm.errors import IpyLlmError
from ipy_llm.operations.prepare import Prepared
from ipy_llm.source.address import parse_address
from ipy_llm.source.chunks import Outline
from ipy_llm.source.documents import to_bytes
from ipy_llm.source.editing.edits import Insert, Touched
from ipy_llm.source.sent.reading import parse_suite
from ipy_llm.source.structure.imported import bound_by, statements
from ipy_llm.source.structure.kept import known_outline
from ipy_llm.source.structure.resolve import resolve
from ipy_llm.source.structure.syntax import parse
from ipy_llm.source.structure.unbound import names_of
from ipy_llm.source.text import decode
from ipy_llm.source.writing import edit_document
from ipy_llm.workspace.files import Change
from ipy_llm.workspace.project import Workspace
from ipy_llm.workspace.settings import read_settings

_ALWAYS = frozenset(dir(builtins))
_UNDEFINED = re.compile(r"Undefined name `(\w+)`")

Edited = tuple[Touched, str]


def with_imports(prepared: Prepared, workspace: Workspace) -> Prepared:
    """Return edits with the imports of names that they use, that their files lack, and that mean one thing.

    Notebooks are left alone, and so is a name that the file lacked before.
    """
    changes, touched = list(prepared.changes), list(prepared.touched)
    for place, change in enumerate(changes):
        if change.after is None or change.path.suffix != ".py" or change.after == change.before:
            continue
        own = [n for n, (_, name) in enumerate(touched) if _is_of(name, change, workspace)]
        try:
            found = _completed(change, [touched[n] for n in own], workspace)
        except (IpyLlmError, SyntaxError, ValueError, RecursionError):
            continue  # an addition of ours is no reason to refuse an edit
        if found is not None:
            changes[place] = replace(change, after=found[0])
            for n, done in zip(own, found[1], strict=True):
                touched[n] = done
    return Prepared(tuple(changes), tuple(touched))


def hinted(reports: Sequence[Report], workspace: Workspace) -> tuple[Report, ...]:
    """Return reports whose undefined names say which imports they may want."""
    return tuple(
        replace(
            report,
            diagnostics=tuple(
                replace(one, message=one.message + _hint(one.path, one.message, workspace))
                if one.code == "F821"
                else one
                for one in report.diagnostics
            ),
        )
        for report in reports
    )


def _hint(path: str, message: str, workspace: Workspace) -> str:
    match = _UNDEFINED.match(message)
    if match is None:
        return ""
    from ipy_llm.operations.wants import wants  # noqa: PLC0415 - as below

    try:
        tree = parse(decode((workspace.root / path).read_bytes()).text)
        found = wants(match[1], names_of(tree).missing.get(match[1], []), path, workspace)
    except (OSError, IpyLlmError, SyntaxError, ValueError, RecursionError):
        return ""
    either = " or ".join((found.statement,) if found.statement else found.either)
    return f", may want {either}" if either else ""


def _is_of(name: str, change: Change, workspace: Workspace) -> bool:
    return Path(os.path.realpath(workspace.root / name)) == change.path


def _completed(
    change: Change, touched: Sequence[Edited], workspace: Workspace
) -> tuple[bytes, list[Edited]] | None:
    """Return the file with its imports, and what was touched as it stands then; None where it lacks none."""
    after = known_outline(decode(change.after or b""), "python")
    if after.error is not None or not _free(after, touched):
        return None
    from ipy_llm.operations.wants import wants  # noqa: PLC0415 - 60 ms cold, for the few edits that may lack a name

    file = os.path.relpath(change.path, workspace.root).replace(os.sep, "/")
    missing = names_of(parse(after.source.text)).missing
    before = names_of(parse(decode(change.before).text)).missing if change.before is not None else {}
    found = {
        wants(name, uses, file, workspace).statement: None
        for name, uses in missing.items()
        if name not in before and name not in _ALWAYS
    }
    lines = sorted(filter(None, found))
    if not lines:
        return None
    into = Insert("into", parse_address("::#imports"), "\n".join(lines))
    target = read_settings(workspace.root).target
    document, _ = edit_document([into], after, file, target=target)
    if not isinstance(document, Outline):
        return None
    first = next((n for n, (one, _) in enumerate(touched) if one.lines is not None), -1)
    said = f"added {'; '.join(lines)}"
    return to_bytes(document), [
        (_now(one, document, (said,) if n == first else ()), name) for n, (one, name) in enumerate(touched)
    ]


def _free(after: Outline, touched: Sequence[Edited]) -> bool:
    """Say whether what was edited may use a name that the document does not bind: a look at the edited lines only."""
    bound = {chunk.name for chunk in after.chunks} | _ALWAYS
    if after.imports is not None:
        nodes = parse_suite(after.imports.of(after.source.text))[0]
        bound.update(bound_by(each) for node in nodes for each in statements(node))
    lines = after.source.text.split("\n")
    for one, _ in touched:
        if one.lines is None:
            continue
        first, last = one.lines
        try:
            body = parse_suite("\n".join(lines[first - 1 : last]))[0]
        except (IpyLlmError, SyntaxError):  # part of a statement
            return True
        if names_of(ast.Module(body, [])).missing.keys() - bound:
            return True
    return False


def _now(touched: Touched, document: Outline, notes: tuple[str, ...]) -> Touched:
    """Return what was touched with its lines as they are below new imports."""
    if touched.lines is None:
        return touched
    span = resolve(parse_address(f"::{touched.target}"), document).span if touched.target else None
    span = span or resolve(parse_address("::"), document).span
    return replace(
        touched,
        digest=document.digest(span),
        lines=document.lines(span),
        notes=(*touched.notes, *notes),
    )
