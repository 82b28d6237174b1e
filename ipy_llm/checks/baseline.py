"""The types of the last few states of a project, kept: an edit, its undoing and the edit again find theirs."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ipy_llm.checks.report import Report, as_json, from_json

_KEPT = 4

_FILE = "types.json"


def remember(cache: Path, key: int, report: Report) -> None:
    """Keep the report on the state with that key, in place of the oldest of those before."""
    cache.mkdir(parents=True, exist_ok=True)
    kept = {str(key): as_json((report,))} | {
        known: told for known, told in _read(cache).items() if known != str(key)
    }
    temporary = cache / f"types-{os.getpid()}.tmp"
    temporary.write_text(json.dumps(dict(list(kept.items())[:_KEPT])), "ascii")
    temporary.replace(cache / _FILE)


def recall(cache: Path, key: int) -> Report | None:
    """Return the report kept for the state with that key, or None."""
    try:
        return from_json(_read(cache)[str(key)])[0]
    except (KeyError, TypeError, IndexError, AttributeError):
        return None  # none yet, or of another version


def _read(cache: Path) -> dict[str, list[dict[str, object]]]:
    try:
        kept = json.loads((cache / _FILE).read_text("ascii"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}
