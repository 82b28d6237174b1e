from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ipy_llm.checks import pyright
from ipy_llm.checks.checker import checker, is_typed
from ipy_llm.checks.mirror import mirror
from ipy_llm.checks.pyright import check_pyright, find_pyright
from ipy_llm.checks.report import Report
from ipy_llm.checks.retype import all_types, types_after
from ipy_llm.checks.run import run_checks, run_checks_after
from ipy_llm.workspace.files import Change

PYTHON = Path(sys.executable)
WRONG = "def f() -> str:\n    return 3\n"
CONFIG = {"pyrightconfig.json": "{}\n"}

real = pytest.mark.skipif(
    find_pyright(Path("/nowhere"), PYTHON) is None, reason="pyright is not installed: pip install pyright"
)
posix = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")


def check(root: Path, cache: Path, python: Path = PYTHON, **options) -> Report:
    before = {path: path.is_file() and path.read_bytes() for path in root.rglob("*")}
    report = check_pyright(root, python, cache, timeout=120.0, **options)
    after = {path: path.is_file() and path.read_bytes() for path in root.rglob("*")}
    assert after == before, "something was left in the project"
    assert not list(cache.glob("tmp*")), "something was left in our cache"
    return report


def places(report: Report) -> list[str]:
    return [f"{found.place} {found.code}" for found in report.diagnostics]


@real
def test_each_error_has_its_place_rule_and_source_line(project, cache):
    report = check(project({**CONFIG, "shop/cart.py": WRONG + "reveal_type(f)\n"}), cache)
    assert (report.tool, report.outcome, report.note, report.complete) == ("pyright", "failed", "", True)
    (found,) = report.diagnostics
    assert (found.place, found.code, found.text) == ("shop/cart.py:2", "reportReturnType", "return 3")
    assert found.message == 'Type "Literal[3]" is not assignable to return type "str"'


@real
def test_old_texts_are_looked_at_in_place_of_the_new_ones_in_whatever_layout(project, cache):
    root = project(
        {
            **CONFIG,
            "src/shop/__init__.py": "",
            "src/shop/cart.py": "x: int = 1\n",
            "pkgs/lib/money.py": "x: int = 1\n",
            "tests/test_a.py": "from shop.cart import x\nfrom lib.money import x as y\na: str = x\nb: str = y\n",
            "new.py": WRONG,
        }
    )
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root / "venv")], check=True)
    (installed,) = root.glob("venv/lib/python*/site-packages")
    (installed / "for_editing.pth").write_text(f"{root / 'pkgs'}\n")
    old = dict.fromkeys(("src/shop/cart.py", "pkgs/lib/money.py", "gone/old.py"), b"x: str = ''\n")
    python = root / "venv/bin/python"
    now = ["new.py:2 reportReturnType", *(f"tests/test_a.py:{line} reportAssignmentType" for line in (3, 4))]
    assert places(check(root, cache, python)) == now
    assert places(check(root, cache, python, old={**old, "new.py": None})) == []
    assert places(check(root, cache, python, old={"src/shop/cart.py": b"x: str = ''\n"})) == [now[0], now[2]]


@real
def test_only_what_an_edit_brought_is_told_and_what_was_met_before_needs_no_run(project, tmp_path):
    root, cache = project({**CONFIG, "a.py": WRONG, "b.py": "from a import f\n"}), tmp_path / "cache"

    def edit(text: str) -> Report:
        before = (root / "a.py").read_bytes()
        (root / "a.py").write_text(text)
        changes = [Change(root / "a.py", before, text.encode())]
        (found,) = (
            one for one in run_checks_after(root, cache, changes, timeout=120.0) if one.tool == "pyright"
        )
        return found

    worse = "# moved\n" + WRONG + "x: int = f()\nundefined\n"
    assert places(edit(worse)) == ["a.py:4 reportAssignmentType"], "the undefined name is the names' finding"
    better = edit("def f() -> str:\n    return ''\n")
    assert (better.outcome, better.fixed) == ("clean", 3)
    again = edit(worse)
    assert places(again) == ["a.py:3 reportReturnType", "a.py:4 reportAssignmentType"]


@real
@pytest.mark.parametrize(
    ("files", "note"),
    [
        ({"pyrightconfig.json": "{bad"}, 'Config file "pyrightconfig.json" could not be parsed'),
        ({"pyrightconfig.json": '{"extends": "no.json"}'}, 'Config file "no.json" could not be read'),
        (
            {"pyrightconfig.json": '{"include": ["nowhere"]}'},
            'File or directory "nowhere" does not exist',
        ),
        ({"pyproject.toml": "[tool.pyright\n"}, 'Config file "pyproject.toml" could not be parsed'),
    ],
)
def test_a_broken_configuration_is_one_clear_line(project, cache, files, note):
    report = check(project({**files, "a.py": WRONG}), cache)
    assert (report.outcome, report.diagnostics, report.complete) == ("crashed", (), False)
    assert note in report.note
    assert "\n" not in report.note


