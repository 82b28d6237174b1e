"""Inserting before, after and into: indentation, blank lines, one-line suites, what a file has not yet."""

import pytest

CLASS = """\
class A:
    x = 1

    def f(self):
        return 1

    def g(self):
        return 2


def h():
    pass
"""


def test_a_method_after_a_method_takes_its_indentation_and_blank_lines(edited):
    after = edited(CLASS, "after A.f", "def new(self):\n  return 3")
    assert after == CLASS.replace("    def g", "    def new(self):\n        return 3\n\n    def g")


def test_a_method_before_a_method_goes_above_its_comment(edited):
    before = CLASS.replace("    def g", "    # About g.\n    @d\n    def g")
    assert edited(before, "before A.g", "def new(self): ...") == before.replace(
        "    # About g.", "    def new(self): ...\n\n    # About g."
    )


def test_neighbours_tell_how_many_blank_lines(edited):
    before = "def a(): pass\n\ndef b(): pass\n\ndef c(): pass\n"
    assert edited(before, "after b", "def n(): pass") == before.replace("def c", "def n(): pass\n\ndef c")
    close = "class A:\n    def a(self): pass\n    def b(self): pass\n"
    assert edited(close, "after A.b", "def c(self): pass") == close + "    def c(self): pass\n"


def test_without_neighbours_two_lines_at_the_top_and_one_in_a_class(edited):
    assert edited("def a(): pass\n", "after a", "def b(): pass") == "def a(): pass\n\n\ndef b(): pass\n"
    assert edited("class A:\n    def a(self): pass\n", "after A.a", "def b(self): pass") == (
        "class A:\n    def a(self): pass\n\n    def b(self): pass\n"
    )


def test_an_assignment_beside_assignments_takes_no_blank_line(edited):
    assert edited("a = 1\nb = 2\n", "after a", "n = 3") == "a = 1\nn = 3\nb = 2\n"
    assert edited("a = 1\nb = 2\n", "before a", "n = 3") == "n = 3\na = 1\nb = 2\n"


def test_a_definition_after_an_assignment_stands_off(edited):
    assert edited("a = 1\nb = 2\n", "after a", "def f(): ...") == "a = 1\n\n\ndef f(): ...\n\n\nb = 2\n"


def test_several_definitions_go_in_as_they_are(edited):
    sent = "def m(self): ...\n\ndef n(self): ..."
    assert "    def m(self): ...\n\n    def n(self): ...\n\n    def g" in edited(CLASS, "after A.f", sent)


def test_the_final_newline_of_a_file_stays_as_it_was(edited):
    assert edited("def a(): pass", "after a", "def b(): pass\n") == "def a(): pass\n\n\ndef b(): pass"
    assert edited("x = 1", "into ", "y = 2\n") == "x = 1\ny = 2"
    assert edited("x = 1\n\n\n", "into ", "y = 2\n") == "x = 1\ny = 2\n\n\n"


# -- into


def test_into_a_class_goes_to_its_end(edited):
    assert edited(CLASS, "into A", "def new(self): ...") == CLASS.replace(
        "        return 2\n", "        return 2\n\n    def new(self): ...\n"
    )
    assert edited(CLASS, "into A", "y = g(2)").count("        return 2\n\n    y = g(2)\n") == 1


def test_into_a_class_an_assignment_goes_below_those_that_open_it(edited):
    assert edited(CLASS, "into A", "y = 2") == CLASS.replace("x = 1\n", "x = 1\n    y = 2\n")


def test_into_a_function_goes_to_its_end(edited):
    assert edited("def f():\n    a()\n    # then\n\nx = 1\n", "into f", "b()") == (
        "def f():\n    a()\n    # then\n    b()\n\nx = 1\n"
    )


@pytest.mark.parametrize("filler", ["pass", "..."])
def test_into_an_empty_suite_takes_the_place_of_its_filler(edited, filler):
    sent, body = "def f(self):\n    return 1", "    def f(self):\n        return 1\n"
    assert edited(f"class A:\n    {filler}\n", "into A", sent) == f"class A:\n{body}"
    assert edited(f"class A: {filler}\n", "into A", sent) == f"class A:\n{body}"
    assert (
        edited(f'class A:\n    """D."""\n    {filler}\n', "into A", sent) == f'class A:\n    """D."""\n{body}'
    )


def test_into_a_one_line_suite_opens_it(edited):
    assert (
        edited("def f(): return 1  # why\n", "into f", "x = 1")
        == "def f():  # why\n    return 1\n    x = 1\n"
    )
    assert (
        edited("class A: x = 1; y = 2\n", "into A", "z = 3") == "class A:\n    x = 1\n    y = 2\n    z = 3\n"
    )
    nested = "class A:\n\tdef f(self): return 1\n"
    assert edited(nested, "into A.f", "x = 1") == "class A:\n\tdef f(self):\n\t\treturn 1\n\t\tx = 1\n"


def test_into_a_document_goes_to_its_end_but_above_a_main_block(edited):
    assert edited("def a(): pass\n", "into ", "def b(): pass") == "def a(): pass\n\n\ndef b(): pass\n"
    main = 'def a(): pass\n\n\nif __name__ == "__main__":\n    a()\n'
    assert edited(main, "into ", "def b(): pass") == main.replace("if __", "def b(): pass\n\n\nif __")


