"""A replacement that leaves code out with a comment is merged with what stands, or refused."""

from __future__ import annotations

import pytest

CART = '''\
import os


class Cart(Base):
    """A cart."""

    rate = 1

    def __init__(self):
        self.items = []

    # how much
    @property
    def total(self):
        return sum(self.items)

    @total.setter
    def total(self, value):
        self.items = [value]

    def count(self):
        # none yet
        first = 0

        for item in self.items:
            first += 1
            log(item)
            check(item)
        log("done")
        log("again")
        return first


def other():
    pass
'''


def changed(*pairs):
    text = CART
    for old, new in pairs:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return text


# -- classes


def test_members_that_are_not_mentioned_stay(edited):
    sent = "class Cart(Base):\n    # ... existing code ...\n\n    def __init__(self):\n        self.items = {}\n\n    # ... rest unchanged"
    assert edited(CART, "Cart", sent) == changed(("self.items = []", "self.items = {}"))


def test_a_class_of_nothing_but_a_placeholder_stays_as_it_is(edited):
    assert edited(CART, "Cart", "class Cart(Base):\n    # ...\n") == CART


def test_a_new_member_goes_after_the_one_it_follows(edited):
    sent = "class Cart(Base):\n    rate = 1\n    limit = 9\n    # ... (same as above)"
    assert edited(CART, "Cart", sent) == changed(("    rate = 1\n", "    rate = 1\n    limit = 9\n"))


def test_a_new_method_below_the_placeholder_goes_to_the_end(edited):
    sent = (
        "class Cart(Base):\n    # ... existing methods ...\n\n    def clear(self):\n        self.items = []\n"
    )
    assert edited(CART, "Cart", sent) == changed(
        ("        return first\n", "        return first\n\n    def clear(self):\n        self.items = []\n")
    )


def test_a_new_method_between_a_placeholder_and_a_member_stands_before_the_member(edited):
    sent = "class Cart(Base):\n    # ...\n\n    def clear(self):\n        pass\n\n    def count(self):\n        return 0\n"
    result = edited(CART, "Cart", sent)
    assert (
        "    def clear(self):\n        pass\n\n    def count(self):\n        return 0\n\n\ndef other"
        in result
    )


def test_a_header_may_change_and_the_rest_stay(edited):
    sent = "class Cart(Base, metaclass=Meta):\n    # ... unchanged ...\n"
    assert edited(CART, "Cart", sent) == changed(("class Cart(Base):", "class Cart(Base, metaclass=Meta):"))


def test_a_decorator_may_come_and_the_rest_stay(edited):
    sent = "@final\nclass Cart(Base):\n    # ...\n"
    assert edited(CART, "Cart", sent) == changed(("class Cart(Base):", "@final\nclass Cart(Base):"))


def test_a_docstring_may_change_and_the_rest_stay(edited):
    sent = 'class Cart(Base):\n    """Many things."""\n    # ...\n'
    assert edited(CART, "Cart", sent) == changed(("A cart.", "Many things."))


def test_accessors_are_told_apart_by_their_decorators(edited):
    sent = "class Cart(Base):\n    # ...\n    @total.setter\n    def total(self, value):\n        pass\n    # ...\n"
    assert edited(CART, "Cart", sent) == changed(("self.items = [value]", "pass"))


def test_an_accessor_without_its_decorator_is_refused(refusal):
    sent = "class Cart(Base):\n    # ...\n    def total(self, value):\n        pass\n"
    assert "total stands 2 times in the old class and 1 times in the text" in refusal(CART, "Cart", sent)


def test_a_member_keeps_its_comment_and_decorator(edited):
    before = CART.replace(
        "    @total.setter\n    def total(self, value):\n        self.items = [value]\n\n", ""
    )
    sent = "class Cart(Base):\n    # ...\n    def total(self):\n        return 5\n    # ...\n"
    assert edited(before, "Cart", sent) == before.replace("return sum(self.items)", "return 5")


def test_a_method_in_it_may_leave_code_out_too(edited):
    sent = 'class Cart(Base):\n    # ...\n    def count(self):\n        # ...\n        log("again")\n        return -1\n'
    assert edited(CART, "Cart", sent) == changed(("return first", "return -1"))


def test_a_class_told_whole_may_hold_a_method_that_leaves_code_out(edited):
    before = "class A:\n    x = 1\n\n    def f(self):\n        a()\n        b()\n        return 1\n"
    sent = "class A:\n    x = 2\n\n    def f(self):\n        # ...\n        b()\n        return 2\n"
    assert edited(before, "A", sent) == before.replace("x = 1", "x = 2").replace("return 1", "return 2")


def test_a_nested_class_may_leave_members_out(edited):
    before = "class A:\n    class B:\n        x = 1\n        y = 2\n\n    z = 3\n"
    sent = "class A:\n    class B:\n        y = 5\n        # ...\n    # ...\n"
    assert edited(before, "A", sent) == before.replace("y = 2", "y = 5")


