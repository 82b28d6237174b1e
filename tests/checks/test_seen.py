"""What a test depends on without running it: what others left in caches, files it looked for, modules that are new."""

from __future__ import annotations

import sys

import pytest
from suites import LOG, PYTHON, Suite, names

from ipy_llm.checks.retest import all_tests


def test_who_is_answered_by_a_cache_depends_on_what_filled_it(suite):
    shop = suite(
        {
            "shop.py": """
            import functools

            KNOWN = {}
            rates = None

            def slow(x): return x
            def table(): return [1]
            def read(): return {"a": 1}
            def other(): return 1

            @functools.lru_cache(maxsize=None)
            def price(x): return slow(x)

            def rate(name):
                global rates
                if rates is None: rates = read()
                return rates[name]

            def known(x):
                if x not in KNOWN: KNOWN[x] = table()
                return KNOWN[x]

            class One:
                _one = None

                @classmethod
                def get(cls):
                    if cls._one is None: cls._one = cls.make()
                    return cls._one

                @classmethod
                def make(cls): return other()
            """,
            "lookup.py": "from shop import KNOWN\n\ndef look(x): return KNOWN[x]\n",
            "tests/test_a.py": """
            import shop, lookup
            from log import ran
            def test_price_1(): ran("price1"); assert shop.price(1) == 1
            def test_price_2(): ran("price2"); assert shop.price(1) == 1
            def test_rate_1(): ran("rate1"); assert shop.rate("a") == 1
            def test_rate_2(): ran("rate2"); assert shop.rate("a") == 1
            def test_known_1(): ran("known1"); assert shop.known(1) == [1]
            def test_known_2(): ran("known2"); assert shop.known(1) == [1]
            def test_known_3(): ran("known3"); assert lookup.look(1) == [1]
            def test_one_1(): ran("one1"); assert shop.One.get() == 1
            def test_one_2(): ran("one2"); assert shop.One.get() == 1
            def test_none(): ran("none")
            """,
        }
    )
    for old, new, name in (
        ("slow(x): return x", "slow(x): return x + 1", "price"),
        ('{"a": 1}', '{"a": 2}', "rate"),
        ("return [1]", "return [2]", "known"),
        ("other(): return 1", "other(): return 2", "one"),
    ):
        report = shop.edit("shop.py", old, new)
        assert {test.rstrip("123") for test in shop.ran} == {name}
        numbers = ["1", "2", "3"] if name == "known" else ["1", "2"]
        assert sorted(names(report)) == [f"test_{name}_{number}" for number in numbers]


def test_a_cache_that_is_filled_a_thousand_times_or_by_a_generator_or_a_thread_is_still_known(suite):
    shop = suite(
        {
            "shop.py": """
            KNOWN = {}
            def inner(x): return x
            def late(x): return x
            def fill(x): KNOWN[x] = inner(x) if x < 900 else late(x)
            def steps():
                KNOWN["g"] = inner(1)
                yield
                KNOWN["h"] = inner(2)
            def get(x): return KNOWN[x]
            """,
            "tests/test_a.py": """
            import shop, threading
            from log import ran
            def test_fills():
                ran("fills")
                for x in range(1000): shop.fill(x)
                for _ in shop.steps(): pass
                thread = threading.Thread(target=shop.fill, args=(999,))
                thread.start()
                thread.join()
            def test_gets(): ran("gets"); assert shop.get(950) == 950 and shop.get("h") == 2
            """,
        }
    )
    assert names(shop.edit("shop.py", "late(x): return x", "late(x): return -x")) == ["test_gets"]
    assert "test_gets" in names(shop.edit("shop.py", "inner(x): return x", "inner(x): return 7"))


def test_files_that_are_only_looked_for_count_and_folders_that_are_listed(suite):
    shop = suite(
        {
            "data/a.txt": "",
            "tests/test_a.py": """
            import glob, os, pathlib
            from log import ran
            def test_exists(): ran("exists"); assert not os.path.exists("extra.json")
            def test_path(): ran("path"); assert not pathlib.Path("extra.json").is_file()
            def test_opens():
                ran("opens")
                try: open("extra.json")
                except OSError: pass
                else: assert False
            def test_lists(): ran("lists"); assert os.listdir("data") == ["a.txt"]
            def test_globs(): ran("globs"); assert glob.glob("data/*.txt") == ["data/a.txt"]
            def test_none(): ran("none")
            """,
        }
    )
    report = shop.edit("extra.json", "", "{}")
    assert sorted(names(report)) == ["test_exists", "test_opens", "test_path"]
    assert set(shop.ran) == {"exists", "opens", "path"}
    assert sorted(names(shop.edit("data/b.txt", "", "b"))) == ["test_globs", "test_lists"]
    assert set(shop.ran) == {"globs", "lists"}
    shop.edit("data/a.txt", "", "other")
    assert shop.ran == []


