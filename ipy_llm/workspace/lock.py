"""One writer of a project at a time: an advisory lock on a file in our cache folder."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from ipy_llm.errors import ConflictError

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


PATIENCE = 10.0  # seconds; a lock is held for the few milliseconds of a write, never while checks run


@contextlib.contextmanager
def locked(file: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the lock on `file` (made if it is not there), which the system lets go when its holder dies.

    Waits at most `patience` seconds, then raises `ConflictError`. Raises `OSError` where the file
    cannot be opened. It is never removed: the next holder may have it open.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + patience
        while True:
            try:
                _try_lock(descriptor)
                break
            except (BlockingIOError, PermissionError) as error:  # the second is what Windows says
                if time.monotonic() > deadline:
                    raise ConflictError(
                        "another edit of this project is being written; nothing was written",
                        steps=["send it again"],
                    ) from error
                time.sleep(0.005)
            except OSError:
                # A file system without locks: what is left is the comparison just before the rename.
                break
        yield
    finally:
        os.close(descriptor)
