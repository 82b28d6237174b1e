from __future__ import annotations

import sys
import types
from collections import defaultdict
from dataclasses import dataclass

import pytest

from ipy_llm.explore.stored import (
    MISSING,
    InstanceOf,
    attribute,
    docstring,
    exactly,
    home,
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


def hostile():
    """Return a class whose metaclass answers nothing without failing the test."""

    class Meta(type):
        def _trap(cls, *_):
            raise AssertionError("code of the user's was run")

        __getattribute__ = __eq__ = __hash__ = __instancecheck__ = __subclasscheck__ = __repr__ = _trap

    class Guarded(list, metaclass=Meta):
        rate = 3

    return Guarded


class Other:
    __slots__ = ("kept",)


class Borrowing:
    kept = Other.__dict__["kept"]


def test_a_metaclass_is_not_asked():
    guarded = hostile()
    value = guarded()
    assert is_a(value, list)
    assert not exactly(value, list, dict)
    assert attribute(value, "rate") == attribute(guarded, "rate") == 3
    assert names(value)[:3] == names(guarded)[:3]
    assert home(guarded)[1] == "hostile.<locals>.Guarded"
    told = home(value.append)  # by itself: a failing assertion would show the value
    assert told == ("builtins", "Guarded.append")


def test_a_data_descriptor_of_the_class_goes_before_what_the_instance_holds():
    trap = LikeAProperty()
    vars(trap)["area"] = 1
    vars(trap)["method"] = 2
    assert type(attribute(trap, "area")) is property
    assert value_of(trap, "area") is MISSING
    assert attribute(trap, "method") == value_of(trap, "method") == 2


class LikeAProperty:
    @property
    def area(self):
        raise AssertionError("code of the user's was run")

    def method(self):
        pass


def test_a_slot_of_another_class_is_no_attribute():
    assert attribute(Borrowing(), "kept") is MISSING


def test_names_stand_in_the_order_they_are_stored_in():
    held = LikeAProperty()
    vars(held)["mine"] = 1
    present = names(held)
    assert present[0] == "mine"
    assert present.index("area") < present.index("method") < present.index("__init_subclass__")
    assert "__init__" not in names(types.ModuleType("m", "doc"))


def test_a_class_that_was_made_without_a_module_has_none():
    names = {"__builtins__": {"type": type}}
    exec("made = type('Made', (), {})", names)
    assert home(names["made"]) == ("", "Made")


def test_names_and_docstrings_that_are_no_plain_text_are_left_out():
    class Text(str):
        __slots__ = ()

        def rpartition(self, _):
            raise AssertionError("code of the user's was run")

    def function():
        pass

    function.__qualname__, function.__module__, function.__doc__ = Text("f"), Trap(), Trap()
    assert home(function) == ("builtins", "")
    assert docstring(function) == ""


def test_a_docstring_that_repeats_the_signature_is_none():
    @dataclass
    class Point:
        x: int

    assert Point.__doc__
    assert docstring(Point) == ""
    assert docstring(sys) == sys.__doc__