@real
def test_an_option_unknown_to_pyright_is_said_beside_the_findings(project, cache):
    report = check(project({"pyrightconfig.json": '{"reportNowhere": true}', "a.py": WRONG}), cache)
    assert (places(report), report.complete) == (["a.py:2 reportReturnType"], True)
    assert report.note == 'Config contains unrecognized setting "reportNowhere".'


@real
def test_nothing_to_check_is_said(project, cache):
    report = check(project({**CONFIG, "readme.md": ""}), cache)
    assert (report.outcome, report.note) == ("unavailable", "no module found to check")


@real
def test_a_run_out_of_time_is_said(project, cache):
    report = check_pyright(project({**CONFIG, "a.py": WRONG}), PYTHON, cache, timeout=0.0)
    assert (report.outcome, report.complete, report.note) == ("timed-out", False, "stopped after 0 s")


# A stand-in for pyright, a shell script, where what it does or prints cannot be had of the real one at will.
@pytest.fixture
def stand_in(project, tmp_path, monkeypatch) -> Callable[[str], Path]:
    def make(script: str) -> Path:
        root = project({**CONFIG, "a.py": WRONG})
        file = tmp_path / "bin/pyright"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)
        monkeypatch.setattr(pyright, "find_pyright", lambda *_: str(file))
        return root

    return make


@posix
@pytest.mark.parametrize(
    ("script", "outcome", "note"),
    [
        ("exec nowhere-node", "crashed", "nowhere-node: not found"),
        ("kill -9 $$", "crashed", "killed (SIGKILL)"),
        (
            "echo Traceback; echo '  a b'; echo 'RuntimeError: no node'; exit 1",
            "crashed",
            "RuntimeError: no node",
        ),
        (
            "echo 'FATAL ERROR: heap limit'; echo ' 1: 0xb0'; echo Node.js v20; exit 134",
            "crashed",
            "FATAL ERROR: heap limit",
        ),
        ("exit 2", "crashed", "exit status 2"),
        ("echo '{'; echo '}'; exit 1", "crashed", "answers something else than expected"),
        ("echo hello; exit 0", "crashed", "hello"),
    ],
)
def test_a_stand_in_that_fails_is_one_line(stand_in, cache, script, outcome, note):
    report = check(stand_in(script), cache)
    assert (report.outcome, report.complete, report.diagnostics) == (outcome, False, ())
    assert note in report.note
    assert "\n" not in report.note


@posix
def test_of_a_stand_in_errors_count_and_what_its_installer_says_does_not(stand_in, cache):
    told = """
    cat <<'EOF'
 * Install prebuilt node (22.0.0) ..... done.
{
    "generalDiagnostics": [
        {"file": "a.py", "severity": "error", "message": "no range\\n  \\u00a0why not"},
        {"file": "a.py", "severity": "warning", "message": "only a warning"}
    ],
    "summary": {"filesAnalyzed": 1}
}
EOF
    exit 1"""
    report = check(stand_in(told), cache)
    assert [(found.place, found.message) for found in report.diagnostics] == [("a.py", "no range; why not")]
    assert (report.note, report.complete) == ("", True)


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="processes are looked for there")
def test_what_a_stand_in_started_ends_with_its_time(stand_in, cache, tmp_path):
    root = stand_in(f"sleep 300 & echo $! > {tmp_path}/pid; wait")
    report = check_pyright(root, PYTHON, cache, timeout=1.0)
    assert report.outcome == "timed-out"
    process = Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}/cmdline")
    deadline = time.monotonic() + 10
    while process.exists() and process.read_bytes():  # one that nobody has waited for has none
        assert time.monotonic() < deadline
        time.sleep(0.05)


@posix
def test_one_that_does_not_start_is_said(stand_in, cache, tmp_path):
    root = stand_in("")
    (tmp_path / "bin/pyright").chmod(0o644)
    report = check(root, cache)
    assert (report.outcome, report.note) == ("unavailable", "does not start: Permission denied")


@pytest.fixture
def without(monkeypatch):
    """A machine that has no pyright."""
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)


