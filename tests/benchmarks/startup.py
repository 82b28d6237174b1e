"""What it costs to be there: a cold `ipy-llm show`, and `%load_ext ipy_llm`, in CPU time.

    python tests/benchmarks/startup.py [RUNS]

`show` is run in turn with `python -c "import ast, tokenize, argparse"`, the least that such a command could
do; the ratio is taken pair by pair. `%load_ext` is timed within a process that has IPython loaded.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

LOAD = """
import sys, time
from IPython.testing.globalipapp import start_ipython
shell = start_ipython()
before = set(sys.modules)
began = time.process_time()
shell.run_line_magic("load_ext", "ipy_llm")
spent = time.process_time() - began
heavy = sorted({name.partition(".")[0] for name in set(sys.modules) - before} & {"libcst", "jedi", "parso", "mypy", "pytest"})
print(spent * 1000, len(set(sys.modules) - before), ",".join(heavy) or "none")
"""


def cpu(command: list[str], folder: str) -> float:
    """Return the milliseconds of CPU time that a command takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def main(runs: int) -> None:
    """Print both figures."""
    os.environ.pop(
        "PYTHONDONTWRITEBYTECODE", None
    )  # compiled files are the normal state of an installed package
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "cart.py").write_text("class Cart:\n    def total(self):\n        return 1\n")
        show = [str(Path(sys.executable).parent / "ipy-llm"), "show", "cart.py::Cart.total"]
        least = [sys.executable, "-c", "import ast, tokenize, argparse"]
        cpu(show, folder)
        pairs = [(cpu(show, folder), cpu(least, folder)) for _ in range(runs)]
        ratio = statistics.median(ours / theirs for ours, theirs in pairs)
        ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(
            f"cold show {ours:.0f} ms, the least {theirs:.0f} ms of CPU; ratio at the median of {runs} pairs {ratio:.2f}"
        )
        loads = [
            subprocess.run(
                [sys.executable, "-c", LOAD], cwd=folder, check=True, capture_output=True, text=True
            ).stdout.split()
            for _ in range(max(3, runs // 3))
        ]
        spent = statistics.median(float(load[-3]) for load in loads)
        print(f"%load_ext {spent:.1f} ms of CPU, {loads[0][-2]} modules, heavy ones: {loads[0][-1]}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 21)
