"""A project of files that a test writes, and our cache folder apart from everyone's: fixtures to import."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from ipy_llm.workspace.project import Workspace


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """Our cache folder, apart from everyone's; `ours` of it may be asked whether anything was kept."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("IPY_LLM_CACHE", str(folder))
    return folder


@pytest.fixture
def root(tmp_path) -> Path:
    """The empty root of a project."""
    folder = tmp_path.resolve() / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def write(root):
    """Write files, given by their paths, into the project, and open it."""

    def write(files: dict[str, str | bytes], folder: str = ".") -> Workspace:
        for path, text in files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).lstrip("\n").encode())
        return Workspace(root, root / folder)

    return write


@pytest.fixture
def tree(root):
    """Every file of the project with its bytes, links as what they point to."""

    def tree() -> dict[str, bytes | str]:
        return {
            str(path.relative_to(root)): str(path.readlink()) if path.is_symlink() else path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_symlink() or path.is_file()
        }

    return tree
