"""Which tests an edit can affect, and what is known of them from before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ipy_llm.checks.blocks import EXISTS, LISTING, REST, WHOLE
from ipy_llm.checks.graph import Imports
from ipy_llm.checks.records import Record, Records, Thing
from ipy_llm.checks.report import Diagnostic
from ipy_llm.checks.state import EVERYTHING, State, conftests, is_test

# Nothing imports them, no test is known to read one before it has run.
_INERT = (".ipynb", ".md")

# Modules with which a test starts another Python.
_STARTING = frozenset({"multiprocessing", "runpy", "subprocess"})


@dataclass(frozen=True, slots=True)
class Choice:
    """The tests to run after an edit, as a plan leaves out the others.

    `skip` are files, relative to the root, of which no test is wanted; `leave` ids in other files. `failing` and `near` run
    first: those that failed last, those that run the changed code itself. `passed` are the ids, of tests and
    of files that loaded, known to have passed before the edit, and `failed` what is known to have failed. Some
    tests need not run, since these very files were met before: `stands` is what they found, `standing` are those
    that passed, and `recalled` counts those of them that the edit affects. `wide` counts the tests that are affected by way
    of an import alone.
    """

    wanted: frozenset[str]
    skip: tuple[str, ...]
    leave: tuple[str, ...]
    failing: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    passed: frozenset[str] = frozenset()
    failed: tuple[Diagnostic, ...] = ()
    stands: tuple[Diagnostic, ...] = ()
    standing: frozenset[str] = frozenset()
    recalled: int = 0
    wide: int = 0
    nothing: bool = False
    known: bool = False


def choose(
    records: Records, before: State, after: State, changed: frozenset[str], interpreter: Path
) -> Choice:
    """Choose the tests that the change of the files `changed` can affect.

    A test is affected when its record held before and does not any more. One without a record that held, since a run
    was cut short or someone else edited, is when it depends on anything in a changed file. Of a file with no
    records its imports decide.
    """
    by_name: dict[str, list[Record]] = {}
    for record in records.all():
        by_name.setdefault(record.name, []).append(record)
    imports = Imports(after, {*after.files(), *(path for path in changed if path.endswith(".py"))})
    fresh = records.changed(after)
    concerned = records.in_files(changed)
    stale = records.changed(before, concerned) | (fresh - concerned)
    fresh |= _beside(records, imports, before, after, changed)
    unlike = records.touched(fresh)
    unlike_before = records.touched(stale)
    concerned_sets = records.touched(concerned)
    now, then = after.environment(interpreter), before.environment(interpreter)

    wanted: set[str] = set()
    leave: list[str] = []
    failing: list[str] = []
    near: list[str] = []
    passed: set[str] = set()
    failed: list[Diagnostic] = []
    stands: list[Diagnostic] = []
    standing: set[str] = set()
    wide = recalled = 0
    known: set[str] = set()
    files: set[str] = set()
    for name, kept in by_name.items():
        known.add(kept[0].file)
        was = next(
            (one for one in kept if one.environment == then and unlike_before.isdisjoint(one.sets)), None
        )
        if was is not None:
            passed |= {was.file} if "::" in name else set()
            if was.found:
                failed += was.found
            else:
                passed.add(name)
        holds = next((one for one in kept if one.environment == now and unlike.isdisjoint(one.sets)), None)
        if holds is not None:
            leave.append(name)
            stands += holds.found
            standing |= {name} if not holds.found else set()
            recalled += holds is not was
            continue
        if was is None and kept[0].environment == now and concerned_sets.isdisjoint(kept[0].sets):
            leave.append(name)  # affected by something else, long ago
            continue
        wanted.add(name)
        files.add(kept[0].file)
        if kept[0].found:
            failing.append(name)
        if kept[0].sets and kept[0].sets[0] in unlike:
            near.append(name)
        else:
            wide += 1
    skip, reached = _unwanted(imports, changed, known, files, records.offered())
    out = frozenset(skip)
    return Choice(
        frozenset(wanted),
        skip,
        tuple(name for name in leave if name.partition("::")[0] not in out),
        tuple(failing),
        tuple(near),
        frozenset(passed),
        tuple(failed),
        tuple(stands),
        frozenset(standing),
        recalled,
        wide,
        nothing=not wanted and not reached,
        known=bool(by_name),
    )


def _beside(
    records: Records, imports: Imports, before: State, after: State, changed: frozenset[str]
) -> frozenset[int]:
    """Return what changed though its text did not: who names a module that is new, and, with data, who starts a Python."""
    new = {path for path in changed if (before.data(path) is None) != (after.data(path) is None)}
    naming = {path for path in after.files() if not new.isdisjoint(imports.of(path))} if new else set()
    found = records.rests_of(naming)
    if any(not path.endswith((".py", *_INERT)) for path in changed):
        found |= records.in_files(())
    return found


def _unwanted(
    imports: Imports, changed: frozenset[str], known: set[str], files: set[str], offered: frozenset[str]
) -> tuple[tuple[str, ...], bool]:
    """Return the files that need not be collected, and whether tests may come of others than `files`.

    `known` are those with tests, `files` those of them with affected ones; all tests in `offered` ones are known.
    """
    there = imports.state.files()
    reaching = imports.importers(changed)
    if any(not path.endswith((".py", *_INERT)) for path in changed):
        reaching = frozenset(there)  # data: nobody can tell who reads it
    starting = {path for path in there if not _STARTING.isdisjoint(imports.state.blocks(path).names)}
    skip, reached = [], False
    for path in there:
        if path.endswith(("/conftest.py", "__init__.py")) or path == "conftest.py" or path in files:
            continue
        if path in offered:
            reaches = path in changed
            reached = reached or (reaches and (path in known or is_test(path)))
        else:
            # what is started imports what it likes
            reaches = path in reaching or not starting.isdisjoint((path, *conftests(path, there)))
            reached = reached or reaches
        if not reaches:
            skip.append(path)
    return tuple(skip), reached


@dataclass(slots=True)
class Trace:
    """What a run told of what ran, as the recorder wrote it.

    Where that was asked, `early` are the modules of others that were there before any of the project's, `late` those at the
    end. `forked` says that it was a fork of a process that waited.
    """

    codes: list[tuple[str, int]] = field(default_factory=list)
    tests: dict[str, dict[str, Any]] = field(default_factory=dict)
    fixtures: dict[int, dict[str, Any]] = field(default_factory=dict)
    imported: dict[str, dict[str, Any]] = field(default_factory=dict)
    fillers: dict[int, dict[str, Any]] = field(default_factory=dict)
    met: dict[str, list[str]] = field(default_factory=dict)
    session: dict[str, Any] | None = None
    items: frozenset[str] | None = None
    early: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    forked: bool = False


def learn(
    records: Records,
    state: State,
    trace: Trace,
    failures: Iterable[Diagnostic],
    *,
    interpreter: Path,
    skipped: Iterable[str] = (),
) -> None:
    """Keep what each test ran, with its outcome. `state` is that of the run; `skipped` are the files not collected."""
    if trace.session is None or trace.items is None:
        return  # it died: what fixtures and imports ran is not known
    found: dict[str, list[Diagnostic]] = {}
    for failure in failures:
        found.setdefault(failure.test, []).append(failure)
    environment = state.environment(interpreter)
    old = {record.name: record for record in reversed(records.all())}
    learner = _Learner(records, state, trace)
    for name, told in trace.tests.items():
        # what runs another thing each time depends on all it ever ran
        more = records.things_of(old[name].sets[0]) if told["keep"] and name in old else ()
        sets = learner.sets(told, more)
        records.keep(name, told["file"] or name.partition("::")[0], environment, found.get(name, ()), sets)
    unloaded = {
        name for name in found if name not in trace.tests and "::" not in name and name.endswith(".py")
    }
    for name in unloaded:
        records.keep(name, name, environment, found[name], learner.of_file(name))
    out = {*skipped, *unloaded}
    records.forget(name for name, record in old.items() if record.file not in out and name not in trace.items)
    # of a file whose tests did not all run, not all are known
    partly = {name.partition("::")[0] for name in trace.items if name not in trace.tests and name not in old}
    records.offer((path for path in state.files() if path not in out), but=partly)
    records.sweep()


class _Learner:
    """Turns what ran into sets of things."""

    def __init__(self, records: Records, state: State, trace: Trace) -> None:
        self._records = records
        self._state = state
        self._trace = trace
        met = {path: list(told["modules"]) for path, told in trace.imported.items()}
        for path, modules in trace.met.items():
            met.setdefault(path, []).extend(modules)
        files = state.files()
        self._files = files
        self._imports = Imports(state, {*files, *met}, met)
        self._modules: dict[str, int] = {}
        self._lefts: dict[int, list[Thing]] = {}
        self._closures: dict[frozenset[str], tuple[int, ...]] = {}
        assert trace.session is not None
        self._session = records.set_of(self._things(trace.session), state)
        self._always = frozenset(trace.session["modules"])

    def sets(self, told: Mapping[str, Any], more: Iterable[Thing] = ()) -> list[int]:
        """Return the sets of a test, its own first, which `more` belongs to where it is still there."""
        own = self._things(told)
        own += [(path, block) for path, block in more if self._state.fingerprint(path, block)]
        file = told["file"]
        if file and told["whole"]:
            own.append((file, WHOLE))
        start = {*self._always, *told["modules"], *_files(own)}
        if file:
            start |= {file, *conftests(file, self._files)}
        sets = [self._records.set_of(own, self._state)]
        for key in self._with_used(told["fixtures"]):
            fixture = self._trace.fixtures[key]
            things = self._things(fixture)
            start |= {*fixture["modules"], *_files(things)}
            sets.append(self._records.set_of(things, self._state))
        return [*sets, *self._imported(frozenset(start)), self._session]

    def of_file(self, path: str) -> list[int]:
        """Return the sets of a file that did not load."""
        start = frozenset({path, *self._always, *conftests(path, self._files)})
        return [self._records.set_of([(path, WHOLE)], self._state), *self._imported(start), self._session]

    def _imported(self, start: frozenset[str]) -> tuple[int, ...]:
        if start not in self._closures:
            files = sorted(path for path in self._imports.closure(start) if path.endswith(".py"))
            self._closures[start] = tuple(self._module(path) for path in files)
        return self._closures[start]

    def _module(self, path: str) -> int:
        if path not in self._modules:
            things = [(path, REST)]
            if path in self._trace.imported:
                things += self._things(self._trace.imported[path])
            self._modules[path] = self._records.set_of(things, self._state)
        return self._modules[path]

    def _things(self, told: Mapping[str, Any]) -> list[Thing]:
        """Return what ran, what it looked at, and the same of what was left for it."""
        things = self._own(told)
        for number in self._with_left(told["fills"]):
            things += self._left(number)
        return list(dict.fromkeys(things))

    def _left(self, number: int) -> list[Thing]:
        if number not in self._lefts:
            told = self._trace.fillers[number]
            # what was imported then counts by its name
            self._lefts[number] = [*self._own(told), *((path, REST) for path in told["modules"])]
        return self._lefts[number]

    def _own(self, told: Mapping[str, Any]) -> list[Thing]:
        things: list[Thing] = []
        for number in told["blocks"]:
            path, line = self._trace.codes[number]
            things.append((path, self._state.blocks(path).at(line)))
        things += [(path, WHOLE) for path in told["files"]]
        things += [(path, EXISTS) for path in told["looked"]]
        things += [(path, LISTING) for path in told["listed"]]
        if told["opaque"]:
            things.append((EVERYTHING, ""))
        return things

    def _with_left(self, numbers: Iterable[int]) -> list[int]:
        """Return those of the functions that leave something behind, with those of which these use what they left."""
        found = [number for number in numbers if number in self._trace.fillers]
        for number in found:
            found += [one for one in self._trace.fillers[number]["fills"] if one not in found]
        return found

    def _with_used(self, keys: Iterable[int]) -> list[int]:
        found = [key for key in keys if key in self._trace.fixtures]
        for key in found:
            found += [one for one in self._trace.fixtures[key]["uses"] if one not in found]
        return sorted(found)


def _files(things: Iterable[Thing]) -> Iterator[str]:
    """Yield the files that things are of."""
    return (path for path, block in things if path != EVERYTHING and block not in (EXISTS, LISTING))
