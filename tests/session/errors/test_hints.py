from __future__ import annotations

import pytest

from ipy_llm.session.errors.hints import MagicUse, syntax_hint, usage_hint

CELL = frozenset({"time", "bash", "sh", "writefile", "edit"})
LINE = frozenset({"time", "timeit", "pip", "llm"})


@pytest.mark.parametrize(
    ("use", "hint"),
    [
        (MagicUse("", "time x", "y\n"), "write %%time without the space"),
        (MagicUse("", "", "y\n"), "a magic's name follows %% directly"),
        (MagicUse("writefil", "f", "y\n"), "did you mean %%writefile?"),
        (MagicUse("zzzz", "", "y\n"), ""),
        (MagicUse("time", "# why", "y\n"), "text after %%time is its arguments: put the comment on a line above"),
        (MagicUse("edit", "shop.py#imports", "y\n"), ""),
        (MagicUse("edit", "#imports", "y\n"), ""),
        (MagicUse("writefile", "-a f", ""), "for an empty file: open('f', 'w').close()"),
        (MagicUse("bash", "", ""), ""),
        (MagicUse("edit", "shop.py::total", ""), "the new text goes below the %%edit line"),
        (MagicUse("tme", "1", None), "did you mean %time or %timeit?"),
        (MagicUse("pip", "install x # why", None), "text after %pip is its arguments: put the comment on a line above"),
        (MagicUse("pip", "install x", None), ""),
        (MagicUse("llm", "show Cart#helpers", None), ""),
        (MagicUse("%bash", "", None), "a cell magic is the first line of its cell, comments aside"),
    ],
)  # fmt: skip
def test_a_refused_magic_is_answered_with_what_to_write(use, hint):
    assert usage_hint(use, CELL, LINE) == hint


@pytest.mark.parametrize(
    ("source", "failing", "hint"),
    [
        ("#%%time\nx = (\n", "x = (", "#%%time is a comment: write %%time"),
        ("\n# %%bash -e\nls -la\n", "ls -la", "#%%bash is a comment: write %%bash"),
        ("# %% time\nx = (\n", "x = (", ""),
        ("#%%chapter\nx = (\n", "x = (", ""),
        ("x = 1 +\n%%nosuch\n", "%%nosuch", "a cell magic is the first line of its cell, comments aside"),
        ("x = 1 +\n", "x = 1 +", ""),
        ("", "", ""),
    ],
)
def test_a_cell_that_is_not_python_is_explained_where_a_magic_is_at_fault(source, failing, hint):
    assert syntax_hint(source, failing, CELL) == hint
