"""The Pythons that jedi asks, kept from importing what is not the standard library's.

Where a module is compiled, jedi imports it to look inside, and its package, and so its code, with it.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Any

from jedi.api.environment import (  # type: ignore[import-untyped] # jedi ships no py.typed
    Environment,
    InterpreterEnvironment,
    InvalidPythonEnvironment,
)

from ipy_llm.errors import MissingToolError


@lru_cache(maxsize=4)
def environment(interpreter: str | None) -> Any:
    """Return jedi's environment of this Python, or of the one at `interpreter`, kept for the next call.

    Raises `MissingToolError` where that does not start.
    """
    if interpreter is None:
        return _SameInterpreter()
    try:
        return _OtherInterpreter(interpreter)
    except InvalidPythonEnvironment as error:
        raise MissingToolError(f"no Python that starts at {interpreter}") from error


class _SameInterpreter(InterpreterEnvironment):  # type: ignore[misc] # jedi is untyped
    """This Python, asked without a process."""

    def get_inference_state_subprocess(self, inference_state: Any) -> Any:
        return _careful(super().get_inference_state_subprocess(inference_state))


class _OtherInterpreter(Environment):  # type: ignore[misc] # jedi is untyped
    """Another Python, asked through a process of its own."""

    def get_inference_state_subprocess(self, inference_state: Any) -> Any:
        return _careful(super().get_inference_state_subprocess(inference_state))


def _careful(process: Any) -> Any:
    """Let jedi import compiled modules of the standard library only; its own rule allows all installed."""
    load = process.load_module

    def load_module(*, dotted_name: str, sys_path: list[str]) -> Any:
        if dotted_name.partition(".")[0] not in sys.stdlib_module_names:
            return None
        return load(dotted_name=dotted_name, sys_path=sys_path)

    process.load_module = load_module
    return process
