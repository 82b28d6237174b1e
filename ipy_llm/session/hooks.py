"""Put the session's hooks into a running IPython, and take them out again.

Whatever IPython calls here must not raise: a transformer that does fails every cell from then on, and
what shows a traceback that does would leave the user with none.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ipy_llm.session.forgive import forgive, strip_comments

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, InteractiveShell

_PLACE = "_ipy_llm_session"  # on the shell, so that the record lives as long as the hooks do


@dataclass(frozen=True, slots=True)
class Installed:
    """The hooks of one shell: exactly what `uninstall` takes out."""

    forgiver: Forgiver
    comment_stripper: CommentStripper
    announce: Callable[[ExecutionInfo], None]
    wrappers: tuple[Wrapper, ...]


def install(shell: InteractiveShell) -> Installed:
    """Forgive cells and explain errors in `shell`; a second call finds it done and changes nothing."""
    present = vars(shell).get(_PLACE)
    if isinstance(present, Installed):
        return present
    forgiver = Forgiver(shell)
    installed = Installed(
        forgiver,
        CommentStripper(),
        forgiver.announce,
        (ExplainedTraceback(shell, "_showtraceback"), ExplainedUsage(shell, "show_usage_error")),
    )
    # first: IPython's own clean-up changes bodies
    shell.input_transformers_cleanup.insert(0, installed.forgiver)
    shell.input_transformers_cleanup.append(installed.comment_stripper)
    shell.events.register("pre_run_cell", installed.announce)
    for wrapper in installed.wrappers:
        wrapper.put_on()
    setattr(shell, _PLACE, installed)
    return installed


def uninstall(shell: InteractiveShell) -> None:
    """Leave `shell` as `install` found it; without an `install` before, do nothing."""
    installed = vars(shell).get(_PLACE)
    if not isinstance(installed, Installed):
        return
    delattr(shell, _PLACE)
    shell.input_transformers_cleanup[:] = [
        each
        for each in shell.input_transformers_cleanup
        if each is not installed.forgiver and each is not installed.comment_stripper
    ]
    with suppress(ValueError):  # someone else cleared the list
        shell.events.unregister("pre_run_cell", installed.announce)
    for wrapper in installed.wrappers:
        wrapper.take_off()


class Forgiver:
    """The first transformer of a cell."""

    # `check_complete` is to see the cell as it was typed; it passes over transformers with this mark
    has_side_effects = True

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell

    def __call__(self, lines: list[str]) -> list[str]:
        """Return the lines of the cell that was meant."""
        cell = "".join(lines)
        try:
            forgiven = forgive(cell, cell_magics(self._shell))
        except Exception:  # noqa: BLE001 - raising here would fail every cell of the session
            return lines
        return lines if forgiven is None or forgiven.code == cell else _lines(forgiven.code)

    def announce(self, info: ExecutionInfo) -> None:
        """Say before a cell runs what was understood beyond its words; transformers run several times."""
        cell = info.raw_cell
        try:
            forgiven = forgive(cell, cell_magics(self._shell)) if type(cell) is str else None
        except Exception:  # noqa: BLE001 - IPython would report it as an error of the cell
            return
        if forgiven is not None and forgiven.notice:
            print(forgiven.notice, file=sys.stderr)  # noqa: T201 - the stream of the cell about to run


class CommentStripper:
    """The last transformer: a cell magic below comments, behind prompts or for `check_complete`."""

    def __call__(self, lines: list[str]) -> list[str]:
        """Return the lines from the magic on."""
        cell = "".join(lines)
        stripped = strip_comments(cell)
        return lines if stripped == cell else _lines(stripped)


class Wrapper:
    """Stands before one method of a shell, on the instance."""

    def __init__(self, shell: InteractiveShell, name: str) -> None:
        self.shell = shell
        self.name = name
        self.inner: Callable[..., Any] = getattr(shell, name)
        self._was_on_instance = name in vars(shell)
        self.active = False

    def put_on(self) -> None:
        """Take the place of the method."""
        setattr(self.shell, self.name, self)
        self.active = True

    def take_off(self) -> None:
        """Give the place back, or fall silent when something else was put over it since."""
        self.active = False
        if vars(self.shell).get(self.name) is not self:
            return
        if self._was_on_instance:
            setattr(self.shell, self.name, self.inner)
        else:
            delattr(self.shell, self.name)


class ExplainedTraceback(Wrapper):
    """Adds the facts to the traceback that IPython shows and sends."""

    def __init__(self, shell: InteractiveShell, name: str) -> None:
        super().__init__(shell, name)
        self._shown: set[str] = set()

    def __call__(self, etype: type[BaseException], evalue: BaseException, stb: list[str]) -> Any:
        """Show the traceback `stb`, a list of texts, and the facts under it."""
        if self.active and type(stb) is list:
            try:
                from ipy_llm.session.explain import explain  # noqa: PLC0415 - 14 ms, for sessions with errors only

                text = explain(evalue, shown=self._shown, cell_magics=cell_magics(self.shell))
            except Exception:  # noqa: BLE001 - the traceback must be shown whatever the objects in it are like
                text = ""
            if text:
                stb = [*stb, f"\n{text}"]  # some clients join the elements without a newline
        return self.inner(etype, evalue, stb)


class ExplainedUsage(Wrapper):
    """Adds what to write instead below a UsageError."""

    def __call__(self, exc: BaseException) -> Any:
        """Show the error, and what to write instead under it."""
        shown = self.inner(exc)
        if self.active:
            try:
                from ipy_llm.session.explain import explain_usage  # noqa: PLC0415 - as above

                text = explain_usage(
                    exc, cell_magics=cell_magics(self.shell), line_magics=line_magics(self.shell)
                )
            except Exception:  # noqa: BLE001 - as above
                text = ""
            if text:
                print(text, file=sys.stderr)  # noqa: T201 - where IPython put the error
        return shown


def _lines(text: str) -> list[str]:
    # not splitlines(): it also splits at form feeds and U+2028
    return [f"{line}\n" for line in text.removesuffix("\n").split("\n")]


def cell_magics(shell: InteractiveShell) -> set[str]:
    """Return the names of the cell magics that `shell` can run."""
    manager = shell.magics_manager
    return {*manager.magics["cell"], *manager.lazy_magics}


def line_magics(shell: InteractiveShell) -> set[str]:
    """Return the names of the line magics that `shell` can run."""
    manager = shell.magics_manager
    return {*manager.magics["line"], *manager.lazy_magics}
