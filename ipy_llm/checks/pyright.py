"""The project's types by pyright: the user's own, with the project's configuration and packages."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ipy_llm.checks.blocks import blocks
from ipy_llm.checks.failures import source_line, within
from ipy_llm.checks.interpreter import not_installed, project_environment
from ipy_llm.checks.mirror import environment_in, mirror
from ipy_llm.checks.process import Ended, run
from ipy_llm.checks.report import Diagnostic, Report
from ipy_llm.checks.state import State

_SECTION = re.compile(rb"^\[tool\.pyright\]", re.MULTILINE)
_VENV = re.compile(rb"^[ \t{]*\"?venv\"?\s*[:=]", re.MULTILINE)
_EXTENDS = re.compile(rb"^[ \t{]*\"?extends\"?\s*[:=]\s*[\"']([^\"'\n]+)", re.MULTILINE)

# What pyright says of a configuration that it goes on without, told from what its installer says.
_REMARK = re.compile(r"(?:Config|File or directory|Ignoring|venv|venvPath|stubPath) ")
_AGAIN = re.compile(r'"(.+)" is not assignable to "(.+)"')
_ERROR = re.compile(r"(?:FATAL ERROR|[\w.]*Error\b).*")


def check_pyright(
    root: Path,
    interpreter: Path,
    cache: Path,
    *,
    timeout: float,
    stop: threading.Event | None = None,
    old: Mapping[str, bytes | None] | None = None,
) -> Report:
    """Check the project's types for at most `timeout` seconds, as `pyright` in the project's folder would.

    What is checked is what the project's configuration includes, else all of it; of what is found, the errors count.
    With `old`, the files in it, relative to the root, are taken to have these bytes, or not to be there (None): pyright,
    which has no such option, then looks at links to the others, in `cache`.
    """
    command = find_pyright(root, interpreter)
    if command is None:
        note = (
            not_installed("pyright", interpreter, root, has_pip=True)
            if any(interpreter.parent.glob("pip*"))
            else 'not installed: npm install -g pyright, or types = "mypy" in pyproject.toml'
        )
        return Report("pyright", "unavailable", note=note, complete=False)
    env = project_environment(interpreter)
    env["PYRIGHT_PYTHON_IGNORE_WARNINGS"] = "1"
    words = [command, "--project", ".", "--outputjson"]
    if not _VENV.search(_configuration(State(root, blocks, old))):
        words += ["--pythonpath", str(interpreter)]
    cache.mkdir(parents=True, exist_ok=True)
    try:
        if old is None:
            return _report(root, run(words, folder=root, env=env, timeout=timeout, stop=stop, keep=1 << 25))
        with tempfile.TemporaryDirectory(dir=cache) as name:
            folder = Path(os.path.realpath(name))
            mirror(root, folder, old)
            env = environment_in(root, folder, interpreter, env)
            ended = run(words, folder=folder, env=env, timeout=timeout, stop=stop, keep=1 << 25)
            return _report(folder, ended)
    except OSError as error:
        return Report("pyright", "unavailable", note=f"does not start: {error.strerror}", complete=False)


def find_pyright(root: Path, interpreter: Path) -> str | None:
    """Return the project's pyright, from its environment or by npm, else ours, else any."""
    for folder in (interpreter.parent, root / "node_modules/.bin", Path(sys.executable).parent):
        if found := shutil.which("pyright", path=str(folder)):
            return found
    return shutil.which("pyright")


def configures_pyright(root: Path) -> bool:
    """Say whether a project has a configuration of pyright."""
    return bool(_configuration(State(root, blocks)))


def read_by_pyright(state: State, command: str | None) -> bytes:
    """Return what tells pyright and its configuration from others, besides what `State.tree` tells."""
    try:
        made = str(os.stat(command or "").st_mtime_ns)
    except OSError:
        made = ""
    config = _configuration(state)
    extended = [state.data(found.decode("utf-8", "replace")) or b"" for found in _EXTENDS.findall(config)]
    return b"\0".join((f"{command} {made}".encode("utf-8", "surrogateescape"), config, *extended))


def _configuration(state: State) -> bytes:
    """Return the file that pyright takes its configuration from, nothing where it has none."""
    if (own := state.data("pyrightconfig.json")) is not None:
        return own or b"{}"
    shared = state.data("pyproject.toml") or b""
    return shared if _SECTION.search(shared) else b""


def _report(base: Path, ended: Ended) -> Report:
    """Return what a run in the folder `base` came to."""
    report = Report("pyright", "crashed", seconds=ended.seconds, complete=False)
    if ended.status is None:
        return replace(report, outcome="timed-out", note=f"stopped after {ended.seconds:.0f} s")
    if ended.status < 0:
        return replace(report, note=f"killed ({signal.Signals(-ended.status).name})")
    begin, end = f"\n{ended.output}".find("\n{"), ended.output.rfind("\n}")
    said = [
        line.strip().replace(f"{base}{os.sep}", "")
        for line in ended.output[: max(begin, 0) if end >= 0 else None].splitlines()
        if line.strip()
    ]
    remark = next((line for line in said if _REMARK.match(line)), "")
    if ended.status not in (0, 1) or begin < 0:
        # a configuration that cannot be read is set aside: what is found without it means nothing
        errors = [line for line in said if _ERROR.match(line)]
        note = remark or (errors or said or [f"exit status {ended.status}"])[-1]
        return replace(report, note=note[:200])
    try:
        told: dict[str, Any] = json.loads(ended.output[begin : end + 2])
        found = [_diagnostic(base, one) for one in told["generalDiagnostics"] if one["severity"] == "error"]
        looked_at = told["summary"]["filesAnalyzed"]
    except (ValueError, KeyError, TypeError):
        return replace(
            report, note=f"answers something else than expected: {' '.join(said)[:100]}".rstrip(": ")
        )
    if not looked_at:
        if remark:
            return replace(report, note=remark)
        return Report("pyright", "unavailable", note="no module found to check")
    found.sort(key=lambda one: (one.path, one.line))
    return replace(
        report, outcome="failed" if found else "clean", diagnostics=tuple(found), note=remark, complete=True
    )


def _diagnostic(base: Path, told: dict[str, Any]) -> Diagnostic:
    file, line = str(told["file"]), int(told["range"]["start"]["line"]) + 1 if "range" in told else 0
    path = within(base, file) or file.replace(os.sep, "/")
    message = _one_line(str(told["message"]).replace(f"{base}{os.sep}", ""))
    return Diagnostic("pyright", path, line, message, str(told.get("rule", "")), text=source_line(file, line))


def _one_line(message: str) -> str:
    """Return a message with the reasons below it, but for those that say again what it says."""
    first, *reasons = (" ".join(line.split()) for line in message.splitlines() if line.strip())
    told = [
        reason
        for reason in reasons
        if not ((match := _AGAIN.fullmatch(reason)) and all(f'"{name}"' in first for name in match.groups()))
    ]
    return "; ".join((first, *told))
