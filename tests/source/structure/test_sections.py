"""Sections with markers, cells of a script, and those that are always there."""

import pytest

from ipy_llm.source.structure.outline import outline
from ipy_llm.source.text import Source

PARTS = '''\
"""Doc."""

import os


class A:
    # section: helpers
    def a(self): pass
    # endsection

    # section: empty
    # endsection
    s = """
    # section: fake
    # endsection
    """


# section: top
x = 1
# section: Price  rules
y = 2
# endsection
# endsection: top


def f():
    # section: work
    z = 1
    # endsection
    return z
'''


def names(text):
    found = outline(Source(text))
    return [section.name for section in found.sections], found.problems


def test_sections_nest_and_stand_in_classes_and_functions_but_not_in_strings():
    assert names(PARTS) == (["A#helpers", "A#empty", "#top", "#Price-rules", "f#work"], {})


@pytest.mark.parametrize(
    ("target", "sent", "old", "new"),
    [
        ("A#helpers", "def a(self):\n  return 1", "    def a(self): pass\n", "    def a(self):\n        return 1\n"),
        ("A#empty", "w = 1", "    # section: empty\n", "    # section: empty\n    w = 1\n"),
        ("#Price rules", "y = 3\n\n", "y = 2\n", "y = 3\n"),
        ("#top", "x = 3\n# section: Price  rules\ny = 3\n# endsection", "x = 1\n# section: Price  rules\ny = 2", "x = 3\n# section: Price  rules\ny = 3"),
        ("f#work", "z = 2\nz += 1", "    z = 1\n", "    z = 2\n    z += 1\n"),
        ("#imports", "import re\nimport os", "import os\n", "import re\nimport os\n"),
        ("#docstring", '"""New."""', '"""Doc."""', '"""New."""'),
    ],
)  # fmt: skip
def test_a_section_is_replaced_between_its_markers(edited, target, sent, old, new):
    assert edited(PARTS, target, sent) == PARTS.replace(old, new)


def test_into_a_section_goes_to_its_end(edited):
    assert edited(PARTS, "into A#helpers", "def b(self): pass") == PARTS.replace(
        "    def a(self): pass\n", "    def a(self): pass\n\n    def b(self): pass\n"
    )
    assert edited(PARTS, "into A#empty", "w = 1") == PARTS.replace(
        "section: empty\n", "section: empty\n    w = 1\n"
    )


def test_beside_a_section_is_outside_its_markers(edited):
    assert edited(PARTS, "before #top", "w = 1") == PARTS.replace("# section: top", "w = 1\n# section: top")
    assert edited(PARTS, "after f#work", "w = 1") == PARTS.replace("    return z", "    w = 1\n    return z")


def test_a_deleted_section_goes_with_its_markers(edited):
    assert edited(PARTS, "delete f#work") == PARTS.replace(
        "    # section: work\n    z = 1\n    # endsection\n", ""
    )


def test_a_name_in_a_section_must_not_vanish_either(refusal):
    assert "would remove y" in refusal(PARTS, "#top", "x = 3")


@pytest.mark.parametrize(
    ("text", "key", "wrong"),
    [
        ("# section: a\nx = 1\n", "#a", "opens on line 1 and is never closed by `# endsection`"),
        ("# section: a\n# endsection\n# section: a\n# endsection\n", "#a", "stands twice, the second on line 3"),
        ("# section: a\ndef f():\n    x = 1\n    # endsection\n    y = 1\n", "#a", "opens on line 1, closes on line 4 inside another definition"),
        ("def f():\n    # section: a\n    x = 1\n  # endsection\n    y = 1\n", "f#a", "its markers on lines 2 and 4 are indented differently"),
        ("# section: a\nx = 1\n# endsection: b\n", "#a", "opened on line 1, closed on line 3 as `b`"),
        ("# %% a\nx = 1\n# %% a\ny = 1\n", "#a", "stands twice, the second on line 3"),
    ],
)  # fmt: skip
def test_markers_that_do_not_fit_are_a_precise_error_and_names_still_work(refusal, edited, text, key, wrong):
    message = refusal(text, key, "x = 2")
    assert message.startswith(f"section {key} cannot be used: {wrong}\nmend its markers by lines: shop.py@")
    name = "f" if "def f" in text else "x" if "x = 1" in text else ""
    if name:
        assert edited(text, f"{name} 1 => 3" if name == "x" else "f x = 1 => x = 3")


