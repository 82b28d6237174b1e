"""Replacing a chunk by a text as models send it: before, what is sent, after."""

import sys
from textwrap import dedent

import pytest

CART = '''\
class Cart:
    """A cart."""

    rate = 1

    # About total.
    @cached
    # between
    @traced(1)
    def total(self, tax):
        return tax

    def count(self): return 1


def free():
    def inner():
        return 1
    return inner
'''


def part(text, name, width=20):
    """Return the lines from the one that holds `name`."""
    lines = text.split("\n")
    at = next(number for number, line in enumerate(lines) if name in line)
    return "\n".join(lines[at : at + width])


COUNT_2 = "    def count(self):\n        return 2\n"


@pytest.mark.parametrize(
    "sent",
    [
        "def count(self):\n    return 2\n",
        "    def count(self):\n        return 2\n",
        "        def count(self):\n            return 2",
        "\n\n  def count(self):\n    return 2\n\n\n",
        "def count(self):\n  return 2",
        "def count(self):\n\treturn 2",
        "def count(self):\n        return 2",
        "def count(self):\r\n    return 2\r\n",
        "```python\ndef count(self):\n    return 2\n```",
        "```\n    def count(self):\n        return 2\n```\n",
        "~~~py\ndef count(self):\n    return 2\n~~~",
        "```python\ndef count(self):\n    return 2",
        "def count(self):\n    return 2\n```",
        "\ufeffdef count(self):\n    return 2\n\u200b",
        "1\tdef count(self):\n2\t    return 2",
        " 9\t    def count(self):\n10\t        return 2\n",
        "class Cart:\n    def count(self):\n        return 2\n",
        "class Cart(Base):\n\n  def count(self):\n    return 2\n",
    ],
)
def test_however_a_method_is_sent_it_lands_at_its_place(edited, sent):
    after = edited(CART, "Cart.count", sent)
    assert after == CART.replace("    def count(self): return 1\n", COUNT_2)


def test_every_other_byte_is_left_alone(edited):
    after = edited(CART, "free.inner", "def inner():\n    return 2")
    assert after == CART.replace("        return 1\n", "        return 2\n")


# -- decorators and comments


def test_decorators_and_the_comment_stay_where_the_text_has_none(edited, touched):
    sent = "def total(self):\n    return 0"
    expected = CART.replace("self, tax", "self").replace("return tax", "return 0")
    assert edited(CART, "Cart.total", sent) == expected
    assert touched(CART, "Cart.total", sent).notes == (
        "kept @cached, @traced(1)",
        "kept the comment above it",
    )


def test_decorators_of_the_text_replace_the_old_ones_and_the_comment_between(edited):
    after = edited(CART, "Cart.total", "@other\ndef total(self):\n    return 0")
    assert "    # About total.\n    @other\n    def total(self):\n        return 0\n\n    def count" in after


def test_a_comment_of_the_text_replaces_the_old_one(edited):
    after = edited(CART, "Cart.total", "# New.\ndef total(self):\n    return 0")
    assert "\n\n    # New.\n    @cached\n    # between\n    @traced(1)\n    def total(self):" in after
    assert "About" not in after


def test_the_comment_stays_with_its_function_where_the_text_has_more_before_it(edited, touched):
    before = "x = 1\n\n# About f.\n@d\ndef f(): pass\n"
    sent = "K = 1\n\n\ndef f(): return K"
    assert edited(before, "f", sent) == "x = 1\n\nK = 1\n\n\n# About f.\n@d\ndef f(): return K\n"
    assert touched(before, "f", sent).notes[-1] == "added K"


def test_a_banner_above_a_blank_line_is_never_touched(edited):
    before = "# About all.\n\ndef f():\n    return 1\n"
    assert edited(before, "f", "# About f.\ndef f():\n    return 2\n") == (
        "# About all.\n\n# About f.\ndef f():\n    return 2\n"
    )


@pytest.mark.parametrize("banner", ["# ------", "# ---- f ----", "#" * 30, "# type: ignore", "#\n# Parts\n#"])
def test_a_banner_or_pragma_directly_above_is_never_touched(edited, banner):
    before = f"x = 1\n\n{banner}\ndef f():\n    return 1\n"
    assert edited(before, "f", "# F.\ndef f():\n    return 2\n") == (
        f"x = 1\n\n{banner}\n# F.\ndef f():\n    return 2\n"
    )


def test_a_blank_comment_line_does_not_part_a_comment(edited):
    before = "x = 1\n\n# One.\n#\n# Two.\ndef f():\n    return 1\n"
    assert (
        edited(before, "f", "# New.\ndef f():\n    return 2\n") == "x = 1\n\n# New.\ndef f():\n    return 2\n"
    )


