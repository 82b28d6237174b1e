"""Magics are veiled: what is left is Python of the same length."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipy_llm.source.structure.magics import cell_source, is_python_cell, veil
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.text import Source, conceal, has_veil, reveal

MAGICS = [
    "%matplotlib inline",
    "!pip install -q 'a[b]>=1' \"c",
    "%timeit -n 3 f(x",
    "df?",
    "np.random.rand??",
    "?df.head",
    "files = !ls *.csv | grep 'x",
    "x = %timeit -o f()",
    "if x:\n    !ls {x}\n    y = 1",
    "!docker run \\\n  -v /a:/b \\\n  image",
    "%%time\nx = 1",
    "%%capture out\n%%time\n!ls\n",
    "\n\n%%timeit x = 1\nx + 1",
    "pip install pandas",
    "!echo 🎉 — “ok” → 文字",
    "s = '''\n%not magic\n'''\n%magic",
    "a = (1\n% 2)\n!ls",
    "await f()\n%load_ext autoreload",
    "def f():\n    %time g()\n    x = !ls\n    return x\n",
    "!ls\r\nx = 1\r\n",
    "!a \\\nb\nif x:\n  !c \\\nd",
    ",f a b",
]


@pytest.mark.parametrize("text", MAGICS)
def test_a_cell_with_magics_becomes_python_of_the_same_length(text):
    veiled = veil(text)
    assert veiled is not None
    ast.parse(veiled)
    assert len(veiled) == len(text)
    assert reveal(veiled) == text
    assert [at for at, sign in enumerate(veiled) if sign in "\r\n"] == [
        at for at, sign in enumerate(text) if sign in "\r\n"
    ]


@pytest.mark.parametrize("text", ["x = 1\n", "s = '''\n%x\n!y\n'''", "a = (1\n% 2)", "# why?\nx = 1", ""])
def test_python_is_left_alone(text):
    assert veil(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "def f(:\n    pass",
        "x = [a,\n% b c\n]",  # no statement begins there
        "# why?\nif x:\n",
        "x = (\n!ls",
        "def f():\n    return !ls",
    ],
)
def test_what_is_no_python_even_so_stays_broken(text):
    source, language = cell_source(Source(text))
    assert (source.text, source.plain, language) == (text, text, "ipython")
    assert outline(source, language).error is not None


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("%%time\nx", True),
        ("%%bash\nls", False),
        ("%%html\n<b>", False),
        ("\n%%sql\nselect", False),
        ("%%writefile a.py\nx = 1", True),
        ("%%writefile -a 'b c.py'\nx = 1", True),
        ("%%writefile a.txt\nx", False),
        ("%%capture\n%%bash\nls", False),
        ("# first\n%%bash\nls", True),
        ("%time x", True),
        ("", True),
    ],
)
def test_a_cell_magic_says_whether_python_is_below_it(text, python):
    assert is_python_cell(text) == python


def test_a_text_with_the_veils_own_letters_is_not_touched():
    text = f"!ls {chr(0x17001)}"
    assert has_veil(text)
    assert cell_source(Source(text))[0].plain == text


@given(st.text())
def test_what_is_concealed_is_revealed(text):
    if not has_veil(text):
        assert reveal(conceal(text)) == text
        assert len(conceal(text)) == len(text)


SIGNS = st.sampled_from(
    ["a", "=", "!", "%", "?", "(", ")", "'", "\n", " ", "\\", "#", "1", ":", '"""', "é", "if a:\n  "]
)


@given(st.lists(SIGNS, max_size=25).map("".join))
def test_a_veil_that_is_found_parses_and_comes_off(text):
    veiled = veil(text)
    if veiled is not None and veiled != text:
        ast.parse(veiled)
        assert reveal(veiled) == text
        assert len(veiled) == len(text)