def test_into_an_empty_document(edited):
    assert edited("", "into ", "x = 1\n\n") == "x = 1\n"


def test_an_end_with_blanks_or_odd_line_separators_is_no_place_to_cut(edited):
    assert edited("x = 1  # a \u2028\n", "into ", "y = 2") == "x = 1  # a \u2028\ny = 2\n"
    assert edited("x = 1  \n \n", "into ", "y = 2") == "x = 1  \ny = 2\n \n"


def test_beside_the_docstring_of_a_file_that_holds_no_more(edited):
    assert edited('"""D."""', "after #docstring", "def f(): ...") == '"""D."""\n\n\ndef f(): ...'
    assert edited('"""D."""\n', "before #docstring", "# Licence.") == '# Licence.\n"""D."""\n'


def test_into_an_assignment_points_beside_it(refusal):
    assert refusal("x = 1\n", "into x", "y = 2").endswith("\nafter shop.py::x")


def test_beside_a_document_points_into_it(refusal):
    assert refusal("x = 1\n", "after ", "y = 2") == "`after` needs a chunk to stand after\ninto shop.py"


def test_beside_a_statement_that_shares_its_line_points_at_the_lines(refusal, at):
    before = "a = 1; b = 2\n"
    assert refusal(before, "before b", "c = 3").endswith(
        f"\nto insert by lines: shop.py{at(before, '', '0+').replace('@', '@', 1)}"
    )


def test_beside_what_stands_on_the_line_of_its_class_points_into_the_class(refusal):
    assert refusal("class A: x = 1\n", "after A.x", "y = 2").endswith("\ninto shop.py::A")


def test_a_name_that_is_there_already_is_not_inserted_again(refusal):
    assert refusal(CLASS, "after A.f", "def g(self): ...") == (
        "the edit would define A.g twice; nothing was written\nto replace it: shop.py::A.g"
    )


def test_another_overload_accessor_or_decorated_twin_may_be_inserted(edited):
    overloads = "@overload\ndef f(a: int): ...\ndef f(a): ...\n"
    assert edited(overloads, "after f[0]", "@overload\ndef f(a: str): ...").count("def f") == 3
    getter = "class A:\n    @property\n    def p(self): ...\n"
    assert edited(getter, "into A", "@p.setter\ndef p(self, v): ...").count("def p") == 2


def test_an_insertion_says_what_stands_where(touched):
    done = touched(CLASS, "after A.f", "def new(self):\n    return 3")
    assert (done.verb, done.target, done.lines) == ("inserted", "A.new", (7, 8))
    assert touched(CLASS, "into h", "x = 1").target == "h"
    assert touched(CLASS, "into #imports", "import os").target == "#imports"


def test_a_stale_digest_refuses_an_insertion_too(refusal):
    assert refusal(CLASS, "after A.f@0000", "x = 1").startswith(
        "A.f changed since it was shown: @0000 is now @"
    )


def test_lines_are_no_place_for_before_and_after(refusal):
    assert refusal(CLASS, "after A.f@0000:2", "x = 1").endswith("\nto insert lines: shop.py::A.f@0000:2+")
    assert refusal(CLASS, "before A.f@0000:2", "x = 1").endswith("\nto insert lines: shop.py::A.f@0000:1+")


def test_a_text_that_stands_for_code_is_not_inserted(refusal):
    assert "leaves code out" in refusal(CLASS, "into A", "# ... existing code ...\ny = 1")


# -- imports and the main block


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import os\n\nx = 1\n", "import os\nimport re\n\nx = 1\n"),
        ("x = 1\n", "import re\n\nx = 1\n"),
        ('"""D."""\n', '"""D."""\n\nimport re\n'),
        ('"""D."""\n\nx = 1\n', '"""D."""\n\nimport re\n\nx = 1\n'),
        ('"""D."""\nx = 1\n', '"""D."""\n\nimport re\n\nx = 1\n'),
        ("#!/usr/bin/python\nx = 1\n", "#!/usr/bin/python\nimport re\n\nx = 1\n"),
        ("#!p\n# Licence.\n\n# About x.\nx = 1\n", "#!p\n# Licence.\n\nimport re\n\n# About x.\nx = 1\n"),
        ("# Licence.\n\n\ndef f(): ...\n", "# Licence.\n\n\nimport re\n\n\ndef f(): ...\n"),
        ("", "import re\n"),
        ("# Licence.", "# Licence.\nimport re"),
        ("# Licence.\n", "# Licence.\nimport re\n"),
    ],
)
def test_an_import_finds_its_place(edited, before, after):
    assert edited(before, "into #imports", "import re") == after


def test_a_future_import_comes_first(edited):
    sent = "from __future__ import annotations"
    assert edited("import os\n", "into #imports", sent) == f"{sent}\nimport os\n"


def test_a_main_block_is_made_and_added_to(edited):
    made = edited("def f(): ...\n", "into #main", "f()")
    assert made == 'def f(): ...\n\n\nif __name__ == "__main__":\n    f()\n'
    assert edited(made, "into #main", "f(2)") == made + "    f(2)\n"
    assert edited("x = 1\n", "into #main", 'if __name__ == "__main__":\n    f()') == (
        'x = 1\n\n\nif __name__ == "__main__":\n    f()\n'
    )
