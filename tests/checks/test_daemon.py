"""mypy's daemon: started for the next time, reused, replaced, and told of when it dies."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ipy_llm.checks.daemon import SWITCH, stop_daemons
from ipy_llm.checks.types import check_types

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no daemon is left running there")

WRONG = "def f() -> str:\n    return 3\n"


@pytest.fixture
def typed(project, tmp_path, monkeypatch):
    monkeypatch.setenv(SWITCH, "1")
    root = project({"a.py": "x: int = 1\n"})
    cache = tmp_path / "cache"
    yield root, cache
    stop_daemons(cache)


def check(typed):
    root, cache = typed
    return check_types(root, Path(sys.executable), cache, timeout=120.0)


def running(cache):
    """Return the process of the one daemon, once it answers."""
    deadline = time.monotonic() + 60
    while True:
        files = list(cache.glob("dmypy-*.json"))
        if files and files[0].read_text().strip():
            client = [sys.executable, "-m", "mypy.dmypy", "--status-file", str(files[0]), "status"]
            if subprocess.run(client, check=False, capture_output=True).returncode == 0:
                return json.loads(files[0].read_text())["pid"]
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_it_starts_after_the_first_check_answers_the_next_and_is_told_of_when_it_dies(typed):
    root, cache = typed
    assert check(typed).outcome == "clean"
    pid = running(cache)
    (root / "a.py").write_text(WRONG)
    report = check(typed)
    assert [found.place for found in report.diagnostics] == ["a.py:2"]
    assert report.note == ""
    assert running(cache) == pid

    os.kill(pid, signal.SIGKILL)
    report = check(typed)
    assert [found.place for found in report.diagnostics] == ["a.py:2"]
    assert report.note in ("", "its daemon did not answer, checked without it")
    other = running(cache)
    assert other != pid

    (root / "mypy.ini").write_text("[mypy]\ndisable_error_code = return-value\n")
    assert check(typed).outcome == "clean"
    assert running(cache) not in (pid, other)
    stop_daemons(cache)
    assert not list(cache.glob("dmypy-*"))


def test_what_was_wrong_before_it_started_it_tells_too(typed):
    root, cache = typed
    (root / "a.py").write_text(WRONG)
    for _ in range(2):
        check(typed)
        running(cache)
    assert [found.place for found in check(typed).diagnostics] == ["a.py:2"]


def test_one_that_hangs_is_ended_and_the_check_made_without_it(typed):
    root, cache = typed
    check(typed)
    pid = running(cache)
    os.kill(pid, signal.SIGSTOP)
    try:
        report = check_types(root, Path(sys.executable), cache, timeout=20.0)
        assert (report.outcome, report.note) == ("clean", "its daemon did not answer, checked without it")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