def test_at_column_0_and_in_crlf_it_is_the_same(edited):
    sent = 'class Cart(Base):\n  # ...\n  def count(self):\n    # ...\n    log("again")\n    return -1\n'
    crlf = CART.replace("\n", "\r\n")
    assert edited(crlf, "Cart", sent) == changed(("return first", "return -1")).replace("\n", "\r\n")


def test_a_header_decorator_and_docstring_take_the_line_ends_of_the_file(edited):
    sent = '# of a shop\n@final\nclass Cart(\n    Base,\n):\n    """Many\n    things."""\n    # ...\n'
    before = CART.replace("\n", "\r\n")
    after = edited(before, "Cart", sent)
    assert "# of a shop\r\n@final\r\nclass Cart(\r\n    Base,\r\n):\r\n" in after
    assert after.count("\n") == after.count("\r\n")


# -- functions


def test_the_statements_between_two_that_match_stay(edited):
    sent = (
        'def count(self):\n    first = 0\n    # ... existing code ...\n    log("again")\n    return -first\n'
    )
    assert edited(CART, "Cart.count", sent) == changed(
        ("        # none yet\n", ""), ("        return first", "        return -first")
    )


def test_a_placeholder_at_the_start_reaches_back_to_the_header(edited):
    sent = 'def count(self):\n    # ...\n    log("again")\n    return -1\n'
    assert edited(CART, "Cart.count", sent) == changed(("return first", "return -1"))


def test_a_placeholder_at_the_end_reaches_to_the_end(edited):
    sent = "def count(self, start=0):\n    first = 0\n    # ... rest of the method unchanged\n"
    result = edited(CART, "Cart.count", sent)
    assert "    def count(self, start=0):\n        first = 0\n\n        for item in self.items:" in result
    assert result.endswith("        return first\n\n\ndef other():\n    pass\n")


def test_a_placeholder_in_a_block_keeps_what_stands_in_that_block(edited):
    sent = (
        "def count(self):\n    # none yet\n    first = 0\n\n    for item in self.items:\n        first += 2\n"
        '        log(item)\n        # ...\n    log("done")\n    log("again")\n    return first\n'
    )
    assert edited(CART, "Cart.count", sent) == changed(("first += 1", "first += 2"))


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ("def count(self):\n    first = 1\n    # ...\n    return first", "the statement above it does not stand"),
        ("def count(self):\n    first = 0\n    # ...\n    new()\n    return first", "the statement below it does not stand"),
        ("def count(self):\n    first = 0\n    # ...\n    # ... more ...\n    return first", "stand side by side"),
        ("def count(self):\n    return first\n    # ...\n    first = 0", "in another order"),
        ("def count(self):\n    first = 0\n    while True:\n        # ...\n        check(item)\n    return first", "is found 0 times"),
        ('def count(self):\n    # ...\n    # none yet\n    first = 0\n    # ...\n    log("again")', "nothing between"),
    ],
)  # fmt: skip
def test_what_is_not_certain_is_refused_with_the_reason(refusal, sent, says):
    message = refusal(CART, "Cart.count", sent)
    assert message.startswith("what the comment leaves out is not certain")
    assert says in message
    assert "send the whole text" in message


def test_an_anchor_that_stands_twice_is_refused(refusal):
    before = "def f():\n    a()\n    fd()\n    lt()\n    b()\n    fd()\n    lt()\n    c()\n"
    assert "stands 2 times" in refusal(before, "f", "def f():\n    z()\n    lt()\n    # ...\n    c()\n")


def test_a_statement_without_a_name_has_no_place_beside_a_class_elision(refusal):
    sent = "class Cart(Base):\n    # ...\n    print(1)\n"
    assert "`print(1)` has no name to find its place by" in refusal(CART, "Cart", sent)


def test_the_reply_says_how_much_stayed(touched):
    assert touched(CART, "Cart", "class Cart(Base):\n    # ...\n    rate = 2\n").notes == (
        "kept 4 members not mentioned",
    )
    assert touched(CART, "Cart.count", "def count(self):\n    # ...\n    return first\n").notes == (
        "kept 9 lines left out",
    )


def test_a_new_member_cannot_leave_code_out(refusal):
    sent = "class Cart(Base):\n    # ...\n    def clear(self):\n        # ... clear everything ... existing code\n        # ...\n        return 1\n"
    assert "has no old code to leave out" in refusal(CART, "Cart", sent)


@pytest.mark.parametrize(
    "sent",
    [
        "def count(self):\n# ... existing code ...\n    return 1\n",
        "def count(self):\n    first = 0\n        # ... existing code ...\n    return 1\n",
    ],
)
def test_a_placeholder_where_no_code_could_stand_is_refused(refusal, sent):
    assert refusal(CART, "Cart.count", sent) == (
        "`# ... existing code ...` does not stand where code could; nothing was written\n"
        "indent the comment like the code that it stands for"
    )


def test_dots_are_code(edited):
    assert edited("def f():\n    return 1\n", "f", "def f():\n    ...\n") == "def f():\n    ...\n"
