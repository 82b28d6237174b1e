"""Which tests run after an edit, and which of their failures are its own."""

from __future__ import annotations

from contextlib import closing

from suites import LOG, PYTHON, Suite, names

from ipy_llm.checks.affected import learn
from ipy_llm.checks.records import Records
from ipy_llm.checks.state import State
from ipy_llm.checks.tests import Plan, run_tests


def test_only_tests_that_run_the_changed_function_run(suite):
    shop = suite(
        {
            "shop.py": """
            RATE = 2

            def price(x):
                return x

            def tax(x):
                return x * RATE

            class Cart:
                def total(self):
                    def inner():
                        return price(1)
                    return inner()
            """,
            "tests/test_shop.py": """
            import shop
            from log import ran

            def test_price(): ran("price"); assert shop.price(1) == 1
            def test_tax(): ran("tax"); assert shop.tax(1) == 2
            def test_total(): ran("total"); assert shop.Cart().total() == 1
            """,
            "tests/test_other.py": "from log import ran\ndef test_other(): ran('other')\n",
        }
    )
    report = shop.edit("shop.py", "return x\n", "return x + 1\n")
    assert (names(report), shop.ran) == (["test_price", "test_total"], ["price", "price", "total", "total"])
    shop.edit("shop.py", "price(1)", "price(0)")
    assert shop.ran == ["total"]
    shop.edit("shop.py", "return x + 1", "return x  + 1  # as it was")
    assert shop.ran == ["price", "total"]
    # what importing the module runs concerns all that import it
    report = shop.edit("shop.py", "RATE = 2", "RATE = 3")
    assert (names(report), shop.ran) == (["test_tax"], ["price", "tax", "tax", "total"])
    shop.edit("tests/test_shop.py", "def test_total", "def test_new(): ran('new')\ndef test_total")
    assert shop.ran == ["new", "price", "tax", "total"]
    shop.edit("tests/test_shop.py", "ran('new')", "ran('newer')")
    assert shop.ran == ["newer"]


def test_what_a_fixture_of_many_tests_runs_concerns_all_of_them(suite):
    shop = suite(
        {
            "shop.py": """
            def connect(): return 1
            def close(): return None
            def lazy(): return 1
            def helper(): return 1
            """,
            "tests/conftest.py": """
            import pytest, shop

            @pytest.fixture(scope="session")
            def base(): return shop.helper()

            @pytest.fixture(scope="session")
            def connection(base):
                yield shop.connect()
                shop.close()

            @pytest.fixture(scope="module")
            def asked(request): return request.getfixturevalue("connection")
            """,
            "tests/test_a.py": """
            from log import ran
            import shop
            def setup_module(): shop.lazy()
            def test_one(connection): ran("one")
            def test_two(connection): ran("two")
            def test_none(): ran("none")
            """,
            "tests/test_b.py": "from log import ran\ndef test_three(asked): ran('three')\ndef test_four(): ran('four')\n",
        }
    )
    for old, expected in {
        "connect(): return 1": ["one", "three", "two"],
        "close(): return None": ["four", "one", "three", "two"],  # the last test is told of what fails there
        "helper(): return 1": ["one", "three", "two"],
        "lazy(): return 1": ["none", "one", "two"],
    }.items():
        report = shop.edit("shop.py", old, f"{old} or 1")
        assert (report.outcome, shop.ran) == ("clean", expected)
    shop.edit("tests/conftest.py", "yield shop.connect()", "yield shop.connect() + 1")
    assert shop.ran == ["none", "one", "three", "two"]  # none was the last, which took it down


def test_what_runs_while_a_module_is_imported_concerns_its_importers_however_late(suite):
    shop = suite(
        {
            "shop/__init__.py": "",
            "shop/table.py": "def build(): return [1]\n",
            "shop/cart.py": "from .table import build\nITEMS = build()\ndef first(): return ITEMS[0]\n",
            "tests/test_cart.py": """
            import importlib
            from log import ran
            def test_late(): ran("late"); from shop import cart; assert cart.first() == 1
            def test_later(): ran("later"); assert importlib.import_module("shop.cart").ITEMS == [1]
            """,
            "tests/test_other.py": "from log import ran\ndef test_other(): ran('other')\n",
        }
    )
    report = shop.edit("shop/table.py", "[1]", "[2]")
    assert (names(report), sorted(set(shop.ran))) == (["test_late", "test_later"], ["late", "later"])


