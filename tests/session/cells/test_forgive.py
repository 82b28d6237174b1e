from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from ipy_llm.session.cells.forgive import MagicCall, Rewritten, forgive, strip_comments

MAGICS = frozenset({"time", "bash", "writefile", "edit", "capture"})
INVISIBLE = "\ufeff\u200b\u2060"


def call(cell):
    forgiven = forgive(cell, MAGICS)
    assert isinstance(forgiven, MagicCall), forgiven
    return forgiven


@pytest.mark.parametrize(
    "above",
    [
        "# why\n",
        "\n\n# one\n   # two, indented\n\n",
        "#\u2028still the comment\n",
        "# %%\n",
        "# %% load the data\n",
        "#!%%bash\n#%%time\n",
        "```python\n# c\n",
        f"{INVISIBLE}# c\n",
        f"# c\n{INVISIBLE}",
        " \n\t\n",
    ],
)
def test_what_may_stand_above_a_cell_magic(above):
    assert call(f"{above}%%writefile f\na\n") == MagicCall("writefile", "f", "a\n")


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "\n",
        "x = 1\n",
        "# only\n# comments\n",
        'x = """\n%%bash\nls\n"""\n',
        '"""A docstring.\n\n%%time is a magic.\n"""\nx = 1\n',
        "#!%%bash\nls\n",
        "#%%time\nx = 1\n",
        "# %%time\nx = 1\n",
        "# %% [markdown]\n# text\n",
        "# %% [markdown]\n%%time\nx\n",
        "x = (\n%%bash\n",
        "x = 10 \\\n%%bash\nls\n",
        "if x:\n    %%bash\n    ls\n",
        "def f():\n    x\n    %%time\n    y\n",
        "import os\n%%nosuch\nls\n",
        "this is no Python\n%%time\nx\n",
        "```bash\nls\n```\n",
        "In [3]: # c\n   ...: %%time\n   ...: x\n",
        ">>> # c\n>>> %%time\n>>> x\n",
        "x = 1\r\ny = 2\r\n",
        "print('```')\n",
    ],
)
def test_cells_that_no_rule_is_about_stay_as_they_are(cell):
    assert forgive(cell, MAGICS) is None


def test_a_magic_nobody_knows_is_still_a_magic():
    assert call("# c\n%%nosuch x\ny\n") == MagicCall("nosuch", "x", "y\n")


@pytest.mark.parametrize(
    "body",
    [
        "# c\n",
        "%%x\ny\n",
        ">>> x\n... y\n",
        "   \n\t\n",
        "In [1]: x\n",
        "```\n",
        "\u2028\x0c\u200b\n",
        "a\rb\r\nc\n",
    ],
)
def test_a_body_is_verbatim(body):
    assert call(f"%%writefile f\n{body}").body == body
    assert call(f"# c\n%%writefile f\n{body}").body == body


@given(
    st.text().filter(lambda text: "\r" not in text),
    st.lists(st.sampled_from(["", "# c", "  # %%time", "\t"])),
)
def test_any_body_below_any_comments_is_verbatim(body, above):
    text = "".join(f"{line}\n" for line in above)
    assert call(f"{text}%%writefile f\n{body}").body == body


PIECES = (
    "%edit |a::b|%%time|%%bash x|# c|```python|```|    |x = (|)|x = 1|%|def f():|>>> |?|!ls| |\\|\r|\n|\t|\x00|\ufeff|\u2028"
    '|"""'
)


@given(st.lists(st.sampled_from(PIECES.split("|"))).map("".join))
def test_no_text_makes_it_raise(cell):
    forgive(cell, MAGICS)
    strip_comments(cell)


