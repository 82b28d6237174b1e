"""What each test ran when it ran last, in our cache folder: who it is that an edit can affect.

A record is a test's outcome with all it depended on, each thing with a fingerprint. It holds for as long as all of them
are what they were; of each test the last few are kept, so that one holds again when an edit is taken back.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Collection, Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from ipy_llm.checks.blocks import REST, Blocks, blocks, fingerprint
from ipy_llm.checks.report import Diagnostic
from ipy_llm.checks.state import EVERYTHING, State

# Of one test; then an edit, its undoing and the edit again find theirs.
_KEPT = 3

# Changes with what is stored and how it is found.
_FORMAT = 3

_TABLES = """
CREATE TABLE files (digest INTEGER PRIMARY KEY, blocks TEXT NOT NULL);
CREATE TABLE things (id INTEGER PRIMARY KEY, path TEXT, block TEXT, print INTEGER, UNIQUE (path, block, print));
CREATE TABLE sets (id INTEGER PRIMARY KEY, digest INTEGER UNIQUE, things BLOB);
CREATE TABLE tests (
  id INTEGER PRIMARY KEY, name TEXT, file TEXT, environment INTEGER, found TEXT, sets BLOB,
  UNIQUE (name, environment, sets)
);CREATE TABLE offered (path TEXT PRIMARY KEY);
"""

Thing = tuple[str, str]  # a path and a block of it


@dataclass(frozen=True, slots=True)
class Record:
    """One run of a test: what it found and the sets of things it depended on, its own first.

    `name` is the test's id, or the id of a file that did not load.
    """

    name: str
    file: str
    environment: int
    found: tuple[Diagnostic, ...]
    sets: tuple[int, ...]


class Records:
    """The database in `folder`; one that cannot be read is begun anew."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"records-{_FORMAT}.sqlite"
        try:
            self._base = _opened(path)
        except sqlite3.DatabaseError:
            path.unlink(missing_ok=True)
            self._base = _opened(path)
        self._divided: dict[int, Blocks] = {}
        self._numbers: dict[tuple[str, str, int], int] = {}

    def close(self) -> None:
        """Write what was kept."""
        self._base.commit()
        self._base.close()

    def divide(self, data: bytes) -> Blocks:
        """Return the blocks of a file with these bytes, parsed once for ever."""
        digest = fingerprint(data)
        if digest in self._divided:
            return self._divided[digest]
        row = self._base.execute("SELECT blocks FROM files WHERE digest = ?", (digest,)).fetchone()
        if row is None:
            found = blocks(data)
            told = [found.prints, found.extents, found.names, found.mentions, found.writes]
            self._base.execute("INSERT OR IGNORE INTO files VALUES (?, ?)", (digest, json.dumps(told)))
        else:
            prints, extents, names, mentions, writes = json.loads(row[0])
            found = Blocks(
                prints,
                tuple((a, b, c) for a, b, c in extents),
                tuple(names),
                tuple(mentions),
                tuple((line, name, outer) for line, name, outer in writes),
            )
        self._divided[digest] = found
        return found

    def all(self) -> list[Record]:
        """Return every record, the newest first."""
        rows = self._base.execute("SELECT name, file, environment, found, sets FROM tests ORDER BY id DESC")
        return [
            Record(
                name,
                file,
                environment,
                tuple(Diagnostic(**one) for one in json.loads(found)) if found else (),
                tuple(_unpacked(sets)),
            )
            for name, file, environment, found, sets in rows
        ]

    def changed(self, state: State, among: frozenset[int] | None = None) -> frozenset[int]:
        """Return the things that are not what they were, by their numbers; only some of them if given `among`."""
        rows = self._base.execute("SELECT id, path, block, print FROM things")
        return frozenset(
            number
            for number, path, block, known in rows
            if (among is None or number in among) and state.fingerprint(path, block) != known
        )

    def in_files(self, paths: Collection[str]) -> frozenset[int]:
        """Return the things of these files and of the folders they are in, and what stands for all files, by their numbers."""
        wanted = {*paths, *(path.rpartition("/")[0] for path in paths), EVERYTHING}
        rows = self._base.execute("SELECT id, path FROM things")
        return frozenset(number for number, path in rows if path in wanted)

    def rests_of(self, paths: Collection[str]) -> frozenset[int]:
        """Return what importing these files runs, by its numbers."""
        rows = self._base.execute("SELECT id, path FROM things WHERE block = ?", (REST,)) if paths else ()
        return frozenset(number for number, path in rows if path in paths)

    def touched(self, things: frozenset[int]) -> frozenset[int]:
        """Return the sets that have one of these things."""
        rows = self._base.execute("SELECT id, things FROM sets")
        return frozenset(number for number, packed in rows if not things.isdisjoint(_unpacked(packed)))

    def keep(
        self,
        name: str,
        file: str,
        environment: int,
        found: Sequence[Diagnostic],
        sets: Sequence[int],
    ) -> None:
        """Add a record, and drop those of the test that are too many."""
        told = json.dumps([asdict(one) for one in found]) if found else ""
        row = (name, file, environment, told, array("q", sets).tobytes())
        self._base.execute(
            "INSERT OR REPLACE INTO tests (name, file, environment, found, sets) VALUES (?, ?, ?, ?, ?)", row
        )
        self._base.execute(
            "DELETE FROM tests WHERE name = ? AND id NOT IN (SELECT id FROM tests WHERE name = ? ORDER BY id DESC LIMIT ?)",
            (name, name, _KEPT),
        )

    def set_of(self, things: Iterable[Thing], state: State) -> int:
        """Return the number of the set of these things as they are in `state`."""
        numbers = sorted({self._thing(path, block, state.fingerprint(path, block)) for path, block in things})
        packed = array("q", numbers).tobytes()
        digest = fingerprint(packed)
        self._base.execute("INSERT OR IGNORE INTO sets (digest, things) VALUES (?, ?)", (digest, packed))
        return int(self._base.execute("SELECT id FROM sets WHERE digest = ?", (digest,)).fetchone()[0])

    def things_of(self, number: int) -> list[Thing]:
        """Return what a set has."""
        (packed,) = self._base.execute("SELECT things FROM sets WHERE id = ?", (number,)).fetchone()
        wanted = frozenset(_unpacked(packed))
        rows = self._base.execute("SELECT id, path, block FROM things")
        return [(path, block) for one, path, block in rows if one in wanted]

    def offered(self) -> frozenset[str]:
        """Return the files of which all tests are known, if they have any."""
        return frozenset(path for (path,) in self._base.execute("SELECT path FROM offered"))

    def offer(self, paths: Iterable[str], *, but: Iterable[str] = ()) -> None:
        """Add to these, and take some out."""
        self._base.executemany("INSERT OR IGNORE INTO offered VALUES (?)", [(path,) for path in paths])
        self._base.executemany("DELETE FROM offered WHERE path = ?", [(path,) for path in but])

    def pardon(self, names: Iterable[str]) -> None:
        """Take the last failures of these for chance."""
        self._base.executemany(
            "UPDATE tests SET found = '' WHERE id = (SELECT max(id) FROM tests WHERE name = ?)",
            [(one,) for one in names],
        )

    def forget(self, names: Iterable[str]) -> None:
        """Drop the records of tests that are no more."""
        self._base.executemany("DELETE FROM tests WHERE name = ?", [(name,) for name in names])

    def sweep(self) -> None:
        """Drop what no record speaks of any more."""
        used: set[int] = set()
        for (sets,) in self._base.execute("SELECT DISTINCT sets FROM tests"):
            used |= set(_unpacked(sets))
        gone = [(one,) for (one,) in self._base.execute("SELECT id FROM sets") if one not in used]
        if len(gone) > len(used):
            self._base.executemany("DELETE FROM sets WHERE id = ?", gone)
            things: set[int] = set()
            for (packed,) in self._base.execute("SELECT things FROM sets"):
                things |= set(_unpacked(packed))
            rest = [(one,) for (one,) in self._base.execute("SELECT id FROM things") if one not in things]
            self._base.executemany("DELETE FROM things WHERE id = ?", rest)

    def _thing(self, path: str, block: str, known: int) -> int:
        if not self._numbers:
            rows = self._base.execute("SELECT path, block, print, id FROM things")
            self._numbers = {(path, block, known): number for path, block, known, number in rows}
        key = (path, block, known)
        if key not in self._numbers:
            added = self._base.execute(
                "INSERT OR IGNORE INTO things (path, block, print) VALUES (?, ?, ?)", key
            )
            if added.rowcount and added.lastrowid is not None:
                self._numbers[key] = added.lastrowid
            else:  # by another session, a moment ago
                found = self._base.execute(
                    "SELECT id FROM things WHERE path = ? AND block = ? AND print = ?", key
                )
                self._numbers[key] = found.fetchone()[0]
        return self._numbers[key]


def _opened(path: Path) -> sqlite3.Connection:
    # another session of the same project may be writing
    base = sqlite3.connect(path, timeout=10.0)
    with closing(base.execute("SELECT count(*) FROM sqlite_master WHERE name = 'tests'")) as found:
        there = found.fetchone()[0]
    if not there:
        base.executescript(_TABLES)
    return base


def _unpacked(packed: bytes) -> array[int]:
    found = array("q")
    found.frombytes(packed)
    return found
