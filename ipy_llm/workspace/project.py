"""Which folder is the project, and where ipy_llm may keep its own files."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter
from pathlib import Path
from stat import S_ISREG

from ipy_llm.errors import NotFoundError, ToolError

ROOT_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg", ".git", ".hg")

# Folders that are never the project's own source: caches, environments, build output.
SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages", "build", "dist", "venv", "env"})

NAMED = (".py", ".ipynb")  # the suffixes of files that have names in them

CELLS = "ipy_llm-cells-"  # what the folder of a session's cells is called, before letters of its own

LARGEST = 1_500_000  # bytes
MOST_FILES = 2000  # looked through in a folder without a project's marker, such as a home folder

_by_name = attrgetter("name")


def current_folder() -> str:
    """Return the current folder, a path below which nothing is where it is gone."""
    try:
        return os.getcwd()
    except OSError:
        return os.path.join(os.path.abspath(os.sep), "gone")


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


def is_cell(path: Path) -> bool:
    """Say whether a file is a cell that a session laid out, of this session or of one that has ended."""
    return path.parent.name.startswith(CELLS)


def walk(root: Path, suffix: str | tuple[str, ...] = ".py", *, ignored: bool = True) -> Iterator[Path]:
    """Yield the files below `root` with that suffix, or one of several, sorted within each folder.

    Hidden folders, caches, virtual environments and build output are passed over, and so are files that
    nobody wrote by hand, by their size: a bundle of ours is one. Not `ignored`: what a `.gitignore` names
    is passed over too.
    """
    return (Path(path) for path, _ in scan(root, suffix, ignored=ignored))


def scan(
    root: Path, suffix: str | tuple[str, ...] = ".py", *, ignored: bool = True
) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the files that `walk` does, each with its status."""
    # Not os.walk: of a package with thousands of folders it takes three times as long.
    from ipy_llm.workspace.ignore import Ignored  # noqa: PLC0415 - who names a file walks over none

    pending = [(str(root), None if ignored else Ignored.around(str(root)))]
    while pending:
        folder, rules = pending.pop()
        below: list[tuple[str, str]] = []  # by name, in which order they are gone through
        files: list[os.DirEntry[str]] = []
        environment = False
        try:
            with os.scandir(folder) as found:
                for entry in found:
                    name = entry.name
                    if entry.is_dir(follow_symlinks=False):  # a link may lead back up
                        if _is_source(name):
                            below.append((name, entry.path))
                    elif name.endswith(suffix):
                        files.append(entry)
                    environment = environment or name == "pyvenv.cfg"
        except OSError:  # gone, or not ours to read
            continue
        if environment and folder != str(root):
            continue
        rules = rules and rules.within(folder)
        files.sort(key=_by_name)
        for entry in files:
            if not (rules and rules.holds(entry.path, folder=False)):
                with suppress(OSError):  # a dangling link, or gone meanwhile
                    status = entry.stat()
                    if status.st_size <= LARGEST and S_ISREG(status.st_mode):
                        yield entry.path, status
        below.sort(reverse=True)
        pending += [(path, rules) for _, path in below if not (rules and rules.holds(path, folder=True))]


def _is_source(name: str) -> bool:
    return not (name.startswith(".") or name in SKIPPED_FOLDERS or name.endswith(".egg-info"))


def project_files(
    root: Path, suffix: str | tuple[str, ...] = ".py", *, ignored: bool = True
) -> Iterator[Path]:
    """Yield the project's files as `walk` does; of a folder that no marker says is one, a bounded number."""
    return (Path(path) for path, _ in scan_project(root, suffix, ignored=ignored))


def scan_project(
    root: Path, suffix: str | tuple[str, ...] = ".py", *, ignored: bool = True
) -> Iterator[tuple[str, os.stat_result]]:
    """Yield what `project_files` does, each with its status."""
    marked = any((root / marker).exists() for marker in ROOT_MARKERS)
    return islice(scan(root, suffix, ignored=ignored), None if marked else MOST_FILES)


@dataclass(frozen=True, slots=True)
class Workspace:
    """A project as an operation sees it: its root, and the folder that relative paths start from.

    `seen` holds the digests of what was shown or edited, by full address: who keeps one workspace's for the
    next, as a session does, need not send them again. `cells` is the folder that a session lays its cells in.
    `lasting` says that this process lives on after the verb, and ends what was begun for it.
    """

    root: Path
    folder: Path
    seen: dict[str, str] = field(default_factory=dict, compare=False)
    cells: Path | None = None
    lasting: bool = field(default=False, compare=False)

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
        """Return how addresses write a file: relative to the root, with `/`; absolute outside it; a cell as `In[3]`."""
        plain = Path(os.path.abspath(path))
        if plain.parent == self.cells:
            return plain.stem
        # Reached by another way, e.g. /tmp for /private/tmp; a link within the project keeps its own name.
        for way in (plain, Path(os.path.realpath(plain.parent), plain.name)):
            if way.is_relative_to(self.root):
                return way.relative_to(self.root).as_posix()
        return str(plain)
