"""A running IPython, as the parts of a session meet it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


@dataclass
class Switches:
    """Which parts of a session work, and how far; `%config IpyLLM` turns them."""

    forgive: bool = True
    elide: bool = True
    explain: bool = True
    traceback: Literal["short", "full"] = "short"
    imports: bool = True
    written: bool = True
    root: str = ""
    output: int = 10_000  # characters of each stream and result of a cell, 0 for all
    follow: bool = True


class Part(Protocol):
    """What one room puts into a shell and takes out again, to the last trace.

    Whatever IPython calls of it must not raise: a transformer that does fails every cell from then on, and
    what shows a traceback that does would leave the user with none.
    """

    def put_on(self) -> None:
        """Take its place in the shell."""

    def take_off(self) -> None:
        """Leave the shell as it was found."""


class Wrapper:
    """Stands before one method of a shell, or of a part of it, on the instance."""

    def __init__(self, shell: Any, name: str) -> None:
        self.shell = shell
        self.name = name
        self.inner: Callable[..., Any] = getattr(shell, name)
        self._before: Any = None  # what stood on the instance itself
        self.active = False

    def put_on(self) -> None:
        """Take the place of the method, or of another that stands before it already."""
        self.inner = getattr(self.shell, self.name)
        self._before = vars(self.shell).get(self.name)
        setattr(self.shell, self.name, self)
        self.active = True

    def take_off(self) -> None:
        """Give the place back, or fall silent when something else was put over it since."""
        self.active = False
        if vars(self.shell).get(self.name) is not self:
            return
        if self._before is None:
            delattr(self.shell, self.name)
        else:
            setattr(self.shell, self.name, self._before)


def cell_magics(shell: InteractiveShell) -> set[str]:
    """Return the names of the cell magics that `shell` can run."""
    manager = shell.magics_manager
    return {*manager.magics["cell"], *manager.lazy_magics}


def line_magics(shell: InteractiveShell) -> set[str]:
    """Return the names of the line magics that `shell` can run."""
    manager = shell.magics_manager
    return {*manager.magics["line"], *manager.lazy_magics}
