"""Definitions drawn by a seed from real packages are renamed, or moved: landed with their tests green, refused, or wrong.

    python tests/benchmarks/renames.py CACHE [--verb rename|move] [--python PYTHON] [--count N] [--seed N] [--show]

The tests run by PYTHON, which has what the packages' tests need, before and after; a rename or move is wrong where a
test fails that passed before, or fewer run. A move goes to another module of the package, each second to a new one.
Undone, the files must be what they were.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from sdists import copy

from ipy_llm.errors import IpyLlmError
from ipy_llm.explore.contents import Definition
from ipy_llm.explore.index import read_index
from ipy_llm.operations.edit import undo
from ipy_llm.operations.move import move
from ipy_llm.operations.rename import rename
from ipy_llm.workspace.project import Workspace


@dataclass(frozen=True)
class Package:
    """A package, its version, the folder of its modules, what of it goes on the path, what pytest runs."""

    name: str
    version: str
    source: str
    path: str
    tests: str


PACKAGES = (
    Package("h11", "0.14.0", "h11", "", "h11"),
    Package("click", "8.1.8", "src/click", "src", "tests"),
    Package("more-itertools", "10.5.0", "more_itertools", "", "tests"),
    Package("itsdangerous", "2.2.0", "src/itsdangerous", "src", "tests"),
    Package("wsproto", "1.2.0", "src/wsproto", "src", "test"),
    Package("attrs", "24.3.0", "src/attr", "src", "tests"),
)

# What a refusal says, for the tally.
REASONS = (
    ("may mean it", r"a string at .* may mean it"),
    ("object of unknown class", r"@[0-9a-f]{4}:|^  :\d+|\.\.\. \d+ more"),
    ("base from elsewhere", r"a base of|of the class may keep"),
    ("decorator", r"may go by its name"),
    ("another of its name", r"may also mean another|has a |has another"),
    ("import cycle", r"an import cycle"),
    ("its own module's", r"it uses __|globals\(\)|by `global`|given other values"),
    ("not a statement of its own", r"stands under|binds other names|do not stand together"),
    ("put in its place by tests", r"may put another"),
    ("stub", r"\.pyi? holds the name"),
)


def outcome_of(root: Path, package: Package, python: str) -> tuple[frozenset[str], int]:
    """Return the tests that fail, and how many pass; one word where they cannot be run."""
    environment = os.environ | {"PYTHONPATH": str(root / package.path), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore", "-rfE", package.tests]
    done = subprocess.run(
        command,
        cwd=root,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in {0, 1}:
        return frozenset({done.stdout[-300:] + done.stderr[-300:]}), 0
    failed = frozenset(re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE))
    passed = done.stdout.count(".") if not failed else 0
    return failed, passed


def drawn(root: Path, package: Package, count: int, seed: int, *, top: bool) -> list[tuple[str, Definition]]:
    """Return definitions drawn from the package's own files, those of functions left out; `top`: those of modules alone."""
    every = []
    for file, contents in sorted(read_index(root).files.items()):
        if not file.startswith(f"{package.source}/") or "tests/" in file or not file.endswith(".py"):
            continue
        functions = {one.name for one in contents.definitions if one.kind == "function"}
        seen: set[str] = set()
        for one in contents.definitions:
            if (
                one.name.rpartition(".")[0] not in functions
                and not one.name.rpartition(".")[2].startswith("__")
                and not (top and ("." in one.name or one.name in seen))
            ):
                every.append((file, one))
            seen.add(one.name)
    return random.Random(seed).sample(every, min(count, len(every)))


def main() -> None:
    """Print a row a package."""
    parser = argparse.ArgumentParser()
    parser.add_argument("cache", type=Path)
    parser.add_argument("--verb", choices=("rename", "move"), default="rename")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--only", default="")
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args()
    print("| package | drawn | landed, tests green | refused | wrong |\n|---|---|---|---|---|")
    tally: Counter[str] = Counter()
    for package in PACKAGES:
        if given.only and package.name not in given.only.split(","):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            os.environ["IPY_LLM_CACHE"] = str(Path(scratch, "cache"))
            root = copy(package.name, package.version, given.cache, Path(scratch).resolve())
            before = outcome_of(root, package, given.python)
            outcomes: Counter[str] = Counter()
            chosen = drawn(root, package, given.count, given.seed, top=given.verb == "move")
            for number, (file, one) in enumerate(chosen):
                target = _target(root, package, file, number, given.seed)
                asked = f"{file}::{one.name} {target}" if given.verb == "move" else _renamed(file, one)
                outcome, said = attempt(root, asked, given.verb, (package, given.python), before)
                outcomes[outcome] += 1
                if outcome == "refused":
                    tally[
                        next(
                            (reason for reason, sign in REASONS if re.search(sign, said, re.MULTILINE)), said
                        )
                    ] += 1
                if given.show:
                    print(f"  {outcome}: {asked}: {said}", flush=True)
            row = (len(chosen), outcomes["landed"], outcomes["refused"], outcomes["wrong"])
            print(f"| {package.name} {package.version} | {' | '.join(map(str, row))} |", flush=True)
    for reason, count in tally.most_common():
        print(f"refused {count}: {reason}")


def _renamed(file: str, one: Definition) -> str:
    return f"{file}::{one.target} {one.name.rpartition('.')[2]}_anew"


def _target(root: Path, package: Package, file: str, number: int, seed: int) -> str:
    """Return another module of the package, or each second time a new one."""
    if number % 2:
        return f"{package.source}/_anew.py"
    folder = root / package.source
    others = sorted(
        path.relative_to(root).as_posix() for path in folder.rglob("*.py") if "tests" not in path.parts
    )
    others = [each for each in others if each != file and not each.endswith("/__init__.py")]
    return random.Random(f"{seed} {number}").choice(others)


def attempt(
    root: Path, asked: str, verb: str, run: tuple[Package, str], before: tuple[frozenset[str], int]
) -> tuple[str, str]:
    """Return what comes of a rename or move, and why; the files are as before then."""
    workspace = Workspace(root, root)
    was = {
        path: path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".hypothesis" not in path.parts
    }
    try:
        reply = (move if verb == "move" else rename)(workspace, asked, check="off")
    except IpyLlmError as error:
        return "refused", "\n".join((error.message, *error.steps))[:400]
    new, passed = outcome_of(root, *run)
    if new - before[0] or passed < before[1]:  # a test that fails now and then is not the move's
        again, passed = outcome_of(root, *run)
        new &= again
    undo(workspace)
    now = {
        path: path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".hypothesis" not in path.parts
    }
    if now != was:
        return "wrong", f"{reply} -> undone, files differ"
    if new - before[0] or passed < before[1]:
        return "wrong", f"{reply} -> {sorted(new - before[0])[:3]}, {passed} of {before[1]} pass"
    return "landed", str(reply)


if __name__ == "__main__":
    main()
