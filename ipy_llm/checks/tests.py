"""The project's tests: pytest in the project's own interpreter, with the project's own configuration."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ipy_llm.checks.affected import Trace
from ipy_llm.checks.failures import Frame, failure, last_words, one_line, place, reason, source_line, within
from ipy_llm.checks.interpreter import not_installed, project_environment, spelled
from ipy_llm.checks.process import Ended, end_marked, run
from ipy_llm.checks.report import Diagnostic, Report, count
from ipy_llm.checks.warm import Warm

_RECORDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "inside", "recorder.py")

# The part of the time after which no further test begins, so that the run can end by itself and tell what it knows.
_SOFTLY = 0.75

# They stand after the project's own `addopts` and so win over them: all tests, few words, nothing written into the tree.
_OPTIONS = ("-q", "--color=no", "--tb=short", "--maxfail=0", "--continue-on-collection-errors", "--junitxml=")

# Set for all that a run starts.
_MARK = "IPY_LLM_RUN"

_CONFTEST = re.compile(r"while loading conftest '([^'\n]+)'")


@dataclass(frozen=True, slots=True)
class Plan:
    """Which tests a run leaves out and which come first, as `inside/plugin.py` reads it; by default all run.

    `skip` are files that are not collected, relative to the root, `leave` ids that do not run, `only` the ids beside which
    none runs, `first` lists of ids, the earliest to run first, and after these the tests in the files `close`. `overlay` are files, relative to the root,
    to be read with other bytes, None for one that is not there. `trace` asks for what each test ran; it takes `writes` of the
    project's files, see `Blocks`. `modules` asks for what was imported of others. After
    `budget` seconds, three quarters of the time by default, no further test begins.
    """

    skip: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None
    first: tuple[tuple[str, ...], ...] = ()
    close: tuple[str, ...] = ()
    overlay: Mapping[str, bytes | None] = field(default_factory=dict)
    trace: bool = True
    writes: Mapping[str, Sequence[tuple[int, str, int]]] = field(default_factory=dict)
    modules: bool = False
    budget: float | None = None


def run_tests(
    root: Path,
    interpreter: Path,
    cache: Path,
    plan: Plan,
    *,
    timeout: float,
    stop: threading.Event | None = None,
    warm: Warm | None = None,
) -> tuple[Report, Trace]:
    """Run the project's tests as planned for at most `timeout` seconds; report what fails, and tell what ran.

    `cache` is our folder for the project; pytest's own cache and hypothesis's examples are kept there. A test that
    kills the interpreter, or still runs when the time is over, is a finding itself. With `warm` it is a fork of what waits
    there, if that is ready.
    """
    cache.mkdir(parents=True, exist_ok=True)
    scratch = cache / f"tests-{os.getpid()}-{time.monotonic_ns()}"
    scratch.mkdir()
    events = scratch / "events.jsonl"
    env = environment_of(interpreter, cache)
    mark = {_MARK: str(events)}
    # not `-p no:cacheprovider`: `--ff` in the project's addopts would then be a usage error, `config.cache` be missing
    options = [*_OPTIONS, "-o", f"cache_dir={cache / 'pytest'}"]
    try:
        told_plan = _as_json(plan, root, scratch, timeout) | {"codes": str(cache / "codes")}
        (scratch / "plan.json").write_text(json.dumps(told_plan), "ascii")
        words = [str(events), str(scratch / "plan.json"), *options]
        ended = None
        if warm is not None:
            ended = warm.run(interpreter, words, env=env, mark=mark, timeout=timeout, stop=stop)
        forked = ended is not None
        if ended is None:
            command = [str(interpreter), _RECORDER, *words]
            ended = run(command, folder=root, env=env | mark, timeout=timeout, stop=stop, last_words=True)
        told = _read(root, events)
        told.trace.forked = forked
        if told.status is None:
            end_marked(f"{_MARK}={events}")  # no fixture has ended what it started
    except OSError as error:
        name = spelled(interpreter, root)
        note = f"{name} does not start: {error.strerror}; make its environment anew"
        return Report("pytest", "unavailable", note=note, complete=False), Trace()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return _report(root, interpreter, told, ended), told.trace


def environment_of(interpreter: Path, cache: Path) -> dict[str, str]:
    """Return the environment in which tests run."""
    env = project_environment(interpreter)
    env.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(cache / "hypothesis"))
    return env


def _as_json(plan: Plan, root: Path, scratch: Path, timeout: float) -> dict[str, Any]:
    overlay = {}
    for number, (path, data) in enumerate(plan.overlay.items()):
        overlay[str(root / path)] = ""
        if data is not None:
            (scratch / f"{number}.py").write_bytes(data)
            overlay[str(root / path)] = str(scratch / f"{number}.py")
    return {
        "skip": [str(root / path) for path in plan.skip],
        "leave": plan.leave,
        "only": plan.only,
        "first": plan.first,
        "close": [str(root / path) for path in plan.close],
        "overlay": overlay,
        "trace": plan.trace,
        "writes": dict(plan.writes),
        "modules": plan.modules,
        "budget": timeout * _SOFTLY if plan.budget is None else plan.budget,
    }


@dataclass(slots=True)
class _Told:
    """What the recorder wrote, added up."""

    failures: list[Diagnostic] = field(default_factory=list)
    running: dict[str, tuple[Frame, float]] = field(default_factory=dict)  # where each is, and since when
    over: dict[str, None] = field(default_factory=dict)  # a set that keeps its order
    collected: int = 0
    broken: str = ""
    missing: bool = False
    has_pip: bool = False
    status: int | None = None
    late: bool = False
    trace: Trace = field(default_factory=Trace)


def _read(root: Path, events: Path) -> _Told:
    told = _Told()
    for line in events.read_text("ascii").splitlines() if events.exists() else ():
        try:
            event = json.loads(line)
        except json.JSONDecodeError:
            continue  # the line at which it was killed
        _add(told, root, event)
    return told


def _add(told: _Told, root: Path, event: dict[str, Any]) -> None:
    match event:
        case {"start": test, "place": [path, line], "at": since}:
            told.running[test] = ((path, line), since)
        case {"end": test}:
            told.running.pop(test, None)
            told.over[test] = None
        case {"failed": test, "message": message, "frames": frames, "text": text}:
            places = [(path, line) for path, line in frames]
            told.failures.append(failure(root, test, message=message, frames=places, text=text))
        case {"loading": file, "place": [path, line], "at": since}:
            told.running[file] = ((path, line), since)
        case {"loaded": file}:
            told.running.pop(file, None)
        case {"unloaded": test, "text": text}:
            told.failures.append(failure(root, test, text=text))
        case {"collected": number}:
            told.collected = number
        case {"broken": text}:
            ours = [
                f"{path}:{line}" for file, line in event.get("frames", ()) if (path := within(root, file))
            ]
            told.broken = one_line(text)[0] + "".join(f" ({place})" for place in ours[-1:])
        case {"missing": _, "pip": has_pip}:
            told.missing, told.has_pip = True, has_pip
        case {"late": True}:
            told.late = True
        case {"status": status}:
            told.status = status
        case {"early": names}:
            told.trace.early = tuple(names)
        case {"late": names}:
            told.trace.late = tuple(names)
        case {"items": items}:
            told.trace.items = frozenset(items)
        case {"codes": codes}:
            told.trace.codes += [(path, line) for path, line in codes]
        case {"ran": test}:
            told.trace.tests[test] = event
        case {"fixture": key}:
            told.trace.fixtures[key] = event
        case {"imported": path}:
            told.trace.imported[path] = event
        case {"filler": number}:
            told.trace.fillers[number] = event
        case {"met": met}:
            told.trace.met = met
        case {"session": _}:
            told.trace.session = event


def _report(root: Path, interpreter: Path, told: _Told, ended: Ended) -> Report:
    failed = {found.test for found in told.failures}
    partly = Report(
        "pytest",
        "crashed",
        tuple(told.failures),
        seconds=ended.seconds,
        ran=len(told.over),
        complete=False,
        passed=(
            *(test for test in told.over if test not in failed),
            *dict.fromkeys(test.partition("::")[0] for test in told.over),  # their files did load
        ),
    )
    progress = f"{partly.ran} of {count(told.collected, 'test')} ran" if told.collected else "before any test"
    if told.missing:
        note = not_installed("pytest", interpreter, root, has_pip=told.has_pip)
        return replace(partly, outcome="unavailable", note=note)
    if ended.status is None:
        # none began in the last quarter
        hung = _culprits(root, told, ended, code="Timeout", least=ended.seconds * (1 - _SOFTLY) * 0.8)
        note = f"stopped after {ended.seconds:.0f} s, {progress}"
        return replace(partly, outcome="timed-out", diagnostics=(*partly.diagnostics, *hung), note=note)
    if told.status is None:
        died = _culprits(root, told, ended, code="Crash", least=0.0)
        note = f"the interpreter died, {progress}" if died else told.broken or reason(ended.output)[0]
        return replace(partly, diagnostics=(*partly.diagnostics, *died), note=note)
    if told.late:
        note = f"{count(told.collected - partly.ran, 'test')} not run, the time was over after {ended.seconds:.0f} s"
        return replace(partly, outcome="failed" if told.failures else "clean", note=note)
    whole = replace(partly, complete=True)
    match told.status:
        case 0 | 1 if told.failures:
            return replace(whole, outcome="failed")
        case 0:
            return replace(whole, outcome="clean")
        case 5:  # no tests
            return replace(whole, outcome="unavailable", note="no tests found")
        case 4 if found := _CONFTEST.search(ended.output):
            file = within(root, found[1]) or found[1]
            trouble = failure(root, file, text=ended.output[found.end() :])
            return replace(partly, diagnostics=(trouble,), note=f"no test ran, {trouble.place} failed")
        case status:
            note = told.broken or _usage(root, ended.output)
            return replace(partly, note=note or f"exit status {status}")


def _culprits(root: Path, told: _Told, ended: Ended, *, code: str, least: float) -> list[Diagnostic]:
    """Return a finding for each test that was running for at least `least` seconds when the run ended."""
    found = []
    for test, (at, since) in told.running.items():
        held = time.time() - since
        if held >= least:
            message = f"still running after {held:.0f} s" if code == "Timeout" else _death(ended.status)
            path, line = place(root, test, [at, *last_words(ended.output, root)])
            text = source_line(str(root / path), line)
            found.append(Diagnostic("pytest", path, line, message, code, test, text))
    return found


def _death(status: int | None) -> str:
    if status is not None and status < 0:
        return f"killed the interpreter ({signal.Signals(-status).name})"
    return f"ended the interpreter (exit status {status})"


def _usage(root: Path, output: str) -> str:
    """Return what pytest says of its configuration or arguments."""
    for mark in ("error: ", "ERROR: "):
        for line in output.splitlines():
            if mark in line and not line.startswith("ERROR: usage:"):
                return line.partition(mark)[2].replace(f"{root}{os.sep}", "")
    return reason(output)[0]
