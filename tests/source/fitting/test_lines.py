"""Lines of a chunk, and text within a line."""

import re

import pytest

CART = """\
class Cart:
    def total(self, a):
        if a:
            x = 1
            y = 2
        return x

    def count(self):
        return 1
"""


def test_lines_are_replaced_literally(edited, at):
    assert edited(CART, at(CART, "Cart.total", "2-4"), "        x = 2\n") == CART.replace(
        "        if a:\n            x = 1\n            y = 2\n", "        x = 2\n"
    )
    before = "def f():\n    a()\n    b()\n"
    assert (
        edited(before, at(before, "f", "2"), "    a(1,\n  2)  \n\n")
        == "def f():\n    a(1,\n  2)  \n\n    b()\n"
    )


def test_a_plus_inserts_after_a_line_and_0_at_the_top(edited, at):
    assert edited(CART, at(CART, "Cart.total", "3+"), "            z = 3") == CART.replace(
        "            y", "            z = 3\n            y"
    )
    assert edited(CART, at(CART, "Cart.total", "0+"), "    @d") == CART.replace(
        "    def total", "    @d\n    def total"
    )
    assert edited("x = 1\n", at("x = 1\n", "", "1+"), "y = 2") == "x = 1\ny = 2\n"


def test_lines_of_the_whole_document_are_those_of_the_file(edited, at):
    assert edited(CART, at(CART, "", "1"), "class Cart(Base):") == CART.replace("Cart:", "Cart(Base):")


def test_lines_take_the_line_ends_of_their_chunk(edited, at):
    before = CART.replace("\n", "\r\n")
    after = edited(before, at(before, "Cart.total", "2-4"), "        x = 2\n        y = 3\n")
    assert "a):\r\n        x = 2\r\n        y = 3\r\n        return x\r\n" in after
    assert after.count("\n") == after.count("\r\n")


@pytest.mark.parametrize("sent", ["return 7\n", "    return 7\n"])
def test_lines_that_lost_their_indentation_move_to_that_of_the_lines_they_replace(edited, touched, at, sent):
    address = at(CART, "Cart.total", "5")
    assert edited(CART, address, sent) == CART.replace("return x", "return 7")
    assert touched(CART, address, sent).notes == ("moved to the indentation that fits",)


def test_lines_that_fit_where_they_stand_do_not_move(edited, at):
    after = edited(CART, at(CART, "Cart.total", "5"), "            return 7")
    assert after == CART.replace("        return x", "            return 7")


def test_inserted_lines_move_to_the_one_indentation_that_fits(edited, at):
    assert edited(CART, at(CART, "Cart.total", "3+"), "z = 3") == CART.replace(
        "            y", "            z = 3\n            y"
    )
    assert edited(CART, at(CART, "Cart.total", "5+"), "if x:\n    z = 3") == CART.replace(
        "return x\n", "return x\n        if x:\n            z = 3\n"
    )


def test_lines_that_move_leave_those_of_a_string_where_they_are(edited, at):
    after = edited(CART, at(CART, "Cart.total", "5"), 'return """\n  a\n"""')
    assert after == CART.replace("        return x", '        return """\n  a\n"""')


def test_lines_with_a_string_that_is_not_closed_do_not_move(refusal, at):
    assert "would break the file" in refusal(CART, at(CART, "Cart.total", "5"), 'return """\n')


def test_where_two_indentations_fit_neither_is_picked(refusal, at):
    assert "would break the file" in refusal(CART, at(CART, "Cart.total", "4+"), "z = 3")


def test_lines_that_would_stand_outside_their_chunk_are_refused(refusal, at):
    assert refusal(CART, at(CART, "Cart.total", "0+"), "    x = 3") == (
        "the lines would stand outside Cart.total; nothing was written\n"
        "to insert beside it: after shop.py::Cart.total"
    )


