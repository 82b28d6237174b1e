"""A patch of one line in each of many real files, against reading, `ast.parse`-ing and writing these files.

    python tests/benchmarks/many_files.py [FILES] [PAIRS]

The files are copied from the standard library and the installed packages. Each measurement is a process of its
own, with everything imported; the two take turns. The edit is `edit --check=off`: find, splice, compile, compare names,
journal, flush, rename. The other reads, parses and writes in place, and flushes nothing.
"""

from __future__ import annotations

import ast
import os
import random
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import warnings
from pathlib import Path

from ipy_llm.errors import IpyLlmError
from ipy_llm.operations.edit import edit, undo
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.structure.resolve import label
from ipy_llm.source.text import decode, split_lines
from ipy_llm.workspace.project import Workspace

LARGEST = 200_000  # bytes


def copy_files(root: Path, count: int) -> str:
    """Copy real files into a project and return a patch that changes one line of each."""
    warnings.simplefilter("ignore")  # of the files, when they are compiled
    folders = [sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")]
    found = sorted({path for folder in folders for path in Path(folder).rglob("*.py")})
    random.Random(1).shuffle(found)
    entries: list[str] = []
    for path in found:
        if len(entries) == count:
            break
        if path.stat().st_size > LARGEST or {"site-packages", "lib2to3", "test"} & set(path.parts[:-3]):
            continue
        try:
            found_in = outline(decode(data := path.read_bytes()))
            compile(data, path, "exec")  # some tests are files that only parse
        except (IpyLlmError, SyntaxError):
            continue
        chunks = [chunk for chunk in found_in.walk() if chunk.kind == "function"]
        if found_in.error or not chunks:
            continue
        chunk = chunks[len(chunks) // 2]
        lines = split_lines(chunk.span.of(found_in.source.text))
        name = f"d{len(entries) // 20}/f{len(entries)}.py"
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(data)
        entries.append(
            f"@@ {name}::{label(chunk, found_in)}@{found_in.digest(chunk.span)}:{len(lines)}\n{lines[-1]}  # changed\n"
        )
    return "".join(entries)


def measure(what: str, root: Path, patch: Path) -> tuple[float, float]:
    """Return seconds of wall clock and CPU of one of the two, in this process."""
    shop = Workspace.open(str(root))
    text = patch.read_text()
    names = sorted(path for path in root.rglob("*.py"))
    warnings.simplefilter("ignore")  # of the files, when they are compiled
    # Everything is imported and has run once.
    edit(shop, "into first.py", "x = 1", check="off")
    undo(shop)
    began, spent = time.perf_counter(), time.process_time()
    if what == "edit":
        edit(shop, "", text, check="off")
    else:
        for name in names:
            with open(name, "rb") as file:
                data = file.read()
            ast.parse(data)
            with open(name, "wb") as file:
                file.write(data)
    took = time.perf_counter() - began, time.process_time() - spent
    if what == "edit":
        undo(shop)
    return took


def main(count: int = 584, pairs: int = 5) -> None:
    """Print the figures of each pair and their medians."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "project"
        root.mkdir()
        os.environ["IPY_LLM_CACHE"] = str(root.parent / "cache")
        (root / "first.py").write_text("y = 1\n")
        patch = root.parent / "patch"
        patch.write_text(copy_files(root, count))
        sizes = [path.stat().st_size for path in root.rglob("*.py")]
        print(f"{len(sizes) - 1} files of {sum(sizes) / 1e6:.1f} MB")
        rows = []
        for _ in range(pairs):
            row = []
            for what in ("edit", "parse"):
                run = subprocess.run(
                    [sys.executable, __file__, what, root, patch], capture_output=True, text=True, check=True
                )
                row += map(float, run.stdout.split())
            rows.append(row)
            print("edit {:.2f} s wall {:.2f} s CPU; the other {:.2f} s wall {:.2f} s CPU".format(*row))
        wall = statistics.median(row[0] / row[2] for row in rows)
        cpu = statistics.median(row[1] / row[3] for row in rows)
        print(f"median of {pairs} pairs: {wall:.2f} times the wall clock, {cpu:.2f} times the CPU")


if __name__ == "__main__":
    if sys.argv[1:2] in (["edit"], ["parse"]):
        print(*measure(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
    else:
        main(*map(int, sys.argv[1:]))
