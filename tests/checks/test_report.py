from __future__ import annotations

import json

from ipy_llm.checks.report import Diagnostic, Report, as_json, compare, from_json, new_in


def typed(line: int, message: str = "bad", text: str = "", path: str = "a.py") -> Diagnostic:
    return Diagnostic("mypy", path, line, message, "return-value", text=text)


def failing(
    test: str, message: str = "assert 1 == 2", code: str = "AssertionError", line: int = 1
) -> Diagnostic:
    return Diagnostic("pytest", "tests/test_a.py", line, message, code, test)


def report(*found: Diagnostic, **facts: object) -> Report:
    facts = {"tool": found[0].tool if found else "mypy", "outcome": "failed" if found else "clean", **facts}
    return Report(diagnostics=found, **facts)


def test_a_finding_whose_line_moved_is_not_new():
    news = new_in(report(typed(3)), report(typed(30)))
    assert (news.outcome, news.diagnostics, news.fixed) == ("clean", (), 0)


def test_line_numbers_and_addresses_within_a_message_do_not_make_it_new():
    before = report(typed(3, 'Name "x" already defined on line 2 (shop.py:7) <C at 0x7f01>'))
    after = report(typed(4, 'Name "x" already defined on line 3 (shop.py:8) <C at 0x7fab>'))
    assert new_in(before, after).outcome == "clean"


def test_other_numbers_within_a_message_do():
    before, after = report(typed(3, "expected 2 arguments")), report(typed(3, "expected 3 arguments"))
    assert new_in(before, after).diagnostics == after.diagnostics


def test_of_three_alike_where_two_were_one_is_new_and_it_is_the_one_on_the_new_source_line():
    before = report(typed(10, text="return 1"), typed(40, text="return 4"))
    after = report(typed(5, text="return 0"), typed(20, text="return 1"), typed(50, text="return 4"))
    assert new_in(before, after).diagnostics == (typed(5, text="return 0"),)


def test_an_old_finding_on_a_line_that_was_edited_stays_old():
    assert new_in(report(typed(3, text="return x")), report(typed(3, text="return y"))).outcome == "clean"


def test_a_finding_that_went_is_fixed_and_a_second_one_alike_is_counted():
    news = new_in(report(typed(1), typed(2), typed(3, "other")), report(typed(1)))
    assert (news.outcome, news.fixed) == ("clean", 2)


def test_a_test_that_fails_with_other_values_is_old_and_one_that_fails_in_another_way_is_new():
    before = report(failing("t.py::a", "assert 1 == 2"), failing("t.py::b"))
    after = report(failing("t.py::a", "assert 1 == 3", line=9), failing("t.py::b", "name 'x'", "NameError"))
    assert [found.test for found in new_in(before, after).diagnostics] == ["t.py::b"]


def test_after_a_run_that_timed_out_only_what_is_known_to_have_passed_is_new():
    before = report(
        failing("t.py::old"),
        outcome="timed-out",
        complete=False,
        passed=("t.py::a",),
        note="stopped after 60 s",
    )
    after = report(failing("t.py::old"), failing("t.py::a"), failing("t.py::unknown"))
    news = new_in(before, after)
    assert [found.test for found in news.diagnostics] == ["t.py::a"]
    assert news.note == "t.py::unknown not compared, before the edit: stopped after 60 s"


def test_in_a_file_that_did_not_load_before_nothing_is_called_new():
    before = report(failing("t.py", "No module named 'x'", "ModuleNotFoundError"))
    after = report(failing("t.py::a"), failing("u.py::b"))
    news = new_in(before, after)
    assert [found.test for found in news.diagnostics] == ["u.py::b"]
    assert news.note == "t.py::a not compared, their files did not load before"
    assert news.fixed == 1


def test_what_a_run_did_not_reach_is_not_called_fixed():
    before = report(failing("t.py::a"), failing("t.py::b"), failing("u.py::c"))
    stopped = report(outcome="timed-out", tool="pytest", complete=False, passed=("t.py::a",))
    assert new_in(before, stopped).fixed == 1
    unloaded = report(failing("t.py"))
    assert new_in(before, unloaded).fixed == 1
    assert new_in(before, report(outcome="unavailable", tool="pytest")).fixed == 0


def test_a_tool_that_did_not_run_before_has_nothing_to_compare_with():
    (news,) = compare((), (report(typed(1)),))
    assert (news.outcome, news.diagnostics) == ("clean", ())
    assert news.note == "a.py:1 not compared, before the edit: it did not run"


def test_a_timeout_stays_a_timeout_when_nothing_is_new():
    assert new_in(report(), report(outcome="timed-out", complete=False)).outcome == "timed-out"


def test_reports_survive_json():
    reports = (
        report(typed(3, text="x")),
        report(
            failing("t.py::ä"), outcome="timed-out", complete=False, passed=("t.py::b",), seconds=1.5, ran=2
        ),
    )
    assert from_json(json.loads(json.dumps(as_json(reports)))) == reports


def test_a_place_is_an_address():
    assert typed(12).place == "a.py:12"
    assert typed(0).place == "a.py"


def test_a_remark_made_before_is_not_repeated_but_a_tool_that_is_stuck_stays_said():
    assert new_in(report(note="odd option"), report(note="odd option")).note == ""
    assert new_in(report(), report(note="odd option")).note == "odd option"
    missing = report(outcome="unavailable", note="not installed", complete=False)
    assert new_in(missing, missing).note == "not installed"
