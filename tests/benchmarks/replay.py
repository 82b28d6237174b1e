"""Replay releases of real packages: `plan`, then `edit` on a copy; what a model would have sent, in tokens.

    python tests/benchmarks/replay.py [NAME:OLD:NEW ...] [--others] [--dump FILE]

Without pairs, the eleven of the issue; with `--others`, ten that nothing was tuned on. Of each package all Python
files of both wheels are laid out, planned and edited with checks off; each that both releases have and that differs
must then be equal byte for byte, and is counted: tokens by o200k_base, relative to the bare new text of its hunks.
Beside it, what the same hunks cost in other formats. `--dump` writes the changes as JSON: package, path, whether
they stand outside any def or class, old and new lines, and the entries as printed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from formats import FORMATS, Changed, Sent, around, hunks_of, text_of

from ipy_llm.operations.edit import edit
from ipy_llm.operations.plan import plan
from ipy_llm.source.patch import Entry, parse_patch
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.structure.resolve import resolve
from ipy_llm.source.text import decode, split_lines
from ipy_llm.workspace.project import Workspace

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from vocabulary import o200k
from wheels import fetch_wheel, python_files

CACHE = Path(__file__).parents[2] / ".cache" / "wheels"
PAIRS = """
    flask:3.0.3:3.1.0 requests:2.31.0:2.32.3 rich:13.7.1:13.9.4 httpx:0.26.0:0.28.1 django:5.1:5.1.4
    sqlalchemy:2.0.30:2.0.36 attrs:23.2.0:24.2.0 click:8.1.7:8.2.0 starlette:0.37.2:0.41.3
    pydantic:2.9.2:2.10.3 networkx:3.3:3.4.2
"""
OTHERS = """
    werkzeug:3.0.3:3.1.3 jinja2:3.1.4:3.1.6 urllib3:2.2.1:2.3.0 pytest:8.2.0:8.3.4 hypothesis:6.112.0:6.123.0
    trio:0.25.0:0.28.0 anyio:4.4.0:4.8.0 fastapi:0.110.0:0.115.6 black:24.4.0:24.10.0 aiohttp:3.9.5:3.11.11