def test_code_above_a_magic_runs_first_and_is_announced():
    forgiven = call("import os\nx = 1\n\n# now\n%%bash -e\nls\n%%time\n")
    assert forgiven == MagicCall("bash", "-e", "ls\n%%time\n", "import os\nx = 1\n\n# now\n")
    assert forgiven.notice == "[ipy_llm] the 2 lines above %%bash run as Python first"
    assert (
        forgiven.code
        == "import os\nx = 1\n\n# now\nget_ipython().run_cell_magic('bash', '-e', 'ls\\n%%time\\n')\n"
    )


@pytest.mark.parametrize(
    "above",
    [
        "%matplotlib inline\n",
        "!ls\nx = !ls\n",
        "await f()\n",
        'doc = """\n%%bash\n"""\n',
        "import os # c\n\n",
        'x = "\\d"\n',
        "len?\n",
    ],
)
def test_code_above_a_magic_may_be_ipythons(above):
    assert call(f"{above}%%bash\nls\n") == MagicCall("bash", "", "ls\n", above)


@pytest.mark.parametrize(
    ("cell", "line", "body"),
    [
        ("%edit shop/cart.py::Cart.total\ndef total(self): ...\n", "shop/cart.py::Cart.total", "def total(self): ...\n"),
        ("%edit Cart.tax // 100 => // 200\n", "Cart.tax // 100 => // 200", "\n"),
        ("%edit Cart.tax // 100 =>", "Cart.tax // 100 =>", "\n"),
        ("# away\n%edit delete Cart.legacy\n", "delete Cart.legacy", "\n"),
        ("%edit --check=off after Cart.tax\n  # %%time\n  x = 1\n", "--check=off after Cart.tax", "  # %%time\n  x = 1\n"),
        ("%edit create notes.txt\n%a\n", "create notes.txt", "%a\n"),
        ("%edit Cart\nclass Cart: ...\n", "Cart", "class Cart: ...\n"),
        ("%edit  Cart.total@3f1c:2-3 \n        x\n", " Cart.total@3f1c:2-3", "        x\n"),
        ("%edit #imports\nimport os\n", "#imports", "import os\n"),
        ("```python\n%edit f[0]\ndef f(): ...\n```\n", "f[0]", "def f(): ...\n"),
        ("  %edit shop/cart.py\n  x = 1\n", "shop/cart.py", "x = 1\n"),
    ],
)  # fmt: skip
def test_an_edit_with_one_percent_sign_is_read_with_two(cell, line, body):
    forgiven = call(cell)
    assert forgiven == MagicCall("edit", line, body, slipped=True)
    assert forgiven.notice == "[ipy_llm] read %edit as %%edit"


@pytest.mark.parametrize(
    "cell",
    [
        "%edit\n",
        "%edit\nx = 1\n",
        "%edit Cart.total\n",
        "%edit shop/cart.py\n\n",
        "%edit shop/cart.py\n%run shop/cart.py\n",
        "%edit f\n!ls\n",
        "%edit 3\nx = 1\n",
        "%edit 4-6\nx = 1\n",
        "%edit 3 ~1/2\nx = 1\n",
        "%edit -x shop.py::f\nx = 1\n",
        "%edit -n 5 cart.py\nx = 1\n",
        "%edit --help\n",
        "%edit delete\n",
        "%edit one two\n",
        "%edit 'a b'\nx = 1\n",
        "%edit?\n",
        "%editor Cart.total\nx = 1\n",
        "x = 1\n%edit a::b\n",
        'x = """\n%edit a::b\n"""\n',
        "%time\n%edit a::b\n",
    ],
)
def test_any_other_edit_is_left_to_ipython(cell):
    assert forgive(cell, MAGICS) is None


def test_llm_edit_with_one_percent_sign_is_read_with_two_where_it_lacks_its_text():
    known = MAGICS | {"llm"}
    cell = "%llm edit into Cart\ndef f(self): ...\n"
    forgiven = forgive(cell, known)
    assert forgiven == MagicCall("llm", "edit into Cart", "def f(self): ...\n", slipped=True)
    assert forgiven.notice == "[ipy_llm] read %llm as %%llm"
    assert forgive(cell, MAGICS) is None
    for line in (
        "edit Cart.tax a => b",
        "edit delete Cart",
        "edit create a.py",
        "edit --dry-run",
        "show Cart",
    ):
        assert forgive(f"%llm {line}\nx = 1\n", known) is None
    assert forgive("%llm edit Cart\n%llm check\n", known) is None


