"""Which functions of the project run, and in whose name: a test's, a fixture's, a module's while it is imported.

From Python 3.12 on by `sys.monitoring`, where a function costs once per context; before by `sys.settrace`, asked at each
call. What can change the outcome without running a function here is watched by an audit hook: files that are read, and
other Pythons that are started.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

_MODULE = "<module>"

_HERE = os.path.dirname(os.path.abspath(__file__))

# Folders below the project that are not its source.
_FOREIGN = ("site-packages", "node_modules")

# Read with a cache of its own, which an audit hook does not see.
_SOURCE_READER = "linecache.py"

# Their functions run when another process is started without `subprocess`.
_SPAWNERS = ("popen_spawn_posix.py", "popen_forkserver.py", "popen_spawn_win32.py")

_FORKS = frozenset(
    {"os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.exec", "os.system", "os.startfile"}
)

# They only look at what they are given, and it may be a Python: `platform.architecture` asks `file` about ours.
_LOOKERS = frozenset({"file", "ls", "stat", "which", "readlink", "realpath", "ldd"})

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Context:
    """What ran in one name: code by its number, modules it imported first, files it read.

    `opaque` says that another Python was started, or that the tracing was taken from us: anything may have run.
    """

    def __init__(self) -> None:
        self.codes: set[int] = set()
        self.modules: set[str] = set()
        self.files: set[str] = set()
        self.opaque = False

    def add(self, other: Context) -> None:
        """Count for this what ran for another one."""
        self.codes |= other.codes
        self.modules |= other.modules
        self.files |= other.files
        self.opaque = self.opaque or other.opaque


class Tracer:
    """Follows the running code of the project at `root`.

    `codes` are all that ran, `(path, first line)`, by their number. `imports` are the contexts of modules by their path.
    """

    def __init__(self, root: str) -> None:
        self.codes: list[tuple[str, int]] = []
        self.imports: dict[str, Context] = {}
        self.session = Context()
        self.reading = True  # files count
        self._root = os.path.join(os.path.realpath(root), "")
        self._plain = os.path.join(os.path.abspath(root), "")
        self._files: dict[str, str | None] = {}  # as code names them; None for one that is not the project's
        self._numbers: dict[tuple[str, int], int] = {}
        # the lines at which what ran in this context began, by the file of its module; None for one that is not the project's
        self._seen: dict[Any, set[int] | None] = {}
        self._called = self._caller()
        self._stack: list[Context] = [self.session]
        self._main = threading.get_ident()
        self._monitoring = _Monitoring(self) if hasattr(sys, "monitoring") else None

    def start(self) -> None:
        """Begin."""
        sys.addaudithook(self._audit)
        if self._monitoring is not None and self._monitoring.start():
            return
        self._monitoring = None
        threading.settrace(self._called)
        sys.settrace(self._called)

    def enter(self, context: Context) -> None:
        """Let what runs from now on count for `context`, until `leave`."""
        self._stack.append(context)
        self._renew()

    def leave(self, context: Context) -> None:
        """Let what runs count for the one before again."""
        if self._monitoring is None and sys.gettrace() != self._called:
            # a test that traces itself took it from us; what ran meanwhile is not known
            context.opaque = True
            sys.settrace(self._called)
        if context in self._stack:
            del self._stack[self._stack.index(context) :]
        self._renew()

    def stop(self) -> None:
        """Follow nothing more."""
        self._stack[:] = [Context()]
        if self._monitoring is not None:
            self._monitoring.stop()
        else:
            sys.settrace(None)
            threading.settrace(None)

    def relative(self, path: str) -> str | None:
        """Return a path relative to the project with `/`; None outside it or in an environment within it."""
        for base in (self._plain, self._root):
            if path.startswith(base):
                parts = path[len(base) :].split(os.sep)
                if (
                    parts[0].startswith(".")
                    or parts[0] in ("venv", "env")
                    or any(one in _FOREIGN for one in parts)
                ):
                    return None
                return "/".join(parts)
        return None

    def _renew(self) -> None:
        for lines in self._seen.values():
            if lines:
                lines.clear()
        if self._monitoring is not None:
            self._monitoring.restart()

    def _caller(self) -> Any:
        """Return what `sys.settrace` is given. It is called at each call of any function: no attribute is looked up."""
        seen, ran, ended = self._seen, self.ran, self._ended
        unknown: set[int] = set()

        def called(frame: Any, event: str, argument: Any) -> Any:  # noqa: ARG001 - it gives them
            # not by `f_code`, nor by an `id`: both wake the audit hook
            lines = seen.get(frame.f_globals.get("__file__"), unknown)
            if lines is None or frame.f_lineno in lines:
                return None
            return ended if ran(frame.f_code, frame) else None

        return called

    def _ended(self, frame: Any, event: str, argument: Any) -> Any:  # noqa: ARG002
        frame.f_trace_lines = False
        if event == "return":
            self.returned(frame.f_code)
        return self._ended

    def ran(self, code: Any, frame: Any) -> bool:
        """Count a code for the present context; say whether it is a module's, whose end is to be told."""
        path = self._file(code.co_filename)
        if path is None:
            if code.co_filename == frame.f_globals.get("__file__"):
                self._seen[code.co_filename] = None
            return False
        top = self._stack[-1]
        if path == _SOURCE_READER:
            if code.co_name == "getlines":
                self._read(str(frame.f_locals.get("filename")))
            return False
        if path in _SPAWNERS:
            top.opaque = True
            return False
        if code.co_name == _MODULE and threading.get_ident() == self._main:
            top.modules.add(path)
            context = self.imports.setdefault(path, Context())
            self._stack.append(context)
            self._renew()
            return True
        place = (path, code.co_firstlineno)
        number = self._numbers.get(place)
        if number is None:
            number = self._numbers[place] = len(self.codes)
            self.codes.append(place)
        top.codes.add(number)
        if code.co_filename == frame.f_globals.get("__file__"):
            lines = self._seen.setdefault(code.co_filename, set())
            if lines is not None:
                lines.add(frame.f_lineno)
        return False

    def returned(self, code: Any) -> None:
        """End the context of a module."""
        path = self._file(code.co_filename)
        context = self.imports.get(path) if path else None
        if context is not None and context in self._stack:
            del self._stack[self._stack.index(context) :]
            self._renew()

    def _file(self, name: str) -> str | None:
        if name not in self._files:
            found = None
            if name.endswith(".py"):
                found = self.relative(os.path.abspath(name)) or self.relative(os.path.realpath(name))
                last = os.path.basename(name)
                if found is None and (last in _SPAWNERS or last == _SOURCE_READER):
                    found = last
            self._files[name] = found
        return self._files[name]

    def _read(self, name: str) -> None:
        top = self._stack[-1]
        if self.reading and top is not self.session and (path := self.relative(os.path.abspath(name))):
            top.files.add(path)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            name, _, flags = arguments
            if isinstance(name, (str, bytes)) and not (flags or 0) & _WRITING:
                name = os.fsdecode(name)
                # a module's own text is read by the import system, or by pytest, which rewrites asserts
                if not (name.endswith((".py", ".pyc")) and self._importing()):
                    self._read(name)
        elif event in _FORKS or (event == "subprocess.Popen" and _starts_python(arguments)):
            self._stack[-1].opaque = True

    def _importing(self) -> bool:
        frame: Any = sys._getframe(2)  # noqa: SLF001 - there is no other way to it
        for _ in range(3):
            if frame is None:
                return False
            if (
                frame.f_code.co_filename.startswith("<frozen importlib")
                or "assertion" in frame.f_code.co_filename
                or os.path.dirname(frame.f_code.co_filename) == _HERE
            ):
                return True
            frame = frame.f_back
        return False


