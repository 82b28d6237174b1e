"""Line ends, marks, tabs and odd characters survive; new lines take the style around them."""

import pytest

from ipy_llm.source.address import parse_header
from ipy_llm.source.editing.apply import apply
from ipy_llm.source.editing.edits import edit_of
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.text import decode, encode

TEXT = """\
# coding: utf-8
import os


class A:
    x = 1

    def f(self):
        return '''
        a'''

    def g(self): return 2


def h():
    pass
"""
EDITS = [
    ("f.py::A.f", "def f(self):\n    return '''\n    b'''\n"),
    ("f.py::A", "class A:\n    x = 2\n    def f(self):\n        pass\n    def g(self): pass\n"),
    ("f.py::A.x", "x = [\n    1,\n]"),
    ("after f.py::A.f", "def n(self):\n    return 3"),
    ("before f.py::h", "def n():\n    return 3"),
    ("into f.py::A", "y = 1"),
    ("into f.py::A.g", "y = 1"),
    ("into f.py::h", "y = 1\nz = 2"),
    ("into f.py::", "y = 1"),
    ("into f.py::#imports", "import re"),
    ("into f.py::#main", "h()"),
    ("delete f.py::A.f", ""),
    ("delete f.py::h", ""),
    ("delete f.py::A.x", ""),
    ("f.py::h pass => return", ""),
    ("f.py::", "import re\nclass A:\n    x = 1\n    def f(self): pass\n    def g(self): pass\ndef h(): pass"),
    ("f.py::#imports", "import re\nimport os"),
]


def change(data, header, text):
    found = outline(decode(data))
    return encode(apply([edit_of(parse_header(header), text)], found, "f.py").outline.source)


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
@pytest.mark.parametrize(("header", "text"), EDITS)
def test_an_edit_means_the_same_whatever_the_line_ends(header, text, newline):
    plain = change(TEXT.encode(), header, text)
    other = change(TEXT.replace("\n", newline).encode(), header, text)
    assert other == plain.replace(b"\n", newline.encode())
    sent = change(TEXT.encode(), header, text.replace("\n", newline))
    assert sent == plain


@pytest.mark.parametrize(("header", "text"), EDITS)
def test_an_edit_means_the_same_with_a_mark(header, text):
    mark = b"\xef\xbb\xbf"
    assert change(mark + TEXT.encode(), header, text) == mark + change(TEXT.encode(), header, text)


@pytest.mark.parametrize(("header", "text"), EDITS)
def test_an_edit_means_the_same_in_another_encoding(header, text):
    latin = TEXT.replace("utf-8", "latin-1").replace("class A", "é = 'é'\nclass A")
    unicode = TEXT.replace("class A", "é = 'é'\nclass A")
    if header == "f.py::":
        text = "# coding: latin-1\né = 1\n" + text
        expected = change(unicode.encode(), header, text.replace("latin-1", "utf-8"))
    else:
        expected = change(unicode.encode(), header, text)
    changed = change(latin.encode("latin-1"), header, text)
    assert changed == expected.decode().replace("utf-8", "latin-1").encode("latin-1")


@pytest.mark.parametrize(
    "odd", ["\x0c", "\x0c\n", "# \u2028 \x85 \x1c\n", "s = '\u2028\x0b\x1d'\n", "'''\r'''\n", "é = 1; \n"]
)
@pytest.mark.parametrize(("header", "text"), [edit for edit in EDITS if edit[0] != "f.py::"])
def test_odd_characters_before_the_place_move_nothing(header, text, odd):
    before = TEXT.replace("class A", f"{odd}class A")
    expected = change(TEXT.encode(), header, text)
    if header == "f.py::A" and odd.startswith("#"):
        return  # there the comment is the class's own
    after = change(before.encode(), header, text).decode()
    assert after.replace(odd, "", 1) == expected.decode()


def test_lines_of_mixed_ends_keep_theirs_where_they_are_the_old_ones():
    before = b"def f():\r\n    a()\n    b()\r\n    c()\n"
    assert change(before, "x::f", "def f():\n    a()\n    new()\n    b()\n    c()\n") == (
        b"def f():\r\n    a()\n    new()\n    b()\r\n    c()\n"
    ) or change(before, "x::f", "def f():\n    a()\n    new()\n    b()\n    c()\n") == (
        b"def f():\r\n    a()\n    new()\r\n    b()\r\n    c()\n"
    )


def test_a_main_block_on_one_line_is_opened_whatever_the_line_ends():
    for end in (b"\n", b"\r\n", b"\r"):
        before = b'x = 1\nif __name__ == "__main__": f()\n'.replace(b"\n", end)
        after = b'x = 1\nif __name__ == "__main__":\n    f()\n    g()\n'.replace(b"\n", end)
        assert change(before, "into x::#main", "g()") == after


def test_a_lone_carriage_return_at_the_end_survives():
    assert change(b"def f(): pass\nx = 1\r", "x::f", "def f(): return 1") == b"def f(): return 1\nx = 1\r"


def test_a_form_feed_on_the_line_of_a_def_stays_before_it():
    assert (
        change(b"x = 1\n\x0cdef f(): pass\n", "x::f", "def f(): return 1")
        == b"x = 1\n\x0cdef f(): return 1\n"
    )
    before = b"class A:\n    x = 1\n\x0c    def f(self): pass\n"
    assert change(before, "x::A.f", "def f(self): return 1") == before.replace(b"pass", b"return 1")