def test_lines_that_add_a_twin_outside_are_refused_too(refusal, at):
    before = "if x:\n    def f(): pass\nelse:\n    def f():\n        a()\n        b()\n    y = 1\n"
    message = refusal(before, at(before, "f[1]", "3+"), "    def f(): '''D.'''")
    assert message.startswith("the lines would stand outside f; nothing was written")


def test_lines_need_their_digest(refusal, at):
    assert refusal(CART, "Cart.total:3", "x") == (
        "lines need the digest they were shown with; nothing was written\n"
        "1\t    def total(self, a):\n2\t        if a:\n3\t            x = 1\n4\t            y = 2\n5\t        return x\n"
        f"for these: shop.py::{at(CART, 'Cart.total', 3)}"
    )


def test_a_digest_that_does_not_match_is_answered_with_the_lines_as_they_are(refusal, at):
    message = refusal(CART, "Cart.total@0000:3", "x")
    assert message.startswith("Cart.total changed since it was shown: @0000 is now @")
    assert "\n3\t            x = 1\n" in message
    assert message.endswith(f"\nif it is still meant: shop.py::{at(CART, 'Cart.total', 3)}")


def test_a_digest_of_something_else_is_told(refusal, at):
    other = at(CART, "Cart", "1").partition("@")[2][:4]
    assert refusal(CART, f"Cart.total@{other}:3", "x").startswith(f"@{other} is of Cart; Cart.total is @")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("6", "6\nas lines of the file: shop.py::{5}"),
        ("2-6", "6\nas lines of the file: shop.py::{1-5}"),
        ("2-9", "9\nto its last line: shop.py::{2-5}"),
        ("9", "9\nshow shop.py::Cart.total"),
    ],
)
def test_lines_beyond_the_last_are_refused_with_how_many_there_are(refusal, at, lines, says):
    says = re.sub(r"\{(.*)\}", lambda match: at(CART, "Cart.total", match[1]), says)
    assert refusal(CART, at(CART, "Cart.total", lines), "x") == f"Cart.total has 5 lines, not {says}"


def test_an_empty_text_points_at_delete(refusal, at):
    address = at(CART, "Cart.total", "3-4")
    assert refusal(CART, address, "\n") == (
        f"the text is empty; to remove lines, ask for it\ndelete shop.py::{address}"
    )


def test_an_insertion_is_no_deletion(refusal, at):
    assert "to delete line 3 write :3" in refusal(CART, f"delete {at(CART, 'Cart.total', '3+')}")


def test_lines_that_would_rename_are_refused(refusal, at):
    assert refusal(CART, at(CART, "Cart.total", "1"), "    def sum(self, a):") == (
        "the edit would remove Cart.total and add Cart.sum; nothing was written\n"
        "to rename: the same with --allow-removal"
    )


def test_a_statement_among_others_has_no_lines(refusal, at):
    before = "a = 1; b = 2\n"
    assert "a is not whole lines" in refusal(before, at(before, "a", "1"), "a = 3")


# -- old => new


def test_a_fragment_changes_where_it_stands_once(edited):
    assert edited(CART, "Cart.total x = 1 => x = 3") == CART.replace("x = 1", "x = 3")
    assert edited(CART, "Cart.total , a =>") == CART.replace(", a", "")
    assert edited(CART, " return 1 => return 2") == CART.replace("return 1", "return 2")


def test_a_fragment_that_stands_twice_asks_for_the_line(refusal, at, edited):
    assert refusal(CART, "Cart.total x => w") == (
        "`x` stands 2 times in Cart.total, on its lines 3, 5; nothing was written\n"
        f"say which: shop.py::{at(CART, 'Cart.total', 3)} x => w\n"
        f"say which: shop.py::{at(CART, 'Cart.total', 5)} x => w"
    )
    assert edited(CART, "Cart.total:5 x => a") == CART.replace("return x", "return a")


def test_overlapping_places_count_as_two(refusal):
    assert "stands 2 times in x, on its line 1" in refusal("x = 'aaa'\n", "x aa => b")


