"""Reading and writing documents: all or none, and nothing lost."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ipy_llm.errors import NotFoundError, RequestError, StaleError, ToolError, TransactionError

PYTHON_SUFFIXES = frozenset({".py", ".pyi", ".pyw"})


@dataclass(frozen=True, slots=True)
class Change:
    """A file's bytes before and after; None where it does not exist."""

    path: Path
    before: bytes | None
    after: bytes | None


def is_python(path: Path) -> bool:
    """Say whether a file is Python by its name."""
    return path.suffix in PYTHON_SUFFIXES


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes. Raises `NotFoundError` or `ToolError`."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise NotFoundError(f"no file {path}") from error
    except OSError as error:
        raise ToolError(f"cannot read {path}: {error.strerror}") from error


def write_all(changes: Sequence[Change]) -> None:
    """Write every change or none: new text goes to files beside, then each takes its place by renaming.

    Mode, owner and symlinks stay. Raises `StaleError` where a file is not what it was before,
    `RequestError` where one may not be written, `TransactionError` or `ToolError` where the machine fails.
    """
    for change in changes:
        _check_writable(change)
    ready: list[tuple[str, Change]] = []
    done: list[Change] = []
    try:
        for change in changes:
            if change.after is not None:
                # one at a time: what was written is known, and removed, when the next one fails
                ready.append((_write_beside(change, change.after), change))  # noqa: PERF401
        for temporary, change in ready:
            os.replace(temporary, os.path.realpath(change.path))
            done.append(change)
        for change in changes:
            if change.after is None:
                os.unlink(os.path.realpath(change.path))
                done.append(change)
    except OSError as error:
        for temporary, _ in ready:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
        if done:
            write_all([Change(change.path, change.after, change.before) for change in done])
            raise TransactionError(
                f"cannot write {error.filename}: {error.strerror}; no file was changed"
            ) from error
        raise ToolError(f"cannot write: {error.strerror}; no file was changed") from error


def _check_writable(change: Change) -> None:
    real = Path(os.path.realpath(change.path))
    current = real.read_bytes() if real.is_file() else None
    if current != change.before:
        raise StaleError(
            f"{change.path} changed while it was being edited; nothing was written", steps=["send it again"]
        )
    # A rename would replace a read-only file all the same; its owner said no.
    if current is not None and not real.stat().st_mode & stat.S_IWUSR:
        raise RequestError(
            f"{change.path} is read-only; nothing was written", steps=[f"chmod u+w {change.path}"]
        )


def _write_beside(change: Change, data: bytes) -> str:
    """Write bytes to a temporary file in the folder of the real one, with its mode and owner."""
    real = os.path.realpath(change.path)
    os.makedirs(os.path.dirname(real), exist_ok=True)
    # Not tempfile: importing it costs more than the write.
    temporary = f"{os.path.dirname(real)}/.ipy_llm-{os.getpid()}-{os.path.basename(real)}"
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if change.before is None:
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(temporary, 0o666 & ~umask)
            return temporary
        status = os.stat(real)
        os.chmod(temporary, stat.S_IMODE(status.st_mode))
        mine = os.stat(temporary)
        if (mine.st_uid, mine.st_gid) != (status.st_uid, status.st_gid):
            with contextlib.suppress(PermissionError):
                os.chown(temporary, status.st_uid, status.st_gid)
    except OSError:
        os.unlink(temporary)
        raise
    return temporary
