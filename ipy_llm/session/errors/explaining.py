"""The part that explains errors: facts below what IPython shows of an exception."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ipy_llm.session.shell import Switches, Wrapper, cell_magics, line_magics

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class Explaining:
    """Exceptions are shown with what there is to know about them."""

    def __init__(self, shell: InteractiveShell, switches: Switches) -> None:
        self._wrappers: tuple[Wrapper, ...] = (
            ExplainedTraceback(shell, switches),
            ExplainedUsage(shell, switches),
        )

    def put_on(self) -> None:
        """Stand before what shows errors."""
        for wrapper in self._wrappers:
            wrapper.put_on()

    def take_off(self) -> None:
        """Give the places back."""
        for wrapper in self._wrappers:
            wrapper.take_off()


class ExplainedTraceback(Wrapper):
    """Adds the facts to the traceback that IPython shows and sends."""

    def __init__(self, shell: InteractiveShell, switches: Switches) -> None:
        super().__init__(shell, "_showtraceback")
        self._switches = switches
        self._shown: set[str] = set()

    def __call__(self, etype: type[BaseException], evalue: BaseException, stb: list[str]) -> Any:
        """Show the traceback `stb`, a list of texts, and the facts under it."""
        if self.active and self._switches.explain and type(stb) is list:
            try:
                from ipy_llm.session.errors.explain import explain  # noqa: PLC0415 - 14 ms, for sessions with errors only

                text = explain(evalue, shown=self._shown, cell_magics=cell_magics(self.shell))
            except Exception:  # noqa: BLE001 - the traceback must be shown whatever the objects in it are like
                text = ""
            if text:
                stb = [*stb, f"\n{text}"]  # some clients join the elements without a newline
        return self.inner(etype, evalue, stb)


class ExplainedUsage(Wrapper):
    """Adds what to write instead below a UsageError."""

    def __init__(self, shell: InteractiveShell, switches: Switches) -> None:
        super().__init__(shell, "show_usage_error")
        self._switches = switches

    def __call__(self, exc: BaseException) -> Any:
        """Show the error, and what to write instead under it."""
        shown = self.inner(exc)
        if self.active and self._switches.explain:
            try:
                from ipy_llm.session.errors.explain import explain_usage  # noqa: PLC0415 - as above

                text = explain_usage(
                    exc, cell_magics=cell_magics(self.shell), line_magics=line_magics(self.shell)
                )
            except Exception:  # noqa: BLE001 - as above
                text = ""
            if text:
                print(text, file=sys.stderr)  # noqa: T201 - where IPython put the error
        return shown
