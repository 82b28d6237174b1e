"""What one change costs a model in all: told, shown, sent and answered, beside read, `str_replace` and answered.

    python tests/benchmarks/in_all.py [COUNT] [--seed N]                (default: 200 hunks, seed 0)

Hunks are drawn from the files that `replay.py` replays; each alone is planned, shown and edited on a copy of its
file, which must then hold just that change. Of ours are counted the prompt (`ipy-llm prompt`) over the edits of a
session of 20, `show` of the chunk the hunk stands in and its reply, the patch, and its reply. A hunk outside of any
definition, or in one of more than 100 lines, is shown with ten lines on either side. Of `str_replace` the call with the shortest unique old text, and the
reply as its published tool gives it, four lines on either side numbered. It reads either the whole file, or, as one
who knew where to look, just the lines that we show and ten on either side; its own prompt is counted as nothing.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from formats import Changed, Hunk, around, text_of
from replay import CACHE, PAIRS, read

from ipy_llm.operations.edit import edit
from ipy_llm.operations.look import show
from ipy_llm.operations.prompt import PROMPT
from ipy_llm.source.chunks import Chunk
from ipy_llm.source.planning.plan import plan
from ipy_llm.source.structure.resolve import label
from ipy_llm.source.text import LINE_END, decode
from ipy_llm.workspace.project import Workspace

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from vocabulary import o200k
from wheels import fetch_wheel, python_files

SESSION = 20  # edits for which the prompt is told once
AROUND = 10
LONGEST = 100  # lines of a definition that is read whole
OURS, WINDOW, WHOLE = "ipy_llm", "str_replace, reads the lines", "str_replace, reads the file"
STEPS = ("told", "read", "sent", "answered")


@dataclass(frozen=True, slots=True)
class One:
    """A change by itself: the file before and after, and the old lines that became new ones."""

    changed: Changed
    hunk: Hunk
    before: bytes
    after: bytes


def drawn(count: int, seed: int) -> Iterator[One]:
    """Yield changes drawn from all hunks of the replayed releases, each alone."""
    every = []
    for pair in PAIRS.split():
        name, start, end = pair.split(":")
        old, new = (python_files(fetch_wheel(name, version, CACHE)) for version in (start, end))
        for path in sorted(set(old) & set(new)):
            if old[path] != new[path]:
                changed = read(path, old[path], new[path])
                every += [(changed, hunk, old[path]) for hunk in changed.hunks]
    chance = random.Random(seed)
    chance.shuffle(every)
    for changed, hunk, data in every:
        alone = one(changed, hunk, data)
        if alone is not None and count:
            count -= 1
            yield alone


def one(changed: Changed, hunk: Hunk, data: bytes) -> One | None:
    """Return the change of one hunk by itself; None where the file is no Python then."""
    source = decode(data)
    newline = (LINE_END.findall(source.text) or ["\n"])[0]
    lines = [*changed.old[: hunk.a], *changed.new[hunk.c : hunk.d], *changed.old[hunk.b :]]
    text = newline.join(lines)
    try:
        compile(text, "<one>", "exec", dont_inherit=True)
    except SyntaxError:
        return None
    return One(changed, hunk, data, text.encode(source.encoding))


def chunk_of(each: One) -> Chunk | None:
    """Return the innermost definition a hunk stands in, if it is of a length that is read whole."""
    chunks = around(each.hunk, each.changed.before)
    first, last = each.changed.before.lines(chunks[-1].span) if chunks else (0, LONGEST)
    return chunks[-1] if last - first < LONGEST else None


def ours(each: One) -> dict[str, str]:
    """Return what a model reads and writes with ipy_llm, by step; the file must hold just the change after it."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        path = root / each.changed.path
        path.parent.mkdir(parents=True)
        path.write_bytes(each.before)
        workspace = Workspace(root, root)
        chunk = chunk_of(each)
        if chunk is not None:
            asked = f"{each.changed.path}::{label(chunk, each.changed.before)}"
        else:
            first = max(each.hunk.a + 1 - AROUND, 1)
            asked = f"{each.changed.path}:{first}-{max(each.hunk.b, each.hunk.a + 1) + AROUND}"
        shown = str(show(workspace, asked))
        made = plan(each.changed.before, decode(each.after), each.changed.path)
        reply = str(edit(workspace, "", made.text, check="off", allow_removal=made.removal))
        assert path.read_bytes() == each.after, each.changed.path
    return {"read": f"%llm show {asked}\n{shown}", "sent": f"%%edit\n{made.text}", "answered": reply}