def test_a_fragment_that_is_not_there_says_what_to_show(refusal):
    assert refusal(CART, "Cart.total zz => w") == (
        "`zz` does not stand in Cart.total; nothing was written\nshow shop.py::Cart.total"
    )


@pytest.mark.parametrize(("lines", "says"), [("13", "has 5 lines, not 13"), ("3+", "drop the `+`")])
def test_a_fragment_is_looked_for_in_lines_that_are_there(refusal, lines, says):
    assert says in refusal(CART, f"Cart.total:{lines} x => w")


def test_a_fragment_takes_no_text_below(refusal):
    assert "takes no text below it" in refusal(CART, "Cart.total x = 1 => x = 3", "body")


def test_a_fragment_that_renames_is_refused(refusal):
    assert "would remove Cart.total" in refusal(CART, "Cart.total total => sum")


# -- a file that is broken already, and one that is not Python

BROKEN = "def f(:\n    x = 1\n"


def test_a_broken_file_is_mended_by_its_lines(edited, at):
    assert edited(BROKEN, at(BROKEN, "", 1), "def f():") == "def f():\n    x = 1\n"
    assert edited(BROKEN, " f(: => f():") == "def f():\n    x = 1\n"


def test_a_broken_file_may_stay_broken(edited, touched, at):
    assert edited(BROKEN, at(BROKEN, "", 2), "    y = 1") == "def f(:\n    y = 1\n"
    assert touched(BROKEN, at(BROKEN, "", 2), "    y = 1").notes == ("still broken: line 1: invalid syntax",)


WORDS = "# Title\n\n```\ncode\n```\n\n1. don't\n"


def test_a_file_that_is_not_python_is_edited_by_lines_and_as_it_is(edited, at, refusal):
    assert edited(WORDS, at(WORDS, "", 7, language="text"), "2. do", language="text") == WORDS.replace(
        "1. don't", "2. do"
    )
    assert (
        edited(WORDS, "", "  indented 'text'\n```\nx\n```\n", language="text")
        == "  indented 'text'\n```\nx\n```\n"
    )
    assert edited(WORDS, "into ", "- it's\n  # ...\n", language="text") == WORDS + "- it's\n  # ...\n"
    assert "not Python" in refusal(WORDS, "Title", "x", language="text")


def test_one_blank_line_may_be_inserted_but_replaces_nothing(edited, refusal, at):
    assert edited("x = 1\ny = 2\n", at("x = 1\ny = 2\n", "", "1+"), "\n") == "x = 1\n\ny = 2\n"
    assert "the text is empty" in refusal("x = 1\ny = 2\n", at("x = 1\ny = 2\n", "", "1"), "\n")
    assert "the text is empty" in refusal("x = 1\ny = 2\n", at("x = 1\ny = 2\n", "", "1+"), "")


def test_the_final_newline_is_deleted_as_the_line_after_the_last_and_it_says_so(edited, touched, refusal, at):
    text = "x = 1\ny = 2\n"
    assert edited(text, f"delete {at(text, '', '3')}") == "x = 1\ny = 2"
    assert touched(text, f"delete {at(text, '', '3')}").notes == ("the file ends without a newline now",)
    for wrong in ("3", "2-3", "4"):
        assert "the document has 2 lines" in refusal(text, at(text, "", wrong), "z\n")
    assert "the document has 2 lines" in refusal(text[:-1], f"delete {at(text[:-1], '', '3')}")


def test_a_definition_among_inserted_lines_is_not_moved_into_the_one_before_it(refusal, at):
    message = refusal(CART, at(CART, "Cart.total", "5+"), "\n    def tax(self):\n        return 2\n")
    assert "would stand outside Cart.total; nothing was written" in message
    assert "to insert beside it: after shop.py::Cart.total" in message
    assert "break the file" in refusal(CART, at(CART, "Cart.total", "5+"), "@cached\ndef tax(self): ...\n")
