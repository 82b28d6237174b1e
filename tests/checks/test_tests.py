from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ipy_llm.checks.report import Report
from ipy_llm.checks.tests import Plan, run_tests

# The tests are written as text: this file is not to be collected for them.
CART = """
    def total(prices):
        return sum(prices)

    def price(text):
        if not text:
            raise ValueError("no price")
        return int(text)
    """


def check(root: Path, cache: Path, *, python: str = sys.executable, timeout: float = 60.0) -> Report:
    before = sorted(path for path in root.rglob("*"))
    report, _ = run_tests(root, Path(python), cache, Plan(), timeout=timeout)
    assert sorted(path for path in root.rglob("*")) == before, "something was left in the project"
    assert not list(cache.glob("tests-*")), "something was left in the cache"
    return report


def test_each_failure_has_its_id_its_values_and_the_place_to_edit(project, cache):
    root = project(
        {
            "shop.py": CART,
            "tests/test_shop.py": """
            import pytest, shop

            def test_passes(): assert shop.total([1]) == 1

            @pytest.mark.parametrize("prices", [[1, 2], [3]])
            def test_total(prices): assert shop.total(prices) == 3

            @pytest.mark.parametrize("given", [[1], [2]], ids=["one", "a b::[c]"])
            def test_values(given):
                assert shop.total(given) == 1, "totals differ"

            def test_price(): shop.price("")

            @pytest.fixture
            def broken(): return shop.price("x")

            def test_setup(broken): pass

            @pytest.mark.skip
            def test_skipped(): assert 0

            @pytest.mark.xfail(strict=True)
            def test_unexpected(): pass
            """,
        }
    )
    report = check(root, cache)
    assert (report.tool, report.outcome, report.note, report.ran) == ("pytest", "failed", "", 9)
    assert report.complete
    assert [(found.test, found.place, found.code, found.message) for found in report.diagnostics] == [
        (
            "tests/test_shop.py::test_values[a b::[c]]",
            "tests/test_shop.py:10",
            "AssertionError",
            "totals differ; assert 2 == 1",
        ),
        ("tests/test_shop.py::test_price", "shop.py:6", "ValueError", "ValueError: no price"),
        (
            "tests/test_shop.py::test_setup",
            "shop.py:7",
            "ValueError",
            "ValueError: invalid literal for int() with base 10: 'x'",
        ),
        ("tests/test_shop.py::test_unexpected", "tests/test_shop.py:22", "", "[XPASS(strict)]"),
    ]
    assert report.diagnostics[1].text == 'raise ValueError("no price")'


def test_a_failing_doctest_and_a_failing_unittest_are_told_alike(project, cache):
    root = project(
        {
            "pyproject.toml": """
            [tool.pytest.ini_options]
            addopts = "--doctest-modules -x --ff --junitxml=report.xml"
            """,
            "shop.py": '''
            def double(x):
                """
                >>> double(2)
                4
                """
                return x
            ''',
            "test_shop.py": """
            import unittest, shop
            class Tests(unittest.TestCase):
                def test_double(self): self.assertEqual(shop.double(3), 6)
            """,
        }
    )
    report = check(root, cache)
    assert [(found.test, found.place, found.message) for found in report.diagnostics] == [
        ("shop.py::shop.double", "shop.py:3", "expected 4, got 2"),
        ("test_shop.py::Tests::test_double", "test_shop.py:3", "3 != 6"),
    ]


def test_tests_see_what_they_see_under_python_m_pytest(project, cache):
    root = project(
        {
            "test_world.py": """
            import os, sys, types

            def test_world():
                assert sys.path.count(os.getcwd()) >= 1
                assert not any(path.endswith("inside") for path in sys.path)
                assert types.SimpleNamespace
                assert os.path.basename(sys.argv[0]) == "__main__.py"
            """,
        }
    )
    assert check(root, cache).outcome == "clean"


def test_a_file_that_does_not_load_is_one_finding_and_the_others_still_run(project, cache):
    root = project(
        {
            "shop.py": "import nowhere\n",
            "test_a.py": "import shop\n",
            "test_b.py": "def test_b(): assert 0\n",
            "test_c.py": "def test_c(:\n",
        }
    )
    report = check(root, cache)
    assert report.outcome == "failed"
    assert [(found.test, found.place, found.message) for found in report.diagnostics] == [
        ("test_a.py", "shop.py:1", "ModuleNotFoundError: No module named 'nowhere'"),
        ("test_c.py", "test_c.py:1", "SyntaxError: invalid syntax"),
        ("test_b.py::test_b", "test_b.py:1", "assert 0"),
    ]


def test_a_conftest_that_raises_is_a_finding_and_said(project, cache):
    root = project({"tests/conftest.py": "x = 1\n1 / 0\n", "tests/test_a.py": "def test_a(): pass\n"})
    report = check(root, cache)
    assert (report.outcome, report.note) == ("crashed", "no test ran, tests/conftest.py:2 failed")
    (found,) = report.diagnostics
    assert (found.place, found.message) == ("tests/conftest.py:2", "ZeroDivisionError: division by zero")