def theirs(each: One, *, whole: bool) -> dict[str, str]:
    """Return what a model reads and writes with `str_replace`, by step."""
    old, hunk, path = each.changed.old, each.hunk, f"/repo/{each.changed.path}"
    chunk = chunk_of(each)
    first, last = each.changed.before.lines(chunk.span) if chunk else (hunk.a + 1, max(hunk.b, hunk.a + 1))
    window = range(len(old)) if whole else range(max(first - 1 - AROUND, 0), min(last + AROUND, len(old)))
    view = {"command": "view", "path": path}
    if not whole:
        view["view_range"] = [window.start + 1, window.stop]
    start, end = unique(each)
    new = [*old[start : hunk.a], *each.changed.new[hunk.c : hunk.d], *old[hunk.b : end]]
    call = {
        "command": "str_replace",
        "path": path,
        "old_str": "\n".join(old[start:end]),
        "new_str": "\n".join(new),
    }
    after = [*old[:start], *new, *old[end:]]
    snippet = range(max(start - 4, 0), min(start + len(new) + 4, len(after)))
    answer = (
        f"The file {path} has been edited. Here's the result of running `cat -n` on a snippet of {path}:\n"
        f"{numbered(after, snippet)}Review the changes and make sure they are as expected (correct indentation, "
        "no duplicate lines, etc). Edit the file again if necessary."
    )
    return {"read": json.dumps(view) + numbered(old, window), "sent": json.dumps(call), "answered": answer}


def unique(each: One) -> tuple[int, int]:
    """Return the fewest old lines around a hunk that stand once in the file."""
    text = "\n" + text_of(each.changed.old)
    start, end = each.hunk.a, each.hunk.b
    while start == end or text.count("\n" + text_of(each.changed.old[start:end])) != 1:
        if end < len(each.changed.old) and (end - each.hunk.b <= each.hunk.a - start or not start):
            end += 1
        else:
            start -= 1
    return start, end


def numbered(lines: list[str], numbers: range) -> str:
    return "".join(f"{number + 1:6}\t{lines[number]}\n" for number in numbers)


def counted(each: One, count: Callable[[str], int]) -> dict[str, Counter[str]]:
    """Return the tokens of one change, by way and step."""
    ways = {OURS: ours(each), WINDOW: theirs(each, whole=False), WHOLE: theirs(each, whole=True)}
    found = {way: Counter({step: count(text) for step, text in steps.items()}) for way, steps in ways.items()}
    found[OURS]["told"] = round(count(PROMPT) / SESSION)
    return found


def main() -> None:
    """Print the tokens at the mean, and the ratio in all at the median."""
    parser = argparse.ArgumentParser()
    parser.add_argument("count", nargs="?", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    count = o200k(CACHE)
    every = [counted(each, count) for each in drawn(options.count, options.seed)]
    print(
        f"| tokens a change, mean of {len(every)} | {' | '.join(STEPS)} | in all | median of the ratio to ours |"
    )
    print("|---|" + "---|" * (len(STEPS) + 2))
    for way in (OURS, WINDOW, WHOLE):
        means = [statistics.mean(found[way][step] for found in every) for step in STEPS]
        ratio = statistics.median(found[way].total() / found[OURS].total() for found in every)
        cells = [f"{mean:.0f}" for mean in (*means, sum(means))]
        print(f"| {way} | {' | '.join(cells)} | {ratio:.2f} |")
    dearer = sum(found[OURS].total() > found[WINDOW].total() for found in every)
    more = sum(found[OURS]["sent"] > found[WINDOW]["sent"] for found in every)
    print(
        f"\nof {len(every)} ours is dearer in all than reading just the lines in {dearer}, sent alone in {more}"
    )


if __name__ == "__main__":
    main()
