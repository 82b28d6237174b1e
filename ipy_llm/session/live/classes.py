"""Classes that stay the objects they are while their text changes."""

from __future__ import annotations

import abc
import ast
import enum
import gc
import types
import typing
from dataclasses import dataclass, replace
from types import CellType, FunctionType
from typing import Any

from ipy_llm.session.live.changes import Change, Changed, Scope, bound, compare
from ipy_llm.session.live.codes import DEFINING, FUNCTION
from ipy_llm.session.live.enums import check_members, take_members
from ipy_llm.session.live.functions import forward, raw_functions
from ipy_llm.session.live.harmless import named
from ipy_llm.session.live.heap import instances
from ipy_llm.session.live.job import Job, RefusedError
from ipy_llm.session.live.place import Place
from ipy_llm.session.live.statements import follow_scope

# What they run when a class is made has no effect beyond it.
_KNOWN = frozenset(
    {
        "abc",
        "builtins",
        "typing",
        "typing_extensions",
        "dataclasses",
        "functools",
        "enum",
        "attr",
        "attrs",
        "_py_abc",
    }
)
_REMAKERS = frozenset(
    {
        "dataclass",
        "total_ordering",
        "define",
        "frozen",
        "mutable",
        "attrs",
        "s",
        "attributes",
        "dataclass_transform",
    }
)
_FIXED = frozenset(
    [
        "__dict__",
        "__weakref__",
        "__module__",
        "__qualname__",
        "__slots__",
        "_abc_impl",
        "__subclasshook__",
        "__firstlineno__",
        "__static_attributes__",
        "__annotations_cache__",
    ]
)


@dataclass(frozen=True, slots=True)
class Living:
    """A class that lives, with both of its texts: where it stands, where its body is, and what changed in that."""

    place: Place
    inside: Place
    cls: type
    old: ast.ClassDef
    new: ast.ClassDef
    scope: Scope

    @property
    def shown(self) -> str:
        """Its qualified name."""
        return f"{self.place.prefix}{self.new.name}"


def check(job: Job, place: Place, old: ast.ClassDef, new: ast.ClassDef) -> None:
    """Refuse what no living class can become, before anything is done. Raises `RefusedError`."""
    if f"{place.prefix}{new.name}" in job.left:
        return
    cls = place.table().get(place.written(new.name))
    if not isinstance(cls, type):
        return
    scope = compare((job.before, old.body), (job.after, new.body), place.namespace)
    name = f"{place.prefix}{new.name}"
    for change in scope.changes:
        names = _names(change)
        if "__slots__" in names:
            raise RefusedError(f"{name}: its __slots__ changed, and objects of it have the old layout")
        if isinstance(cls, enum.EnumMeta):
            check_members(cls, change, name)
        if _is_named_tuple(cls) and _is_field(change):
            raise RefusedError(f"{name}: fields of a NamedTuple changed, and objects of it have the old ones")
        if (
            isinstance(change, Changed)
            and isinstance(change.old, ast.ClassDef)
            and isinstance(change.new, ast.ClassDef)
        ):
            check(job, place.within(new, cls), change.old, change.new)
    if _dumps(old.keywords) != _dumps(new.keywords) and not _remade(cls, new, place):
        raise RefusedError(
            f"{name}: what follows its bases changed ({', '.join(str(each.arg) for each in [*old.keywords, *new.keywords])})"
        )
    added = [each for each in new.decorator_list if ast.dump(each) not in _dumps(old.decorator_list)]
    unknown = [each for each in added if not _is_known(each, place)]
    if unknown:
        raise RefusedError(
            f"{name}: @{ast.unparse(unknown[0])} is new, and may do more than change the class"
        )
    if (
        getattr(new, "type_params", [])
        and scope.changes
        and any(not isinstance(each, Changed) for each in scope.changes)
    ):
        raise RefusedError(f"{name}: members of a class with type parameters came or went")


