"""What goes wrong with tools and tests: each is one clear line, nothing is left running, nothing of the project changes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ipy_llm.checks.daemon import SWITCH, stop_daemons
from ipy_llm.checks.interpreter import project_interpreter
from ipy_llm.checks.names import names_after
from ipy_llm.checks.render import render
from ipy_llm.checks.retest import affected_tests
from ipy_llm.checks.types import check_types

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc"), reason="processes are looked for there")

SHOP = {"shop.py": "x = 1\n"}
TESTS = "import shop, os, sys, time, subprocess, signal, ctypes\ndef test_good(): pass\n"

# Starts what no parent knows of any more, as a server that goes into the background does.
BACKGROUND = """
def background():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(300)"])
        os._exit(0)
    os.wait()
"""


@pytest.fixture
def told(project, tmp_path, monkeypatch):
    """Return the lines that are told after an edit of `shop.py`; nothing may be left running, nothing be changed."""

    def tell(files: dict[str, str], *, timeout: float = 30.0, python: Path | None = None) -> list[str]:
        mark = str(tmp_path)
        monkeypatch.setenv("MARK_OF_A_TEST", mark)
        root = project({**SHOP, **files})
        before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
        python = python or project_interpreter(root)
        report = affected_tests(root, python, tmp_path / "cache", {"shop.py": b"x = 0\n"}, timeout=timeout)
        deadline = time.monotonic() + 10
        while running := marked(mark):
            assert time.monotonic() < deadline, f"left running: {running}"
            time.sleep(0.05)
        assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before
        assert not list((tmp_path / "cache").glob("tests-*"))
        return render([report])

    return tell


def marked(mark: str) -> list[str]:
    """Return the processes that run with that mark in their environment."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            if f"MARK_OF_A_TEST={mark}".encode() in (folder / "environ").read_bytes():
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
                found += [(folder / "cmdline").read_text()] if state != "Z" else []
        except OSError:
            continue
    return found


@pytest.mark.parametrize(
    ("files", "line"),
    [
        (
            {"test_a.py": TESTS + BACKGROUND + "def test_dies(): background(); os._exit(3)\n"},
            "pytest: the interpreter died, 1 of 2 tests ran, as before: test_a.py::test_dies",
        ),
        (
            {"test_a.py": TESTS + BACKGROUND + "def test_dies(): background(); ctypes.string_at(0)\n"},
            "pytest: the interpreter died, 1 of 2 tests ran, as before: test_a.py::test_dies",
        ),
        (
            {"test_a.py": TESTS + "os._exit(0)\n"},
            "pytest: the interpreter died, before any test, as before: test_a.py",
        ),
        (
            {"test_a.py": TESTS + "def test_b(): pass\nsys.exit(3)\n"},
            "pytest: internal error: SystemExit: 3 (test_a.py:4)",
        ),
        ({"conftest.py": "x = 1\n1 / 0\n", "test_a.py": TESTS}, "no test ran, conftest.py:2 failed"),
        (
            {"conftest.py": "import sys\nsys.exit('not here')\n", "test_a.py": TESTS},
            "pytest: SystemExit: not here (conftest.py:2)",
        ),
        (
            {"pyproject.toml": "[tool.pytest.ini_options]\naddopts = \n", "test_a.py": TESTS},
            "pytest: pyproject.toml: Invalid value (at line 2, column 11)",
        ),
        (
            {"pytest.ini": "[pytest]\naddopts = --nowhere\n", "test_a.py": TESTS},
            "pytest: unrecognized arguments: --nowhere",
        ),
    ],
)
def test_what_ends_pytest_is_one_line(told, files, line):
    assert told(files) == [line]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            TESTS
            + BACKGROUND
            + """
def test_hangs():
    background()
    for number in (signal.SIGTERM, signal.SIGABRT, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True)
    while True: pass
""",
            ("1 of 2 tests ran", "test_a.py::test_hangs"),
        ),
        (TESTS + "time.sleep(300)\n", ("before any test", "test_a.py")),
    ],
    ids=["a test that ignores signals", "a file of tests"],
)
def test_what_hangs_is_stopped_and_named_in_one_line(told, text, words):
    (said,) = told({"test_a.py": text}, timeout=4.0)
    assert said.startswith("pytest: stopped after ")
    assert all(word in said for word in words)


def test_a_test_that_hangs_since_the_edit_is_new(told):
    text = TESTS + "def test_hangs():\n    while shop.x: pass\n"
    new, tail = told({"test_a.py": text}, timeout=6.0)
    assert new.startswith("new: test_a.py::test_hangs - still running after ")
    assert new.endswith("(test_a.py:4)")
    assert tail.endswith("1 of 2 tests ran")


