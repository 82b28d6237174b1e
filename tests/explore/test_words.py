"""A name in a string is not a name in code."""

from __future__ import annotations

import pytest

from ipy_llm.explore.words import occurrences, word


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x", [True]),
        ("x.x", [True, True]),
        ("xy _x x1 éx", []),
        ("'x' x", [False, True]),
        ("'it\\'s x' x", [False, True]),
        ('"""a\n"x" \'x\'\n""" + x', [False, False, True]),
        ("f'{x}' x", [True, True]),
        ("rb'x' x # x\nx", [False, True, False, True]),
        ("'# x'; x", [False, True]),
        ("'''x'''''x'x", [False, True, True]),
        ("y = 'unclosed x\nx", [True, True]),
    ],
)
def test_each_match_is_code_or_not(text, code):
    assert [each.code for each in occurrences(text, word("x"))] == code


def test_a_dotted_name_may_have_blanks_at_its_dots():
    assert len(list(occurrences("a.b a . b a.bc xa.b", word("a.b")))) == 2


def test_outside_python_all_is_text():
    assert [each.code for each in occurrences("x 'x'", word("x"), python=False)] == [False, False]
