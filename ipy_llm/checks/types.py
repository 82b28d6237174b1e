"""The project's types by mypy: ours, with the project's own configuration and packages."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from ipy_llm.checks.blocks import fingerprint
from ipy_llm.checks.daemon import Daemon, wanted
from ipy_llm.checks.failures import source_line, within
from ipy_llm.checks.interpreter import not_installed, project_environment
from ipy_llm.checks.process import Ended, run
from ipy_llm.checks.report import Diagnostic, Report
from ipy_llm.workspace.project import SKIPPED_FOLDERS

_OPTIONS = (
    "--no-error-summary",
    "--no-pretty",
    "--hide-error-context",
    "--no-color-output",
    "--soft-error-limit=-1",
    "--show-error-codes",
)

_JSON = ("--output", "json")

# The files mypy looks for its configuration in, in its order; the first with a section of its own counts.
_CONFIGURATIONS = ("mypy.ini", ".mypy.ini", "pyproject.toml", "setup.cfg")

# The section up to the next header, and within it a key that says what to check.
_SECTION = re.compile(r"^\[(?:tool\.)?mypy\]([^\n]*\n(?:(?!\[).*\n?)*)", re.MULTILINE)
_TARGETS = re.compile(r"^(?:files|packages|modules)\s*=\s*\S", re.MULTILINE)

# Folders and files at the top of a project that are not what it ships.
_NOT_SHIPPED = SKIPPED_FOLDERS | {
    "tests", "test", "testing", "docs", "doc", "examples", "example", "samples", "benchmarks", "benchmark", "bench",
    "scripts", "tools", "ci", "requirements",
}  # fmt: skip
_NOT_SHIPPED_FILES = frozenset({"setup.py", "conftest.py", "noxfile.py", "fabfile.py", "tasks.py"})

_TEXT = re.compile(
    r"^(?P<file>.+?):(?P<line>\d+)(?::\d+)?: (?P<severity>error|note): (?P<message>.*?)(?:  \[(?P<code>[\w-]+)\])?$"
)


def check_types(
    root: Path,
    interpreter: Path,
    cache: Path,
    *,
    timeout: float,
    stop: threading.Event | None = None,
    old: Mapping[str, bytes | None] | None = None,
) -> Report:
    """Check the project's types for at most `timeout` seconds.

    mypy runs on our own Python and looks at the packages of `interpreter`. What is checked is what the
    project's configuration names, else its own top-level packages and modules. mypy's cache is kept in `cache`, and it is
    left running for the next time. With `old`, the files in it, relative to the root, are taken to have these
    bytes; those that were not there (None) to be empty.
    """
    if importlib.util.find_spec("mypy") is None:
        has_pip = importlib.util.find_spec("pip") is not None
        note = not_installed("mypy", Path(sys.executable), root, has_pip=has_pip)
        return Report("mypy", "unavailable", note=note, complete=False)
    configured = _names_targets(root)
    targets = [] if configured else own_code(root)
    if not targets and not configured:
        return Report("mypy", "unavailable", note="no package or module found to check")
    options = [*_OPTIONS, "--python-executable", str(interpreter)]
    if targets:
        # modules are then named from the root or `src`, and two `main.py` do not clash
        options += ["--namespace-packages", "--explicit-package-bases"]
    env = _environment(interpreter, "src" if targets and (root / "src").is_dir() else "")
    cache.mkdir(parents=True, exist_ok=True)
    mypy = _Mypy(root, cache, tuple(options), tuple(targets), env, timeout, stop)
    try:
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            return mypy.with_old(old, Path(folder)) if old is not None else mypy.now(interpreter)
    except OSError as error:
        return Report("mypy", "unavailable", note=f"does not start: {error}", complete=False)


@dataclass(frozen=True, slots=True)
class _Mypy:
    """How mypy is called for a project."""

    root: Path
    cache: Path
    options: tuple[str, ...]
    targets: tuple[str, ...]
    env: Mapping[str, str]
    timeout: float
    stop: threading.Event | None

    def now(self, interpreter: Path) -> Report:
        """Check the files as they are, by the daemon if it runs."""
        daemon = self._daemon()
        died = ""
        if wanted(os.environ) and daemon.alive():
            # one that hangs must leave time to do without it
            if (ended := daemon.ask(timeout=self.timeout / 2, stop=self.stop)) is not None:
                return _report(self.root, ended)
            died = "its daemon did not answer, checked without it"
        report = _report(self.root, self._plain(interpreter))
        if (
            wanted(os.environ)
            and report.outcome in ("clean", "failed")
            and report.complete
            and not report.note
        ):
            daemon.warm_up()
        if died and report.outcome in ("clean", "failed"):
            return replace(report, note="; ".join(filter(None, (died, report.note))))
        return report

    def with_old(self, old: Mapping[str, bytes | None], folder: Path) -> Report:
        """Check the files with the old text of some."""
        # no cache: it holds the findings of the new text, and mypy 2 repeats them for the shadowed file
        shadows: list[str] = ["--cache-dir", os.devnull]
        for number, (path, data) in enumerate(old.items()):
            if (self.root / path).exists():
                (folder / f"{number}.py").write_bytes(data or b"")
                shadows += ["--shadow-file", path, str(folder / f"{number}.py")]
        return _report(self.root, self._run(sys.executable, "mypy", _JSON, shadows))

    def _plain(self, interpreter: Path) -> Ended:
        ended = self._run(sys.executable, "mypy", _JSON)
        if "unrecognized arguments: --output" in ended.output:
            ended = self._run(sys.executable, "mypy", ())  # before 1.11
        if "Error importing plugin" in ended.output:
            # a plugin lives with the project's packages; the mypy beside it, if there is one, has it
            own = self._run(str(interpreter), "mypy-own", _JSON)
            ended = ended if "No module named mypy" in own.output else own
        return ended

    def _run(self, python: str, folder: str, form: Sequence[str], more: Sequence[str] = ()) -> Ended:
        command = [python, "-m", "mypy", *self._options(folder, form), *more, *self.targets]
        return run(
            command, folder=self.root, env=self.env, timeout=self.timeout, stop=self.stop, keep=1 << 25
        )

    def _options(self, folder: str, form: Sequence[str]) -> list[str]:
        # the daemon reads the cache that plain runs write
        return [*self.options, *form, "--cache-fine-grained", "--cache-dir", str(self.cache / folder)]

    def _daemon(self) -> Daemon:
        # not `--use-fine-grained-cache`: mypy 2 then tells nothing of files whose errors its cache has
        options = (*self._options("mypy", _JSON), *self.targets)
        told = "\n".join((sys.version, version("mypy"), *options)).encode("utf-8", "surrogateescape")
        for name in _CONFIGURATIONS:
            file = self.root / name
            told += file.read_bytes() if file.is_file() else b"\0"
        return Daemon(self.root, self.cache, f"{fingerprint(told):014x}", options, self.env)


def own_code(root: Path) -> list[str]:
    """Return the project's top-level packages and modules, `src` layout included, relative to `root`.

    A folder without `__init__.py` counts when Python files lie in it. Tests, documentation, examples and
    build scripts are left out.
    """
    found: list[str] = []
    for base in ("src", "") if (root / "src").is_dir() else ("",):
        with os.scandir(root / base) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                name = entry.name
                if name.startswith(".") or name in _NOT_SHIPPED or (not base and name == "src"):
                    continue
                if entry.is_dir() and name.isidentifier():
                    wanted = not (Path(entry.path) / "pyvenv.cfg").exists() and _holds_python(entry.path)
                else:
                    wanted = name.endswith((".py", ".pyi")) and not _is_script(name)
                if wanted:
                    found.append(os.path.join(base, name))
    return found


def _holds_python(folder: str) -> bool:
    return any(name.endswith((".py", ".pyi")) for _, _, names in os.walk(folder) for name in names)


def _is_script(name: str) -> bool:
    return name in _NOT_SHIPPED_FILES or name.startswith("test_") or name.endswith("_test.py")


def configures_mypy(root: Path) -> bool:
    """Say whether a project has a configuration of mypy."""
    if any((root / name).is_file() for name in ("mypy.ini", ".mypy.ini")):
        return True
    for name in ("pyproject.toml", "setup.cfg"):
        try:
            text = (root / name).read_text("utf-8", "replace")
        except OSError:
            continue
        if _SECTION.search(text):
            return True
    return False


def ships_types(root: Path) -> bool:
    """Say whether a package of the project's has a `py.typed`."""
    bases = [root / base for base in ("src", "") if (root / base).is_dir()]
    return any(next(base.glob("*/py.typed"), None) for base in bases)


