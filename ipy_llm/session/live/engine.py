"""A running namespace follows its text: old text, new text, one patch of the objects that live."""

from __future__ import annotations

import ast
import functools
import linecache
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import CodeType, FunctionType
from typing import Any

from ipy_llm.session.live.changes import Changed, classes, compare
from ipy_llm.session.live.classes import check, follow_class
from ipy_llm.session.live.codes import (
    Text,
    by_place,
    definitions,
    everything,
    identity,
    pairs,
    read,
    substance,
)
from ipy_llm.session.live.dependents import affected, dependents
from ipy_llm.session.live.functions import is_forward, raw_functions, swap, take_doc
from ipy_llm.session.live.heap import Heap, instances, look
from ipy_llm.session.live.job import Job, RefusedError
from ipy_llm.session.live.marks import mark
from ipy_llm.session.live.place import Place
from ipy_llm.session.live.statements import follow_scope
from ipy_llm.session.live.steps import Steps

STEP = "restart, or importlib.reload"
_MOST = 5  # names, or reasons, in one line


@dataclass(frozen=True, slots=True)
class Followed:
    """What became of the running objects.

    `patched` are the names that mean something new, those that are gone with `-` in front; `left` are the definitions
    that stay as they were, each with the reason; `notes` say what else was not followed; `made_before` names
    what the import computed from something that is new. `refused` says why nothing at all was done, `step` what is
    advised then. `values` are the module's names that mean another object, with both, `called` those that
    do something new when they are called; `behind` has the text
    that each definition that was left still runs.
    """

    patched: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    made_before: tuple[str, ...] = ()
    refused: str = ""
    step: str = ""
    values: dict[str, tuple[Any, Any]] = field(default_factory=dict, repr=False)
    called: frozenset[str] = field(default=frozenset(), repr=False)
    behind: dict[str, str] = field(default_factory=dict, repr=False)
    steps: Steps = field(default_factory=Steps, repr=False, compare=False)

    def back(self) -> None:
        """Make the objects what they were before."""
        self.steps.back()

    @property
    def lines(self) -> tuple[str, ...]:
        """What is said of it: one line, or none where there is nothing to say."""
        step = f"; {self.step}" if self.step else ""
        if self.refused:
            return (f"live: not followed: {self.refused}{step}",)
        parts = [f"{_some(self.patched)} patched"] if self.patched else []
        if self.left:
            parts.append(f"not followed: {'; '.join(self.left[:_MOST])}{step}")
        parts += self.notes[:_MOST]
        if len(self.notes) > _MOST:
            parts.append(f"{len(self.notes) - _MOST} more of the kind")
        if self.made_before:
            parts.append(f"not run again: {_some(self.made_before)}")
        return (f"live: {'; '.join(parts)}",) if parts else ()


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"{', '.join(names[:_MOST])}{more}"


def follow(
    namespace: dict[str, Any],
    before: str,
    after: str,
    filename: str,
    *,
    flags: int = 0,
    apart: bool = False,
    step: str = STEP,
    behind: Mapping[str, str] | None = None,
    effects: bool = False,
) -> Followed:
    """Make the objects of a namespace, which ran `before`, what `after` says: each definition wholly or not at all.

    `filename` is the one that the code was compiled with, `flags` those of `__future__` imports beyond the
    text's own, `apart` whether it was compiled statement by statement, `step` what is advised for what was not
    followed, `behind` what earlier edits left, `effects` whether new assignments run that call what may have any.
    No statement that stands in both texts runs again, and where a new one fails nothing is changed. The collector's
    list of objects finds the functions, whoever holds them; those of threads that run meanwhile take the new code
    at their next call.
    """
    try:
        old = read(before, filename, flags, apart=apart)
        new = read(after, filename, flags, apart=apart)
    except (SyntaxError, ValueError) as error:
        return Followed(refused=f"it does not compile: {error}")
    place = Place(namespace, filename, flags, _futures(new), by_place(new.code))
    known = dict(behind or {})
    heap = look(filename, namespace)
    stale = _stale(heap, old, namespace, known)
    if stale:
        if not _stale(heap, new, namespace, {}):
            return Followed()  # it ran the new text already: someone reloaded it
        return Followed(refused=f"{stale} runs neither the old text nor the new one", step=step)
    left = _carried(old, new, known)
    with _alone():
        while True:
            stay = left.keys() | known.keys()
            own = [each for each in pairs(old, new) if not _is_within(each.path, stay)]
            job = Job(old, new, heap, own, effects=effects, left=frozenset(stay))
            try:
                _apply(job, place)
            except LeftError as error:  # done without it, from the start
                job.steps.back()
                left[error.name] = str(error.reason)
            except Exception as error:  # noqa: BLE001 - new statements of the user's ran: whatever they raise
                job.steps.back()
                reason = str(error) if isinstance(error, RefusedError) else f"{type(error).__name__}: {error}"
                return Followed(refused=reason, step=step if isinstance(error, RefusedError) else "")
            else:
                break
    linecache.checkcache(filename)
    return Followed(
        tuple(job.patched),
        tuple(filter(None, left.values())),
        tuple(job.notes),
        tuple(job.made_before),
        step=step if any(left.values()) else "",
        values=job.values,
        called=frozenset(job.called),
        behind={name: known.get(name) or _dump(old, name) for name in left},
        steps=job.steps,
    )


