"""What was computed at the import from something that is new now: it is not run again, but told."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from ipy_llm.session.live.changes import Removed, Scope, bound
from ipy_llm.session.live.codes import FUNCTION, Pair, outer
from ipy_llm.session.live.job import Job

_CONSTRUCTORS = frozenset({"__init__", "__new__", "__post_init__", "__set_name__", "__init_subclass__"})


def affected(job: Job) -> set[str]:
    """Return the module's names of which a call does something new, by themselves or by what they call."""
    functions = {each.path for each in job.pairs if not each.inner and _does_more(each)}
    return _affected(job, functions | {f"{name}.__init__" for name in job.remade if "." not in name})


def _does_more(pair: Pair) -> bool:
    """Say whether a call comes to something new, apart from what the functions within do later."""
    if outer(pair.before) != outer(pair.after):
        return True
    return (
        pair.old is not None and pair.new is not None and ast.dump(pair.old.args) != ast.dump(pair.new.args)
    )


def dependents(job: Job, scope: Scope, called: Collection[str]) -> list[str]:
    """Return the names of the module that used at the import what is new, each with what it used."""
    assigned = [each.new for each in scope.changes if not isinstance(each, Removed)]
    constants = {
        name for each in assigned if isinstance(each, ast.Assign | ast.AnnAssign) for name in bound(each)
    }
    return made_from(scope.kept, constants & set(job.patched) | job.values.keys(), called)


def made_from(body: Iterable[ast.stmt], values: Collection[str], called: Collection[str]) -> list[str]:
    """Return the names that statements bind and that used one of the values, or a call of one of the others."""
    found: dict[str, str] = {}
    for node in body:
        for name, uses in _uses(node, ""):
            reason = next((each for each in uses if _counts(each, values, called)), None)
            if reason is not None and name not in found:
                found[name] = reason[0]
    return [f"{name} (uses {reason})" for name, reason in found.items()]


def _affected(job: Job, functions: set[str]) -> set[str]:
    """Return the module's names of which a call may come to something new: those, and what mentions them."""
    called = {
        name
        for path in functions
        for name in [path.partition(".")[0]]
        if "." not in path or _constructs(path)
    }
    deeper = {path.rpartition(".")[2] for path in functions if "." in path and not _constructs(path)}
    grown = True
    while grown:
        grown = False
        for each in job.pairs:
            top = each.path.partition(".")[0]
            if each.inner or top in called or ("." in each.path and not _constructs(each.path)):
                continue
            if called & set(each.after.co_names) or deeper & set(each.after.co_names):
                called.add(top)
                grown = True
    return called


def _constructs(path: str) -> bool:
    return path.rpartition(".")[2] in _CONSTRUCTORS


def _counts(use: tuple[str, bool], values: Collection[str], called: Collection[str]) -> bool:
    name, is_call = use
    if is_call and values and name in {"locals", "globals", "vars", "dir"}:
        return True
    return name in values or (is_call and name in called)


def _uses(node: ast.AST, prefix: str) -> Iterator[tuple[str, list[tuple[str, bool]]]]:
    """Yield what a statement binds, with the names it used when it ran and whether it called them."""
    if isinstance(node, ast.ClassDef):
        name = f"{prefix}{node.name}"
        yield name, [*_decorating(node.decorator_list), *_names([*node.bases, *node.keywords])]
        for each in node.body:
            yield from _uses(each, f"{name}.")
    elif isinstance(node, FUNCTION):
        defaults = [each for each in (*node.args.defaults, *node.args.kw_defaults) if each is not None]
        yield f"{prefix}{node.name}", [*_decorating(node.decorator_list), *_names(defaults)]
    elif isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While):
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.stmt | ast.ExceptHandler):
                yield from _uses(part, prefix)
            else:
                yield f"line {node.lineno}", _names([part])
    elif isinstance(node, ast.stmt) and not isinstance(node, ast.Import | ast.ImportFrom):
        names = sorted(bound(node))
        yield f"{prefix}{names[0]}" if names else f"line {node.lineno}", _names([node])
    elif isinstance(node, ast.ExceptHandler):
        for each in node.body:
            yield from _uses(each, prefix)


def _decorating(nodes: list[ast.expr]) -> list[tuple[str, bool]]:
    """Return the names in decorators; what decorates is called, what it is given is not."""
    called = [one for each in nodes for one in _called(each.func if isinstance(each, ast.Call) else each)]
    return [*called, *_names(nodes)]


def _called(node: ast.AST) -> list[tuple[str, bool]]:
    """Return what is called by `a.b.c`: that, and `a` and `a.b`, whose method it may be."""
    if isinstance(node, ast.Name):
        return [(node.id, True)]
    if not isinstance(node, ast.Attribute):
        return []
    holder = _called(node.value)
    return [*holder, (f"{holder[-1][0]}.{node.attr}", True)] if holder else []


def _names(nodes: Iterable[ast.AST]) -> list[tuple[str, bool]]:
    found = []
    for top in nodes:
        for each in _outside_functions(top):
            if isinstance(each, ast.Call):
                found += _called(each.func)
            elif isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load):
                found.append((each.id, False))
    return found


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if not isinstance(node, ast.Lambda):
        for each in ast.iter_child_nodes(node):
            yield from _outside_functions(each)
