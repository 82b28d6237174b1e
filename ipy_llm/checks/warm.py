"""A pytest that has started and waits, in a session that lives: each run is a fork of it. The parent's side of `inside/zygote`."""

from __future__ import annotations

import array
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ipy_llm.checks.process import Ended, follow

_RECORDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "inside", "recorder.py")

# Seconds in which it must be ready for work, and say which process a fork is.
_START = 60.0
_FORK = 5.0

# How often it is begun again without what could not be imported alone.
_TRIES = 3


class Warm:
    """At most one waiting process for the project in `root`. Any environment but the one it was begun in begins another."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._busy = threading.Lock()
        self._key: object = None
        self._unfit: set[object] = set()  # the environments in which a fork is not what a process is
        self._closed = False
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None

    def run(
        self,
        interpreter: Path,
        words: Sequence[str],
        *,
        env: Mapping[str, str],
        mark: Mapping[str, str],
        timeout: float,
        stop: threading.Event | None,
    ) -> Ended | None:
        """Run the recorder with these words in a fork, as `process.run` does, with `mark` in its environment besides; None where none waits for such a run."""
        if not self._busy.acquire(blocking=False):
            return None
        try:
            if self._process is None or self._channel is None or self._key != self._now(interpreter, env):
                return None
            reader, writer = os.pipe()
            try:
                forked = _forked(self._channel, {"run": list(words), "mark": dict(mark)}, writer)
            finally:
                os.close(writer)
            if forked is None:
                os.close(reader)
                self._end()
                return None
            pipe = os.fdopen(reader, "rb", buffering=0)
            ended = follow(forked, pipe, timeout=timeout, stop=stop, last_words=True)
            if forked.lost:
                self._end()
            return ended
        finally:
            self._busy.release()

    def wanted(self, interpreter: Path, env: Mapping[str, str]) -> bool:
        """Say whether one is to be begun: where it would do, and none waits."""
        if sys.platform != "linux" or self._busy.locked():
            return False
        key = self._now(interpreter, env)
        return key not in self._unfit and (self._key != key or self._process is None)

    def begin(self, interpreter: Path, env: Mapping[str, str], names: Sequence[str]) -> None:
        """Have one start and import these modules while nobody waits."""
        key = self._now(interpreter, env)
        threading.Thread(
            target=self._begin, args=(interpreter, dict(env), list(names), key), daemon=True
        ).start()

    def distrust(self) -> None:
        """Begin none in this environment again: a test fails in a fork that does not in a process of its own."""
        with self._busy:
            self._unfit.add(self._key)
            self._end()

    def close(self) -> None:
        """End it, and what it runs."""
        self._closed = True
        # one that is just starting ends with us, or when it is ready
        if self._busy.acquire(timeout=_FORK):
            self._end()
            self._busy.release()

    def _begin(self, interpreter: Path, env: dict[str, str], names: list[str], key: object) -> None:
        with self._busy:
            self._end()
            for _ in range(_TRIES):
                ours, theirs = socket.socketpair()
                with theirs:
                    try:
                        self._process = subprocess.Popen(
                            [str(interpreter), _RECORDER, "--wait", str(theirs.fileno())],
                            cwd=self._root,
                            env=env,
                            stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL,
                            pass_fds=(theirs.fileno(),),
                            start_new_session=True,
                        )
                    except OSError:
                        ours.close()
                        return
                self._channel, self._key = ours, key
                told = _ask(ours, {"import": names}, _START)
                if told is not None and "ready" in told and not self._closed:
                    return
                self._end()
                if told is None or "left" not in told:
                    break
                left = tuple(f"{one}." for one in told["left"])
                names = [name for name in names if not f"{name}.".startswith(left)]
            self._unfit.add(key)

    def _now(self, interpreter: Path, env: Mapping[str, str]) -> object:
        """Return all that a started Python has read for ever."""
        installed = [
            (str(folder), folder.stat().st_mtime_ns)
            for folder in sorted(interpreter.parent.parent.glob("[Ll]ib/python*/site-packages"))
        ]
        return (str(interpreter), tuple(installed), tuple(sorted(env.items())))

    def _end(self) -> None:
        if self._channel is not None:
            self._channel.close()  # it ends with it, and what it runs
        if self._process is not None:
            try:
                self._process.wait(_FORK)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._channel = self._process = None


class _Forked:
    """A child of another process, as `process.follow` looks at it: like a `Popen`."""

    def __init__(self, channel: socket.socket, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.lost = False  # with the process that forked it
        self._channel = channel

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._channel], [], [], 0)[0]:
            told = _told(self._channel, _FORK)
            self.lost = told is None
            self.returncode = -signal.SIGKILL if told is None else int(told["status"])
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        until = time.monotonic() + (_FORK if timeout is None else timeout)
        while self.poll() is None:
            left = until - time.monotonic()
            if left <= 0:
                if timeout is not None:
                    raise subprocess.TimeoutExpired("a forked run", timeout)
                self.lost, self.returncode = True, -signal.SIGKILL
                break
            select.select([self._channel], [], [], left)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)


def _forked(channel: socket.socket, asked: Mapping[str, object], output: int) -> _Forked | None:
    request = json.dumps(asked).encode("ascii") + b"\n"
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [output]))]
    try:
        sent = channel.sendmsg([request], rights)
        channel.sendall(request[sent:])
    except OSError:
        return None
    told = _told(channel, _FORK)
    return None if told is None else _Forked(channel, int(told["pid"]))


def _ask(channel: socket.socket, request: dict[str, Any], timeout: float) -> dict[str, Any] | None:
    try:
        channel.sendall(json.dumps(request).encode("ascii") + b"\n")
    except OSError:
        return None
    return _told(channel, timeout)


def _told(channel: socket.socket, timeout: float) -> dict[str, Any] | None:
    """Return the next answer; None where the other side is gone or does not answer."""
    channel.settimeout(timeout)
    data = b""
    try:
        while not data.endswith(b"\n"):
            # one by one: two answers may stand in a row
            if not (some := channel.recv(1)):
                return None
            data += some
    except OSError:
        return None
    told = json.loads(data)
    return told if isinstance(told, dict) else None


_waiting: dict[Path, Warm] = {}


def warm_for(root: Path) -> Warm:
    """Return what waits for the project, for as long as this process lives."""
    return _waiting.setdefault(root, Warm(root))


def stop_warm(root: Path) -> None:
    """End what waits for a project."""
    if (warm := _waiting.pop(root, None)) is not None:
        warm.close()
