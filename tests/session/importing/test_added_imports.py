"""Missing imports: the published list, and how cells meet them in a shell."""

from __future__ import annotations

import ast
import builtins
import importlib.util
import sys

import pytest
from imports import read_cases
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from ipy_llm.explore.wanted import wanted
from ipy_llm.session import hooks
from ipy_llm.session.importing.adding import Importing
from ipy_llm.source.structure.unbound import names_of

CASES = read_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code.replace("\n", "; ")[:60])
def test_a_missing_name_wants_just_the_import_that_its_uses_prove(case):
    if case.package and importlib.util.find_spec(case.package) is None:
        pytest.skip(f"takes {case.package}")
    missing = names_of(ast.parse(case.code)).missing
    found = (wanted(name, uses).statement for name, uses in missing.items() if not hasattr(builtins, name))
    assert sorted(filter(None, found)) == sorted(case.wants)


def test_the_list_has_what_was_promised():
    assert sum(bool(case.wants) for case in CASES) >= 150
    assert sum(not case.wants for case in CASES) >= 108


@pytest.fixture
def shell(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPY_LLM_CACHE", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(str(tmp_path))
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell(config=config, ipython_dir=str(tmp_path / "ipython"))
    installed = hooks.install(shell)
    shell.ours = next(part for part in installed.parts if isinstance(part, Importing))
    yield shell
    hooks.uninstall(shell)


@pytest.fixture
def run(shell, capsys):
    """Run a cell; return what was said on stderr, and whether the cell succeeded."""

    def run(code, **options):
        done = shell.run_cell(code, **options)
        return capsys.readouterr().err, done.success

    return run


def test_an_import_is_added_announced_and_leaves_no_other_name(shell, run):
    before = set(shell.user_ns)
    said = ("# auto: import textwrap; from pathlib import Path\n", True)
    assert run('textwrap.dedent("a"); Path("b")') == said
    assert {name for name in set(shell.user_ns) - before if not name.startswith("_")} == {"textwrap", "Path"}
    assert shell.ours.statements == {"textwrap": "import textwrap", "Path": "from pathlib import Path"}


@pytest.mark.parametrize(
    "code", ["%%time\nfractions.Fraction(1)", "%timeit -n1 -r1 fractions.Fraction(1)", "%%timeit -n1 -r1\nfractions.Fraction(1)"]
)  # fmt: skip
def test_what_a_magic_runs_is_served_too(run, code):
    said, success = run(code)
    assert "# auto: import fractions\n" in said
    assert success


def test_async_cells_are_served_too(run):
    assert run("import asyncio as a\nawait a.sleep(0)\nfractions.Fraction(1)") == (
        "# auto: import fractions\n",
        True,
    )


def test_names_in_functions_are_imported_where_they_are_defined(run):
    assert run("def f():\n    return fractions.Fraction(1)")[0] == "# auto: import fractions\n"
    assert run("f()") == ("", True)


def test_what_a_front_end_runs_silently_adds_nothing(shell, run):
    assert run("fractions.Fraction(1)", silent=True) == ("", False)
    assert "fractions" not in shell.user_ns


def test_completing_and_inspecting_add_nothing(shell):
    with provisionalcompleter():
        list(shell.Completer.completions("fractions.Fra", 13))
    shell.object_inspect("fractions")
    shell.user_expressions({"x": "fractions.Fraction(1)"})
    assert "fractions" not in shell.user_ns


@pytest.mark.parametrize(
    "before",
    [
        "fractions = 1\ndel fractions",
        "import fractions\ndel fractions",
        "1 / 0\nfractions = 1",
        "%time fractions = 1 / 0",
    ],
)
def test_a_name_that_cells_bound_or_deleted_is_a_variable(shell, run, before):
    run(before)
    code = before.split("\n")[0] if before.startswith("%") else "fractions.Fraction(1)"
    assert "auto" not in run(code)[0]
    assert "fractions" not in shell.user_ns


def test_an_import_that_the_session_wrote_is_known_again(shell, run):
    run("import json as j")
    shell.user_ns.pop("j")
    assert run("j.dumps(1)") == ("# auto: import json as j\n", True)


def test_an_import_of_the_projects_files_is_known(tmp_path, run):
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "shop" / "cart.py").write_text("class Cart: pass\n")
    (tmp_path / "use.py").write_text("from shop.cart import Cart\nimport utils\n\nCart()\n")
    (tmp_path / "utils.py").write_text("def load(): pass\n")
    assert run("Cart()") == ("# auto: from shop.cart import Cart\n", True)
    assert "auto" not in run("utils.load()")[0]
    sys.modules.pop("shop.cart")
    sys.modules.pop("shop")


@pytest.mark.parametrize("name", ["fractions", "requests", "numpy"])
def test_a_module_of_the_users_own_is_never_taken_for_a_known_one(tmp_path, run, name):
    (tmp_path / f"{name}.py").write_text("raise SystemExit\n")
    (tmp_path / "data").mkdir()
    if name not in sys.stdlib_module_names and importlib.util.find_spec(name).origin != str(
        tmp_path / f"{name}.py"
    ):
        pytest.skip(f"{name} is installed")  # pragma: no cover
    assert "auto" not in run(f"{name}.Fraction(1); {name}.get(1); {name}.zeros(1)")[0]


def test_a_part_that_is_switched_off_adds_nothing(shell, run):
    hooks.install(shell).switches.imports = False
    assert run("fractions.Fraction(1)") == ("", False)


def test_a_module_that_fails_to_load_is_passed_over(shell, run):
    shell.ours.statements["broken"] = "import no_such_module_at_all as broken"
    assert run("broken.x") == ("", False)


def test_ambiguous_names_are_hinted_at_the_error(shell, capsys):
    shell.run_cell("Queue()")
    assert "[ipy_llm] from queue import Queue or from asyncio import Queue or" in capsys.readouterr().out
