"""Replace every piece of code of a folder by its own text: is the file as it was?

    python tests/benchmarks/identity.py [FOLDER ...] [--every N]
                                            (default: the standard library and four installed packages, N = 40)

Every chunk is sent as it stands, at column 0 as a model retypes it (every line moved left by the chunk's
indentation, lines inside strings too, as far as each has blanks), one step deeper than it stands, and at column
0 with line feeds to the same file with CRLF. Beside one definition in N a function is inserted and deleted
again; its body is changed and changed back by a second edit, and by undo on a real file, all through the gate.
Prints what was tried and lists the differences.
"""

from __future__ import annotations

import argparse
import os
import sysconfig
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from ipy_llm.errors import IpyLlmError
from ipy_llm.operations.edit import edit, undo
from ipy_llm.source.address import parse_header
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.editing.apply import apply
from ipy_llm.source.editing.edits import edit_of
from ipy_llm.source.fitting.fit import fit_chunk
from ipy_llm.source.sent.slips import understand
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.structure.resolve import label
from ipy_llm.source.structure.signature import header_end
from ipy_llm.source.text import LINE_END, Source, decode, newline_of, unify
from ipy_llm.workspace.project import Workspace

PACKAGES = ("libcst", "jedi", "IPython", "hypothesis")
INSERTED = "def inserted_and_deleted(a):\n    return a\n"


def at_column_0(text: str, indent: str) -> str:
    """Move every line left by `indent`, as far as it has blanks."""
    lines, ends = LINE_END.split(text), [*LINE_END.findall(text), ""]
    moved = []
    for line in lines:
        blanks = len(line) - len(line.lstrip(" \t"))
        moved.append(line[min(blanks, len(indent)) :])
    return "".join(line + end for line, end in zip(moved, ends, strict=True))


def deeper(text: str) -> str:
    """Move every line that is not empty four blanks to the right, lines inside strings too."""
    lines, ends = LINE_END.split(text), [*LINE_END.findall(text), ""]
    return "".join(("    " + line if line else "") + end for line, end in zip(lines, ends, strict=True))


def fitted(sent: str, chunk: Chunk, found: Outline) -> str:
    """Return what a replacement comes to."""
    try:
        understood, _ = understand(sent, unify(chunk.span.of(found.source.text)))
        return fit_chunk(understood, chunk, found).text
    except IpyLlmError as error:
        return f"refused: {error}"


def replaced(found: Outline) -> Iterator[tuple[str, Chunk, str, str]]:
    """Yield every chunk replaced by itself: what it is, and its text before and after."""
    for chunk in found.walk():
        old = chunk.span.of(found.source.text)
        what = "definition" if chunk.is_definition else "assignment"
        yield f"{what} as it stands", chunk, old, fitted(old, chunk, found)
        if not chunk.inline:
            yield f"{what} at column 0", chunk, old, fitted(at_column_0(old, chunk.indent), chunk, found)
            yield f"{what} one step deeper", chunk, old, fitted(deeper(old), chunk, found)


def replaced_in_crlf(found: Outline) -> Iterator[tuple[str, Chunk, str, str]]:
    """Yield every chunk of the same document with CRLF, replaced by itself at column 0 with line feeds."""
    text = unify(found.source.text).replace("\n", "\r\n")
    for chunk in (crlf := outline(found.source.with_text(text))).walk():
        old = chunk.span.of(text)
        what = "definition" if chunk.is_definition else "assignment"
        sent = old if chunk.inline else at_column_0(old, chunk.indent)
        yield f"{what} at column 0 in CRLF", chunk, old, fitted(unify(sent), chunk, crlf)


def changed(chunk: Chunk, found: Outline) -> str | None:
    """Return a definition with another body, or None where that is on the header's line."""
    text = found.source.text
    if chunk.body_indent is None:
        return None
    header = text[chunk.span.start : header_end(text, chunk.code, chunk.span.end)]
    newline = newline_of(chunk.span.of(text), text)
    return f"{header}{newline}{chunk.body_indent}changed_and_changed_back = True"