"""
PLAN = "plan"


@dataclass
class Tally:
    """What was counted of one package, or of all."""

    files: int = 0
    equal: int = 0
    hunks: int = 0
    bare: int = 0
    flagged: int = 0  # packages whose patch needs --allow-removal
    seconds: float = 0.0
    sent: Counter[str] = field(default_factory=Counter)  # tokens by format
    outside: Counter[str] = field(default_factory=Counter)  # of hunks outside any def or class
    outside_bare: Counter[str] = field(default_factory=Counter)
    outside_hunks: int = 0

    def add(self, other: Tally) -> None:
        for name in ("files", "equal", "hunks", "bare", "flagged", "seconds", "outside_hunks"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("sent", "outside", "outside_bare"):
            getattr(self, name).update(getattr(other, name))


def replay(
    name: str, start: str, end: str, count: Callable[[str], int]
) -> tuple[Tally, list[dict[str, object]]]:
    """Replay one release; return what was counted, and the changes."""
    old, new = (python_files(fetch_wheel(name, version, CACHE)) for version in (start, end))
    tally, dumped = Tally(), []
    with tempfile.TemporaryDirectory() as folder:
        root, other = Path(folder, "old").resolve(), Path(folder, "new").resolve()
        for where, files in ((root, old), (other, new)):
            for path, data in files.items():
                (where / path).parent.mkdir(parents=True, exist_ok=True)
                (where / path).write_bytes(data)
        began = time.process_time()
        reply = plan(Workspace(root, root), ".", str(other))
        tally.seconds = time.process_time() - began
        tally.flagged = int(reply.facts["allow_removal"])
        patch = reply.facts["patch"]
        edit(Workspace(root, root), "", patch, check="off", allow_removal=reply.facts["allow_removal"])
        paths = [path for path in old if path in new and old[path] != new[path]]
        left = {path for path in new if (root / path).read_bytes() != new[path]}
        for path in sorted(left):
            print(f"{name}: {path} differs")
    of_file = by_file(patch, {*old, *new})
    for path in paths:
        changed = read(path, old[path], new[path])
        sent = list(planned(of_file[path], changed))
        tally.files += 1
        tally.equal += path not in left
        tally.hunks += len(changed.hunks)
        tally.bare += sum(count(changed.bare(hunk)) for hunk in changed.hunks)
        out = {number for number, hunk in enumerate(changed.hunks) if not around(hunk, changed.before)}
        tally.outside_hunks += len(out)
        for title, pieces in ((PLAN, sent), *((each, list(make(changed))) for each, make in FORMATS.items())):
            for numbers, text in pieces:
                tokens = count(text)
                tally.sent[title] += tokens
                if out.issuperset(numbers):
                    tally.outside[title] += tokens
                    tally.outside_bare[title] += sum(
                        count(changed.bare(changed.hunks[one])) for one in numbers
                    )
        dumped += [described(name, numbers, text, changed, out) for numbers, text in sent]
    return tally, dumped


def read(path: str, before: bytes, after: bytes) -> Changed:
    old, new = decode(before), decode(after)
    lines, others = split_lines(old.text), split_lines(new.text)
    return Changed(path, lines, others, hunks_of(lines, others), outline(old), outline(new))


def by_file(patch: str, paths: set[str]) -> dict[str, list[tuple[Entry, str]]]:
    """Split a patch into the entries of each file, with their text as printed."""
    lines = patch.split("\n")[:-1]
    entries = parse_patch(patch)
    found: dict[str, list[tuple[Entry, str]]] = {}
    path = ""
    for entry, following in zip(entries, [*entries[1:], None], strict=True):
        address = entry.header.address
        path = next((one for one in (address.document, address.name) if one in paths), path)
        text = text_of(lines[entry.line - 1 : following.line - 1 if following else len(lines)])
        found.setdefault(path, []).append((entry, text))
    return found


def planned(entries: Sequence[tuple[Entry, str]], changed: Changed) -> Iterator[Sent]:
    """Yield the entries that are for the same hunks, as they were printed."""
    groups: list[tuple[set[int], list[str]]] = []
    for entry, text in entries:
        first, last = old_lines(entry, changed)
        touched = {number for number, hunk in enumerate(changed.hunks) if hunk.a <= last and first <= hunk.b}
        if not touched:  # a permission, or a line that permits one
            touched = {min(range(len(changed.hunks)), key=lambda one: abs(changed.hunks[one].a - first))}
        texts = [text]
        for group in [group for group in groups if group[0] & touched]:
            groups.remove(group)
            touched, texts = touched | group[0], [*group[1], *texts]
        groups.append((touched, texts))
    # What needs no entry of its own: `difflib` has hunks that the plan's own alignment has not.
    rest = set(range(len(changed.hunks))).difference(*(touched for touched, _ in groups))
    for touched, texts in groups:
        more = {one for one in rest if one - 1 in touched or one + 1 in touched}
        rest -= more
        yield tuple(sorted(touched | more)), "".join(texts)
    assert not rest, f"{changed.path}: hunks {rest} are in no entry"


def old_lines(entry: Entry, changed: Changed) -> tuple[int, int]:
    """Return the old lines an entry is about, 0-based and half-open."""
    address, before = entry.header.address, changed.before
    if address.name == changed.path:
        address = replace(address, name="")
    if entry.header.verb == "create" or (
        entry.header.verb == "delete" and not (address.target or address.lines)
    ):
        return 0, len(changed.old)
    chunk = resolve(address, before)
    above = before.lines(chunk.span)[0] - 1
    if address.lines is not None:
        first, last = above + address.lines.first, above + address.lines.last
        return (first, first) if address.lines.insert else (first - 1, last)
    if entry.header.substitution is not None:
        line = before.line_of(before.source.text.index(entry.header.substitution[0], chunk.span.start))
        return line - 1, line
    first, last = before.lines(chunk.outer)
    return first - 1, last


def described(
    package: str, numbers: Sequence[int], text: str, changed: Changed, out: set[int]
) -> dict[str, object]:
    """Return one change as JSON: `first` is the 1-based line at which its old lines begin."""
    first, last = changed.hunks[numbers[0]], changed.hunks[numbers[-1]]
    return {
        "package": package,
        "path": changed.path,
        "outside": out.issuperset(numbers),
        "first": first.a + 1,
        "old": text_of(changed.old[first.a : last.b]),
        "new": text_of(changed.new[first.c : last.d]),
        "entries": text,
    }


def table(rows: dict[str, Tally]) -> Iterator[str]:
    yield "| | files | equal | hunks | new tokens | plan | CPU s |"
    yield "|---|---|---|---|---|---|---|"
    for name, tally in rows.items():
        ratio = tally.sent[PLAN] / tally.bare
        numbers = f"{tally.files:,} | {tally.equal:,} | {tally.hunks:,} | {tally.bare:,}"
        yield f"| {name} | {numbers} | {ratio:.3f} | {tally.seconds:.1f} |"


def formats_table(tally: Tally) -> Iterator[str]:
    yield "| format | all hunks | hunks outside any def or class |"
    yield "|---|---|---|"
    for title in (PLAN, *FORMATS):
        bare = tally.outside_bare[title]
        apart = (
            f"{tally.outside[title] / bare:.2f}"
            if bare and title not in {"whole file", "unified diff"}
            else ""
        )
        yield f"| {title} | {tally.sent[title] / tally.bare:.2f} | {apart} |"


def main() -> None:
    """Replay the pairs and print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("pairs", nargs="*", metavar="NAME:OLD:NEW")
    parser.add_argument("--others", action="store_true")
    parser.add_argument("--dump", metavar="FILE")
    options = parser.parse_args()
    count = o200k(CACHE)
    rows: dict[str, Tally] = {}
    dumped: list[dict[str, object]] = []
    for pair in options.pairs or (OTHERS if options.others else PAIRS).split():
        name, start, end = pair.split(":")
        rows[f"{name} {start} → {end}"], found = replay(name, start, end, count)
        dumped += found
        print(f"{pair} done", file=sys.stderr)
    total = Tally()
    for tally in rows.values():
        total.add(tally)
    print("\n".join(table(rows | {"all": total})))
    print()
    print("\n".join(formats_table(total)))
    print()
    print(
        f"{total.outside_hunks:,} of {total.hunks:,} hunks are outside any def or class; {total.flagged} of "
        f"{len(rows)} patches need --allow-removal"
    )
    if options.dump:
        Path(options.dump).write_text(json.dumps(dumped, ensure_ascii=False, indent=0), encoding="utf-8")


if __name__ == "__main__":
    main()
