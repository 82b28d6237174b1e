"""One writer of a project at a time: an advisory lock on a file in our cache folder."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from ipy_llm.errors import ConflictError, ToolError

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


PATIENCE = 30.0  # seconds; a lock is held while files are written, for long only by a patch of hundreds


@contextlib.contextmanager
def locked(file: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the lock on `file` (made if it is not there), which the system lets go when its holder dies.

    Waits at most `patience` seconds, then raises `ConflictError`. Raises `OSError` where the file
    cannot be opened, `ToolError` where it cannot be locked: then a write could be lost. It is never removed: the next holder may have it open.
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
            except OSError as error:  # e.g. of a network file system without a lock server
                raise ToolError(
                    f"{file} cannot be locked: {error.strerror}; nothing was written",
                    steps=["set IPY_LLM_CACHE to a folder on a local disk"],
                ) from error
        yield
    finally:
        os.close(descriptor)