def test_an_end_without_a_section_is_a_problem_that_hides_nothing():
    assert names("# section: a\nx = 1\n# endsection\n# endsection\n") == (
        ["#a"],
        {"#": "line 4: `# endsection` with no section open"},
    )


def test_an_edit_that_would_open_a_section_for_good_is_refused(refusal):
    sent = "class A:\n    # section: helpers\n    def a(self): pass\n    s = 1\n"
    assert refusal(PARTS, "A", sent).startswith("the edit would break section A#helpers: opens on line 7")


@pytest.mark.parametrize(
    ("asked", "near"),
    [("#helpers", "A#helpers"), ("helpers", "A#helpers"), ("#price-rule", "#Price-rules"), ("#tops", "#top")],
)
def test_a_section_that_is_not_there_answers_with_the_closest(refusal, asked, near):
    assert refusal(PARTS, asked, "x = 1").split("\n")[1] == f"did you mean shop.py::{near}"


# -- cells of a script

CELLS = "# %% load data\nx = 1\n\n# %%\ny = 2\n\n# %% [markdown] The end\n# Words.\n"


def test_a_cell_runs_to_the_next(edited):
    assert names(CELLS) == (["#load-data", "#The-end"], {})
    assert edited(CELLS, "#load data", "x = 3\nz = 4\n") == CELLS.replace("x = 1", "x = 3\nz = 4")
    assert edited(CELLS, "into #load-data", "z = 4") == CELLS.replace("x = 1", "x = 1\nz = 4")
    assert edited(CELLS, "#The-end", "# More.") == CELLS.replace("Words", "More")


def test_a_percent_comment_in_a_function_is_no_cell():
    assert names("def f():\n    # %% a\n    x = 1\n")[0] == []


# -- always there


def test_a_file_s_own_section_of_that_name_comes_first(edited):
    before = "import sys\n\n# section: imports\nimport os\n# endsection\n"
    assert edited(before, "#imports", "import re") == before.replace("os", "re")


def test_imports_are_the_first_run_with_their_conditions(edited):
    before = "import os\n\nif T:\n    import re\ntry:\n    import json\nexcept ImportError:\n    json = None\n\nx = 1\nimport late\n"
    assert edited(before, "into #imports", "import io") == before.replace(
        "import os\n", "import os\nimport io\n"
    )
    guarded = "if U:\n    import io"
    assert edited(before, "into #imports", guarded) == before.replace(
        "json = None\n", f"json = None\n{guarded}\n"
    )


def test_an_import_that_is_there_is_not_added_again(edited):
    before = "import os, re\nfrom a import b, c\n\nx = 1\n"
    assert edited(before, "into #imports", "import re\nfrom a import c") == before
    assert edited(before, "into #imports", "import re\nimport io") == before.replace(
        "b, c\n", "b, c\nimport io\n"
    )
    assert "import re as r" in edited(before, "into #imports", "import re as r")


@pytest.mark.parametrize(
    ("before", "address", "after"),
    [
        ("x = 1\n", "#docstring", '"""New."""\n\nx = 1\n'),
        ("#!/bin/python\n\nx = 1\n", "#docstring", '#!/bin/python\n"""New."""\n\nx = 1\n'),
        ("# about x\nx = 1\n", "#docstring", '"""New."""\n\n# about x\nx = 1\n'),
        ("def f(\n    a,\n):  # why\n    pass\n", "f#docstring", 'def f(\n    a,\n):  # why\n    """New."""\n    pass\n'),
        ("class A:\n    x = 1\n", "A#docstring", 'class A:\n    """New."""\n\n    x = 1\n'),
    ],
)  # fmt: skip
def test_a_docstring_that_is_missing_is_made_by_into(edited, before, address, after):
    assert edited(before, f"into {address}", "New.") == after
    assert edited(before, f"into {address}", '"""New."""') == after