def _starts_python(arguments: tuple[Any, ...]) -> bool:
    executable, words, _, _ = arguments
    if isinstance(words, (str, bytes)):
        words = [words]
    first = os.fsdecode(words[0]) if words and isinstance(words[0], (str, bytes, os.PathLike)) else ""
    if os.path.basename(first) in _LOOKERS:
        return False
    folder = os.path.dirname(sys.executable)
    for word in [executable, *words]:
        text = os.fsdecode(word) if isinstance(word, (str, bytes, os.PathLike)) else ""
        if "python" in text or "pypy" in text or ".py" in text or (text and text.startswith(folder)):
            return True
        if text and os.sep not in text and os.path.exists(os.path.join(folder, text)):
            return True
    return False


class _Monitoring:
    """The same by `sys.monitoring`: each code tells of itself once, until it is asked again."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._tool = -1
        self._api: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]

    def start(self) -> bool:
        """Begin; say whether there was room for one more tool."""
        for tool in (4, 3, 2):
            try:
                self._api.use_tool_id(tool, "ipy_llm")
            except ValueError:
                continue
            self._tool = tool
            break
        else:
            return False
        events = self._api.events
        for event, callback in (
            (events.PY_START, self._started),
            (events.PY_RESUME, self._started),
            (events.PY_RETURN, self._returned),
            (events.PY_UNWIND, self._unwound),
        ):
            self._api.register_callback(self._tool, event, callback)
        self._api.set_events(self._tool, events.PY_START | events.PY_RESUME | events.PY_UNWIND)
        return True

    def stop(self) -> None:
        self._api.set_events(self._tool, 0)
        self._api.free_tool_id(self._tool)

    def restart(self) -> None:
        self._api.restart_events()

    def _started(self, code: Any, offset: int) -> Any:  # noqa: ARG002
        tracer = self._tracer
        if tracer.ran(code, sys._getframe(1)):  # noqa: SLF001 - the frame that starts
            self._api.set_local_events(self._tool, code, self._api.events.PY_RETURN)
        return None if code.co_filename.endswith(_SOURCE_READER) else self._api.DISABLE

    def _returned(self, code: Any, offset: int, value: Any) -> Any:  # noqa: ARG002
        if code.co_name == _MODULE:
            self._tracer.returned(code)

    def _unwound(self, code: Any, offset: int, error: BaseException) -> Any:  # noqa: ARG002
        if code.co_name == _MODULE:
            self._tracer.returned(code)
