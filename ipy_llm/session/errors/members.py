"""Attributes that are not there, and values that are used as what they are not."""

from __future__ import annotations

import ast
import re
import sys
import types

from ipy_llm.explore.extent import labels
from ipy_llm.explore.prose import bounded
from ipy_llm.explore.stored import (
    MISSING,
    InstanceOf,
    attribute,
    home,
    instance_dict,
    is_a,
    mro,
    names,
    plain_text,
    qualname,
)
from ipy_llm.session.errors import calls, keys, values
from ipy_llm.session.errors.cells import Session, hides_built_in
from ipy_llm.session.errors.describe import describe
from ipy_llm.session.errors.failing import Failing, evaluate
from ipy_llm.session.errors.moved import instead
from ipy_llm.session.errors.raised import message, slot
from ipy_llm.session.importing import missing
from ipy_llm.source.near import closest_public

_FEW = 12  # names short enough a list to be told whole
_LIST = 200  # characters
_EXPRESSION = 60
_NOT_CALLABLE = re.compile(r"^'[\w.]+' object is not callable")
_MISUSED = re.compile(
    r"object is not (?:subscriptable|iterable|callable)|cannot unpack non-iterable|is not an async"
    r"|object does not support item|indices must be integers|has no len\(\)"
)
_UNEXPECTED = re.compile(r"unexpected keyword argument")


def absent(error: BaseException, failing: Failing | None, session: Session) -> list[str]:
    """Tell what is there instead of an attribute that is not."""
    name, owner = slot(error, AttributeError, "name"), slot(error, AttributeError, "obj")
    told = type(name) is str  # else someone raised it by hand
    node = None
    if failing is not None:
        nodes = [node for node in failing.nodes(ast.Attribute) if not told or node.attr == name]
        if not nodes and failing.called is not None:
            # a library failed over what it was given
            return calls.refused(
                failing, message(error) if _UNEXPECTED.search(message(error)) else "", session
            )
        node = nodes[0] if len(nodes) == 1 else None
        if told and owner is None:
            came = values.whence(node.value, None, failing, session) if node is not None else ""
            return [_came(node.value, came)] if node is not None and came else []
        if nodes and not told:
            name, owner = nodes[0].attr, evaluate(nodes[0].value, failing.frame)
        if node is not None and (step := values.awaited(node.value, owner, failing)):
            return [step]
    if qualname(type(error)) == "FrozenInstanceError":
        return ["it is frozen: dataclasses.replace(it, field=value) makes another"]
    if type(name) is not str or owner is None or owner is MISSING:
        return []
    return _missing(name, owner, node)


def misused(said: str, failing: Failing, session: Session) -> list[str]:
    """Tell what a value is that was called, iterated or subscripted, and where it came from."""
    if not _MISUSED.search(said):
        return []
    if _NOT_CALLABLE.match(said) or "'module' object is not callable" in said:
        return _called(failing, session)
    for node in _used(failing):
        value = evaluate(node, failing.frame)
        step = values.awaited(node, value, failing) or values.bare(node, value)
        if step:
            return [step]
        if value is MISSING and not isinstance(node, (ast.Call, ast.Await)):
            continue
        came = values.whence(node, value, failing, session)
        if value is None or value is MISSING:
            if came:
                return [_came(node, came)]
            continue
        text = bounded(ast.unparse(node), _EXPRESSION)
        found = values.said(text, value)
        first = values.first_of(value)
        more = values.said(f"{text}[0]", first) if first is not MISSING and values.holds_keys(first) else ""
        keyed = _of_keys(node, value, failing)
        return ["; ".join(filter(None, (f"{found}{f', {came}' if came else ''}", more, keyed)))]
    return []


