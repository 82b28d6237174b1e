"""The words of a reply to edits: what was done, with the digests that a chain of edits needs."""

from __future__ import annotations

from collections.abc import Sequence

from ipy_llm.source.editing.edits import Touched

LINES = 12  # with three of the checks a reply has fifteen
_NAMED = 40  # chunks of a patch with more entries than lines; who sends hundreds shows what comes next
_FILES = 5

Edited = tuple[Touched, str]  # with how messages write its document


def say_all(edited: Sequence[Edited]) -> list[str]:
    """Return a line for each edit, or where they are many one for each verb and those that have notes.

    Several edits of the same lines of a document, or of all of it, are told once.
    """
    edited = list(dict.fromkeys(edited))
    if len(edited) <= LINES:
        return [say(touched, name) for touched, name in edited]
    verbs: dict[str, list[str]] = {}
    last: dict[str, str] = {}  # the document named last on each line
    for number, (touched, name) in enumerate(edited):
        plain = where(touched, name)
        # As in a patch: without a document it is that of the one before.
        short = plain.removeprefix(name) if touched.target and name == last.get(touched.verb) else plain
        digest = f"@{touched.digest}" if touched.digest else ""
        verbs.setdefault(touched.verb, []).append(f"{short}{digest}" if number < _NAMED else "")
        last[touched.verb] = name if number < _NAMED else ""
    lines = [f"{verb} {some(names, len(list(filter(None, names))))}" for verb, names in verbs.items()]
    noted = [
        f"{where(touched, name)}: {'; '.join(touched.notes)}" for touched, name in edited if touched.notes
    ]
    room = LINES - len(lines)
    if len(noted) > room:
        noted[room - 1 :] = [f"... {len(noted) - room + 1} more with notes"]
    return [*lines, *noted]


def say(touched: Touched, name: str) -> str:
    """Return `replaced shop/cart.py::Cart.total@91c0 lines 18-21 (kept @property)`."""
    said = f"{touched.verb} {where(touched, name)}"
    if touched.digest:
        said += f"@{touched.digest}"
    if touched.lines and touched.target:
        first, last = touched.lines
        said += f" line {first}" if first == last else f" lines {first}-{last}"
    return said + (f" ({'; '.join(touched.notes)})" if touched.notes else "")


def where(touched: Touched, name: str) -> str:
    """Return the full address of what was touched."""
    return f"{name}{'::' if touched.target else ''}{touched.target}"


def some(names: Sequence[str], most: int = _FILES) -> str:
    """Return the first of the names, and how many more there are."""
    if len(names) <= most:
        return ", ".join(names)
    said = f"{', '.join(names[:most])} and " if most else ""
    return f"{said}{len(names) - most} more"
