"""mypy kept running between edits: one process per project and configuration, gone after a while without work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ipy_llm.checks.process import Ended, run

# Set to 0, no process outlives a check.
SWITCH = "IPY_LLM_DAEMON"

# Seconds without work after which it ends by itself.
_IDLE = 900

# Seconds to stop it, and for one that is just starting to say which process it is.
_STOP = 5.0
_START = 20.0

_PREFIX = "dmypy-"

# What this process set going: until its status file is there, a daemon cannot be told to end.
_starting: dict[Path, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class Daemon:
    """The daemon for the mypy options `options`, started in `root`.

    Its status file is in `cache`. `key` stands for all that it reads once, when it starts: another one, another daemon.
    """

    root: Path
    cache: Path
    key: str
    options: tuple[str, ...]
    env: Mapping[str, str]

    def alive(self) -> bool:
        """Say whether it runs."""
        return _pid(self._status) is not None

    def ask(self, *, timeout: float, stop: threading.Event | None) -> Ended | None:
        """Have it check; None if it died or hangs, and then it is ended."""
        ended = run(
            self._command("run"), folder=self.root, env=self.env, timeout=timeout, stop=stop, keep=1 << 25
        )
        if ended.status in (0, 1) or (ended.status == 2 and '"severity"' in ended.output):
            return ended
        _end(self._status)
        return None

    def warm_up(self) -> None:
        """Start it, and let it read the project while nobody waits. Those of other configurations end."""
        for status in self.cache.glob(f"{_PREFIX}*.json"):
            if status != self._status:
                _end(status)
        process = subprocess.Popen(
            self._command("run"),
            cwd=self.root,
            env=dict(self.env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        _starting[self._status] = process
        # a session that goes on must not keep what it leaves behind
        threading.Thread(target=process.wait, daemon=True).start()

    @property
    def _status(self) -> Path:
        return self.cache / f"{_PREFIX}{self.key}.json"

    def _command(self, verb: str) -> list[str]:
        return [*_client(self._status), verb, "--timeout", str(_IDLE), "--", *self.options]


def wanted(env: Mapping[str, str]) -> bool:
    """Say whether a daemon may be left running."""
    return env.get(SWITCH, "1") != "0" and sys.platform != "win32"


def stop_daemons(cache: Path) -> None:
    """End those of a project, by our folder for it."""
    for status in {*cache.glob(f"{_PREFIX}*.json"), *(one for one in _starting if one.parent == cache)}:
        _end(status)


def _client(status: Path) -> Sequence[str]:
    return (sys.executable, "-m", "mypy.dmypy", "--status-file", str(status))


def _pid(status: Path) -> int | None:
    """Return the process of a status file, None if it is gone."""
    try:
        pid = int(json.loads(status.read_text("utf-8"))["pid"])
        os.kill(pid, 0)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid


def _end(status: Path) -> None:
    starting = _starting.pop(status, None)
    until = time.monotonic() + _START
    while (
        starting is not None and starting.poll() is None and _pid(status) is None and time.monotonic() < until
    ):
        time.sleep(0.05)
    if _pid(status) is not None:
        env = {**os.environ, "PYTHONSAFEPATH": "1"}
        # it knows better than we whether the process is still its own: it asks it first
        ended = run([*_client(status), "stop"], folder=status.parent, env=env, timeout=_STOP)
        if ended.status != 0:
            run([*_client(status), "kill"], folder=status.parent, env=env, timeout=_STOP)
    status.unlink(missing_ok=True)