def test_files_that_are_read_and_pythons_that_are_started_count(suite):
    shop = suite(
        {
            "shop.py": "def f(): return 1\n\ndef unused(): return 1\n",
            "rates.json": "{}",
            "tests/test_a.py": """
            import inspect, json, subprocess, sys, shop
            from log import ran
            def test_reads(): ran("reads"); json.load(open("rates.json"))
            def test_starts(): ran("starts"); subprocess.run([sys.executable, "-c", "import shop"], check=True)
            def test_source(): ran("source"); inspect.getsource(shop.f)
            def test_again(): ran("again"); inspect.getsource(shop.f)
            def test_none(): ran("none")
            """,
        }
    )
    shop.edit("rates.json", "{}", "[]")
    assert shop.ran == ["reads", "starts"]  # nobody knows what the started one reads
    shop.edit("shop.py", "unused(): return 1", "unused(): return 2")
    assert shop.ran == ["again", "source", "starts"]


def test_parameters_doctests_and_unittests_are_chosen_one_by_one(suite):
    shop = suite(
        {
            "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--doctest-modules -p no:randomly'\n",
            "shop.py": '''
            def even(x):
                """
                >>> even(2)
                True
                """
                return x % 2 == 0

            def half(x):
                if x > 2:
                    return big(x)
                return x // 2

            def big(x): return x // 2
            ''',
            "tests/test_shop.py": """
            import pytest, shop, unittest
            from log import ran
            @pytest.mark.parametrize("x", [2, 4], ids=["a b", "b::[c]"])
            def test_half(x): ran(str(x)); assert shop.half(x) == x // 2
            class Tests(unittest.TestCase):
                def test_even(self): ran("even"); self.assertTrue(shop.even(2))
            """,
        }
    )
    report = shop.edit("shop.py", "big(x): return x // 2", "big(x): return x")
    assert ([found.test for found in report.diagnostics], shop.ran) == (
        ["tests/test_shop.py::test_half[b::[c]]"],
        ["4", "4"],
    )
    report = shop.edit("shop.py", "return x % 2 == 0", "return x % 2 == 1")
    assert (sorted(names(report)), shop.ran) == (["shop.even", "test_even"], ["even", "even"])


def test_a_project_never_run_is_chosen_from_by_its_imports(project, tmp_path):
    shop = Suite(
        project(
            {
                "tests/log.py": LOG,
                "shop/__init__.py": "",
                "shop/cart.py": "from . import money\ndef f(): return money.g()\n",
                "shop/money.py": "def g(): return 1\n",
                "tests/test_cart.py": "from log import ran\nfrom shop.cart import f\ndef test_cart(): ran('cart'); assert f() == 1\n",
                "tests/test_named.py": "from log import ran\ndef test_named(): ran('named'); assert 'shop.money.g'\n",
                "tests/test_other.py": "from log import ran\ndef test_other(): ran('other')\n",
            }
        ),
        tmp_path / "cache",
    )
    report = shop.edit("shop/money.py", "return 1", "return 2")
    assert (names(report), sorted(set(shop.ran))) == (["test_cart"], ["cart", "named"])
    assert shop.edit("tests/log.py", "def ran", "def other(): pass\n\ndef ran").note == ""
    assert shop.ran == ["cart", "named", "other"]
    assert shop.edit("alone.py", "", "x = 1\n").note == "no test imports it" or shop.ran == []


