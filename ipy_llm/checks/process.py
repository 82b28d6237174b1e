"""Run a tool to its end or to the end of its time, and leave nothing of it running."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

# How often the end is looked for, in seconds: `Popen.wait` cannot also wait for `stop`.
_TICK = 0.02

# How long a process may take to say where it stood before it is killed, and a pipe to run dry after, in seconds.
_LAST_WORDS = 1.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended.

    `status` is its exit status, negative for a signal, None when it was stopped. `output` is the end of its
    standard output and error together.
    """

    status: int | None
    output: str
    seconds: float


def run(
    command: Sequence[str],
    *,
    folder: Path,
    env: Mapping[str, str],
    timeout: float,
    stop: threading.Event | None = None,
    keep: int = 1 << 18,
    last_words: bool = False,
    given: Path | None = None,
) -> Ended:
    """Run `command` in `folder` for at most `timeout` seconds, keeping the last `keep` bytes of what it prints.

    `given` is the file it reads as its standard input. Setting `stop` ends it early. With `last_words` a process that is stopped is first sent SIGABRT, at which a
    Python with faulthandler prints its stack. Whatever it started in its process group, and when it is stopped all
    its descendants, die with it. Raises OSError if it cannot be started.
    """
    with open(given or os.devnull, "rb") as stdin:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=env,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    assert process.stdout is not None
    return follow(process, process.stdout, timeout=timeout, stop=stop, keep=keep, last_words=last_words)


class Process(Protocol):
    """What is asked of one that runs in a process group of its own, as of a `Popen`."""

    pid: int
    returncode: Any

    def poll(self) -> int | None:
        """Return its status, None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Return its status once it has ended; raise `subprocess.TimeoutExpired` where that takes longer."""

    def send_signal(self, number: int, /) -> None:
        """Send it a signal."""


def follow(
    process: Process,
    output: IO[bytes],
    *,
    timeout: float,
    stop: threading.Event | None = None,
    keep: int = 1 << 18,
    last_words: bool = False,
) -> Ended:
    """See a process that prints into the pipe `output` to its end, as `run` does."""
    began = time.monotonic()
    printed = _Tail(output, keep)
    stopped = True
    try:
        while process.poll() is None:
            if time.monotonic() - began > timeout or (stop is not None and stop.is_set()):
                break
            time.sleep(_TICK)
        else:
            stopped = False
    finally:
        # also when we are interrupted: the process must not outlive us
        _end(process, last_words=last_words and stopped)
        printed.join(_LAST_WORDS)
    return Ended(None if stopped else process.returncode, printed.text(), time.monotonic() - began)


class _Tail(threading.Thread):
    """Reads a pipe to its end and remembers the last `keep` bytes, so that a tool that prints a gigabyte costs us none."""

    def __init__(self, pipe: IO[bytes], keep: int) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self._keep = keep
        self._bytes = bytearray()
        self.start()

    def run(self) -> None:
        with self._pipe:
            while read := os.read(self._pipe.fileno(), 1 << 16):
                self._bytes += read
                if len(self._bytes) > 2 * self._keep:
                    del self._bytes[: -self._keep]

    def text(self) -> str:
        return bytes(self._bytes[-self._keep :]).decode("utf-8", "replace").replace("\r\n", "\n")


def _end(process: Process, *, last_words: bool) -> None:
    if sys.platform == "win32":
        if process.poll() is None:
            subprocess.run(
                ["taskkill", "/T", "/F", "/PID", str(process.pid)],  # noqa: S607 - Windows knows where it is
                capture_output=True,
                check=False,
            )
            process.wait()
        return
    strays: list[int] = []
    if process.poll() is None:
        # those that left the group can be told only while their parents live
        strays = _descendants(process.pid)
        if last_words:
            process.send_signal(signal.SIGABRT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_LAST_WORDS)
    _kill(process.pid, group=True)
    for pid in strays:
        _kill(pid, group=False)
    process.wait()


def _kill(pid: int, *, group: bool) -> None:
    try:
        if group:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # gone already; macOS answers EPERM for a group of zombies


def end_marked(mark: str) -> None:
    """Kill every process that has `mark` in its environment: one that was told to outlive its parents has no other sign.

    Where there is no /proc none is found.
    """
    wanted = os.fsencode(mark)
    for name in os.listdir("/proc") if os.path.isdir("/proc/self") else ():
        if name.isdigit() and int(name) != os.getpid():
            try:
                with open(f"/proc/{name}/environ", "rb") as environment:
                    if wanted in environment.read():
                        _kill(int(name), group=False)
            except OSError:
                continue  # it ended meanwhile, or is somebody else's


def _descendants(pid: int) -> list[int]:
    """Return the process ids below `pid`, also those in sessions of their own."""
    children: dict[int, list[int]] = {}
    for child, parent in _parents():
        children.setdefault(parent, []).append(child)
    found = [pid]
    for parent in found:
        found += children.get(parent, ())
    return found[1:]


def _parents() -> list[tuple[int, int]]:
    """Return every process with its parent, from /proc (a slim container has no `ps`), else from `ps`."""
    pairs = []
    for name in os.listdir("/proc") if os.path.isdir("/proc/self") else ():
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stat:
                    # the name before the last `)` may hold anything; state and parent follow it
                    pairs.append((int(name), int(stat.read().rpartition(")")[2].split()[1])))
            except (OSError, IndexError):
                continue  # it ended meanwhile
    if pairs:
        return pairs
    try:
        listed = subprocess.run(
            ["/bin/ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=False, timeout=5
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [(int(child), int(parent)) for child, parent in (line.split() for line in listed.splitlines())]