def test_an_environment_whose_python_is_gone_is_said_and_no_other_taken(told, project):
    root = project(SHOP)
    (root / ".venv/bin").mkdir(parents=True)
    (root / ".venv/bin/python").symlink_to("/nowhere/python3")
    assert told({"test_a.py": TESTS}) == [
        "pytest: .venv/bin/python does not start: No such file or directory; make its environment anew"
    ]


def test_an_environment_without_pytest_is_said_with_the_command(told, project):
    root = project(SHOP)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root / ".venv")], check=True)
    (next(root.glob(".venv/lib/python*/site-packages")) / "pip.py").touch()
    assert told({"test_a.py": TESTS}) == ["pytest: not installed: .venv/bin/python -m pip install pytest"]


@pytest.mark.parametrize(
    ("does", "note"),
    [
        ("echo 'thread main panicked'; exit 101", "ruff: thread main panicked"),
        ("kill -SEGV $$", "ruff: exit status -11"),
        ("echo '{half'; exit 1", "ruff: answers something else than expected: Expecting property name"),
        ("sleep 300", "ruff: stopped after 1 s"),
    ],
)
def test_a_ruff_that_crashes_or_hangs_is_one_line(project, monkeypatch, tmp_path, does, note):
    root = project({"a.py": "nowhere\n"})
    (tmp_path / "bin").mkdir()
    ruff = tmp_path / "bin/ruff"
    ruff.write_text(f"#!/bin/sh\n{does}\n")
    ruff.chmod(0o755)
    monkeypatch.setenv("MARK_OF_A_TEST", str(tmp_path))
    report = names_after(root, tmp_path / "bin/python", {"a.py": b""}, timeout=1.0)
    (line,) = render([report])
    assert line.startswith(note)
    assert not marked(str(tmp_path))


@pytest.mark.skipif(
    shutil.which("ruff", path=os.path.dirname(sys.executable)) is None, reason="has none to miss"
)
def test_where_no_ruff_is_names_are_still_told(project, tmp_path):
    root = project({"a.py": "nowhere\n"})
    code = """
import sys
from pathlib import Path
from ipy_llm.checks.names import names_after
from ipy_llm.checks.render import render
sys.executable = "/nowhere/python"
print(render([names_after(Path(sys.argv[1]), Path("/nowhere/python"), {"a.py": b""}, timeout=9.0)]))
"""
    env = {**os.environ, "PATH": "/nowhere"}
    said = subprocess.run(
        [sys.executable, "-c", code, root], env=env, capture_output=True, text=True, check=True
    )
    assert said.stdout == "['new: a.py:1: Undefined name `nowhere` [F821]']\n"


def test_where_no_mypy_is_the_command_is_said(project, tmp_path):
    root = project({"a.py": "x = 1\n"})
    code = """
import sys
from pathlib import Path
from ipy_llm.checks.types import check_types
from ipy_llm.checks.render import render
print(render([check_types(Path(sys.argv[1]), Path(sys.executable), Path(sys.argv[2]), timeout=9.0)]))
"""
    # -S: without what is installed
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-S", "-c", code, root, tmp_path / "cache"]
    said = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert said.stdout == "['mypy: not installed, not run']\n"


def test_a_mypy_daemon_that_is_killed_while_it_checks_is_done_without(project, tmp_path, monkeypatch):
    monkeypatch.setenv(SWITCH, "1")
    monkeypatch.setenv("MARK_OF_A_TEST", str(tmp_path))
    root = project({"a.py": "x: int = 1\n"})
    cache = tmp_path / "cache"
    try:
        check_types(root, Path(sys.executable), cache, timeout=120.0)
        pid = wait_for(lambda: daemon(str(tmp_path)))
        os.kill(pid, signal.SIGSTOP)  # so that it is at it when it is killed
        (root / "a.py").write_text("x: int = ''\n")
        reports = []
        thread = threading.Thread(
            target=lambda: reports.append(check_types(root, Path(sys.executable), cache, timeout=120.0))
        )
        thread.start()
        wait_for(
            lambda: [one for one in marked(str(tmp_path)) if "dmypy" in one and "run" in one.split("\0")]
        )
        os.kill(pid, signal.SIGKILL)
        thread.join()
    finally:
        stop_daemons(cache)
    (report,) = reports
    assert [found.place for found in report.diagnostics] == ["a.py:1"]
    assert report.note == "its daemon did not answer, checked without it"
    wait_for(lambda: not marked(str(tmp_path)))


def daemon(mark: str) -> int | None:
    """Return the process of the daemon with that mark, once it waits for work."""
    for status in Path(mark).glob("cache/dmypy-*.json"):
        client = [sys.executable, "-m", "mypy.dmypy", "--status-file", str(status), "status"]
        if subprocess.run(client, check=False, capture_output=True).returncode == 0:
            return int(status.read_text().partition('"pid": ')[2].partition(",")[0])
    return None


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found
