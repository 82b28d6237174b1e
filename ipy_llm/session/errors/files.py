"""Which file a missing one may have meant. The folder that was asked is listed, nothing is opened."""

from __future__ import annotations

import os
from itertools import islice

from ipy_llm.source.near import closest
from ipy_llm.workspace.project import current_folder

_MOST = 2_000  # entries of a folder that are compared while a reader waits


def like(path: str) -> list[str]:
    """Tell the files beside `path` that are close to it, or the folder on the way that is not there.

    Of an absolute path outside the current folder only the file's own folder is looked at.
    """
    folder, name = os.path.split(path.rstrip(os.sep))
    try:
        with os.scandir(folder or os.curdir) as entries:
            present = [entry.name for entry in islice(entries, _MOST)]
    except OSError:
        return _no_folder(folder)
    if len(present) == _MOST:
        return []
    stems: dict[str, list[str]] = {}
    for each in sorted(
        present, key=lambda each: (os.path.splitext(each)[1] != os.path.splitext(name)[1], each)
    ):
        stems.setdefault(_stem(each), []).append(os.path.join(folder, each))
    near = [each for stem in closest(_stem(name), stems, count=3) for each in stems[stem]]
    return [f"files like it: {', '.join(map(repr, near[:3]))}"] if near else []


def _stem(name: str) -> str:
    """Return a file's name without its suffix, as one word to compare: a dot would part it."""
    return os.path.splitext(name)[0].replace(".", "_")


def _no_folder(folder: str) -> list[str]:
    here = os.path.join(current_folder(), "")
    if os.path.isabs(folder) and not folder.startswith(here):
        return []
    while (parent := os.path.dirname(folder)) and not os.path.isdir(parent):
        folder = parent
    return [] if os.path.lexists(folder) else [f"there is no folder {folder}"]