@pytest.mark.parametrize(
    ("configuration", "note"),
    [
        ("[tool.pytest.ini_options]\naddopts = '--nowhere=1'\n", "unrecognized arguments: --nowhere=1"),
        ("[tool.pytest.ini_options]\naddopts = '-p nowhere'\n", "nowhere"),
        ("[tool.pytest\n", "pyproject.toml: "),
    ],
)
def test_a_broken_configuration_is_one_clear_line(project, cache, configuration, note):
    root = project({"pyproject.toml": configuration, "test_a.py": "def test_a(): pass\n"})
    report = check(root, cache)
    assert (report.outcome, report.diagnostics, report.complete) == ("crashed", (), False)
    assert note in report.note
    assert "\n" not in report.note


def test_a_run_that_is_called_off_says_why(project, cache):
    root = project({"test_a.py": "import pytest\ndef test_a(): pytest.exit('no database')\n"})
    report = check(root, cache)
    assert (report.outcome, report.complete) == ("crashed", False)
    assert "no database" in report.note


def test_no_tests_are_said(project, cache):
    report = check(project({"tests/helpers.py": ""}), cache)
    assert (report.outcome, report.note) == ("unavailable", "no tests found")


def test_a_python_without_pytest_is_said_with_what_to_install(project, cache):
    root = project({"test_a.py": "def test_a(): pass\n"})
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root / ".venv")], check=True)
    report = check(root, cache, python=str(root / ".venv/bin/python3"))
    assert (report.outcome, report.note) == ("unavailable", "not installed, not run")

    (next(root.glob(".venv/lib/python*/site-packages")) / "pip.py").touch()
    report = check(root, cache, python=str(root / ".venv/bin/python3"))
    assert (report.outcome, report.note) == (
        "unavailable",
        "not installed: .venv/bin/python -m pip install pytest",
    )


def test_a_python_that_does_not_start_is_said(project, cache):
    root = project({"python": "", "test_a.py": ""})
    report = check(root, cache, python=str(root / "python"))
    assert report.outcome == "unavailable"
    assert "does not start" in report.note


def test_a_test_that_hangs_is_found_with_the_line_it_hangs_at_and_what_ran_is_kept(project, cache):
    root = project(
        {
            "shop.py": "import time\ndef wait():\n    time.sleep(60)\n",
            "test_a.py": """
            import shop, subprocess, sys, os
            def test_bad(): assert 1 == 2
            def test_good(): pass
            def test_hangs():
                child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
                open(os.environ["PID_FILE"], "w").write(str(child.pid))
                shop.wait()
            def test_later(): pass
            """,
        }
    )
    pid_file = cache / "pid"
    os.environ["PID_FILE"] = str(pid_file)
    try:
        report = check(root, cache, timeout=5.0)
    finally:
        del os.environ["PID_FILE"]
    assert report.outcome == "timed-out"
    assert report.note.startswith("stopped after ")
    assert report.note.endswith(" s, 2 of 4 tests ran")
    assert not report.complete
    assert report.passed == ("test_a.py::test_good", "test_a.py")
    assert [(found.test, found.place, found.code) for found in report.diagnostics] == [
        ("test_a.py::test_bad", "test_a.py:2", "AssertionError"),
        ("test_a.py::test_hangs", "shop.py:3", "Timeout"),
    ]
    deadline = time.monotonic() + 20
    while is_running(pid_file.read_text()):
        assert time.monotonic() < deadline, "the child of the hanging test still runs"


def is_running(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("death", "message", "place"),
    [
        ("os._exit(0)", "ended the interpreter (exit status 0)", "test_a.py:4"),
        ("ctypes.string_at(0)", "killed the interpreter (SIGSEGV)", "shop.py:3"),
    ],
)
def test_a_test_that_kills_the_interpreter_is_found(project, cache, death, message, place):
    root = project(
        {
            "shop.py": f"import ctypes, os\ndef die():\n    {death}\n",
            "test_a.py": """
            import shop
            def test_bad(): assert 1 == 2
            def test_good(): pass
            def test_dies(): shop.die()
            def test_later(): pass
            """,
        }
    )
    report = check(root, cache)
    assert (report.outcome, report.note) == ("crashed", "the interpreter died, 2 of 4 tests ran")
    assert report.passed == ("test_a.py::test_good", "test_a.py")
    bad, dies = report.diagnostics
    assert bad.test == "test_a.py::test_bad"
    assert (dies.test, dies.code, dies.message, dies.place) == (
        "test_a.py::test_dies",
        "Crash",
        message,
        place,
    )


def test_hypothesis_and_coverage_leave_nothing_in_the_project(project, cache):
    root = project(
        {
            "test_a.py": """
            from hypothesis import given, strategies
            @given(strategies.integers())
            def test_a(n): assert n < 100
            """,
        }
    )
    report = check(root, cache)
    assert [found.test for found in report.diagnostics] == ["test_a.py::test_a"]
    assert report.diagnostics[0].message.startswith("assert ")


def test_a_test_that_prints_a_gigabyte_costs_neither_memory_nor_the_other_tests(project, cache):
    root = project(
        {
            "test_a.py": """
            import os
            def test_loud():
                for _ in range(1024): os.write(1, b"x" * (1 << 20))
            def test_bad(): assert 1 == 2
            """,
            "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-s'\n",
        }
    )
    report = check(root, cache)
    assert (report.outcome, report.ran) == ("failed", 2)
    assert [found.test for found in report.diagnostics] == ["test_a.py::test_bad"]
