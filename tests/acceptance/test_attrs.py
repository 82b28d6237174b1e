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
def test_an_edit_that_breaks_two_tests_and_one_type_answers_with_exactly_these_and_its_fix_in_one_line(
    attrs, ipy_llm
):
    before = tree(attrs)
    assert (
        ipy_llm("check")[0] == 1
    )  # 189 findings of mypy, and a test that fails with what is installed today
    right = "return cl.__origin__"
    wrong = 'size: int = "two"; return None if "__attrs_attrs__" in vars(cl.__origin__) else cl.__origin__'
    code, lines = ipy_llm("edit", "get_generic_base", f"{right} => {wrong}")
    assert code == 1
    assert lines[0].startswith("edited src/attr/_compat.py::get_generic_base@")
    new = [line for line in lines if line.startswith("new: ")]
    assert [line.partition(" - ")[0].partition(": Inc")[0] for line in new] == [
        "new: tests/test_funcs.py::TestHas::test_generics",
        "new: tests/test_make.py::TestFields::test_generics",
        "new: src/attr/_compat.py:98",
    ]
    assert len(lines) <= 5  # the last may say what the time did not hold

    code, lines = ipy_llm("edit", "get_generic_base", f"{wrong} => {right}")
    assert (code, len(lines)) == (0, 1)
    assert "nothing new, fixed 3" in lines[0]
    assert tree(attrs) == before
