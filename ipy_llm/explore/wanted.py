"""Which import the uses of a missing name want: what is usual, held against how the name is used.

A forgotten variable must not become a module: `code.split` is no use of the module `code`, `datetime.now` wants the
class and `datetime.timedelta` the module. What fits nothing wants nothing, what fits several is told and not chosen.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from ipy_llm.explore.held import has_attribute, installed, is_module, on_class
from ipy_llm.explore.known import Candidate, Kind, candidates, either, is_below
from ipy_llm.source.structure.unbound import Use

# What takes a function and calls it: functions, and keywords.
_CALLING = """
map filter starmap reduce partial sorted min max key default_factory target func fn function callback apply applymap
agg aggregate transform pipe submit defaultdict accumulate takewhile dropwhile groupby iter side_effect
"""
_CALLERS = frozenset(_CALLING.split())
_COINED = frozenset(
    {"mkdtemp", "mkstemp", "urlopen", "urlparse", "urlencode", "urljoin", "islice", "starmap", "deepcopy"}
)
_WRITTEN = re.compile(r"from (?P<module>\.*[\w.]+) import (?P<name>\w+)|import (?P<whole>[\w.]+)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The import that a name wants, or those of which nobody can tell which; none, where neither is set."""

    statement: str = ""
    either: tuple[str, ...] = ()


def wanted(
    name: str,
    uses: Sequence[Use],
    seen: Collection[str] = (),
    available: Callable[[str], bool] = installed,
) -> Wanted:
    """Return what to import for a name that is missing where `uses` say.

    `seen` are the statements that bind it elsewhere in the project or session: they come before what is usual.
    `available` says whether a module can be imported; of what was seen, a module of the user's own is never taken
    as a whole, since its name is a variable's as often.
    """
    if not uses or name.startswith("_"):
        return Wanted()
    elsewhere = [each for each in map(_seen, seen) if available(each.module) or _is_own(each)]
    usual = [each for each in candidates(name) if available(each.module)]
    for known in (elsewhere, usual):
        fitting = {_statement(each, uses): None for each in known if fits(each, name, uses)}
        if len(fitting) == 1:
            return Wanted(next(iter(fitting)))
        if fitting:
            return Wanted(either=tuple(fitting))
    # a module that is meant is told apart by its attributes, these names are not
    others = [each for each in either(name) if available(_seen(each).module)]
    plain = all(fits(_seen(each), name, uses) for each in others)
    return Wanted(either=tuple(others)) if plain else Wanted()


def usual(name: str) -> str:
    """Return the one import that a name wants however it is used, for a hint; "" where its uses must tell."""
    found = [each for each in candidates(name) if installed(each.module)]
    certain = len(found) == 1 and (found[0].kind == "class" or found[0].statement.endswith(f" as {name}"))
    return found[0].statement if certain else ""


def fits(candidate: Candidate, name: str, uses: Sequence[Use]) -> bool:
    """Say whether every use of a name is one that an import allows, and one of them is evidence for it."""
    judged = [_judge(candidate, name, use) for use in uses]
    return all(each is not False for each in judged) and any(judged)


def _judge(candidate: Candidate, name: str, use: Use) -> bool | None:
    """Say whether a use speaks for a candidate, or against it; None where it does neither."""
    parent = use.around[0] if use.around else None
    match parent:
        case ast.Attribute(attr=attribute, ctx=ast.Load()):
            return _has(candidate, attribute, use)
        case ast.Attribute() | ast.Delete() | ast.AugAssign():
            return False
    return False if candidate.kind == "module" else _stands(candidate.kind, name, use, parent)


def _stands(kind: Kind, name: str, use: Use, parent: ast.AST | None) -> bool | None:
    """Judge a use of a class or function where it stands alone."""
    node = use.node
    match parent:
        case ast.Subscript(value=value) if value is node:
            return True if use.annotation else (None if kind == "class" and _is_type_like(name) else False)
        case ast.BinOp() | ast.UnaryOp() | ast.For() | ast.AsyncFor() | ast.comprehension() | ast.Starred():
            return use.annotation
        case ast.Compare(ops=ops):
            return None if all(isinstance(each, (ast.Is, ast.IsNot, ast.In)) for each in ops) else False
        case ast.Call(func=func) if func is node:
            return True
    if use.annotation or _decorates(node, parent):
        return True
    if kind == "class":
        return True
    if isinstance(parent, (ast.Call, ast.keyword)):
        return _called_by(parent, use) or None
    return True if isinstance(parent, ast.Expr) and not _is_word(name) else None


def _has(candidate: Candidate, attribute: str, use: Use) -> bool:
    """Judge `name.attribute`."""
    if candidate.kind != "module":
        if candidate.kind == "function" and candidate not in candidates(candidate.name):
            return False  # of a plain word that someone imported nobody knows what it has
        return on_class(candidate.module, candidate.name, attribute)
    if _below(candidate.module, use):
        return True
    return not is_below(f"{candidate.module}.{attribute}") and has_attribute(candidate.module, attribute)


def _statement(candidate: Candidate, uses: Sequence[Use]) -> str:
    """Return the import; that of the modules below it where these are used."""
    if candidate.kind != "module" or candidate.statement != f"import {candidate.module}":
        return candidate.statement
    below = sorted({path for use in uses if (path := _below(candidate.module, use))})
    return f"import {', '.join(below)}" if below else candidate.statement


def _below(module: str, use: Use) -> str:
    """Return the module below this one that a use asks for, and asks something of; "" for none."""
    path = found = ""
    for node in use.around:
        if not isinstance(node, ast.Attribute):
            break
        found = path if is_below(path) else found
        path = f"{path or module}.{node.attr}"
    return found


def _decorates(node: ast.Name, parent: ast.AST | None) -> bool:
    decorators = getattr(parent, "decorator_list", ())
    return any(each is node for each in decorators)


def _called_by(parent: ast.Call | ast.keyword, use: Use) -> bool:
    """Say whether a name is given to something that calls it."""
    if isinstance(parent, ast.keyword):
        return parent.arg in _CALLERS
    function = parent.func
    called = getattr(function, "attr", getattr(function, "id", ""))
    return called in _CALLERS and bool(parent.args) and parent.args[0] is use.node


def _is_type_like(name: str) -> bool:
    return name[:1].isupper() or name in {"defaultdict", "deque"}


def _is_word(name: str) -> bool:
    """Say whether a name could as well be a variable's."""
    return name.isalpha() and name.islower() and name not in _COINED


def _is_own(candidate: Candidate) -> bool:
    return candidate.kind != "module" and (candidate.module.startswith(".") or is_module(candidate.module))


def _seen(statement: str) -> Candidate:
    """Read an import that someone wrote."""
    match = _WRITTEN.match(statement)
    if match is None:
        return Candidate(statement, "module", "")
    if match["whole"]:
        return Candidate(statement, "module", match["whole"])
    module, name = match["module"], match["name"]
    bound = statement.rpartition(" as ")[2] if " as " in statement else name
    usual_kind = {each.kind for each in candidates(bound) if (each.module, each.name) == (module, name)}
    loaded = sys.modules.get(f"{module}.{name}")
    kind: Kind = (
        "module" if loaded is not None and not usual_kind else "class" if bound[:1].isupper() else "function"
    )
    return Candidate(statement, next(iter(usual_kind), kind), module, name)