class LeftError(Exception):
    """A definition that cannot follow, and why."""

    def __init__(self, name: str, reason: RefusedError) -> None:
        super().__init__(name)
        self.name, self.reason = name, reason


def _carried(old: Text, new: Text, behind: dict[str, str]) -> dict[str, str]:
    """Return the definitions that earlier edits left and that this one does not bring back, with what to say."""
    left = {}
    for name, running in behind.items():
        wanted = _dump(new, name)
        if wanted and wanted != running:
            left[name] = "" if wanted == _dump(old, name) else f"{name}: it runs an older text"
    return left


def _dump(text: Text, name: str) -> str:
    body, node = text.tree.body, None
    for part in name.split("."):
        node = classes(body).get(part)
        body = node.body if node else []
    return ast.dump(node) if node else ""


def _is_within(path: str, names: Collection[str]) -> bool:
    """Say whether a definition is one of those, or stands in one."""
    return any(path == name or path.startswith(f"{name}.") for name in names)


def _futures(text: Text) -> tuple[ast.stmt, ...]:
    return tuple(
        each for each in text.tree.body if isinstance(each, ast.ImportFrom) and each.module == "__future__"
    )


@contextmanager
def _alone() -> Iterator[None]:
    """Let no other thread run in between, as far as Python lets one ask for it."""
    was = sys.getswitchinterval()
    sys.setswitchinterval(60)
    try:
        yield
    finally:
        sys.setswitchinterval(was)


def _stale(heap: Heap, text: Text, namespace: dict[str, Any], behind: dict[str, str]) -> str:
    """Return the name of a function that was not made by the text, lines apart, or nothing."""
    codes = {identity(each) for each in everything(text.code)}
    strange = {id(each) for each in heap.functions if identity(each.__code__) not in codes}
    known = {substance(each) for each in everything(text.code)}
    for path, function in _present(namespace, text.tree.body, ""):
        if id(function) not in strange or is_forward(function) or _is_within(path, behind):
            continue
        if substance(function.__code__) not in known:
            return path
    return ""


def _present(table: Any, body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, FunctionType]]:
    """Yield the functions that stand where the text defines some, with their names."""
    for node in definitions(body):
        value = table.get(node.name)
        if isinstance(node, ast.ClassDef):
            if isinstance(value, type):
                yield from _present(vars(value), node.body, f"{prefix}{node.name}.")
        else:
            yield from ((f"{prefix}{node.name}", each) for each in raw_functions(value))


def _apply(job: Job, place: Place) -> None:
    scope = compare((job.before, job.before.tree.body), (job.after, job.after.tree.body), place.namespace)
    changes = [
        each for each in scope.changes if not (isinstance(each, Changed) and class_name(each) in job.left)
    ]
    scope = replace(scope, changes=tuple(changes))
    for change in changes:
        if isinstance(change, Changed) and class_name(change):
            _or_left(check, job, place, change.old, change.new)
    lost = _swap_all(job, place.namespace)
    follow_scope(job, place, scope, functools.partial(_or_left, follow_class))
    if sys.version_info >= (3, 13):
        mark(job.steps, place.namespace, job.after.tree.body, job.after.code)
    for name in lost:
        job.note(name)
    _caches(job)
    running = {
        each.path
        for each in job.pairs
        if each.changed and any(_is(code, each.before) for code in job.heap.running)
    }
    for name in sorted(running):
        job.note(f"{name} runs on in a generator or task with its old code")
    job.called = affected(job)
    job.made_before += dependents(job, scope, job.called)


def _or_left(follow_one: Any, job: Job, place: Place, old: Any, new: Any) -> None:
    try:
        follow_one(job, place, old, new)
    except RefusedError as error:
        named = str(error).partition(": ")[0]  # it may be a class within
        raise LeftError(named if _dump(job.before, named) else new.name, error) from error