def follow_class(job: Job, place: Place, old: ast.ClassDef, new: ast.ClassDef) -> None:
    """Give the class of a name what its new text says."""
    if f"{place.prefix}{new.name}" in job.left:
        return
    cls = place.table().get(place.written(new.name))
    if not isinstance(cls, type):
        job.note(f"{place.prefix}{new.name}: what it is now is no class; only its functions were followed")
        return
    scope = compare((job.before, old.body), (job.after, new.body), place.namespace)
    living = Living(place, place.within(new, cls), cls, old, new, scope)
    bases = _dumps(old.bases) != _dumps(new.bases)
    decorated = _dumps(old.decorator_list) != _dumps(new.decorator_list)
    structural = bases or decorated or _dumps(old.keywords) != _dumps(new.keywords)
    if isinstance(cls, enum.EnumMeta) and not all(_is_definition(each) for each in scope.changes):
        _renew_enum(job, living)
    elif _remade(cls, new, place) and (structural or any(_matters(change, cls) for change in scope.changes)):
        _rebuild(job, living)
    else:
        if bases:
            _rebase(job, living, _made_bases(place, new))
        had = set(vars(cls))
        follow_scope(job, living.inside, scope, follow_class)
        _implied_hash(job, cls, had)
        made = _makers(cls, new, place)
        members = {
            name
            for each in scope.changes
            if not isinstance(each, Changed) or not _is_definition(each)
            for name in _names(each) - {"__doc__"}
        }
        if made and (structural or members):
            job.note(f"{living.shown}: {made[0]} was not run again")
    _abstract(job, cls)
    if structural:
        job.tell(living.shown)


def _names(change: Change) -> set[str]:
    return {
        name
        for node in (getattr(change, "old", None), getattr(change, "new", None))
        if node is not None
        for name in bound(node)
    }


def _is_definition(change: Change) -> bool:
    nodes = (getattr(change, "old", None), getattr(change, "new", None))
    return all(node is None or isinstance(node, DEFINING) for node in nodes)


def _is_field(change: Change) -> bool:
    nodes = (getattr(change, "old", None), getattr(change, "new", None))
    return any(isinstance(node, ast.AnnAssign) for node in nodes)


def _is_named_tuple(cls: type) -> bool:
    return issubclass(cls, tuple) and "_fields" in vars(cls) and cls.__bases__ == (tuple,)


def _dumps(nodes: list[Any]) -> list[str]:
    return [ast.dump(each) for each in nodes]


def _is_known(decorator: ast.expr, place: Place) -> bool:
    plain = decorator.func if isinstance(decorator, ast.Call) else decorator
    value = named(plain, place.namespace)
    return str(getattr(value, "__module__", "")).partition(".")[0] in _KNOWN


def _remade(cls: type, node: ast.ClassDef, place: Place) -> bool:
    """Say whether a class is what known decorators or a known metaclass make of its text as a whole."""
    plain = [each.func if isinstance(each, ast.Call) else each for each in node.decorator_list]
    names = {each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in plain}
    if names & _REMAKERS or "__dataclass_fields__" in vars(cls) or "__attrs_attrs__" in vars(cls):
        return all(_is_known(each, place) for each in node.decorator_list)
    return type(cls).__name__ in {"_TypedDictMeta", "_ProtocolMeta"} and (
        type(cls).__name__ == "_TypedDictMeta" or bool(vars(cls).get("_is_protocol"))
    )


def _matters(change: Change, cls: type) -> bool:
    """Say whether what makes the class of its text would make another one."""
    if isinstance(change, Changed) and _is_definition(change):
        return False
    nodes = [
        node for node in (getattr(change, "old", None), getattr(change, "new", None)) if node is not None
    ]
    if all(isinstance(node, FUNCTION) for node in nodes):
        return any(name.startswith("__") for name in _names(change)) or type(cls).__name__ == "_ProtocolMeta"
    return any(isinstance(node, ast.AnnAssign | ast.Assign) for node in nodes)