def test_a_main_block_on_one_line_is_opened(edited):
    before = 'if __name__ == "__main__": f()\n'
    opened = 'if __name__ == "__main__":\n    f()\n    g()\n'
    assert edited(before, "into #main", "g()") == opened


def test_imports_are_not_replaced_by_something_else(refusal):
    assert "the text imports nothing" in refusal(PARTS, "#imports", "w = 3")


def test_what_a_file_does_not_have_is_refused_for_replacing_and_told_how_to_make(refusal):
    assert (
        refusal("x = 1\n", "#main", "f()") == "no section #main in shop.py\nto make it: into shop.py::#main"
    )
    assert refusal("x = 1\n", "#imports", "import os").endswith("\nto make it: into shop.py::#imports")
    assert refusal("x = 1\n", "#docstring", "D.").endswith("\nto make it: into shop.py::#docstring")


MAIN = 'def f(): ...\n\n\nif __name__ == "__main__":\n    f()\n'


def test_a_main_block_is_replaced_with_or_without_its_condition(edited):
    assert edited(MAIN, "#main", "f(2)\nf(3)") == MAIN.replace("    f()\n", "    f(2)\n    f(3)\n")
    assert edited(MAIN, "#main", 'if __name__ == "__main__":\n  f(2)').endswith("\n  f(2)\n")


@pytest.mark.parametrize(
    ("sent", "after"),
    [
        ("'''New.'''", "    '''New.'''\n"),
        ("New words, not quoted.", '    """New words, not quoted."""\n'),
        ("New.\n\nMore.\n", '    """New.\n\n    More.\n    """\n'),
        ('"""New.\n\nMore.\n"""', '    """New.\n\n    More.\n    """\n'),
        ('    """New.\n\n      More.\n    """', '    """New.\n\n      More.\n    """\n'),
    ],
)
def test_a_docstring_is_replaced_quoted_or_not(edited, sent, after):
    before = "def f():\n    '''Old.\n    Old.'''\n    return 1\n"
    assert edited(before, "f#docstring", sent) == f"def f():\n{after}    return 1\n"


@pytest.mark.parametrize("sent", ["x = 3", "It's.", "return 1", 'f"{x}"'])
def test_a_docstring_is_not_replaced_by_something_else(refusal, sent):
    assert "a docstring is one string, and the text is none" in refusal(
        'def f():\n    """D."""\n', "f#docstring", sent
    )


def test_a_docstring_of_an_accessor_or_twin_is_found(edited):
    before = 'class A:\n    @property\n    def p(self):\n        """D."""\n    @p.setter\n    def p(self, v): ...\n'
    assert edited(before, "A.p.getter#docstring", "New.") == before.replace("D.", "New.")
    twins = "def f():\n    'D.'\n\ndef f():\n    'D.'\n"
    assert edited(twins, "f[1]#docstring", "'New.'") == "def f():\n    'D.'\n\ndef f():\n    'New.'\n"


def test_a_docstring_on_the_line_of_its_def_is_replaced_there(edited):
    assert edited("def f(): 'D.'; x = 1\n", "f#docstring", "'New.'") == "def f(): 'New.'; x = 1\n"


def test_a_section_within_brackets_holds_what_is_no_statement(edited):
    before = "d = {\n    # section: items\n    'a': 1,\n    # endsection\n}\n"
    assert edited(before, "#items", "'a': 2,\n'b': [\n    3,\n],") == before.replace(
        "    'a': 1,\n", "    'a': 2,\n    'b': [\n        3,\n    ],\n"
    )


def test_nothing_is_added_into_a_docstring(refusal):
    assert "replace it instead" in refusal(PARTS, "into #docstring", '"""More."""')