def _of_keys(node: ast.expr, value: object, failing: Failing) -> str:
    """Say that a name came from iterating a dictionary, which gives its keys."""
    if type(value) is not str or not isinstance(node, ast.Name):
        return ""
    for loop in ast.walk(failing.tree):
        if isinstance(loop, ast.For) and isinstance(loop.target, ast.Name) and loop.target.id == node.id:
            owner = evaluate(loop.iter, failing.frame)
            if is_a(owner, dict):
                text = bounded(ast.unparse(loop.iter), _EXPRESSION)
                return f"iterating {text} gives its keys: {text}[{node.id}], or {text}.values()"
    return ""


def _used(failing: Failing) -> list[ast.expr]:
    """Return what the failing expression subscripts or iterates."""
    found = [node.value for node in failing.nodes(ast.Subscript)]
    for node in ast.walk(failing.tree):
        source: ast.expr | None = None
        match node:
            case ast.For(iter=source) | ast.comprehension(iter=source) | ast.Assign(value=source):
                pass
            case ast.Call(args=[source, *_]):
                pass
        if source is not None and source.lineno <= failing.line <= (source.end_lineno or source.lineno):
            found.append(source)
    return found


def _called(failing: Failing, session: Session) -> list[str]:
    for call in failing.nodes(ast.Call):
        value = evaluate(call.func, failing.frame)
        text = bounded(ast.unparse(call.func), _EXPRESSION)
        if is_a(value, types.ModuleType):
            return _module_called(value, text)
        if isinstance(call.func, ast.Attribute):
            found = _member_called(call.func, failing)
            if found:
                return found
        if value is MISSING:
            continue
        came = values.whence(call.func, value, failing, session)
        if isinstance(call.func, ast.Name) and hides_built_in(text):
            return [
                f"{values.said(text, value)}, {came + '; it' if came else 'it'} hides the built-in: del {text}"
            ]
        return [f"{values.said(text, value)}{f', {came}' if came else ''}"]
    return []


def _module_called(module: types.ModuleType, text: str) -> list[str]:
    held = instance_dict(module)
    name = plain_text(held.get("__name__")).rpartition(".")[2]
    if name not in held:
        return [f"{text} is a module"]
    described = describe(held[name])
    signature = described.parameters if described is not None else "(…)"
    return [f"{text} is a module, its {name} is meant: {text}.{name}{signature}"]


def _member_called(node: ast.Attribute, failing: Failing) -> list[str]:
    owner = evaluate(node.value, failing.frame)
    if owner is MISSING:
        return []
    text = bounded(ast.unparse(node), _EXPRESSION)
    if type(attribute(owner, node.attr)) is property:
        return [f"{node.attr} is a property, not to be called: {text}"]
    others = [
        each for each in (f"set_{node.attr}", f"get_{node.attr}") if attribute(owner, each) is not MISSING
    ]
    if others:
        return [f"{qualname(type(owner))} has {', '.join(_member(owner, each) for each in others)}"]
    value = evaluate(node, failing.frame)
    return [values.said(text, value)] if value is not MISSING else []


def _missing(name: str, owner: object, node: ast.Attribute | None) -> list[str]:
    moved = instead(*(f"{each}.{name}" for each in _known_as(owner)))
    if moved:
        return [f"instead of {name}: {moved}"]
    step = values.bare(node.value, owner) if node is not None else ""
    if step:
        return [step]
    if is_a(owner, types.ModuleType):
        found = _of_module(name, owner, node)
        if found:
            return found
    if is_a(owner, type):
        found = _of_class(name, owner, node)
        if found:
            return found
    present = [*names(owner), *labels(owner, keys.MOST)[1]]
    if name in present:
        return []  # it is there, and its own code failed
    setters = [each for each in (f"set_{name}", f"get_{name}") if each in present]
    near = setters or closest_public(name, present, count=3)
    title = _title(owner)
    if near:
        return [f"{title} has {', '.join([_member(owner, near[0]), *near[1:]])}"]
    first = values.first_of(owner)
    if node is not None and first is not MISSING and attribute(first, name) is not MISSING:
        text = bounded(ast.unparse(node.value), _EXPRESSION)
        return [f"{values.said(text, owner)}; its elements have {name}: {text}[0].{name}"]
    public = sorted(each for each in present if not each.startswith("_"))
    if public and len(public) <= _FEW and not is_a(owner, types.ModuleType):
        return [f"{title} has {bounded(', '.join(public), _LIST)}"]
    if node is None or is_a(owner, types.ModuleType, type):
        return []
    return [values.said(bounded(ast.unparse(node.value), _EXPRESSION), owner)]


