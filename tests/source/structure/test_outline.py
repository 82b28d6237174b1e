"""Where chunks begin and end, and what they are called."""

import ast

import pytest

from ipy_llm.source.structure.outline import outline
from ipy_llm.source.structure.resolve import label
from ipy_llm.source.structure.signature import signature
from ipy_llm.source.text import Source


def spans(text):
    """Return each chunk's name and the text it covers."""
    found = outline(Source(text))
    return {label(chunk, found): chunk.span.of(text) for chunk in found.walk()}


def test_names_are_qualified_and_stand_in_order():
    text = "a = 1\nclass A:\n    b: int = 2\n    class B:\n        def c(self):\n            def d(): x = 1\n"
    assert list(spans(text)) == ["a", "A", "A.b", "A.B", "A.B.c", "A.B.c.d"]


def test_assignments_of_all_forms_are_found_and_others_are_not():
    text = "a = b = 1\n(c, [d, *e]) = f()\ng: int\nh.i = 1\nj[0] = 1\nk += 1\nfor m in n: pass\nimport o\n"
    assert list(spans(text)) == ["a", "b", "c", "d", "e", "g"]


def test_what_stands_in_compound_statements_is_found():
    text = (
        "if a:\n    b = 1\nelif c:\n    d = 1\nelse:\n    e = 1\n"
        "try:\n    f = 1\nexcept E:\n    g = 1\nelse:\n    h = 1\nfinally:\n    i = 1\n"
        "for j in k:\n    l = 1\nwhile m:\n    n = 1\nwith o as p:\n    q = 1\n"
        "match r:\n    case s:\n        t = 1\n"
    )
    assert "".join(spans(text)) == "bdefghilnqt"


def test_a_guard_is_known_by_its_branch():
    text = "if TYPE_CHECKING:\n    def f(): ...\nelse:\n    def f(): ...\ntry:\n    g = 1\nexcept ImportError:\n    g = 2\n"
    assert [chunk.guard.strip() for chunk in outline(Source(text)).chunks] == [
        "if TYPE_CHECKING", "else of if TYPE_CHECKING", "try", "except ImportError",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "name", "span"),
    [
        # comments directly above
        ("x = 1\n\n# a\n# b\ndef f(): pass\n", "f", "# a\n# b\ndef f(): pass"),
        ("x = 1\n\n# a\n\n# b\ndef f(): pass\n", "f", "# b\ndef f(): pass"),
        ("x = 1\n# a\n@d\n# b\n@e(\n  1)\ndef f(): pass\n", "f", "# a\n@d\n# b\n@e(\n  1)\ndef f(): pass"),
        ("x = 1\n# a\n@(\n  d\n)\ndef f(): pass\n", "f", "# a\n@(\n  d\n)\ndef f(): pass"),
        ("x = 1\n  # a\ndef f(): pass\n", "f", "def f(): pass"),
        ("# Licence.\ndef f(): pass\n", "f", "def f(): pass"),
        ("#!/bin/sh\n# -*- x -*-\n\n# Licence.\ndef f(): pass\n", "f", "def f(): pass"),
        ("class A:\n    # a\n    def f(self): pass\n", "A.f", "    # a\n    def f(self): pass"),
        ("def g(a='''\n# no\n'''):\n    # a\n    def f(): pass\n", "g.f", "    # a\n    def f(): pass"),
        ("def g(): # no\n    def f(): pass\n", "g.f", "    def f(): pass"),
        ("x = '''\n# no'''\ndef f(): pass\n", "f", "def f(): pass"),
        ("if x:\n    y = 1\n# a\nelse:\n    # b\n    z = 1\n", "z", "    # b\n    z = 1"),
        ("x = 1\n# type: ignore\n# a\ndef f(): pass\n", "f", "# a\ndef f(): pass"),
        # trailing comments
        ("def f():\n    a\n    # b\n\n  # c\n\n# d\n", "f", "def f():\n    a\n    # b\n\n  # c"),
        ("class A:\n    def f(self):\n        a\n        # b\n    # c\n", "A.f", "    def f(self):\n        a\n        # b"),
        ("x = 1  # a\n", "x", "x = 1  # a"),
        ("def f(): pass  # a\n    # b\n", "f", "def f(): pass  # a\n    # b"),
        ("class A:\n\tdef f(self):\n\t\ta\n        \t# b\n", "A.f", "\tdef f(self):\n\t\ta\n        \t# b"),
        # what shares a line
        ("a = 1; b = 2\n", "a", "a = 1"),
        ("a = 1; b = [\n2]; c = 3\n", "b", "b = [\n2]"),
        ("a = 1;\n", "a", "a = 1;"),
        ("if 1: a = 1\n", "a", "a = 1"),
        ("class A: x = 1\n", "A", "class A: x = 1"),
        # odd characters
        ("'é'; é = 'é'; b = 2\n", "é", "é = 'é'"),
        ("x = 1\n\x0cdef f(): pass\n", "f", "def f(): pass"),
        ("class A:\n    x = 1\n\x0c\n    def f(self): pass\n", "A.f", "    def f(self): pass"),
        ("x = 'a\u2028b\x0cc\x1cd'\ny = 2\n", "y", "y = 2"),
        ("x = 1\rdef f():\r    pass\ry = 2\r", "f", "def f():\r    pass"),
        ("x = 1 + \\\n    2\ny = 3\n", "x", "x = 1 + \\\n    2"),
        ("with (\n    a as b,\n):\n    x = 1\n", "x", "    x = 1"),
        ("def f():\n    return 1", "f", "def f():\n    return 1"),
    ],
)  # fmt: skip
def test_a_chunk_runs_from_its_first_attached_line_to_its_last(text, name, span):
    assert spans(text)[name] == span


def test_newer_syntax_is_read_where_the_host_reads_it():
    text = "def f[T](x: T) -> T: ...\nclass A[T]: ...\ntype B[T] = list[T]\n"
    try:
        ast.parse(text)
    except SyntaxError:
        pytest.skip("needs Python 3.12")
    assert list(spans(text)) == ["f", "A", "B"]


def test_a_broken_document_says_where():
    assert outline(Source("def f(:\n")).error == "line 1: invalid syntax"
    assert outline(Source("x = '\0'\n")).error
    assert outline(Source("x = " + "(" * 5000 + ")" * 5000 + "\n")).error


def test_a_document_that_is_not_python_says_so():
    assert "not Python" in (outline(Source("# Title\n"), "text").error or "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def f(a, b=1, *, c: int = 2) -> str:\n    pass\n", "def f(a, b=1, *, c: int = 2) -> str"),
        ("@d\nasync def f(\n    a,  # why\n    b={1: 2},\n): return 1\n", "async def f(a, b={1: 2})"),
        ("class A(B, metaclass=C): pass\n", "class A(B, metaclass=C)"),
        ("def f(a=':', b='''x\n:'''): ...\n", "def f(a=':', b='''x :''')"),
        ("def f(a=lambda x: x, b=d[1:2]): ...\n", "def f(a=lambda x: x, b=d[1:2])"),
        ("def f(a, \\\n      b): ...\n", "def f(a, b)"),
        ("x = [\n    1,\n]\n", "x = [ ..."),
        ("x: int = 1  # one\n", "x: int = 1  # one"),
        ("# c\nx = 1\n", "x = 1"),
        ("def f(" + "a" * 300 + "): ...\n", "def f(" + "a" * 151 + "..."),
    ],
)
def test_a_signature_is_the_header_on_one_line(text, says):
    found = outline(Source(text))
    assert signature(found.chunks[0], found) == says
