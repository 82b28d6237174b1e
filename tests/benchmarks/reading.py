"""What a model reads before it edits: the chunk as `show` prints it, and what others print of the same place.

    python tests/benchmarks/reading.py PYRIGHT_LANGSERVER [COUNT] [--seed N] [--worst N]

Changes are drawn from the files that `replay.py` replays. Of each, tokens by o200k_base of what is printed, the
question left out:

- `show` of the innermost function or class that holds it, with what it says of the surroundings and without;
- the file, and just the lines of the definition or of the change with ten on either side, as the published
  `view` tool numbers them;
- the symbol's body as Serena prints it (`find_symbol` with `include_body`): its JSON, with the ranges that
  pyright's language server gives; and with its overview of the file before that, which it recommends.

Changes outside any definition are shown as lines of the file. `--worst` prints those where ours is dearest beside
Serena's body.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from formats import around
from in_all import AROUND, One, drawn, numbered
from replay import CACHE

from ipy_llm.operations.look import show
from ipy_llm.source.structure.resolve import label
from ipy_llm.workspace.project import Workspace

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from pyright_server import Pyright
from vocabulary import o200k

SHOW, BARE = "`show`", "`show --no-around`"
FILE, LINES, CHANGE = (
    "`view` of the file",
    "`view` of its lines, ten around",
    "`view` of the changed lines, ten around",
)
PART = "`show FILE:N-M` of those"
BODY, OVERVIEW = "Serena, `find_symbol`", "Serena, `get_symbols_overview` first"
WHOLE = 1_000_000  # tokens: nothing is cut, here as there

# Of the language server protocol; those that pyright has for Python.
OUTSIDE = "outside"
KINDS = {2: "Module", 5: "Class", 6: "Method", 7: "Property", 12: "Function", 13: "Variable", 14: "Constant"}
DEFINED = {5, 6, 7, 12}

Read = dict[str, str]  # what is printed, by way


def symbol_of(
    symbols: Sequence[dict[str, Any]], line: int, path: str = ""
) -> tuple[str, dict[str, Any]] | None:
    """Return the symbol whose name stands in a line (0-based), with its name path."""
    for each, name in zip(symbols, names(symbols), strict=True):
        if each["kind"] in DEFINED and each["selectionRange"]["start"]["line"] == line:
            return f"{path}{name}", each
        found = symbol_of(each.get("children") or (), line, f"{path}{name}/")
        if found:
            return found
    return None


def names(symbols: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield the names of siblings; those that several have are told apart by a number."""
    every = [each["name"] for each in symbols]
    for number, name in enumerate(every):
        yield f"{name}[{every[:number].count(name)}]" if every.count(name) > 1 else name


def find_symbol(each: One, name: str, symbol: dict[str, Any]) -> str:
    """Return what Serena's tool of that name prints of a symbol with its body."""
    start, end = symbol["range"]["start"], symbol["range"]["end"]
    lines = [*each.changed.old, ""]
    body = "\n".join(lines[start["line"] : end["line"] + 1])[start["character"] :]
    body = body[: len(body) - len(lines[end["line"]]) + end["character"]]
    said = {
        "name_path": name,
        "kind": KINDS[symbol["kind"]],
        "relative_path": each.changed.path,
        "body_location": {"start_line": start["line"], "end_line": end["line"]},
        "body": body,
    }
    return json.dumps([said], ensure_ascii=False)


def overview(symbols: Sequence[dict[str, Any]]) -> str:
    """Return what Serena prints of a file's top level: names by kind."""
    kinds: dict[str, list[str]] = {}
    for each in symbols:
        kinds.setdefault(KINDS[each["kind"]], []).append(each["name"])
    return json.dumps(kinds, ensure_ascii=False)


