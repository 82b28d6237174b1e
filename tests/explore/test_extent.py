from __future__ import annotations

import types
import weakref
from collections import UserDict, deque

import pytest

from ipy_llm.explore.extent import extent, labels


class Trap(UserDict):
    def __len__(self):
        raise AssertionError("code of the user's was run")

    __getitem__ = __iter__ = __len__


class Borrowing:
    __len__ = dict.__len__


class Counted(list):
    __slots__ = ()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, " = 3"),
        ([1, 2], ", len 2"),
        ({}, " = {}"),
        (deque([1]), ", len 1"),
        (Counted([1]), ", len 1"),
        (memoryview(b"ab"), ", shape (2,)"),
        (object(), ""),
        (Trap(), ""),
        (types.MappingProxyType(Trap()), ""),
        (weakref.proxy(kept := Trap()), ""),
        (Borrowing(), ""),
    ],
)
def test_a_value_is_counted_by_itself_or_not_at_all(value, text):
    assert extent(value) == text


def test_nothing_else_has_labels():
    assert labels({"a": 1}, 10) == ("", set())


def test_a_table_of_pandas_tells_its_shape_and_labels():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"price": [1], "quantity": [2], 3: [4]})
    assert extent(frame) == ", shape (1, 3)"
    assert extent(pandas.Series([1, 2])) == ", shape (2,), int64"
    assert labels(frame, 10) == ("columns", {"price", "quantity"})
    assert labels(pandas.Series({"a": 1}), 10) == ("rows", {"a"})
    assert labels(frame, 2) == ("", set())


def test_what_a_user_makes_of_a_table_is_not_run():
    pandas = pytest.importorskip("pandas")

    class Mine(pandas.DataFrame):
        @property
        def columns(self):
            raise AssertionError("code of the user's was run")

        index = columns

    mine = Mine.__new__(Mine)
    assert extent(mine) == ""
    assert labels(mine, 10) == ("", set())
