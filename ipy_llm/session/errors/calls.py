"""A refused call: the signature of what was called."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from types import FrameType, FunctionType

from ipy_llm.explore.prose import bounded
from ipy_llm.explore.spelling import annotation
from ipy_llm.explore.stored import (
    MISSING,
    class_attribute,
    instance_dict,
    is_a,
    mro,
    names,
    namespace,
    qualname,
    short,
    value_of,
)
from ipy_llm.session.errors.cells import Session
from ipy_llm.session.errors.describe import SIGNATURE_LIMIT, Described, describe
from ipy_llm.session.errors.failing import Failing, evaluate, function_of, lookup
from ipy_llm.source.near import closest

_REFUSED = re.compile(r"(?P<name>[\w.<>]+)\(\) (?:takes|missing|got|expected)")
_UNEXPECTED = re.compile(r"unexpected keyword argument:? '(\w+)'")
_ABSTRACT = re.compile(r"Can't instantiate abstract class \w+ .*?methods? '?(\w+)'?")
_SETTER = "set_"


def refused(failing: Failing, message: str, session: Session) -> list[str]:
    """Return the signature of what the user's line called, where it is that which failed."""
    abstract = _ABSTRACT.match(message)
    if abstract is not None:
        return _abstract(abstract[1], failing)
    described = _called(failing, message)
    unexpected = _UNEXPECTED.search(message)
    if described is None:
        return _keyword(unexpected[1], failing, message) if unexpected is not None else []
    lines = [described.line(with_doc=described.key not in session.shown)]
    session.shown.add(described.key)
    # newer Pythons name the closest themselves; a signature that is shown whole needs no help
    if unexpected is not None and "Did you mean" not in message:
        told = unexpected[1] in described.names or len(described.key) <= SIGNATURE_LIMIT
        near = [] if told and described.names else _near(unexpected[1], described.names)
        lines += [f"{unexpected[1]}: did you mean {' or '.join(near)}?"] if near else []
        if not near and not _near(unexpected[1], described.names):
            lines += _keyword(unexpected[1], failing, message)
    return lines + _held(failing)


def _held(failing: Failing) -> list[str]:
    """Tell the fields of a class that takes them by any name, and the function in an object that is called like it."""
    calls = failing.nodes(ast.Call)
    callee = evaluate(calls[0].func, failing.frame) if len(calls) == 1 else MISSING
    if is_a(callee, type):
        fields = (
            namespace(callee).get("__annotations__") if "__pydantic_fields__" in namespace(callee) else None
        )
        told = fields.items() if type(fields) is dict else ()
        said = ", ".join(f"{name}: {annotation(hint)}" for name, hint in told if type(name) is str)
        return [f"its fields, by name: {bounded(said, SIGNATURE_LIMIT)}"] if said else []
    text = calls[0].func.id if len(calls) == 1 and isinstance(calls[0].func, ast.Name) else ""
    for name, value in instance_dict(callee).items() if text and callee is not MISSING else ():
        if type(value) is FunctionType and value.__code__.co_name == text and not name.startswith("__"):
            described = describe(value)
            return [f"the function in it is {text}.{name}{described.parameters if described else '()'}"]
    return []


def _called(failing: Failing, message: str) -> Described | None:
    """Describe what the user's frame called; None unless it is surely that."""
    named = _REFUSED.match(message)
    calls = failing.nodes(ast.Call)
    found = [each for each in (_describe(call, failing) for call in calls) if each is not None]
    if named is not None and failing.called is None:
        # Python names what refused the call: it is not the call written there if that is, say, `sorted(key=...)`
        name = short(named["name"])
        fitting = [each for each in found if _fits(each, name)]
        return fitting[0] if fitting else _named(name, failing)
    if failing.called is not None and not found and calls:
        return describe(function_of(failing.called))
    return found[0] if len(found) == 1 and len(calls) == 1 else None


def _describe(call: ast.Call, failing: Failing) -> Described | None:
    callee = evaluate(call.func, failing.frame)
    return None if callee is MISSING else describe(callee)


def _fits(described: Described, name: str) -> bool:
    """Say whether what was called is what Python's message calls `name`."""
    if described.refused_as:
        return described.refused_as == name
    return not described.name or described.name.rpartition(".")[2] == name.rpartition(".")[2]


def _named(name: str, failing: Failing) -> Described | None:
    """Describe a function by the qualified name Python gave, if the frame can reach it."""
    first, *rest = name.split(".")
    value = lookup(first, failing.frame)
    for each in rest:
        value = MISSING if value is MISSING else value_of(value, each)
    return None if value is MISSING else describe(value)


def _keyword(name: str, failing: Failing, message: str) -> list[str]:
    """Tell which keywords a library may have meant that takes what it is given for others.

    Looked for in the functions on the way down, and in the properties (`set_color`) of their objects.
    """
    named = _REFUSED.search(message)
    owner, _, method = named["name"].rpartition(".") if named is not None else ("", "", "")
    for frame in reversed(failing.inner):
        near = _near(name, {*_keywords(frame), *_of_method(frame, owner, method)})
        if near:
            return [f"{name}: did you mean {' or '.join(near)}?"]
    return []


def _near(name: str, names: Collection[str]) -> list[str]:
    """Return the keywords like one: those that begin it first (`sep` of `seperator`)."""
    begins = sorted(each for each in names if len(each) > 2 and name.startswith(each))
    return list(dict.fromkeys([*begins, *closest(name, names, count=3)]))[:3]


def _keywords(frame: FrameType) -> set[str]:
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount
    found = {each for each in code.co_varnames[:count] if each not in {"self", "cls"}}
    for name in code.co_varnames:
        owner = frame.f_locals.get(name, MISSING)
        if owner is MISSING or is_a(owner, type) or qualname(type(owner)) in {"dict", "list", "str", "int"}:
            continue
        found.update(each[len(_SETTER) :] for each in names(owner) if each.startswith(_SETTER))
    return found


def _of_method(frame: FrameType, owner: str, method: str) -> tuple[str, ...]:
    """Return the parameters of a method, of an object that a frame holds."""
    for value in frame.f_locals.values() if owner else ():
        if qualname(type(value)) == owner:
            described = describe(class_attribute(type(value), method))
            return described.names if described is not None else ()
    return ()


def _abstract(name: str, failing: Failing) -> list[str]:
    """Describe the abstract method that a class lacks."""
    for call in failing.nodes(ast.Call):
        cls = evaluate(call.func, failing.frame)
        if is_a(cls, type):
            described = describe(class_attribute(cls, name))
            home = next((each for each in mro(cls) if name in namespace(each)), None)
            if described is not None and home is not None:
                return [f"to be defined in {qualname(cls)}: {described.line(with_doc=False)}"]
    return []
