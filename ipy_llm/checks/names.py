"""Names of edited files: not defined, imported for nothing, bound twice. ruff tells; where there is none, `tables` does."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ipy_llm.checks.failures import source_line, within
from ipy_llm.checks.interpreter import project_environment
from ipy_llm.checks.process import run
from ipy_llm.checks.report import Diagnostic, Report, new_in
from ipy_llm.checks.tables import names_in

# What is wrong whoever's taste is asked: broken formats and literals, misplaced statements, names. In an `__init__.py` an
# import that is not used is there for others.
_RULES = "E9,F401,F5,F63,F7,F811,F82"


def names_after(
    root: Path,
    interpreter: Path,
    before: Mapping[str, bytes | None],
    *,
    timeout: float,
    stop: threading.Event | None = None,
) -> Report:
    """Check the Python files in `before`, relative to the root, as they are now, for what they had not with these bytes."""
    paths = [path for path in before if path.endswith((".py", ".pyi")) and (root / path).is_file()]
    ruff = _ruff(interpreter)
    if ruff and all(map(_is_utf8, (root / path for path in paths))):
        check: _Ruff | _Tables = _Ruff(ruff, root, project_environment(interpreter), timeout, stop)
    else:
        check = _Tables(root)  # ruff reads no other encoding
    if not paths:
        return Report(check.tool, "clean", fixed=0)
    now = check.now(paths)
    if not now.diagnostics:
        return replace(now, fixed=0)
    concerned = dict.fromkeys(found.path for found in now.diagnostics)
    old: list[Diagnostic] = []
    for path in concerned:
        if (data := before.get(path)) is not None:
            old += check.of_text(path, data)
    return replace(new_in(Report(check.tool, "failed", tuple(old)), now), fixed=0)


class _Ruff:
    tool = "ruff"

    def __init__(
        self,
        command: str,
        root: Path,
        env: Mapping[str, str],
        timeout: float,
        stop: threading.Event | None,
    ) -> None:
        options = ("--select", _RULES, "--output-format", "json-lines", "--no-cache", "--no-fix", "--quiet")
        self._command = [
            command,
            "check",
            *options,
            "--per-file-ignores",
            "__init__.py:F401",
            "--force-exclude",
        ]
        self._root = root
        self._env = env
        self._timeout = timeout
        self._stop = stop

    def now(self, paths: list[str]) -> Report:
        return self._run(["--", *paths], None)

    def of_text(self, path: str, data: bytes) -> tuple[Diagnostic, ...]:
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            return self._run(["--stdin-filename", path, "-"], Path(file.name)).diagnostics

    def _run(self, words: list[str], given: Path | None) -> Report:
        report = Report(self.tool, "crashed", complete=False)
        try:
            ended = run(
                [*self._command, *words],
                folder=self._root,
                env=self._env,
                timeout=self._timeout,
                stop=self._stop,
                keep=1 << 22,
                given=given,
            )
        except OSError as error:
            return replace(report, outcome="unavailable", note=f"does not start: {error.strerror}")
        if ended.status is None:
            return replace(report, outcome="timed-out", note=f"stopped after {ended.seconds:.0f} s")
        if ended.status not in (0, 1):
            said = " ".join(line.strip() for line in ended.output.splitlines()[:4] if line.strip())
            return replace(
                report, note=said.replace(f"{self._root}/", "")[:200] or f"exit status {ended.status}"
            )
        lines = [line for line in ended.output.splitlines() if line.startswith("{")]
        try:
            found = tuple(self._diagnostic(json.loads(line)) for line in lines)
        except (json.JSONDecodeError, KeyError) as error:
            return replace(report, note=f"answers something else than expected: {error}")
        return Report(self.tool, "failed" if found else "clean", found, seconds=ended.seconds)

    def _diagnostic(self, told: dict[str, object]) -> Diagnostic:
        name, at = str(told["filename"]), told["location"]
        line = int(at["row"]) if isinstance(at, dict) else 0
        path = within(self._root, str(self._root / name)) or name
        text = source_line(str(self._root / path), line)
        return Diagnostic(self.tool, path, line, str(told["message"]), str(told["code"] or ""), text=text)


class _Tables:
    tool = "names"

    def __init__(self, root: Path) -> None:
        self._root = root

    def now(self, paths: list[str]) -> Report:
        found = [one for path in paths for one in self.of_text(path, (self._root / path).read_bytes())]
        return Report(self.tool, "failed" if found else "clean", tuple(found))

    def of_text(self, path: str, data: bytes) -> tuple[Diagnostic, ...]:
        package = path.endswith("__init__.py")
        return tuple(
            Diagnostic(self.tool, path, line, message, code)
            for line, message, code in names_in(data)
            # what a package imports is for others, and a module of it may be named
            if not (package and code in ("F401", "F822"))
        )


def _is_utf8(path: Path) -> bool:
    try:
        path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _ruff(interpreter: Path) -> str | None:
    """Return the project's ruff, else ours, else any."""
    for folder in (interpreter.parent, Path(sys.executable).parent):
        if found := shutil.which("ruff", path=str(folder)):
            return found
    return shutil.which("ruff")