def _of_module(name: str, owner: types.ModuleType, node: ast.Attribute | None) -> list[str]:
    """Look for an attribute below a module, in its classes, and whether it is the module that was meant."""
    module = missing.submodule(owner, name)
    if module:
        return [f"{module} is a module of its own: import {module}"]
    held = instance_dict(owner)
    own, file = plain_text(held.get("__name__")), plain_text(held.get("__file__"))
    shadowed = own in sys.stdlib_module_names and file and "site-packages" not in file
    if shadowed and not file.startswith(_library()):
        return [f"{own} is {file}, which hides the standard library's: rename it"]
    below = missing.below(own, name)
    if below:
        return [f"from {below} import {name}"]
    text = bounded(ast.unparse(node.value), _EXPRESSION) if node is not None else own
    for each in (own.rpartition(".")[2], *held):
        cls = held.get(each)
        if not is_a(cls, type) or home(cls)[0] != own or attribute(cls, name) is MISSING:
            continue
        if each.lower() == own.rpartition(".")[2].lower():
            return [f"the class {text}.{each} has it: {text}.{each}.{name}"]
    return []


def _of_class(name: str, owner: type, node: ast.Attribute | None) -> list[str]:
    """Look for an attribute that is its class's module's: `datetime.timedelta` of the class."""
    module, own = home(owner)
    held = instance_dict(sys.modules.get(module))
    text = bounded(ast.unparse(node.value), _EXPRESSION) if node is not None else own
    if name == own:
        return [f"{text} is the class {module}.{own} itself (from {module} import {own}): leave out .{name}"]
    if name in held and not name.startswith("_") and module not in {"builtins", "__main__"}:
        return [f"{text} is the class {module}.{own}; {name} is its module's: from {module} import {name}"]
    return []


def _library() -> str:
    return plain_text(instance_dict(sys.modules["os"]).get("__file__")).rpartition("os.py")[0]


def _known_as(owner: object) -> list[str]:
    """Return the names by which the table may know an object or a module: its classes, the nearest first."""
    if is_a(owner, types.ModuleType):
        return [plain_text(instance_dict(owner).get("__name__"))]
    cls = owner.cls if type(owner) is InstanceOf else owner if is_a(owner, type) else type(owner)
    found = []
    for each in mro(cls):
        module, name = home(each)
        package = module.partition(".")[0]
        last = name.rpartition(".")[2]
        known = package in sys.stdlib_module_names or package in sys.modules
        found += [
            f"{module}.{name}",
            f"{package}.{name}",
            *([last] if known and package != "__main__" else []),
        ]
    return found


def _came(node: ast.expr, came: str) -> str:
    text = bounded(ast.unparse(node), _EXPRESSION)
    return came if isinstance(node, (ast.Call, ast.Await)) else f"{text} is None, {came}"


def _title(owner: object) -> str:
    if is_a(owner, types.ModuleType):
        return f"module {instance_dict(owner).get('__name__')}"
    if type(owner) is InstanceOf:
        return qualname(owner.cls)
    return qualname(owner if is_a(owner, type) else type(owner))


def _member(owner: object, name: str) -> str:
    """Write one attribute as it would be used."""
    found = attribute(owner, name)
    if type(found) is property:
        return f"{name} (property)"
    described = None if is_a(found, type) else describe(found)
    if described is None or not described.parameters:
        return name
    return bounded(f"{name}{described.parameters}", _LIST)
