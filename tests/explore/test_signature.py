from __future__ import annotations

import enum
import functools
import inspect

import pytest

from ipy_llm.explore.signature import signature_of


class Trap:
    def _trap(self, *_):
        raise AssertionError("code of the user's was run")

    __getattribute__ = __getattr__ = __call__ = __repr__ = __eq__ = __bool__ = __len__ = __get__ = _trap
    __class__ = property(_trap)
    __hash__ = None


class TrapTuple(tuple):
    __slots__ = ()
    __len__ = __bool__ = __iter__ = __getitem__ = Trap._trap


class TrapDict(dict):
    __len__ = __bool__ = __iter__ = __getitem__ = get = __contains__ = Trap._trap


def plain(a, /, b: int, c=1, *more: str, d: bytes = b"", e, **rest: object) -> list[int]:
    pass


class Starred:
    def __init__(*args, **options):
        pass


class Color(enum.Enum):
    RED = 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (plain, "(a, /, b: int, c=1, *more: str, d: bytes=b'', e, **rest: object) -> list[int]"),
        (functools.partial(plain, 1, 2), "(c=1, *more: str, d: bytes=b'', e, **rest: object) -> list[int]"),
        (
            functools.partial(plain, 1, c=3),
            "(b: int, *, c=3, d: bytes=b'', e, **rest: object) -> list[int]",
        ),
        (lambda a, /: a, "(a, /)"),
        (lambda *, a: a, "(*, a)"),
        (Starred, "(*args, **options)"),
        (Color, "(value)"),
        (len, "(obj, /)"),
        ([].append, "(object, /)"),
    ],
)
def test_a_signature_is_written_as_it_was(value, text):
    assert signature_of(value).text() == text


def test_the_types_may_be_left_out():
    assert signature_of(plain).text(hints=False) == "(a, /, b, c=1, *more, d=b'', e, **rest)"


def test_only_what_can_be_given_by_name_is_a_name():
    assert signature_of(plain).names == ("b", "c", "d", "e")


@pytest.mark.parametrize("value", [max, object(), 3, functools.partial(len)])
def test_what_is_not_known_for_certain_is_not_told(value):
    assert signature_of(value) is None


def test_a_wrapper_that_says_what_it_takes_is_believed():
    @functools.wraps(plain)
    def wrapper(*args):
        pass

    wrapper.__signature__ = inspect.Signature([inspect.Parameter("x", inspect.Parameter.KEYWORD_ONLY)])
    assert signature_of(wrapper).text() == "(*, x)"


@pytest.mark.parametrize(
    ("name", "make", "text"),
    [
        ("__signature__", Trap, None),
        ("_partialmethod", Trap, "(a, b=1, *, c=2)"),
        ("__wrapped__", Trap, None),
        ("__defaults__", lambda: TrapTuple((1,)), None),
        ("__kwdefaults__", lambda: TrapDict(c=2), None),
        ("__annotations__", lambda: TrapDict(a=int), "(a, b=1, *, c=2)"),
        ("__defaults__", lambda: (Trap(),), "(a, b=…, *, c=2)"),
        ("__annotations__", lambda: {"a": Trap()}, "(a: …, b=1, *, c=2)"),
    ],
)
def test_what_a_user_hung_on_a_function_is_not_run(name, make, text):
    def function(a, b=1, *, c=2):
        pass

    setattr(function, name, make())  # made here: pytest asks parameters for their names
    found = signature_of(function)
    assert (None if found is None else found.text()) == text


def test_a_function_whose_parameters_have_no_names_is_not_told():
    def function(a):
        pass

    function.__code__ = function.__code__.replace(co_varnames=("not a name",))
    assert signature_of(function) is None
