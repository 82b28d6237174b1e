from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ipy_llm.checks.interpreter import not_installed, project_environment, project_interpreter, spelled


def environment(folder: Path) -> Path:
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    python.parent.mkdir(parents=True)
    python.write_text("")
    (folder / "pyvenv.cfg").write_text("")
    return python


def test_the_project_s_own_environment_comes_first(tmp_path):
    active = environment(tmp_path / "elsewhere")
    environ = {"VIRTUAL_ENV": str(tmp_path / "elsewhere")}
    assert project_interpreter(tmp_path, environ) == active
    plain = environment(tmp_path / "venv")
    assert project_interpreter(tmp_path, environ) == plain
    assert project_interpreter(tmp_path, {}) == plain
    hidden = environment(tmp_path / ".venv")
    assert project_interpreter(tmp_path, environ) == hidden


def test_without_one_it_is_our_own(tmp_path):
    assert project_interpreter(tmp_path, {}) == Path(sys.executable)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_an_environment_whose_python_is_gone_is_not_exchanged_for_another(tmp_path):
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to("/nowhere/python3")
    assert project_interpreter(tmp_path, {}) == tmp_path / ".venv/bin/python"


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_python_has_one_name_whichever_of_its_links_it_was_started_by(tmp_path):
    python = environment(tmp_path / ".venv")
    for name in ("python3", "python3.12"):
        (python.parent / name).symlink_to("python")
        assert spelled(python.parent / name, tmp_path) == ".venv/bin/python"
    assert spelled(tmp_path / "shop/../.venv/bin/python3", tmp_path) == ".venv/bin/python"
    assert spelled(python, tmp_path / "shop") == str(python)
    alone = python.parent / "pypy"
    alone.write_text("")
    assert spelled(alone, tmp_path) == ".venv/bin/pypy"


def test_what_no_pip_can_install_gets_no_command(tmp_path):
    python = environment(tmp_path / ".venv")
    assert not_installed("mypy", python, tmp_path, has_pip=False) == "not installed, not run"
    assert not_installed("mypy", python, tmp_path, has_pip=True).endswith("python -m pip install mypy")


def test_its_tools_run_with_the_environment_active_and_unaware_of_a_pytest_around_them(tmp_path):
    python = environment(tmp_path / ".venv")
    env = project_environment(python, {"PATH": "/bin", "PYTEST_CURRENT_TEST": "x", "KEPT": "1"})
    assert env["PATH"].startswith(str(python.parent))
    assert env["VIRTUAL_ENV"] == str(tmp_path / ".venv")
    assert env["KEPT"] == "1"
    assert env["PYTHONDONTWRITEBYTECODE"] == "1"
    assert "PYTEST_CURRENT_TEST" not in env
