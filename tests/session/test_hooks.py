from __future__ import annotations

import subprocess
import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from ipy_llm.session import hooks

ORDINARY = [
    "x = 1",
    "x = 1\r\ny = 2\r\n",
    "# a comment\nx = 1\n",
    "# only\n",
    "\n\n  x = 1\n  y = 2\n",
    ">>> x = 1\n>>> y = 2\n",
    "In [1]: x = 1\n   ...: y = 2\n",
    "%time x = 1",
    "x = %who_ls\n!ls\ny = !ls",
    "x?\n",
    "len??\n",
    'x = """\n%%bash\n   \n>>> y\n"""\n',
    "#%%time\nx = 1\n",
    "# %% [markdown]\n# text\n",
    "%%time\nx = 1\n",
    "%%bash -x\necho\n\n",
    "%%time",
    "if x:\n    %time y\n",
    "await f()\n",
    "x = (\n",
    "def f():\n    '''```'''\n",
    "print('%%')\n",
    "%%time?\n",
    "a %% b\n",
]


@pytest.fixture
def shell(tmp_path):
    config = Config()
    config.HistoryManager.enabled = False
    return InteractiveShell(config=config, ipython_dir=str(tmp_path))


def snapshot(shell):
    return {
        "cleanup": list(shell.input_transformers_cleanup),
        "line": list(shell.input_transformer_manager.line_transforms),
        "post": list(shell.input_transformers_post),
        "ast": list(shell.ast_transformers),
        "magics": {kind: dict(table) for kind, table in shell.magics_manager.magics.items()},
        "events": {event: list(callbacks) for event, callbacks in shell.events.callbacks.items()},
        "on instance": {
            name: value for name, value in vars(shell).items() if "show" in name or "ipy_llm" in name
        },
        "names": dict(shell.user_ns),
        "custom": shell.custom_exceptions,
    }


def test_loading_and_unloading_leaves_ipython_as_it_was_found(shell):
    before = snapshot(shell)
    for _ in range(2):
        hooks.install(shell)
        assert snapshot(shell) != before
        hooks.uninstall(shell)
        assert snapshot(shell) == before


def test_loading_twice_changes_nothing_more(shell):
    first = hooks.install(shell)
    once = snapshot(shell)
    assert hooks.install(shell) is first
    assert snapshot(shell) == once
    hooks.uninstall(shell)
    hooks.uninstall(shell)


def test_unloading_what_was_never_loaded_does_nothing(shell):
    before = snapshot(shell)
    hooks.uninstall(shell)
    assert snapshot(shell) == before


def test_a_method_set_on_the_shell_by_others_is_put_back(shell):
    theirs = shell._showtraceback
    shell._showtraceback = theirs
    hooks.install(shell)
    hooks.uninstall(shell)
    assert vars(shell)["_showtraceback"] is theirs


def test_a_wrapper_put_over_ours_stays_and_ours_falls_silent(shell, capsys):
    hooks.install(shell)
    ours = shell._showtraceback
    shown = []

    def theirs(etype, evalue, stb):
        shown.append(stb)
        return ours(etype, evalue, stb)

    shell._showtraceback = theirs
    hooks.uninstall(shell)
    assert shell._showtraceback is theirs
    shell.run_cell("long_name = 1\nlong_nam")
    assert shown
    assert "[ipy_llm]" not in capsys.readouterr().out
    hooks.install(shell)
    shell.run_cell("long_nam")
    assert capsys.readouterr().out.count("[ipy_llm] did you mean long_name?") == 1


def test_unloading_keeps_the_transformers_of_others(shell):
    def theirs(lines):
        return lines

    hooks.install(shell)
    shell.input_transformers_cleanup.insert(0, theirs)
    shell.input_transformers_cleanup.append(theirs)
    hooks.uninstall(shell)
    assert shell.input_transformers_cleanup[0] is theirs
    assert shell.input_transformers_cleanup[-1] is theirs
    assert not any(type(each).__module__.startswith("ipy_llm") for each in shell.input_transformers_cleanup)


@pytest.mark.parametrize("cell", ORDINARY)
def test_ordinary_cells_become_what_ipython_makes_of_them(shell, cell):
    stock, complete = shell.transform_cell(cell), shell.input_transformer_manager.check_complete(cell)
    hooks.install(shell)
    assert shell.transform_cell(cell) == stock
    assert shell.input_transformer_manager.check_complete(cell) == complete


def test_a_transformer_that_meets_a_broken_shell_gives_the_cell_back(shell):
    hooks.install(shell)
    forgiver = shell.input_transformers_cleanup[0]
    shell.magics_manager.magics.pop("cell")
    assert forgiver(["# c\n", "%%time\n"]) == ["# c\n", "%%time\n"]


def test_a_part_that_is_switched_off_does_nothing(shell):
    stock = shell.transform_cell("# c\n%%time\n1\n")
    hooks.install(shell).switches.forgive = False
    assert shell.transform_cell("# c\n%%time\n1\n") == stock


def test_no_name_is_left_in_the_users_namespace(shell):
    before = set(shell.user_ns)
    hooks.install(shell)
    shell.run_cell("# c\n%%time\n1")
    assert {name for name in shell.user_ns if not name.startswith("_")} <= before


def test_the_hooks_import_nothing_heavy():
    code = (
        "import sys, IPython.core.interactiveshell; before = set(sys.modules);"
        "import ipy_llm.session.hooks;"
        "print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"ipy_llm", "unicodedata", "zlib"}  # of the built-in kind, 0.2 ms
