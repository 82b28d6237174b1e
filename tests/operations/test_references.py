"""Where a definition is meant, and where only its name stands."""

from __future__ import annotations

import re
import textwrap

import pytest

from ipy_llm.errors import NotFoundError, ParseError, RequestError
from ipy_llm.operations.references import callers, refs


@pytest.fixture
def meant(write):
    """Return the lines of a file `a.py` (and others) that `refs` says mean an address, and those that may."""

    def meant(files, address, verb=refs):
        texts = {"a.py": files} if isinstance(files, str) else files
        workspace = write({"pyproject.toml": ""} | texts)
        facts = verb(workspace, address).facts

        def lines(places):
            return [line["text"].strip() for place in places for line in place["lines"]]

        return lines(facts["places"]), lines(facts["maybe"])

    return meant


def test_a_name_is_looked_up_through_its_scopes(meant):
    text = """
    def total(x): ...
    def user():
        return total(1)
    def other(total):
        return total + 2
    def third():
        total = 3
        return total
    def fourth():
        global total
        total = 4
    class A:
        total = 5
        inner = total
        def f(self):
            return total, self.total
    values = [total for total in range(6)]
    twice = [total for _ in range(7)]
    """
    assert meant(text, "a.py::total") == (
        ["return total(1)", "total = 4", "return total, self.total", "twice = [total for _ in range(7)]"],
        [],
    )
    assert meant(text, "a.py::A.total")[0] == ["inner = total", "return total, self.total"]


def test_imports_are_followed_by_whatever_name(meant):
    files = {
        "pack/__init__.py": "from .inner import total as total, Cart\n__all__ = ['total', 'Cart']\n",
        "pack/inner.py": "def total(): ...\nclass Cart: ...\n",
        "one.py": "import pack\nfrom pack import *\nimport pack.inner as short\nprint(pack.total(), total(), short.total(), pack.inner.total())\n",
        "two.py": "from elsewhere import total\ntotal()\n",
        "three.py": "def f():\n    from pack import total as sum_\n    return sum_\n",
        "tests/test_four.py": "from pack.inner import total\n\ndef test():\n    assert total()\n",
    }
    facts = meant(files, "pack/inner.py::total")
    assert facts == (
        [
            "print(pack.total(), total(), short.total(), pack.inner.total())",
            "__all__ = ['total', 'Cart']",
            "assert total()",
        ],
        [],
    )


def test_members_are_found_on_self_on_annotated_and_on_made_objects(meant):
    text = """
    from __future__ import annotations
    from dataclasses import dataclass

    class Base:
        def total(self): ...
        def twice(self):
            return self.total() * 2

    class Cart(Base):
        def shown(self):
            return self.total(), super().total()

    class Other:
        def total(self): ...
        def use(self):
            return self.total()

    @dataclass
    class Shop:
        cart: Cart | None
        @property
        def first(self) -> Cart: ...

    def of(cart: Cart, other: Other, shop: "Shop", unknown):
        made = Cart()
        assert other.total()
        assert cart.total()
        assert made.total
        assert shop.cart.total()
        assert shop.first.total()
        assert make().total()
        assert unknown.total()

    def make() -> Cart: ...
    """
    sure, maybe = meant(text, "a.py::Base.total")
    assert sure == [
        "return self.total() * 2",
        "return self.total(), super().total()",
        "assert cart.total()",
        "assert made.total",
        "assert shop.cart.total()",
        "assert shop.first.total()",
        "assert make().total()",
    ]
    assert maybe == ["assert unknown.total()"]
    assert meant(text, "a.py::Other.total")[0] == ["return self.total()", "assert other.total()"]


def test_what_is_not_told_by_the_text_is_asked_of_jedi(meant):
    text = """
    class Cart:
        def total(self): ...
    carts = [Cart()]
    for cart in carts:
        cart.total()
    with open("f") as file:
        file.total()
    """
    assert meant(text, "a.py::Cart.total") == (["cart.total()"], ["file.total()"])


