"""Which imports bind a name in the project's files."""

from __future__ import annotations

from collections import Counter

from ipy_llm.explore.index import Index
from ipy_llm.source.structure.imported import bound_by


def imported(name: str, index: Index, file: str = "") -> list[str]:
    """Return the imports that bind a name in the project, those of most files first.

    Relative ones only for a `file`, relative to the root, of the folder in which they stand.
    """
    folder = file.rpartition("/")[0]
    found: Counter[str] = Counter()
    for path, contents in index.files.items():
        if path == file or name not in contents.imports:
            continue
        near = bool(file) and path.rpartition("/")[0] == folder
        found.update(
            each
            for each in contents.imports.split("\n")
            if each and bound_by(each) == name and (near or not each.startswith("from ."))
        )
    return [statement for statement, _ in found.most_common()]