def test_indented_trailing_comments_are_inside_and_dedented_ones_are_not(edited):
    before = "def f():\n    return 1\n    # in\n\n    # in too\n# out\nx = 1\n"
    assert edited(before, "f", "def f():\n    return 2") == "def f():\n    return 2\n# out\nx = 1\n"


def test_async_comes_and_goes(edited):
    before = "@d\nasync def f():\n    return 1\n"
    assert edited(before, "f", "def f():\n    return 1") == "@d\ndef f():\n    return 1\n"
    assert edited("def f(): pass\n", "f", "async def f(): pass") == "async def f(): pass\n"


# -- what shares its name


OVERLOADS = dedent("""\
    @overload
    def f(a: int) -> int: ...
    @overload
    def f(a: str) -> str: ...
    def f(a):
        return a
    """)


def test_an_overload_keeps_its_decorator(edited):
    assert edited(OVERLOADS, "f[1]", "def f(a: bytes) -> bytes: ...") == OVERLOADS.replace("str", "bytes")
    assert edited(OVERLOADS, "f[impl]", "def f(a):\n    return 2") == OVERLOADS.replace(
        "return a", "return 2"
    )


def test_an_overloaded_name_alone_is_ambiguous_and_the_menu_can_be_pasted(refusal):
    assert refusal(OVERLOADS, "f", "def f(): ...") == (
        "f is 3 things in shop.py; say which\n"
        "  'shop.py::f[0]'  lines 1-2\n"
        "  'shop.py::f[1]'  lines 3-4\n"
        "  'shop.py::f[impl]'  lines 5-6\n"
        "  'shop.py::f[*]'  lines 1-6"
    )


def test_a_text_with_the_whole_overload_group_is_refused(refusal):
    assert refusal(OVERLOADS, "f[impl]", OVERLOADS) == (
        "the text defines f 3 times; nothing was written\nsend only the one addressed: shop.py::f[impl]"
    )


PRICE = dedent("""\
    class A:
        @property
        def p(self):
            return 1

        @p.setter
        def p(self, v):
            self.v = v
    """)


def test_an_accessor_without_its_decorator_keeps_it(edited):
    assert edited(PRICE, "A.p.getter", "def p(self):\n    return 2") == PRICE.replace("return 1", "return 2")
    assert edited(PRICE, "A.p.setter", "def p(self, v):\n    pass") == PRICE.replace("self.v = v", "pass")


def test_a_setter_does_not_become_a_getter(refusal):
    assert refusal(PRICE, "A.p.setter", "@property\ndef p(self):\n    return 2").startswith(
        "the edit would remove A.p.setter"
    )


def test_a_bare_property_asks_which(refusal):
    assert refusal(PRICE, "A.p", "def p(self): ...").endswith(
        "  shop.py::A.p.getter  lines 2-4\n  shop.py::A.p.setter  lines 6-8\n  'shop.py::A.p[*]'  lines 2-8"
    )


TWINS = dedent("""\
    if sys.version_info >= (3, 11):
        def f():
            return 1
    else:
        def f():
            return 2
    """)


def test_twins_are_told_apart_by_number_and_keep_their_nesting(edited, refusal):
    assert edited(TWINS, "f[1]", "def f():\n    return 3") == TWINS.replace("return 2", "return 3")
    menu = refusal(TWINS, "f", "def f(): ...")
    assert "  'shop.py::f[0]'  lines 2-3, under if sys.version_info >= (3, 11)\n" in menu
    assert "  'shop.py::f[1]'  lines 5-6, under else of if sys.version_info >= (3, 11)" in menu


def test_a_redefinition_in_one_scope_is_never_first_wins(refusal):
    assert "is 2 things" in refusal("def f(): pass\nx = 1\ndef f(): pass\n", "f", "def f(): return 1")


# -- one line, several statements


def test_a_one_line_suite_is_replaced_exactly(edited):
    assert edited("def f(): return 1\nx = 1\n", "f", "def f(): return 2") == "def f(): return 2\nx = 1\n"


@pytest.mark.parametrize(
    ("target", "sent", "line"),
    [
        ("a", "a = 9", "a = 9; b = 2; c = 3  # c"),
        ("b", "  b: int = 9", "a = 1; b: int = 9; c = 3  # c"),
        ("c", "c = 9", "a = 1; b = 2; c = 9  # c"),
    ],
)
def test_of_statements_on_one_line_only_the_one_named_changes(edited, target, sent, line):
    assert edited("a = 1; b = 2; c = 3  # c\n", target, sent) == line + "\n"


def test_a_one_line_class_body_is_replaced_in_its_line(edited):
    assert edited("class A: x = 1; y = 2\n", "A.x", "x = 5") == "class A: x = 5; y = 2\n"


def test_a_statement_among_others_takes_no_second_line(refusal, at):
    before = "a = 1; b = 2\n"
    assert refusal(before, "b", "b = [\n 1]") == (
        "b shares line 1 with another statement; only one plain line can take its place\n"
        f"edit that line: shop.py{at(before, '', 1)}"
    )


