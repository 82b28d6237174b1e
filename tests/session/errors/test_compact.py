"""Tracebacks in a few lines."""

from __future__ import annotations

import sys

import pytest

from ipy_llm.session.errors.compact import MESSAGE

GROUPS = pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups came with Python 3.11")


@pytest.fixture
def shown(kernel):
    """Run a cell that fails; return its traceback as clients print it, without our facts."""

    def shown(code, **options):
        outputs = kernel.run(code, **options)
        if outputs.status == "error":  # IPython 8.12 says ok of what `%%time` met
            assert outputs.error["traceback"] == outputs.reply["traceback"]
        return "\n".join(line for line in outputs.error["traceback"] if "[ipy_llm]" not in line)

    return shown


def test_each_frame_of_the_users_is_a_line_with_its_source(kernel, shown):
    made = kernel.run("def inner(x):\n    return 1 / x\n\ndef outer(x):\n    return inner(x)")
    count = made.reply["execution_count"] + 1
    assert shown("y = 0\nouter(y)").split("\n") == [
        f"Cell In[{count}], line 2: outer(y)",
        f"Cell In[{count - 1}], line 5, in outer: return inner(x)",
        f"Cell In[{count - 1}], line 2, in inner: return 1 / x",
        "ZeroDivisionError: division by zero",
    ]


def test_frames_of_libraries_are_one_line(shown):
    lines = shown("import json\njson.loads('[1')").split("\n")
    assert len(lines) == 3
    assert lines[1].startswith("  ... 3 frames, last json/decoder.py:")
    assert lines[1].endswith(" in raw_decode")


def test_a_file_of_the_users_is_named_from_the_current_folder(kernel, shown):
    (kernel.folder / "helping.py").write_text("def go():\n    raise KeyError('x')\n")
    lines = shown("import sys\nsys.path.insert(0, '')\nimport helping\nhelping.go()").split("\n")
    assert lines[1:] == ["helping.py:2, in go: raise KeyError('x')", "KeyError: 'x'"]


def test_a_file_that_is_no_python_is_shown_where_it_fails(kernel, shown):
    (kernel.folder / "broken_file.py").write_text("x = 1\ny = (\n")
    lines = shown("import broken_file").split("\n")
    assert "broken_file.py:2: y = (" in lines
    assert lines[-1].startswith("SyntaxError: '(' was never closed")


def test_recursion_is_folded(kernel, shown):
    lines = shown("def f(n):\n    return f(n + 1)\nf(0)").split("\n")
    assert len(lines) == 4
    assert lines[1].endswith("in f: return f(n + 1)")
    assert lines[2].startswith("... the line above ")
    lines = shown("def a(n):\n    return b(n)\ndef b(n):\n    return a(n)\na(0)").split("\n")
    assert len(lines) <= 6
    assert "... the 2 lines above" in "\n".join(lines)


def test_many_frames_leave_out_the_middle(shown):
    functions = "\n".join(f"def f{i}():\n    f{i + 1}()" for i in range(40))
    lines = shown(f"{functions}\ndef f40():\n    1 / 0\nf0()").split("\n")
    assert len(lines) == 14
    assert "more lines" in lines[4]


def test_a_long_message_keeps_its_head_and_tail(shown):
    text = shown("raise ValueError('head' + 'x' * 100_000 + 'tail')")
    assert len(text) < MESSAGE + 200
    assert "ValueError: headxxx" in text
    assert text.endswith("xtail")


def test_what_led_to_an_exception_is_a_line_each(shown):
    code = """
def f():
    try:
        {}["a"]
    except KeyError as error:
        raise ValueError("bad") from error
try:
    f()
except ValueError:
    1 / 0
"""
    lines = shown(code).split("\n")
    assert lines[-3] == "ZeroDivisionError: division by zero"
    assert lines[-2].startswith("while handling ValueError: bad (Cell In[")
    assert lines[-1].startswith("caused by KeyError: 'a' (Cell In[")
    assert lines[-1].endswith('in f: {}["a"])')


