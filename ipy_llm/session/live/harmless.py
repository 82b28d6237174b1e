"""Which statements may be run again while a program lives, and whether a value is still what one gave."""

from __future__ import annotations

import ast
import builtins
import re
from types import FunctionType, ModuleType
from typing import Any

from ipy_llm.session.live.codes import substance

# Calls of these do nothing but make a value.
_BUILTINS = frozenset(
    [
        "abs",
        "all",
        "any",
        "bool",
        "bytearray",
        "bytes",
        "chr",
        "complex",
        "dict",
        "divmod",
        "enumerate",
        "float",
        "frozenset",
        "hex",
        "int",
        "isinstance",
        "issubclass",
        "len",
        "list",
        "map",
        "max",
        "min",
        "object",
        "oct",
        "ord",
        "pow",
        "range",
        "repr",
        "reversed",
        "round",
        "set",
        "slice",
        "sorted",
        "str",
        "sum",
        "super",
        "tuple",
        "staticmethod",
        "classmethod",
        "property",
        "zip",
        "filter",
        "hasattr",
        "getattr",
        "type",
    ]
)
_MAKERS = {
    "re": {"compile", "escape"},
    "datetime": {"date", "datetime", "time", "timedelta", "timezone"},
    "decimal": {"Decimal"},
    "_decimal": {"Decimal"},
    "fractions": {"Fraction"},
    "pathlib": {"Path", "PurePath", "PosixPath", "PurePosixPath", "WindowsPath", "PureWindowsPath"},
    "pathlib._local": {"Path", "PurePath", "PosixPath", "PurePosixPath", "WindowsPath", "PureWindowsPath"},
    "typing": {"TypeVar", "NewType", "ParamSpec", "TypeVarTuple", "ForwardRef", "cast"},
    "collections": {"OrderedDict", "defaultdict", "Counter", "deque", "ChainMap"},
    "functools": {"partial"},
    "operator": {"itemgetter", "attrgetter", "methodcaller"},
    "_operator": {"itemgetter", "attrgetter", "methodcaller"},
    "textwrap": {"dedent", "indent"},
    "inspect": {"cleandoc"},
    "types": {"MappingProxyType", "SimpleNamespace"},
    "builtins": {"mappingproxy"},
    "logging": {"getLogger"},
    "posixpath": {"join", "dirname", "basename", "abspath", "expanduser", "normpath"},
    "ntpath": {"join", "dirname", "basename", "abspath", "expanduser", "normpath"},
    "os": {"getenv"},
    "string": {"Template"},
    "struct": {"Struct", "calcsize"},
    "_struct": {"Struct", "calcsize"},
    "uuid": {"UUID"},
    "dataclasses": {"field"},
}
_PLAIN = (str, bytes, int, float, tuple, list, dict, set, frozenset)
_NODES = (
    ast.Constant, ast.Name, ast.Attribute, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.BinOp, ast.UnaryOp,
    ast.BoolOp, ast.Compare, ast.IfExp, ast.Subscript, ast.Slice, ast.JoinedStr, ast.FormattedValue, ast.Lambda,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.Starred, ast.keyword,
    ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context, ast.arguments, ast.arg, ast.Call,
)  # fmt: skip


def harmless(node: ast.AST, namespace: dict[str, Any]) -> bool:
    """Say whether an expression only makes a value: operators, containers, and calls of what is known to."""
    if isinstance(node, ast.Lambda):
        return True
    if not isinstance(node, _NODES):
        return False
    if isinstance(node, ast.Call) and not _makes(node.func, namespace):
        return False
    return all(harmless(each, namespace) for each in ast.iter_child_nodes(node))


def _makes(function: ast.expr, namespace: dict[str, Any]) -> bool:
    if isinstance(function, ast.Attribute) and _plain(function.value, namespace):
        return True  # a method of a text, a number or a container
    value = named(function, namespace)
    name = getattr(value, "__name__", "") if type(value) is not ModuleType else ""
    if isinstance(function, ast.Name) and function.id not in namespace:
        return function.id in _BUILTINS
    if name in _BUILTINS and getattr(builtins, name, None) is value:
        return True
    return name in _MAKERS.get(str(getattr(value, "__module__", "")), ())


def _plain(node: ast.expr, namespace: dict[str, Any]) -> bool:
    if isinstance(node, ast.Constant | ast.JoinedStr | ast.Tuple | ast.List | ast.Dict | ast.Set):
        return True
    return type(named(node, namespace)) in _PLAIN


def named(node: ast.expr, namespace: dict[str, Any]) -> Any:
    """Return what `a` or `a.b` names, or None; modules and classes are looked into, objects are not."""
    if isinstance(node, ast.Name):
        return namespace.get(node.id, vars(builtins).get(node.id))
    if isinstance(node, ast.Attribute):
        holder = named(node.value, namespace)
        if isinstance(holder, ModuleType | type):
            return vars(holder).get(node.attr)
    return None


def same_value(one: Any, other: Any) -> bool | None:
    """Say whether two values are equal, without running code of the user's; None where that cannot be told."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if type(one) in {list, tuple}:
        return _all([len(one) == len(other), *map(same_value, one, other)])
    if type(one) is dict:
        return _all(
            [
                list(one) == list(other) if _plain_keys(one, other) else None,
                *map(same_value, one.values(), other.values()),
            ]
        )
    if type(one) in {set, frozenset}:
        return one == other if _plain_keys(one, other) else None
    if type(one) in {str, bytes, int, float, bool, complex, bytearray, range, re.Pattern}:
        return bool(one == other)
    if isinstance(one, FunctionType):
        return bool(substance(one.__code__) == substance(other.__code__))
    return None


def _plain_keys(*tables: Any) -> bool:
    return all(type(key) in {str, bytes, int, float, bool} for table in tables for key in table)


def _all(answers: list[bool | None]) -> bool | None:
    return False if False in answers else None if None in answers else True
