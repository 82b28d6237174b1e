"""What stood in the failing expression: values with their types and sizes, and where they came from."""

from __future__ import annotations

import ast
import enum
import re
import types
from collections.abc import Iterator

from ipy_llm.explore.extent import extent, labels
from ipy_llm.explore.prose import bounded
from ipy_llm.explore.spelling import shown, type_name
from ipy_llm.explore.stored import (
    BUILT_IN,
    MISSING,
    InstanceOf,
    class_attribute,
    exactly,
    home,
    instance_dict,
    is_a,
    own,
    plain_keys,
    qualname,
    read,
)
from ipy_llm.session.errors.cells import Binding, Session, binding_in, last_binding
from ipy_llm.session.errors.describe import describe
from ipy_llm.session.errors.failing import Failing, evaluate

_MOST = 4  # values of one expression
_EXPRESSION = 60  # characters
_FACT = 220  # characters of one value with its keys
_KEYS = 8
_PLACE = re.compile(r"%(?:\(\w+\))?[-#0 +]*[\d.*]*[a-zA-Z]")
_DEEP = 6  # containers in one another
_MANY = 2_000  # values that are looked through
# Methods that change their object and return None.
_IN_PLACE = frozenset(
    {
        "sort",
        "append",
        "extend",
        "reverse",
        "insert",
        "remove",
        "update",
        "add",
        "clear",
        "shuffle",
        "discard",
    }
)


def said(text: str, value: object) -> str:
    """Return `xs is a list, len 3`, `count = 3`, `row is a dict with keys 'a', 'b'`."""
    size = extent(value)
    if size.startswith(" = "):
        return f"{text}{size}"
    kind = type_name(value.cls if type(value) is InstanceOf else type(value))
    article = "an" if kind[:1].lower() in "aeiou" else "a"
    word, names = labels(value, _MANY)
    keys = sorted(names)[:_KEYS] if names else _first_keys(value)
    held = f", {word or 'keys'} {', '.join(map(repr, keys))}" if keys and word != "rows" else ""
    return bounded(f"{text} is {article} {kind}{size}{held}", _FACT)


def operands(failing: Failing) -> list[str]:
    """Return a fact for each value that the failing expression names; none where there is none to tell."""
    found: dict[str, str] = {}
    for node in _named(failing):
        text = bounded(ast.unparse(node), _EXPRESSION)
        value = evaluate(node, failing.frame)
        if value is MISSING or text in found or _is_code(value):
            continue
        found[text] = said(text, value)
        if len(found) == _MOST:
            break
    return ["; ".join(found.values())] if found else []


def whence(node: ast.expr, value: object, failing: Failing, session: Session) -> str:
    """Return where what an expression is came from: `In[2]: m = re.match(…)`, a call that returned None; "" if unknown."""
    if isinstance(node, ast.Await):
        node = node.value
    if isinstance(node, ast.Call):
        called = bounded(ast.unparse(node.func), _EXPRESSION)
        return f"{called}(...) returned None{_in_place(node)}" if value is None or value is MISSING else ""
    found = bound(node.id, failing, session) if isinstance(node, ast.Name) else None
    if found is None:
        return ""
    gave = found.value if isinstance(found.value, ast.Call) and value is None else None
    return f"from {found}{_in_place(gave)}" if gave is not None else f"from {found}"


def bound(name: str, failing: Failing, session: Session) -> Binding | None:
    """Return the statement that gave a name its value as the failing line saw it."""
    code = failing.frame.f_code
    if name in code.co_varnames:
        function = _function(failing)
        if function is None:
            return None
        return binding_in(function.body, name, code.co_name, failing.text, before=failing.line)
    label = session.label(code.co_filename).removeprefix("Cell ")
    if code.co_name == "<module>":
        above = binding_in(failing.tree.body, name, label or "above", failing.text, before=failing.line)
        if above is not None:
            return above
    return last_binding(name, session)


def first_of(value: object) -> object:
    """Return the first element of a built-in sequence, MISSING where there is none."""
    if (type(value) is list or type(value) is tuple) and value:
        return value[0]
    return MISSING


def bare(node: ast.expr, value: object) -> str:
    """Return what to write where a method stands without its call; "" where it is none."""
    if is_a(value, types.MethodType, types.FunctionType, *BUILT_IN):
        text = bounded(ast.unparse(node), _EXPRESSION)
        described = describe(value)
        return f"{text} is a method, to be called: {described.line(with_doc=False) if described else f'{text}()'}"
    return ""


def awaited(node: ast.expr, value: object, failing: Failing) -> str:
    """Return what to write where a coroutine was not awaited; "" where it is none."""
    coroutine = is_a(value, types.CoroutineType)
    if isinstance(node, ast.Call) and value is MISSING:
        function = evaluate(node.func, failing.frame)
        function = function.__func__ if type(function) is types.MethodType else function
        coroutine = type(function) is types.FunctionType and bool(function.__code__.co_flags & 0x180)
    return f"it is a coroutine: (await {bounded(ast.unparse(node), _EXPRESSION)})" if coroutine else ""


def path_to(value: object, kind: str, text: str) -> str:
    """Return how the first value of a class, by its name, is reached in plain containers: `order['lines'][0]`."""
    pending: list[tuple[object, str, int]] = [(value, text, 0)]
    for count, (each, path, depth) in enumerate(pending):
        if count > _MANY:
            break
        if count and qualname(type(each)).rpartition(".")[2] == kind:
            return path
        if depth >= _DEEP:
            continue
        if type(each) is dict:
            pending += [(v, f"{path}[{shown(k)}]", depth + 1) for k, v in list(each.items())[:_MANY]]
        elif type(each) is list or type(each) is tuple:
            pending += [(v, f"{path}[{i}]", depth + 1) for i, v in enumerate(each[:_MANY])]
    return ""


