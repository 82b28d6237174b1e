"""Reading and writing documents: all or none, and nothing lost."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
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

    def reversed(self) -> Change:
        """Return the change that takes this one back."""
        return Change(self.path, self.after, self.before)


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


def current_bytes(path: Path) -> bytes | None:
    """Return a file's bytes as they are now, None where there is no file. Raises `ToolError`."""
    try:
        return read_bytes(path)
    except NotFoundError:
        return None


def check_writable(change: Change) -> None:
    """Raise `StaleError` where the file is not what it was before, `RequestError` where it may not be written."""
    real = os.path.realpath(change.path)
    if current_bytes(Path(real)) != change.before:
        raise StaleError(
            f"{change.path} changed while it was being edited; nothing was written", steps=["send it again"]
        )
    if change.before is None:
        return
    # A rename would replace a read-only file all the same; its owner said no. The superuser may write
    # whatever its mode, so the mode is asked too.
    if not os.stat(real).st_mode & stat.S_IWUSR or not os.access(real, os.W_OK):
        raise RequestError(
            f"{change.path} is read-only; nothing was written", steps=[f"chmod u+w {change.path}"]
        )


def write_all(changes: Sequence[Change], mark: str = "") -> None:
    """Write every change or none: new text goes to files beside, then each takes its place by renaming.

    Mode, owner, extended attributes and symlinks stay; of a file with hard links, only this name
    changes. `mark` goes into the names of the files beside, so that those of a write that was killed
    can be told (`remove_beside`). Raises `StaleError` where a file is not what it was before,
    `RequestError` where one may not be written, `TransactionError` or `ToolError` where the machine
    fails.
    """
    mark = mark or new_mark()
    done: list[Change] = []
    folders = [folder for change in changes for folder in missing_folders(change.path)]
    try:
        for change in changes:
            check_writable(change)
        for position, change in enumerate(changes):
            if change.after is not None:
                _write_beside(change, change.after, _beside(change, position, mark))
        for change in changes:
            # Writing took a moment; what anyone else wrote in it must not be lost.
            check_writable(change)
        for position, change in enumerate(changes):
            real = os.path.realpath(change.path)
            if change.after is None:
                os.unlink(real)
            else:
                os.replace(_beside(change, position, mark), real)
            done.append(change)
    except OSError as error:
        failed = f"cannot write {change.path}: {error.strerror}"
        if done:
            _put_back(done, failed)
            raise TransactionError(f"{failed}; no file was changed") from error
        raise ToolError(f"{failed}; no file was changed") from error
    finally:
        if len(done) < len(changes):
            remove_beside(changes, mark)
            remove_folders(folders)


def new_mark() -> str:
    """Return a mark that no other write has."""
    return os.urandom(4).hex()


def remove_beside(changes: Sequence[Change], mark: str) -> None:
    """Remove what a write with that mark left beside the files."""
    for position, change in enumerate(changes):
        with contextlib.suppress(OSError):
            os.unlink(_beside(change, position, mark))


def missing_folders(path: Path) -> list[Path]:
    """Return the folders that must be made for a file, the innermost first."""
    folder = Path(os.path.realpath(path)).parent
    missing = []
    while not os.path.lexists(folder) and folder != folder.parent:  # a drive may be missing too
        missing.append(folder)
        folder = folder.parent
    return missing


def remove_folders(folders: Sequence[Path]) -> None:
    """Remove those of the folders that are empty."""
    for folder in folders:
        with contextlib.suppress(OSError):
            os.rmdir(folder)


def _put_back(done: Sequence[Change], failed: str) -> None:
    try:
        write_all([change.reversed() for change in done])
    except (StaleError, RequestError, ToolError, TransactionError) as error:
        left = ", ".join(str(change.path) for change in done)
        raise TransactionError(f"{failed}; and {left} could not be put back: {error.message}") from error


def _beside(change: Change, position: int, mark: str) -> str:
    # No suffix, so that nothing takes it for source; short, since a name has at most 255 bytes.
    return os.path.join(os.path.dirname(os.path.realpath(change.path)), f".ipy_llm-{mark}-{position}")


def _write_beside(change: Change, data: bytes, temporary: str) -> None:
    """Write bytes to a temporary file in the folder of the real one, with its mode, owner and attributes."""
    real = os.path.realpath(change.path)
    os.makedirs(os.path.dirname(real), exist_ok=True)
    # Not tempfile: importing it costs more than the write. A new file has the mode the umask gives it.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with open(os.open(temporary, flags, 0o666 if change.before is None else 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if change.before is None:
        return
    status = os.stat(real)
    _give(temporary, status)
    if sys.platform == "linux":  # access lists, security labels
        with contextlib.suppress(OSError):
            for name in os.listxattr(real):
                os.setxattr(temporary, name, os.getxattr(real, name))
    # Last: a change of owner takes the set-user-id bit away.
    os.chmod(temporary, stat.S_IMODE(status.st_mode))


def _give(path: str, status: os.stat_result) -> None:
    """Give a file its owner and group; the group alone where only root could give it away."""
    mine = os.stat(path)
    if sys.platform != "win32" and (mine.st_uid, mine.st_gid) != (status.st_uid, status.st_gid):
        try:
            os.chown(path, status.st_uid, status.st_gid)
        except PermissionError:
            with contextlib.suppress(PermissionError):
                os.chown(path, -1, status.st_gid)
