from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import mypy
import pytest

from ipy_llm.checks.report import Report
from ipy_llm.checks.types import check_types, own_code

WRONG = "def f() -> str:\n    return 3\n"


def check(root: Path, cache: Path, python: str = sys.executable) -> Report:
    before = sorted(path for path in root.rglob("*"))
    report = check_types(root, Path(python), cache, timeout=60.0)
    assert sorted(path for path in root.rglob("*")) == before, "something was left in the project"
    return report


def places(report: Report) -> list[str]:
    return [found.place for found in report.diagnostics]


def test_each_error_has_its_place_code_and_source_line(project, cache):
    report = check(project({"shop/__init__.py": "", "shop/cart.py": WRONG + "reveal_type(f)\n"}), cache)
    assert (report.tool, report.outcome, report.note, report.complete) == ("mypy", "failed", "", True)
    (found,) = report.diagnostics
    assert (found.place, found.code, found.text) == ("shop/cart.py:2", "return-value", "return 3")
    assert found.message == 'Incompatible return value type (got "int", expected "str")'


def test_code_without_errors_is_clean(project, cache):
    assert check(project({"cart.py": "x: int = 1\n"}), cache).outcome == "clean"


def test_what_is_checked_is_what_the_project_ships(project):
    root = project(
        dict.fromkeys(
            (
                "shop/__init__.py",
                "app/deep/main.py",
                "run.py",
                "src/lib/__init__.py",
                "src/single.py",
                "setup.py",
                "conftest.py",
                "test_run.py",
                "tests/__init__.py",
                "docs/conf.py",
                "empty/readme.md",
                ".hidden/x.py",
                "env/x.py",
                "has-dash/x.py",
            ),
            "",
        )
    )
    assert own_code(root) == ["src/lib", "src/single.py", "app", "run.py", "shop"]


def test_a_src_layout_and_two_modules_of_one_name_are_understood(project, cache):
    root = project(
        {
            "src/shop/__init__.py": "",
            "src/shop/a.py": "from shop.b import f\nx: int = f()\n",
            "src/shop/b.py": "def f() -> str: return ''\n",
            "app/main.py": "",
            "web/main.py": WRONG,
        }
    )
    assert places(check(root, cache)) == ["src/shop/a.py:2", "web/main.py:2"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pyproject.toml", '[tool.mypy]\nstrict = true\nfiles = ["only"]\n[tool.other]\nx = 1\n'),
        ("mypy.ini", "[mypy]\nfiles = only\n"),
        ("setup.cfg", "[metadata]\nname = x\n[mypy]\npackages = only\n"),
    ],
)
def test_what_the_configuration_names_is_checked_instead(project, cache, file, text):
    root = project({file: text, "only/__init__.py": "", "only/a.py": WRONG, "other.py": WRONG})
    assert places(check(root, cache)) == ["only/a.py:2"]


def test_the_project_s_own_options_hold(project, cache):
    root = project(
        {"pyproject.toml": "[tool.mypy]\ndisallow_untyped_defs = true\n", "cart.py": "def f(): pass\n"}
    )
    assert [found.code for found in check(root, cache).diagnostics] == ["no-untyped-def"]


def test_a_syntax_error_is_found_and_the_rest_said_to_be_unchecked(project, cache):
    report = check(project({"a.py": "def f(:\n", "b.py": WRONG}), cache)
    assert (report.outcome, report.complete, report.note) == (
        "failed",
        False,
        "stopped there, the rest is unchecked",
    )
    assert places(report)[0] == "a.py:1"


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("[tool.mypy\n", "pyproject.toml: "),
        ('[tool.mypy]\nplugins = ["nowhere.plugin"]\n', "No module named 'nowhere'"),
        ('[tool.mypy]\nfiles = ["nowhere"]\n', "nowhere"),
    ],
)
def test_a_broken_configuration_is_one_clear_line(project, cache, text, note):
    report = check(project({"pyproject.toml": text, "a.py": WRONG}), cache)
    assert (report.outcome, report.diagnostics, report.complete) == ("crashed", (), False)
    assert note in report.note
    assert "\n" not in report.note


def test_an_option_unknown_to_mypy_is_said_beside_the_findings(project, cache):
    report = check(project({"pyproject.toml": "[tool.mypy]\nnowhere = 1\n", "a.py": WRONG}), cache)
    assert (report.outcome, places(report)) == ("failed", ["a.py:2"])
    assert "Unrecognized option: nowhere" in report.note


def test_the_packages_are_those_of_the_project_s_interpreter(project, cache):
    root = project({"a.py": "import only_there\nx: int = only_there.name\n"})
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root / ".venv")], check=True)
    (installed,) = root.glob(".venv/lib/python*/site-packages")
    (installed / "only_there").mkdir()
    (installed / "only_there/__init__.py").write_text("name: str = ''\n")
    (installed / "only_there/py.typed").write_text("")
    report = check(root, cache, str(root / ".venv/bin/python"))
    assert [(found.place, found.code) for found in report.diagnostics] == [("a.py:2", "assignment")]


def test_a_plugin_beside_the_project_s_packages_is_used_with_the_mypy_there(project, cache):
    root = project({"pyproject.toml": "[tool.mypy]\nplugins = ['only_there']\n", "a.py": WRONG})
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root / ".venv")], check=True)
    (installed,) = root.glob(".venv/lib/python*/site-packages")
    (installed / "only_there.py").write_text(
        "from mypy.plugin import Plugin\ndef plugin(version: str): return Plugin\n"
    )
    python = str(root / ".venv/bin/python")
    assert check(root, cache, python).outcome == "crashed"
    (installed / "mypy.pth").write_text(os.path.dirname(os.path.dirname(mypy.__file__)))
    assert places(check(root, cache, python)) == ["a.py:2"]


def test_nothing_to_check_is_said(project, cache):
    report = check(project({"readme.md": "", "tests/test_a.py": ""}), cache)
    assert (report.outcome, report.note) == ("unavailable", "no package or module found to check")


def test_a_module_named_as_one_of_the_standard_library_does_not_disturb_mypy(project, cache):
    assert (
        check(project({"typing_extensions.py": "raise SystemExit\n", "a.py": ""}), cache).outcome
        != "unavailable"
    )


def test_a_run_out_of_time_is_said(project, cache):
    report = check_types(project({"a.py": WRONG}), Path(sys.executable), cache, timeout=0.0)
    assert (report.outcome, report.complete, report.note) == ("timed-out", False, "stopped after 0 s")
