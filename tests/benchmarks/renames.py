"""Renames of definitions drawn by a seed from real packages: landed with the package's tests green, refused, or wrong.

    python tests/benchmarks/renames.py CACHE [--count N] [--seed N] [--show]

The tests run in this environment before and after; a rename is wrong where a test fails that passed before.
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
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from sdists import copy

from ipy_llm.errors import IpyLlmError
from ipy_llm.explore.contents import Definition
from ipy_llm.explore.index import read_index
from ipy_llm.operations.rename import rename
from ipy_llm.workspace.project import Workspace

PACKAGES = (  # name, version, what its tests need on the path, what is run
    ("h11", "0.14.0", "", "h11"),
    ("click", "8.1.8", "src", "tests"),
    ("more-itertools", "10.5.0", "", "tests"),
)


def failing(root: Path, path: str, tests: str) -> frozenset[str]:
    """Return the tests that fail; one word where they cannot be run."""
    environment = os.environ | {"PYTHONPATH": str(root / path), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore", tests]
    done = subprocess.run(
        command,
        cwd=root,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check="off",
    )
    if done.returncode not in {0, 1}:
        return frozenset({done.stdout[-300:]})
    return frozenset(re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE))


def drawn(root: Path, count: int, seed: int) -> list[tuple[str, Definition]]:
    """Return definitions drawn from the package's own files, those of functions left out."""
    every = []
    for file, contents in sorted(read_index(root).files.items()):
        if "test" in file or "docs" in file or "example" in file or file in {"setup.py", "noxfile.py"}:
            continue
        functions = {one.name for one in contents.definitions if one.kind == "function"}
        every += [
            (file, one)
            for one in contents.definitions
            if one.name.rpartition(".")[0] not in functions
            and not one.name.rpartition(".")[2].startswith("__")
        ]
    return random.Random(seed).sample(every, count)


def main() -> None:
    """Print a row a package."""
    parser = argparse.ArgumentParser()
    parser.add_argument("cache", type=Path)
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args()
    print("| package | drawn | landed, tests green | refused | wrong |\n|---|---|---|---|---|")
    for name, version, path, tests in PACKAGES:
        with tempfile.TemporaryDirectory() as scratch:
            os.environ["IPY_LLM_CACHE"] = str(Path(scratch, "cache"))
            fresh = copy(name, version, given.cache, Path(scratch).resolve())
            before = failing(fresh, path, tests)
            outcomes: Counter[str] = Counter()
            for number, (file, one) in enumerate(drawn(fresh, given.count, given.seed)):
                root = copy(name, version, given.cache, Path(scratch, str(number)).resolve())
                outcome, said = attempt(root, f"{file}::{one.target}", one, (path, tests), before)
                outcomes[outcome] += 1
                if given.show:
                    print(f"  {outcome}: {file}::{one.target}: {said}", flush=True)
            print(
                f"| {name} | {given.count} | {outcomes['landed']} | {outcomes['refused']} | {outcomes['wrong']} |",
                flush=True,
            )


def attempt(
    root: Path, address: str, one: Definition, run: tuple[str, str], before: frozenset[str]
) -> tuple[str, str]:
    """Return what comes of a rename, and why."""
    last = one.name.rpartition(".")[2]
    try:
        reply = rename(Workspace(root, root), f"{address} {last}_anew", check="off")
    except IpyLlmError as error:
        return "refused", " / ".join((error.message, *error.steps[:2]))[:200]
    new = failing(root, *run) - before
    return ("wrong", f"{reply} -> {sorted(new)[:3]}") if new else ("landed", str(reply))


if __name__ == "__main__":
    main()
