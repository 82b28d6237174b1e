"""Which real names a wrong one may have meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def closest(wanted: str, names: Iterable[str], *, count: int = 5) -> list[str]:
    """Return at most `count` of `names` that are close to `wanted`, best first.

    Close by spelling (`dump_s` and `dumps`) or by the words a name is made of (`parse_date` and
    `date_parse`, `get_area` and `area`), each word weighing its letters. Of dotted names the last
    segments are compared; of those alike, the one whose owner has more words in common comes first.
    """
    target = _last(wanted)
    lowered, words, owner = target.lower(), _words(target), _words(_owner(wanted))
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(lowered)
    scored = []
    for name in dict.fromkeys(names):
        last = _last(name)
        score = 0.95 * _overlap(words, _words(last))
        matcher.set_seq1(last.lower())
        # the two cheap bounds spare the dear comparison for nearly every name
        if matcher.real_quick_ratio() > max(score, 0.6) and matcher.quick_ratio() > max(score, 0.6):
            score = max(score, matcher.ratio())
        if score >= 0.6:
            scored.append(
                (-score, last.startswith("_"), -_overlap(owner, _words(_owner(name))), len(name), name)
            )
    scored.sort()
    # beside a good match, a poor one is noise
    return [name for score, *_, name in scored[:count] if score <= scored[0][0] + 0.2]


def closest_public(wanted: str, names: Iterable[str], *, count: int) -> list[str]:
    """Return the closest names; those that begin with `_` only where `wanted` does."""
    private = wanted.startswith("_")
    return closest(wanted, (name for name in names if private or not name.startswith("_")), count=count)


def _last(name: str) -> str:
    return name.rpartition("::")[2].rpartition(".")[2]


def _owner(name: str) -> str:
    return name.rpartition("::")[2].rpartition(".")[0]


def _words(name: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _TOKEN.findall(name))


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    total = sum(map(len, one)) + sum(map(len, other))
    return 2 * sum(map(len, one & other)) / total if total else 0.0