# -- assignments


@pytest.mark.parametrize("sent", ["rate: int = 2", "    rate = [\n        1,\n    ]", "rate, other = 1, 2"])
def test_an_assignment_is_replaced_whole(edited, sent):
    assert edited(CART, "Cart.rate", sent) == CART.replace("    rate = 1\n", f"    {sent.strip()}\n")


def test_an_assignment_needs_its_name(refusal):
    assert refusal(CART, "Cart.rate", "2") == (
        "the text does not assign rate: a chunk is replaced whole; nothing was written\nbegin with: rate ="
    )


# -- what is not the chunk


def test_a_body_without_its_signature_is_refused_with_the_signature(refusal, at):
    assert refusal(CART, "free.inner", "return 2\n") == (
        "the text has no function inner: a chunk is replaced whole, header too; nothing was written\n"
        "begin with: def inner():\n"
        f"or, to replace the whole body: shop.py::{at(CART, 'free.inner', '2')}"
    )
    assert "no function count" in refusal(CART, "Cart.count", "x = 2\nreturn x", allow_removal=True)


def test_another_name_is_refused_with_both_ways_on(refusal):
    assert refusal(CART, "Cart.count", "def size(self): ...") == (
        "the text defines size, not count; nothing was written\n"
        "to add it: after shop.py::Cart.count\n"
        "to rename: the same with --allow-removal"
    )


def test_another_name_that_is_there_is_pointed_at(refusal):
    assert refusal(CART, "Cart.count", "def total(self): ...").endswith(
        "\nto replace it: shop.py::Cart.total"
    )


def test_another_name_lands_when_that_is_asked_for(edited):
    after = edited(CART, "Cart.count", "def size(self): return 1", allow_removal=True)
    assert after == CART.replace("count", "size")


def test_a_wrapper_with_more_in_it_is_refused(refusal):
    sent = "class Cart:\n    def count(self): ...\n    def size(self): ...\n"
    assert refusal(CART, "Cart.count", sent) == (
        "the text is all of Cart, not Cart.count alone; nothing was written\nto replace it all: shop.py::Cart"
    )


def test_a_wrapper_keeps_the_decorators_and_comment_within(edited):
    sent = "class Cart:\n    # New.\n    @other\n    def count(self):\n        return 2\n"
    assert edited(CART, "Cart.count", sent) == CART.replace(
        "    def count(self): return 1\n", "    # New.\n    @other\n" + COUNT_2
    )


def test_a_method_of_an_inner_class_is_unwrapped_from_both(edited):
    before = "class A:\n    class B:\n        def f(self): pass\n"
    expected = "class A:\n    class B:\n        def f(self): return 1\n"
    assert edited(before, "A.B.f", "class A:\n    class B:\n        def f(self): return 1") == expected
    assert edited(before, "A.B.f", "class B:\n    def f(self): return 1") == expected


def test_members_that_a_class_would_lose_are_named_with_the_lines_that_drop_them(refusal):
    assert refusal(CART, "Cart", "class Cart:\n    rate = 1\n") == (
        "the edit would remove Cart.total, Cart.count; nothing was written\n"
        "if that is meant, say --allow-removal, or first:\n"
        "  delete shop.py::Cart.total\n"
        "  delete shop.py::Cart.count"
    )


def test_members_may_go_when_that_is_asked_for(edited):
    assert edited(CART, "Cart", "class Cart:\n    pass", allow_removal=True).startswith(
        "class Cart:\n    pass\n\n\n"
    )


def test_functions_inside_functions_and_imports_may_vanish(edited):
    assert edited("import os\n" + CART, "free", "def free(): return 1").endswith(
        "\n\n\ndef free(): return 1\n"
    )


def test_a_name_that_comes_along_is_said(touched):
    assert touched(CART, "Cart.count", "def count(self): ...\n\ndef size(self): ...").notes == (
        "added Cart.size",
    )


def test_a_definition_is_not_hidden_by_a_second_of_its_name(refusal):
    sent = "def count(self): ...\n\ndef total(self): ...\n"
    assert refusal("class A:\n    def total(self): ...\n    def count(self): ...\n", "A.count", sent) == (
        "the edit would define A.total twice; nothing was written\nto replace it: shop.py::A.total"
    )


def test_an_import_beside_a_method_is_refused(refusal):
    assert refusal(CART, "Cart.count", "import os\n\ndef count(self): ...") == (
        "an import beside Cart.count would become an attribute of Cart; nothing was written\n"
        "send the imports apart: into shop.py::#imports"
    )


