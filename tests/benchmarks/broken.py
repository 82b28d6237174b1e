"""Damage files in one place: is each chunk of the healthy file found with its right span, refused, or wrong?

    python tests/benchmarks/broken.py [FOLDER ...] [--files N] [--seed S]    (default: the standard library, site-packages)

A chunk is right where the outline of the damaged file has its name with the healthy text, less what the damage took
out of it; refused where the name is not there. Wrong is any other span, and a name that the healthy file
does not have.
"""

from __future__ import annotations

import argparse
import io
import random
import sysconfig
import time
import tokenize
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ipy_llm.errors import IpyLlmError
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.structure.resolve import label
from ipy_llm.source.text import Source, decode, line_starts, unify


@dataclass(frozen=True, slots=True)
class Damage:
    """What was done to a text: the characters from `start` to `end` were replaced by `new`."""

    start: int
    end: int
    new: str = ""

    def of(self, text: str) -> str:
        """Return the damaged text."""
        return text[: self.start] + self.new + text[self.end :]

    def moved(self, start: int, end: int) -> tuple[int, int]:
        """Return where a span of the healthy text stands in the damaged one."""
        more = len(self.new) - (self.end - self.start)
        inserted = self.start == self.end
        if start >= self.end and (inserted or start > self.start):
            return start + more, end + more
        if end <= self.start:
            return start, end
        return min(start, self.start), (end + more if end >= self.end else self.start + len(self.new))


def tokens(text: str) -> list[tuple[int, tokenize.TokenInfo]]:
    """Return the tokens of a text with their offsets."""
    starts = line_starts(text)
    found = tokenize.generate_tokens(io.StringIO(text).readline)
    return [(starts[token.start[0] - 1] + token.start[1], token) for token in found]


