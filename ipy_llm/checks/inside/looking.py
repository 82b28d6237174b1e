"""What a test looks at outside of the code that runs: files, whether they are there, what a folder holds, other Pythons."""

from __future__ import annotations

import os
from typing import Any

# Functions of the standard library that look at files in a way that no audit hook sees, by the first name they are given.
WATCHED = {
    ("linecache.py", "getlines"): "files",
    ("genericpath.py", "getsize"): "files",
    ("genericpath.py", "getmtime"): "files",
    ("genericpath.py", "exists"): "looked",
    ("genericpath.py", "isfile"): "looked",
    ("genericpath.py", "isdir"): "looked",
    ("posixpath.py", "lexists"): "looked",
    ("pathlib.py", "stat"): "looked",
    ("_local.py", "stat"): "looked",  # pathlib's, in Python 3.13
    ("functools.py", "update_wrapper"): "wrapped",
    # another process is started without `subprocess`
    ("popen_spawn_posix.py", ""): "opaque",
    ("popen_forkserver.py", ""): "opaque",
    ("popen_spawn_win32.py", ""): "opaque",
}

FORKS = frozenset(
    {"os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.exec", "os.system", "os.startfile"}
)
LISTS = frozenset({"os.listdir", "os.scandir"})
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT

# Programs that start no Python of the project, whatever they are given, and it may be a Python: `platform.architecture` asks
# `file` about ours.
_STRANGERS = frozenset({
    "ar", "as", "c++", "cat", "cc", "chmod", "clang", "cp", "date", "diff", "dot", "echo", "false", "ffmpeg",
    "file", "gcc", "getconf", "git", "gpg", "grep", "gunzip", "gzip", "head", "hg", "hostname", "id", "kill",
    "ld", "ldconfig", "ldd", "less", "ls", "lsb_release", "mkdir", "mv", "nm", "objdump", "openssl", "patch",
    "ps", "readlink", "realpath", "rm", "sed", "sleep", "sort", "ssh-keygen", "stat", "stty", "svn", "tail",
    "tar", "touch", "tput", "true", "tty", "uname", "unzip", "wc", "which", "whoami", "xz", "zip",
})  # fmt: skip


def watched(name: str) -> str:
    """Return the bare name of a file of the standard library that has watched functions, nothing for any other."""
    if name.startswith("<frozen "):
        last = name[len("<frozen ") : -1] + ".py"
        return last if last in _FILES else ""
    last = os.path.basename(name)
    return last if last in _FILES and os.path.abspath(name).startswith(_LIBRARY) else ""


_FILES = frozenset(name for name, _ in WATCHED)
_HERE = os.path.dirname(os.path.abspath(__file__))
_LIBRARY = os.path.join(os.path.dirname(os.path.abspath(os.__file__)), "")


def starts_python(arguments: tuple[Any, ...]) -> bool:
    """Say whether a command may run a Python: any may that is not known to be a stranger."""
    executable, words, _, _ = arguments
    if isinstance(words, (str, bytes, os.PathLike)):
        words = [words]
    first = words[0] if words else executable
    given = isinstance(first, (str, bytes, os.PathLike))
    return not (given and os.path.basename(os.fsdecode(first)) in _STRANGERS)


def is_importing(frame: Any) -> bool:
    """Say whether a frame is of what reads modules, or is called by it.

    That is the import system, pytest, which rewrites asserts, linecache, which is watched, and what keeps compiled code.
    """
    for _ in range(3):
        if frame is None:
            return False
        name = frame.f_code.co_filename
        if (
            name.startswith("<frozen importlib")
            or "assertion" in name
            or name.endswith("linecache.py")
            or os.path.dirname(name) == _HERE
        ):
            return True
        frame = frame.f_back
    return False


def importer(frame: Any, file: Any) -> str | None:
    """Return the file of the project of which code makes the module of a frame be imported, as `file` names it."""
    frame = frame.f_back
    while frame is not None:
        path = file(frame.f_code.co_filename)
        if path:
            return str(path)
        frame = frame.f_back
    return None