def groups_of(value: object) -> list[str]:
    """Return the names of a match's groups, of a plain match."""
    if home(type(value)) != ("re", "Match"):
        return []
    pattern = read(class_attribute(type(value), "re"), value)
    names = read(class_attribute(type(pattern), "groupindex"), pattern)
    return [each for each in names if type(each) is str] if is_a(names, types.MappingProxyType) else []


def _first_keys(value: object) -> list[str]:
    return sorted(plain_keys(value))[:_KEYS] if exactly(value, dict) else []


def _named(failing: Failing) -> Iterator[ast.expr]:
    """Yield the names, attributes and items of the failing expression, the largest of each first."""
    found = failing.nodes(ast.expr)
    if failing.position is not None:  # the innermost that holds all of it
        found = found[-1:]
    pending: list[ast.AST] = list(found)
    while pending:
        node = pending.pop(0)
        match node:
            case ast.Name() | ast.Attribute() | ast.Subscript():
                value = evaluate(node, failing.frame)
                if value is not MISSING and not _is_code(value):
                    yield node
                else:
                    pending[:0] = list(ast.iter_child_nodes(node))
            case ast.Lambda() | ast.ListComp() | ast.GeneratorExp() | ast.SetComp() | ast.DictComp():
                pass
            case ast.Call(func=ast.Name()):
                pending[:0] = [*node.args, *node.keywords]
            case _:
                pending[:0] = list(ast.iter_child_nodes(node))


def _is_code(value: object) -> bool:
    kinds = (
        type,
        types.ModuleType,
        types.FunctionType,
        types.MethodType,
        classmethod,
        staticmethod,
        *BUILT_IN,
    )
    return is_a(value, *kinds) or home(type(value)) == ("numpy", "ufunc")


def _function(failing: Failing) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """Return the function of the failing frame in its text."""
    name, first = failing.frame.f_code.co_name, failing.frame.f_code.co_firstlineno
    for node in ast.walk(failing.tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name:
            lines = [node.lineno, *(each.lineno for each in node.decorator_list)]
            if first in lines:
                return node
    return None


def _in_place(node: ast.expr | None) -> str:
    """Say that a method works in place, of one that is known to."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _IN_PLACE:
        return f": {node.func.attr}() changes its object in place"
    return ""


def holds_keys(value: object) -> bool:
    """Say whether a value is a dictionary whose keys can be told."""
    return bool(_first_keys(value))


def is_of(value: object, kind: str) -> bool:
    """Say whether a value is of a class of that name."""
    cls = value.cls if type(value) is InstanceOf else type(value)
    return value is not MISSING and qualname(cls).rpartition(".")[2] == kind


def zone_of(value: object) -> str:
    """Return whether a plain `datetime` or `time` has a time zone; "" for anything else."""
    if home(type(value)) not in {("datetime", "datetime"), ("datetime", "time")}:
        return ""
    zone = read(class_attribute(type(value), "tzinfo"), value)
    return "is naive (no tzinfo)" if zone is None else "has a time zone"


def unpacked(failing: Failing) -> list[str]:
    """Tell what the value is that was unpacked into names."""
    for node in ast.walk(failing.tree):
        match node:
            case (
                ast.For(target=ast.Tuple() as target, iter=source)
                | ast.comprehension(target=ast.Tuple() as target, iter=source)
            ):
                each = True
            case ast.Assign(targets=[ast.Tuple() as target, *_], value=source):
                each = False
            case _:
                continue
        if not target.lineno <= failing.line <= (source.end_lineno or source.lineno):
            continue
        value = evaluate(source, failing.frame)
        text = bounded(ast.unparse(source), _EXPRESSION)
        if value is MISSING:
            continue
        if not each:
            return [said(text, value)]
        if exactly(value, dict) and len(target.elts) == 2:
            return [f"{said(text, value)}; iterating it gives keys: {text}.items() gives pairs"]
        first = first_of(value)
        return [
            said(f"{text}[0]" if first is not MISSING else text, first if first is not MISSING else value)
        ]
    return []


def of_enumeration(failing: Failing) -> list[str]:
    """Return the members of the enumeration that has no such value."""
    for call in failing.nodes(ast.Call):
        cls = evaluate(call.func, failing.frame)
        if not is_a(cls, enum.EnumMeta):
            continue
        members = own(cls).get("_member_map_")
        if type(members) is dict:
            told = (f"{name} = {shown(instance_dict(each).get('_value_'))}" for name, each in members.items())
            return [f"{qualname(cls)} has {bounded(', '.join(told), _FACT)}"]
    return []


def returned_none(failing: Failing) -> list[str]:
    """Tell which call of an operation gave None, where the other side is known to be none."""
    for node in failing.nodes(ast.BinOp):
        sides = (node.left, node.right)
        for side, other in (sides, sides[::-1]):
            known = evaluate(other, failing.frame)
            if isinstance(side, ast.Call) and known is not MISSING and known is not None:
                return [f"{bounded(ast.unparse(side.func), _EXPRESSION)}(...) returned None{_in_place(side)}"]
    return []


def formatted(failing: Failing) -> list[str]:
    """Tell how many places a template has, and how many values it was given."""
    for node in failing.nodes(ast.BinOp):
        template, given = evaluate(node.left, failing.frame), node.right
        if isinstance(node.op, ast.Mod) and type(template) is str and isinstance(given, ast.Tuple):
            places = len(_PLACE.findall(template.replace("%%", "")))
            return [f"the template has {places} place{'s' * (places != 1)} for {len(given.elts)} values"]
    return []
