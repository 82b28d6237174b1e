"""Reading and writing documents: all or none, and nothing lost."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ipy_llm.errors import NotFoundError, RequestError, StaleError, ToolError, TransactionError
from ipy_llm.source.chunks import Language

PYTHON_SUFFIXES = frozenset({".py", ".pyi", ".pyw"})
_LANGUAGES: dict[str, Language] = {
    ".ipynb": "notebook",
    ".ipy": "ipython",
    ".md": "markdown",
    ".markdown": "markdown",
    ".json": "json",
    ".toml": "toml",
}
_PYTHON_SCRIPT = re.compile(rb"#![^\r\n]*(?:\bpython|\buv run\b|\bipython)")

_AT_ONCE = 16  # files that are put back together
_SIDE_BY_SIDE = 8  # flushes
_FLUSHED = os.O_RDWR if sys.platform == "win32" else os.O_RDONLY  # a folder cannot be opened to be written

_NOT_BLOCKING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # neither exists everywhere

# What a model can do about a machine that refuses; else it asks its user.
_STEPS = {
    errno.ENOSPC: "free some space, then send it again",
    errno.EDQUOT: "free some space, then send it again",
    errno.EROFS: "make the file system writable, then send it again",
}


@dataclass(frozen=True, slots=True)
class Change:
    """A file's bytes before and after; None where it does not exist. The path is its own, links followed."""

    path: Path
    before: bytes | None
    after: bytes | None
    mode: int | None = field(default=None, compare=False)  # of a file that is deleted: it comes back with it

    def reversed(self) -> Change:
        """Return the change that takes this one back."""
        return Change(self.path, self.after, self.before, self.mode)


def mode_of(path: Path) -> int | None:
    """Return a file's permissions, None where it is gone: who writes it will say so."""
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except OSError:
        return None


def is_python(path: Path) -> bool:
    """Say whether a file is Python by its name."""
    return path.suffix in PYTHON_SUFFIXES


