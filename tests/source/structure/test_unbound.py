"""The names that a text uses and binds nowhere."""

from __future__ import annotations

import ast

import pytest

from ipy_llm.source.structure.unbound import names_of


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("x", {"x"}),
        ("x = x", set()),
        ("def f(a, *b, c=d, **e): return a, b, c, e, g", {"d", "g"}),
        ("def f():\n    x = 1\n    def g(): return x, y", {"y"}),
        ("class A:\n    x = 1\n    def f(self): return x", {"x"}),
        ("class A:\n    x = 1\n    y = x", set()),
        ("def f():\n    global x\n    x = 1\nx", set()),
        ("[a for a in b if c(a)]", {"b", "c"}),
        ("[a for a in a]", {"a"}),
        ("[(b := a) for a in x]\nb", {"x"}),
        ("lambda a: a + b", {"b"}),
        ("for a, (b, *c) in d: a, b, c", {"d"}),
        ("with a as b: b", {"a"}),
        ("try: pass\nexcept a as b: b", {"a"}),
        ("import a.b, c as d\na, d, c", {"c"}),
        ("from a import b as c\nb, c", {"b"}),
        ("from a import *\nb", set()),
        ("exec('')\nb", set()),
        ("try:\n    b\nexcept NameError:\n    b = 1", set()),
        ("try:\n    b\nexcept KeyError:\n    c", {"b", "c"}),
        ("match a:\n    case {'k': b, **c}: b, c\n    case [d, *e] as f: d, e, f", {"a"}),
        ("def f(x: a) -> b: pass", {"a", "b"}),
        ("x: a = b", {"a", "b"}),
        ("del x\nx", set()),
        ("x += 1", set()),
        ("@a\nclass B(c, metaclass=d): pass", {"a", "c", "d"}),
        ("f'{a!r:{b}}'", {"a", "b"}),
    ],
)
def test_a_name_is_missing_where_no_scope_around_it_binds_it(text, missing):
    assert names_of(ast.parse(text)).missing.keys() - {"NameError", "KeyError"} == missing


def test_type_parameters_are_bound():
    try:
        tree = ast.parse("def f[T](x: T) -> T: return x\nclass A[U]:\n    x: U\ntype B[V] = V")
    except SyntaxError:
        pytest.skip("from Python 3.12 on")
    assert names_of(tree).missing.keys() <= {"V"}


def test_a_use_tells_what_it_stands_in():
    (use,) = names_of(ast.parse("a.b.c(1)")).missing["a"]
    assert [type(each).__name__ for each in use.around] == ["Attribute", "Attribute", "Call", "Expr"]
    (use,) = names_of(ast.parse("def f(x: a): pass")).missing["a"]
    assert use.annotation
