"""The outlines of the last texts, kept: to edit what was just shown, or edited, parses nothing twice."""

from __future__ import annotations

from collections.abc import Sequence

from ipy_llm.source.chunks import Language, Outline
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.structure.renew import Cut, renew
from ipy_llm.source.text import Source

KEPT = 32  # a few hundred kilobytes each

_kept: dict[tuple[Source, Language], Outline] = {}  # by the text itself, so that none is ever stale


def known_outline(source: Source, language: Language = "python") -> Outline:
    """Return `outline(source)`, kept from the last time where there is one."""
    kept = _kept.pop((source, language), None)
    return _keep(kept or outline(source, language))


def outline_after(
    before: Outline, cuts: Sequence[Cut], after: Source, language: Language = "python"
) -> Outline:
    """Return `outline(after)`: of the document before with the spans of `cuts` replaced by their new texts."""
    if language != "python":  # what is magic in a cell goes by all of its text
        return outline(after, language)
    return _keep(renew(before, cuts, after) or outline(after))


def _keep(found: Outline) -> Outline:
    while len(_kept) >= KEPT:
        _kept.pop(next(iter(_kept)), None)  # the one that was not asked for longest
    _kept[found.source, found.language] = found
    return found
