from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import NamedTuple

import pytest

from ipy_llm.session.errors.describe import DOC_LIMIT, SIGNATURE_LIMIT, TYPED_LIMIT, describe


def plain(a, b=1, *args, c, d="x", **rest):
    """Say what it does.

    And more.
    """


def positional(a, /, b=(), *, c=object()):  # noqa: B008 - a default with a repr of its own
    pass


@functools.wraps(plain)
def decorated(*args, **kwargs):
    """Wrap."""


class Base:
    """A base."""

    def __init__(self, first, /, second=None):
        pass

    def method(self):
        """Do it."""

    @classmethod
    def made(cls, x):
        pass

    @staticmethod
    def free(x):
        pass

    def __call__(self, y):
        """Call it."""


class Derived(Base):
    pass


class Empty:
    pass


class Made:
    def __new__(cls, x):  # noqa: ARG004 - it is looked at, never called
        """Make one."""
        return super().__new__(cls)


@dataclass
class Point:
    """A point."""

    x: int
    tags: list[str] = field(default_factory=list)


class Pair(NamedTuple):
    """Two."""

    left: int
    right: int = 0


class Odd(type):
    def __eq__(cls, other):
        raise AssertionError("no code of a class is run")

    __hash__ = None


class Strange(metaclass=Odd):
    def __init__(self, x):
        pass


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (plain, "plain(a, b=1, *args, c, d='x', **rest) - Say what it does."),
        (positional, "positional(a, /, b=(), *, c=…)"),
        (decorated, "plain(a, b=1, *args, c, d='x', **rest) - Say what it does."),
        (functools.partial(plain, 1), "plain(a, b=1, *args, c, d='x', **rest) - Say what it does."),
        (functools.lru_cache(positional), "positional(a, /, b=(), *, c=…)"),
        (Base, "Base(first, /, second=None) - A base."),
        (Derived, "Derived(first, /, second=None)"),
        (Empty, "Empty()"),
        (Made, "Made(x) - Make one."),
        (Point, "Point(x: int, tags: list[str]=…) - A point."),
        (Pair, "Pair(left: int, right: int=0) - Two."),
        (Base.method, "Base.method(self) - Do it."),
        (Derived(1).method, "Base.method(self) - Do it."),
        (Base.made, "Base.made(cls, x)"),
        (Base.free, "Base.free(x)"),
        (Base(1), "Base.__call__(self, y) - Call it."),
        (Strange, "Strange(x)"),
        (len, "len(obj, /) - Return the number of items in a container."),
        (str.split, "str.split(sep=None, maxsplit=-1)"),
        ("a".upper, "str.upper() - Return a copy of the string converted to uppercase."),
        (dict.fromkeys, "dict.fromkeys(iterable, value=None, /)"),
        (object(), None),
        (3, None),
    ],
)
def test_a_callable_in_words(value, line):
    described = describe(value)
    if line is None:
        assert described is None
    else:
        assert described.line(with_doc=" - " in line) == line


def test_a_function_that_wraps_itself_comes_to_an_end():
    def loop():
        pass

    loop.__wrapped__ = loop
    assert describe(loop).parameters == "()"


def test_types_are_told_where_the_whole_signature_is_short():
    def set_header(headers: Headers, name: bytes, new_values: List[bytes]) -> Headers:  # noqa: F821 - text that is never read as code
        pass

    name = "set_header"
    typed = f"{name}(headers: Headers, name: bytes, new_values: List[bytes]) -> Headers"
    assert describe(set_header).line() == typed
    set_header.__name__ = set_header.__qualname__ = "x" * (TYPED_LIMIT - len(typed) + len(name))
    assert len(describe(set_header).line()) == TYPED_LIMIT
    set_header.__qualname__ += "x"
    assert describe(set_header).line() == f"{set_header.__qualname__}(headers, name, new_values)"


def test_each_part_has_its_limit():
    namespace = {}
    exec(f"def wide({', '.join(f'a{i}' for i in range(250))}):\n    '''{'doc ' * 100}'''", namespace)
    text = describe(namespace["wide"]).line()
    signature, _, doc = text.partition(" - ")
    assert (len(signature), len(doc)) == (SIGNATURE_LIMIT, DOC_LIMIT)
