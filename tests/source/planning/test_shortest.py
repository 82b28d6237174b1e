"""The cheapest cuts: what differs, what a line says in words, what is joined."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipy_llm.source.planning.hunks import hunks
from ipy_llm.source.planning.inline import substitutions
from ipy_llm.source.planning.shortest import Cut, cheapest
from ipy_llm.source.tokens import weigh

LINES = st.lists(st.sampled_from(["a = 1", "b = call(a, 2)", "", "    return a", ")"]), max_size=12)


@given(LINES, LINES)
def test_between_hunks_both_texts_have_the_same_lines(old, new):
    i = j = 0
    for hunk in hunks(old, new):
        assert old[i : hunk.a] == new[j : hunk.c]
        i, j = hunk.b, hunk.d
    assert old[i:] == new[j:]


@given(LINES, LINES)
def test_the_cuts_make_the_new_lines_of_the_old_ones(old, new):
    old, new = [*old, ""], [*new, ""]
    made, at = [], 0
    for cut in cheapest(old, new, weigh):
        made += old[at : cut.a]
        body = new[cut.c : cut.d]
        for one, other in cut.pairs:
            assert old[cut.a].count(one) == 1
            assert other in body[0]
        made += body
        at = cut.b
    assert made + old[at:] == new


@pytest.mark.parametrize(
    ("old", "new", "pairs"),
    [
        ("x = 20", "x = 25", (("20", "25"),)),
        ("f(a, a)", "f(b, a)", (("(a", "(b"),)),  # `a` stands twice
        ("total = price", "total = price + tax", (("price", "price + tax"),)),
        ("    x = 1", "x = 1", ()),  # no blanks at the edges: nothing that stands once can be sent
        ("a => b, c", "a => b, d", (("c", "d"),)),
        (
            "x = first(one, two, three, four) + last",
            "y = first(one, two, three, four) + end",
            (("x", "y"), ("last", "end")),
        ),
    ],
)
def test_a_line_becomes_another_by_what_differs(old, new, pairs):
    assert substitutions(old, new, weigh, 4.0) == pairs


def test_what_stands_once_in_the_line_may_stand_twice_in_the_text():
    assert substitutions("x = 20", "x = 25", weigh, 4.0, within="y = 20\nx = 20\n") == (("x = 20", "x = 25"),)


def test_changes_with_little_between_them_are_one():
    old = ["one = load(first)", "", "two = load(second)", ""]
    new = ["three = save(other)", "", "four = save(another)", ""]
    assert cheapest(old, new, weigh) == [Cut(0, 3, 0, 3)]


def test_text_is_not_inserted_after_a_line_that_is_deleted():
    cuts = cheapest(["a = 1", "b = 2", "c = 3", ""], ["a = 1", "", "c = 3", ""], weigh)
    assert cuts == [Cut(1, 1, 1, 2), Cut(1, 2, 2, 2)]
