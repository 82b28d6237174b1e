"""What comes of the corpus of slips; and what the recognisers see in code that has none.

    python tests/benchmarks/slips.py [FOLDER]        (default: the standard library)

The corpus is tests/acceptance/slips. Every function, class and assignment of the folder is then read as a text
that was sent, as it stands and at column 0, without knowing the old one: each must come back as it is.
"""

from __future__ import annotations

import argparse
import os
import sys
import sysconfig
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from identity import at_column_0
from slips import read_cases, read_project, send

from ipy_llm.errors import IpyLlmError
from ipy_llm.source.sent.slips import strip_blank, understand
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.text import decode, unify
from ipy_llm.workspace.project import Workspace


def corpus() -> None:
    """Print what comes of each kind of slip."""
    project, counts = read_project(), Counter()
    cases = read_cases()
    for case in cases:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["IPY_LLM_CACHE"] = f"{folder}/cache"
            root = Path(folder, "project")
            root.mkdir()
            project.write(root)
            counts[case.kind, send(case, Workspace.open(folder=root), project).outcome] += 1
    outcomes = ("landed", "refused", "wrong")
    for kind in dict.fromkeys(case.kind for case in cases):
        print(f"{kind}: {', '.join(f'{counts[kind, one]} {one}' for one in outcomes)}")
    totals = {one: sum(counts[kind, one] for kind in {case.kind for case in cases}) for one in outcomes}
    print(f"{len(cases)} cases: {', '.join(f'{number} {one}' for one, number in totals.items())}")


def own_text(root: Path) -> None:
    """Print how many texts without a slip are changed."""
    files = tried = changed = 0
    for path in sorted(root.rglob("*.py")):
        if "site-packages" in path.parts or ("lib2to3" in path.parts and "data" in path.parts):
            continue
        try:
            found = outline(decode(path.read_bytes()))
        except IpyLlmError:
            continue
        files += 1
        for chunk in found.walk():
            if chunk.inline:
                continue
            own = unify(chunk.span.of(found.source.text))
            for sent in dict.fromkeys((own, at_column_0(own, chunk.indent))):
                tried += 1
                if understand(sent)[0] != strip_blank(sent):
                    changed += 1
                    print(f"{path.relative_to(root)} {chunk.name}: {understand(sent)[1]}")
    print(f"{tried} texts of {files} files without a slip: {changed} changed")


def main() -> None:
    """Try the corpus, then a folder's own code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", default=sysconfig.get_path("stdlib"))
    options = parser.parse_args()
    corpus()
    own_text(Path(options.folder))


if __name__ == "__main__":
    main()