def test_what_failed_before_an_edit_that_was_never_checked_is_found_by_its_old_text(project, tmp_path):
    shop = Suite(
        project(
            {
                "tests/log.py": LOG,
                "shop.py": "def f(): return 1\ndef g(): return 2\n",
                "tests/test_shop.py": """
                import shop
                def test_old(): assert shop.f() == 5
                def test_new(): assert shop.g() == 2
                """,
            }
        ),
        tmp_path / "cache",
    )
    report = shop.edit(
        "shop.py", "def f(): return 1\ndef g(): return 2", "def f(): return 3\ndef g(): return 4"
    )
    assert names(report) == ["test_new"]
    assert (shop.root / "shop.py").read_text() == "def f(): return 3\ndef g(): return 4\n"


def test_a_test_file_that_no_longer_loads_is_new_and_one_that_never_did_is_not(suite):
    shop = suite(
        {
            "shop.py": "def f(): return 1\n",
            "tests/test_a.py": "import shop\ndef test_a(): assert shop.f()\n",
            "tests/test_b.py": "import nowhere, shop\ndef test_b(): assert shop.f()\n",
        }
    )
    report = shop.edit("shop.py", "def f", "1 / 0\ndef f")
    assert [found.test for found in report.diagnostics] == ["tests/test_a.py"]


def test_a_flaky_test_is_not_called_new(suite):
    shop = suite(
        {
            "shop.py": "def f(): return 1\n",
            "tests/test_a.py": """
            import os, pathlib, shop
            def test_flaky():
                mark = pathlib.Path(__file__).parents[2] / "mark"
                shop.f()
                if (mark).exists() and mark.read_text() == "fail":
                    mark.write_text("pass")
                    assert False
            """,
        }
    )
    (shop.root.parent / "mark").write_text("fail")
    report = shop.edit("shop.py", "return 1", "return 2")
    assert (report.outcome, report.note) == (
        "clean",
        "flaky, failed once and then passed: tests/test_a.py::test_flaky",
    )


def test_the_failing_ones_come_first_and_what_the_time_does_not_hold_is_said(suite):
    shop = suite(
        {
            "tests/test_a.py": """
            from log import ran
            def test_1(): ran("1")
            def test_2(): ran("2")
            def test_3(): ran("3"); assert False
            """,
        }
    )
    (shop.root.parent / "ran.txt").unlink()
    plan = Plan(first=(("tests/test_a.py::test_3",),), budget=0.0)
    report, _ = run_tests(shop.root, PYTHON, shop.cache, plan, timeout=60.0)
    assert (shop.root.parent / "ran.txt").read_text() == "3\n"
    assert report.note.startswith("2 tests not run, the time was over after ")
    assert names(report) == ["test_3"]


def test_tests_that_no_time_was_left_for_are_not_forgotten(project, tmp_path):
    shop = Suite(
        project(
            {
                "tests/log.py": LOG,
                "shop.py": "def f():\n    return 1\n\ndef g():\n    return 1\n",
                "tests/test_a.py": """
                import shop
                from log import ran
                def test_1(): ran("1"); shop.f()
                def test_2(): ran("2"); shop.g()
                """,
            }
        ),
        tmp_path / "cache",
    )
    with closing(Records(shop.cache)) as records:
        state = State(shop.root, records.divide)
        report, trace = run_tests(shop.root, PYTHON, shop.cache, Plan(budget=0.0), timeout=60.0)
        assert report.ran == 1
        learn(records, state, trace, report.diagnostics, interpreter=PYTHON)
    shop.edit("shop.py", "def g():\n    return 1", "def g():\n    return 2")
    assert shop.ran == ["2"]


def test_an_edit_taken_back_is_known_without_a_run(suite):
    shop = suite(
        {
            "shop.py": "def f(): return 1\n",
            "tests/test_a.py": "import shop\ndef test_a(): assert shop.f() == 1\n",
        }
    )
    assert names(shop.edit("shop.py", "return 1", "return 2")) == ["test_a"]
    report = shop.edit("shop.py", "return 2", "return 1")
    assert (report.outcome, report.fixed, report.ran) == ("clean", 1, 1)
    assert names(shop.edit("shop.py", "return 1", "return 2")) == ["test_a"]
