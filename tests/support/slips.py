"""The corpus of a model's slips: reading its files, and sending one case as a model would.

A file holds cases. Lines of text begin with `| `; a character that cannot be seen is written `{U+00A0}`.

    == what is slipped                   the case
    edit ADDRESS                         sent as the argument of `edit`; `patch` where there is none
    | the text below it
    lands NAME, NAME                     every file is then as these changes of project.txt make it; none: `lands`
    refused WORDS                        ... or the answer holds these words and an entry to send instead:
    send HEADER                          sent with the same text, or with the text below it
    | the text, where it is another
    lands NAME                           which must land; `alone` before it: without the text

`{digest X}` is the digest of the chunk `X` as it stands, `{text NAME}` on a line of its own the text of a
change, `|    {text NAME}` the same further in. A change of project.txt is a file and its old and new lines; of a new file only new
ones, of one that goes neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ipy_llm.errors import IpyLlmError
from ipy_llm.operations.edit import edit
from ipy_llm.operations.look import show
from ipy_llm.workspace.project import Workspace

CORPUS = Path(__file__).parents[1] / "acceptance" / "slips"
Outcome = Literal["landed", "refused", "wrong"]


@dataclass(frozen=True, slots=True)
class Sent:
    """What is sent: the argument of `edit`, and the text below it."""

    header: str
    text: str


@dataclass(frozen=True, slots=True)
class Case:
    """One slip, and what must come of it: `lands` names changes; `refused` is what the answer says."""

    kind: str
    name: str
    sent: Sent
    refused: str | None
    then: tuple[Sent, ...]
    lands: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"{self.kind}: {self.name}"


@dataclass(frozen=True, slots=True)
class Project:
    """The files that all cases start from, and the changes by name: file, old lines, new lines."""

    files: dict[str, str]
    changes: dict[str, tuple[str, str, str]]

    def after(self, names: tuple[str, ...]) -> dict[str, str]:
        """Return the files after some changes."""
        files = dict(self.files)
        for name in names:
            path, old, new = self.changes[name]
            if not old and not new:
                del files[path]
                continue
            count = f"\n{files.get(path, '')}".count(f"\n{old}")
            assert count == 1 or not old, f"{name}: its old lines stand {count} times"
            files[path] = f"\n{files[path]}".replace(f"\n{old}", f"\n{new}")[1:] if old else new
        return files

    def write(self, root: Path) -> None:
        """Write the files."""
        for path, text in self.files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8", newline="")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a case, and what was said; `why` where it is wrong."""

    outcome: Outcome
    said: str
    why: str = ""


def read_project() -> Project:
    """Read project.txt."""
    files: dict[str, str] = {}
    changes: dict[str, tuple[str, str, str]] = {}
    for name, parts in _blocks((CORPUS / "project.txt").read_text(encoding="utf-8")):
        said = dict(parts)
        if name.startswith("file "):
            files[name.removeprefix("file ")] = "\n".join([*said[""], ""])
        else:
            path = next(word.removeprefix("in ") for word, _ in parts if word.startswith("in "))
            old, new = ("\n".join([*said[which], ""]) if which in said else "" for which in ("old", "new"))
            changes[name] = (path, old, new)
    return Project(files, changes)


def read_cases() -> list[Case]:
    """Read every case of the corpus."""
    project = read_project()
    cases: list[Case] = []
    for path in sorted(CORPUS.glob("*.txt")):
        if path.name == "project.txt":
            continue
        for name, parts in _blocks(path.read_text(encoding="utf-8")):
            sents = [
                Sent(_seen(word.partition(" ")[2]), "".join(f"{line}\n" for line in _filled(lines, project)))
                for word, lines in parts
                if word.partition(" ")[0] in {"edit", "patch", "send"}
            ]
            first, *then = sents
            refused = [word.partition(" ")[2] for word, _ in parts if word.startswith("refused ")]
            lands = next(
                (
                    [name for name in word[6:].split(", ") if name]
                    for word, _ in parts
                    if word.startswith("lands")
                ),
                [],
            )
            same = [again if again.text else Sent(again.header, first.text) for again in then]
            if any(word.startswith("alone") for word, _ in parts):
                same = [Sent(again.header, "") for again in then]
            cases.append(Case(path.stem, name, first, next(iter(refused), None), tuple(same), tuple(lands)))
    return cases


def send(case: Case, workspace: Workspace, project: Project) -> Answer:
    """Send a case, then what its refusal says, and compare every file."""
    sent = _with_digests(case.sent, workspace)
    try:
        said = str(edit(workspace, sent.header, sent.text, check=False))
    except IpyLlmError as error:
        said = str(error)
        if case.refused is None:
            return Answer("wrong", said, "refused, but it can be understood")
        if read_files(workspace.root) != project.files:
            return Answer("wrong", said, "refused, but something was written")
        told = _with_digests(Sent(case.refused, ""), workspace).header
        if told not in said:
            return Answer("wrong", said, f"does not say: {told}")
        for again in case.then:
            entry = _with_digests(again, workspace)
            # The answer does not repeat a header that was right.
            told = any(line.partition("  line")[0].endswith(entry.header) for line in said.split("\n"))
            known = entry.header == sent.header or entry.header in case.sent.text
            if not known and not told:
                return Answer("wrong", said, f"has no entry: {entry.header}")
            try:
                edit(workspace, entry.header, entry.text, check=False)
            except IpyLlmError as refusal:
                return Answer(
                    "wrong", f"{said}\n-- then: {refusal}", f"its entry does not land: {entry.header}"
                )
    else:
        if case.refused is not None:
            return Answer("wrong", said, "landed, but it should be refused")
    found, expected = read_files(workspace.root), project.after(case.lands)
    if found != expected:
        wrong = next(path for path in {**expected, **found} if found.get(path) != expected.get(path))
        return Answer("wrong", said, f"{wrong} is now\n{found.get(wrong)}")
    return Answer("landed" if case.refused is None else "refused", said)


def read_files(root: Path) -> dict[str, str]:
    """Return every file below a folder with its text."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes().decode()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def _with_digests(sent: Sent, workspace: Workspace) -> Sent:
    def digest(match: re.Match[str]) -> str:
        return str(show(workspace, match[1]).facts["digest"])

    return Sent(*(re.sub(r"\{digest ([^}]+)\}", digest, part) for part in (sent.header, sent.text)))


def _blocks(text: str) -> Iterator[tuple[str, list[tuple[str, list[str]]]]]:
    """Yield each block's title and its words, each with the lines of text below it."""
    for block in re.split(r"^== ", text, flags=re.MULTILINE)[1:]:
        title, *lines = block.rstrip("\n").split("\n")
        parts: list[tuple[str, list[str]]] = []
        for line in lines:
            if line.startswith("|"):
                if not parts:
                    parts.append(("", []))
                parts[-1][1].append(_seen(line[2:]))
            elif line.strip():
                parts.append((line.rstrip("\n"), []))
        yield title.strip(), parts


def _filled(lines: list[str], project: Project) -> Iterator[str]:
    for line in lines:
        match = re.fullmatch(r"(?P<before>.*)\{text (?P<name>[^}]+)\}(?P<after>.*)", line)
        if match is None:
            yield line
            continue
        for inner in project.changes[match["name"]][2].removesuffix("\n").split("\n"):
            yield (
                f"{match['before']}{inner}{match['after']}"
                if inner
                else match["before"].rstrip() + match["after"]
            )


def _seen(text: str) -> str:
    return re.sub(r"\{U\+([0-9A-F]{4})\}", lambda match: chr(int(match[1], 16)), text)
