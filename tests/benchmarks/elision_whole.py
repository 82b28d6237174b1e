"""Send a file whole with definitions left out and some changed: does what is written come to the file that was meant?

    python tests/benchmarks/elision_whole.py [FOLDER] [COUNT]      (default: the standard library, 2000)

Of each file one to three functions, or methods of classes, are changed; each run of others is left out by a comment in one of
many dialects, or stands as it is. Prints how many files came out as they were meant, were refused, or came out
otherwise - which must be none.
"""

from __future__ import annotations

import ast
import random
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ipy_llm.errors import IpyLlmError
from ipy_llm.source.address import Address
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.editing.edits import Replace
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.text import Source, Span, decode, splice
from ipy_llm.source.writing import edit_document

COMMENTS = (
    "# ...",
    "# ... existing code ...",
    "# ... (same as above)",
    "# ... rest of the file unchanged ...",
    "# rest unchanged ...",
    "# ... other functions unchanged ...",
    "# ... existing imports ...",
    "# existing code",
    "# (rest of the code unchanged)",
    "...",
    "pass  # ... existing code ...",
)
MOST = 60_000  # characters of a file


@dataclass
class Sent:
    """A text that leaves most of a file out, as it is written, and the file that it means."""

    found: Outline
    chance: random.Random
    parts: list[str] = field(default_factory=list)
    splices: list[tuple[Span, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.parts)

    @property
    def meant(self) -> str:
        return splice(self.found.source.text, self.splices)

    def comment(self, indent: str = "") -> None:
        self.parts.append(f"{indent}{self.chance.choice(COMMENTS)}\n\n")

    def change(self, chunk: Chunk) -> None:
        """Send a function with a statement more, or a class with one method so and the others left out."""
        text = self.found.source.text
        if chunk.kind == "class":
            self.parts.append(header(chunk, text))
            method = self.chance.choice([each for each in chunk.children if fit(each, chunk.children, text)])
            above = self.chance.random() < 0.8
            if above:
                self.comment(method.indent)
            new = self.more(method)
            self.parts.append(f"{new}\n\n")
            if not above or self.chance.random() < 0.5:
                self.comment(method.indent)
            self.splices.append((method.span, new))
        else:
            new = self.more(chunk)
            self.splices.append((chunk.span, new))
            self.parts.append(f"{new}\n\n")
        self.parts.append("\n" * self.chance.randrange(3))

    def more(self, chunk: Chunk) -> str:
        text = chunk.span.of(self.found.source.text)
        last = text.split("\n")[-1]
        indent = last[: len(last) - len(last.lstrip())]
        return f"{text}\n{indent}changed_here = {self.chance.randrange(100)}"

    def head(self) -> None:
        """Send what stands above the first definition, or some lines of it."""
        first = self.found.chunks[0].span.start
        kept = self.found.source.text[:first]
        if not outline(Source(kept)).error and self.chance.random() < 0.4:
            self.parts.append(kept)


def case(found: Outline, chance: random.Random) -> Sent | None:
    """Return a text that leaves most of a file out; None where the file has too few parts."""
    text = found.source.text
    chunks = [chunk for chunk in found.chunks if not chunk.indent]
    places = [number for number, chunk in enumerate(chunks) if fit(chunk, chunks, text)]
    if len(places) < 3:
        return None
    picked = sorted(chance.sample(places, chance.randrange(1, min(3, len(places) - 1) + 1)))
    sent = Sent(found, chance)
    sent.head()
    at = chunks[0].span.start
    for number in picked:
        chunk = chunks[number]
        if chance.random() < 0.9 or sent.parts[-1:] == []:
            sent.comment()
        else:
            sent.parts.append(text[at : chunk.span.start])
        sent.change(chunk)
        at = chunk.span.end
    if chance.random() < 0.9 or len(picked) == 1:
        sent.comment()
    else:
        sent.parts.append(text[at:])
    return sent


def header(chunk: Chunk, text: str) -> str:
    """Return a class up to its first statement."""
    lines = chunk.span.of(text).split("\n")
    node = ast.parse(chunk.span.of(text)).body[0]
    assert isinstance(node, ast.ClassDef)
    end = first_line(node.body[0]) - 1
    while lines[end - 1].strip()[:1] in {"", "#"}:  # these are of what stands below
        end -= 1
    return "\n".join(lines[:end]) + "\n"


def first_line(node: ast.stmt) -> int:
    return min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])


def fit(chunk: Chunk, chunks: Sequence[Chunk], text: str) -> bool:
    """Say whether a function has a last line to stand a statement below, a class such a method."""
    if chunk.inline or chunk.guard or sum(other.name == chunk.name for other in chunks) != 1:
        return False
    if chunk.kind == "class":
        lines = chunk.span.of(text).split("\n")
        one = chunk.children and any(fit(each, chunk.children, text) for each in chunk.children)
        return bool(one and not any("\\" in line for line in lines[:3]))
    last = chunk.span.of(text).split("\n")[-1]
    return (
        chunk.kind in {"function", "method"}
        and last[:1] in {" ", "\t"}
        and last.lstrip().startswith(("return", "raise", "pass"))
        and not last.rstrip().endswith(("(", "[", "{", "\\", ",", ":"))
    )


def main(folder: str, count: int) -> None:
    """Try `count` texts."""
    chance = random.Random(11)
    paths = [path for path in Path(folder).rglob("*.py") if "lib2to3" not in path.parts]
    chance.shuffle(paths)
    tally = {"as meant": 0, "refused": 0, "otherwise": 0}
    while sum(tally.values()) < count:
        path = chance.choice(paths)
        try:
            found = outline(decode(path.read_bytes()))
        except (IpyLlmError, OSError):
            continue
        if found.error or len(found.source.text) > MOST:
            continue
        made = case(found, chance)
        if made is None:
            continue
        meant = made.meant
        if outline(Source(meant)).error:
            continue
        try:
            after, _ = edit_document([Replace(Address(document=path.name), made.text)], found, path.name)
        except IpyLlmError as error:
            tally["refused"] += 1
            if "-v" in sys.argv:
                print("refused:", str(error)[:160].replace("\n", " | "))
            continue
        got = after.source.text
        tally["as meant" if got == meant else "otherwise"] += 1
        if got != meant:
            print(f"--- {path}")
            pairs = zip(meant.split("\n"), got.split("\n"), strict=False)
            for number, (before, now) in enumerate(pairs, 1):
                if before != now:
                    if "-v" in sys.argv:
                        print(made.text)
                    print(f"    {number}: - {before[:100]!r}\n        + {now[:100]!r}")
                    break
    print(", ".join(f"{number} {outcome}" for outcome, number in tally.items()))


if __name__ == "__main__":
    given = [word for word in sys.argv[1:] if word != "-v"]
    main(
        given[0] if given else sysconfig.get_path("stdlib"),
        int(given[1]) if len(given) > 1 else 2000,
    )
