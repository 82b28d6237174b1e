"""What every face projects: an operation is a function whose parameters are described once."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from ipy_llm.errors import IpyLlmError
from ipy_llm.workspace.project import Workspace, journal_folder, pending_entry

Effect = Literal["read", "write", "run"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model reads, and the same as data.

    `found` says that a check found something new. `notes` are not part of what was asked for: where the
    lines go to a file they do not. `raw` lines are for a program: in UTF-8, whatever a terminal is set to.
    """

    lines: tuple[str, ...]
    facts: dict[str, Any] = field(default_factory=dict)
    found: bool = False
    notes: tuple[str, ...] = ()
    raw: bool = False

    def __str__(self) -> str:
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One described parameter.

    `choices` are the words it may be, any if there are none. `option` ones are given by name, the others by place. `body` marks the one that is raw text: stdin, or
    the body of a cell.
    """

    name: str
    help: str
    type: type
    default: Any = inspect.Parameter.empty
    body: bool = False
    option: bool = False
    choices: tuple[str, ...] = ()

    @property
    def required(self) -> bool:
        """Say whether it has no default."""
        return self.default is inspect.Parameter.empty

    @property
    def flag(self) -> str:
        """How it is given by name: `--no-around` of one that is on by default; `--in` of `in_`."""
        return f"--{'no-' * (self.default is True)}{self.name.rstrip('_').replace('_', '-')}"


@dataclass(frozen=True, slots=True)
class Operation:
    """A verb: its name, one line on it, what it does to the world, its parameters and its function.

    The function takes the `Workspace` first, then the parameters by name, and returns a `Reply`.
    """

    name: str
    summary: str
    effect: Effect
    parameters: tuple[Parameter, ...]
    function: Callable[..., Reply]


def perform(verb: Operation, workspace: Workspace, arguments: dict[str, Any]) -> Reply:
    """Run an operation on files that are whole: an edit that was cut short is settled first, and told of."""
    if not os.path.exists(pending_entry(journal_folder(workspace.root))):
        return verb.function(workspace, **arguments)
    from ipy_llm.workspace.journal import settle  # noqa: PLC0415 - a cold `show` would pay for it each time

    told = settle(workspace.root)
    if not told:  # another process was writing, and is done
        return verb.function(workspace, **arguments)
    try:
        reply = verb.function(workspace, **arguments)
    except IpyLlmError as error:
        error.steps = (*error.steps, told)
        raise
    reply = replace(reply, facts=reply.facts | {"settled": told})
    if reply.raw:
        return replace(reply, notes=(told, *reply.notes))
    return replace(reply, lines=(told, *reply.lines))


class Body:
    """Marks, in `Annotated[str, "help", Body]`, the parameter that is raw text."""


def operation(function: Callable[..., Reply], effect: Effect) -> Operation:
    """Describe a function by its own name, docstring and annotations."""
    hints = get_type_hints(function, include_extras=True)
    parameters = []
    for name, parameter in list(inspect.signature(function).parameters.items())[1:]:
        hint = hints[name]
        # Before 3.11 a default of None makes `Annotated[...]` an `Optional[Annotated[...]]`.
        hint = next((one for one in get_args(hint) if get_origin(one) is Annotated), hint)
        if get_origin(hint) is not Annotated:  # what a face supplies itself, e.g. a session's namespace
            continue
        base, text, *marks = get_args(hint)
        option = parameter.kind is inspect.Parameter.KEYWORD_ONLY
        # `Literal["a", "b"] | None`: None is what nobody said
        words = (get_args(one) for one in (base, *get_args(base)) if get_origin(one) is Literal)
        choices: tuple[str, ...] = next(words, ())
        kind = str if choices else base
        parameters.append(Parameter(name, text, kind, parameter.default, Body in marks, option, choices))
    summary = (inspect.getdoc(function) or "").partition("\n")[0]
    return Operation(function.__name__, summary, effect, tuple(parameters), function)