def class_name(change: Changed) -> str:
    """Return the name of a class that stands in both texts, nothing for another statement."""
    both = isinstance(change.old, ast.ClassDef) and isinstance(change.new, ast.ClassDef)
    return change.new.name if both and isinstance(change.new, ast.ClassDef) else ""


def _is(code: CodeType, other: CodeType) -> bool:
    if code.co_firstlineno != other.co_firstlineno:
        return False
    return bool(identity(code) == identity(other))


def _swap_all(job: Job, namespace: dict[str, Any]) -> list[str]:
    """Give every function its code in the new text, and return what is to say of those that cannot have it."""
    by_code: dict[Any, list[FunctionType]] = {}
    for function in job.heap.functions:
        by_code.setdefault(identity(function.__code__), []).append(function)
    displaced = _displaced(job, by_code, namespace)
    lost = []
    codes: dict[CodeType, CodeType] = {}
    for pair in job.pairs:
        functions = by_code.get(identity(pair.before), []) + displaced.get(
            (pair.path, substance(pair.before)), []
        )
        stay = []
        for function in functions:
            codes[function.__code__] = pair.after
            other = swap(job.steps, function, pair.after)
            if other is None:
                job.stuck.setdefault(id(pair.new), []).append(function)
                if pair.inner:
                    missing = sorted(set(pair.after.co_freevars) - set(pair.before.co_freevars))
                    lost.append(f"{pair.path} made before keeps the old code: it has no {', '.join(missing)}")
            else:
                stay.append(other)
        if pair.new is not None:
            job.functions[id(pair.new)] = stay
        if pair.changed and functions and (pair.inner or pair.new is None):
            job.tell(
                pair.path.partition(".<locals>")[0].partition(".<lambda>")[0].partition("<lambda>")[0]
                or "a lambda"
            )
        if pair.old is not None and pair.new is not None:
            doc = _doc(pair.new, pair.after)
            for function in stay:
                if function.__doc__ == _doc(pair.old, pair.before):
                    take_doc(job.steps, job.heap, function, doc)
    for held in job.heap.codes:
        if not held.isdisjoint(codes):
            job.steps.contents(held, {codes.get(each, each) for each in held})
    return list(dict.fromkeys(lost))


def _displaced(
    job: Job, by_code: dict[Any, list[FunctionType]], namespace: dict[str, Any]
) -> dict[Any, list[FunctionType]]:
    """Return the functions that do what the old text says, but think that they stand on other lines."""
    known = {identity(each.before) for each in job.pairs}
    strange = {id(each) for code, functions in by_code.items() if code not in known for each in functions}
    found: dict[Any, list[FunctionType]] = {}
    if strange:
        for path, function in _present(namespace, job.before.tree.body, ""):
            if id(function) in strange and not is_forward(function):
                found.setdefault((path, substance(function.__code__)), []).append(function)
    return found


def _doc(node: ast.AST, code: Any) -> str | None:
    has = (
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and ast.get_docstring(node, clean=False) is not None
    )
    value = code.co_consts[0] if has and code.co_consts else None
    return value if isinstance(value, str) else None


def _caches(job: Job) -> None:
    """Forget what changed functions returned before."""
    changed = {
        id(function) for each in job.pairs if each.changed for function in job.functions.get(id(each.new), [])
    }
    for cache in job.heap.caches:
        function = cache.__dict__.get("__wrapped__")
        if any(id(each) in changed for each in raw_functions(function)) and cache.cache_info().currsize:
            cache.cache_clear()
            job.note(f"cache of {function.__qualname__} cleared")
    names = {each.path for each in job.pairs if each.changed and each.new is not None}
    for path in names:
        _forget_cached(job, path)


def _forget_cached(job: Job, path: str) -> None:
    owner, _, name = path.rpartition(".")
    cls: Any = None
    table: Any = job.heap.functions[0].__globals__ if job.heap.functions else {}
    for part in owner.split(".") if owner else []:
        cls = table.get(part)
        if not isinstance(cls, type):
            return
        table = vars(cls)
    if cls is None or not isinstance(table.get(name), functools.cached_property):
        return
    holders = [each for each in instances(cls) if name in getattr(each, "__dict__", {})]
    for each in holders:
        job.steps.no_item(each.__dict__, name)
    if holders:
        job.note(f"{path} of {len(holders)} object{'s' * (len(holders) > 1)} is computed again")
