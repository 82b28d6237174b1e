"""What a failing line was up against: the real signature, the names that exist.

Everything is looked up, nothing of the user's is run (see `explore.stored`). Each kind of exception answers
with at most a few lines of text, and with none where the exception's own message says it all.
"""

from __future__ import annotations

import ast
import builtins
import json
import re
import types
from collections.abc import Callable, Sequence
from pathlib import Path

from ipy_llm.explore.extent import labels
from ipy_llm.explore.prose import bounded
from ipy_llm.explore.stored import (
    MISSING,
    InstanceOf,
    attribute,
    instance_dict,
    is_a,
    names,
    qualname,
    short,
    value_of,
)
from ipy_llm.session.errors import files, keys
from ipy_llm.session.errors.describe import SIGNATURE_LIMIT, Described, describe
from ipy_llm.session.errors.failing import Failing, entries, evaluate, find_failing, function_of, lookup
from ipy_llm.session.errors.raised import message, slot, traceback_of
from ipy_llm.session.importing import finding, missing
from ipy_llm.source.near import closest, closest_public

_REFUSED_CALL = re.compile(r"(?P<name>[\w.<>]+)\(\) (?:takes|missing|got|expected)")
_UNEXPECTED = re.compile(r"unexpected keyword argument '(\w+)'")
_NOT_IMPORTED = re.compile(r"cannot import name '(\w+)'")
_UNBOUND = re.compile(r"local variable '(\w+)'")
_SHELL_NAMES = frozenset({"In", "Out", "exit", "quit", "get_ipython", "open"})  # IPython's own
_FEW = 12  # names short enough a list to be told whole
_LIST_LIMIT = 200  # characters


def facts(error: BaseException, shown: set[str]) -> list[str]:
    """Return what to know about `error`, best first.

    `shown` remembers between calls what was described, so that each docstring is told once.
    """
    for kind, tell in _TELLERS:
        if is_a(error, kind):
            return tell(error, find_failing(traceback_of(error)), shown)
    return []


def _type_error(error: BaseException, failing: Failing | None, shown: set[str]) -> list[str]:
    return [] if failing is None else _call(failing, message(error), shown)


def _call(failing: Failing, message: str, shown: set[str]) -> list[str]:
    described = _called(failing, message)
    if described is None:
        return []
    lines = [described.line(with_doc=described.key not in shown)]
    shown.add(described.key)
    unexpected = _UNEXPECTED.search(message)
    # newer Pythons name the closest themselves; a signature that is shown whole needs no help
    if unexpected is not None and "Did you mean" not in message and len(described.key) > SIGNATURE_LIMIT:
        near = closest(unexpected[1], described.names, count=3)
        lines += [f"{unexpected[1]}: did you mean {_either(near)}?"] if near else []
    return lines


def _called(failing: Failing, message: str) -> Described | None:
    """Describe what the user's frame called; None unless it is surely that."""
    refused = _REFUSED_CALL.match(message)
    calls = failing.nodes(ast.Call)
    found = [each for each in (_describe_call(call, failing) for call in calls) if each is not None]
    if refused is not None and failing.called is None:
        # Python names what refused the call: it is not the call written there if that is, say, `sorted(key=...)`
        name = short(refused["name"])
        fitting = [each for each in found if _fits(each, name)]
        return fitting[0] if fitting else _named(name, failing)
    if failing.called is not None and not found and calls:
        return describe(function_of(failing.called))
    return found[0] if len(found) == 1 and len(calls) == 1 else None


def _describe_call(call: ast.Call, failing: Failing) -> Described | None:
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


def _attribute_error(error: BaseException, failing: Failing | None, shown: set[str]) -> list[str]:
    name, owner = slot(error, AttributeError, "name"), slot(error, AttributeError, "obj")
    told = type(name) is str  # else someone raised it by hand
    if failing is not None:
        nodes = [node for node in failing.nodes(ast.Attribute) if not told or node.attr == name]
        if not nodes and failing.called is not None:
            return _call(failing, "", shown)  # a library failed over what it was given
        if told and owner is None:
            return _from_none(nodes)
        if nodes and not told:
            name, owner = nodes[0].attr, evaluate(nodes[0].value, failing.frame)
    if type(name) is not str or owner is None or owner is MISSING:
        return []
    return _missing_attribute(name, owner)