def language_of(path: Path, data: bytes) -> Language:
    """Return what a file is written in: by its name, of one without a suffix by its first line."""
    suffix = path.suffix.lower()
    if suffix in PYTHON_SUFFIXES or (not suffix and _PYTHON_SCRIPT.match(data)):
        return "python"
    return _LANGUAGES.get(suffix, "text")


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes. Raises `NotFoundError`, or `ToolError` for what is no plain file too."""
    try:
        # Without waiting: a pipe may have no writer. Of a plain file it changes nothing.
        descriptor = os.open(path, os.O_RDONLY | _NOT_BLOCKING)
        try:
            mode = os.fstat(descriptor).st_mode
            if stat.S_ISDIR(mode):
                raise NotFoundError(f"no file {path}")
            if not stat.S_ISREG(mode):
                raise ToolError(f"cannot read {path}: not a plain file")
            with open(descriptor, "rb", buffering=0, closefd=False) as file:
                return file.readall()
        finally:
            os.close(descriptor)
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


def stands(change: Change) -> bool:
    """Say whether a file is what it was before a change, and where it was. Raises `ToolError`."""
    # A link that was put in its place, or in that of a folder, may lead out of the project.
    return current_bytes(change.path) == change.before and os.path.realpath(change.path) == str(change.path)


def check_writable(path: Path) -> None:
    """Raise `RequestError` where a file is there and may not be written."""
    # A rename would replace a read-only file all the same; its owner said no. The superuser may write
    # whatever its mode, so the mode is asked too.
    try:
        writable = os.stat(path).st_mode & stat.S_IWUSR and os.access(path, os.W_OK)
    except OSError:  # not there, or found when it is read
        return
    if not writable:
        raise RequestError(f"{path} is read-only; nothing was written", steps=[f"chmod u+w {path}"])


def write_all(changes: Sequence[Change], mark: str) -> None:
    """Write new texts to files beside, and when all are there let each take its place by renaming.

    Mode, owner and extended attributes stay; of a file with hard links, only this name changes. `mark` goes into the names of the files beside. Until the first rename
    `StaleError` (a file is not what it was before), `RequestError` (one may not be written) or `ToolError`
    (the machine fails) are raised, and nothing of it stays. From then on `TransactionError`: who has the
    journal puts back.
    """
    folders = [folder for change in changes for folder in missing_folders(change.path)]
    besides = [_beside(change, position, mark) for position, change in enumerate(changes)]
    placed = 0
    try:
        for change, beside in zip(changes, besides, strict=True):
            _check(change)
            check_writable(change.path)
            _write_beside(change, beside)
        flush_all(_written(changes, besides))
        for change in changes:
            # Writing took a moment; what anyone else wrote in it must not be lost.
            _check(change)
        for change, beside in zip(changes, besides, strict=True):
            _place(change, beside)
            placed += 1
        if len(changes) > 1:
            # One rename is there or not; several may reach the disk in any order.
            flush_folders(change.path for change in changes)
    except OSError as error:
        path = dict(zip(besides, changes, strict=True)).get(error.filename, change).path
        failed = f"cannot write {path}: {error.strerror}"
        steps = [_STEPS[error.errno]] if error.errno in _STEPS else []
        if error.errno in {errno.EACCES, errno.EPERM} and not os.access(path.parent, os.W_OK):
            steps = [f"chmod u+w {path.parent}"]
        if placed:
            raise TransactionError(failed, steps=steps) from error
        raise ToolError(f"{failed}; no file was changed", steps=steps) from error
    finally:
        if not placed:
            remove_beside(changes, mark)
            remove_folders(folders)


def write_rest(changes: Mapping[int, Change], mark: str) -> None:
    """Write some of the changes of a `write_all` that was cut short, given by their positions in it.

    A few at a time, so with little room. Raises `StaleError` or `ToolError`; what is written then stays so.
    """
    for first in range(0, len(changes), _AT_ONCE):
        batch = dict(islice(changes.items(), first, first + _AT_ONCE))
        besides = [_beside(change, position, mark) for position, change in batch.items()]
        try:
            for change, beside in zip(batch.values(), besides, strict=True):
                _write_beside(change, beside)
            flush_all(_written(batch.values(), besides))
            for change, beside in zip(batch.values(), besides, strict=True):
                _check(change)
                _place(change, beside)
        except OSError as error:
            raise ToolError(f"cannot write {change.path}: {error.strerror}") from error
        finally:
            for beside in besides:
                with contextlib.suppress(OSError):
                    os.unlink(beside)
    flush_folders(change.path for change in changes.values())


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
    folder = path.parent
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


def flush_folders(paths: Iterable[Path]) -> None:
    """See to it that the disk has the names of these files as they are now. Raises `OSError`."""
    if sys.platform == "win32":  # a folder cannot be opened there
        return
    flush_all(sorted({os.path.dirname(path) for path in paths}))


def flush_all(paths: Sequence[str]) -> None:
    """See to it that the disk has what these files or folders hold. Raises `OSError` with the path.

    Many are flushed side by side: the file system then writes its own journal once for several of them. One
    after another took five times as long on a busy machine.
    """
    if len(paths) <= _SIDE_BY_SIDE:
        for path in paths:
            _flush(path)
        return
    from threading import Thread  # noqa: PLC0415 - an edit of one file has no use for it

    found: list[OSError] = []

    def flush(share: Sequence[str]) -> None:
        try:
            for path in share:
                _flush(path)
        except OSError as error:
            found.append(error)

    threads = [Thread(target=flush, args=(paths[first::_SIDE_BY_SIDE],)) for first in range(_SIDE_BY_SIDE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if found:
        raise found[0]


def _flush(path: str) -> None:
    descriptor = os.open(path, _FLUSHED)
    try:
        os.fsync(descriptor)
    except OSError as error:
        error.filename = path
        raise
    finally:
        os.close(descriptor)


def _check(change: Change) -> None:
    if not stands(change):
        raise StaleError(
            f"{change.path} changed while it was being edited; nothing was written", steps=["send it again"]
        )


def _place(change: Change, beside: str) -> None:
    if change.after is None:
        os.unlink(change.path)
    elif change.before is None and os.path.lexists(change.path):
        # Another of these changes, where `Cart.py` and `cart.py` are one file.
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    else:
        os.replace(beside, change.path)


def _beside(change: Change, position: int, mark: str) -> str:
    # No suffix, so that nothing takes it for source; short, since a name has at most 255 bytes.
    return os.path.join(os.path.dirname(change.path), f".ipy_llm-{mark}-{position}")


def _written(changes: Iterable[Change], besides: Iterable[str]) -> list[str]:
    """Return the files beside that there are: a change that removes its file has none."""
    return [beside for change, beside in zip(changes, besides, strict=True) if change.after is not None]


def _write_beside(change: Change, temporary: str) -> None:
    """Write the new text to a file in the folder of the real one, with its mode, owner and attributes."""
    if change.after is None:
        return
    os.makedirs(os.path.dirname(change.path), exist_ok=True)
    # Not tempfile: importing it costs more than the write. A new file has the mode the umask gives it.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    mode = 0o666 if change.before is None else 0o600
    with open(os.open(temporary, flags, mode), "wb", buffering=0) as file:
        rest = memoryview(change.after)
        while rest:  # a disk that fills up takes a part
            rest = rest[file.write(rest) :]
        if change.before is not None:
            _dress(temporary, change.path, os.fstat(file.fileno()))
        elif change.mode is not None:
            os.chmod(temporary, change.mode)


def _dress(temporary: str, real: Path, mine: os.stat_result) -> None:
    """Give a file the mode, owner and attributes of another; the group alone where only root could give it away."""
    status = os.stat(real)
    if sys.platform != "win32" and (mine.st_uid, mine.st_gid) != (status.st_uid, status.st_gid):
        try:
            os.chown(temporary, status.st_uid, status.st_gid)
        except PermissionError:
            with contextlib.suppress(PermissionError):
                os.chown(temporary, -1, status.st_gid)
    if sys.platform == "linux":  # access lists, security labels
        with contextlib.suppress(OSError):
            for name in os.listxattr(real):
                os.setxattr(temporary, name, os.getxattr(real, name))
    # Last: a change of owner takes the set-user-id bit away.
    os.chmod(temporary, stat.S_IMODE(status.st_mode))
