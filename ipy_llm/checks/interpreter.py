"""Which Python a project runs on, and with which environment its tools start."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

# Set by a pytest that we may ourselves be running in; the project's pytest must not see them.
_OF_ANOTHER_PYTEST = (
    "PYTEST_CURRENT_TEST",
    "PYTEST_VERSION",
    "PYTEST_XDIST_WORKER",
    "PYTEST_XDIST_WORKER_COUNT",
)


def project_interpreter(root: Path, environ: Mapping[str, str] | None = None) -> Path:
    """Return the Python of `root/.venv` or `root/venv`, else of `$VIRTUAL_ENV`, else our own.

    `environ` is the environment to look in, by default the process's.
    """
    active = (os.environ if environ is None else environ).get("VIRTUAL_ENV")
    folders = [root / ".venv", root / "venv"]
    if active:
        folders.append(Path(active))
    for folder in folders:
        # not resolved: a link's own path is what makes it the virtual environment's Python
        python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
        # a link to a Python that is gone too: the project's packages are there, and another Python has not got them
        if os.path.lexists(python):
            return python.absolute()
    return Path(sys.executable)


def not_installed(tool: str, python: Path, root: Path, *, has_pip: bool) -> str:
    """Return the note on a tool that `python` lacks, with the command that mends it where there is a pip."""
    if not has_pip:  # a bundle's environment
        return "not installed, not run"
    return f"not installed: {spelled(python, root)} -m pip install {tool}"


def spelled(python: Path, root: Path) -> str:
    """Return how a command in `root` names a Python: from there if it lies below, and always by the same name.

    An environment has several, `python3` and `python3.12` too.
    """
    folder = os.path.abspath(python.parent)
    for name in ("python", "python3"):
        other = os.path.join(folder, name)
        if os.path.realpath(other) == os.path.realpath(python):
            break
    else:
        other = os.path.join(folder, python.name)
    return other.removeprefix(os.path.join(os.path.abspath(root), ""))


def project_environment(interpreter: Path, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a tool in the project: its virtual environment active, nothing written beside its sources."""
    env = dict(os.environ if environ is None else environ)
    for name in _OF_ANOTHER_PYTEST:
        env.pop(name, None)
    folder = interpreter.parent
    if (folder.parent / "pyvenv.cfg").exists():
        env["VIRTUAL_ENV"] = str(folder.parent)
        env["PATH"] = os.pathsep.join(filter(None, (str(folder), env.get("PATH"))))
    env["PYTHONDONTWRITEBYTECODE"] = "1"
    return env
