"""Run pytest and record what fails, as it fails. A script for the project's own interpreter.

    python recorder.py EVENTS [pytest arguments ...]

EVENTS is a file to which one JSON object a line is appended, so that a run that is killed or dies keeps what it knew:

    {"missing": "pytest", "pip": true}  this interpreter has none, but a pip
    {"start": id, "place": [path, line], "at": seconds}, {"end": id}    a test, and when by the clock it began
    {"failed": id, "message": text, "frames": [[path, line], ...], "text": text}
    {"unloaded": id, "text": text}      a file whose tests could not be collected
    {"collected": 214}                  how many tests are about to run
    {"broken": text}                    pytest gave up: an internal error, an interruption
    {"status": 0}                       the exit status; without it the interpreter died

Paths are absolute, lines 1-based, frames outermost first. Nothing but the standard library and pytest is used, in the
Python of any project (3.8 or newer, pytest 6 or newer).
"""

from __future__ import annotations

import sys

if __name__ == "__main__" and not getattr(sys.flags, "safe_path", False):
    # before any other import: beside this script stands a `types.py`
    del sys.path[0]
    import os

    # what `python -m pytest` puts here
    sys.path.insert(0, os.getcwd())

import importlib.util
import json
import os
import time
from typing import Any

# A recursion error has a thousand frames, and a message may be a whole page.
_FRAMES = 100
_CHARACTERS = 4000


class Recorder:
    """A pytest plugin that appends what happens to a file."""

    def __init__(self, path: str) -> None:
        # unbuffered, and written with the functions of now: tests replace `open`, and some never return
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._write = os.write
        self._clock = time.time
        self._pid = os.getpid()
        self._root = os.getcwd()

    def note(self, **event: Any) -> None:
        """Append one event, unless this is a forked child."""
        if os.getpid() == self._pid:
            self._write(self._file, json.dumps(event).encode("ascii") + b"\n")

    def pytest_configure(self, config: Any) -> None:
        """Learn the folder that locations are relative to."""
        self._root = str(config.rootpath if hasattr(config, "rootpath") else config.rootdir)

    def pytest_collectreport(self, report: Any) -> None:
        """Record a file that could not be collected."""
        if report.failed:
            self.note(unloaded=report.nodeid, text=str(report.longrepr)[-_CHARACTERS:])

    def pytest_collection_finish(self, session: Any) -> None:
        """Record how many tests there are."""
        self.note(collected=len(session.items))

    def pytest_runtest_logstart(self, nodeid: str, location: Any) -> None:
        """Record a test that is about to run."""
        self.note(start=nodeid, place=self._place(location), at=self._clock())

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Record a failure in the setup, the call or the teardown of a test."""
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            self.note(
                failed=report.nodeid,
                message=str(crash.message)[:_CHARACTERS] if crash else "",
                frames=_frames(report.longrepr) or [self._place(report.location)],
                text="" if crash else str(report.longrepr)[-_CHARACTERS:],
            )

    def pytest_runtest_logfinish(self, nodeid: str, location: Any) -> None:  # noqa: ARG002 - pytest names them
        """Record that a test is over."""
        self.note(end=nodeid)

    def pytest_internalerror(self, excinfo: Any) -> None:
        """Record that pytest or a plugin of its failed."""
        self.note(broken="internal error: " + excinfo.exconly()[:_CHARACTERS])

    def pytest_keyboard_interrupt(self, excinfo: Any) -> None:
        """Record what ended the run: an interruption or `pytest.exit`."""
        self.note(broken=excinfo.exconly()[:_CHARACTERS])

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


def main(events: str, arguments: list[str]) -> int:
    """Run pytest with those arguments, recording to `events`."""
    recorder = Recorder(events)
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
    if importlib.util.find_spec("pytest_cov") and not os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        arguments = [*arguments, "--no-cov"]  # measuring would write its files into the tree
    # what a test that looks sees under `python -m pytest`
    sys.argv = [os.path.join(os.path.dirname(pytest.__file__), "__main__.py"), *arguments]
    status = int(pytest.main(arguments, plugins=[recorder]))
    recorder.note(status=status)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
