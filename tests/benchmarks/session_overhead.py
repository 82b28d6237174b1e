"""What a session with the extension costs beside a bare one: an ordinary cell, loading, and 200 cells' worth of memory.

    python tests/benchmarks/session_overhead.py [CELLS]

Both shells live in one process each; each cell of a list of ordinary ones is run in both in turn, so that the load of
the machine falls on both. Times are CPU times of the process that runs the shell.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

CELLS = [
    "x = 1",
    "y = [n * n for n in range(100)]",
    "sum(y)",
    "import json, math, collections",
    "def area(r):\n    '''The area.'''\n    return math.pi * r ** 2\n",
    "area(3)",
    "class Cart:\n    def __init__(self):\n        self.items = []\n\n    def add(self, item):\n        self.items.append(item)\n        return self\n",
    "cart = Cart().add(1).add(2)\nprint(len(cart.items))",
    "# how many\nfor n in range(3):\n    print(n)  # each",
    "d = {str(n): n for n in range(1000)}",
    "d",
    "%time z = 1",
    "text = '''\nsome text\n''' * 20",
    "print(text[:100])",
]

SHELL = """
import gc, io, json, sys, time, contextlib, tracemalloc
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

config = Config()
config.HistoryManager.enabled = False
shell = InteractiveShell.instance(config=config)
began = time.process_time()
if sys.argv[1] == "loaded":
    shell.run_line_magic("load_ext", "ipy_llm")
loading = time.process_time() - began
print(json.dumps(loading * 1000), flush=True)
for line in sys.stdin:
    cell = json.loads(line)
    if cell is None:
        gc.collect()
        size = sum(map(sys.getsizeof, gc.get_objects()))
        print(json.dumps([len(gc.get_objects()), size]), flush=True)
        continue
    with contextlib.redirect_stdout(io.StringIO()):
        began = time.process_time()
        done = shell.run_cell(cell, store_history=True)
        spent = time.process_time() - began
    assert done.success, cell
    print(json.dumps(spent * 1000), flush=True)
"""


class Shell:
    """A shell in a process of its own."""

    def __init__(self, kind: str, folder: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SHELL, kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
        )
        self.loading = self.read()

    def read(self):
        """Return what it says next."""
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        """End it while its folder is there."""
        self.process.stdin.close()
        self.process.wait()

    def ask(self, cell: str | None):
        """Run a cell and return its milliseconds; for None the objects and bytes that live."""
        self.process.stdin.write(json.dumps(cell) + "\n")
        self.process.stdin.flush()
        return self.read()


def main(count: int) -> None:
    """Print the figures."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package is compiled
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "pyproject.toml").touch()
        for number in range(20):
            Path(folder, f"module_{number}.py").write_text(f"def f{number}():\n    return {number}\n")
        bare, loaded = Shell("bare", folder), Shell("loaded", folder)
        print(f"%load_ext: {loaded.loading:.1f} ms of CPU")
        for cell in CELLS:  # what is imported at first use
            bare.ask(cell), loaded.ask(cell)
        more: dict[str, list[float]] = {}
        marks = []
        for number in range(count):
            if number % 100 == 0:
                marks.append((bare.ask(None), loaded.ask(None)))
            cell = CELLS[number % len(CELLS)]
            more.setdefault(cell, []).append(loaded.ask(cell) - bare.ask(cell))
        marks.append((bare.ask(None), loaded.ask(None)))
        bare.close(), loaded.close()
        every = [each for found in more.values() for each in found]
        print(
            f"{count} cells, ours more than bare: median {statistics.median(every):.2f} ms, nine in ten below {statistics.quantiles(every, n=10)[-1]:.2f}"
        )
        for cell, found in more.items():
            print(f"  {statistics.median(found):6.2f} ms  {cell.splitlines()[0][:60]}")
        for number, (one, other) in enumerate(marks):
            print(
                f"after {min(number * 100, count):4} cells: bare {one[0]:,} objects, {one[1]:,} bytes; ours {other[0]:,}, {other[1]:,}"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)
