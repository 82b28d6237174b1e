"""Each row of the table of what may stand before a cell magic, in a real kernel."""

from __future__ import annotations

import pytest


def test_a_comment_above_a_cell_magic_is_forgiven(run):
    assert run("# why\n\n  # more\n%%bash\necho $((40 + 2))").stdout == "42\n"


def test_magics_inside_strings_are_text(run):
    assert run('x = """\n%%bash\nls\n"""\nlen(x)').result == "11"
    assert run('"""\n%%time\n"""').result == repr("\n%%time\n")


def test_a_commented_magic_is_a_comment_and_explained_when_the_rest_is_not_python(run):
    assert run("#%%time\nx = 1\nx").result == "1"
    assert run("# %%time\nx = 1\nx").result == "1"
    assert run("#!%%bash\nls /tmp | wc").facts == ["#%%bash is a comment: write %%bash"]
    assert run("# %%bash\nls -la").facts == ["#%%bash is a comment: write %%bash"]


def test_a_cell_marker_above_a_magic_is_taken_off(run):
    assert "Wall time" in run("# %%\n%%time\nx = 1").stdout
    assert run("# %% [markdown]\n# text").status == "ok"


def test_code_above_a_magic_runs_first_with_one_notice(run):
    outputs = run("import math\nabove = math.pi\n%%bash\necho below\n%%time")
    assert outputs.stdout.startswith("below\n")
    assert outputs.hints == ["the 2 lines above %%bash run as Python first"]
    assert run("above").result == "3.141592653589793"


def test_a_silent_cell_gives_no_notice(run):
    assert run("quiet = 1\n%%bash\necho", silent=True).stderr == ""
    assert run("quiet").result == "1"


def test_a_second_magic_line_is_part_of_the_body(run, kernel):
    run("# c\n%%writefile second.txt\na\n%%time\nb")
    assert (kernel.folder / "second.txt").read_text() == "a\n%%time\nb\n"


def test_a_fence_around_a_cell_is_taken_off(run):
    assert run("```python\n# c\n%%bash\necho fenced\n```").stdout == "fenced\n"
    assert run("```python\n6 * 7\n```").result == "42"


def test_indentation_is_forgiven(run, kernel):
    run("    # c\n    %%writefile indented.txt\n    a\n      b")
    assert (kernel.folder / "indented.txt").read_text() == "a\n  b\n"
    run("# c\n  %%writefile indented.txt\na\n  b")
    assert (kernel.folder / "indented.txt").read_text() == "a\n  b\n"


def test_windows_newlines_are_normalised(run, kernel):
    assert run("# c\r\n%%bash\r\necho windows\r\n").stdout == "windows\n"
    run("%%writefile windows.txt\r\na\r\nb\r\n")
    assert (kernel.folder / "windows.txt").read_bytes() == b"a\nb\n"


@pytest.mark.parametrize("first", ["\ufeff", "\u200b", "\u2060"])
def test_invisible_characters_first_are_forgiven(run, first):
    assert run(f"{first}%%bash\necho seen").stdout == "seen\n"
    assert run(f"{first}6 * 7").result == "42"


def test_a_magic_below_a_comment_inside_of_time_works(run, kernel):
    run("%%time\n# c\n%%writefile nested.txt\n# a\n>>> b")
    assert (kernel.folder / "nested.txt").read_text() == "# a\n>>> b\n"


@pytest.mark.parametrize("above", ["", "# c\n"])
def test_bodies_are_verbatim(run, kernel, above):
    body = '# comment\n%%time\n>>> prompt\n   \nx = """\n    \n"""\n... more\nIn [1]: x\n\n'
    run(f"{above}%%writefile verbatim.txt\n{body}")
    assert (kernel.folder / "verbatim.txt").read_text() == body


def test_an_unknown_magic_is_answered_with_the_closest(run):
    outputs = run("# c\n%%writfile f\nx")
    assert "Cell magic `%%writfile` not found" in outputs.stderr
    assert outputs.hints == ["did you mean %%writefile?"]
    assert run("%tme 1").hints == ["did you mean %time or %timeit?"]
    assert run("1\n%%bsh\nls").hints == [
        "a cell magic is the first line of its cell, comments aside; did you mean %%bash or %%sh?"
    ]


def test_help_on_a_magic_below_a_comment_is_shown(run):
    reply = run("# c\n%%time?").reply
    assert "Time execution" in reply["payload"][0]["data"]["text/plain"]


def test_a_comment_on_the_magic_line_is_explained(run):
    outputs = run("%%time # why\nx = 1")
    assert outputs.status == "error"
    assert outputs.hints == ["text after %%time is its arguments: put the comment on a line above"]


def test_a_tab_after_the_name_is_accepted_and_a_space_before_it_explained(run, kernel):
    run("%%writefile\ttab.txt\na")
    assert (kernel.folder / "tab.txt").read_text() == "a\n"
    assert run("%% time\nx = 1").hints == ["write %%time without the space"]


def test_a_magic_without_its_body_is_explained(run):
    outputs = run("# c\n%%writefile empty.txt")
    assert "body is empty" in outputs.stderr
    assert outputs.hints == ["for an empty file: open('empty.txt', 'w').close()"]


@pytest.mark.parametrize(
    "cell",
    [
        "In [3]: # c\n   ...: %%bash\n   ...: echo prompted",
        ">>> # c\n>>> %%bash\n>>> echo prompted",
        "# a\u2028b\n%%bash\necho prompted",
    ],
)
def test_prompts_and_odd_line_separators_are_forgiven(run, cell):
    assert run(cell).stdout == "prompted\n"


def test_a_cell_of_comments_does_nothing(run):
    outputs = run("# one\n# two")
    assert (outputs.status, outputs.stdout, outputs.stderr) == ("ok", "", "")


def test_a_console_is_told_when_a_forgiven_cell_is_complete(kernel):
    assert kernel.is_complete("# c\n%%time\nx = 1") == "incomplete"
    assert kernel.is_complete("# c\n%%time\nx = 1\n\n") == "complete"
    assert kernel.is_complete("# c\nx = 1") == "complete"


def test_a_forgiven_cell_is_kept_as_typed_in_the_history(run):
    run("# c\n%%bash\necho history")
    assert run("_i").result == repr("# c\n%%bash\necho history")


def test_capture_takes_the_notice_with_the_rest(run):
    outputs = run("%%capture taken\nimport os\n%%bash\necho inside")
    assert (outputs.stdout, outputs.stderr) == ("", "")
    assert run("taken.stdout").result == repr("inside\n")
