"""References found by `refs`, against those that pyright's language server finds in the same run.

    python tests/benchmarks/references.py PYRIGHT_LANGSERVER CACHE [--count N] [--seed N] [--show]

Definitions are drawn by a seed from source distributions of three packages; both are asked for every
reference to each. Positions of the definitions themselves count for neither. `may be` are those that our
reply lists apart, as undecided.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from pyright_server import Pyright
from sdists import copy

from ipy_llm.explore.contents import Contents, Definition
from ipy_llm.explore.index import read_index
from ipy_llm.explore.names import Defined, Names
from ipy_llm.explore.refs import positions, references
from ipy_llm.source.address import parse_address
from ipy_llm.source.structure.resolve import candidates
from ipy_llm.workspace.locate import read_file

PACKAGES = (("starlette", "0.46.2"), ("click", "8.1.8"), ("jinja2", "3.1.6"))


def drawn(root: Path, count: int, seed: int) -> list[tuple[str, Definition]]:
    """Return definitions drawn from the package's own files, tests left out."""
    index = read_index(root)
    every = [
        (file, one)
        for file, contents in sorted(index.files.items())
        if "test" not in file and "docs" not in file and "example" not in file and file.endswith(".py")
        for one in contents.definitions
        if not one.name.rpartition(".")[2].startswith("__") and not _in_function(one, contents)
    ]
    return random.Random(seed).sample(every, count)


def _in_function(one: Definition, contents: Contents) -> bool:
    owner = one.name.rpartition(".")[0]
    return any(each.name == owner and each.kind == "function" for each in contents.definitions)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("server")
    parser.add_argument("cache", type=Path)
    parser.add_argument("--count", type=int, default=25)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args()
    print(
        "| package | definitions | pyright's | found | found or may be | ours | precision | may be | median s |\n|"
        + "---|" * 9
    )
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["IPY_LLM_CACHE"] = str(Path(scratch, "cache"))
        for name, version in PACKAGES:
            root = copy(name, version, given.cache, Path(scratch).resolve())
            compare(name, root, given)


def compare(name: str, root: Path, given: argparse.Namespace) -> None:
    """Print a row, and what differs where that is asked for."""
    # Without the package's own settings, which may leave its tests out.
    (root / "pyrightconfig.json").write_text("{}")
    server = Pyright(given.server, root)
    index = read_index(root)
    theirs_all = found_all = covered_all = ours_all = right_all = maybe_all = 0
    times = []
    for file, one in drawn(root, given.count, given.seed):
        _, document = read_file(root / file)
        chunks = candidates(parse_address(f"::{one.name}"), document)
        own = positions(chunks, document)
        began = time.perf_counter()
        ours = references(Defined(file, one.name), own, Names(index), kind=one.kind)
        times.append(time.perf_counter() - began)
        sure = {(each.file, each.line, each.column) for each in ours.sure}
        maybe = {(each.file, each.line, each.column) for each in ours.maybe}
        theirs = set()
        for line, column in own:
            theirs |= server.references(file, line, column)
        theirs = {place for place in theirs if place[0] != file or place[1:] not in own}
        theirs_all += len(theirs)
        found_all += len(theirs & sure)
        covered_all += len(theirs & (sure | maybe))
        ours_all += len(sure)
        right_all += len(sure & theirs)
        maybe_all += len(maybe - theirs)
        if given.show and (theirs - sure or sure - theirs):
            print(
                f"  {file}::{one.name} ({one.kind}) theirs {len(theirs)} ours {len(sure)} may be {len(maybe)}"
            )
            for sign, places in (
                ("missed", theirs - sure - maybe),
                ("only may be", theirs & maybe - sure),
                ("ours alone", sure - theirs),
            ):
                for place in sorted(places)[:6]:
                    text = (root / place[0]).read_text(encoding="utf-8").split("\n")[place[1] - 1]
                    print(f"      {sign} {place[0]}:{place[1]}:{place[2]} {text.strip()[:110]}")
    server.close()
    times.sort()
    print(f"| {name} | {given.count} | {theirs_all} | {found_all / theirs_all:.3f} | {covered_all / theirs_all:.3f} | {ours_all} "
          f"| {right_all / ours_all:.3f} | {maybe_all} | {times[len(times) // 2]:.2f} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