# -- what is not Python


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ("def count(self):\n    return “x\n", 'its line 2: invalid character \'“\' (U+201C); nothing was written\n  return “x\nwrite straight quotes: return "x'),
        ("def count(self): ...\n```\nx = 1\n```python\ny = 2", "send only the code, without words or ``` around it"),
        ("-    def count(self): return 7\n+    def count(self): return 2", "its old lines do not stand in Cart.count"),
        ("def count(self:\n    return 1", "syntax error on its line 1: '(' was never closed; nothing was written\n  def count(self:"),
        (">>> def count(self):\n    return 1", "send the code without prompts"),
        ("@@ shop.py::Cart.count\ndef count(self): ...", "send the code without its header line"),
        ("%%edit shop.py::Cart.count\ndef count(self): ...", "send the code without its header line"),
        ("", "the text is empty; to remove the chunk, ask for it\ndelete shop.py::Cart.count"),
    ],
)  # fmt: skip
def test_a_text_that_is_no_python_is_refused_with_the_reason(refusal, sent, says):
    assert says in refusal(CART, "Cart.count", sent)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="tokenizes from 3.12 on")
def test_a_lone_backslash_that_does_not_tokenize_is_refused(refusal):
    sent = "def count(self):\n    x = 1\n\\\n    if x:\n        return 1\n    return 2"
    assert "without a backslash" in refusal(CART, "Cart.count", sent)


def test_only_a_name_can_take_the_place_of_a_name(refusal):
    assert "does not assign rate" in refusal(CART, "Cart.rate", "import os", allow_removal=True)
    assert "does not assign rate" in refusal(CART, "Cart.rate", "# rate", allow_removal=True)


def test_what_compiles_alone_but_not_there_is_refused_with_the_line(refusal):
    assert refusal(CART, "Cart.count", "def count(self):\n    return 1\n    nonlocal x") == (
        "the edit would break the file; nothing was written. shop.py:15: no binding for nonlocal 'x' found\n"
        "  nonlocal x"
    )


# -- comments in place of code


@pytest.mark.parametrize(
    "comment",
    [
        "# ...", "#...", "# \u2026", "# ... existing code ...", "# ... (same as above)", "# rest unchanged", "# ...rest of the method",
        "# The rest of the function is unchanged.", "# existing code here", "# other methods...", "# (unchanged)", "# unchanged",
        "# same as before", "# [rest of implementation]", "# ... keep existing code ...", "# keep the rest as is",
        "# <existing code>", "# remaining code unchanged", "# Other methods remain the same", "# Rest of the code here",
        "# ... more methods ...", "# everything else unchanged", "# ... existing validation of the tax ...",
    ],
)  # fmt: skip
def test_a_comment_that_stands_for_code_is_refused_where_nothing_can_be_merged(refusal, comment):
    message = refusal(CART, "Cart.rate", f"rate = [\n    1,\n]\n{comment}")
    assert message.startswith(f"line 4, `{comment}`, leaves code out; nothing was written\n")


@pytest.mark.parametrize(
    "comment",
    [
        "# ...but only once", "# Same as above.", "# same object so that both agree", "# Other methods", "# the rest.",
        "# ... w/ defaults.", "# .. image:: x.png", "# ...  for line in f:", "# the existing tax is not compounded",
        "# Remaining: 3", "# previous = 1", "# rest, in seconds", "x = '# ...'",
    ],
)  # fmt: skip
def test_an_ordinary_comment_lands(edited, comment):
    assert comment in edited(CART, "Cart.count", f"def count(self):\n    x = 1\n    {comment}\n    return x")


@pytest.mark.parametrize("dots", ["...", "[...]", "...  # unchanged", "pass  # existing code"])
def test_dots_beside_other_statements_stand_for_code(edited, refusal, dots):
    before = "def f(x):\n    a(x)\n    b(x)\n    return x\n"
    assert edited(before, "f", f"def f(x, y):\n    a(x)\n    {dots}\n    return x") == before.replace(
        "x):", "x, y):", 1
    )
    message = refusal(before, "f", f"def f(x):\n    c(x)\n    {dots}\n    return x")
    assert "the statement above it does not stand in the old text" in message


def test_dots_that_are_all_of_a_body_are_code(edited):
    before = "def f(x):\n    return x\n"
    assert edited(before, "f", "def f(x):\n    ...") == "def f(x):\n    ...\n"
    assert edited(before, "f", 'def f(x):\n    """D."""\n    ...') == 'def f(x):\n    """D."""\n    ...\n'


def test_a_comment_that_was_there_already_lands(edited):
    before = "def f():\n    # ...\n    return 1\n"
    assert edited(before, "f", "def f():\n    # ...\n    return 2") == before.replace("1", "2")


def test_the_end_of_a_comment_of_several_lines_is_no_placeholder(edited):
    sent = "def f():\n    # The first is parsed, then the\n    # rest of the file\n    return 2\n"
    assert edited("def f():\n    return 1\n", "f", sent) == sent
