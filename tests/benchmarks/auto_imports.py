"""What ipy_llm, pyflyby and ipython-autoimport import for the published list of missing names, in one run.

    python tests/benchmarks/auto_imports.py

Takes pyflyby and ipython_autoimport; what takes a package that is not installed is left out. Each cell runs in a process of
its own, with nothing but the extension loaded. Right is: the names that are missing are bound to what the list says, and no other
missing name is bound.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib.util
import io
import json
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from imports import Case, read_cases
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from ipy_llm.source.structure.unbound import names_of

TOOLS = ("ipy_llm", "pyflyby", "ipython_autoimport")
LIMIT = 30  # seconds for a cell


def outcome(case: Case, shell: InteractiveShell) -> str:
    """Run a cell; return `right`, `none` where an import is missing, `wrong` where one is that should not be."""
    names = {
        node.id
        for node in ast.walk(ast.parse(case.code))
        if isinstance(node, ast.Name) and not hasattr(builtins, node.id)
    }
    tree = names_of(ast.parse(case.code))
    names -= tree.bound
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        shell.run_cell(case.code, store_history=True)
    held = {name: dict.get(shell.user_ns, name) for name in names if dict.__contains__(shell.user_ns, name)}
    bound = {
        name: value for name, value in held.items() if type(value) is not int
    }  # as two cells do themselves
    wanted: dict[str, Any] = {}
    for statement in case.wants:
        exec(statement, wanted)
    wanted.pop("__builtins__", None)
    if any(name not in wanted or bound[name] is not wanted[name] for name in bound):
        return "wrong"
    return "right" if bound.keys() >= wanted.keys() & names else "none"


def child(case: Case, shell: InteractiveShell) -> str:
    """Return the outcome of a cell, run in a copy of this process."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        import signal

        signal.alarm(LIMIT)
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silent, stream)
        with contextlib.suppress(BaseException):
            os.write(writing, outcome(case, shell).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(process, 0)
    return said or "died"


def run(tool: str) -> Counter[str]:
    """Return how often each outcome came of each kind of case."""
    config = Config()
    config.HistoryManager.enabled = False
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ |= {"IPYTHONDIR": folder, "BROWSER": "true", "IPY_LLM_CACHE": f"{folder}/cache"}
        shell = InteractiveShell.instance(config=config)
        shell.run_line_magic("load_ext", tool)
        counts: Counter[str] = Counter()
        for case in read_cases():
            if case.package and importlib.util.find_spec(case.package) is None:
                continue
            found = child(case, shell)
            counts[f"{'wanted' if case.wants else 'nothing'} {found}"] += 1
            if os.environ.get("SHOW") and found != "right":
                print(f"{tool}: {found}: {case.code!r}", file=sys.stderr)
        os.chdir("/")
    return counts


def main() -> None:
    """Print the table; each tool in a process of its own."""
    if len(sys.argv) > 1:
        print(json.dumps(run(sys.argv[1])))
        return
    print("| | an import is wanted: right | none | another | nothing is wanted: none | an import |")
    print("|---|---|---|---|---|---|")
    for tool in TOOLS:
        if importlib.util.find_spec(tool) is None:
            continue
        with os.popen(f"{sys.executable} {__file__} {tool}") as process:
            counts = Counter(json.loads(process.read().strip().rpartition("\n")[2]))
        columns = [
            counts["wanted right"],
            counts["wanted none"] + counts["wanted died"],
            counts["wanted wrong"],
            counts["nothing right"] + counts["nothing died"],
            counts["nothing wrong"],
        ]
        print(f"| {tool} | {' | '.join(map(str, columns))} |")


if __name__ == "__main__":
    main()
