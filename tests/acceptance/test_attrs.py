"""The loop on a package we did not write: attrs, with its own suite in its own environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sdists import copy

CACHE = Path(__file__).parents[2] / ".cache"
NEEDS = ("hypothesis", "pytest", "cloudpickle")


@pytest.fixture(scope="module")
def attrs(tmp_path_factory):
    """A copy of attrs' source distribution, installed for editing in a `.venv` of its own."""
    project = copy("attrs", "26.1.0", CACHE, tmp_path_factory.mktemp("attrs"))
    subprocess.run([sys.executable, "-m", "venv", project / ".venv"], check=True)
    pip = [
        project / ".venv" / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    subprocess.run([*pip, "--editable", project, *NEEDS], check=True, stderr=subprocess.DEVNULL)
    return project


@pytest.fixture(scope="module")
def ipy_llm(attrs, tmp_path_factory):
    environment = {**os.environ, "IPY_LLM_CACHE": str(tmp_path_factory.mktemp("cache"))}

    def run(*words: str) -> tuple[int, list[str]]:
        done = subprocess.run(
            [sys.executable, "-m", "ipy_llm", *words], cwd=attrs, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout.splitlines()

    return run


def tree(project: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(project)): path.read_bytes()
        for path in project.rglob("*")
        if path.is_file() and ".venv" not in path.parts and "__pycache__" not in path.parts
    }


@pytest.mark.network
def test_an_edit_that_breaks_one_test_and_one_type_answers_with_exactly_these(attrs, ipy_llm):
    before = tree(attrs)
    wrong = """msg = "'run' must be bool." => msg: int = "'run' must be True or False.\""""
    code, lines = ipy_llm("edit", f"set_run_validators {wrong}")
    assert code == 1
    assert lines[0].startswith("edited src/attr/_config.py::set_run_validators@")
    assert lines[1].startswith("new: tests/test_config.py::TestConfig::test_wrong_type - ")
    assert lines[2].startswith("new: src/attr/_config.py:17: Incompatible types in assignment")
    assert len(lines) == 3

    code, lines = ipy_llm("undo")
    assert code == 0
    assert tree(attrs) == before
