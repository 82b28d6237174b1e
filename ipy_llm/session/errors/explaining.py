"""The part that explains errors: a traceback in a few lines, and the facts below it."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ipy_llm.session.shell import Switches, Wrapper, cell_magics, line_magics

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from ipy_llm.session.errors.cells import Session


class Explaining:
    """Exceptions are shown with what there is to know about them."""

    def __init__(self, shell: InteractiveShell, switches: Switches) -> None:
        shown = ExplainedTraceback(shell, switches)
        self._wrappers: tuple[Wrapper, ...] = (
            shown,
            ShownGroup(shell, shown),
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
    """Makes the traceback that IPython shows and sends short, and adds the facts.

    An exception that is shown again, as `%tb` does, is shown in full.
    """

    def __init__(self, shell: InteractiveShell, switches: Switches) -> None:
        super().__init__(shell, "_showtraceback")
        self._switches = switches
        self._told: set[str] = set()
        self._last: BaseException | None = None

    def __call__(self, etype: type[BaseException], evalue: BaseException, stb: list[str]) -> Any:
        """Show the traceback, of which `stb` is IPython's own, a list of texts."""
        if self.active and self._switches.explain and type(stb) is list and evalue is not self._last:
            self._last = evalue
            try:
                stb = self._explained(evalue, stb)
            except Exception:  # noqa: BLE001 - the traceback must be shown whatever the objects in it are like
                return self.inner(etype, evalue, stb)
        return self.inner(etype, evalue, stb)

    def take_off(self) -> None:
        """Give the place back, and let go of the exception."""
        self._last = None
        super().take_off()

    def is_short(self) -> bool:
        """Say whether exceptions are shown in a few lines."""
        return self.active and self._switches.explain and self._switches.traceback == "short"

    def is_last(self, error: BaseException) -> bool:
        """Say whether an exception is the one that was shown last."""
        return self._last is error

    def compact(self, error: BaseException, stb: list[str]) -> str:
        """Return the traceback in a few lines; "" where IPython's own is to be shown."""
        from ipy_llm.session.errors.compact import compact  # noqa: PLC0415 - for sessions with errors only

        return compact(error, stb, self._session())

    def _explained(self, error: BaseException, stb: list[str]) -> list[str]:
        from ipy_llm.session.errors.explain import explain  # noqa: PLC0415 - 14 ms, for sessions with errors only

        if self._switches.traceback == "short":
            short = self.compact(error, stb)
            stb = [short] if short else stb
        text = explain(error, self._session(), cell_magics(self.shell))
        return [*stb, f"\n{text}"] if text else stb  # some clients join the elements without a newline

    def _session(self) -> Session:
        from ipy_llm.session.errors.cells import Session  # noqa: PLC0415 - as above

        return Session(self._told, self._label, self._cells)

    def _label(self, file: str) -> str:
        found = self.shell.compile.format_code_name(file)
        return " ".join(found) if found is not None else ""

    def _cells(self) -> Iterator[tuple[str, str]]:
        history = self.shell.history_manager
        cells = history.input_hist_parsed if history is not None else []
        for number in range(len(cells) - 1, 0, -1):
            yield f"In[{number}]", cells[number]


class ShownGroup(Wrapper):
    """Shows groups of exceptions, which IPython leaves to Python, as it shows others."""

    def __init__(self, shell: InteractiveShell, shown: ExplainedTraceback) -> None:
        super().__init__(shell, "showtraceback")
        self._shown = shown

    def __call__(self, exc_tuple: Any = None, *args: Any, **options: Any) -> Any:
        """Show an exception."""
        error = exc_tuple[1] if type(exc_tuple) is tuple else sys.exc_info()[1] or vars(sys).get("last_value")
        stb = self._traceback(error) if not args and not options.get("exception_only") else None
        if stb is None or not isinstance(error, BaseException):
            return self.inner(exc_tuple, *args, **options)
        self.shell._get_exc_info((type(error), error, error.__traceback__))  # noqa: SLF001 - sets what `%tb` shows
        return self.shell._showtraceback(type(error), error, stb)  # noqa: SLF001 - as IPython does for others

    def _traceback(self, error: object) -> list[str] | None:
        """Return what to show of a group; None where IPython is to show the exception."""
        if not self.active or not isinstance(error, BaseException):
            return None
        from ipy_llm.session.errors.raised import has_group  # noqa: PLC0415 - as above

        try:
            if not has_group(error):
                return None
            if self._shown.is_last(error):  # IPython would print the one being handled, and there is none
                return traceback.format_exception(error)
            return [] if self._shown.is_short() and self._shown.compact(error, []) else None
        except Exception:  # noqa: BLE001 - then it is shown as IPython shows it
            return None


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
