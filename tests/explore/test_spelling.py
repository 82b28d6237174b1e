import collections.abc as c
import typing as t

import pytest

from ipy_llm.explore.spelling import annotation, shown

P = t.ParamSpec("P")
T = t.TypeVar("T")
UserId = t.NewType("UserId", int)


class Box(t.Generic[T]):
    pass


@pytest.mark.parametrize(
    ("hint", "text"),
    [
        (t.Optional[int], "int | None"),  # noqa: UP045 - it is about these forms
        (t.List["Box[int]"], "List[Box[int]]"),  # noqa: UP006 - as above
        (t.List, "List"),  # noqa: UP006 - as above
        (Box[int], "Box[int]"),
        (c.Callable[[int, str], None], "Callable[[int, str], None]"),
        (t.Callable[..., Box[int]], "Callable[..., Box[int]]"),
        (t.Callable[P, T], "Callable[P, T]"),
        (t.Callable[t.Concatenate[int, P], T], "Callable[Concatenate[int, P], T]"),
        (P.args, "P.args"),
        (UserId, "UserId"),
        (t.ClassVar[int], "ClassVar[int]"),
        (t.Literal["a", 1], "Literal['a', 1]"),
        (t.Annotated[int, object()], "int"),
        (tuple[()], "tuple[()]"),
        (t.Any, "Any"),
        (t.NoReturn, "NoReturn"),
        ("'Box'", "Box"),
        ("'Box' | 'int'", "'Box' | 'int'"),
        ("dict[\n    str, int]", "dict[ str, int]"),
        ([int, None], "[int, None]"),
        (object(), "…"),
    ],
)
def test_a_hint_is_written_without_modules(hint, text):
    assert annotation(hint) == text


def _refuse(*_):
    raise AssertionError("code of the user's was run")


def hostile():
    class Meta(type):
        __getattribute__ = __eq__ = __hash__ = __repr__ = __instancecheck__ = __subclasscheck__ = _refuse

    class Mine(metaclass=Meta):
        __getattribute__ = __repr__ = __eq__ = __bool__ = _refuse

        @property
        def __class__(self):
            raise AssertionError("code of the user's was run")

    return Mine


def test_a_class_of_the_users_in_a_hint_is_not_asked():
    mine = hostile()
    assert annotation(mine) == "Mine"
    assert annotation(list[mine]) == "list[Mine]"
    assert annotation(mine()) == "…"
    assert shown(mine()) == "…"


def test_a_class_that_says_it_is_of_typing_is_not_believed():
    class Liar:
        _name = property(_refuse)
        __repr__ = __getattr__ = _refuse

    Liar.__module__ = "typing"
    Liar.__qualname__ = "List"
    assert annotation(Liar()) == "…"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (..., "..."),
        (1.5, "1.5"),
        (10**100, "…"),
        ((), "()"),
        ((1,), "…"),
        (set(), "set()"),
        (len, "len"),
        (Box, f"{__name__}.Box"),
        ("x" * 99, "'xxxxxx…"),
    ],
)
def test_a_value_is_written_where_that_is_its_whole_meaning(value, text):
    assert shown(value, 8 if type(value) is str else 60) == text
