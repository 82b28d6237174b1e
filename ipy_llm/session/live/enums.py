"""Members that come to a living Enum, go, or get another value; those that stay are the objects they were."""

from __future__ import annotations

import ast
import enum
from typing import Any

from ipy_llm.session.live.changes import Change, bound
from ipy_llm.session.live.job import Job, RefusedError

_MAKERS = frozenset({"__new__", "__init__", "_generate_next_value_"})  # they decide what a member is
_TABLES = ("_member_map_", "_value2member_map_", "_member_names_")
# What Python 3.11 and later know besides: the bits of flags, the values that have no hash.
_KNOWN = (
    "_flag_mask_",
    "_all_bits_",
    "_singles_mask_",
    "_inverted_",
    "_unhashable_values_",
    "_hashable_values_",
)


def check_members(cls: enum.EnumMeta, change: Change, shown: str) -> None:
    """Refuse what is no plain member. Raises `RefusedError`."""
    for node in (getattr(change, "old", None), getattr(change, "new", None)):
        names = bound(node) if node is not None else set()
        if names & _MAKERS:
            raise RefusedError(f"{shown}: what makes its members changed")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or names <= {"__doc__"}:
            continue
        if not isinstance(node, ast.Assign) or any(name.startswith("_") for name in names):
            raise RefusedError(f"{shown}: more than its members changed")
    if type(cls).__module__ != "enum":
        raise RefusedError(f"{shown}: members of an Enum with a metaclass of its own changed")


def take_members(job: Job, cls: Any, fresh: Any, shown: str) -> None:
    """Give an Enum the members of one made of its new text. Raises `RefusedError` where its objects cannot change."""
    if cls.__bases__ != fresh.__bases__:
        raise RefusedError(f"{shown}: its bases and its members changed")
    final: dict[int, Any] = {}  # of each member of the fresh one, what it is in the living one
    for name in fresh._member_names_:
        member, old = fresh._member_map_[name], cls._member_map_.get(name)
        if old is None or old._name_ != name:
            member.__class__ = cls
            member.__objclass__ = cls
            final[id(member)] = member
            continue
        final[id(member)] = old
        if type(old._value_) is not type(member._value_) or old._value_ != member._value_:
            if cls._member_type_ is not object:
                raise RefusedError(f"{shown}.{name}: its value is part of the object")
            job.steps.attribute(old, "_value_", member._value_)
        if hasattr(old, "_sort_order_"):
            job.steps.attribute(old, "_sort_order_", member._sort_order_)
    gone = cls._member_map_.keys() - fresh._member_map_.keys()
    for table in _TABLES:
        made = getattr(fresh, table)
        if isinstance(made, dict):
            made = {key: final[id(each)] for key, each in made.items()}
        job.steps.contents(getattr(cls, table), made)
    for name in _KNOWN:
        if name in vars(fresh):
            job.steps.member(cls, name, vars(fresh)[name])
    for name, member in fresh._member_map_.items():
        if name in vars(fresh):
            value = vars(fresh)[name]
            job.steps.member(cls, name, final[id(member)] if value is member else value)
    for name in gone:
        job.steps.no_member(cls, name)
