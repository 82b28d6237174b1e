"""The changed statements of a module or of a class, followed one by one."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

from ipy_llm.session.live.changes import Added, Change, Changed, Removed, Scope, annotated, bound, skeleton
from ipy_llm.session.live.codes import FUNCTION, Function
from ipy_llm.session.live.functions import (
    forward,
    raw_functions,
    swap,
    take_doc,
    take_header,
)
from ipy_llm.session.live.harmless import harmless, same_value
from ipy_llm.session.live.job import ABSENT, Job
from ipy_llm.session.live.names import rebind, starred
from ipy_llm.session.live.place import Place

# Decorators that keep nothing of the signature they saw.
_BLIND = frozenset(
    [
        "property",
        "staticmethod",
        "classmethod",
        "abstractmethod",
        "cached_property",
        "lru_cache",
        "cache",
        "contextmanager",
        "asynccontextmanager",
        "overload",
        "override",
        "final",
        "setter",
        "getter",
        "deleter",
        "no_type_check",
        "coroutine",
    ]
)
_ACCESSORS = frozenset({"property", "cached_property", "setter", "getter", "deleter", "abstractproperty"})

_CACHE = type(functools.lru_cache(lambda: None))

FollowClass = Callable[[Job, Place, ast.ClassDef, ast.ClassDef], None]


def follow_scope(job: Job, place: Place, scope: Scope, follow_class: FollowClass) -> None:
    """Follow the changes of one scope, in the order of the new text; then take away what is gone."""
    groups: set[str] = set()
    for change in scope.changes:
        name = _accessor(change, scope)
        if name is not None:
            if name not in groups:
                groups.add(name)
                _remake(job, place, scope, [each for each in scope.new if name in bound(each)])
        else:
            _follow(job, place, scope, change, follow_class)
    for name in sorted(scope.gone):
        written = place.written(name)
        value = place.table().get(written)
        if isinstance(value, ModuleType) and value.__name__ == f"{place.namespace.get('__name__')}.{name}":
            continue  # the import system binds a submodule there
        if written in place.table():
            if not place.classes:
                job.values[name] = (value, ABSENT)
            place.unbind(job.steps, written)
            job.tell(f"-{place.prefix}{name}")
    _unannotate(job, place, scope)


def _unannotate(job: Job, place: Place, scope: Scope) -> None:
    """Take away annotations that are no more."""
    old, new = (annotated(each) for each in (scope.old, scope.new))
    annotations = place.table().get("__annotations__")
    if isinstance(annotations, dict) and old - new:
        if not new:
            place.unbind(job.steps, "__annotations__")
            return
        for name in old - new:
            job.steps.no_item(annotations, place.written(name))


def _accessor(change: Change, scope: Scope) -> str | None:
    """Return the name of a property of several functions that must be made anew."""
    nodes = [getattr(change, "old", None), getattr(change, "new", None)]
    functions = [node for node in nodes if isinstance(node, FUNCTION)]
    if not functions or not any(_ACCESSORS & _decorators(node) for node in functions):
        return None
    name = functions[0].name
    if name in scope.gone or not any(name in bound(each) for each in scope.new):
        return None
    if isinstance(change, Changed) and _same(functions[0].decorator_list, functions[-1].decorator_list):
        return None
    group = [each for each in scope.new if name in bound(each)]
    return name if all(isinstance(each, FUNCTION) for each in group) else None


def _decorators(node: Function) -> set[str]:
    names = set()
    for each in node.decorator_list:
        plain = each.func if isinstance(each, ast.Call) else each
        names.add(plain.attr if isinstance(plain, ast.Attribute) else getattr(plain, "id", "?"))
    return names


def _same(one: Any, other: Any) -> bool:
    ones, others = ([*each] if isinstance(each, list) else [each] for each in (one, other))
    return [ast.dump(each) for each in ones if each] == [ast.dump(each) for each in others if each]


def _follow(job: Job, place: Place, scope: Scope, change: Change, follow_class: FollowClass) -> None:
    match change:
        case Changed(ast.ClassDef() as old, ast.ClassDef() as new):
            follow_class(job, place, old, new)
        case Changed(old, new) if isinstance(old, FUNCTION) and isinstance(new, FUNCTION):
            _follow_function(job, place, scope, old, new)
        case Changed(old, ast.Assign() | ast.AnnAssign() as new):
            _follow_assignment(job, place, scope, old, new)
        case Changed(_, new) | Added(new) if isinstance(new, ast.Import | ast.ImportFrom) or _is_alias(new):
            _commit(job, place, scope, new, place.run([new]))
        case Changed(_, new) | Added(new) if _is_doc(new, scope):
            _commit(job, place, scope, new, place.run([new]), "__doc__")
        case Added(new, again=True) if isinstance(new, FUNCTION) and _decorators(new) - _BLIND:
            job.note(f"{place.prefix}{new.name}: an earlier definition counts again, and was not run again")
        case Added(new) if isinstance(new, (*FUNCTION, ast.ClassDef)):
            _remake(job, place, scope, [new])
        case Added(ast.Assign() | ast.AnnAssign() as new) if bound(new) and not _may_run(job, place, new):
            job.note(f"not run: {_brief(new)}")
        case Added(ast.Assign() | ast.AnnAssign() as new) if bound(new):
            _commit(job, place, scope, new, place.run([new]))
        case Changed(_, new) | Added(new):
            _follow_other(job, place, scope, change, new)
        case Removed(old):
            effects = sorted(_decorators(old) - _BLIND) if isinstance(old, FUNCTION) else []
            if effects:
                job.note(f"what @{effects[0]} did with {place.prefix}{old.name} stays")  # type: ignore[attr-defined] # it has a name
            elif isinstance(old, ast.ImportFrom) and old.names[0].name == "*":
                _unbind_star(job, place, scope, old)
            elif (
                not bound(old) and not isinstance(old, ast.Pass) and not _is_constant(old) and not _never(old)
            ):
                job.note(f"what {_brief(old)} did stays")
            elif (
                _is_doc_of(old)
                and "__doc__" in place.table()
                and not any(_is_doc(each, scope) for each in scope.new)
            ):
                place.bind(job.steps, "__doc__", None)


def _may_run(job: Job, place: Place, node: ast.Assign | ast.AnnAssign) -> bool:
    return job.effects or node.value is None or harmless(node.value, place.namespace | dict(place.table()))


def _is_alias(node: ast.stmt) -> bool:
    return type(node).__name__ == "TypeAlias"


def _is_constant(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _unbind_star(job: Job, place: Place, scope: Scope, node: ast.ImportFrom) -> None:
    """Take away what `from m import *` brought and nothing else binds."""
    brought = starred(node, place.namespace)
    others = [each for each in scope.new if isinstance(each, ast.ImportFrom) and each.names[0].name == "*"]
    kept = {name for each in scope.new for name in bound(each)}
    kept |= {name for each in others for name in starred(each, place.namespace)}
    for name, value in brought.items():
        if name not in kept and place.namespace.get(name) is value:
            place.unbind(job.steps, name)
            job.tell(f"-{name}")


def _is_doc_of(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_doc(node: ast.stmt, scope: Scope) -> bool:
    return _is_doc_of(node) and bool(scope.new) and scope.new[0] is node


def _brief(node: ast.stmt) -> str:
    line = ast.unparse(node).partition("\n")[0]
    most = 200 if isinstance(node, ast.Delete) else 100  # a list of names is all it says
    return f"`{line[:most]}...`" if len(line) > most else f"`{line}`"


def _commit(job: Job, place: Place, scope: Scope, node: ast.stmt, made: dict[str, Any], *only: str) -> None:
    """Bind what a statement bound, where no later statement binds it again."""
    for name, value in made.items():
        if name == "__annotations__" or (only and name not in only):
            continue
        if not scope.last(name, node) and not only:
            continue
        same = place.table().get(name) is value
        install(job, place, scope, name, value, node=node)
        if not same and name != "__doc__":
            job.tell(f"{place.prefix}{name}")
    if "__annotations__" in made:
        _take_annotations(job, place, made["__annotations__"])


def _take_annotations(job: Job, place: Place, made: dict[str, Any]) -> None:
    present = place.table().get("__annotations__")
    if isinstance(present, dict):
        for name, value in made.items():
            job.steps.item(present, name, value)
    else:
        place.bind(job.steps, "__annotations__", made)


def install(job: Job, place: Place, scope: Scope, name: str, value: Any, *, node: ast.stmt) -> None:
    """Bind a name to what `node` made anew; who holds the old object has the new behaviour where that can be."""
    table = place.table()
    if name not in table:
        place.bind(job.steps, name, value)
        if not place.classes and name != "__doc__":
            job.values[name] = (ABSENT, value)
        return
    was = table[name]
    if was is value:
        return
    if job.stands(was, node) or not scope.made(name):
        # what had the name is another definition's, or another module's, and stays that
        place.bind(job.steps, name, value)
        if not place.classes and name != "__doc__":
            job.values[name] = (was, value)
        return
    if isinstance(was, FunctionType) and isinstance(value, FunctionType) and _alike(was, value):
        become(job, was, value)
        return
    if isinstance(was, dict | list | set) and type(was) is type(value) and type(was) in {dict, list, set}:
        job.steps.contents(was, value)
        return
    _keep_home(place, was, value)
    place.bind(job.steps, name, value)
    job.remade.add(f"{place.prefix}{name}")
    if not place.classes:
        if isinstance(was, FunctionType) and callable(value):
            forward(job.steps, was, value)
        elif name != "__doc__":
            job.values[name] = (was, value)
        rebind(job.steps, was, value)
    elif isinstance(was, FunctionType) and isinstance(
        value, FunctionType | staticmethod | classmethod | _CACHE
    ):
        forward(job.steps, was, _binder(value), bound=value)


def _keep_home(place: Place, was: Any, value: Any) -> None:
    """Give what was made anew the module that someone said it is from, as packages do for what they export."""
    here = place.namespace.get("__name__")
    kinds = (type, FunctionType)
    if isinstance(was, kinds) and isinstance(value, kinds) and value.__module__ == here != was.__module__:
        value.__module__ = was.__module__


def _binder(value: Any) -> Callable[[Any], Any]:
    return lambda self: value.__get__(self, type(self))


def _alike(was: FunctionType, value: FunctionType) -> bool:
    """Say whether one can become the other: of the same module, with no cells but that of its class."""
    if was.__globals__ is not value.__globals__:
        return False
    free = value.__code__.co_freevars
    return free == was.__code__.co_freevars[: len(free)] and set(free) <= {"__class__"}


def become(job: Job, was: FunctionType, value: FunctionType) -> None:
    """Make a function what another is, and let it stay the object it was."""
    swap(job.steps, was, value.__code__)
    take_header(job.steps, was, value)
    take_doc(job.steps, job.heap, was, value.__doc__)
    job.steps.contents(was.__dict__, value.__dict__)
    for name in ("__name__", "__qualname__"):
        job.steps.attribute(was, name, getattr(value, name))


def _remake(job: Job, place: Place, scope: Scope, nodes: list[ast.stmt]) -> None:
    made = place.run(nodes)
    _commit(job, place, scope, nodes[-1], made)


def _follow_function(job: Job, place: Place, scope: Scope, old: Function, new: Function) -> None:
    name = place.written(new.name)
    functions = job.functions.get(id(new), [])
    if not _same(old.decorator_list, new.decorator_list):
        _remake(job, place, scope, [new])
        return
    header = job.reread or not (
        _same(old.args, new.args) and _same(old.returns, new.returns) and _same(*map(_parameters, (old, new)))
    )
    stuck = job.stuck.get(id(new), [])
    if header or stuck:
        bare = _undecorated(new)
        made = place.run([bare])[name]
        plain = raw_functions(made)[0]
        code = next(each.after for each in job.pairs if each.new is new)
        if plain.__code__.co_freevars == code.co_freevars:
            plain.__code__ = code  # with the line of its decorators
        for function in functions:
            take_header(job.steps, function, plain)
        for function in stuck:
            forward(job.steps, function, plain)
            _replace(job, place, name, function, plain)
        seeing = _decorators(new) - _BLIND
        if header and seeing:
            job.note(f"{place.prefix}{new.name}: @{min(seeing)} saw the old signature and was not run again")
    if not functions and not stuck:
        if scope.last(new.name, new) and name in place.table():
            job.note(f"{place.prefix}{new.name}: what it is now holds no function of this file; not followed")
        return
    _tell_doc(job, place, name, old, new)
    job.tell(f"{place.prefix}{new.name}")


def _tell_doc(job: Job, place: Place, name: str, old: Function, new: Function) -> None:
    """Give a property the docstring of its getter, which it took when it was made."""
    was, doc = (ast.get_docstring(each, clean=False) for each in (old, new))
    value = place.table().get(name)
    if was != doc and isinstance(value, property | functools.cached_property):
        get = value.fget if isinstance(value, property) else value.func
        if get in job.functions.get(id(new), []):
            job.steps.attribute(value, "__doc__", get.__doc__)


def _parameters(node: Function) -> Any:
    return getattr(node, "type_params", [])


def _undecorated(node: Function) -> Function:
    values = {name: value for name, value in ast.iter_fields(node) if name != "decorator_list"}
    return ast.copy_location(type(node)(**values, decorator_list=[]), node)


def _replace(job: Job, place: Place, name: str, function: FunctionType, other: FunctionType) -> None:
    """Put a function in the place of one that now only calls it, where it is held plainly."""
    value = place.table().get(name)
    if value is function:
        place.bind(job.steps, name, other)
    elif type(value) in {staticmethod, classmethod} and value.__func__ is function:
        place.bind(job.steps, name, type(value)(other))
    elif type(value) is property:
        parts: tuple[Any, ...] = (value.fget, value.fset, value.fdel)
        get, put, remove = (other if each is function else each for each in parts)
        place.bind(job.steps, name, property(get, put, remove, value.__doc__))


def _follow_assignment(
    job: Job, place: Place, scope: Scope, old: ast.stmt, new: ast.Assign | ast.AnnAssign
) -> None:
    names = sorted(bound(new))
    if not names:
        job.note(f"not run: {_brief(new)}")
        return
    value, before = new.value, getattr(old, "value", None)
    if isinstance(new, ast.AnnAssign) and not (
        isinstance(old, ast.AnnAssign) and _same(old.annotation, new.annotation) and not job.reread
    ):
        bare = ast.copy_location(ast.AnnAssign(new.target, new.annotation, None, new.simple), new)
        _commit(job, place, scope, new, {"__annotations__": place.run([bare]).get("__annotations__", {})})
        job.tell(f"{place.prefix}{names[0]}")
    if value is None or (before is not None and _same(before, value)):
        if value is None and before is not None:
            for name in names:
                place.unbind(job.steps, place.written(name))
        return
    shown = ", ".join(f"{place.prefix}{name}" for name in names)
    if not all(scope.last(name, new) for name in names):
        job.note(f"{shown}: bound again further down; not run")
        return
    if not harmless(value, place.namespace | dict(place.table())):
        job.note(f"{shown}: not set, its value comes from a call: run {_brief(new)} yourself")
        return
    if before is not None and _differs(place, old, names):
        job.note(f"{shown}: kept, it was changed since the import")
        return
    _commit(job, place, scope, new, place.run([new]))


def _differs(place: Place, old: ast.stmt, names: list[str]) -> bool:
    """Say whether the live value is certainly not what the old statement gave."""
    value = getattr(old, "value", None)
    if value is None or not harmless(value, place.namespace | dict(place.table())):
        return False
    try:
        given = place.run([old])
    except Exception:  # noqa: BLE001 - whatever the user's names raise now, they did not at the import
        return False
    table = place.table()
    return any(
        written not in table or same_value(table[written], given.get(written)) is False
        for written in map(place.written, names)
    )


def _follow_other(job: Job, place: Place, scope: Scope, change: Change, new: ast.stmt) -> None:
    """Statements of other kinds run where nothing in them can have an effect but to bind names."""
    if isinstance(new, ast.Pass) or (isinstance(new, ast.Expr) and isinstance(new.value, ast.Constant)):
        return
    if isinstance(change, Changed) and skeleton(change.old) == skeleton(change.new):
        return  # its functions run the new code already
    if _only_binds(new, place.namespace):
        _commit(job, place, scope, new, place.run([new]))
        return
    if isinstance(new, ast.AnnAssign) and new.value is None:
        _commit(job, place, scope, new, place.run([new]))
        return
    if isinstance(new, ast.If | ast.Try | ast.With | ast.For | ast.While) and _never(new):
        return
    job.note(f"line {new.lineno} not run: {_brief(new)}")


def _never(node: ast.stmt) -> bool:
    """Say whether it is what runs in a script alone."""
    return isinstance(node, ast.If) and "__main__" in ast.dump(node.test)


def _only_binds(node: ast.stmt, namespace: dict[str, Any]) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Pass):
        return True
    if isinstance(node, FUNCTION):
        return not node.decorator_list or _decorators(node) <= _BLIND
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return bool(bound(node)) and (node.value is None or harmless(node.value, namespace))
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.If):
        return harmless(node.test, namespace) and all(
            _only_binds(each, namespace) for each in (*node.body, *node.orelse)
        )
    if isinstance(node, ast.Try):
        handled = all(_is_import_error(each) for each in node.handlers)
        inner = [
            *node.body,
            *node.orelse,
            *node.finalbody,
            *(one for each in node.handlers for one in each.body),
        ]
        return handled and all(_only_binds(each, namespace) for each in inner)
    return False


def _is_import_error(handler: ast.ExceptHandler) -> bool:
    names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return all(
        isinstance(each, ast.Name)
        and each.id in {"ImportError", "ModuleNotFoundError", "AttributeError", "NameError"}
        for each in names
    )
