from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from ipy_llm.workspace.project import Workspace


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """Our cache folder, apart from everyone's."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("IPY_LLM_CACHE", str(folder))
    return folder


@pytest.fixture
def write(tmp_path):
    """Write files, given by their paths, into a project, and open it."""
    root = tmp_path.resolve() / "project"
    root.mkdir()

    def write(files: dict[str, str | bytes]) -> Workspace:
        for path, text in files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).lstrip("\n").encode())
        return Workspace(root, root)

    return write