def test_without_a_cell_magic_of_that_name_every_edit_is_ipythons():
    assert forgive("%edit a::b\nx = 1\n", MAGICS - {"edit"}) is None


def test_a_fence_is_taken_off_with_the_closer_that_matches_it():
    assert call("```python\n%%time\nx\n```\n") == MagicCall("time", "", "x\n")
    assert call("```\n%%time\nx\n```\n\n") == MagicCall("time", "", "x\n\n")
    assert call("```python\n%%time\nx\n") == MagicCall("time", "", "x\n")
    assert call("````python\n%%time\nx\n```\n") == MagicCall("time", "", "x\n```\n")
    assert call("```bash\n%%bash\nls\n```") == MagicCall("bash", "", "ls")
    assert forgive("```python\nx = 1\n```\n", MAGICS) == Rewritten("x = 1\n")


def test_fences_in_a_fenced_body_stay():
    body = "# Title\n```bash\nls\n```\nend\n"
    assert call(f"```python\n%%writefile f\n{body}```\n").body == body
    assert call("```python\n%%writefile f\n```bash\nls\n```\n").body == "```bash\nls\n```\n"


def test_a_cell_that_is_indented_as_a_whole_is_dedented():
    assert call("  # c\n  %%writefile f\n  a\n    b\n \n").body == "a\n  b\n\n"
    assert call("    %%writefile f\n    a\n").body == "a\n"
    assert call("  import os\n  %%bash\n  ls\n") == MagicCall("bash", "", "ls\n", "import os\n")


def test_indentation_of_the_magic_line_alone_is_taken_off():
    assert call("# c\n    %%writefile f\na\n    b\n") == MagicCall("writefile", "f", "a\n    b\n")


def test_newlines_are_normalised_only_where_they_are_all_alike():
    assert call("# c\r\n%%writefile f\r\na\r\nb\r\n").body == "a\nb\n"
    assert call("# c\r\n%%writefile f\r\na\r\nb\n").body == "a\nb\n"  # IPython adds the last one
    assert call("%%writefile f\na\r\nb\r\n").body == "a\r\nb\r\n"


def test_invisible_characters_before_code_are_dropped():
    assert forgive("\ufeffx = 1\n", MAGICS) == Rewritten("x = 1\n")
    assert forgive("\u200b# c\n", MAGICS) == Rewritten("# c\n")


def test_a_tab_ends_the_name_of_a_magic_and_a_space_before_it_does_not_begin_one():
    assert call("%%writefile\tf\na\n") == MagicCall("writefile", "f", "a\n")
    assert call("%% time\na\n") == MagicCall("", "time", "a\n")


def test_help_on_a_magic_is_left_to_ipython():
    assert forgive("# c\n%%time?\n", MAGICS) == Rewritten("%%time?\n")
    assert forgive("%%time??\n", MAGICS) == Rewritten("%%time??\n")


@pytest.mark.parametrize(
    "cell", ["%%time\nx = 1\n", "%%bash -e  -x \nls\n", "%%time\n", "%%!\nls\n", "%%writefile  f\n\u2028\n"]
)
def test_a_plain_magic_becomes_what_ipython_makes_of_it(cell):
    assert call(cell).code == TransformerManager().transform_cell(cell)


def test_the_comment_stripper_takes_comments_off_a_magic_and_nothing_else():
    assert strip_comments("# c\n\n%%time\n# kept\n") == "%%time\n# kept\n"
    assert strip_comments("# c\nx\n") == "# c\nx\n"
    assert strip_comments("# %% [markdown]\n%%time\n") == "# %% [markdown]\n%%time\n"
