"""Edits of many files by real processes, killed (-9) at moments spread over what they do."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ipy_llm.workspace.project import journal_folder, pending_entry

_FILE = '''"""Module {number}."""


class Cart:
    """A cart."""

    def __init__(self, items):
        self.items = list(items)

    def total(self):
        return sum(item.price for item in self.items)

    def count(self):
        return len(self.items)


LIMIT_{number} = {number}
'''

# What a user may send next; each must find the files whole.
NEXT = (
    ("show", "m0.py::Cart.count"),
    ("outline", "m0.py"),
    ("log",),
    ("edit", "--check=off", "m0.py::LIMIT_0", "0 => 0"),
)


@dataclass
class Outcomes:
    """What was found after the command that followed each kill."""

    kills: int = 0
    too_late: int = 0  # the process was done
    old: int = 0
    new: int = 0
    wrong: list[str] = field(default_factory=list)
    halves: int = 0  # on the disk before the next command
    left: int = 0  # files of ours beside the sources, before it
    said: Counter[str] = field(default_factory=Counter)  # by the next command


class Project:
    """A project whose every file one patch changes; it makes new files in new folders too, and removes some."""

    def __init__(self, folder: Path, files: int) -> None:
        self.root = folder / "project"
        self.root.mkdir()
        self.environment = {**os.environ, "IPY_LLM_CACHE": str(folder / "cache")}
        os.environ["IPY_LLM_CACHE"] = self.environment["IPY_LLM_CACHE"]
        (self.root / "pyproject.toml").touch()
        for number in range(files):
            (self.root / f"m{number}.py").write_text(_FILE.format(number=number))
        new = max(files // 20, 1)
        entries = [f"@@ m{number}.py::Cart.total price => cost\n" for number in range(files)]
        entries += [f"@@ create new/deep{number % 3}/n{number}.py\nx = {number}\n" for number in range(new)]
        for number in range(new):
            (self.root / f"gone{number}.py").write_text(_FILE.format(number=number))
        entries += [f"@@ delete gone{number}.py\n" for number in range(new)]
        self.patch = "".join(entries).encode()
        self.pending = pending_entry(journal_folder(self.root))
        self.old = self.tree()
        began = time.perf_counter()
        self.run("edit", "--check=off", stdin=self.patch)
        self.whole = time.perf_counter() - began
        self.new = self.tree()
        began = time.perf_counter()
        self.run(*NEXT[0])
        self.starts = time.perf_counter() - began
        self.writes = self.places = 0.0
        self.run("undo")
        assert self.tree() == self.old, "undo is not exact"
        assert self.new.keys() ^ self.old.keys() == {
            name for name in self.new.keys() | self.old.keys() if name.startswith(("new", "gone"))
        }

    def tree(self) -> dict[str, bytes]:
        """Return every file with its bytes."""
        return {
            os.path.relpath(os.path.join(folder, name), self.root): Path(folder, name).read_bytes()
            for folder, _, names in os.walk(self.root)
            for name in names
        }

    def start(self, *words: str, stdin: bytes | None = None) -> subprocess.Popen[bytes]:
        """Start a command; it gets its input from a file, so that it never waits for us."""
        source = subprocess.DEVNULL
        if stdin is not None:
            file = self.root.parent / "patch"
            file.write_bytes(stdin)
            source = os.open(file, os.O_RDONLY)
        try:
            return subprocess.Popen(
                [sys.executable, "-m", "ipy_llm", *words],
                cwd=self.root,
                env=self.environment,
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        finally:
            if source != subprocess.DEVNULL:
                os.close(source)

    def run(self, *words: str, stdin: bytes | None = None) -> str:
        """Run a command to its end."""
        with self.start(*words, stdin=stdin) as process:
            return process.communicate()[0].decode()

    def measure(self) -> None:
        """Measure the seconds for which the files are written, and of these for which they take their places."""
        with self.start("edit", "--check=off", stdin=self.patch) as process:
            self.wait(process, self.pending.exists)
            began = time.perf_counter()
            self.wait(process, self.placing(new=True))
            placing = time.perf_counter()
            self.wait(process, lambda: not self.pending.exists())
            done = time.perf_counter()
        self.writes, self.places = done - began, done - placing
        self.run("undo")

    def placing(self, *, new: bool) -> Callable[[], bool]:
        """Return what says whether the first file has taken its place."""
        first = self.root / "new" / "deep0" / "n0.py"
        return lambda: first.exists() == new

    def wait(self, process: subprocess.Popen[bytes], happened: Callable[[], bool]) -> None:
        """Wait until something happened, or the process is done."""
        while not happened() and process.poll() is None:
            time.sleep(0.0002)


def kill_many(project: Project, kills: int, what: str, seed: int) -> Outcomes:
    """Kill `edit`, `undo` or the command that settles a killed edit, so many times, and look after each.

    A third of the kills is spread over the whole life of the process, a third over the time in which it writes,
    a third over that in which the files take their places.
    """
    chance = random.Random(seed)
    found = Outcomes()
    project.measure()
    for number in range(kills):
        reset(project)
        if what == "undo":
            project.run("edit", "--check=off", stdin=project.patch)
        elif what == "settle":
            kill(project, "edit", 2, chance)
        late = kill(project, what, number % 3, chance)
        found.kills += 1
        found.too_late += late
        before = project.tree()
        ours = [name for name in before if ".ipy_llm" in name]
        found.left += bool(ours)
        found.halves += {name: before[name] for name in before if name not in ours} not in (
            project.old,
            project.new,
        )
        reply = project.run(*NEXT[number % len(NEXT)])
        told = [line.partition("; ")[2] for line in reply.splitlines() if " was cut short; " in line]
        found.said[told[0] if told else "nothing"] += 1
        after = project.tree()
        found.old += after == project.old
        found.new += after == project.new
        if after not in (project.old, project.new):
            names = {
                name
                for name in after.keys() | project.old.keys()
                if after.get(name) not in (project.old.get(name), project.new.get(name))
            }
            found.wrong.append(f"kill {number}: {len(names)} files are neither, {reply}")
        if after == project.old and os.path.exists(project.root / "new"):
            found.wrong.append(f"kill {number}: a folder made for a new file is there")
    return found


def kill(project: Project, what: str, phase: int, chance: random.Random) -> bool:
    """Start a command and kill it in its life (0), its writing (1) or its renaming (2); say whether it was done."""
    words = {"undo": ["undo"], "edit": ["edit", "--check=off"], "settle": ["show", "m0.py"]}[what]
    with project.start(*words, stdin=project.patch if what == "edit" else None) as process:
        if what == "settle":
            time.sleep(chance.uniform(0, project.starts + project.writes))
        elif phase == 0:
            time.sleep(chance.uniform(0, project.whole * 1.05))
        elif phase == 1:
            project.wait(process, project.pending.exists)
            time.sleep(chance.uniform(0, project.writes))
        else:
            project.wait(process, project.placing(new=what == "edit"))
            time.sleep(chance.uniform(0, project.places))
        late = process.poll() is not None
        process.kill()
    return late


def reset(project: Project) -> None:
    """Put the old files and an empty journal in place."""
    if project.tree() == project.old and not project.pending.exists():
        return
    shutil.rmtree(project.root)
    shutil.rmtree(project.environment["IPY_LLM_CACHE"], ignore_errors=True)
    for name, data in project.old.items():
        file = project.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
