"""How long an edit takes with its checks, against the commands that check everything. Over seeded edits of a real project.

    python tests/benchmarks/fast.py FOLDER --source PACKAGE --types PATH... [--python PYTHON] [--count 20] [--seed 1]
        [--face session|cli] [--out FILE]

FOLDER is a project with a suite and a configuration of mypy, PYTHON has what it needs. Of the edits of PACKAGE, a folder in
it, half leave its behaviour as it was (a constant stands before the last statement of a body), half change one expression or
statement. Each is made by name with all checks, in a session that has run `check` and warmed up, or by a command a time;
then, on the same files, `ruff check`, `mypy PATH...` (without any cache, and with one of the unedited files) and `pytest` run one
after the other. Each edit is undone: FOLDER must be yours to write in. Lines of JSON are appended to FILE.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from affected import Mutation, mutations

from ipy_llm.checks.interpreter import project_environment
from ipy_llm.checks.retest import all_tests
from ipy_llm.checks.retype import all_types
from ipy_llm.checks.warm import warm_for
from ipy_llm.errors import IpyLlmError
from ipy_llm.operations.operation import perform
from ipy_llm.operations.registry import load
from ipy_llm.workspace.journal import prepare_cache
from ipy_llm.workspace.project import Workspace

LONG = 1200.0  # seconds for a run of everything


@dataclass(frozen=True, slots=True)
class Drawn:
    """An edit of one or more whole lines of a file."""

    path: str
    first: int
    last: int  # lines, 1-based
    text: str
    kind: str


def draw(root: Path, source: str, count: int, seed: int) -> list[Drawn]:
    """Return as many edits of function bodies of either kind, in turn."""
    chance = random.Random(seed)
    bodies = mutations(root, root / source, root / "no-tests")["body"]
    lines = list(_lasts(root, root / source))
    changed = [_lines_of(root, one) for one in chance.sample(bodies, count // 2)]
    same = [_before(root, *one) for one in chance.sample(lines, count - count // 2)]
    pairs = [one for pair in zip(same, changed, strict=False) for one in pair]
    return pairs if count % 2 == 0 else [*pairs, same[-1]]


def _lines_of(root: Path, mutation: Mutation) -> Drawn:
    data = (root / mutation.path).read_bytes()
    first, last = data.count(b"\n", 0, mutation.start) + 1, data.count(b"\n", 0, mutation.end) + 1
    begin = data.rfind(b"\n", 0, mutation.start) + 1
    end = data.find(b"\n", mutation.end)
    new = data[begin : mutation.start] + mutation.new.encode() + data[mutation.end : end]
    return Drawn(mutation.path, first, last, new.decode() + "\n", "changed")


def _lasts(root: Path, source: Path) -> Iterator[tuple[str, int]]:
    """Yield where the last statement of each function's body stands."""
    for file in sorted(source.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_bytes())):
            match node:
                case ast.FunctionDef(body=[*_, last]) | ast.AsyncFunctionDef(body=[*_, last]):
                    if last.lineno > node.lineno and not getattr(last, "decorator_list", ()):
                        yield file.relative_to(root).as_posix(), last.lineno


def _before(root: Path, path: str, line: int) -> Drawn:
    text = (root / path).read_text().split("\n")[line - 1]
    blank = text[: len(text) - len(text.lstrip())]
    return Drawn(path, line, line, f"{blank}0\n{text}\n", "same")


class Session:
    """Edits as a session makes them: in one process that lives."""

    def __init__(self, root: Path) -> None:
        self._workspace = replace(Workspace.open(str(root)), lasting=True)

    def edit(self, address: str, text: str, *, check: str) -> dict:
        arguments = {"address": address, "text": text, "check": check}
        reply = perform(load("edit"), self._workspace, arguments)
        return reply.facts | {"reply": str(reply)}

    def undo(self) -> None:
        perform(load("undo"), self._workspace, {"check": "off"})


