"""The pytest plugin: runs the tests that a plan leaves, and tells what happens and what each test ran."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import pytest

# A recursion error has a thousand frames, and a message may be a whole page.
_FRAMES = 100
_CHARACTERS = 4000

Note = Callable[..., None]


class Events:
    """Tells of failures, and of what was running."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self._clock = time.time
        self._root = os.getcwd()
        self.out_of_time = False

    def pytest_configure(self, config: Any) -> None:
        """Learn the folder that locations are relative to."""
        self._root = str(config.rootpath if hasattr(config, "rootpath") else config.rootdir)

    def pytest_collectstart(self, collector: Any) -> None:
        """Tell which file is about to be loaded: it may end or stop the interpreter."""
        path = str(getattr(collector, "path", None) or getattr(collector, "fspath", ""))
        if isinstance(collector, pytest.File):
            self._note(loading=collector.nodeid, place=[path, 1], at=self._clock())

    def pytest_collectreport(self, report: Any) -> None:
        """Tell that a file is loaded, or why it could not be."""
        if "::" not in report.nodeid:
            self._note(loaded=report.nodeid)
        if report.failed:
            self._note(unloaded=report.nodeid, text=str(report.longrepr)[-_CHARACTERS:])

    def pytest_collection_finish(self, session: Any) -> None:
        """Tell how many tests there are."""
        self._note(collected=len(session.items))

    def pytest_runtest_logstart(self, nodeid: str, location: Any) -> None:
        """Tell of a test that is about to run."""
        self._note(start=nodeid, place=self._place(location), at=self._clock())

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Tell of a failure in the setup, the call or the teardown of a test."""
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            self._note(
                failed=report.nodeid,
                message=str(crash.message)[:_CHARACTERS] if crash else "",
                frames=_frames(report.longrepr) or [self._place(report.location)],
                text="" if crash else str(report.longrepr)[-_CHARACTERS:],
            )

    def pytest_runtest_logfinish(self, nodeid: str, location: Any) -> None:  # noqa: ARG002 - pytest names them
        """Tell that a test is over."""
        self._note(end=nodeid)

    def pytest_internalerror(self, excinfo: Any) -> None:
        """Tell that pytest or a plugin of its failed."""
        frames = [[str(entry.path), entry.lineno + 1] for entry in excinfo.traceback]
        self._note(broken="internal error: " + excinfo.exconly()[:_CHARACTERS], frames=frames[-_FRAMES:])

    def pytest_keyboard_interrupt(self, excinfo: Any) -> None:
        """Tell what ended the run: the end of its time, an interruption or `pytest.exit`."""
        if self.out_of_time:
            self._note(late=True)
        else:
            self._note(broken=excinfo.exconly()[:_CHARACTERS])

    def _place(self, location: Any) -> list[Any]:
        path, line, _ = location
        return [os.path.join(self._root, path), (line or 0) + 1]


def _frames(trouble: Any) -> list[list[Any]]:
    """Return the frames of a representation, outermost first; none where it is only text."""
    entries = getattr(getattr(trouble, "reprtraceback", None), "reprentries", ())
    places = [place for place in (getattr(entry, "reprfileloc", None) for entry in entries) if place]
    # a failed doctest
    places += [place for place, _ in getattr(trouble, "reprlocation_lines", ())]
    # pytest shortens paths by the folder of this moment
    return [[os.path.abspath(place.path), place.lineno] for place in places[-_FRAMES:]]


class Selection:
    """Leaves out what a plan leaves out, puts first what it puts first, and ends when its time is over.

    `skip` are files that need not be collected, `leave` ids that need not run, `only` ids of which no other runs, `first`
    lists of ids, the earliest to run first, and then the tests in the files `close`; `until` is a time of the monotonic
    clock.
    """

    def __init__(self, plan: dict[str, Any], events: Events, note: Note) -> None:
        self._note = note
        self._skip = frozenset(plan.get("skip", ()))
        self._leave = frozenset(plan.get("leave", ()))
        self._only: frozenset[str] | None = None if plan.get("only") is None else frozenset(plan["only"])
        self._ranks: dict[str, int] = {
            test: rank for rank, tests in reversed(list(enumerate(plan.get("first", ())))) for test in tests
        }
        self._close = frozenset(plan.get("close", ()))
        self._until = plan.get("until")
        self._clock = time.monotonic
        self._events = events

    if int(pytest.__version__.split(".", maxsplit=1)[0]) >= 7:

        def pytest_ignore_collect(self, collection_path: Any) -> bool | None:
            """Pass over a file of which no test is wanted."""
            return True if str(collection_path) in self._skip else None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: Any, items: list[Any]) -> None:
        """Choose and order the tests."""
        self._note(items=[item.nodeid for item in items])
        wanted: list[Any] = []
        left: list[Any] = []
        for item in items:
            out = item.nodeid in self._leave or (self._only is not None and item.nodeid not in self._only)
            (left if out else wanted).append(item)
        if left:
            config.hook.pytest_deselected(items=left)
        wanted.sort(key=self._rank)
        items[:] = wanted

    def _rank(self, item: Any) -> int:
        rank = self._ranks.get(item.nodeid)
        if rank is not None:
            return rank
        path = str(getattr(item, "path", None) or getattr(item, "fspath", ""))
        return len(self._ranks) + (path not in self._close)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Any:
        """End the run after a test when the time is over."""
        yield
        if self._until is not None and self._clock() > self._until:
            self._events.out_of_time = True
            item.session.shouldstop = "the time is over"


class Traces:
    """Tells what each test ran: itself, by way of its fixtures, by importing."""

    def __init__(self, tracer: Any, context: Callable[..., Any], note: Note) -> None:
        self._tracer = tracer
        self._context = context
        self._note = note
        self._told = 0
        self._collected: dict[str, Any] = {}  # a context by the path of the file
        self._fixtures: dict[
            int, Any
        ] = {}  # a context by the fixture's definition, for those that outlive a test
        self._uses: dict[int, list[int]] = {}
        self._alive: list[Any] = []  # an id is a definition's for as long as it lives
        self._setting_up: list[int] = []
        self._taking_down: Any = None  # a context, of one finalizer after the other
        self._test: Any = None  # the context of the test
        self._used: list[int] = []

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_make_collect_report(self, collector: Any) -> Any:
        """Let what runs while a file is collected count for the file."""
        path = self._path(collector)
        if path is None:
            yield
            return
        context = self._tracer.imports.setdefault(path, self._context(path))
        self._tracer.enter(context)
        yield
        self._tracer.leave(context)
        self._tracer.finish(context)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: Any) -> Any:
        """Let what runs count for the test, and tell it."""
        context = self._test = self._context()
        self._used = []
        self._tracer.enter(context)
        began = time.monotonic()
        yield
        seconds = time.monotonic() - began
        self._tracer.leave(context)
        self._tracer.finish(context)
        self._codes()
        path = self._path(item)
        whole = path is not None and not isinstance(item, pytest.Function)
        self._note(
            ran=item.nodeid,
            file=path,
            seconds=round(seconds, 4),
            whole=whole,
            keep=hasattr(getattr(item, "obj", None), "hypothesis"),
            fixtures=self._used,
            **_plain(context),
        )

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Any:
        """Let what a fixture runs that outlives the test count for all its users."""
        if fixturedef.scope == "function":
            yield
            return
        key = id(fixturedef)
        if key not in self._fixtures:
            self._fixtures[key] = self._context()
            self._alive.append(fixturedef)
        if self._setting_up:
            self._uses.setdefault(self._setting_up[-1], []).append(key)
        context = self._fixtures[key]
        self._setting_up.append(key)
        self._tracer.enter(context)
        yield
        self._tracer.leave(context)
        self._setting_up.pop()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: Any) -> Any:
        """Note the fixtures in use, and let what a finalizer runs count for its fixture too."""
        self._used = self._in_use(item)  # pytest forgets them
        self._taking_down = self._context()
        self._tracer.enter(self._taking_down)
        yield
        self._taken_down(None)
        self._tracer.leave(self._taking_down)
        self._taking_down = None

    def pytest_fixture_post_finalizer(self, fixturedef: Any) -> None:
        """Tell what this finalizer ran from what the next one will."""
        if self._taking_down is not None:
            self._taken_down(self._fixtures.get(id(fixturedef)))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self) -> Any:
        """Do not count the sources that pytest reads to show where a test failed."""
        self._tracer.reading = False
        yield
        self._tracer.reading = True

    def _taken_down(self, fixture: Any) -> None:
        done = self._taking_down
        self._tracer.leave(done)
        for context in (self._test, fixture):
            if context is not None:
                context.add(done)
        self._taking_down = self._context()
        self._tracer.enter(self._taking_down)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Tell the rest: fixtures, modules, what was left for later tests, and what ran in nobody's name."""
        fillers = {number: one.context for number, one in self._tracer.outliving.fillers.items()}
        for context in (*self._fixtures.values(), *fillers.values()):
            self._tracer.finish(context)
        self._codes()
        for key, context in self._fixtures.items():
            self._note(fixture=key, uses=self._uses.get(key, []), **_plain(context))
        for path, context in self._tracer.imports.items():
            self._note(imported=path, **_plain(context))
        for number, context in fillers.items():
            self._note(filler=number, **_plain(context))
        self._note(met={path: sorted(paths) for path, paths in self._tracer.met.items()})
        self._note(session=True, **_plain(self._tracer.session))

    def _codes(self) -> None:
        """Tell of the codes that were met since the last time: by their numbers the others speak of them."""
        codes = self._tracer.codes
        if len(codes) > self._told:
            self._note(codes=[[path, line] for path, line in codes[self._told :]])
            self._told = len(codes)

    def _in_use(self, item: Any) -> list[int]:
        """Return the fixtures that outlive the test and that it uses, by whichever way."""
        found = []
        for definitions in getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {}).values():
            found += list(definitions)
        # those that were asked for by `request.getfixturevalue`
        found += list(getattr(getattr(item, "_request", None), "_fixture_defs", {}).values())
        return sorted({id(one) for one in found if id(one) in self._fixtures})

    def _path(self, node: Any) -> str | None:
        path = str(getattr(node, "path", None) or getattr(node, "fspath", ""))
        return self._tracer.relative(path) if os.path.isfile(path) else None


def _plain(context: Any) -> dict[str, Any]:
    return {
        "blocks": sorted(context.codes),
        "modules": sorted(context.modules),
        "files": sorted(context.files),
        "looked": sorted(context.looked),
        "listed": sorted(context.listed),
        "fills": sorted(context.fills),
        "opaque": context.opaque,
    }
