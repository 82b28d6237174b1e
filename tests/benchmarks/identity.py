"""Replace every piece of code of a folder by its own text at column 0: is the file as it was?

    python tests/benchmarks/identity.py [FOLDER] [--every N]    (default: the standard library, N = 40)

A model that retypes a method writes it at column 0: every line is moved left by the method's indentation,
lines inside strings too, as far as each has blanks. Beside one definition in N a function is inserted and
deleted again, both through the gate. Prints what was tried and lists the differences.
"""

from __future__ import annotations

import argparse
import sysconfig
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ipy_llm.errors import IpyLlmError
from ipy_llm.source.address import parse_header
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.edits import apply, edit_of
from ipy_llm.source.fit import fit_chunk
from ipy_llm.source.outline import outline
from ipy_llm.source.resolve import label
from ipy_llm.source.text import LINE_END, Source, decode

INSERTED = "def inserted_and_deleted(a):\n    return a\n"


def at_column_0(text: str, indent: str) -> str:
    """Move every line left by `indent`, as far as it has blanks."""
    lines, ends = LINE_END.split(text), [*LINE_END.findall(text), ""]
    moved = []
    for line in lines:
        blanks = len(line) - len(line.lstrip(" \t"))
        moved.append(line[min(blanks, len(indent)) :])
    return "".join(line + end for line, end in zip(moved, ends, strict=True))


def replaced(found: Outline) -> Iterator[tuple[str, Chunk, str, str]]:
    """Yield every chunk replaced by itself: what it is, and its text before and after."""
    for chunk in found.walk():
        old = chunk.span.of(found.source.text)
        sent = old if chunk.inline else at_column_0(old, chunk.indent)
        try:
            new = fit_chunk(sent, chunk, found).text
        except IpyLlmError as error:
            new = f"refused: {error}"
        yield "definition" if chunk.is_definition else "assignment", chunk, old, new


def inserted_and_deleted(found: Outline, every: int) -> Iterator[tuple[str, Chunk, str, str]]:
    """Yield one definition in `every` with the document before, and after an insertion beside it was deleted."""
    definitions = [chunk for chunk in found.walk() if chunk.is_definition]
    for number, chunk in enumerate(definitions[every // 2 :: every]):
        where = ("after", "before")[number % 2]
        owner = chunk.name.rpartition(".")[0]
        old = found.source.text
        try:
            there = apply(
                [edit_of(parse_header(f"{where} f::{label(chunk, found)}"), INSERTED)], found, "f"
            ).outline
            name = f"{owner}.inserted_and_deleted".lstrip(".")
            new = apply([edit_of(parse_header(f"delete f::{name}"), "")], there, "f").outline.source.text
        except IpyLlmError as error:
            new = f"refused: {error}"
        yield f"insert {where} and delete", chunk, old, new


def trials(source: Source, every: int) -> Iterator[tuple[str, Chunk, str, str]]:
    """Yield all that is tried on a document."""
    found = outline(source)
    yield from replaced(found)
    yield from inserted_and_deleted(found, every)


def main() -> None:
    """Try every file below a folder and print what differs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", default=sysconfig.get_path("stdlib"))
    parser.add_argument("--every", type=int, default=40)
    options = parser.parse_args()
    root = Path(options.folder)
    files = skipped = 0
    tried: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    began = time.perf_counter()
    for path in sorted(root.rglob("*.py")):
        if "site-packages" in path.parts or ("lib2to3" in path.parts and "data" in path.parts):
            continue
        try:
            source = decode(path.read_bytes())
        except IpyLlmError:
            skipped += 1
            continue
        files += 1
        for kind, chunk, old, new in trials(source, options.every):
            tried[kind] += 1
            if old != new:
                wrong[kind] += 1
                line = source.text.count("\n", 0, chunk.span.start) + 1
                print(f"{path.relative_to(root)}:{line} {chunk.name}: {kind}")
                for before, after in zip(LINE_END.split(old), LINE_END.split(new), strict=False):
                    if before != after:
                        print(f"    - {before[:100]!r}\n    + {after[:100]!r}")
                        break
    for kind, count in tried.items():
        print(f"{kind}: {count} tried, {wrong[kind]} differ")
    print(f"{files} files, {skipped} not decodable; {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
