"""Every error ipy_llm raises, and who must act on it.

IpyLlmError
  RequestError              change the request                exit 2
    ParseError                the address or the text does not parse
    NotFoundError             nothing has that name; the closest are listed
    AmbiguousError            several have it; every full address is listed
    EditRejectedError         the edit would break or lose something
  ConflictError             read again, then retry            exit 3
    StaleError                the text changed since it was shown
    TransactionError          the files could not all be written; none was
  ToolError                 fix the machine                   exit 4
    MissingToolError          a program or an extra is not installed
    TimeoutError_             a tool ran past its time
  ModelError                the model or its server failed    exit 5

An error carries facts; the faces turn it into a message and an exit code, in one place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class IpyLlmError(Exception):
    """A refusal or failure, with what to do next.

    `message` is one line on what is wrong. `steps` are further lines: the addresses, commands or
    corrected text that can be sent next, ready to paste.
    """

    exit_code: ClassVar[int]

    def __init__(self, message: str, *, steps: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.steps = tuple(steps)

    def __str__(self) -> str:
        return "\n".join((self.message, *self.steps))


class RequestError(IpyLlmError):
    """The request cannot be met as written: change it."""

    exit_code = 2


class ParseError(RequestError):
    """An address, a header or a text does not parse."""


class NotFoundError(RequestError):
    """Nothing has that name. `near` holds the closest names, best first."""

    def __init__(self, message: str, *, near: Sequence[str] = (), steps: Sequence[str] = ()) -> None:
        super().__init__(message, steps=steps)
        self.near = tuple(near)


class AmbiguousError(RequestError):
    """Several things have that name. `candidates` holds every full address."""

    def __init__(self, message: str, *, candidates: Sequence[str], steps: Sequence[str] = ()) -> None:
        super().__init__(message, steps=steps)
        self.candidates = tuple(candidates)


class EditRejectedError(RequestError):
    """The edit would break the file or lose something; nothing was written."""


class ConflictError(IpyLlmError):
    """The world changed: read again, then retry."""

    exit_code = 3


class StaleError(ConflictError):
    """The text is not what it was when it was shown."""


class TransactionError(ConflictError):
    """The files could not all be written; none was."""


class ToolError(IpyLlmError):
    """The machine lacks something."""

    exit_code = 4


class MissingToolError(ToolError):
    """A program, package or extra is not installed."""


class TimeoutError_(ToolError):  # noqa: N801, N818 - the built-in has the plain name
    """A tool ran past its time and was stopped."""


class ModelError(IpyLlmError):
    """The model or its server failed."""

    exit_code = 5