def _names_targets(root: Path) -> bool:
    for name in _CONFIGURATIONS:
        try:
            text = (root / name).read_text("utf-8", "replace")
        except OSError:
            continue
        if section := _SECTION.search(text):
            return bool(_TARGETS.search(section[1]))
    return False


def _environment(interpreter: Path, base: str) -> dict[str, str]:
    env = project_environment(interpreter)
    for name in ("MYPY_CACHE_DIR", "MYPY_FORCE_COLOR", "FORCE_COLOR"):
        env.pop(name, None)
    # a `typing.py` in the project must not become mypy's
    env["PYTHONSAFEPATH"] = "1"
    if base:
        env["MYPYPATH"] = os.pathsep.join(filter(None, (base, env.get("MYPYPATH"))))
    return env


def _report(root: Path, ended: Ended) -> Report:
    report = Report("mypy", "crashed", seconds=ended.seconds, complete=False)
    if ended.status is None:
        return replace(report, outcome="timed-out", note=f"stopped after {ended.seconds:.0f} s")
    if ended.status < 0:
        return replace(report, note=f"killed ({signal.Signals(-ended.status).name})")
    found, said = _read(root, ended.output)
    for line in said:
        name, _, rest = line.partition(": ")
        if name in _CONFIGURATIONS and not rest.startswith("[mypy"):
            # mypy goes on without any configuration: what it finds then means nothing
            return replace(report, note=line)
    note = said[0] if said else ""
    if ended.status in (0, 1):
        return replace(
            report, outcome="failed" if found else "clean", diagnostics=tuple(found), note=note, complete=True
        )
    if located := tuple(one for one in found if one.line > 0 and one.path.endswith((".py", ".pyi"))):
        # a syntax error
        return replace(
            report, outcome="failed", diagnostics=located, note="stopped there, the rest is unchecked"
        )
    if found:
        note = f"{found[0].path}: {found[0].message}"
    return replace(report, note=note or f"exit status {ended.status}")


def _read(root: Path, output: str) -> tuple[list[Diagnostic], list[str]]:
    """Return the errors, and the lines that are neither errors nor notes: mypy's own troubles."""
    found: list[Diagnostic] = []
    said: list[str] = []
    for line in output.splitlines():
        if line.startswith("{"):
            told = json.loads(line)
            if told["severity"] == "error":
                found.append(_diagnostic(root, told["file"], told["line"], told["message"], told["code"]))
        elif text := _TEXT.match(line):
            if text["severity"] == "error":
                found.append(
                    _diagnostic(root, text["file"], int(text["line"]), text["message"], text["code"])
                )
        elif line.strip() and not line.startswith(("usage:", " ", "\t")):
            said.append(
                line.strip().replace(f"{root}{os.sep}", "").removeprefix("mypy: ").removeprefix("error: ")
            )
    found.sort(key=lambda one: (one.path, one.line))
    return found, said


def _diagnostic(root: Path, file: str, line: int, message: str, code: str | None) -> Diagnostic:
    full = str(root / file)
    path = within(root, full) or file.replace(os.sep, "/")
    return Diagnostic(
        "mypy", path, max(line, 0), " ".join(message.split()), code or "", text=source_line(full, line)
    )
