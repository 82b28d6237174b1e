from __future__ import annotations

import sys
from collections import defaultdict

import pytest

from ipy_llm.explore.stored import (
    MISSING,
    InstanceOf,
    attribute,
    instance_dict,
    is_a,
    item,
    names,
    plain_keys,
    value_of,
)


class Trap:
    """Everything that Python might run on a look fails the test."""

    stored = 1
    __slots__ = ("empty", "filled")

    def __init__(self):
        object.__setattr__(self, "filled", 2)

    def _trap(self, *_):
        raise AssertionError("code of the user's was run")

    __getattribute__ = __getattr__ = __repr__ = __eq__ = __bool__ = __len__ = __dir__ = _trap
    __class__ = property(_trap)
    prop = property(_trap)

    def method(self):
        pass


class LiesAboutItsDictionary:
    @property
    def __dict__(self):
        raise AssertionError("code of the user's was run")


def test_attributes_are_found_where_they_are_stored():
    trap = Trap()
    assert attribute(trap, "stored") == 1
    assert attribute(trap, "filled") == 2
    assert attribute(trap, "empty") is MISSING
    assert type(attribute(trap, "prop")) is property
    assert attribute(trap, "nothing") is MISSING
    assert {"stored", "filled", "empty", "prop", "method"} <= set(names(trap))


def test_what_would_need_code_to_run_is_not_known():
    trap = Trap()
    assert value_of(trap, "prop") is MISSING
    assert value_of(trap, "method") is Trap.__dict__["method"]
    assert value_of(InstanceOf(Trap), "stored") == 1
    assert value_of(sys, "path") is sys.path


def test_an_object_cannot_lie_about_its_class():
    assert not is_a(Trap(), str)
    assert is_a(Trap(), Trap)
    assert instance_dict(LiesAboutItsDictionary()) == {}


@pytest.mark.parametrize(
    ("container", "key", "found"),
    [
        ({"a": 1}, "a", 1),
        ({"a": 1}, "b", MISSING),
        ([1, 2], -1, 2),
        ([1, 2], 2, MISSING),
        ((1,), 0, 1),
        ([1], True, MISSING),
        ("text", 0, MISSING),
        (type("Own", (dict,), {})(a=1), "a", MISSING),
    ],
)
def test_items_are_taken_from_built_in_containers_only(container, key, found):
    assert item(container, key) == found


def test_looking_at_a_default_dictionary_adds_nothing_to_it():
    table = defaultdict(list, {"a": [], 1: []})
    assert item(table, "b") is MISSING
    assert plain_keys(table) == {"a"}
    assert len(table) == 2
