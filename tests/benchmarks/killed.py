"""What a patch of many files leaves when its process is killed (-9), after the next command.

    python tests/benchmarks/killed.py [KILLS] [FILES] [SEED]

Real processes run `edit`; a third of the kills is spread over the whole life of the process, a third over the
time in which it writes, a third over that in which the files take their places, as measured. A quarter as many are of `undo`, and of the command that settles a killed edit.
The next command is in turn show, outline, log and an edit that changes nothing.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from kills import Project, kill_many


def main(kills: int = 200, files: int = 500, seed: int = 0) -> None:
    """Print a row for each command that was killed."""
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder).resolve(), files)
        project.measure()
        print(
            f"{files} files; the edit takes {project.whole:.2f} s, of which it writes for "
            f"{project.writes:.2f} s, and renames for {project.places:.2f} s"
        )
        print("| killed | kills | half on the disk | all old after the next command | all new | wrong |")
        print("|---|---|---|---|---|---|")
        for what, times in (("edit", kills), ("undo", kills // 4), ("settle", kills // 4)):
            found = kill_many(project, times, what, seed)
            print(
                f"| {what} | {found.kills} | {found.halves} | {found.old} | {found.new} | {len(found.wrong)} |"
            )
            print(
                f"  done before the kill {found.too_late}, files of ours beside {found.left}, said {dict(found.said)}"
            )
            print("\n".join(found.wrong))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
