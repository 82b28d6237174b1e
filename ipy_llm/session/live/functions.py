"""Live functions that run new code, whoever holds them."""

from __future__ import annotations

import inspect
from types import CellType, CodeType, FunctionType
from typing import Any

from ipy_llm.session.live.heap import Heap
from ipy_llm.session.live.steps import Steps

FORWARD = "<ipy_llm forward>"  # the file of a function that only calls another
_HEADER = ("__defaults__", "__kwdefaults__")
_TARGET = "target of a forward"

# One for each kind of function, so that what asks for the kind of the old one is answered rightly.
_FORWARDS = """
def call(*args, **kwargs):
    target = "target of a forward"
    return target(*args, **kwargs)
async def coroutine(*args, **kwargs):
    target = "target of a forward"
    return await target(*args, **kwargs)
def generator(*args, **kwargs):
    target = "target of a forward"
    return (yield from target(*args, **kwargs))
async def stream(*args, **kwargs):
    target = "target of a forward"
    async for each in target(*args, **kwargs):
        yield each
def method(self, *args, **kwargs):
    target = "target of a forward"
    return target(self)(*args, **kwargs)
"""


def swap(steps: Steps, function: FunctionType, code: CodeType) -> FunctionType | None:
    """Make a function run `code`; return it, or the one it now calls. None where it lacks a cell for it."""
    free = function.__code__.co_freevars
    if code.co_freevars == free[: len(code.co_freevars)]:
        # Cells it does not use do no harm; as many as it has must be named.
        steps.code(function, code if code.co_freevars == free else code.replace(co_freevars=free))
        return function
    cells = dict(zip(free, function.__closure__ or (), strict=True))
    if not set(code.co_freevars) <= set(cells):
        return None
    other = copy(function, code, tuple(cells[name] for name in code.co_freevars))
    forward(steps, function, other)
    return other


def copy(function: FunctionType, code: CodeType, closure: tuple[CellType, ...]) -> FunctionType:
    """Return a function like another, with code and cells of its own."""
    other = FunctionType(code, function.__globals__, function.__name__, function.__defaults__, closure)
    other.__kwdefaults__ = function.__kwdefaults__
    other.__annotations__ = function.__annotations__
    other.__doc__ = function.__doc__
    other.__qualname__ = function.__qualname__
    other.__module__ = function.__module__
    other.__dict__.update(function.__dict__)
    return other


def forward(steps: Steps, function: FunctionType, target: Any, *, bound: Any = None) -> None:
    """Make a function call another from now on: whoever saved it means what has its name.

    `bound`: it is a method that was saved with its object; `target` finds what the object has now, which is this.
    """
    code = function.__code__
    flags = target.__code__.co_flags if isinstance(target, FunctionType) and bound is None else 0
    kind = "call" if bound is None else "method"
    if flags & inspect.CO_ASYNC_GENERATOR:
        kind = "stream"
    elif flags & inspect.CO_COROUTINE:
        kind = "coroutine"
    elif flags & inspect.CO_GENERATOR:
        kind = "generator"
    template = next(each for each in _templates() if each.co_name == kind)
    consts = tuple(target if each == _TARGET else each for each in template.co_consts)
    steps.code(
        function, template.replace(co_consts=consts, co_name=code.co_name, co_freevars=code.co_freevars)
    )
    steps.attribute(function, "__defaults__", None)
    steps.attribute(function, "__kwdefaults__", None)
    steps.item(
        function.__dict__, "__wrapped__", target if bound is None else next(iter(raw_functions(bound)), bound)
    )


def _templates() -> list[CodeType]:
    module = compile(_FORWARDS, FORWARD, "exec", dont_inherit=True)
    return [each for each in module.co_consts if isinstance(each, CodeType)]


def is_forward(function: FunctionType) -> bool:
    """Say whether a function of ours only calls another."""
    return function.__code__.co_filename == FORWARD


def take_header(steps: Steps, function: FunctionType, made: FunctionType) -> None:
    """Give a function the defaults and annotations of another of its name."""
    for name in _HEADER:
        steps.attribute(function, name, getattr(made, name))
    # In place: what `functools.wraps` put around it shares the very dict.
    steps.contents(function.__annotations__, made.__annotations__)
    if hasattr(made, "__type_params__"):
        steps.attribute(function, "__type_params__", made.__type_params__)


def take_doc(steps: Steps, heap: Heap, function: FunctionType, doc: str | None) -> None:
    """Change the docstring, also of what was wrapped around the function and shows the same."""
    was = function.__doc__
    if was == doc:
        return
    holders: list[Any] = [function]
    for holder in holders:
        if holder.__doc__ == was:
            steps.attribute(holder, "__doc__", doc)
        holders += [each for each in heap.wrappers if each.__dict__.get("__wrapped__") is holder]


def raw_functions(value: Any) -> list[FunctionType]:
    """Return the plain functions in what a decorator made: a property's three, what is wrapped, or itself."""
    if isinstance(value, FunctionType):
        within = [each for each in (value.__dict__.get("__wrapped__"),) if each is not None]
        return [value, *(one for each in within for one in raw_functions(each))]
    if isinstance(value, property):
        return [one for each in (value.fget, value.fset, value.fdel) for one in raw_functions(each)]
    for name in ("__func__", "func", "__wrapped__"):
        held = _attribute(value, name)
        if held is not None:
            return raw_functions(held)
    return []


def _attribute(value: Any, name: str) -> Any:
    if value is None or isinstance(value, type):
        return None
    try:
        return object.__getattribute__(value, name)
    except AttributeError:
        return None
