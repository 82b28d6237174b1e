"""What is said of files that a cell wrote, and how it can be taken back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ipy_llm.session.written.verdict import verdict
from ipy_llm.workspace.files import Change, read_bytes
from ipy_llm.workspace.journal import adopt
from ipy_llm.workspace.project import Workspace


def tell(written: Mapping[Path, bytes | None], root: str) -> list[str]:
    """Return what is wrong with files of the project that a cell wrote; they can be undone from now on.

    `written` maps them to what stood there; `root` is the project's folder, else the one around the current.
    """
    workspace = Workspace.open(root or None)
    changes, said = [], []
    for path, before in written.items():
        if path.is_relative_to(workspace.root):
            after = read_bytes(path)
            changes.append(Change(path, before, after))
            said += verdict(workspace.name(path), before, after)
    if changes:
        names = ", ".join(workspace.name(change.path) for change in changes)
        adopt(workspace.root, changes, f"wrote {names}")
    return [*said[:-1], f"{said[-1]}; to take it back: %llm undo"] if said else []
