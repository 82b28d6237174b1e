"""Reports in as few lines as tell a model what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence

from ipy_llm.checks.report import Diagnostic, Report, count

# They look at every edit.
_EVERY = ("ruff", "names")

# How a note begins that needs no name of a tool before it.
_NO_TEST = "no test "

# How many parameters of one test are named.
_CASES = 3

# How many tests must fail alike to share a line where there is room for one each.
_MANY = 3


def render(reports: Sequence[Report], limit: int = 15, *, more: str = "ipy-llm check") -> list[str]:
    """Return at most `limit` lines: the findings, then one on what else there is to know; one in all when nothing was found.

    Reports that were compared tell what is new, others everything. `more` is what to send for the findings left out.
    """
    if not reports:
        return []
    compared = any(report.fixed is not None for report in reports)
    # the last, the tests, first: they say what broke, types often only where
    listed = reports[::-1]
    groups = [_grouped(report.diagnostics) for report in listed]
    tail = _tail(reports, compared=compared, found=any(groups))
    room = max(limit - bool(tail), 2)
    if sum(map(len, groups)) > room:
        groups = [_together(report.diagnostics, _causes) for report in listed]
    shown = _fairly(groups, room)
    total = sum(len(report.diagnostics) for report in reports)
    if total > sum(map(len, shown)):
        shown = _fairly(groups, room - 1)
    left = total - sum(map(len, shown))
    lines = [("new: " if compared else "") + _line(alike) for alike in shown]
    if left:
        lines.append(f"… {left} more: {more}")
    return [*lines, tail] if tail else lines


def _line(alike: Sequence[Diagnostic]) -> str:
    first = alike[0]
    if not first.test:
        code = f" [{first.code}]" if first.code else ""
        return f"{first.place}: {first.message}{code}"
    place = f" ({first.place})" if first.place != first.test else ""
    return f"{_named(alike)} - {first.message}{place}"


def _named(alike: Sequence[Diagnostic]) -> str:
    """Return `test_cart.py::test_total[a] [b] and 3 more`."""
    function = _function(alike[0])
    cases = [found.test[len(function) :] for found in alike[:_CASES] if _function(found) == function]
    others = f" and {len(alike) - len(cases)} more" if len(alike) > len(cases) else ""
    return f"{function}{' '.join(cases)}{others}"


def _function(found: Diagnostic) -> str:
    """Return the id of a test without its parameters."""
    file, _, name = found.test.partition("::")
    return f"{file}::{name.partition('[')[0]}" if name else file


def _tail(reports: Sequence[Report], *, compared: bool, found: bool) -> str:
    """Return what there is to say besides the findings, in one line."""
    said = []
    if not found:
        through = [
            _label(report)
            for report in reports
            if report.outcome in ("clean", "failed") and not _silent(report)
        ]
        if through:
            said.append(f"{', '.join(through)}: {'nothing new' if compared else 'clean'}")
    elif not compared:
        through = [_label(report) for report in reports if report.outcome == "clean" and not _silent(report)]
        failing = [
            f"{_label(report)}: {len(report.diagnostics)} failing"
            for report in reversed(reports)
            if report.diagnostics
        ]
        said.append("; ".join(([f"{', '.join(through)}: clean"] if through else []) + [", ".join(failing)]))
    if fixed := sum(report.fixed or 0 for report in reports):
        said.append(f"fixed {fixed}")
    head = ", ".join(said)
    notes = _notes(reports)
    return "; ".join([head, *notes] if head else notes)


def _notes(reports: Sequence[Report]) -> list[str]:
    """Return what kept tools from their work, each reason once: `mypy, pytest: not installed: …/pip install mypy pytest`."""
    tools: dict[tuple[str, bool], list[str]] = {}
    for report in reports:
        if report.note or _stuck(report):
            reason = report.note or report.outcome
            bare = reason.removesuffix(f" install {report.tool}")  # the one command installs them all
            tools.setdefault((bare, bare != reason), []).append(report.tool)
    return [
        reason
        if reason.startswith(_NO_TEST)
        else f"{', '.join(names)}: {reason}{' install ' + ' '.join(names) if installs else ''}"
        for (reason, installs), names in tools.items()
    ]


def _silent(report: Report) -> bool:
    """Say whether a tool goes without saying: it looks at every edit, or had nothing to run."""
    return report.tool in _EVERY or report.note.startswith(_NO_TEST)


def _label(report: Report) -> str:
    return count(report.ran, "test") if report.ran else report.tool


def _stuck(report: Report) -> bool:
    return report.outcome in ("unavailable", "timed-out", "crashed")


def _grouped(diagnostics: Sequence[Diagnostic]) -> list[list[Diagnostic]]:
    """Return the tests that fail alike together: many of any, else the parameters of one."""
    alike = Counter(_causes(found) for found in diagnostics)
    return _together(
        diagnostics, lambda found: _causes(found) if alike[_causes(found)] >= _MANY else _cases(found)
    )


def _together(
    diagnostics: Sequence[Diagnostic], key: Callable[[Diagnostic], Hashable]
) -> list[list[Diagnostic]]:
    """Return the tests with an equal key together, other findings each alone."""
    groups: dict[Hashable, list[Diagnostic]] = {}
    for number, found in enumerate(diagnostics):
        groups.setdefault(key(found) if found.test else number, []).append(found)
    return list(groups.values())


def _cases(found: Diagnostic) -> Hashable:
    """Return what the parameters of one test that fail alike have in common."""
    return (_function(found), *_causes(found))


def _causes(found: Diagnostic) -> tuple[str, ...]:
    """Return what tests that fail at one place for one reason have in common."""
    return (found.place, found.code, found.message)


def _fairly(groups: Sequence[Sequence[list[Diagnostic]]], room: int) -> list[list[Diagnostic]]:
    """Return at most `room` of the groups' members, so that no tool crowds out another."""
    shares = [0] * len(groups)
    while room > 0 and any(share < len(group) for share, group in zip(shares, groups, strict=True)):
        for index, group in enumerate(groups):
            if room > 0 and shares[index] < len(group):
                shares[index] += 1
                room -= 1
    return [alike for share, group in zip(shares, groups, strict=True) for alike in group[:share]]
