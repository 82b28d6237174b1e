"""Which folder is the project, and where ipy_llm may keep its own files."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ipy_llm.errors import NotFoundError, ToolError

ROOT_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg", ".git", ".hg")

# Folders that are never the project's own source: caches, environments, build output.
SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages", "build", "dist", "venv", "env"})

LARGEST = 1_500_000  # bytes


def find_root(start: Path) -> Path:
    """Return the nearest folder at or above `start` with a project marker, else `start` itself."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if any((folder / marker).exists() for marker in ROOT_MARKERS):
            return folder
    return start


def cache_folder(root: Path) -> Path:
    """Return (without creating it) our folder for `root` in the user's cache folder.

    `$IPY_LLM_CACHE`, else `$XDG_CACHE_HOME/ipy_llm`, else `~/.cache/ipy_llm`. Nothing of ours is ever
    written into a project's tree.
    """
    base = os.environ.get("IPY_LLM_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "ipy_llm"
    )
    if base.startswith("~"):  # a user without a home, in some containers
        base = os.path.join(os.environ.get("TMPDIR") or "/tmp", f"ipy_llm-{os.getuid()}")  # noqa: S108 - as above
    real = root.resolve()
    return Path(base) / f"{real.name or 'root'}-{zlib.crc32(os.fsencode(real)):08x}"


def journal_folder(root: Path) -> Path:
    """Return (without creating it) the folder of the project's undo journal."""
    return cache_folder(root) / "journal"


def pending_entry(journal: Path) -> Path:
    """Return the file that is in a journal only while its edit is written, or since that was cut short."""
    return journal / "pending"


def walk(root: Path, suffix: str | tuple[str, ...] = ".py") -> Iterator[Path]:
    """Yield the files below `root` with that suffix, or one of several, sorted within each folder.

    Hidden folders, caches, virtual environments and build output are passed over, and so are files that
    nobody wrote by hand, by their size: a bundle of ours is one.
    """
    for folder, names, files in os.walk(root):
        names[:] = sorted(
            name
            for name in names
            if not name.startswith(".")
            and name not in SKIPPED_FOLDERS
            and not name.endswith(".egg-info")
            and not os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))
        )
        for name in sorted(files):
            path = os.path.join(folder, name)
            if name.endswith(suffix) and _size(path) <= LARGEST:
                yield Path(path)


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:  # a dangling link, or gone meanwhile
        return LARGEST + 1


@dataclass(frozen=True, slots=True)
class Workspace:
    """A project as an operation sees it: its root, and the folder that relative paths start from.

    `seen` holds the digests of what was shown or edited, by full address: who keeps one workspace's for the
    next, as a session does, need not send them again.
    """

    root: Path
    folder: Path
    seen: dict[str, str] = field(default_factory=dict, compare=False)

    @classmethod
    def open(cls, root: str | None = None, folder: Path | None = None) -> Workspace:
        """Open the project around a folder (default: the current one), or the one at `root`.

        Raises `NotFoundError` where there is no such folder.
        """
        if folder is None:
            try:
                folder = Path.cwd()
            except FileNotFoundError as error:
                raise ToolError("the current folder is gone", steps=["cd to one that is there"]) from error
        if not root:
            return cls(find_root(folder), folder)
        chosen = Path(os.path.realpath(folder / root))
        if not chosen.is_dir():
            raise NotFoundError(f"no folder {root}")
        # A file that lies beside us must not be taken for the one of that name in the project meant.
        return cls(chosen, folder if Path(os.path.realpath(folder)).is_relative_to(chosen) else chosen)

    def name(self, path: Path) -> str:
        """Return how addresses write a file: relative to the root, with `/`; absolute outside it."""
        plain = Path(os.path.abspath(path))
        # Reached by another way, e.g. /tmp for /private/tmp; a link within the project keeps its own name.
        for way in (plain, Path(os.path.realpath(plain.parent), plain.name)):
            if way.is_relative_to(self.root):
                return way.relative_to(self.root).as_posix()
        return str(plain)
