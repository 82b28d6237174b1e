"""What a check found, as values: a finding, a tool's report, and what is new in it.

A check that fails, cannot run or runs out of time is a `Report` too; nothing here raises.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, TypeAlias

# failed: the tool ran and found something. crashed: it did not get through (a broken configuration,
# a dead interpreter); `Report.note` says why.
Outcome: TypeAlias = Literal["clean", "failed", "unavailable", "timed-out", "crashed"]

# What a moved line changes within a message: `(already defined on line 12)`, `cart.py:12`, `<C at 0x7f…>`.
_VOLATILE = re.compile(r"(?<=\bline )\d+|(?<=\blines )\d+|(?<=\.py:)\d+|(?<=\b0x)[0-9a-fA-F]+")


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding, and the place in the project to edit.

    `path` is relative to the project's root, with `/`; `line` is 1-based, 0 where there is none. `code` is
    the tool's name for the kind of finding: `return-value`, `AssertionError`. `test` is the test's id, or
    the id of the file whose tests could not be collected, and empty for other tools. `text` is the stripped source line.
    """

    tool: str
    path: str
    line: int
    message: str
    code: str = ""
    test: str = ""
    text: str = ""

    @property
    def place(self) -> str:
        """`shop/cart.py:12`: an address to show or edit."""
        return f"{self.path}:{self.line}" if self.line > 0 else self.path

    @property
    def fingerprint(self) -> tuple[str, ...]:
        """What stays when lines move.

        A test is its id and the kind of its failure, since the place that fails may wander and values may
        be random; any other finding is its path, code and message without line numbers.
        """
        if self.test:
            return (self.tool, self.test, self.code)
        return (self.tool, self.path, self.code, _VOLATILE.sub("#", self.message))


@dataclass(frozen=True, slots=True)
class Report:
    """One tool's outcome.

    `ran` counts the tests run (0 for other tools). `note` is one line on what kept the tool from its work.
    `complete` is False when part of the project was not looked at: what `diagnostics` lacks may still be
    there; then `passed` holds the ids of the tests that are known to have passed. `fixed` counts the
    findings of the run before that are gone, and is None where nothing was compared.
    """

    tool: str
    outcome: Outcome
    diagnostics: tuple[Diagnostic, ...] = ()
    note: str = ""
    seconds: float = 0.0
    ran: int = 0
    complete: bool = True
    passed: tuple[str, ...] = ()
    fixed: int | None = None


def new_in(before: Report, after: Report) -> Report:
    """Return `after` with only the findings that `before` has not, as a multiset difference.

    Where `before` did not look, a finding can be neither old nor new: those are left out and counted in
    the note.
    """
    fresh, gone = _unmatched(before.diagnostics, after.diagnostics)
    unloaded = _unloaded(before)
    known = {*before.passed, *(found.test for found in before.diagnostics)}
    told = [
        found
        for found in fresh
        if (before.complete or found.test in known) and _file_of(found.test) not in unloaded
    ]
    # a tool that got through with the same remark as before has nothing new to say
    remarked = after.outcome in ("clean", "failed") and after.note == before.note
    notes = [after.note] if after.note and not remarked else []
    if untold := [found for found in fresh if found not in told]:
        what = (
            untold[0].test or untold[0].place
            if len({found.test for found in untold}) == 1
            else count(len(untold), "finding")
        )
        notes.append(f"{what} not compared, {_reason(before, unloaded)}")
    return replace(
        after,
        outcome="clean" if after.outcome == "failed" and not told else after.outcome,
        diagnostics=tuple(told),
        note="; ".join(notes),
        fixed=_fixed(gone, after),
    )


def compare(before: Sequence[Report], after: Sequence[Report]) -> tuple[Report, ...]:
    """Return `new_in` for each report of `after`, paired by tool; a tool that did not run before knew nothing."""
    known = {report.tool: report for report in before}
    unknown = Report("", "unavailable", note="it did not run", complete=False)
    return tuple(new_in(known.get(report.tool, unknown), report) for report in after)


def as_json(reports: Iterable[Report]) -> list[dict[str, Any]]:
    """Return the reports as plain data."""
    return [asdict(report) for report in reports]


def from_json(data: Iterable[dict[str, Any]]) -> tuple[Report, ...]:
    """Read back what `as_json` gave. Raises KeyError or TypeError for anything else."""
    return tuple(
        Report(
            **{
                **one,
                "diagnostics": tuple(Diagnostic(**found) for found in one["diagnostics"]),
                "passed": tuple(one["passed"]),
            }
        )
        for one in data
    )


def _unmatched(
    before: Iterable[Diagnostic], after: Iterable[Diagnostic]
) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """Return what only `after` has and what only `before` has.

    Of several findings alike, those on a source line with the same text are paired first: it decides
    which one of them is shown as the new one.
    """
    fresh, gone = list(after), list(before)
    for key in (_exact, _alike):
        fresh, gone = _difference(fresh, gone, key), _difference(gone, fresh, key)
    return fresh, gone


def _exact(found: Diagnostic) -> Hashable:
    return (found.fingerprint, found.text)


def _alike(found: Diagnostic) -> Hashable:
    return found.fingerprint


def _difference(
    those: list[Diagnostic], without: list[Diagnostic], key: Callable[[Diagnostic], Hashable]
) -> list[Diagnostic]:
    left = Counter(key(found) for found in without)
    kept = []
    for found in those:
        if left[key(found)] > 0:
            left[key(found)] -= 1
        else:
            kept.append(found)
    return kept


def _unloaded(report: Report) -> frozenset[str]:
    """Return the test files that could not be collected: nothing is known of their tests."""
    return frozenset(found.test for found in report.diagnostics if found.test and "::" not in found.test)


def _file_of(test: str) -> str:
    """Return the file of a test within it, nothing for the file itself."""
    file, inside, _ = test.partition("::")
    return file if inside else ""


def _fixed(gone: Sequence[Diagnostic], after: Report) -> int:
    if after.outcome == "unavailable":
        return 0
    unloaded = _unloaded(after)
    return sum(
        found.test in after.passed if not after.complete else _file_of(found.test) not in unloaded
        for found in gone
    )


def _reason(before: Report, unloaded: frozenset[str]) -> str:
    if before.complete and unloaded:
        return "their files did not load before"
    return f"before the edit: {before.note or before.outcome}"


def count(number: int, noun: str) -> str:
    """Return `1 test`, `2 tests`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
