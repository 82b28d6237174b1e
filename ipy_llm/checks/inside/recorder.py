"""Run pytest and record what happens, as it happens. A script for the project's own interpreter.

    python recorder.py EVENTS PLAN [pytest arguments ...]

EVENTS is a file to which one JSON object a line is appended, so that a run that is killed or dies keeps what it knew:

    {"missing": "pytest", "pip": true}  this interpreter has none, but a pip
    {"start": id, "place": [path, line], "at": seconds}, {"end": id}    a test, and when by the clock it began
    {"failed": id, "message": text, "frames": [[path, line], ...], "text": text}
    {"loading": id, "place": [path, 1], "at": seconds}, {"loaded": id}  a file of tests, likewise
    {"unloaded": id, "text": text}      a file whose tests could not be collected
    {"items": [id, ...]}, {"collected": 214}    the tests there are, and how many of them are about to run
    {"late": true}                      the time was over before all had run
    {"broken": text, "frames": [[path, line], ...]}     pytest gave up: an internal error, an interruption
    {"status": 0}                       the exit status; without it the interpreter died
    {"early": [name, ...]}, {"late": [name, ...]}   modules of others, there before any of the project's, and at the end

and of what ran (see `tracer`), where code is named by its number in the order of `codes`:

    {"codes": [[path, line], ...]}
    {"ran": id, "file": path, "seconds": 0.1, "fixtures": [key, ...], "whole": false, "keep": false, ...context}
    {"fixture": key, "uses": [key, ...], ...context}, {"imported": path, ...context}, {"session": true, ...context}
    {"filler": number, ...context}      what a function ran that leaves something behind for later tests
    {"met": {path: [path, ...]}}        the modules that code of a file made Python import

with, as context, {"blocks": [number, ...], "modules": [path, ...], "files": [path, ...], "looked": [path, ...], "listed":
[folder, ...], "fills": [number, ...], "opaque": false}: files read and files only looked for, folders, and the functions of which it may
have used what they left. `whole` says that the test is written in something else than functions, `keep` that it runs
another thing each time.

PLAN is a JSON file, see `plugin.Selection`; further `budget`, seconds for all, `overlay`, see `overlay.install`, `trace`,
`writes`, see `outliving.Outliving`, and `codes`, the folder of `compiled.Codes`; `modules` asks for `early` and `late`.

    python recorder.py --wait DESCRIPTOR    wait for runs, see `zygote`

Paths are absolute, those of `tracer` relative to the project; lines 1-based, frames outermost first. Nothing but the
standard library and pytest is used, in the Python of any project (3.8 or newer, pytest 6 or newer).
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    import os

    _HERE = os.path.dirname(os.path.abspath(__file__))
    if not getattr(sys.flags, "safe_path", False):
        # what `python -m pytest` puts here
        sys.path[0] = os.getcwd()

import importlib.util
import json
import os
import time
import traceback
from typing import Any


class Recorder:
    """Appends events to a file."""

    def __init__(self, path: str) -> None:
        # unbuffered, and written with the functions of now: tests replace `open`, and some never return
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._write = os.write
        self._dumps = json.dumps
        self._getpid = os.getpid
        self._pid = os.getpid()

    def note(self, **event: Any) -> None:
        """Append one event, unless this is a forked child."""
        if self._getpid() == self._pid:
            self._write(self._file, self._dumps(event).encode("ascii") + b"\n")


def main(events: str, plan_file: str, arguments: list[str]) -> int:
    """Run pytest with those arguments as planned, recording to `events`."""
    began = time.monotonic()
    os.environ["IPY_LLM_RUN"] = events  # also of a fork
    recorder = Recorder(events)
    with open(plan_file, encoding="ascii") as file:
        plan = json.load(file)
    compiled = codes = None
    if plan.get("codes"):
        compiled = _sibling("compiled")
        codes = compiled.Codes(plan["codes"])
        compiled.install(codes)
    try:
        import pytest  # noqa: PLC0415 - its absence is an answer
    except ModuleNotFoundError as error:
        if error.name != "pytest":
            raise
        recorder.note(missing="pytest", pip=importlib.util.find_spec("pip") is not None)
        return 0
    try:
        import resource  # noqa: PLC0415 - POSIX only

        # an interpreter that dies must not leave its memory in the project's folder
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    except ImportError:
        pass
    autoload = not os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    if autoload and importlib.util.find_spec("pytest_cov"):
        arguments = [*arguments, "--no-cov"]  # measuring would write its files into the tree
    if autoload and importlib.util.find_spec("xdist"):
        arguments = [*arguments, "-n0"]  # what runs in other processes is not seen
    if compiled is not None:
        compiled.install_rewritten(codes)
    if plan.get("budget") is not None:
        plan["until"] = began + plan["budget"]
    plugin = _sibling("plugin")
    happening = plugin.Events(recorder.note)
    plugins = [happening, plugin.Selection(plan, happening, recorder.note)]
    tracer = None
    if plan.get("overlay"):
        overlay = _sibling("overlay")
        overlay.install(plan["overlay"])
        overlay.hand_down(plan["overlay"], os.path.join(os.path.dirname(plan_file), "overlay"))
    if plan.get("trace"):
        tracing = _sibling("tracer")
        writes = plan.get("writes", {})
        helpers = [_sibling(name) for name in ("looking", "outliving", "monitoring")]
        tracer = tracing.Tracer(os.getcwd(), *helpers, writes)
        plugins.append(plugin.Traces(tracer, tracing.Context, recorder.note))
    if plan.get("modules"):
        plugins.append(_sibling("loaded").Loaded(recorder.note))
    # what a test that looks sees under `python -m pytest`
    sys.argv = [os.path.join(os.path.dirname(pytest.__file__), "__main__.py"), *arguments]
    if tracer is not None:
        tracer.start()
    try:
        status = int(pytest.main(arguments, plugins=plugins))
    except SystemExit as error:  # a conftest's
        frames = [[frame.f_code.co_filename, line] for frame, line in traceback.walk_tb(error.__traceback__)]
        recorder.note(broken=f"SystemExit: {error.code}", frames=frames)
        raise
    if tracer is not None:
        tracer.stop()
    recorder.note(status=status)
    return status


def _sibling(name: str) -> Any:
    """Load a script that stands beside this one, under a name that no project has."""
    spec = importlib.util.spec_from_file_location(f"_ipy_llm_{name}", os.path.join(_HERE, f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    if sys.argv[1] == "--wait":
        words = _sibling("zygote").serve(int(sys.argv[2]))
        if words is None:
            sys.exit(0)
        sys.argv[1:] = words
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
