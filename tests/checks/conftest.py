from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from suites import LOG, Suite

Write = Callable[[dict[str, str]], Path]


@pytest.fixture
def project(tmp_path: Path) -> Write:
    """Write files, given by their paths, into a project and return its root."""

    def write(files: dict[str, str]) -> Path:
        root = tmp_path.resolve() / "project"
        for path, text in files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text).lstrip("\n"))
        return root

    return write


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache folder for all, so that mypy reads the standard library once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def suite(project: Write, tmp_path: Path) -> Callable[[dict[str, str]], Suite]:
    """Write files into a project, run its tests once, and return it."""

    def make(files: dict[str, str]) -> Suite:
        made = Suite(project({"tests/log.py": LOG, **files}), tmp_path / "cache")
        made.run()
        return made

    return make
