"""The part that keeps what a cell prints and returns to a budget: the head, the tail, and a handle to the rest."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO

from ipy_llm.session.output.kept import Kept, Text
from ipy_llm.session.shell import Switches, Wrapper

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_TAIL = 4  # one part in so many of what is shown is the end
_SLACK = 10  # likewise: to leave out less is not worth the words


class Bounding:
    """What a cell prints and returns is cut in the middle where it is long."""

    def __init__(self, shell: InteractiveShell, switches: Switches, kept: Kept) -> None:
        self._shell = shell
        self._switches = switches
        self._kept = kept
        self._streams: list[Stream] = []
        self._depth = 0
        self._number = 0
        self._text = Text()
        self._events: dict[str, Callable[..., object]] = {
            "pre_run_cell": self._begin,
            "post_run_cell": self._end,
        }
        self._results = BoundedResults(shell.display_formatter, self)
        self._tracebacks = FlushedTraceback(shell, self)

    def put_on(self) -> None:
        """Listen to cells that begin and end; streams are touched only between."""
        for event, callback in self._events.items():
            self._shell.events.register(event, callback)
        self._results.put_on()
        self._tracebacks.put_on()

    def take_off(self) -> None:
        """Give every stream back."""
        for event, callback in self._events.items():
            with suppress(ValueError):  # someone else cleared the list
                self._shell.events.unregister(event, callback)
        self._results.take_off()
        self._tracebacks.take_off()
        self._restore()

    def _begin(self, *_: object) -> None:
        self._depth += 1
        if self._depth > 1 or not self._switches.output:  # `%%capture` and the like fire it within a cell
            return
        history = self._shell.history_manager
        self._number = len(history.input_hist_parsed) if history is not None else self._shell.execution_count
        self._text = Text()
        self._kept.forget(self._number)  # a cell that is not counted has the number of the next one
        for stream in dict.fromkeys((sys.stdout, sys.stderr)):
            with suppress(AttributeError, TypeError):  # what somebody put there may take no other `write`
                self._streams.append(Stream(stream, self._text, self._switches.output))

    def _end(self, *_: object) -> None:
        self._depth = max(self._depth - 1, 0)
        if self._depth == 0:
            self._restore()

    def _restore(self) -> None:
        self.flush()
        for stream in self._streams:
            stream.restore()
        self._streams.clear()

    def flush(self) -> None:
        """Print what was held back so far: how much is left out, and the end."""
        full = [stream for stream in self._streams if stream.held]
        if any(stream.cuts for stream in full):
            self._kept.keep(self._number, self._text, min(stream.lines for stream in full))
        for stream in full:
            stream.flush(self._number)

    @contextmanager
    def lifted(self) -> Iterator[None]:
        """Let pass all that is written meanwhile, below what was held back so far: it has a budget of its own."""
        self.flush()
        for stream in self._streams:
            stream.open = True
        try:
            yield
        finally:
            for stream in self._streams:
                stream.open = False

    def bound(self, text: str) -> str:
        """Return a result's text within the budget."""
        self.flush()  # what was printed before it stands above it
        limit = self._switches.output
        if limit and self._depth and len(text) > limit + limit // _SLACK:
            text = self._cut(text, limit)
        for stream in self._streams:  # a terminal prints it, which is not to be counted twice
            stream.widen(len(text))
        return text

    def _cut(self, text: str, limit: int) -> str:
        whole = Text()
        whole.add(text)
        head, tail = text[: limit - limit // _TAIL], _from_line(text[-(limit // _TAIL) :])
        self._kept.keep(self._number, whole, head.count("\n"))
        return f"{head}\n{_left_out(len(text) - len(head) - len(tail), self._number)}\n{tail}"


class Stream:
    """Stands before the `write` of one stream while a cell runs."""

    def __init__(self, stream: TextIO, text: Text, limit: int) -> None:
        self._stream = stream
        self._inner = stream.write
        self._before = vars(stream).get("write")
        self._text = text
        self._room = limit - limit // _TAIL
        self._most = limit // _TAIL
        self._slack = limit // _SLACK
        self._tail = ""
        self.open = False  # to all that is written
        self.held = 0  # characters held back; of them `_tail` are the last
        self.lines = 0  # shown so far
        setattr(stream, "write", self)  # noqa: B010 - mypy takes a method for constant

    @property
    def cuts(self) -> bool:
        """Say whether more is held back than will be shown."""
        return self.held > self._most + self._slack

    def __call__(self, text: str) -> Any:
        """Write what there is room for, and hold the rest back."""
        if type(text) is not str or self.open:
            return self._inner(text)
        self._text.add(text)
        now = "" if self.held else text[: self._room]  # room came since: what waits is first
        if now:
            self._room -= len(now)
            self.lines += now.count("\n")
            self._inner(now)
        rest = text[len(now) :]
        if rest:
            self.held += len(rest)
            self._tail = (self._tail + rest)[-self._most - self._slack :]
        return len(text)

    def widen(self, count: int) -> None:
        """Give room for so many characters more."""
        self._room += count

    def flush(self, number: int) -> None:
        """Write what was held back: its end, below what is left out of it."""
        if self.cuts:
            self._tail = _from_line(self._tail[-self._most :])
            self._inner(f"\n{_left_out(self.held - len(self._tail), number)}\n")
        if self.held:
            self._inner(self._tail)
            self._most //= 2  # a cell that displays much in between shows no more for it
        self._tail, self.held = "", 0

    def restore(self) -> None:
        """Give the place back, unless something else was put over it since."""
        if vars(self._stream).get("write") is not self:
            return
        if self._before is None:
            delattr(self._stream, "write")
        else:
            setattr(self._stream, "write", self._before)  # noqa: B010 - as above


class BoundedResults(Wrapper):
    """Cuts the plain text of what a cell returns or displays; what a person sees of it stays."""

    def __init__(self, formatter: Any, bounding: Bounding) -> None:
        super().__init__(formatter, "format")
        self._bounding = bounding

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the formats of an object, the plain text within the budget."""
        formats, metadata = self.inner(*args, **kwargs)
        if self.active and type(formats) is dict and type(formats.get("text/plain")) is str:
            formats["text/plain"] = self._bounding.bound(formats["text/plain"])
        return formats, metadata


class FlushedTraceback(Wrapper):
    """Prints what was held back before an error is shown, and the error whole: a terminal prints it as output."""

    def __init__(self, shell: InteractiveShell, bounding: Bounding) -> None:
        super().__init__(shell, "_showtraceback")
        self._bounding = bounding

    def __call__(self, *args: Any) -> Any:
        """Show the error below all output."""
        if not self.active:
            return self.inner(*args)
        with self._bounding.lifted():
            return self.inner(*args)


def _from_line(text: str) -> str:
    """Return a text from its first whole line on, all of it where it has no other."""
    return text.partition("\n")[2] or text


def _left_out(count: int, number: int) -> str:
    return f"[ipy_llm] {count:,} characters left out: %llm more {number}"
