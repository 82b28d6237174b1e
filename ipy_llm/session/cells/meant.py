"""What a cell means: forgiven, and with the parts that it leaves out."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace

from ipy_llm.session.cells.forgive import MagicCall, forgive
from ipy_llm.session.documents.registry import Cells

MARK = "[ipy_llm] "
_WRITERS = frozenset({"writefile", "file"})


@dataclass(frozen=True, slots=True)
class Meant:
    """A cell as IPython is given it, its Python as a document, and what is said about it."""

    code: str
    document: str
    notices: tuple[str, ...] = ()


def meant(
    cell: str,
    known_magics: Container[str],
    *,
    forgiving: bool,
    cells: Cells | None,
    namespace: Mapping[str, object],
) -> Meant:
    """Return what a cell means; one that leaves parts out is merged where `cells` are given.

    Raises an `IpyLlmError` where what is left out is not certain.
    """
    forgiven = forgive(cell, known_magics) if forgiving else None
    notices = [forgiven.notice] if forgiven is not None and forgiven.notice else []
    if isinstance(forgiven, MagicCall):
        from ipy_llm.source.structure.magics import PYTHON_MAGICS  # noqa: PLC0415 - 10 ms, when loading

        if forgiven.name in _WRITERS and cells is not None:
            return _written(forgiven, notices)
        if forgiven.name not in PYTHON_MAGICS:
            return Meant(forgiven.code, forgiven.prefix, tuple(notices))
        body, more = _merged(forgiven.body, cells, namespace)
        header = f"%%{forgiven.name} {forgiven.line}".rstrip()
        return Meant(
            replace(forgiven, body=body).code, f"{forgiven.prefix}{header}\n{body}", (*notices, *more)
        )
    code, more = _merged(cell if forgiven is None else forgiven.code, cells, namespace)
    return Meant(code, code, (*notices, *more))


def _written(call: MagicCall, notices: list[str]) -> Meant:
    """Return a cell that writes a file, with what it leaves out of it."""
    body = call.body
    if "#" in body or "..." in body:
        from ipy_llm.session.written.merge import merge_file  # noqa: PLC0415 - as above

        body, more = merge_file(call.line, body)
        notices += [f"{MARK}{notice}" for notice in more]
    return Meant(replace(call, body=body).code, call.prefix, tuple(notices))


def _merged(text: str, cells: Cells | None, namespace: Mapping[str, object]) -> tuple[str, tuple[str, ...]]:
    if cells is None or ("#" not in text and "..." not in text):
        return text, ()
    from ipy_llm.session.cells.elide import merge_cell  # noqa: PLC0415 - a cell without a comment pays nothing

    merged = merge_cell(text, cells, namespace)
    return merged.text, tuple(f"{MARK}{notice}" for notice in merged.notices)
