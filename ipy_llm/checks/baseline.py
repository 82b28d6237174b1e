"""The reports of the last run, kept for as long as the project stays as it was."""

from __future__ import annotations

import hashlib
import json
import os
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from ipy_llm.checks.report import Report, as_json, from_json
from ipy_llm.workspace.project import walk

# Changes with what is stored and how it is found.
_FORMAT = 1

_CONFIGURATIONS = (
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "tox.ini",
    "mypy.ini",
    ".mypy.ini",
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    ".pytest.toml",
)


def tree_key(root: Path, interpreter: Path) -> str:
    """Return a fingerprint of what the checks look at: path, size and time of change of the project's Python files and
    configuration, and of the folders of installed packages.
    """  # noqa: D205 - one sentence
    digest = hashlib.blake2b(f"{_FORMAT} {interpreter}".encode(), digest_size=16)
    for path in _looked_at(root, interpreter):
        try:
            found = path.stat()
        except OSError:
            continue
        digest.update(f"\0{path}\0{found.st_size}\0{found.st_mtime_ns}".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def remember(cache: Path, key: str, reports: tuple[Report, ...]) -> None:
    """Keep the reports for the tree with that key, in place of those of an earlier one."""
    cache.mkdir(parents=True, exist_ok=True)
    temporary = cache / f"baseline-{os.getpid()}.tmp"
    temporary.write_text(json.dumps({"key": key, "reports": as_json(reports)}), "ascii")
    temporary.replace(cache / "baseline.json")


def recall(cache: Path, key: str) -> tuple[Report, ...] | None:
    """Return the reports kept for the tree with that key, or None."""
    try:
        kept = json.loads((cache / "baseline.json").read_text("ascii"))
        return from_json(kept["reports"]) if kept["key"] == key else None
    except (OSError, ValueError, KeyError, TypeError):
        return None  # none yet, or of another version


def _looked_at(root: Path, interpreter: Path) -> Iterator[Path]:
    for suffix in (".py", ".pyi"):
        yield from walk(root, suffix)
    for name in _CONFIGURATIONS:
        yield root / name
    # installing or removing a package changes what is found
    yield Path(sysconfig.get_path("purelib"))
    yield from sorted(interpreter.parent.parent.glob("[Ll]ib/python*/site-packages"))