def test_what_the_time_did_not_suffice_for_is_listed(write):
    text = "class A:\n    def f(self): ...\nfor a in [A()]:\n    a.f()\n"
    reply = refs(write({"a.py": text}), "A.f", seconds=0)
    assert reply.lines[0] == "a.py::A.f: no uses; 1 may be, 1 for want of time: --seconds N"
    assert reply.lines[1] == "may be:"


def test_keywords_of_a_dataclass_are_its_fields(meant):
    text = """
    @dataclass
    class Item:
        price: int
    class Dear(Item): ...
    def other(price): ...
    Item(price=1)
    Dear(price=2)
    other(price=3)
    replace(item, price=4)
    """
    assert meant(text, "a.py::Item.price") == (["Item(price=1)", "Dear(price=2)"], ["replace(item, price=4)"])


def test_strings_of_annotations_count_and_other_strings_are_told_apart(write):
    text = """
    class Cart: ...
    def f(cart: "Cart") -> list["Cart"]: ...
    print(f"{Cart()} Cart", "Cart")  # Cart
    """
    reply = refs(write({"a.py": text}), "Cart")
    assert reply.lines[0] == "a.py::Cart: 3 uses in 1 file; 2 in strings and comments"
    assert [line.partition("  ")[2] for line in reply.lines[1:]] == [
        'def f(cart: "Cart") -> list["Cart"]: ...',
        'print(f"{Cart()} Cart", "Cart")  # Cart',
    ]


def test_imports_are_counted_apart_and_overrides_and_broken_files_named(write):
    workspace = write(
        {
            "pyproject.toml": "",
            "a.py": "class A:\n    def f(self): ...\n",
            "b.py": "from a import A\n\n\nclass B(A):\n    def f(self):\n        return super().f()\n",
            "broken.py": "def f(:\n",
        }
    )
    reply = refs(workspace, "a.py::A.f")
    assert [re.sub("@.{4}", "", line) for line in reply.lines] == [
        "a.py::A.f: 1 use in 1 file",
        "overridden by b.py::B.f",
        "cannot be parsed, but hold the name: broken.py",
        "b.py::B.f:2  return super().f()",
    ]
    assert refs(workspace, "a.py::A").lines[:2] == ("a.py::A: 1 use in 1 file", "imported in b.py:1")


def test_callers_are_the_chunks_that_call(meant):
    text = """
    def f(): ...
    def one():
        return f()
    def two():
        return f
    @f
    def three(): ...
    f()
    """
    assert meant(text, "a.py::f", callers)[0] == ["return f()", "@f", "f()"]


def test_a_property_is_asked_about_as_a_whole(meant):
    text = """
    class A:
        @property
        def x(self): ...
        @x.setter
        def x(self, value): ...
        def g(self):
            self.x = self.x
    """
    for address in ("A.x", "A.x.setter"):
        assert meant(text, address)[0] == ["@x.setter", "self.x = self.x"]


def test_what_is_no_definition_of_the_project_is_refused(write):
    workspace = write({"pyproject.toml": "", "a.py": "# section: s\nx = 1\n# endsection\n", "n.md": "x\n"})
    with pytest.raises(NotFoundError):
        refs(workspace, "a.py::y")
    with pytest.raises(ParseError, match="no definition"):
        refs(workspace, "a.py::#s")
    with pytest.raises(ParseError):
        refs(workspace, "a.py")
    with pytest.raises(RequestError, match="none of the project's files"):
        refs(workspace, "json.decoder::JSONDecoder")


def test_places_are_positions_in_characters(write):
    text = textwrap.dedent("""
    def f(): ...
    é = "é", f(), f"é {f()}"
    """)
    reply = refs(write({"a.py": text}), "f")
    assert reply.lines[0] == "a.py::f: 2 uses in 1 file"


def test_what_leads_back_to_itself_ends(meant):
    text = """
    class A(A.B):
        def f(self): ...
    class C(D): ...
    class D(C): ...
    def g(x=None):
        x = x.next() or A()
        y = x
        y = y.a() if y else y.b()
        while True:
            x = x.f().f()
        D().f(), A().g.f()
    """
    _, maybe = meant(text, "a.py::A.f")
    assert "x = x.f().f()" in maybe