def test_a_hidden_context_stays_hidden(shown):
    text = shown("try:\n    {}['a']\nexcept KeyError:\n    raise ValueError('bad') from None")
    assert "KeyError" not in text


@GROUPS
def test_each_exception_of_a_group_is_a_line(kernel):
    outputs = kernel.run(
        "raise ExceptionGroup('several', [TypeError('a'), ExceptionGroup('more', [KeyError('b')])])"
    )
    lines = "\n".join(outputs.error["traceback"]).split("\n")
    assert lines[1:] == [
        "ExceptionGroup: several",
        "  TypeError: a",
        "  ExceptionGroup: more",
        "    KeyError: 'b'",
    ]
    assert outputs.reply["traceback"] == outputs.error["traceback"]


@GROUPS
def test_a_group_is_shown_whole_by_tb(kernel):
    kernel.run("raise ExceptionGroup('several', [TypeError('a')])")
    outputs = kernel.run("%tb")
    assert "  + Exception Group Traceback (most recent call last):" in "".join(outputs.error["traceback"])


@pytest.mark.parametrize("above", ["", "%%time\n", "import asyncio\nawait asyncio.sleep(0)\n"])
def test_what_ipython_puts_around_a_cell_is_left_out(shown, above):
    lines = shown(f"{above}int('x')").split("\n")
    assert lines[-1] == "ValueError: invalid literal for int() with base 10: 'x'"
    assert lines[-2].endswith("int('x')")
    assert not any("site-packages" in line or "IPython" in line for line in lines)


def test_an_error_that_is_captured_is_short_too(kernel):
    assert len(kernel.run("%%capture\nint('x')").error["traceback"]) == 1


def test_tb_shows_the_last_traceback_in_full(kernel, shown):
    short = shown("def f():\n    int('x')\nf()")
    assert "Traceback (most recent call last)" not in short
    outputs = kernel.run("%tb")
    full = outputs.stdout + "\n".join(outputs.error["traceback"] if outputs.error else [])
    assert "Traceback (most recent call last)" in full
    assert "----> 2     int('x')" in full or "----> 2 " in full


def test_the_switch_keeps_ipythons_own(kernel, shown):
    kernel.run("get_ipython()._ipy_llm_session.switches.traceback = 'full'")
    try:
        assert "Traceback (most recent call last)" in shown("int('x')")
    finally:
        kernel.run("get_ipython()._ipy_llm_session.switches.traceback = 'short'")


def test_the_reply_names_the_exception_as_ever(kernel):
    reply = kernel.run("int('x')").reply
    assert reply["ename"] == "ValueError"
    assert reply["evalue"] == "invalid literal for int() with base 10: 'x'"


def test_an_exit_and_a_cell_that_is_no_python_are_ipythons(kernel, shown):
    assert "SystemExit" in "".join(kernel.run("raise SystemExit(3)").error["traceback"])
    assert "invalid syntax" in shown("x = 1 +")


def test_an_exception_that_draws_itself_does(shown):
    code = "class E(Exception):\n    def _render_traceback_(self): return ['drawn']\nraise E"
    assert shown(code) == "drawn"


def test_no_code_of_an_exceptions_own_is_run_for_a_link(kernel, shown):
    kernel.run("""
ran = []
class Odd(Exception):
    def __str__(self): ran.append(1); return "odd"
""")
    kernel.run("try:\n    raise Odd()\nexcept Odd:\n    pass\nran.clear()")
    text = shown("try:\n    raise Odd('x')\nexcept Odd as e:\n    raise ValueError('y') from e")
    assert "caused by Odd (Cell" in text


def test_a_message_that_only_the_users_code_can_write_is_ipythons(kernel, shown):
    kernel.run("class Told(Exception):\n    def __str__(self): return f'told {self.args[0]}'")
    assert shown("raise Told(3)").endswith("Told: told 3")


def test_notes_are_shown(shown):
    if sys.version_info < (3, 11):
        pytest.skip("notes came with Python 3.11")
    assert "\na note" in shown("e = ValueError('x')\ne.add_note('a note')\nraise e")