def changed_and_changed_back(found: Outline, every: int, root: Path) -> Iterator[tuple[str, Chunk, str, str]]:
    """Yield one definition in `every`: its body changed, then its own text sent, or the edit undone."""
    workspace, path = Workspace(root, root), root / "changed.py"
    for chunk in [chunk for chunk in found.walk() if chunk.is_definition][every // 3 :: every]:
        other = changed(chunk, found)
        if other is None:
            continue
        old = found.source.text
        address = f"f::{label(chunk, found)}"
        kinds = ("changed and changed back", "changed and undone")
        try:
            there = apply([edit_of(parse_header(address), other)], found, "f", allow_removal=True).outline
        except IpyLlmError:  # as another body leaves a `nonlocal` without what it means
            continue
        try:
            own = chunk.span.of(old)
            back = apply([edit_of(parse_header(address), own)], there, "f", allow_removal=True).outline
            yield kinds[0], chunk, old, back.source.text
        except IpyLlmError as error:
            yield kinds[0], chunk, old, f"refused: {error}"
        try:
            path.write_text(old, "utf-8", newline="")
            written = path.read_bytes()
            edit(workspace, f"changed.py{address[1:]}", other, check="off", allow_removal=True)
            assert path.read_bytes() != written
            undo(workspace)
            yield kinds[1], chunk, repr(written), repr(path.read_bytes())
        except IpyLlmError as error:
            yield kinds[1], chunk, old, f"refused: {error}"


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


def trials(source: Source, every: int, root: Path) -> Iterator[tuple[str, Chunk, str, str]]:
    """Yield all that is tried on a document."""
    found = outline(source)
    yield from replaced(found)
    yield from replaced_in_crlf(found)
    yield from inserted_and_deleted(found, every)
    if source.encoding == "utf-8" and not source.bom and not found.source.text.isspace():
        yield from changed_and_changed_back(found, every, root)


def try_file(path: Path, every: int) -> tuple[Counter[str], list[tuple[str, str]]]:
    """Return how much of each kind was tried on a file, and what differs: its kind, and where and how."""
    tried: Counter[str] = Counter()
    wrong: list[tuple[str, str]] = []
    try:
        source = decode(path.read_bytes())
    except IpyLlmError:
        return tried, wrong
    with tempfile.TemporaryDirectory() as folder:
        os.environ["IPY_LLM_CACHE"] = f"{folder}/cache"
        for kind, chunk, old, new in trials(source, every, Path(folder).resolve()):
            tried[kind] += 1
            if old != new:
                line = source.text.count("\n", 0, chunk.span.start) + 1
                pairs = zip(LINE_END.split(old), LINE_END.split(new), strict=False)
                first = next(((was, now) for was, now in pairs if was != now), ("", "one is longer"))
                wrong.append(
                    (kind, f"{path}:{line} {chunk.name}\n    - {first[0][:100]!r}\n    + {first[1][:100]!r}")
                )
    return tried, wrong


def main() -> None:
    """Try every file below the folders and print what differs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--every", type=int, default=40)
    options = parser.parse_args()
    installed = Path(sysconfig.get_path("purelib"))
    folders = options.folders or [
        Path(sysconfig.get_path("stdlib")),
        *(installed / package for package in PACKAGES),
    ]
    for root in folders:
        began = time.perf_counter()
        files = [
            path
            for path in sorted(root.rglob("*.py"))
            if "site-packages" not in path.relative_to(root).parts
            and not ("lib2to3" in path.parts and "data" in path.parts)
        ]
        tried: Counter[str] = Counter()
        wrong: Counter[str] = Counter()
        with ProcessPoolExecutor() as pool:
            for counts, differing in pool.map(partial(try_file, every=options.every), files, chunksize=8):
                tried += counts
                wrong.update(kind for kind, _ in differing)
                for kind, how in differing:
                    print(f"{kind}: {how}")
        print(f"{root.name}: {len(files)} files, {time.perf_counter() - began:.0f} s")
        for kind, count in sorted(tried.items()):
            print(f"    {kind}: {count} tried, {wrong[kind]} differ")


if __name__ == "__main__":
    main()
