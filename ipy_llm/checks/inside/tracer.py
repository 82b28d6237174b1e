"""Which functions of the project run, and in whose name: a test's, a fixture's, a module's while it is imported.

From Python 3.12 on by `sys.monitoring`, where a function costs once per context; before by `sys.settrace`, asked at each
call. What can change the outcome without running a function here is watched (see `looking`): files that are read or looked
for, folders that are listed, other Pythons that are started. What a function leaves for later tests, see `outliving`.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

_MODULE = "<module>"

# tests replace it
_getframe = sys._getframe  # noqa: SLF001 - there is no other way to a frame

# Folders below the project that are not its source.
_FOREIGN = ("site-packages", "node_modules")

_SETS = ("codes", "modules", "files", "looked", "listed", "fills", "spills")


class Context:
    """What ran in one name: code by its number, modules it imported first, files it read, looked for, folders it listed.

    `fills` are the functions that leave something behind, by their numbers, of which this may have used what they left; what this
    ran counts for those in `spills`. `opaque` says that another Python was started, or that the tracing was taken from us:
    anything may have run. `path` is the file of a module that is imported.
    """

    def __init__(self, path: str = "") -> None:
        self.path = path
        self.codes: set[int] = set()
        self.modules: set[str] = set()
        self.files: set[str] = set()
        self.looked: set[str] = set()
        self.listed: set[str] = set()
        self.fills: set[int] = set()
        self.spills: set[int] = set()
        self.opaque = False

    def add(self, other: Context) -> None:
        """Count for this what ran for another one."""
        for name in _SETS:
            getattr(self, name).update(getattr(other, name))
        self.opaque = self.opaque or other.opaque


class Tracer:
    """Follows the running code of the project at `root`.

    `codes` are all that ran, `(path, first line)`, by their number. `imports` are the contexts of modules by their path, `met` the
    modules that code of a file made Python import. `looking`, `outliving` and `monitoring` are the modules of these
    names, for `writes` see `outliving`.
    """

    def __init__(
        self, root: str, looking: Any, outliving: Any, monitoring: Any, writes: dict[str, Any]
    ) -> None:
        self.codes: list[tuple[str, int]] = []
        self.imports: dict[str, Context] = {}
        self.met: dict[str, set[str]] = {}
        self.session = Context()
        self.reading = True  # files count
        self.outliving = outliving.Outliving(Context, writes)
        self._looking = looking
        self._root = os.path.join(os.path.realpath(root), "")
        self._plain = os.path.join(os.path.abspath(root), "")
        self._environments: dict[str, bool] = {}
        self._files: dict[str, str | None] = {}  # as code names them; None for one that is not the project's
        self._watched: dict[
            str, str
        ] = {}  # those of the standard library, by the same, with their bare names
        self._numbers: dict[tuple[str, int], int] = {}
        # the lines at which what ran in this context began, by the file of its module; None for one that is not the project's
        self._seen: dict[Any, set[int] | None] = {}
        self._called = self._caller()
        self._stack: list[Context] = [self.session]
        self._stacks: dict[int, list[Context]] = {}  # of other threads, above what the main one is in
        self._main = threading.get_ident()
        self._monitoring = monitoring.Monitoring(self) if hasattr(sys, "monitoring") else None

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
        self._count_hits()
        self._stack.append(context)
        self._renew()

    def leave(self, context: Context) -> None:
        """Let what runs count for the one before again."""
        self._count_hits()
        if self._monitoring is None and sys.gettrace() != self._called:
            # a test that traces itself took it from us; what ran meanwhile is not known
            context.opaque = True
            sys.settrace(self._called)
        self._back_to(context)

    def finish(self, context: Context) -> None:
        """Add to a context whose run is over what it may have used of others, and to theirs what it gave."""
        context.fills |= self.outliving.used_by(context.codes)
        for number in context.spills:
            self.outliving.fillers[number].context.add(context)

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
            if path.startswith(base) or path + os.sep == base:
                parts = path[len(base) :].split(os.sep)
                if parts[0].startswith(".") or any(one in _FOREIGN for one in parts):
                    return None
                return None if self._is_environment(base + parts[0]) else "/".join(parts)
        return None

    def _is_environment(self, folder: str) -> bool:
        if folder not in self._environments:
            self._environments[folder] = os.access(os.path.join(folder, "pyvenv.cfg"), os.F_OK)
        return self._environments[folder]

    def _mine(self) -> list[Context]:
        """Return the stack of this thread."""
        thread = threading.get_ident()
        return self._stack if thread == self._main else self._stacks.setdefault(thread, [])

    def _top(self) -> Context:
        return (self._mine() or self._stack)[-1]

    def _back_to(self, context: Context) -> None:
        """Take a context from the stack, the last of its kind, and what was entered after it."""
        stack = self._mine()
        for at in range(len(stack) - 1, -1, -1):
            if stack[at] is context:
                last = stack[-1]
                del stack[at:]
                if self._top() is not last:
                    self._renew()
                return

    def _renew(self) -> None:
        for lines in self._seen.values():
            if lines:
                lines.clear()
        if self._monitoring is not None:
            self._monitoring.restart()

    def _count_hits(self) -> None:
        self._top().fills |= self.outliving.hits()

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
        """Count a code for the present context; say whether its end is to be told."""
        name = code.co_filename
        path = self._file(name)
        if path is None:
            if name in self._watched:
                self._watch(code, frame)
            elif name == frame.f_globals.get("__file__"):
                self._seen[name] = None
            return False
        top = self._top()
        if code.co_name == _MODULE and threading.get_ident() == self._main:
            top.modules.add(path)
            by = self._looking.importer(frame, self._file)
            if by is not None:
                self.met.setdefault(by, set()).add(path)
            self._push(self.imports.setdefault(path, Context(path)))
            return True
        number = self.number(path, code)
        top.codes.add(number)
        self.outliving.meet(number, code, path, frame.f_globals, self._ran_in_import)
        filler = self.outliving.fillers.get(number)
        if filler is not None:
            top.fills.add(number)
            if top.path:
                filler.context.modules.add(top.path)
            if filler.apart():
                filler.open += 1
                self._push(filler.context)
                filler.context.codes.add(number)
                return True
            top.spills.add(number)
        if name == frame.f_globals.get("__file__"):
            lines = self._seen.setdefault(name, set())
            if lines is not None:
                lines.add(frame.f_lineno)
        return False

    def number(self, path: str, code: Any) -> int:
        """Return the number of a code in a file of the project."""
        place = (path, code.co_firstlineno)
        number = self._numbers.get(place)
        if number is None:
            number = self._numbers[place] = len(self.codes)
            self.codes.append(place)
        return number

    def _ran_in_import(self, path: str, line: int) -> bool:
        number = self._numbers.get((path, line), -1)
        return any(number in context.codes for context in self.imports.values())

    def returned(self, code: Any) -> None:
        """End the context of a module, or of a call that leaves something behind."""
        path = self._file(code.co_filename)
        if path is None:
            return
        if code.co_name == _MODULE:
            context = self.imports.get(path)
            if context is not None:
                self._count_hits()
                self._back_to(context)
                self.finish(context)  # what is left from now on it cannot have used
            return
        filler = self.outliving.fillers.get(self._numbers.get((path, code.co_firstlineno), -1))
        if filler is not None and filler.open:
            self._count_hits()
            filler.open -= 1
            self._back_to(filler.context)

    def _push(self, context: Context) -> None:
        self._count_hits()
        last = self._top()
        self._mine().append(context)
        if context is not last:
            self._renew()

    def _file(self, name: str) -> str | None:
        if name not in self._files:
            found = None
            if name.endswith(".py"):
                found = self.relative(os.path.abspath(name)) or self.relative(os.path.realpath(name))
            if found is None and (last := self._looking.watched(name)):
                self._watched[name] = last
            self._files[name] = found
        return self._files[name]

    def _watch(self, code: Any, frame: Any) -> None:
        """Count what a function of the standard library looks at."""
        last = self._watched[code.co_filename]
        kind = self._looking.WATCHED.get((last, code.co_name)) or self._looking.WATCHED.get((last, ""))
        if kind == "opaque":
            self._top().opaque = True
        elif kind == "wrapped":
            self._wrapped(frame.f_locals.get("wrapper"), frame.f_locals.get("wrapped"))
        elif kind:
            given = frame.f_locals.get(code.co_varnames[0])
            # that a module is searched for doctests does not make its whole text matter
            if (
                frame.f_back.f_code.co_filename.endswith("doctest.py")
                and frame.f_back.f_code.co_name == "find"
            ):
                return
            if isinstance(given, (str, bytes, os.PathLike)):
                self._look(kind, os.fsdecode(given))

    def is_watched(self, code: Any) -> bool:
        """Say whether each call of a function is to be told."""
        last = self._watched.get(code.co_filename)
        return last is not None and (last, code.co_name) in self._looking.WATCHED

    def _wrapped(self, wrapper: Any, function: Any) -> None:
        if not hasattr(wrapper, "cache_info"):
            return
        while function is not None:
            code = getattr(function, "__code__", None)
            path = self._file(code.co_filename) if code is not None else None
            if path is not None:
                self.outliving.wrap(wrapper, self.number(path, code))
                return
            function = getattr(function, "__wrapped__", None)

    def _look(self, kind: str, name: str) -> None:
        top = self._top()
        if self.reading and top is not self.session:
            path = self.relative(os.path.abspath(name))
            if path is not None:
                getattr(top, kind).add(path)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            name, _, flags = arguments
            if isinstance(name, (str, bytes)) and not (flags or 0) & self._looking.WRITING:
                name = os.fsdecode(name)
                # a module's own text is read by the import system, or by pytest, which rewrites asserts
                if not (name.endswith((".py", ".pyc")) and self._looking.is_importing(_getframe(1))):
                    self._look("files", name)
        elif event in self._looking.LISTS:
            name = "." if arguments[0] is None else arguments[0]
            if isinstance(name, (str, bytes)) and not self._looking.is_importing(_getframe(1)):
                self._look("listed", os.fsdecode(name))
        elif event == "sqlite3.connect":
            if isinstance(arguments[0], (str, bytes, os.PathLike)):
                self._look("files", os.fsdecode(arguments[0]))
        elif event in self._looking.FORKS or (
            event == "subprocess.Popen" and self._looking.starts_python(arguments)
        ):
            self._top().opaque = True
