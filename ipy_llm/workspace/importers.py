"""Which files import a name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from ipy_llm.errors import IpyLlmError
from ipy_llm.source.structure.syntax import parse
from ipy_llm.source.text import decode
from ipy_llm.workspace.files import read_bytes
from ipy_llm.workspace.project import Workspace, walk


def importers(path: Path, name: str, workspace: Workspace) -> list[str]:
    """Return the project's other files that say `from MODULE import name` of the module at `path`.

    By the module's last word: nothing is imported to look, and `from . import` counts too.
    """
    word = path.parent.name if path.name == "__init__.py" else path.stem
    return [
        workspace.name(other)
        for other in walk(workspace.root)
        if other != path and _imports(other, word, name)
    ]


def _imports(path: Path, word: str, name: str) -> bool:
    try:
        data = read_bytes(path)
        if name.encode() not in data or b"import" not in data:
            return False
        tree = parse(decode(data).text)
    except (IpyLlmError, SyntaxError):  # what cannot be read imports nothing
        return False
    return any(
        (node.module or "").rpartition(".")[2] == word and name in {alias.name for alias in node.names}
        for node in _froms(tree)
    )


def _froms(tree: ast.Module) -> Iterator[ast.ImportFrom]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
