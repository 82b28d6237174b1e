"""Wait in the project's Python with pytest imported, and fork for each run of the tests. Linux alone.

A run then has what any run has before it comes to the project, and none of its modules: these it imports itself. Over a
socket, one JSON object a line:

    in   {"import": [name, ...]}       once: what a run imports of others, in this order
    out  {"ready": true}, or {"left": [name, ...]} those that must not be, or {"threads": n}; after these it ends
    in   {"run": [argument, ...], "mark": {name: value}}   these in its environment; with one descriptor, for standard output and error; see `recorder`
    out  {"pid": n}, and {"status": n} when that child has ended, negative for a signal

It ends when the socket does, and takes what runs with it; and after `IDLE` seconds without work.
"""

from __future__ import annotations

import array
import contextlib
import importlib
import json
import os
import select
import signal
import socket
import sys
import warnings
from typing import Any

IDLE = 900.0

_LONGEST = 1 << 20


def serve(number: int) -> list[str] | None:
    """Answer the socket with that descriptor until it ends; in a child that is to run the tests, return its arguments."""
    channel = socket.socket(fileno=number)
    request, _ = _receive(channel)
    told = _prepare(request["import"]) if request else {"left": []}
    _send(channel, told)
    if "ready" not in told:
        return None
    awake, wake = os.pipe()
    for end in (awake, wake):
        os.set_blocking(end, False)
    while True:
        if not select.select([channel], [], [], IDLE)[0]:
            return None
        request, output = _receive(channel)
        if request is None or output is None:
            return None
        # the end of a child comes as a byte in a pipe: it is waited for beside the socket
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake)
        child = os.fork()
        if not child:
            _become(channel, output, (awake, wake))
            os.environ.update(request["mark"])
            return list(request["run"])
        os.close(output)
        _send(channel, {"pid": child})
        status = _await(channel, child, awake)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if status is None:
            return None
        _send(channel, {"status": status})


def _prepare(names: list[str]) -> dict[str, Any]:
    """Import these; tell which of them cannot be imported alone, or say something when they are."""
    left = []
    for name in names:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                importlib.import_module(name)
            except BaseException:  # noqa: BLE001 - a run will see for itself
                left.append(name)
                continue
        if said:
            left.append(name)  # a project may take a warning for an error
    if left:
        return {"left": left}
    # libraries end their own threads when a process forks: what counts is how many there are after it
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    count = len(os.listdir("/proc/self/task"))
    return {"ready": True} if count == 1 else {"threads": count}


def _become(channel: socket.socket, output: int, others: tuple[int, int]) -> None:
    """Make this child what a process started for the run would be."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.dup2(output, 1)
    os.dup2(output, 2)
    for end in (output, *others):
        os.close(end)
    channel.close()
    numbers = sys.modules.get("numpy.random")
    if numbers is not None:
        numbers.seed()  # the standard library's are another's after a fork by themselves


def _await(channel: socket.socket, child: int, awake: int) -> int | None:
    """Return how a child ended; None when the socket did, and then the child is ended."""
    while True:
        both: list[Any] = [channel, awake]
        ready = select.select(both, [], [])[0]
        with contextlib.suppress(BlockingIOError):
            os.read(awake, 64)
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        if channel in ready:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)  # it may not lead a group yet
            os.waitpid(child, 0)
            return None


def _send(channel: socket.socket, told: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        channel.sendall(json.dumps(told).encode("ascii") + b"\n")


def _receive(channel: socket.socket) -> tuple[dict[str, Any] | None, int | None]:
    """Return the next request and the descriptor that came with it; None where the other side is gone."""
    data, output = b"", None
    while not data.endswith(b"\n"):
        numbers = array.array("i")
        try:
            some, extra, _, _ = channel.recvmsg(_LONGEST, socket.CMSG_LEN(numbers.itemsize))
        except OSError:
            return None, None
        if not some:
            return None, None
        data += some
        for level, kind, passed in extra:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                numbers.frombytes(passed[: len(passed) - len(passed) % numbers.itemsize])
                output = numbers[0]
    return json.loads(data), output
