"""Replace every function and class of a folder by its own text at column 0: is the file as it was?

    python tests/benchmarks/identity.py [FOLDER]      (default: the standard library, without site-packages)

A model that retypes a method writes it at column 0: every line is moved left by the method's indentation,
lines inside strings too, as far as each has blanks. Prints the chunks tried and lists the differences.
"""

from __future__ import annotations

import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

from ipy_llm.errors import IpyLlmError
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.fit import fit_chunk
from ipy_llm.source.outline import outline
from ipy_llm.source.text import LINE_END, Source, decode


def at_column_0(text: str, indent: str) -> str:
    """Move every line left by `indent`, as far as it has blanks."""
    lines, ends = LINE_END.split(text), [*LINE_END.findall(text), ""]
    moved = []
    for line in lines:
        blanks = len(line) - len(line.lstrip(" \t"))
        moved.append(line[min(blanks, len(indent)) :])
    return "".join(line + end for line, end in zip(moved, ends, strict=True))


def differences(source: Source) -> Iterator[tuple[Outline, Chunk, str, str]]:
    """Yield every chunk tried with its text before and after; the last is empty where it was refused."""
    found = outline(source)
    for chunk in found.walk():
        if not chunk.is_definition:
            continue
        old = chunk.span.of(source.text)
        try:
            new = fit_chunk(at_column_0(old, chunk.indent), chunk, found).text
        except IpyLlmError as error:
            new = f"refused: {error}"
        yield found, chunk, old, new


def main(folder: str) -> None:
    """Try every file below a folder and print what differs."""
    root = Path(folder)
    files = chunks = wrong = skipped = 0
    began = time.perf_counter()
    for path in sorted(root.rglob("*.py")):
        if "site-packages" in path.parts or "lib2to3" in path.parts and "data" in path.parts:
            continue
        try:
            source = decode(path.read_bytes())
        except IpyLlmError:
            skipped += 1
            continue
        files += 1
        for found, chunk, old, new in differences(source):
            chunks += 1
            if old != new:
                wrong += 1
                print(f"{path.relative_to(root)}:{found.lines(chunk.span)[0]} {chunk.name}")
                for before, after in zip(LINE_END.split(old), LINE_END.split(new), strict=False):
                    if before != after:
                        print(f"    - {before[:100]!r}\n    + {after[:100]!r}")
                        break
    print(f"{chunks} chunks of {files} files ({skipped} not decodable): {wrong} differ; {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else sysconfig.get_path("stdlib"))