def damages(kind: str, healthy: Outline, chance: random.Random) -> Damage | None:
    """Return one damage of a kind, or None where the text has no place for it."""
    text = healthy.source.text
    found = tokens(text)
    chunks = list(healthy.walk())
    places: list[Damage] = []
    if kind in {"bracket", "colon"}:
        signs = "()[]{}" if kind == "bracket" else ":"
        places = [
            Damage(at, at + 1) for at, token in found if token.type == tokenize.OP and token.string in signs
        ]
    elif kind == "quote":
        for at, token in found:
            if token.type == tokenize.STRING:
                end = at + len(token.string)
                places += [
                    Damage(end - 1, end),
                    Damage(text.index(token.string[-1], at), text.index(token.string[-1], at) + 1),
                ]
    elif kind == "half line":
        for at, token in found:
            if token.type == tokenize.NEWLINE and at - text.rfind("\n", 0, at) > 12:
                start = text.rfind("\n", 0, at) + 1
                indent = len(text[start:at]) - len(text[start:at].lstrip())
                places.append(Damage(start + indent + (at - start - indent) // 2, at))
    elif kind == "unfinished def":
        for chunk in chunks:
            if chunk.is_definition and not chunk.inline:
                at = chunk.span.start
                places.append(Damage(at, at, f"{chunk.indent}def unfinished(self:\n\n"))
    elif kind == "conflict":
        for at, token in found:
            if token.type == tokenize.NEWLINE:
                if any(chunk.span.start == at + 1 for chunk in chunks):
                    continue
                places.append(Damage(at + 1, at + 1, "<<<<<<< HEAD\n=======\n>>>>>>> other\n"))
    elif kind == "truncated":
        places = [Damage(at, len(text)) for at, token in found if token.type in {tokenize.NAME, tokenize.OP}]
    for _ in range(20):
        damage = chance.choice(places) if places else None
        if damage is None:
            return None
        try:
            compile(damage.of(text), "x", "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return damage
    return None


KINDS = ("bracket", "colon", "quote", "half line", "unfinished def", "conflict", "truncated")


def spans(found: Outline) -> dict[str, Chunk]:
    """Return the chunks by the address that names each alone."""
    return {label(chunk, found): chunk for chunk in found.walk()}


def same(damaged: Outline, chunk: Chunk, span: tuple[int, int]) -> bool:
    """Say whether a chunk has a span, blanks at its end left out: a lone bracket that went leaves some."""
    text = damaged.source.text
    return chunk.span.start == span[0] and chunk.span.of(text).rstrip() == text[slice(*span)].rstrip()


def cut_name(chunk: Chunk, healthy: Outline, damaged: Outline, damage: Damage) -> bool:
    """Say whether the damage took part of the name of a chunk, or of its owner: the text says the rest."""
    text = damaged.source.text
    for one in healthy.walk():
        header = healthy.source.text[one.code : one.code + 200].partition("\n")[0]
        if one.is_definition and one.code <= damage.start < one.code + len(header):
            start, end = damage.moved(one.span.start, one.span.end)
            return start <= chunk.span.start and chunk.span.of(text).rstrip() in text[start:end]
    return False


def compare(healthy: Outline, damaged: Outline, damage: Damage, counts: Counter[str]) -> Iterator[str]:
    """Count what became of each chunk, and yield the wrong ones."""
    there = spans(damaged)
    names = Counter(chunk.name for chunk in healthy.walk())
    seen = Counter(chunk.name for chunk in damaged.walk())
    expected = {}
    innermost = None
    for name, chunk in spans(healthy).items():
        if names[chunk.name] != seen.get(chunk.name) and names[chunk.name] > 1 and chunk.name in seen:
            # of twins some are lost: by their places
            expected |= {
                label(other, damaged): damage.moved(chunk.span.start, chunk.span.end)
                for other in damaged.walk()
                if other.name == chunk.name
                and other.span.start == damage.moved(chunk.span.start, chunk.span.end)[0]
            }
            counts["refused"] += 1
            continue
        span = damage.moved(chunk.span.start, chunk.span.end)
        if damage.start <= chunk.code and chunk.span.end <= damage.end:
            continue  # cut away
        expected[name] = span
        holds = chunk.span.start <= damage.start and damage.end <= chunk.span.end
        if holds and chunk.is_definition:
            innermost = name
        if name not in there:
            counts["refused"] += 1
        elif same(damaged, there[name], span):
            counts["right"] += 1
    for name, chunk in there.items():
        if chunk.name.rpartition(".")[2] == "unfinished" or ".unfinished." in chunk.name:
            continue
        if name not in expected and cut_name(chunk, healthy, damaged, damage):
            counts["cut"] += 1
            continue
        if name not in expected or not same(damaged, chunk, expected[name]):
            counts["wrong"] += 1
            yield f"{name} {damaged.lines(chunk.span)} for {expected.get(name) and (damaged.line_of(expected[name][0]), damaged.line_of(expected[name][1]))}"
    if innermost is not None:
        counts["own"] += 1
        counts["own found"] += innermost in there


def main() -> None:
    """Damage files and print the rates."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="*", default=[sysconfig.get_path("stdlib")])
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--each", type=int, default=1, help="damages of a kind in a file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="*", default=KINDS)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    paths = sorted(path for folder in options.folders for path in Path(folder).rglob("*.py"))
    chance.shuffle(paths)
    for kind in options.kinds:
        counts: Counter[str] = Counter()
        slowest, slow, total = 0.0, None, 0.0
        lost: Counter[str] = Counter()
        files = 0
        for path in paths:
            if files == options.files:
                break
            try:
                text = unify(decode(path.read_bytes()).text)
                healthy = outline(Source(text))
            except IpyLlmError:
                continue
            if healthy.error or len(list(healthy.walk())) < 3:
                continue
            files += 1
            for _ in range(options.each):
                try:
                    damage = damages(kind, healthy, chance)
                except (tokenize.TokenError, SyntaxError):
                    break
                if damage is None:
                    break
                began = time.perf_counter()
                damaged = outline(Source(damage.of(text)))
                took = time.perf_counter() - began
                total += took
                if took > slowest:
                    slowest, slow = took, path
                counts["damages"] += 1
                one: Counter[str] = Counter()
                for wrong in compare(healthy, damaged, damage, one):
                    print(
                        f"WRONG {kind} {path}:{text.count(chr(10), 0, damage.start) + 1}  {wrong} {damage.of(text).split(chr(10))[text.count(chr(10), 0, damage.start)]!r}"
                    )
                counts += one
                counts["files with wrong"] += bool(one["wrong"])
                lost[str(path)] += one["refused"]
                if options.verbose and one["refused"] > 3:
                    line = text.count("\n", 0, damage.start) + 1
                    print(
                        f"  {one['refused']} refused of {sum(one.values())}  {path}:{line} {text.split(chr(10))[line - 1]!r} -> {damage.of(text).split(chr(10))[line - 1]!r} {damaged.error}"
                    )
        chunks = counts["right"] + counts["refused"] + counts["wrong"]
        print(
            f"{kind:15} {counts['damages']:5} damages {chunks:6} chunks: right {counts['right'] / max(1, chunks):7.2%}"
            f" refused {counts['refused'] / max(1, chunks):6.2%} wrong {counts['wrong']} (in {counts['files with wrong']} files);"
            f" the damaged definition found {counts['own found']} of {counts['own']};"
            f" mean {total / max(1, counts['damages']) * 1000:.0f} ms, slowest {slowest * 1000:.0f} ms ({slow})"
        )


if __name__ == "__main__":
    main()