@pytest.mark.parametrize(
    ("pip", "step"),
    [
        ("pip", "-m pip install pyright"),
        ("other", 'npm install -g pyright, or types = "mypy" in pyproject.toml'),
    ],
)
def test_where_it_is_asked_for_and_missing_the_step_is_named(project, without, cache, pip, step):
    files = {"pyproject.toml": '[tool.ipy_llm]\ntypes = "pyright"\n', "a.py": WRONG}
    root = project({**files, "bin/python": "", f"bin/{pip}": ""})
    python = root / "bin/python"
    assert checker(root, python) == "pyright"
    report = check(root, cache, python)
    assert (report.outcome, report.complete) == ("unavailable", False)
    assert report.note.endswith(step)


def test_where_it_is_only_configured_and_missing_mypy_is_asked(project, without):
    assert checker(project(CONFIG), PYTHON) == "mypy"


@posix
@pytest.mark.parametrize(
    ("files", "tool"),
    [
        ({}, "mypy"),
        (CONFIG, "pyright"),
        ({"pyrightconfig.json": ""}, "pyright"),
        ({"pyproject.toml": "[tool.pyright]\n"}, "pyright"),
        ({"pyproject.toml": "[tool.pyright]\n[tool.mypy]\n"}, "mypy"),
        ({**CONFIG, "mypy.ini": "[mypy]\n"}, "mypy"),
        ({**CONFIG, "pyproject.toml": "[tool.ipy_llm]\ntypes = 'mypy'\n"}, "mypy"),
        ({"pyproject.toml": "[tool.ipy_llm]\ntypes = 'pyright'\n[tool.mypy]\n"}, "pyright"),
        ({"pyproject.toml": "[tool.ipy_llm]\ntypes = 'off'\n[tool.mypy]\n"}, "off"),
    ],
)
def test_our_settings_choose_then_the_project_s_configuration(project, files, tool):
    root = project({"node_modules/.bin/pyright": "#!/bin/sh\n", "a.py": "", **files})
    (root / "node_modules/.bin/pyright").chmod(0o755)
    assert checker(root, PYTHON) == tool
    assert is_typed(root) == bool(files) or tool == "off"


def test_types_that_are_off_are_not_checked(project, cache):
    root = project({"pyproject.toml": "[tool.ipy_llm]\ntypes = 'off'\n[tool.mypy]\n", "a.py": WRONG})
    assert run_checks(root, cache) == ()
    changes = [Change(root / "a.py", b"", WRONG.encode())]
    assert [report.tool for report in run_checks_after(root, cache, changes)] == ["ruff"]


@posix
def test_another_configuration_or_another_pyright_is_another_state(stand_in, tmp_path):
    calls, cache = tmp_path / "calls", tmp_path / "cache"
    root = stand_in(f"echo >> {calls}; echo '{{'; exit 0")
    root.joinpath("pyrightconfig.json").write_text('{"extends": "base.json"}')
    told = '{"generalDiagnostics": [], "summary": {"filesAnalyzed": 1}'
    (tmp_path / "bin/pyright").write_text(f"#!/bin/sh\necho >> {calls}\necho '{told}'\necho '}}'\n")

    def runs() -> int:
        report = types_after(root, PYTHON, cache, {"a.py": b""}, "pyright", timeout=30.0)
        assert report.outcome == "clean"
        return len(calls.read_text().splitlines())

    all_types(root, PYTHON, cache, "pyright", timeout=30.0)
    assert [runs(), runs()] == [1, 1]
    (root / "base.json").write_text("{}")
    assert [runs(), runs()] == [2, 2]


@posix
def test_an_image_of_a_project_has_its_files_and_folders_but_the_old_texts(project, tmp_path):
    root = project({"a.py": "new", "b.py": "b", "deep/c.py": "c", ".git/x": "", "deep/__pycache__/c.pyc": ""})
    (root / "same.py").symlink_to("a.py")
    (root / "alias").symlink_to("deep")
    (root / "pyproject.toml").write_text(f"x = '{root}/deep'\n")
    image = tmp_path / "image"
    image.mkdir()
    mirror(root, image, {"a.py": b"old", "b.py": None, "deep/d/e.py": b"e"})
    found = {path.relative_to(image).as_posix() for path in image.rglob("*") if path.is_file()}
    assert found >= {"a.py", "same.py", "deep/c.py", "deep/d/e.py", "pyproject.toml"}
    assert not found & {"b.py", "deep/__pycache__/c.pyc"}
    assert (image / "a.py").read_text() == (image / "same.py").read_text() == "old"
    assert (image / "alias").resolve() == image.resolve() / "deep"
    assert (image / "pyproject.toml").read_text() == f"x = '{image}/deep'\n"
    assert (root / "a.py").read_text() == "new"
