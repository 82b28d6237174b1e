from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from ipy_llm.checks.baseline import recall, remember, tree_key
from ipy_llm.checks.interpreter import project_interpreter
from ipy_llm.checks.render import render
from ipy_llm.checks.report import Report, compare
from ipy_llm.checks.run import baseline, has_tests, run_checks

PROJECT = {
    "shop/__init__.py": "",
    "shop/cart.py": """
    def total(prices: list[int]) -> int:
        return sum(prices)


    def name() -> str:
        return 3
    """,
    "tests/test_cart.py": """
    import pytest
    from shop import cart


    @pytest.mark.parametrize("given", [[1, 2], [3]])
    def test_total(given):
        assert cart.total(given) == 3


    def test_name():
        assert cart.name() == "shop"
    """,
}


def edit(root, path, old, new):
    file = root / path
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


@pytest.fixture
def shop(project):
    return project(PROJECT)


def test_an_edit_answers_with_exactly_what_it_broke_and_the_next_with_what_it_fixed(shop, cache):
    before = baseline(shop, cache)
    assert render(before) == [
        "tests/test_cart.py::test_name - assert 3 == 'shop' (tests/test_cart.py:11)",
        'shop/cart.py:6: Incompatible return value type (got "int", expected "str") [return-value]',
        "3 tests: 1 failing, mypy: 1 failing",
    ]

    added = "    # all of them\n    if len(prices) > 1:\n        return 4.5\n"
    edit(shop, "shop/cart.py", "    return sum", f"{added}    return sum")
    after = run_checks(shop, cache)
    assert render(compare(before, after)) == [
        "new: tests/test_cart.py::test_total[given0] - assert 4.5 == 3 (tests/test_cart.py:7)",
        'new: shop/cart.py:4: Incompatible return value type (got "float", expected "int") [return-value]',
    ]

    assert baseline(shop, cache) == after
    edit(shop, "shop/cart.py", "        return 4.5\n", "        return sum(prices)\n")
    assert render(compare(after, run_checks(shop, cache))) == ["mypy, 3 tests: nothing new, fixed 2"]


def test_lines_that_moved_and_renamed_values_are_nothing_new(shop, cache):
    before = baseline(shop, cache)
    edit(shop, "shop/cart.py", "def total", "# one\n# two\n\n\ndef total")
    edit(shop, "tests/test_cart.py", "import pytest\n", "import pytest\nimport os\n\n")
    assert render(compare(before, run_checks(shop, cache))) == ["mypy, 3 tests: nothing new"]


def test_a_project_without_tests_is_checked_for_types_alone(project, cache):
    root = project({"cart.py": "x = 1\n"})
    assert not has_tests(root)
    assert [report.tool for report in run_checks(root, cache)] == ["mypy"]


@pytest.mark.parametrize(
    "files",
    [
        {"tests/a.py": ""},
        {"shop/test_a.py": ""},
        {"a_test.py": ""},
        {"pytest.ini": ""},
        {"pyproject.toml": "[project]\nname = 'x'\n[tool.pytest.ini_options]\n"},
        {"setup.cfg": "[tool:pytest]\n"},
        {"tox.ini": "[pytest]\n"},
    ],
)
def test_tests_are_seen_by_their_configuration_folder_or_name(project, files):
    assert has_tests(project(files))


def test_other_files_are_no_tests(project):
    assert not has_tests(
        project({"testing.py": "", "pyproject.toml": "[tool.mypy]\n", "node_modules/test_x.py": ""})
    )


def test_what_is_kept_holds_until_a_file_changes_comes_or_goes(shop, tmp_path):
    cache = tmp_path / "cache"
    python = project_interpreter(shop)
    reports = (Report("mypy", "clean"),)

    def kept() -> bool:
        return recall(cache, tree_key(shop, python)) == reports

    assert not kept()
    remember(cache, tree_key(shop, python), reports)
    assert kept()
    (shop / "notes.txt").write_text("not looked at")
    assert kept()
    for path in ("shop/cart.py", "shop/more.pyi", "pyproject.toml"):
        with (shop / path).open("a") as file:
            file.write("\n")
        assert not kept()
        remember(cache, tree_key(shop, python), reports)
    (shop / "shop/more.pyi").unlink()
    assert not kept()


def test_a_store_that_is_damaged_or_of_another_version_is_none(tmp_path):
    for text in ("", "{}", '{"key": "k", "reports": [{"new": 1}]}', "[]"):
        (tmp_path / "baseline.json").write_text(text)
        assert recall(tmp_path, "k") is None


def test_a_kept_run_that_had_less_time_is_run_again(project, tmp_path):
    root = project({"a.py": ""})
    cache = tmp_path / "cache"
    stopped = Report("mypy", "timed-out", seconds=1.0, complete=False)
    remember(cache, tree_key(root, project_interpreter(root)), (stopped,))
    assert baseline(root, cache, timeout=1.0) == (stopped,)
    assert baseline(root, cache, timeout=60.0)[0].outcome == "clean"


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ there")
def test_an_interruption_ends_the_tools_too(project, tmp_path):
    root = project(
        {
            "test_a.py": "import os, time\ndef test_a(): open('pid', 'w').write(str(os.getpid())); time.sleep(100)\n"
        }
    )
    # Started in the background of a shell we would inherit that an interrupt is ignored.
    code = f"""
import signal
from pathlib import Path
from ipy_llm.checks.run import run_checks
signal.signal(signal.SIGINT, signal.default_int_handler)
run_checks(Path({str(root)!r}), Path({str(tmp_path / "cache")!r}))
"""
    ours = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
    pid = root / "pid"
    wait_for(lambda: pid.exists() and pid.read_text())
    ours.send_signal(signal.SIGINT)
    assert b"KeyboardInterrupt" in ours.communicate()[1]
    wait_for(lambda: not is_running(int(pid.read_text())))


def wait_for(condition) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
