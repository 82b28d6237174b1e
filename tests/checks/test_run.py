from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from ipy_llm.checks.baseline import recall, remember
from ipy_llm.checks.render import render
from ipy_llm.checks.report import Report
from ipy_llm.checks.run import has_tests, run_checks, run_checks_after
from ipy_llm.workspace.files import Change

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


def edit(root, cache, path, old, new):
    """Write an edit and return what is told of it."""
    file = root / path
    before = file.read_bytes()
    assert old.encode() in before
    after = before.replace(old.encode(), new.encode(), 1)
    file.write_bytes(after)
    return render(run_checks_after(root, cache, [Change(file, before, after)]))


@pytest.fixture
def shop(project):
    return project(PROJECT)


WORSE = "    # all of them\n    if len(prices) > 1:\n        return 4.5\n    return sum"
BROKEN = [
    "new: tests/test_cart.py::test_total[given0] - assert 4.5 == 3 (tests/test_cart.py:7)",
    'new: shop/cart.py:4: Incompatible return value type (got "float", expected "int") [return-value]',
]


def test_the_whole_is_told_with_every_failure(shop, cache):
    assert render(run_checks(shop, cache)) == [
        "tests/test_cart.py::test_name - assert 3 == 'shop' (tests/test_cart.py:11)",
        'shop/cart.py:6: Incompatible return value type (got "int", expected "str") [return-value]',
        "3 tests: 1 failing, mypy: 1 failing",
    ]


def test_an_edit_answers_with_exactly_what_it_broke_and_the_next_with_what_it_fixed(shop, tmp_path):
    cache = tmp_path / "cache"
    run_checks(shop, cache)
    assert edit(shop, cache, "shop/cart.py", "    return sum", WORSE) == BROKEN
    fixed = edit(shop, cache, "shop/cart.py", "        return 4.5\n", "        return sum(prices)\n")
    assert fixed == ["mypy, 2 tests: nothing new, fixed 2"]


def test_a_first_edit_of_a_project_never_seen_tells_the_same(shop, tmp_path):
    assert edit(shop, tmp_path / "cache", "shop/cart.py", "    return sum", WORSE) == BROKEN


def test_what_was_met_before_is_told_without_a_run(shop, tmp_path):
    cache = tmp_path / "cache"
    run_checks(shop, cache)
    assert edit(shop, cache, "shop/cart.py", "    return sum", WORSE) == BROKEN
    (shop / "conftest.txt").write_text("not looked at")
    assert edit(shop, cache, "shop/cart.py", WORSE, "    return sum") == [
        "mypy, 2 tests: nothing new, fixed 2"
    ]
    assert edit(shop, cache, "shop/cart.py", "    return sum", WORSE) == BROKEN


def test_lines_that_moved_and_renamed_values_are_nothing_new(shop, tmp_path):
    cache = tmp_path / "cache"
    run_checks(shop, cache)
    assert edit(shop, cache, "shop/cart.py", "def total", "# one\n# two\n\n\ndef total") == [
        "mypy: nothing new; no test runs it"
    ]
    assert edit(shop, cache, "tests/test_cart.py", "import pytest\n", "import pytest\nimport os\n\n") == [
        "new: tests/test_cart.py:2: `os` imported but unused [F401]"
    ]


def test_an_undefined_name_is_told_once(shop, tmp_path):
    cache = tmp_path / "cache"
    run_checks(shop, cache)
    told = edit(shop, cache, "shop/cart.py", "    return 3", "    return nane")
    assert told == [
        "new: tests/test_cart.py::test_name - NameError: name 'nane' is not defined (shop/cart.py:6)",
        "new: shop/cart.py:6: Undefined name `nane` [F821]",
        "fixed 1",
    ]


def test_a_typed_project_without_tests_is_checked_for_types(project, tmp_path):
    root = project({"cart.py": "x: int = 1\n", "pyproject.toml": "[tool.mypy]\nstrict = true\n"})
    assert edit(root, tmp_path / "cache", "cart.py", "1", "''")[0].startswith(
        "new: cart.py:1: Incompatible types"
    )


def test_a_script_in_a_folder_of_its_own_is_checked_for_names_alone(project, tmp_path):
    root = project({"cart.py": "x = 1\n"})
    assert edit(root, tmp_path / "cache", "cart.py", "1", "2") == []
    assert edit(root, tmp_path / "cache", "cart.py", "2", "two")[0].startswith(
        "new: cart.py:1: Undefined name"
    )


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


def test_types_are_kept_for_the_last_states_and_a_damaged_store_is_none(tmp_path):
    report = Report("mypy", "clean")
    for key in range(6):
        remember(tmp_path, key, report)
    assert [recall(tmp_path, key) for key in range(6)] == [None, None, *[report] * 4]
    for text in ("", "{}", '{"3": [{"new": 1}]}', "[]"):
        (tmp_path / "types.json").write_text(text)
        assert recall(tmp_path, 3) is None


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