def _makers(cls: type, node: ast.ClassDef, place: Place) -> list[str]:
    """Return what of the user's ran when the class was made."""
    found = [f"@{ast.unparse(each)}" for each in node.decorator_list if not _is_known(each, place)]
    if type(cls).__module__ not in _KNOWN:
        found.append(f"metaclass {type(cls).__name__}")
    for base in cls.__mro__[1:]:
        hook = vars(base).get("__init_subclass__")
        if hook is not None and base.__module__ not in _KNOWN:
            found.append(f"{base.__name__}.__init_subclass__")
    return found


def _made_bases(place: Place, node: ast.ClassDef) -> tuple[tuple[type, ...], tuple[Any, ...]]:
    made = []
    for each in node.bases:
        if isinstance(each, ast.Starred):
            raise RefusedError(f"{place.prefix}{node.name}: its bases are unpacked")
        target = ast.copy_location(ast.Name("base", ast.Store()), each)
        made.append(place.run([ast.copy_location(ast.Assign([target], each), each)])["base"])
    return tuple(types.resolve_bases(made)), tuple(made)


def _rebase(job: Job, living: Living, bases: tuple[tuple[type, ...], tuple[Any, ...]]) -> None:
    cls = living.cls
    real, written = bases
    real = real or (object,)
    if real != cls.__bases__:
        try:
            job.steps.attribute(cls, "__bases__", real)
        except TypeError as error:
            raise RefusedError(
                f"{living.shown}: Python gives it no other bases while it lives ({error})"
            ) from error
    if real != written and written:
        job.steps.member(cls, "__orig_bases__", written)
    elif "__orig_bases__" in vars(cls):
        job.steps.no_member(cls, "__orig_bases__")
    if typing.Generic in cls.__mro__:
        parameters = [
            each
            for base in vars(cls).get("__orig_bases__", ())
            for each in getattr(base, "__parameters__", ())
        ]
        job.steps.member(cls, "__parameters__", tuple(dict.fromkeys(parameters)))
    else:
        job.steps.no_member(cls, "__parameters__")


def _implied_hash(job: Job, cls: type, had: set[str]) -> None:
    """Keep what a class statement does for `__eq__`: without a `__hash__` of its own it has none."""
    own = vars(cls)
    if "__eq__" in own and "__eq__" not in had and "__hash__" not in own:
        job.steps.member(cls, "__hash__", None)
    elif "__eq__" not in own and "__eq__" in had and own.get("__hash__", 0) is None:
        job.steps.no_member(cls, "__hash__")


def _abstract(job: Job, cls: type) -> None:
    """Count the abstract methods anew, for the class and those below it."""
    if not hasattr(type(cls), "__abstractmethods__") and not isinstance(cls, abc.ABCMeta):
        return
    names = {name for base in cls.__bases__ for name in getattr(base, "__abstractmethods__", ())}
    missing = {name for name in names if getattr(_found(cls, name), "__isabstractmethod__", False)}
    missing |= {name for name, value in vars(cls).items() if getattr(value, "__isabstractmethod__", False)}
    if "__abstractmethods__" not in vars(cls) and not missing:
        return
    if frozenset(missing) != getattr(cls, "__abstractmethods__", frozenset()):
        job.steps.attribute(cls, "__abstractmethods__", frozenset(missing))
    below: type
    for below in type.__subclasses__(cls):
        _abstract(job, below)


def _found(cls: type, name: str) -> Any:
    return next((vars(each)[name] for each in cls.__mro__ if name in vars(each)), None)


def _rebuild(job: Job, living: Living) -> None:
    """Make the class of the new text, and give the old one what it has."""
    cls, new = living.cls, living.new
    made = _makers(cls, new, living.place)
    if made:
        raise RefusedError(f"{living.shown}: to make it anew {made[0]} would run again")
    fresh = living.place.run([new])[living.place.written(new.name)]
    try:
        _check_layout(cls, fresh, living.shown)
        if fresh.__bases__ != cls.__bases__:
            _rebase(job, living, (fresh.__bases__, vars(fresh).get("__orig_bases__", fresh.__bases__)))
        _transplant(job, living, fresh)
    finally:
        fresh = None
        gc.collect()  # it would stand among the subclasses of its bases
    job.remade.add(living.shown)
    job.tell(living.shown)


