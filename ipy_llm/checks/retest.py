"""The tests that an edit can affect, and which of them it broke."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from ipy_llm.checks.affected import Choice, Trace, choose, learn
from ipy_llm.checks.blocks import blocks
from ipy_llm.checks.records import Records
from ipy_llm.checks.report import Report, new_in
from ipy_llm.checks.state import State, is_test
from ipy_llm.checks.tests import Plan, environment_of, run_tests
from ipy_llm.checks.warm import Warm

# So many do not fail by chance: they are not run again.
_BY_CHANCE = 20

# What a run says that had none.
_NONE = "no tests found"

# So many of more failures in a fork are seen again in a process of its own.
_SAMPLE = 3

# Their causes take the whole time each time.
_LONG = ("Timeout", "Crash")


def all_tests(
    root: Path,
    interpreter: Path,
    cache: Path,
    *,
    timeout: float,
    stop: threading.Event | None = None,
    warm: Warm | None = None,
) -> Report:
    """Run all the project's tests, those that failed last first, and keep what each of them ran.

    That is a process of its own, after which `warm` is begun, if it is given.
    """
    with closing(Records(cache)) as records:
        failing = dict.fromkeys(record.name for record in records.all() if record.found)
        state = State(root, records.divide)
        began = time.time()
        plan = Plan(
            first=(tuple(failing),), writes=state.writes(), modules=_is_wanted(warm, interpreter, cache)
        )
        report, trace = run_tests(root, interpreter, cache, plan, timeout=timeout, stop=stop)
        _warm_up(warm, interpreter, cache, state, trace)
        if not _written_since(state, root, began):
            learn(records, state, trace, report.diagnostics, interpreter=interpreter)
    return report


def affected_tests(
    root: Path,
    interpreter: Path,
    cache: Path,
    before: Mapping[str, bytes | None],
    *,
    timeout: float,
    stop: threading.Event | None = None,
    warm: Warm | None = None,
) -> Report:
    """Run the tests that an edit can affect, and report those that fail and did not before.

    `before` are the files that were edited, relative to the root, with the bytes they had. What failed before is
    known from the records; where it is not, the tests that fail now run once more with the old text of these
    files, which the project's Python is given in place of the new one. A test that fails for the first time runs again.
    With `warm` the first of these runs is a fork of what waits there, the others are not: what fails in it alone is no failure.
    """
    end = time.monotonic() + timeout

    def again(only: Sequence[str], overlay: Mapping[str, bytes | None]) -> Report:
        files = {test.partition("::")[0] for test in only}
        skip = [
            path
            for path in State(root, blocks).files()
            if (path not in files and not path.endswith(("conftest.py", "__init__.py")))
            or (path in overlay and overlay[path] is None)
        ]
        plan = Plan(tuple(skip), only=tuple(only), overlay=overlay, trace=False)
        left = max(end - time.monotonic(), timeout / 4)
        return run_tests(root, interpreter, cache, plan, timeout=left, stop=stop)[0]

    with closing(Records(cache)) as records:
        now = State(root, records.divide)
        then = State(root, records.divide, before)
        choice = choose(records, then, now, frozenset(before), interpreter)
        known = Report("pytest", "failed", choice.failed, complete=False, passed=tuple(choice.passed))
        if choice.nothing:
            return new_in(known, _with_recalled(Report("pytest", "clean"), choice))
        began = time.time()
        first = (choice.failing, choice.near)
        plan = Plan(
            choice.skip,
            choice.leave,
            first=first,
            close=_close(now.files(), before),
            writes=now.writes(),
            modules=_is_wanted(warm, interpreter, cache),
        )
        report, trace = run_tests(root, interpreter, cache, plan, timeout=timeout, stop=stop, warm=warm)
        if warm is not None and trace.forked and not _holds(report, again):
            forked, rest = report, max(end - time.monotonic(), timeout / 4)
            report, trace = run_tests(root, interpreter, cache, plan, timeout=rest, stop=stop)
            if (forked.outcome, forked.note) != (report.outcome, report.note):
                warm.distrust()
        _warm_up(warm, interpreter, cache, now, trace)
        if not _written_since(now, root, began):
            learn(records, now, trace, report.diagnostics, interpreter=interpreter, skipped=choice.skip)

    if report.outcome == "unavailable" and report.note == _NONE:
        report = replace(report, outcome="clean", note="")
    report = _with_recalled(report, choice)
    known = _with_old(known, report, before, again)
    told = new_in(known, report)
    ended = {found.test for found in report.diagnostics if found.code in _LONG}
    if as_before := sorted(ended & {found.test for found in known.diagnostics}):
        # it is no news, but why the others did not run
        told = replace(told, note=f"{told.note}, as before: {', '.join(as_before)}")
    chancy = [found.test for found in told.diagnostics if "::" in found.test and found.code not in _LONG]
    if len(set(chancy)) > _BY_CHANCE:
        some = chancy[:_SAMPLE]
        if not trace.forked or frozenset(some).isdisjoint(again(some, {}).passed):
            return told
    if not chancy:
        return told
    second = again(chancy, {})
    flaky = frozenset(chancy) & frozenset(second.passed)
    if not flaky:
        return told
    if warm is not None and trace.forked:
        warm.distrust()
    with closing(Records(cache)) as records:
        records.pardon(flaky)
    left = tuple(found for found in told.diagnostics if found.test not in flaky)
    note = f"flaky, failed once and then passed: {', '.join(sorted(flaky))}"
    return replace(
        told,
        outcome="clean" if told.outcome == "failed" and not left else told.outcome,
        diagnostics=left,
        note="; ".join(filter(None, (told.note, note))),
    )


def _holds(report: Report, again: Callable[[Sequence[str], Mapping[str, bytes | None]], Report]) -> bool:
    """Say whether what a fork found, besides tests that fail, is found in a process of its own: files that do not load."""
    if report.outcome == "crashed" or (report.outcome == "unavailable" and report.note != _NONE):
        return False
    unloaded = frozenset(found.test for found in report.diagnostics if "::" not in found.test)
    return not unloaded or unloaded <= frozenset(
        found.test for found in again(sorted(unloaded), {}).diagnostics
    )


def _is_wanted(warm: Warm | None, interpreter: Path, cache: Path) -> bool:
    return warm is not None and warm.wanted(interpreter, environment_of(interpreter, cache))


def _warm_up(warm: Warm | None, interpreter: Path, cache: Path, state: State, trace: Trace) -> None:
    """Have a process wait for the next run, with what this one imported of others: what any run does, and what the project names.

    What only others import is left to them: who forgets to import `a.b` is to find `a` without it.
    """
    if warm is None or not trace.early:
        return
    named = {name for path in state.files() for name in state.blocks(path).names if not name.startswith(".")}
    named |= {name.rpartition(".")[0] for name in named}
    warm.begin(
        interpreter,
        environment_of(interpreter, cache),
        [*trace.early, *(name for name in trace.late if name in named)],
    )


def _close(files: Iterable[str], edited: Iterable[str]) -> tuple[str, ...]:
    """Return the files named after edited ones, as `test_cart.py` is after `_cart.py`: of a project never run, they are first."""
    stems = {_stem(path) for path in edited}
    return tuple(path for path in files if path in edited or (is_test(path) and _stem(path) in stems))


def _stem(path: str) -> str:
    name = path.rpartition("/")[2].partition(".")[0]
    return name.removeprefix("test_").removesuffix("_test").strip("_")


def _with_old(
    known: Report,
    report: Report,
    before: Mapping[str, bytes | None],
    again: Callable[[Sequence[str], Mapping[str, bytes | None]], Report],
) -> Report:
    """Return what is known from before the edit, with what a run of the old text tells of the failures it lacks."""
    told = {*known.passed, *(found.test for found in known.diagnostics)}
    if (
        any(test.endswith("conftest.py") for test in (found.test for found in report.diagnostics))
        and known.passed
    ):
        # tests have passed below it, so it did load
        return replace(known, passed=(*known.passed, *(found.test for found in report.diagnostics)))
    unknown = tuple(dict.fromkeys(found.test for found in report.diagnostics if found.test not in told))
    if not unknown:
        return known
    old = again(unknown, before)
    if old.outcome == "unavailable" and old.note == _NONE:
        # the files load, the tests were not there
        passed: tuple[str, ...] = unknown
    else:
        passed = old.passed
        if old.complete:
            # new tests, in files that did load: what was not there has not failed
            failed = {found.test for found in old.diagnostics}
            files = {test for test in failed if "::" not in test}
            passed = (
                *passed,
                *(test for test in unknown if test not in failed and test.partition("::")[0] not in files),
            )
    return replace(
        known,
        diagnostics=(*known.diagnostics, *old.diagnostics),
        passed=(*known.passed, *passed),
        note=old.note if old.outcome in ("crashed", "timed-out", "unavailable") else "",
    )


def _written_since(state: State, root: Path, began: float) -> bool:
    """Say whether a file of the project was written while its tests ran: then nobody knows which text they ran."""
    # a file's time may lag behind the clock
    return any(_written(str(root / path)) > began + 0.05 for path in state.files())


def _written(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return float("inf")


def _with_recalled(report: Report, choice: Choice) -> Report:
    """Return the report of a run with what is known of the tests that need not run."""
    found = (*report.diagnostics, *choice.stands)
    none = "no test runs it" if choice.known else "no test imports it"
    ran = report.ran + choice.recalled
    return replace(
        report,
        outcome="failed" if report.outcome == "clean" and found else report.outcome,
        diagnostics=found,
        passed=(*report.passed, *choice.standing),
        ran=ran,
        complete=False,
        note=report.note or (none if not ran and report.outcome == "clean" else ""),
    )
