"""Deleting: what goes with a chunk, and what is left."""

import pytest

MODULE = """\
import os


# About f.
@d
def f():
    return 1
    # in f


def g():
    return 2


x = 1
"""


def test_a_definition_goes_with_its_comment_decorators_and_blank_lines(edited):
    assert (
        edited(MODULE, "delete f")
        == MODULE[: MODULE.index("\n\n# About")] + MODULE[MODULE.index("\n\ndef g") :]
    )


def test_the_last_definition_leaves_the_final_newline_as_it_was(edited):
    assert edited("x = 1\n\n\ndef f(): ...\n", "delete f") == "x = 1\n"
    assert edited("x = 1\n\n\ndef f(): ...", "delete f") == "x = 1"
    assert edited("x = 1\r\n\r\n\r\ndef f(): ...", "delete f") == "x = 1"


def test_the_first_definition_takes_the_blank_lines_below(edited):
    assert edited("def f(): ...\n\n\ndef g(): ...\n", "delete f") == "def g(): ...\n"
    assert edited("class A:\n    def f(self): ...\n\n    x = 1\n", "delete A.f") == "class A:\n    x = 1\n"


def test_a_comment_that_heads_a_run_of_assignments_stays_and_that_is_said(edited, touched):
    before = "import os\n\n# Colours.\nRED = 1\nGREEN = 2\n"
    assert edited(before, "delete RED") == "import os\n\n# Colours.\nGREEN = 2\n"
    assert touched(before, "delete RED").notes == (
        "kept the comment above it, which heads the lines that follow",
    )


def test_a_comment_of_one_assignment_goes_with_it(edited):
    assert edited("x = 1\n\n# Red.\nRED = 1\n\ny = 2\n", "delete RED") == "x = 1\n\ny = 2\n"


@pytest.mark.parametrize(
    ("before", "target", "after"),
    [
        ("class A:\n    def f(self): ...\n", "A.f", "class A:\n    pass\n"),
        ("if x:\n    def f(): ...\nelse:\n    y = 1\n", "f", "if x:\n    pass\nelse:\n    y = 1\n"),
        ("if x: y = 1\n", "y", "if x: pass\n"),
        ("class A: x = 1\n", "A.x", "class A: pass\n"),
        ("def f():\n    def g(): ...\n", "f.g", "def f():\n    pass\n"),
        ('def f():\n    """D."""\n', "f#docstring", "def f():\n    pass\n"),
        ('def f(): "D."\nx = 1\n', "f#docstring", "def f(): pass\nx = 1\n"),
        ("class A:\n    # section: s\n    x = 1\n    # endsection\n", "A#s", "class A:\n    pass\n"),
    ],
)
def test_a_suite_that_would_be_empty_keeps_a_pass(edited, before, target, after):
    assert edited(before, f"delete {target}") == after


@pytest.mark.parametrize(
    ("target", "line"), [("a", "b = 2; c = 3  # c"), ("b", "a = 1; c = 3  # c"), ("c", "a = 1; b = 2  # c")]
)
def test_of_statements_on_one_line_only_the_one_named_goes(edited, target, line):
    assert edited("a = 1; b = 2; c = 3  # c\n", f"delete {target}") == f"{line}\n"


def test_a_twin_goes_alone(edited):
    assert edited("def f(): ...\n\n\ndef f(): ...\n", "delete f[0]") == "def f(): ...\n"


def test_a_deleted_class_is_asked_for_with_all_it_holds(edited, touched):
    before = "class A:\n    class B:\n        x = 1\n    def f(self): ...\n\n\ny = 2\n"
    assert edited(before, "delete A") == "y = 2\n"
    done = touched(before, "delete A.B")
    assert (done.verb, done.target, done.lines) == ("deleted", "A.B", None)


def test_what_one_statement_binds_does_not_go_with_another_name_unasked(refusal, edited):
    assert refusal("a = b = 1\n", "delete a") == (
        "the edit would remove b; nothing was written\nif that is meant: the same with --allow-removal"
    )
    assert edited("a = b = 1\nc = 2\n", "delete a", allow_removal=True) == "c = 2\n"


def test_a_document_is_not_deleted_by_an_edit(refusal):
    assert "does not delete a whole document" in refusal("x = 1\n", "delete ")


def test_a_stale_digest_refuses_a_deletion(refusal):
    assert "changed since it was shown" in refusal(MODULE, "delete f@0000")


def test_lines_are_deleted_with_their_ends(edited, at):
    before = "def f():\n    a()\n    b()\n"
    assert edited(before, f"delete {at(before, 'f', '2')}") == "def f():\n    b()\n"
    assert edited(before, f"delete {at(before, 'f', '3')}") == "def f():\n    a()\n"
    assert edited(before, at(before, "f", "3"), "    b()\n\n") == "def f():\n    a()\n    b()\n\n"
    assert edited(before.rstrip(), f"delete {at(before.rstrip(), 'f', '3')}") == "def f():\n    a()"


def test_a_text_below_a_deletion_is_refused(refusal):
    assert (
        refusal("def f(): ...\nx = 1\n", "delete f", "print(1)")
        == "`delete` takes no text below it; send one or the other"
    )
