"""The patch language: several edits in one plain text."""

from __future__ import annotations

import pytest

from ipy_llm.errors import ParseError
from ipy_llm.source.patch import parse_patch


def read(text):
    return [(entry.header.verb, str(entry.header.address), entry.text) for entry in parse_patch(text)]


def test_each_header_begins_an_entry_and_its_body_is_literal():
    text = "@@ a.py::f\ndef f():\n\n    pass\n\n@@ delete g\n@@ after Cart.total\n  def x(): ...\n"
    assert read(text) == [
        ("replace", "a.py::f", "def f():\n\n    pass\n\n"),
        ("delete", "g", ""),
        ("after", "Cart.total", "  def x(): ...\n"),
    ]


def test_lines_alone_mean_the_chunk_of_the_entry_before_with_its_digest():
    assert read("@@ a.py::f@12ab:3\n  x\n@@ :7+\n  y\n") == [
        ("replace", "a.py::f@12ab:3", "  x\n"),
        ("replace", "a.py::f@12ab:7+", "  y\n"),
    ]


def test_a_body_line_that_looks_like_a_header_takes_a_backslash():
    assert read("@@ f\n\\@@ not a header\n\\\\@@ one more\n")[0][2] == "@@ not a header\n\\@@ one more\n"


def test_a_substitution_needs_no_body():
    (entry,) = parse_patch("@@ Cart.total .price => .cost\n")
    assert entry.header.substitution == (".price", ".cost")


def test_a_fence_around_it_and_crlf_do_not_matter():
    assert read("```\r\n@@ f\r\nx = 1\r\n```\r\n") == [("replace", "f", "x = 1\n")]


def test_a_body_may_quote_a_diff_and_end_in_a_fence():
    body = "--- a/x.py\n+++ b/x.py\n```\n"
    assert read(f"@@ notes.txt@0000:3\n{body}") == [("replace", "notes.txt@0000:3", body)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "a patch begins with `@@ ADDRESS`"),
        ("def f(): ...\n", "`def f(): ...` stands under no header"),
        ("x = 1\n@@ f\nx\n", "`x = 1` stands under no header"),
        ("@@ -1,3 +1,4 @@\n-a\n+b\n", "line 1, `@@ -1,3 +1,4 @@`, is of a unified diff"),
        ("@@ f\nx\n@@ -1,3 +1,4 @@ def f\n", "line 3, `@@ -1,3 +1,4 @@ def f`, is of a unified diff"),
        ("@@ f\nx\n@@ a => b\n", "line 3, `@@ a => b`: write `ADDRESS old => new`"),
    ],
)
def test_what_is_no_patch_is_refused_with_the_line(text, says):
    with pytest.raises(ParseError) as refused:
        parse_patch(text)
    assert says in str(refused.value)
    if "`ADDRESS" not in says:
        assert "@@ shop/cart.py::Cart.total" in str(refused.value)


def test_lines_of_a_cell_are_not_those_of_the_cell_before():
    first, second = parse_patch("@@ a.ipynb::[1]@0000:3\nx\n@@ [3]@1111:1\ny\n")
    assert (first.header.address.cell, second.header.address.cell) == ("1", "3")
