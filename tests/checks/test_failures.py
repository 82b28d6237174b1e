from __future__ import annotations

from pathlib import Path

import pytest

from ipy_llm.checks.failures import failure, frames_in, last_words, one_line, place, reason

ROOT = Path("/p")


@pytest.mark.parametrize(
    ("message", "told", "kind"),
    [
        ("assert 6 == 5\n +  where 6 = total()", "assert 6 == 5", "AssertionError"),
        ("AssertionError: totals differ\nassert 6 == 5", "totals differ; assert 6 == 5", "AssertionError"),
        ("NameError: name 'x' is not defined", "NameError: name 'x' is not defined", "NameError"),
        ("shop.errors.Refused: no\nmore", "shop.errors.Refused: no", "Refused"),
        ("ValueError", "ValueError", "ValueError"),
        ("assert <C object at 0x7f01> is None", "assert <C object> is None", "AssertionError"),
        (
            "Failed: DID NOT RAISE <class 'ValueError'>",
            "Failed: DID NOT RAISE <class 'ValueError'>",
            "Failed",
        ),
        ("\n", "failed", "failed"),
    ],
)
def test_a_message_is_told_in_one_line_with_its_values(message, told, kind):
    assert one_line(message) == (told, kind)


def test_a_long_message_is_capped():
    told, _ = one_line(f"assert {'x' * 900} == 1")
    assert len(told) == 200
    assert told.endswith("…")


def test_the_reason_of_a_file_that_does_not_load_is_its_last_exception():
    text = "ImportError while importing test module\nE   ModuleNotFoundError: No module named 'x'\n"
    assert reason(text) == ("ModuleNotFoundError: No module named 'x'", "ModuleNotFoundError")
    text = 'E     File "/p/t.py", line 3\nE       def f(:\nE             ^\nE   SyntaxError: invalid syntax\n'
    assert reason(text) == ("SyntaxError: invalid syntax", "SyntaxError")


def test_the_reason_of_a_doctest_is_its_two_sides():
    assert reason("001 x\nExpected:\n    5\nGot:\n    6\n") == ("expected 5, got 6", "doctest")


def test_the_place_is_the_innermost_frame_of_the_project_outside_its_tests():
    frames = [
        ("/p/tests/test_a.py", 4),
        ("/p/shop/cart.py", 12),
        ("/p/shop/money.py", 7),
        ("/p/.venv/lib/python3.11/site-packages/lib.py", 9),
        ("/usr/lib/python3.11/json/decoder.py", 3),
    ]
    assert place(ROOT, "tests/test_a.py::t", frames) == ("shop/money.py", 7)


def test_the_place_is_else_in_the_test_itself_rather_than_in_its_helpers():
    frames = [("/p/tests/test_a.py", 4), ("/p/tests/helpers.py", 2)]
    assert place(ROOT, "tests/test_a.py::t", frames) == ("tests/test_a.py", 4)
    assert place(ROOT, "tests/test_b.py::t", frames) == ("tests/helpers.py", 2)
    assert place(ROOT, "tests/test_a.py::t", []) == ("tests/test_a.py", 0)


def test_frames_are_read_from_both_kinds_of_traceback():
    text = (
        'tests/test_a.py:1: in <module>\n    import shop\n  File "/p/shop/cart.py", line 3\nE   x.py:4: no\n'
    )
    assert frames_in(text, ROOT) == [("/p/tests/test_a.py", 1), ("/p/shop/cart.py", 3)]


def test_the_last_words_of_an_interpreter_are_those_of_the_thread_that_died():
    dump = (
        'Fatal Python error: Aborted\n\nThread 0x01 (most recent call first):\n  File "/p/a.py", line 1 in f\n\n'
        'Current thread 0x02 (most recent call first):\n  File "/p/b.py", line 2 in g\n  File "/p/c.py", line 3 in h\n'
        "\nExtension modules: x (total: 1)\n"
    )
    assert last_words(dump, ROOT) == [("/p/c.py", 3), ("/p/b.py", 2)]
    assert last_words("nothing", ROOT) == []


def test_a_failure_carries_its_source_line(tmp_path):
    (tmp_path / "cart.py").write_text("x = 1\n    y = 2\n")
    found = failure(
        tmp_path, "test_a.py::t", message="ValueError: no", frames=[(str(tmp_path / "cart.py"), 2)]
    )
    assert (found.place, found.text, found.code) == ("cart.py:2", "y = 2", "ValueError")
