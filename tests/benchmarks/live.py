"""Live edits: what running objects become by importlib.reload, %autoreload 2, jurigged, pyflyby's xreload and ours.

    python tests/benchmarks/live.py --ipython8 PYTHON --others PYTHON [--only PACKAGE] [--verbose]

`--ipython8` is a Python with IPython 8.12, `--others` one with the newest IPython, jurigged and pyflyby; all of the
same version. The matrix is tests/support/live_edits.txt. For the releases a package is imported, the files of its next
release are put in its place and followed; then each name of each module, and each member of each class, is
compared with a fresh import of the new release, and so are functions that someone saved before.

Right: as the fresh import has it. Told: not so, but the tool said of that name, or of all of its module, that it
did not follow. Wrong: not so, and nothing was said; also what did not change between the releases and is another now.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

from wheels import fetch_wheel

WORKER = Path(__file__).with_name("live_worker.py")
RELEASES = [
    ("attrs", "attr", "24.2.0", "24.3.0"),
    ("click", "click", "8.1.7", "8.1.8"),
    ("click", "click", "8.1.8", "8.2.0"),
    ("h11", "h11", "0.14.0", "0.16.0"),
    ("itsdangerous", "itsdangerous", "2.1.2", "2.2.0"),
    ("jinja2", "jinja2", "3.1.4", "3.1.6"),
    ("packaging", "packaging", "24.2", "25.0"),
    ("pluggy", "pluggy", "1.5.0", "1.6.0"),
    ("starlette", "starlette", "0.41.3", "0.42.0"),
    ("werkzeug", "werkzeug", "3.1.2", "3.1.3"),
    ("tenacity", "tenacity", "8.5.0", "9.0.0"),
    ("cachetools", "cachetools", "5.4.0", "5.5.0"),
    ("marshmallow", "marshmallow", "3.22.0", "3.23.0"),
    ("more-itertools", "more_itertools", "10.5.0", "10.6.0"),
    ("urllib3", "urllib3", "2.2.3", "2.3.0"),
    ("idna", "idna", "3.8", "3.10"),
    ("markdown-it-py", "markdown_it", "2.2.0", "3.0.0"),
    ("rich", "rich", "13.9.3", "13.9.4"),
    ("httpcore", "httpcore", "1.0.6", "1.0.7"),
    ("anyio", "anyio", "4.6.2", "4.7.0"),
]
# Looked at for the first time when all else stood.
UNSEEN = [
    ("flask", "flask", "3.0.3", "3.1.0"),
    ("requests", "requests", "2.31.0", "2.32.3"),
    ("structlog", "structlog", "24.2.0", "24.4.0"),
    ("humanize", "humanize", "4.9.0", "4.10.0"),
    ("pyparsing", "pyparsing", "3.1.4", "3.2.0"),
    ("platformdirs", "platformdirs", "4.2.2", "4.3.6"),
    ("filelock", "filelock", "3.14.0", "3.16.1"),
    ("tomlkit", "tomlkit", "0.12.5", "0.13.2"),
    ("typer", "typer", "0.12.3", "0.12.5"),
    ("sqlparse", "sqlparse", "0.5.0", "0.5.1"),
]
COLUMNS = {
    "importlib.reload": ("reload", "others"),
    "%autoreload 2, IPython 8.12": ("autoreload", "ipython8"),
    "%autoreload 2, IPython 9": ("autoreload", "others"),
    "jurigged": ("jurigged", "others"),
    "xreload": ("xreload", "others"),
    "ipy_llm": ("ours", "others"),
}


def worker(python: str, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [python, str(WORKER), *arguments], capture_output=True, text=True, check=False, timeout=600,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )  # fmt: skip
    if done.returncode:
        return {"failed": done.stderr[-500:]}
    return json.loads(done.stdout)


def unpacked(name: str, version: str, cache: Path) -> Path:
    wheel = fetch_wheel(name, version, cache)
    folder = cache / f"{wheel.stem}.unpacked"
    if not folder.is_dir():
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder, [each for each in archive.namelist() if each.endswith(".py")])
    return folder


def compare(old: dict[str, Any], new: dict[str, Any], live: dict[str, Any]) -> dict[str, str]:
    """Return the outcome for each name that changed, and for each that did not but is another now."""
    found = {}
    differs = []
    swaps = []  # what a value that was told is, and should be
    for module, names in new["live"].items():
        before, now = old["live"].get(module, {}), live["live"].get(module, {})
        saved = live["saved"].get(module, {})
        said = [each for each in live["said"] if module in each.replace("/", ".") or f"'{module}'" in each]
        for name in names.keys() | before.keys() | now.keys():
            held = saved.get(name)
            right = names.get(name) == now.get(name) and (
                held is None or name not in names or held == names[name]
            )
            if right and before.get(name) == names.get(name):
                continue
            full = f"{module}.{name}"
            found[full] = "right"
            named = any(re.search(rf"(?<![\w.]){re.escape(full)}(?!\w)", each) for each in live["said"])
            if not right and (named or any(_means(each, module, name) for each in said)):
                found[full] = "said"
                if name in names and name in now:
                    swaps.append((now[name], names[name]))
            elif not right:
                found[full] = "wrong"
                differs.append((full, now.get(name, ""), held or now.get(name, ""), names.get(name, "")))
    # A loop at the top of a module may have done something to each name of it.
    lines = [
        each.partition(" (")[0].removesuffix(".") for each in live["said"] if re.search(r"\bline \d+", each)
    ]
    modules = {each.rpartition("line ")[0].rstrip(". :").rpartition(": ")[2] for each in lines}
    touched = {name.partition(".")[0] for each in modules for name in new["live"].get(each, ())}
    left = [f"'{full}'" for full, outcome in found.items() if outcome == "said"]
    for full, now, held, wanted in differs:
        if now.startswith("(") and any(each in now for each in left):  # the metaclass of a base that was told
            found[full] = "said"
        module = max((each for each in new["live"] if full.startswith(f"{each}.")), key=len)
        if full[len(module) + 1 :].partition(".")[0] in touched:
            found[full] = "said"
        for was, value in swaps:  # only for what another name was told of
            now, held = now.replace(was, value), held.replace(was, value)  # noqa: PLW2901 - one after another
        if now == held == wanted:
            found[full] = "said"
    return found


def _means(said: str, module: str, name: str) -> bool:
    """Say whether what a tool said is about a name: by the name, or about its whole module."""
    if not said.startswith(f"{module}: ") or " refused: " in said or "Error" in said:
        return f"{module}." not in said.replace(f"{module}.py", "") or "refused" in said
    rest = said.removeprefix(f"{module}: ")
    return re.search(rf"(?<![\w.]){re.escape(name)}(?![\w])", rest) is not None or (
        "." in name
        and re.search(rf"(?<![\w.]){re.escape(name.partition('.')[0])}(?![\w.])", rest) is not None
    )


def table(rows: dict[str, Counter[str]], what: str) -> None:
    print(f"\n| {what} | right | told | wrong |\n|---|---|---|---|")
    for name, counts in rows.items():
        total = counts.total()
        shares = (
            f"{counts[each]} ({counts[each] / total:.1%})" if total else "-" for each in ("right", "said")
        )
        print(f"| {name} | {' | '.join(shares)} | {counts['wrong']} |")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--ipython8")
    parser.add_argument("--others", default=sys.executable)
    parser.add_argument("--only", default="")
    parser.add_argument("--tool", default="", help="one column alone")
    parser.add_argument("--unseen", action="store_true", help="the ten releases that nothing was made for")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    columns = {
        name: (tool, getattr(options, python))
        for name, (tool, python) in COLUMNS.items()
        if options.tool in {"", tool} and getattr(options, python)
    }
    if not (options.only or options.unseen):
        rows = {}
        for name, (tool, python) in columns.items():
            found = worker(python, tool, "matrix")
            rows[name] = Counter(each["outcome"] for each in found.values())
            if options.verbose:
                print(name, [(edit, each) for edit, each in found.items() if each["outcome"] != "right"])
        table(rows, f"{sum(next(iter(rows.values())).values())} edits")
    rows = {name: Counter() for name in columns}
    cache = Path(os.environ.get("IPY_LLM_BENCHMARKS", tempfile.gettempdir())) / "ipy_llm-wheels"
    count = 0
    unstable: set[str] = set()
    for distribution, package, before, after in UNSEEN if options.unseen else RELEASES:
        if options.only not in {"", distribution}:
            continue
        folders = [str(unpacked(distribution, version, cache)) for version in (before, after)]
        old = worker(options.others, "fresh", "replay", package, folders[1], folders[0])
        new, again = (worker(options.others, "fresh", "replay", package, *folders) for _ in range(2))
        if "failed" in old or "failed" in new or not new["live"]:
            print(f"{distribution} {before}: cannot be imported", (old | new).get("failed", ""))
            continue
        for module, names in new["live"].items():  # what no two processes have alike, such as hash(None)
            for name in [each for each, text in names.items() if again["live"][module].get(each) != text]:
                for one in (names, old["live"].get(module, {})):
                    one.pop(name, None)
                unstable.add(f"{module}.{name}")
        count += 1
        for name, (tool, python) in columns.items():
            live = worker(python, tool, "replay", package, *folders)
            if "failed" in live:
                print(f"{distribution} {after}, {name}: {live['failed']}")
                continue
            found = {name: each for name, each in compare(old, new, live).items() if name not in unstable}
            rows[name].update(found.values())
            if options.verbose:
                print(distribution, after, name, Counter(found.values()))
                for each, outcome in sorted(found.items()):
                    if outcome == "wrong":
                        print("  wrong", each)
                print("\n".join(f"  {each}" for each in live["said"]))
    table(rows, f"names of {count} releases")


if __name__ == "__main__":
    main()
