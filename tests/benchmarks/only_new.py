"""Of a project with many findings, what do edits elsewhere in the same files report, and those that add one?

    python tests/benchmarks/only_new.py [--edits 50] [--seed 1]

Ten modules, each with ten errors of mypy and two undefined names; lines move with every edit.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

from ipy_llm.checks.daemon import stop_daemons
from ipy_llm.checks.run import run_checks, run_checks_after
from ipy_llm.workspace.files import Change

OLD = """
def old_{n}(x: int) -> str:
    return x + {n}
"""
WORKS = """
def works_{n}(x: int) -> int:
    y = x + {n}
    return y
"""
NEW = (
    '    y: int = "{n}"',
    "    y: int = x + nowhere_{n}",
    "    y: int = x.nothing_{n}",
    "    y: int = works(x)",
)


def module(number: int) -> str:
    parts = ["from __future__ import annotations\n"]
    for n in range(10):
        parts += [OLD.format(n=n), WORKS.format(n=n)]
    return "".join(parts) + f"\ndef undefined_{number}():\n    return missing_a, missing_b\n"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--edits", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        root, cache = Path(folder).resolve() / "project", Path(folder) / "cache"
        (root / "shop").mkdir(parents=True)
        (root / "pyproject.toml").write_text("[tool.mypy]\nstrict = true\n")
        for number in range(10):
            (root / "shop" / f"m{number}.py").write_text(module(number))
        (root / "shop" / "__init__.py").touch()
        before = sum(len(report.diagnostics) for report in run_checks(root, cache))
        wrong: list[str] = []
        for kind in ("elsewhere", "adds one"):
            right = 0
            for count in range(options.edits):
                file = root / "shop" / f"m{draw.randrange(10)}.py"
                n = draw.randrange(10)
                text = file.read_bytes()
                old = f"    y = x + {n}\n"
                line = old if kind == "elsewhere" else draw.choice(NEW).format(n=count) + "\n"
                new = text.replace(old.encode(), f"    # {count}\n\n{line}".encode(), 1)
                file.write_bytes(new)
                reports = run_checks_after(root, cache, [Change(file, text, new)])
                found = [one for report in reports for one in report.diagnostics]
                at = new.decode().split("\n").index(line.rstrip("\n")) + 1
                expected = [] if kind == "elsewhere" else [at]
                if [one.line for one in found] == expected:
                    right += 1
                else:
                    wrong.append(f"{kind} {line.strip()}: {[f'{one.place} {one.message}' for one in found]}")
                file.write_bytes(text)
                run_checks_after(root, cache, [Change(file, new, text)])
            print(f"{before} findings before; {options.edits} edits, {kind}: {right} told exactly")
            stop_daemons(cache)
    print(*wrong, sep="\n")


if __name__ == "__main__":
    main()