def _from_none(nodes: list[ast.Attribute]) -> list[str]:
    """Tell which call gave the None that has no attributes."""
    if len(nodes) != 1 or not isinstance(nodes[0].value, ast.Call):
        return []
    return [f"{bounded(ast.unparse(nodes[0].value.func), 80)}(...) returned None"]


def _missing_attribute(name: str, owner: object) -> list[str]:
    if is_a(owner, types.ModuleType):
        module = missing.submodule(owner, name)
        if module:
            return [f"{module} is a module of its own: import {module}"]
    present = [*names(owner), *labels(owner, keys.MOST)[1]]
    near = closest_public(name, present, count=3)
    title = _title(owner)
    if near:
        return [f"{title} has {', '.join([_member(owner, near[0]), *near[1:]])}"]
    public = sorted(each for each in present if not each.startswith("_"))
    if public and len(public) <= _FEW and not is_a(owner, types.ModuleType):
        return [f"{title} has {bounded(', '.join(public), _LIST_LIMIT)}"]
    return []


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
    return bounded(f"{name}{described.parameters}", _LIST_LIMIT)


def _name_error(error: BaseException, failing: Failing | None, _shown: set[str]) -> list[str]:
    name = slot(error, NameError, "name")
    if is_a(error, UnboundLocalError):
        return _unbound(message(error), failing)
    if type(name) is not str or failing is None:
        return []
    frame = failing.frame
    wanted = finding.hint(name, failing.tree, Path.cwd())
    if wanted:
        return [_either(wanted)]
    owner = lookup("self", frame)
    if owner is not MISSING and attribute(owner, name) is not MISSING:
        return [f"self.{name} exists"]
    scope = {
        each for each in (*frame.f_locals, *frame.f_globals) if type(each) is str and not each.startswith("_")
    }
    near = closest(name, scope - _SHELL_NAMES, count=3) or closest(name, vars(builtins), count=2)
    return [f"did you mean {_either(near)}?"] if near else []


def _unbound(message: str, failing: Failing | None) -> list[str]:
    match = _UNBOUND.search(message)
    if match is None or failing is None or match[1] not in failing.frame.f_globals:
        return []
    function = failing.frame.f_code.co_name
    return [f"{function} assigns {match[1]}, so it is local there; the global one needs `global {match[1]}`"]


def _module_not_found(error: BaseException, _failing: Failing | None, _shown: set[str]) -> list[str]:
    name = slot(error, ImportError, "name")
    return missing.not_found(name) if type(name) is str and name else []


def _import_error(error: BaseException, _failing: Failing | None, _shown: set[str]) -> list[str]:
    module = slot(error, ImportError, "name")
    match = _NOT_IMPORTED.search(message(error))
    return missing.in_module(module, match[1]) if match is not None and type(module) is str else []


def _key_error(error: BaseException, failing: Failing | None, _shown: set[str]) -> list[str]:
    arguments = slot(error, BaseException, "args")
    key = arguments[0] if type(arguments) is tuple and len(arguments) == 1 else None
    return keys.like(key, failing) if type(key) is str and failing is not None else []


def _file_not_found(error: BaseException, _failing: Failing | None, _shown: set[str]) -> list[str]:
    path = slot(error, OSError, "filename")
    # a program that does not start is looked for elsewhere than a file
    starts = any(entry.tb_frame.f_code.co_name == "_execute_child" for entry in entries(traceback_of(error)))
    return files.like(path) if type(path) is str and path and not starts else []


def _json_error(error: BaseException, _failing: Failing | None, _shown: set[str]) -> list[str]:
    told = instance_dict(error)
    text, position = told.get("doc"), told.get("pos")
    if type(text) is not str or type(position) is not int:
        return []
    if not text.strip():
        return ["the text is empty"]
    quoted = text[position : position + 1] == "'"
    return ["JSON wants double quotes; ast.literal_eval reads Python literals"] if quoted else []


def _either(near: Sequence[str]) -> str:
    return " or ".join(near)


# the first that fits: below before above
_TELLERS: tuple[
    tuple[type[BaseException], Callable[[BaseException, Failing | None, set[str]], list[str]]], ...
] = (
    (TypeError, _type_error),
    (AttributeError, _attribute_error),
    (NameError, _name_error),
    (ModuleNotFoundError, _module_not_found),
    (ImportError, _import_error),
    (KeyError, _key_error),
    (FileNotFoundError, _file_not_found),
    (json.JSONDecodeError, _json_error),
)
