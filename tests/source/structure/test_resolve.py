"""From an address to one chunk, or to an error that is the menu."""

import pytest

from ipy_llm.errors import AmbiguousError, NotFoundError
from ipy_llm.source.address import parse_address
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.structure.resolve import closest, label, resolve
from ipy_llm.source.text import Source

TEXT = """\
def area(a): ...
class Cart:
    currency = 1
    class Item:
        def total(self): ...
    def total(self): ...
    def getter(self): ...
    @property
    def size(self): ...
    @functools.cached_property
    def depth(self): ...
def outer():
    def inner():
        def deep(): ...
@overload
def two(a): ...
@typing.overload
def two(b): ...
if x:
    def two(c): ...
else:
    def two(d): ...
"""


def named(target):
    found = outline(Source(TEXT))
    return label(resolve(parse_address(f"m.py::{target}"), found, "m.py"), found)


@pytest.mark.parametrize(
    ("target", "chunk"),
    [
        ("area", "area"), ("Cart.currency", "Cart.currency"), ("Cart.Item.total", "Cart.Item.total"), ("Cart.total", "Cart.total"),
        ("outer.inner.deep", "outer.inner.deep"), ("outer.<locals>.inner", "outer.inner"), ("Cart.getter", "Cart.getter"),
        ("Cart.size.getter", "Cart.size"), ("Cart.depth.getter", "Cart.depth"), ("two[0]", "two[0]"), ("two.3", "two[3]"),
        ("area[0]", "area"), ("area[impl]", "area"), ("", ""),
    ],
)  # fmt: skip
def test_a_name_finds_its_chunk(target, chunk):
    assert named(target) == chunk


@pytest.mark.parametrize(
    ("target", "near"),
    [
        ("Cart.totl", ["Cart.total", "Cart.Item.total"]),
        ("total", ["Cart.total", "Cart.Item.total"]),
        ("get_area", ["area"]),
        ("Kart", ["Cart"]),
        ("outer.<locals>.inners", ["outer.inner"]),
        ("zzz", []),
    ],
)
def test_a_name_that_fits_nothing_answers_with_the_closest(target, near):
    with pytest.raises(NotFoundError) as caught:
        named(target)
    assert list(caught.value.near) == near
    assert caught.value.steps == tuple(f"did you mean m.py::{name}" for name in near) or not near


def test_an_index_that_is_too_high_is_answered_with_those_there_are():
    with pytest.raises(NotFoundError) as caught:
        named("two[9]")
    assert caught.value.near == ("two[0]", "two[1]", "two[2]", "two[3]")
    assert str(caught.value).startswith("no two[9]; m.py has\n  'm.py::two[0]'  line")


def test_a_name_near_nothing_points_at_the_outline():
    with pytest.raises(NotFoundError) as caught:
        named("zzz")
    assert str(caught.value) == "no zzz in m.py\noutline m.py"


@pytest.mark.parametrize("target", ["two", "two[impl]"])
def test_a_name_of_several_answers_with_every_full_address(target):
    with pytest.raises(AmbiguousError) as caught:
        named(target)
    asked = 4 if target == "two" else 2
    assert list(caught.value.candidates) == [f"m.py::two[{n}]" for n in range(4 - asked, 4)]
    assert caught.value.steps[-1] == "  'm.py::two[3]'  line 22, under else of if x"


def test_the_closest_are_near_in_spelling_or_in_words():
    assert closest("from_jsn", ["from_json", "to_json", "other"])[0] == "from_json"
    assert closest("parse_header", ["header_parse", "x"]) == ["header_parse"]
    assert closest("x", []) == []


def test_an_elif_chain_of_any_length_is_read():
    chain = "".join(f"elif a == {n}:\n    x = {n}\n" for n in range(1000))
    found = outline(Source(f"if a:\n    x = 0\n{chain}else:\n    y = 1\n"))
    assert len(found.chunks) == 1002
    assert found.chunks[7].guard == "elif a == 6"
    assert found.chunks[-1].guard == "else of if a"
