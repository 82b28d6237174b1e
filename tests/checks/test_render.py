from __future__ import annotations

from dataclasses import replace

from ipy_llm.checks.render import render
from ipy_llm.checks.report import Diagnostic, Report


def typed(number: int) -> Diagnostic:
    return Diagnostic("mypy", "shop/cart.py", number, "Incompatible return value type", "return-value")


def failing(number: int, message: str = "assert 6 == 5") -> Diagnostic:
    return Diagnostic(
        "pytest", "shop/cart.py", 12, message, "AssertionError", f"tests/test_cart.py::test_{number}"
    )


MYPY = Report("mypy", "clean", fixed=0)
PYTEST = Report("pytest", "clean", ran=214, fixed=0)


def with_(report: Report, *found: Diagnostic) -> Report:
    return replace(report, outcome="failed", diagnostics=found)


def test_nothing_new_is_one_line():
    assert render((MYPY, PYTEST)) == ["mypy, 214 tests: nothing new"]


def test_what_was_fixed_is_counted_in_it():
    assert render((MYPY, replace(PYTEST, fixed=2))) == ["mypy, 214 tests: nothing new, fixed 2"]


def test_without_a_comparison_nothing_failing_is_clean():
    assert render((replace(MYPY, fixed=None), replace(PYTEST, fixed=None, ran=1))) == ["mypy, 1 test: clean"]


def test_no_checks_are_no_lines():
    assert render(()) == []


def test_new_findings_are_a_line_each_tests_first():
    assert render((with_(MYPY, typed(14)), with_(PYTEST, failing(1)))) == [
        "new: tests/test_cart.py::test_1 - assert 6 == 5 (shop/cart.py:12)",
        "new: shop/cart.py:14: Incompatible return value type [return-value]",
    ]


def test_without_a_comparison_they_are_counted():
    reports = (replace(with_(MYPY, typed(14)), fixed=None), replace(PYTEST, fixed=None))
    assert render(reports) == [
        "shop/cart.py:14: Incompatible return value type [return-value]",
        "214 tests: clean; mypy: 1 failing",
    ]
    reports = (replace(MYPY, fixed=None), replace(with_(PYTEST, failing(1)), fixed=None))
    assert render(reports)[-1] == "mypy: clean; 214 tests: 1 failing"


def test_a_tool_that_did_not_get_through_is_said_in_the_one_line():
    missing = Report(
        "pytest", "unavailable", note="not installed: .venv/bin/python -m pip install pytest", fixed=0
    )
    assert render((MYPY, missing)) == [
        "mypy: nothing new; pytest: not installed: .venv/bin/python -m pip install pytest"
    ]
    assert render((missing,)) == ["pytest: not installed: .venv/bin/python -m pip install pytest"]


def test_tools_that_are_missing_alike_share_a_clause():
    def missing(tool, note):
        return Report(tool, "unavailable", note=note, complete=False)

    note = "not installed, not run"
    assert render((missing("mypy", note), missing("pytest", note))) == [f"mypy, pytest: {note}"]
    command = "not installed: .venv/bin/python -m pip install"
    assert render((missing("mypy", f"{command} mypy"), missing("pytest", f"{command} pytest"))) == [
        f"mypy, pytest: {command} mypy pytest"
    ]
    assert render((missing("mypy", note), missing("pytest", f"{command} pytest"))) == [
        f"mypy: {note}; pytest: {command} pytest"
    ]


def test_beside_findings_it_is_the_last_line():
    stopped = Report(
        "pytest", "timed-out", (failing(1),), note="stopped after 60 s, 3 of 9 tests ran", fixed=1
    )
    assert render((MYPY, stopped)) == [
        "new: tests/test_cart.py::test_1 - assert 6 == 5 (shop/cart.py:12)",
        "fixed 1; pytest: stopped after 60 s, 3 of 9 tests ran",
    ]


def test_what_exceeds_the_limit_is_counted_and_no_tool_crowds_out_another():
    lines = render(
        (with_(MYPY, *map(typed, range(40))), with_(PYTEST, *(failing(n, str(n)) for n in range(9))))
    )
    assert len(lines) == 15
    assert lines[-1] == "… 35 more: ipy-llm check"
    assert sum("::" in line for line in lines) == 7


def test_three_tests_that_fail_alike_share_a_line():
    cause = "NameError: name 'x' is not defined"
    found = [replace(failing(n, cause), test=f"tests/test_{n}.py::test_total") for n in range(8)]
    assert render((with_(PYTEST, failing(1), *found),)) == [
        "new: tests/test_cart.py::test_1 - assert 6 == 5 (shop/cart.py:12)",
        f"new: tests/test_0.py::test_total and 7 more - {cause} (shop/cart.py:12)",
    ]
    assert len(render((with_(PYTEST, *found[:3]),))) == 1
    assert len(render((with_(PYTEST, *found[:2]),))) == 2


def test_when_room_is_short_two_that_fail_alike_share_a_line_too():
    found = [failing(n, str(n // 2)) for n in range(16)]
    assert render((with_(PYTEST, *found[:14]),))[1].startswith("new: tests/test_cart.py::test_1 - 0")
    lines = render((with_(PYTEST, *found),))
    assert len(lines) == 8
    assert lines[1] == "new: tests/test_cart.py::test_2 and 1 more - 1 (shop/cart.py:12)"


def test_parameters_of_one_test_that_fail_alike_share_a_line():
    found = [
        replace(failing(1), test=f"tests/test_cart.py::test_total[{case}]")
        for case in ("a::[b", "c", "d", "e")
    ]
    place = "assert 6 == 5 (shop/cart.py:12)"
    assert render((with_(PYTEST, *found[:2]),)) == [
        f"new: tests/test_cart.py::test_total[a::[b] [c] - {place}"
    ]
    assert render((with_(PYTEST, *found),)) == [
        f"new: tests/test_cart.py::test_total[a::[b] [c] [d] and 1 more - {place}"
    ]


def test_a_limit_of_a_few_lines_is_kept():
    reports = (with_(MYPY, *map(typed, range(40))), replace(with_(PYTEST, failing(1)), note="n"))
    assert render(reports, 3, more="%check") == [
        "new: tests/test_cart.py::test_1 - assert 6 == 5 (shop/cart.py:12)",
        "… 40 more: %check",
        "pytest: n",
    ]