def test_a_new_module_concerns_who_tried_to_import_it_and_a_new_conftest_the_tests_below(suite):
    shop = suite(
        {
            "shop/__init__.py": "",
            "shop/cart.py": """
            try:
                from shop import _speedups
            except ImportError:
                _speedups = None
            def fast(): return _speedups is not None
            """,
            "shop/plugins/__init__.py": """
            import importlib, pkgutil
            def names(): return [one.name for one in pkgutil.iter_modules(__path__)]
            """,
            "tests/test_a.py": """
            from log import ran
            from shop import cart
            def test_slow(): ran("slow"); assert not cart.fast()
            """,
            "tests/test_b.py": "from log import ran\nfrom shop import plugins\ndef test_b(): ran('b'); assert plugins.names() == []\n",
            "tests/low/test_c.py": "def test_c(): pass\n",
        }
    )
    assert names(shop.edit("shop/_speedups.py", "", "x = 1\n")) == ["test_slow"]
    assert set(shop.ran) == {"slow"}
    assert names(shop.edit("shop/plugins/one.py", "", "")) == ["test_b"]
    conftest = "import pytest\n@pytest.fixture(autouse=True)\ndef broken(): assert False\n"
    report = shop.edit("tests/low/conftest.py", "", conftest)
    assert (names(report), shop.ran) == (["test_c"], [])


def test_a_module_that_is_found_by_its_name_at_run_time_concerns_who_uses_it_later(suite):
    shop = suite(
        {
            "shop.py": "import importlib\ndef load(name): return importlib.import_module(name + '_table')\n",
            "a_table.py": "SIZE = 1\n",
            "tests/test_a.py": """
            import shop
            from log import ran
            def test_first(): ran("first"); assert shop.load("a").SIZE == 1
            def test_second(): ran("second"); assert shop.load("a").SIZE == 1
            def test_none(): ran("none")
            """,
        }
    )
    assert sorted(names(shop.edit("a_table.py", "1", "2"))) == ["test_first", "test_second"]


def test_parameters_from_another_module_or_a_file_and_what_a_class_sets_up_count(suite):
    shop = suite(
        {
            "data.py": "CASES = [1, 2]\n",
            "cases.json": "[1, 2]",
            "tests/test_a.py": """
            import json, pytest, data
            from log import ran
            @pytest.mark.parametrize("x", data.CASES)
            def test_module(x): ran("module"); assert x < 3
            """,
            "tests/test_b.py": """
            import json, pytest
            from log import ran
            def pytest_generate_tests(metafunc): metafunc.parametrize("y", json.load(open("cases.json")))
            def test_file(y): ran("file"); assert y < 3
            """,
            "tests/test_c.py": """
            from log import ran
            class TestArray:
                def setup_class(self): self.array = ["A", "B"]
                def test_a(self): ran("a"); assert "A" in self.array
                def test_b(self): ran("b"); assert "B" in self.array
            """,
        }
    )
    assert names(shop.edit("data.py", "2", "3")) == ["test_module[3]"]
    assert names(shop.edit("cases.json", "2", "4")) == ["test_file[4]"]
    assert names(shop.edit("tests/test_c.py", '"A", "B"', '"A"')) == ["test_b"]


@pytest.mark.parametrize("folder", ["env", "venv"])
def test_a_package_that_has_the_name_of_an_environment_counts(suite, folder):
    shop = suite(
        {
            f"{folder}/__init__.py": "",
            f"{folder}/step.py": "def step(): return 1\n",
            "tests/test_a.py": f"from {folder}.step import step\ndef test_a(): assert step() == 1\n",
        }
    )
    assert names(shop.edit(f"{folder}/step.py", "1", "2")) == ["test_a"]


def test_a_shell_may_start_a_python_and_data_may_be_read_there(suite):
    shop = suite(
        {
            "shop.py": "def f(): return 1\n",
            "rates.json": "[]",
            "run.sh": f"exec {sys.executable} -c 'import shop; print(shop.f(), open(\"rates.json\").read())'\n",
            "tests/test_a.py": """
            import subprocess
            from log import ran
            def test_shell(): ran("shell"); assert subprocess.check_output(["sh", "run.sh"]) == b"1 []\\n"
            def test_echo(): ran("echo"); subprocess.run(["echo", "x"], check=True)
            """,
        }
    )
    assert names(shop.edit("shop.py", "1", "2")) == ["test_shell"]
    assert shop.ran == ["shell", "shell"]
    shop.edit("shop.py", "2", "1")
    assert names(shop.edit("rates.json", "[]", "{}")) == ["test_shell"]


def test_the_old_text_is_also_what_a_started_python_and_open_see(project, tmp_path):
    shop = Suite(
        project(
            {
                "tests/log.py": LOG,
                "shop.py": "def f(): return 1\n",
                "rates.json": "1",
                "tests/test_shop.py": """
                import json, subprocess, sys, pathlib
                def test_started():
                    code = "import shop; print(shop.f())"
                    assert subprocess.check_output([sys.executable, "-c", code]) == b"1\\n"
                def test_data(): assert json.load(open("rates.json")) == 1
                def test_path(): assert pathlib.Path("rates.json").read_text() == "1"
                """,
            }
        ),
        tmp_path / "cache",
    )
    assert names(shop.edit("shop.py", "1", "2")) == ["test_started"]
    shop.cache = tmp_path / "another"
    assert sorted(names(shop.edit("rates.json", "1", "2"))) == ["test_data", "test_path"]
    assert all_tests(shop.root, PYTHON, shop.cache, timeout=60.0).outcome == "failed"
