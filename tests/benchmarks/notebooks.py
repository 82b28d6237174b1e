"""Notebooks of real packages: edited, changed back, cells put in and taken out; their names against IPython's.

    python tests/benchmarks/notebooks.py [FOLDER ...]      (default: the packages below, from the registry)

For every notebook that can be read: each cell is replaced by its own text; gets another first line, last line and
a line more, each by an edit, and its old text back; has cells put in before and after it that are taken out again.
Prints how often the bytes differ from what they were. The result of every tenth step goes through nbformat. The
names of each code cell are compared with those in what IPython would run.
"""

from __future__ import annotations

import ast
import json
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

from ipy_llm.errors import IpyLlmError
from ipy_llm.source.address import parse_header
from ipy_llm.source.documents import read_document, to_bytes
from ipy_llm.source.editing.edits import edit_of
from ipy_llm.source.notebooks.notebook import Notebook
from ipy_llm.source.structure.magics import is_python_cell
from ipy_llm.source.writing import edit_document

PACKAGES = (
    ("nbformat", "5.10.4"),
    ("nbconvert", "7.16.6"),
    ("nbclient", "0.10.2"),
    ("jupytext", "1.17.2"),
    ("papermill", "2.7.0"),
    ("nbsphinx", "0.9.8"),
    ("nbval", "0.11.0"),
)
NAME = "nb.ipynb"


class Trial:
    """Counts what was tried and what came out differently, with the first places."""

    def __init__(self) -> None:
        self.tried: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.places: list[str] = []

    def equal(self, what: str, one: object, other: object, place: str) -> None:
        self.tried[what] += 1
        if one != other:
            self.wrong[what] += 1
            self.places.append(f"{what}: {place}")


def edited(notebook: Notebook, header: str, body: str = "") -> Notebook:
    after, _ = edit_document([edit_of(parse_header(header), body)], notebook, NAME, allow_removal=True)
    assert isinstance(after, Notebook)
    return after


def run(path: Path, trial: Trial) -> None:
    """Try everything on one notebook."""
    data = path.read_bytes()
    try:
        notebook = read_document(data, "notebook")
    except IpyLlmError as error:
        trial.refused[error.message.partition(":")[2].partition(":")[0].strip()[:60] or error.message] += 1
        return
    assert isinstance(notebook, Notebook)
    trial.tried["notebooks"] += 1
    trial.equal("read and written", to_bytes(notebook), data, str(path))
    own = valid(data)
    for number, cell in enumerate(notebook.cells):
        place = f"{path}::[{number + 1}]"
        for what, after in steps(notebook, number, trial):
            trial.equal(what, to_bytes(after), data, place)
        if own and number % 10 == 0:
            more = edited(
                edited(notebook, f"after {NAME}::{number + 1}", "# %% [markdown]\nx\n# %%\ny"),
                f"into {NAME}::",
                "z",
            )
            trial.equal("valid", valid(to_bytes(more)), True, place)
        if cell.kind == "code" and notebook.python:
            names(cell.text, [chunk.name for chunk in cell.outline.chunks], trial, place)


def steps(notebook: Notebook, number: int, trial: Trial) -> Iterator[tuple[str, Notebook]]:
    """Yield what was done with a cell and the notebook after it was undone by another edit."""
    cell = notebook.cells[number]
    name = f"{NAME}::{number + 1}"
    if cell.text.strip():
        yield "own text", edited(notebook, name, cell.text)
        lines = cell.text.removesuffix("\n").split("\n")
        count = len(lines)
        for what, at, new, old in (
            ("first line and back", "1", "zz = 'é'", lines[0]),
            ("last line and back", str(count), "zz", lines[-1]),
            ("all and back", f"1-{count}", "zz", "\n".join(lines)),
        ):
            if not old:
                continue  # an empty line is no text to send
            try:
                changed = edited(notebook, f"{name}@{digest(notebook, number)}:{at}", new)
            except IpyLlmError:
                trial.refused["a line of Python that the change would break"] += 1
                continue
            where = "1" if at.startswith("1-") else at
            try:
                yield what, edited(changed, f"{name}@{digest(changed, number)}:{where}", old)
            except IpyLlmError:
                # A cell that is no Python is not made out of one that is.
                trial.refused["back to a cell that was broken"] += 1
                trial.equal("back", cell.outline.error is None, False, f"{name} {old[:40]!r}")
        if not cell.text.lstrip().startswith("%%"):
            more = edited(notebook, f"{name}@{digest(notebook, number)}:0+", "# more")
            yield "a line more and less", edited(more, f"delete {name}@{digest(more, number)}:1")
    for where, gone in (("after", number + 2), ("before", number + 1)):
        more = edited(notebook, f"{where} {name}", "x = 1")
        yield f"a cell {where} it, deleted", edited(more, f"delete {NAME}::{gone}")


def digest(notebook: Notebook, number: int) -> str:
    from ipy_llm.source.structure.resolve import whole

    outline = notebook.cells[number].outline
    return outline.digest(whole(outline).span)


def valid(data: bytes) -> bool:
    """Say whether nbformat finds nothing wrong with a notebook."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            nbformat.validate(json.loads(data))
        except (nbformat.ValidationError, ValueError):
            return False
    return True


def names(text: str, found: list[str], trial: Trial, place: str) -> None:
    """Compare the top-level names of a cell with those of what IPython makes of it."""
    if not is_python_cell(text):
        trial.tried["cells of other languages"] += 1
        return
    header = 0
    lines = text.split("\n")
    while header < len(lines) and (lines[header].startswith("%%") or not lines[header].strip()):
        header += 1
    body = "\n".join(lines[header:])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(TransformerManager().transform_cell(body))
    except (SyntaxError, ValueError):
        trial.tried["cells IPython cannot parse"] += 1
        return
    from ipy_llm.source.chunks import Outline
    from ipy_llm.source.structure.outline import outline
    from ipy_llm.source.text import Source

    plain: Outline = outline(Source(ast.unparse(tree)))
    trial.equal("names of a cell", found, [chunk.name for chunk in plain.chunks], place)


def main() -> None:
    trial = Trial()
    folders = [Path(argument) for argument in sys.argv[1:]]
    if not folders:
        sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
        from sdists import fetch

        folders = [fetch(name, version, Path(__file__).parents[2] / ".cache") for name, version in PACKAGES]
    for folder in folders:
        for path in sorted(folder.rglob("*.ipynb")):
            run(path, trial)
    for what, count in trial.tried.items():
        print(f"{what:40} {count:7,}  differ {trial.wrong[what]}")
    for why, count in trial.refused.most_common():
        print(f"refused, {why:40} {count:7,}")
    print("\n".join(trial.places[:40]))


if __name__ == "__main__":
    main()