class Cli:
    """Edits as a shell makes them: a process each."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def edit(self, address: str, text: str, *, check: str) -> dict:
        return json.loads(self._run("edit", "--json", "--check", check, address, given=text))

    def undo(self) -> None:
        self._run("undo", "--check", "off")

    def _run(self, *words: str, given: str = "") -> str:
        command = [sys.executable, "-m", "ipy_llm", *words]
        return subprocess.run(
            command, cwd=self._root, input=given, capture_output=True, text=True, check=False
        ).stdout


def timed(command: list[str], root: Path, env: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, cwd=root, env=env, check=False, capture_output=True, stdin=subprocess.DEVNULL)
    return time.perf_counter() - began


def one(
    root: Path, face: Session | Cli, drawn: Drawn, commands: dict[str, list[str]], env: dict[str, str]
) -> dict:
    file = root / drawn.path
    shown = perform(load("show"), Workspace.open(str(root)), {"address": drawn.path})
    document = shown.facts["digest"]
    lines = f"{drawn.first}-{drawn.last}"
    told: dict = {"path": drawn.path, "line": drawn.first, "kind": drawn.kind}
    for check in ("off", "report"):
        began, clock = time.time_ns(), time.perf_counter()
        facts = face.edit(f"{drawn.path}@{document}:{lines}", drawn.text, check=check)
        told[f"edit {check}"] = time.perf_counter() - clock
        # a rename changes it
        told[f"written {check}"] = (file.stat().st_ctime_ns - began) / 1e9
        if check == "off":
            face.undo()
    for report in facts.get("checks", ()):
        told[report["tool"]] = report["seconds"]
        told[f"{report['tool']} outcome"] = report["outcome"]
        told[f"{report['tool']} ran"] = report["ran"]
        told[f"{report['tool']} note"] = report["note"]
    told["reply"] = facts["reply"]
    for name, command in commands.items():
        told[f"cold {name}"] = timed(command, root, env)
    face.undo()
    return told


def summary(results: list[dict]) -> None:
    def quartiles(values: list[float]) -> str:
        low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
        return f"{middle:.2f} ({low:.2f} to {high:.2f})"

    def each(name: str) -> list[float]:
        return [one[name] for one in results if name in one]

    cold = [one["cold ruff"] + one["cold mypy"] + one["cold pytest"] for one in results]
    kept = [one["cold ruff"] + one["cold mypy, kept"] + one["cold pytest"] for one in results]
    ours = each("edit report")
    print(
        f"{len(results)} edits, {sum(one['kind'] == 'changed' for one in results)} change what the code does"
    )
    for name in ("edit report", "edit off", "written report", "written off", "ruff", "mypy", "pytest",
                 "cold ruff", "cold mypy", "cold mypy, kept", "cold pytest"):  # fmt: skip
        if len(each(name)) > 1:
            print(f"{name}: {quartiles(each(name))} s of {len(each(name))}")
    print(f"ratio to the commands: {quartiles([a / b for a, b in zip(ours, cold, strict=True)])}")
    print(
        f"ratio to the commands, mypy with its cache: {quartiles([a / b for a, b in zip(ours, kept, strict=True)])}"
    )
    for kind in ("same", "changed"):
        some = [
            one["edit report"] / all_of
            for one, all_of in zip(results, cold, strict=True)
            if one["kind"] == kind
        ]
        if len(some) > 1:
            print(f"ratio, {kind}: {quartiles(some)}")
    print(f"tests run: {quartiles(each('pytest ran'))}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--source", required=True)
    parser.add_argument("--types", nargs="+", required=True)
    parser.add_argument("--python", type=Path)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--face", choices=("session", "cli"), default="session")
    parser.add_argument("--only-warm", action="store_true", help="without the commands")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["IPY_LLM_CACHE"] = f"{folder}/cache"
        if options.python:
            os.environ["VIRTUAL_ENV"] = str(options.python.absolute().parent.parent)
        python = options.python.absolute() if options.python else Path(sys.executable)
        root = options.folder.resolve()
        env = {name: value for name, value in project_environment(python).items() if "BYTECODE" not in name}
        beside = str(python.parent)
        mypy = [f"{beside}/mypy", *options.types]
        commands = {
            "ruff": [f"{beside}/ruff", "check", "--no-cache"],
            "mypy": [*mypy, "--cache-dir", os.devnull],
            "mypy, kept": [*mypy, "--cache-dir", f"{folder}/mypy"],
            "pytest": [f"{beside}/pytest", "-q", "-p", "no:cacheprovider"],
        }
        if options.only_warm:
            commands = {}
        else:
            timed(commands["mypy, kept"], root, env)
        cache = prepare_cache(root)
        began = time.perf_counter()
        warm = warm_for(root) if options.face == "session" else None
        tests = all_tests(root, python, cache, timeout=LONG, warm=warm)
        print(
            f"all tests, traced: {time.perf_counter() - began:.1f} s, {tests.ran} ran, {len(tests.diagnostics)} fail"
        )
        types = all_types(root, python, cache, "mypy", timeout=LONG)
        print(f"types: {types.seconds:.1f} s, {len(types.diagnostics)} findings {types.note}")
        face = Session(root) if options.face == "session" else Cli(root)
        time.sleep(15)  # the daemon of mypy reads the project meanwhile
        try:
            for drawn in draw(root, options.source, options.count, options.seed):
                try:
                    results.append(one(root, face, drawn, commands, env))
                except IpyLlmError as error:  # a name would vanish, or it does not parse
                    print(f"refused: {error.message}")
                    continue
                if options.out:
                    with options.out.open("a") as file:
                        file.write(json.dumps(results[-1]) + "\n")
        finally:
            perform_close(root)
    if options.only_warm:
        for result in results:
            print(
                {
                    name: round(value, 2) if isinstance(value, float) else value
                    for name, value in result.items()
                }
            )
    else:
        summary(results)


def perform_close(root: Path) -> None:
    from ipy_llm.operations.check import close

    close(Workspace(root, root))


if __name__ == "__main__":
    main()
