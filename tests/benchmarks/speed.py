"""How long an edit takes, as a multiple of `ast.parse` of the file, in CPU time; and a cold command.

    python tests/benchmarks/speed.py [ROUNDS]        (needs the `benchmarks` group)

Every round runs each way once, each with an `ast.parse` of the same text just before it; the ratios are
taken pair by pair, and their medians printed. The file is the standard library's turtle.py, the edit the
replacement of one method by another text, written to disk. Cold commands are compared with
`python -c "import libcst"` in the same manner.
"""

from __future__ import annotations

import ast
import os
import resource
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from peers import Rope

from ipy_llm.errors import IpyLlmError
from ipy_llm.operations.edit import edit
from ipy_llm.operations.look import show
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.text import Source, decode
from ipy_llm.workspace.project import Workspace

STDLIB = Path(sysconfig.get_path("stdlib"))
OWNER, METHOD, LOCAL, OTHER = "TNavigator", "towards", "result", "angle"
FILES = 200


def cpu(action: Callable[[], object]) -> float:
    """Return the seconds of CPU time that an action takes."""
    began = time.process_time()
    action()
    return time.process_time() - began


class Turtle:
    """A copy of turtle.py, and the ways to replace one method of it; each call brings the other of two texts."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "turtle.py"
        self.text = (STDLIB / "turtle.py").read_text()
        self.path.write_text(self.text)
        (folder / "pyproject.toml").write_text("")
        self.workspace = Workspace.open(None, folder)
        self.address = f"turtle.py::{OWNER}.{METHOD}"
        tree = ast.parse(self.text)
        owner = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == OWNER)
        node = next(node for node in owner.body if isinstance(node, ast.FunctionDef) and node.name == METHOD)
        lines = self.text.split("\n")[node.lineno - 1 : node.end_lineno]
        self.line, self.offset = node.lineno, self.text.index(LOCAL, self.text.index("\n".join(lines)))
        self.texts = ["\n".join(lines), "\n".join(lines).replace(LOCAL, OTHER)]
        self.names = [LOCAL, OTHER]
        self.fresh = 0
        self.swap: Callable[[Path, int, str], None] | None = None
        self.project: Rope | None = None

    def turn(self) -> None:
        """Make the text that stands the one to be replaced."""
        self.texts.reverse()
        self.names.reverse()

    def idle(self) -> None:
        """Do nothing."""

    def outline(self) -> None:
        outline(Source(self.text))

    def show(self) -> None:
        show(self.workspace, self.address)

    def unknown(self) -> None:
        """Change the end of the file, as another program would: no text of it was seen before."""
        self.fresh += 1
        self.path.write_text(
            f"{self.path.read_text().partition('# fresh')[0].rstrip()}\n# fresh {self.fresh}\n"
        )

    def edit(self) -> None:
        edit(self.workspace, self.address, self.texts[1], check="off")

    def load(self) -> None:
        """Import the peers, and let rope read its project."""
        from peers import Rope, swap  # only in the processes that measure them

        self.swap = self.swap or swap
        self.project = self.project or Rope(self.path, self.offset)

    def rope(self) -> None:
        assert self.project is not None
        self.project.rename(self.names[1])

    def libcst(self) -> None:
        assert self.swap is not None
        self.swap(self.path, self.line, self.texts[1])

    def text_replaced(self) -> None:
        self.path.write_text(self.replaced())

    def text_compiled(self) -> None:
        text = self.replaced()
        compile(text, "turtle.py", "exec", dont_inherit=True)
        self.path.write_text(text)

    def replaced(self) -> str:
        text = self.path.read_text()
        if text.count(self.texts[0]) != 1:
            raise ValueError
        return text.replace(self.texts[0], self.texts[1])


WAYS: dict[str, tuple[Callable[[Turtle], object], Callable[[Turtle], object], int]] = {
    # what comes before it untimed, what is timed, and one of how many rounds runs it
    "outline": (Turtle.idle, Turtle.outline, 1),
    "edit of a method just shown: gate, new outline, write": (Turtle.show, Turtle.edit, 1),
    "edit of a method not shown before": (Turtle.unknown, Turtle.edit, 1),
    "str_replace on text": (Turtle.idle, Turtle.text_replaced, 1),
    "str_replace on text, compiled before the write": (Turtle.idle, Turtle.text_compiled, 1),
    "libcst transformer with positions": (Turtle.load, Turtle.libcst, 5),
    "rope: rename of a local in this file": (Turtle.load, Turtle.rope, 1),
}


def measure(name: str, rounds: int) -> None:
    """Print what one way costs."""
    before, action, every = WAYS[name]
    ratios: list[float] = []
    spent: list[float] = []
    with playground() as turtle:
        for number in range(1 + max(3, rounds // every)):
            before(turtle)
            parse, own = cpu(partial(ast.parse, turtle.text)), cpu(partial(action, turtle))
            if action is not Turtle.outline:
                _check(turtle)
            if number:  # the first is to warm up
                ratios.append(own / parse)
                spent.append(own)
    low, middle, high = statistics.quantiles(ratios, n=4)
    print(
        f"{name}: {middle:.2f} (quartiles {low:.2f}-{high:.2f}),"
        f" {1000 * statistics.median(spent):.1f} ms, {len(ratios)} pairs"
    )


def _check(turtle: Turtle) -> None:
    """See that the edit is there, and turn to the way back."""
    stands = turtle.path.read_text()
    assert stands.count(turtle.texts[1]) == 1
    assert turtle.texts[0] not in stands
    turtle.turn()


def outlines(count: int) -> None:
    """Print the outline's cost over files of the standard library, spread over all that parse."""
    warnings.simplefilter("ignore")
    paths = [path for path in sorted(STDLIB.rglob("*.py")) if "site-packages" not in path.parts]
    chosen = []
    for path in paths[:: max(1, len(paths) // count)]:
        try:
            source = decode(path.read_bytes())
            ast.parse(source.text)
        except (IpyLlmError, SyntaxError, ValueError):
            continue
        chosen.append(source)
    parse: list[float] = []
    own: list[float] = []
    for source in chosen:
        parsing, outlining = partial(ast.parse, source.text), partial(outline, source)
        pairs = [(cpu(parsing), cpu(outlining)) for _ in range(5)]
        parse.append(statistics.median(pair[0] for pair in pairs))
        own.append(statistics.median(pair[1] for pair in pairs))
    ratios = [ours / theirs for ours, theirs in zip(own, parse, strict=True)]
    print(
        f"outline of {len(chosen)} files of the standard library: {sum(own) / sum(parse):.2f} in all,"
        f" {statistics.median(ratios):.2f} at the median file, {statistics.quantiles(ratios, n=10)[-1]:.2f} at the 9th decile"
    )


def cold(rounds: int) -> None:
    """Print what a process costs that edits or shows, against one that imports libcst."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has compiled files
    program = str(Path(sys.executable).parent / "ipy-llm")
    with playground() as turtle:
        folder = turtle.path.parent
        small = folder / "cart.py"
        small.write_text("class Cart:\n    def total(self):\n        return 1\n")
        commands = {
            "cold `ipy-llm edit --check=off` of a small file": lambda number: (
                [program, "edit", "--check=off", "cart.py::Cart.total"], f"def total(self):\n    return {number}\n"
            ),
            "cold `ipy-llm edit --check=off` of turtle.py": lambda number: (
                [program, "edit", "--check=off", turtle.address], turtle.texts[number % 2]
            ),
            "cold `ipy-llm show`": lambda _: ([program, "show", "cart.py::Cart.total"], ""),
            "`python -c pass`": lambda _: ([sys.executable, "-c", "pass"], ""),
        }  # fmt: skip
        for name, command in commands.items():
            pairs = []
            for number in range(rounds + 1):
                theirs = child([sys.executable, "-c", "import libcst"], "", folder)
                ours = child(*command(number), folder)
                pairs.append((ours, theirs))
            ratio = statistics.median(ours / theirs for ours, theirs in pairs[1:])
            ours, theirs = (1000 * statistics.median(column) for column in zip(*pairs[1:], strict=True))
            print(
                f'{name}: {ratio:.2f} of `python -c "import libcst"` ({ours:.0f} ms, {theirs:.0f} ms), {rounds} pairs'
            )


def child(command: list[str], stdin: str, folder: Path) -> float:
    """Return the seconds of CPU time of a process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, input=stdin.encode())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@contextmanager
def playground() -> Iterator[Turtle]:
    """Yield a project of its own, its journal beside it, and take both away."""
    folder = Path(tempfile.mkdtemp())
    os.environ["IPY_LLM_CACHE"] = str(folder / "cache")
    project = folder / "project"
    project.mkdir()
    try:
        yield Turtle(project)
    finally:
        shutil.rmtree(folder)


def main(rounds: int) -> None:
    """Print every figure."""
    print(f"Python {sys.version.split()[0]}", flush=True)
    for part in (*WAYS, "outlines", "cold"):
        # Each in a process of its own: none pays for what another left in memory.
        subprocess.run([sys.executable, __file__, str(rounds), part], check=True)


if __name__ == "__main__":
    words = sys.argv[1:]
    count = int(words[0]) if words else 30
    match words[1:]:
        case ["outlines"]:
            outlines(FILES)
        case ["cold"]:
            cold(max(3, count // 2))
        case [way]:
            measure(way, count)
        case _:
            main(count)
