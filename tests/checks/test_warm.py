"""A run in a fork of what waits is what a run in a process of its own is."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from ipy_llm.checks.report import Report
from ipy_llm.checks.retest import affected_tests, all_tests
from ipy_llm.checks.tests import Plan, environment_of, run_tests
from ipy_llm.checks.warm import Warm

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="nothing waits elsewhere")

PYTHON = Path(sys.executable)


@pytest.fixture
def warm(project, cache):
    """What waits for a project of these files."""
    begun: list[Warm] = []

    def warm(files: dict[str, str], names: tuple[str, ...] = ("pytest",)) -> tuple[Path, Warm]:
        root = project(files)
        begun.append(Warm(root))
        begun[-1].begin(PYTHON, environment_of(PYTHON, cache), names)
        settle(begun[-1])
        return root, begun[-1]

    yield warm
    for one in begun:
        one.close()


def settle(warm: Warm) -> None:
    deadline = time.monotonic() + 60
    while warm._process is None or warm._busy.locked():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def both(root: Path, cache: Path, warm: Warm, timeout: float = 60.0) -> tuple[Report, Report]:
    plain, trace = run_tests(root, PYTHON, cache, Plan(), timeout=timeout)
    assert not trace.forked
    forked, trace = run_tests(root, PYTHON, cache, Plan(), timeout=timeout, warm=warm)
    assert trace.forked
    return plain, forked


def told(report: Report) -> tuple[object, ...]:
    return (report.outcome, report.ran, report.note, report.complete, report.diagnostics, report.passed)


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


SHOP = {
    "cart.py": "def total(prices): return sum(prices)\n",
    "test_cart.py": """
        import os, random, sys, threading, cart
        def test_total(): assert cart.total([1]) == 2
        def test_passes(): assert "test_cart" in sys.modules
        def test_alone(): assert threading.active_count() == 1 and os.getpgid(0) == os.getpid()
        def test_prints(): print("seen")
        def test_argv(): assert sys.argv[0].endswith("__main__.py") and sys.path[0] == os.getcwd()
    """,
}


def test_a_fork_tells_what_a_process_tells_and_has_none_of_the_projects_modules(warm, cache):
    root, waiting = warm(SHOP)
    plain, forked = both(root, cache, waiting)
    assert told(forked) == told(plain)
    assert [found.test for found in forked.diagnostics] == ["test_cart.py::test_total"]
    (root / "cart.py").write_text("def total(prices): return 2\n")
    assert both(root, cache, waiting)[1].outcome == "clean"


@pytest.mark.parametrize(
    "death", ["import os; os._exit(3)", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "assert 0"]
)
def test_a_death_is_told_alike_and_the_next_run_has_what_waits(warm, cache, death):
    root, waiting = warm({"test_a.py": f"def test_one(): pass\ndef test_dies(): {death}\n"})
    plain, forked = both(root, cache, waiting)
    assert told(forked) == told(plain)
    assert both(root, cache, waiting)[1].diagnostics == plain.diagnostics


def test_a_test_that_hangs_is_ended_with_all_it_started(warm, cache, tmp_path):
    file = tmp_path / "pids"
    root, waiting = warm({
        "test_a.py": f"""
            import os, subprocess, sys, time
            def test_hangs():
                child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(99)"], start_new_session=True)
                open({str(file)!r}, "w").write(f"{{os.getpid()}} {{child.pid}}")
                time.sleep(99)
            """
    })  # fmt: skip
    report, trace = run_tests(root, PYTHON, cache, Plan(), timeout=6, warm=waiting)
    assert trace.forked
    assert (report.outcome, [found.code for found in report.diagnostics]) == ("timed-out", ["Timeout"])
    assert report.diagnostics[0].place == "test_a.py:5"
    for pid in file.read_text().split():
        deadline = time.monotonic() + 20
        while not is_gone(int(pid)):
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert waiting._process.poll() is None


def test_what_prints_a_gigabyte_costs_no_memory(warm, cache):
    root, waiting = warm({
        "test_a.py": """
            import os
            def test_prints(capfd):
                with capfd.disabled():
                    for _ in range(1000): os.write(1, b"x" * 1_000_000)
            """
    })  # fmt: skip
    report, trace = run_tests(root, PYTHON, cache, Plan(), timeout=60, warm=waiting)
    assert (report.outcome, report.ran, trace.forked) == ("clean", 1, True)


def test_it_ends_when_its_session_does_and_takes_what_runs_with_it(warm, cache, tmp_path):
    _, waiting = warm({"test_a.py": "def test_one(): pass\n"})
    pid = waiting._process.pid
    waiting._channel.close()  # as the end of our process does
    deadline = time.monotonic() + 20
    while not is_gone(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_one_that_died_is_done_without(warm, cache):
    root, waiting = warm({"test_a.py": "def test_one(): pass\n"})
    waiting._process.kill()
    waiting._process.wait()
    report, trace = run_tests(root, PYTHON, cache, Plan(), timeout=60, warm=waiting)
    assert (report.outcome, trace.forked) == ("clean", False)


def test_another_environment_is_no_work_for_it(warm, cache, monkeypatch):
    root, waiting = warm({"test_a.py": "import os\ndef test_one(): assert os.environ['NEW'] == '1'\n"})
    monkeypatch.setenv("NEW", "1")
    report, trace = run_tests(root, PYTHON, cache, Plan(), timeout=60, warm=waiting)
    assert (report.outcome, trace.forked) == ("clean", False)


@pytest.mark.parametrize(
    ("module", "fit"),
    [
        ("import warnings; warnings.warn('old', DeprecationWarning)", True),  # begun again without it
        ("raise RuntimeError", True),
        (
            "import threading, time; threading.Thread(target=time.sleep, args=(99,), daemon=True).start()",
            False,
        ),
    ],
)
def test_what_cannot_be_imported_before_is_left_out_and_threads_are_not_forked(
    project, cache, monkeypatch, module, fit
):
    folder = (
        project({"test_a.py": "import sys\ndef test_one(): assert 'another' not in sys.modules\n"}).parent
        / "others"
    )
    folder.mkdir()
    (folder / "another.py").write_text(module + "\n")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    root = folder.parent / "project"
    waiting = Warm(root)
    env = environment_of(PYTHON, cache)
    waiting.begin(PYTHON, env, ("pytest", "another"))
    deadline = time.monotonic() + 60
    while (waiting._process is None and not waiting._unfit) or waiting._busy.locked():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert bool(waiting._unfit) is not fit
    report, trace = run_tests(root, PYTHON, cache, Plan(), timeout=60, warm=waiting)
    assert (report.outcome, trace.forked) == ("clean", fit)
    assert waiting.wanted(PYTHON, env) is False
    waiting.close()


def test_a_failure_in_a_fork_alone_is_none_and_no_fork_is_made_again(project, tmp_path):
    # the environment of what waits is the same, what it has imported is not
    root = project({
        "cart.py": "def total(): return 1\n",
        "test_cart.py": "import sys, cart\ndef test_one(): assert 'wave' not in sys.modules and cart.total()\n",
    })  # fmt: skip
    cache = tmp_path / "own"
    assert all_tests(root, PYTHON, cache, timeout=60).outcome == "clean"
    waiting = Warm(root)
    waiting.begin(PYTHON, environment_of(PYTHON, cache), ("pytest", "wave"))
    settle(waiting)
    before = (root / "cart.py").read_bytes()
    (root / "cart.py").write_text("def total(): return 2\n")
    report = affected_tests(root, PYTHON, cache, {"cart.py": before}, timeout=60, warm=waiting)
    assert (report.outcome, report.diagnostics) == ("clean", ())
    assert waiting._process is None
    assert not waiting.wanted(PYTHON, environment_of(PYTHON, cache))


def test_a_session_begins_one_after_its_first_run_and_forks_it_for_the_next(project, tmp_path):
    root = project({
        "cart.py": "def total(): return 1\n",
        "test_cart.py": "import cart\ndef test_one(): assert cart.total() == 1\n",
    })  # fmt: skip
    cache, waiting = tmp_path / "own", Warm(root)
    assert all_tests(root, PYTHON, cache, timeout=60, warm=waiting).outcome == "clean"
    settle(waiting)
    pid = waiting._process.pid
    before = (root / "cart.py").read_bytes()
    (root / "cart.py").write_text("def total(): return 2\n")
    report = affected_tests(root, PYTHON, cache, {"cart.py": before}, timeout=60, warm=waiting)
    assert [found.message for found in report.diagnostics] == ["assert 2 == 1"]
    assert (waiting._process.pid, waiting._process.poll()) == (pid, None)
    waiting.close()
    assert is_gone(pid)
    assert os.listdir(cache) != []