def read(each: One, symbols: Sequence[dict[str, Any]], workspace: Workspace) -> tuple[str, str, Read]:
    """Return what the change is in, its address, and what is printed of it."""
    changed, hunk = each.changed, each.hunk
    lines = range(len(changed.old))
    here = lines[max(hunk.a - AROUND, 0) : max(hunk.b, hunk.a + 1) + AROUND]
    chunks = around(hunk, changed.before)
    found: Read = {FILE: numbered(changed.old, lines), CHANGE: numbered(changed.old, here)}
    part = f"{changed.path}:{here.start + 1}-{here.stop}"
    shown = str(show(workspace, part, tokens=WHOLE))
    if not chunks:
        return OUTSIDE, part, found | {SHOW: shown}
    found[PART] = shown
    chunk = chunks[-1]
    first, last = changed.before.lines(chunk.span)
    asked = f"{changed.path}::{label(chunk, changed.before)}"
    found[SHOW] = str(show(workspace, asked, tokens=WHOLE))
    found[BARE] = str(show(workspace, asked, tokens=WHOLE, around=False))
    found[LINES] = numbered(changed.old, lines[max(first - 1 - AROUND, 0) : last + AROUND])
    line = changed.before.line_of(chunk.code) - 1
    symbol = symbol_of(symbols, line)
    if symbol:
        found[BODY] = find_symbol(each, *symbol)
        found[OVERVIEW] = overview(symbols) + found[BODY]
    return chunk.kind, asked, found


def every(server: str, changes: Sequence[One], root: Path) -> Iterator[tuple[str, str, Read]]:
    """Yield what is read for each change; the files, as they were before, are laid out below `root`."""
    for each in changes:
        path = root / each.changed.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(each.before)
    peer = Pyright(server, root)
    for each in changes:
        yield read(each, peer.symbols(each.changed.path), Workspace(root, root))
    peer.close()


def table(found: Sequence[dict[str, int]]) -> Iterator[str]:
    """Yield a row a way: quartiles, the median ratio to `show`, and how often `show` is the dearer one."""
    yield "| printed | changes | tokens: first quartile, median, third | mean | median of the ratio to `show` | `show` dearer |"
    yield "|---|---|---|---|---|---|"
    for way in (SHOW, BARE, BODY, OVERVIEW, LINES, CHANGE, PART, FILE):
        both = [(each[way], each[SHOW]) for each in found if way in each]
        if len(both) < 2:
            continue
        tokens = [count for count, _ in both]
        quartiles = ", ".join(f"{cut:.0f}" for cut in statistics.quantiles(tokens, n=4))
        ratio = statistics.median(count / ours for count, ours in both)
        dearer = f"{sum(ours > count for count, ours in both)}" if way != SHOW else ""
        yield f"| {way} | {len(both)} | {quartiles} | {statistics.mean(tokens):.0f} | {ratio:.2f} | {dearer} |"


def main() -> None:
    """Print a table of changes in functions, one of those in classes, one of those outside."""
    parser = argparse.ArgumentParser()
    parser.add_argument("server")
    parser.add_argument("count", nargs="?", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--worst", type=int, default=0)
    options = parser.parse_args()
    count = o200k(CACHE)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        changes = list(drawn(options.count, options.seed))
        for kind, asked, texts in every(options.server, changes, Path(folder).resolve()):
            found.append((kind, asked, {way: count(text) for way, text in texts.items()}, texts))
    for kind in ("function", "class", OUTSIDE):
        of_kind = [one for own, _, one, _ in found if own == kind]
        unknown = sum(BODY not in one for one in of_kind) if kind != OUTSIDE else 0
        print(f"{kind}: {len(of_kind)}" + (f", of {unknown} the server has no symbol" if unknown else ""))
        print("\n".join(table(of_kind)), end="\n\n")
    dear = [(one[SHOW] / one[BODY], asked, one, texts) for _, asked, one, texts in found if BODY in one]
    dear.sort(key=itemgetter(0))
    for ratio, asked, one, texts in reversed(dear[-options.worst :] if options.worst else []):
        print(
            f"\n{asked}: {ratio:.2f} = {one[SHOW]} ({one[BARE]} without around) / {one[BODY]}\n{texts[SHOW]}"
        )


if __name__ == "__main__":
    main()
