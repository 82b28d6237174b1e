"""Cut code out of real definitions, put a comment in its place: does the merge give the definition back?

    python tests/benchmarks/elision.py [FOLDER] [COUNT]      (default: the standard library, 2000 of each)

From functions a run of statements is cut, at any depth; from classes some of the members. Prints how many
came back exactly, were refused, or came back otherwise - which must be none that is not listed with its reason.
"""

from __future__ import annotations

import ast
import random
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from ipy_llm.errors import IpyLlmError
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.fitting.merge import fit_replacement
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.text import decode, unify

COMMENTS = (
    "# ...",
    "# ... existing code ...",
    "# ... (same as above)",
    "# rest unchanged ...",
    "# ... unchanged",
)


def suites(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yield the suites in a function, nested definitions apart."""
    for name in ("body", "orelse", "finalbody"):
        suite = getattr(node, name, None)
        if isinstance(suite, list) and suite and isinstance(suite[0], ast.stmt):
            yield suite
            for child in suite:
                if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    yield from suites(child)


def first_line(node: ast.stmt) -> int:
    return min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])


def cut(chunk: Chunk, found: Outline, chance: random.Random) -> str | None:
    """Return the chunk's text with code left out, or None where there is too little of it."""
    lines = unify(chunk.span.of(found.source.text)).split("\n")
    shift = int(bool(chunk.indent))
    try:
        tree = ast.parse(("if 1:\n" if shift else "") + "\n".join(lines)).body[0]
    except SyntaxError:
        return None
    node = tree.body[0] if shift else tree  # type: ignore[attr-defined]
    comment = chance.choice(COMMENTS)
    choices = [node.body] if chunk.kind == "class" else list(suites(node))
    choices = [suite for suite in choices if len(suite) >= (3 if chunk.kind == "class" else 4)]
    if not choices:
        return None
    suite = chance.choice(choices)
    start = chance.randrange(0, len(suite) - 1)
    if suite[start].lineno == node.lineno:
        return None
    end = chance.randrange(start + 1, len(suite) + (start > 0))
    first, last = first_line(suite[start]) - 1 - shift, suite[end - 1].end_lineno - shift
    if start:
        first = suite[start - 1].end_lineno - shift
    indent = lines[first_line(suite[start]) - 1 - shift]
    indent = indent[: len(indent) - len(indent.lstrip())]
    return "\n".join([*lines[:first], indent + comment, *lines[last:]])


def main(folder: str, count: int) -> None:
    """Try `count` functions and classes each."""
    chance = random.Random(7)
    paths = [path for path in Path(folder).rglob("*.py") if "site-packages" not in path.parts]
    chance.shuffle(paths)
    tally = {kind: {"exact": 0, "refused": 0, "otherwise": 0} for kind in ("function", "class")}
    for path in paths:
        try:
            found = outline(decode(path.read_bytes()))
        except IpyLlmError:
            continue
        for chunk in found.walk():
            kind = chunk.kind
            if kind not in tally or sum(tally[kind].values()) >= count or chunk.inline:
                continue
            sent = cut(chunk, found, chance)
            if sent is None:
                continue
            old = chunk.span.of(found.source.text)
            try:
                new = fit_replacement(sent, chunk, found, str(path), rename=False).text
            except IpyLlmError:
                tally[kind]["refused"] += 1
                continue
            tally[kind]["exact" if new == old else "otherwise"] += 1
            if new != old:
                print(f"--- {path}:{found.lines(chunk.span)[0]} {chunk.name}")
                for before, after in zip(unify(old).split("\n"), unify(new).split("\n"), strict=False):
                    if before != after:
                        print(f"    - {before[:100]!r}\n    + {after[:100]!r}")
                        break
    for kind, outcomes in tally.items():
        print(kind, ", ".join(f"{number} {outcome}" for outcome, number in outcomes.items()))


if __name__ == "__main__":
    main(
        sys.argv[1] if len(sys.argv) > 1 else sysconfig.get_path("stdlib"),
        int(sys.argv[2]) if len(sys.argv) > 2 else 2000,
    )
