"""IPython's own tests with the extension loaded beside the same without: which outcomes differ.

    python tests/benchmarks/ipython_suite.py PYTHON TESTS [FOLDER]

PYTHON is one that has IPython, its test dependencies and ipy_llm; TESTS what pytest is to run, e.g. `--pyargs
IPython.core.tests` as one word for IPython 8, or the `tests` of a source distribution for 9, whose FOLDER is given.
Outcomes that differ between two runs without the extension are told apart: those tests are not steady.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

PLUGIN = """
import builtins, json, os

outcomes = {}

def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        outcomes[report.nodeid] = report.outcome

def pytest_collection_finish(session):
    if os.environ.get("LOAD_IPY_LLM"):
        shell = builtins.get_ipython()
        shell.run_line_magic("load_ext", "ipy_llm")
        assert "_ipy_llm_session" in vars(shell)

def pytest_sessionfinish(session):
    with open(os.environ["OUTCOMES"], "w") as file:
        json.dump(outcomes, file)
"""


def run(python: str, tests: list[str], folder: str, scratch: Path, *, load: bool) -> dict[str, str]:
    """Return the outcome of each test."""
    shutil.rmtree(Path(folder) / "tmp-ipython-pytest-profiledir", ignore_errors=True)
    outcomes = scratch / "outcomes.json"
    env = os.environ | {
        "OUTCOMES": str(outcomes),
        "PYTHONPATH": str(scratch),
        "LOAD_IPY_LLM": "1" if load else "",
    }
    command = [python, "-m", "pytest", "-q", "-p", "outcomes_plugin", "-p", "no:cacheprovider", *tests]
    subprocess.run(
        command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False
    )
    return json.loads(outcomes.read_text())


def main(python: str, tests: str, folder: str) -> None:
    """Print how many pass, and every test whose outcome is another."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        (scratch / "outcomes_plugin.py").write_text(PLUGIN)
        bare, again, loaded = (
            run(python, tests.split(), folder, scratch, load=load) for load in (False, False, True)
        )
    print(f"without: {dict(Counter(bare.values()))}; with: {dict(Counter(loaded.values()))}")
    for test in sorted(set(bare) | set(loaded)):
        if bare.get(test) != loaded.get(test) or bare.get(test) != again.get(test):
            steady = "" if bare.get(test) == again.get(test) else "  (not steady without it)"
            print(f"  {test.rpartition('/')[2]}: {bare.get(test)} -> {loaded.get(test)}{steady}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else tempfile.mkdtemp())
