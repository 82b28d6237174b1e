"""What an outline of a large package costs: tokens, and time against reading and `ast.parse`-ing its files.

    python tests/benchmarks/outline_budget.py FOLDER... [--tokens N] [--runs N]

CPU time of this process, the median of the runs; cold is without a kept index, warm with one and nothing
changed, `one changed` after a byte of one file.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import os
import shutil
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from ipy_llm.operations.outline import outline
from ipy_llm.source.tokens import tokens
from ipy_llm.workspace.project import Workspace, cache_folder, walk


def spent(run: Callable[[], object]) -> float:
    """Return the milliseconds of CPU time that a call takes."""
    began = time.process_time()
    run()
    return 1000 * (time.process_time() - began)


def parse(files: list[Path]) -> None:
    """Read and parse every file."""
    for file in files:
        with contextlib.suppress(SyntaxError):
            ast.parse(file.read_bytes())


def measure(folder: Path, budget: int, runs: int) -> str:
    """Return a row of the table for a copy of the folder."""
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(shutil.copytree(folder, Path(scratch, folder.name)))
        os.environ["IPY_LLM_CACHE"] = str(Path(scratch, "cache"))
        workspace = Workspace(root, root)
        files = list(walk(root))
        time.sleep(3)  # what was written just now is read at every call
        cold, warm, changed, least = [], [], [], []
        for _ in range(runs):
            least.append(spent(lambda: parse(files)))
            shutil.rmtree(cache_folder(root), ignore_errors=True)
            cold.append(spent(lambda: outline(workspace, tokens=budget)))
            warm.append(spent(lambda: outline(workspace, tokens=budget)))
            with open(files[len(files) // 2], "a", encoding="utf-8") as file:
                file.write("\n")
            changed.append(spent(lambda: outline(workspace, tokens=budget)))
        reply = str(outline(workspace, tokens=budget))
        base = statistics.median(least)
        ratios = (f"{statistics.median(column) / base:.3f}" for column in (cold, warm, changed))
        return f"| {folder.name} | {len(files)} | {tokens(reply)} | {base:.0f} ms | {' | '.join(ratios)} |"


def main() -> None:
    """Print a row a folder."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--tokens", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    warnings.simplefilter("ignore", SyntaxWarning)
    print(
        "| package | files | tokens | read and parse | cold | warm | one changed |\n|---|---|---|---|---|---|---|"
    )
    for folder in given.folders:
        print(measure(folder.resolve(), given.tokens, given.runs), flush=True)


if __name__ == "__main__":
    main()
