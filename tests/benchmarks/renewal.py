"""Is the outline that is renewed after an edit the one of the whole document?

    python tests/benchmarks/renewal.py OLD NEW       hunks between two releases, each alone and all of a file at once
    python tests/benchmarks/renewal.py [SECONDS]     random cuts in files of the standard library (default: 60)

Prints how many edits renewed the outline, how many were left to be outlined as a whole, and every one that
differs: there must be none.
"""

from __future__ import annotations

import difflib
import random
import sys
import sysconfig
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from ipy_llm.errors import IpyLlmError
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.structure.renew import Cut, renew
from ipy_llm.source.text import Span, decode, line_starts, splice

PIECES = [
    "# c\n", "#\n", "    # c\n", "def g(): pass\n", "    def g(self): pass\n", "\n", "\n\n", "x = 1\n", "    x = 1\n",
    "        y = 2\n", "@d\n", "    @d\n", "\\\n", "'''", "# ----\n", "# section: a\n", "# endsection\n", "else:\n",
    "    else:\n", "        pass\n", "return\n", "(", ")", "\f", "\r", "\t", "    ", ";", "#", "class A:\n", "if x:\n",
    "async def f():\n    pass\n", "            # deep\n", "'''\n# x'''\n", "\n\\\n", "", "        ",
]  # fmt: skip


def read(path: Path) -> Outline | None:
    """Return the outline of a file, None where it has none."""
    try:
        found = outline(decode(path.read_bytes()))
    except (OSError, IpyLlmError):
        return None
    return found if found.error is None else None


def real(old: Path, new: Path) -> Iterator[tuple[str, Outline, Sequence[Cut]]]:
    """Yield the edits that lead from one release to the next: hunk by hunk, and all of a file at once."""
    for path in sorted(new.rglob("*.py")):
        name = str(path.relative_to(new))
        before, after = read(old / name), read(path)
        if before is None or after is None or before.source.text == after.source.text:
            continue
        texts = before.source.text, after.source.text
        ours, theirs = (text.splitlines(keepends=True) for text in texts)
        starts = [*line_starts(texts[0]), len(texts[0])]
        cuts = [
            (Span(starts[first], starts[last]), "".join(theirs[begin:end]))
            for kind, first, last, begin, end in difflib.SequenceMatcher(None, ours, theirs).get_opcodes()
            if kind != "equal" and len(ours) == len(starts) - 2
        ]
        for cut in cuts:
            yield name, before, [_narrow(cut, texts[0])]
        yield name, before, [_narrow(cut, texts[0]) for cut in cuts]


def _narrow(cut: Cut, text: str) -> Cut:
    """Leave the last line end out where both sides have one, as edits of lines do."""
    span, new = cut
    both = span.of(text).endswith("\n") and new.endswith("\n")
    return (Span(span.start, span.end - 1), new[:-1]) if both else cut


def invented(seconds: float, chance: random.Random) -> Iterator[tuple[str, Outline, Sequence[Cut]]]:
    """Yield random cuts in and around chunks of the standard library, most of which break something."""
    paths = sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py"))
    chance.shuffle(paths)
    end = time.monotonic() + seconds
    for path in paths:
        if time.monotonic() > end:
            return
        before = read(path)
        if before is None or not before.chunks or len(before.source.text) > 120_000:
            continue
        chunks = list(before.walk())
        for _ in range(12):
            chosen = chance.sample(chunks, min(len(chunks), chance.choice([1, 1, 1, 2, 3])))
            cuts: list[Cut] = []
            for chunk in sorted(chosen, key=lambda one: one.span.start):
                cut = invent(chunk, chunks, before, chance)
                if not cuts or cuts[-1][0].end <= cut[0].start:
                    cuts.append(cut)
            yield path.name, before, cuts


def invent(chunk: Chunk, chunks: Sequence[Chunk], before: Outline, chance: random.Random) -> Cut:
    """Return one random cut in a chunk or at its edges."""
    start, end, piece = chunk.span.start, chunk.span.end, chance.choice(PIECES)
    lines = [at for at in before.starts if start <= at <= end] or [start]
    match chance.choice(["replace", "line", "lines", "insert", "anywhere", "above", "below"]):
        case "replace":
            return chunk.span, chance.choice(chunks).span.of(before.source.text)
        case "line":
            at = chance.choice(lines)
            return Span(at, min(end, before.end_of_line(before.line_of(at)))), piece.rstrip("\n")
        case "lines":
            first, last = sorted(chance.choices(lines, k=2))
            return Span(first, last), chance.choice(["", piece])
        case "insert":
            at = chance.choice(lines)
            return Span(at, at), piece
        case "above":
            return Span(start, start), piece
        case "below":
            return Span(end, end), chance.choice(["", "\n", "\n\n"]) + piece.rstrip("\n")
        case _:
            at = chance.randint(start, end)
            return Span(at, min(end, at + chance.choice([0, 0, 1, 5, 40]))), piece


def main(words: Sequence[str]) -> None:
    """Try every edit and print what came of it."""
    warnings.simplefilter("ignore")
    edits = (
        real(Path(words[0]), Path(words[1]))
        if len(words) == 2
        else invented(float(words[0]) if words else 60, random.Random(0))
    )
    tally: Counter[str] = Counter()
    for name, before, cuts in edits:
        after = before.source.with_text(splice(before.source.text, cuts))
        whole, found = outline(after), renew(before, cuts, after)
        if found is not None and found != whole:
            tally["differs"] += 1
            print(name, [(before.lines(span), span.of(before.source.text), new) for span, new in cuts])
        else:
            result = "renewed" if found else "left to the whole"
            tally[f"{result}, {'no longer parses' if whole.error else 'parses'}"] += 1
    tally["differs"] += 0
    for result, count in sorted(tally.items()):
        print(f"{result}: {count}")


if __name__ == "__main__":
    main(sys.argv[1:])