def _renew_enum(job: Job, living: Living) -> None:
    """Make the Enum of the new text, and give the living one its members."""
    made = _makers(living.cls, living.new, living.place)
    if made:
        raise RefusedError(f"{living.shown}: to make it anew {made[0]} would run again")
    fresh = living.place.run([living.new])[living.place.written(living.new.name)]
    take_members(job, living.cls, fresh, living.shown)
    kept = tuple(each for each in living.scope.changes if _is_definition(each))
    gone = living.scope.gone - set(living.cls.__dict__["_member_map_"])
    follow_scope(job, living.inside, replace(living.scope, changes=kept, gone=gone), follow_class)
    job.tell(living.shown)


def _check_layout(cls: type, fresh: type, shown: str) -> None:
    if type(cls) is not type(fresh):
        raise RefusedError(f"{shown}: it has another metaclass now")
    same = (cls.__basicsize__, cls.__itemsize__, cls.__dictoffset__, cls.__weakrefoffset__) == (
        fresh.__basicsize__,
        fresh.__itemsize__,
        fresh.__dictoffset__,
        fresh.__weakrefoffset__,
    )
    if not same or vars(cls).get("__slots__") != vars(fresh).get("__slots__"):
        raise RefusedError(f"{shown}: its slots changed, and objects of it have the old layout")


def _transplant(job: Job, living: Living, fresh: type) -> None:
    inside, scope, cls, old, new = living.inside, living.scope, living.cls, living.old, living.new
    written = {inside.written(name) for each in scope.new for name in bound(each)}
    changed = {inside.written(name) for change in scope.changes for name in _names(change)}
    fields = {
        name for node in (*old.body, *new.body) if isinstance(node, ast.AnnAssign) for name in bound(node)
    }
    # First the members as in any class: functions stay the objects they are.
    kept = tuple(each for each in scope.changes if _is_definition(each))
    gone = frozenset(name for name in scope.gone if name not in fields)
    follow_scope(job, inside, replace(scope, changes=kept, gone=gone), follow_class)
    _point_back(fresh, cls)
    for name, value in vars(fresh).items():
        if name in _FIXED or (name in written and name not in fields | changed) or isinstance(value, type):
            continue
        if (
            name in written
            and name not in fields
            and isinstance(value, FunctionType | staticmethod | classmethod | property)
        ):
            continue
        if type(value).__name__ in {"member_descriptor", "getset_descriptor"}:
            continue
        was = vars(cls).get(name)
        inside.bind(job.steps, name, value)
        if was is value or not isinstance(was, FunctionType) or not isinstance(value, FunctionType):
            continue
        if (
            was.__qualname__ == value.__qualname__ == f"{cls.__qualname__}.{name}"
        ):  # made for this class alone
            forward(job.steps, was, value)
    before = {inside.written(name) for each in old.body for name in bound(each)}
    for name in set(vars(cls)) - set(vars(fresh)) - _FIXED:
        if name in before or name.startswith("__"):
            job.steps.no_member(cls, name)
    lacking = _lacking(cls, fields)
    if lacking:
        job.note(f"{cls.__qualname__}: objects made before lack {', '.join(lacking)}")


def _point_back(fresh: type, cls: type) -> None:
    """Let the functions of a class made anew mean the one that lives."""
    for value in vars(fresh).values():
        for function in raw_functions(value):
            for cell in function.__closure__ or ():
                if _holds(cell, fresh):
                    cell.cell_contents = cls


def _holds(cell: CellType, value: Any) -> bool:
    try:
        return cell.cell_contents is value
    except ValueError:  # empty
        return False


def _lacking(cls: type, fields: set[str]) -> list[str]:
    declared = [name for name in vars(cls).get("__dataclass_fields__", {}) if name in fields]
    objects = [each for each in instances(cls) if hasattr(each, "__dict__")]
    return [
        name
        for name in declared
        if not _has_default(cls, name) and any(name not in vars(each) for each in objects)
    ]


def _has_default(cls: type, name: str) -> bool:
    return any(name in vars(each) for each in cls.__mro__)
