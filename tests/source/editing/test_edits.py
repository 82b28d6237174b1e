"""Several edits at once, and what the gate compares."""

import pytest

from ipy_llm.errors import EditRejectedError, IpyLlmError
from ipy_llm.source.address import parse_header
from ipy_llm.source.editing.apply import apply
from ipy_llm.source.editing.edits import edit_of
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.text import Source

TEXT = """\
class A:
    x = 1

    def f(self):
        return 1

    def g(self):
        return 2


def h():
    pass
"""


def patch(text, *entries, **options):
    edits = [edit_of(parse_header(header), body) for header, body in entries]
    return apply(edits, outline(Source(text)), "m.py", **options)


def test_all_addresses_mean_the_text_before():
    done = patch(
        TEXT,
        ("m.py::h", "def h():\n    return 3"),
        ("after m.py::A.f", "def n(self):\n    return 4"),
        ("m.py::A.f", "def f(self):\n    a = 1\n    return a"),
        ("delete m.py::A.x", ""),
        ("m.py::A.g 2 => 22", ""),
    )
    assert done.outline.source.text == (
        "class A:\n    def f(self):\n        a = 1\n        return a\n\n    def n(self):\n        return 4\n\n"
        "    def g(self):\n        return 22\n\n\ndef h():\n    return 3\n"
    )
    assert [(one.verb, one.target, one.lines) for one in done.touched] == [
        ("replaced", "h", (13, 14)),
        ("inserted", "A.n", (6, 7)),
        ("replaced", "A.f", (2, 4)),
        ("deleted", "A.x", None),
        ("edited", "A.g", (9, 10)),
    ]


def test_two_insertions_at_one_place_stand_in_the_order_they_were_sent():
    done = patch(TEXT, ("after m.py::A.x", "y = 2"), ("after m.py::A.x", "z = 3"))
    assert "    x = 1\n    y = 2\n    z = 3\n\n" in done.outline.source.text
    assert [one.target for one in done.touched] == ["A.y", "A.z"]


def test_overlapping_edits_are_refused():
    with pytest.raises(EditRejectedError, match=r"two of the edits overlap \(A and A.f\)"):
        patch(TEXT, ("m.py::A", "class A: x = f = g = 1"), ("m.py::A.f", "def f(self): ..."))


def test_a_deletion_beside_a_replacement_of_its_owner_is_the_permission():
    sent = "class A:\n    x = 1\n\n    def f(self):\n        return 1\n"
    done = patch(TEXT, ("m.py::A", sent), ("delete m.py::A.g", ""))
    assert done.outline.source.text == sent + "\n\ndef h():\n    pass\n"
    assert [(one.verb, one.target) for one in done.touched] == [("replaced", "A"), ("deleted", "A.g")]


def test_a_name_may_move_within_one_patch():
    done = patch(TEXT, ("delete m.py::h", ""), ("before m.py::A", "def h():\n    pass"))
    assert done.outline.source.text.startswith("def h():\n    pass\n\n\nclass A")


def test_one_bad_edit_refuses_all():
    with pytest.raises(IpyLlmError):
        patch(TEXT, ("m.py::h", "def h(): return 1"), ("m.py::A.none", "def none(): ..."))


def test_a_new_document_is_not_made_where_one_is():
    with pytest.raises(EditRejectedError, match="exists already") as caught:
        patch(TEXT, ("create m.py", "x = 1"))
    assert caught.value.steps == ("into m.py",)


@pytest.mark.parametrize(
    ("before", "header", "sent", "lost"),
    [
        ("x = 1\ny = 2\n", "m.py::", "x = 1\n", "y"),
        ("class A:\n    class B:\n        z = 1\n", "m.py::A.B", "class B:\n    pass\n", "A.B.z"),
        ("class A:\n    x = 1\n", "m.py::", "class C:\n    x = 1\n", "A"),
        ("if T:\n    x = 1\nelse:\n    x = 2\n", "m.py:: x = 2 => y.x = 2", "", r"x\[0\], x\[1\]"),
    ],
)  # fmt: skip
def test_classes_assignments_and_what_they_hold_are_guarded(before, header, sent, lost):
    with pytest.raises(EditRejectedError, match=f"would remove {lost}"):
        patch(before, (header, sent))


@pytest.mark.parametrize(
    ("before", "header", "sent"),
    [
        ("import os\nx = 1\n", "m.py::", "x = 1"),
        ("def f():\n    def g(): ...\n    y = 1\n", "m.py::f", "def f(): ..."),
        ("def f(): ...\n", "m.py::f", "f = None"),
        ("a = b = 1\n", "m.py::a", "a, b = 1, 1"),
        ("class A:\n    @property\n    def p(self): ...\n", "m.py::A.p", "@x\ndef p(self): ..."),
    ],
)
def test_what_is_not_guarded_may_go(before, header, sent):
    assert patch(before, (header, sent)).outline.error is None


def test_what_the_compiler_refused_before_is_not_the_edits(edited, refusal):
    before = "def f():\n    return 1\n\n\nreturn 2\n"
    assert edited(before, "f", "def f():\n    return 3\n") == before.replace("1", "3")
    assert "break the file" in refusal(before, "f", "def f():\n    nonlocal x\n")
    assert "break the file" in refusal("x = 1\n", "x", "x = 1\nreturn 2\n", allow_removal=True)
