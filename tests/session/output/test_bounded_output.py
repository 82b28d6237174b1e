"""What a cell prints and returns is kept to a budget, and the rest can be read on."""

from __future__ import annotations

import pytest
from kernel import Kernel

from ipy_llm.session.output.kept import Kept, Text, matching

LEFT_OUT = "characters left out: %llm more"


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    with Kernel(tmp_path_factory.mktemp("kernel")) as kernel:
        kernel.run("%load_ext ipy_llm")
        yield kernel


def test_a_long_print_has_its_head_its_tail_and_what_is_left_out(kernel):
    outputs = kernel.run("for i in range(100_000): print('line', i)")
    number = outputs.reply["execution_count"]
    lines = outputs.stdout.split("\n")
    assert len(outputs.stdout) < 10_200
    assert lines[:3] == ["line 0", "line 1", "line 2"]
    assert lines[-2:] == ["line 99999", ""]
    assert [line for line in lines if LEFT_OUT in line] == [
        f"[ipy_llm] 1,078,893 characters left out: %llm more {number}"
    ]
    page = kernel.run("%llm more").stdout.split("\n")
    shown = lines.index(next(line for line in lines if LEFT_OUT in line)) - 1
    assert page[0].startswith(f"In[{number}] lines {shown + 1}-")
    assert page[1] == f"line {shown}"
    assert kernel.run(f"%llm more {number}:5000-5001").stdout == (
        f"In[{number}] lines 5000-5001 of 100000; next: %llm more {number}\nline 4999\nline 5000\n"
    ).replace(f"; next: %llm more {number}", "")
    found = kernel.run(r"%llm more --find 'line 7777\d$'").stdout.split("\n")
    assert found[0] == rf"10 of 100000 lines of In[{number}] have line 7777\d$"
    assert found[1] == "77771\tline 77770"


def test_what_fits_is_left_alone(kernel):
    assert kernel.run("print('x' * 10_000)").stdout == "x" * 10_000 + "\n"
    assert kernel.run("'y' * 9000").result == repr("y" * 9000)


def test_a_long_result_is_cut_and_what_people_see_of_it_is_not(kernel):
    outputs = kernel.run("'z' * 200_000")
    assert LEFT_OUT in outputs.result
    assert len(outputs.result) < 10_200
    kernel.run(
        "class Page:\n    def __repr__(self): return 'r' * 50_000\n    def _repr_html_(self): return '<p>' * 50_000\n"
    )
    shown = next(content for kind, content in kernel.run("Page()").messages if kind == "execute_result")
    assert len(shown["data"]["text/plain"]) < 10_200
    assert len(shown["data"]["text/html"]) == 150_000


def test_each_stream_has_its_budget_and_a_program_of_its_own_too(kernel):
    outputs = kernel.run(
        "import sys\nfor i in range(5000): print('out', i); print('err', i, file=sys.stderr)"
    )
    assert LEFT_OUT in outputs.stdout
    assert LEFT_OUT in outputs.stderr
    outputs = kernel.run("!seq 100000")
    assert len(outputs.stdout) < 10_300
    assert outputs.stdout.rstrip().endswith("100000")


def test_what_was_printed_before_an_error_stands_above_it(kernel):
    outputs = kernel.run("for i in range(5000): print('line', i)\n1 / 0")
    kinds = [kind for kind, _ in outputs.messages if kind in {"stream", "error"}]
    assert kinds[-1] == "error"
    assert outputs.stdout.endswith("line 4999\n")


def test_what_is_displayed_in_between_stays_in_between(kernel):
    outputs = kernel.run("print('a' * 50_000); display('mid'); print('end')")
    said = "".join(
        content.get("text") or content["data"]["text/plain"]
        for kind, content in outputs.messages
        if kind in {"stream", "display_data"}
    )
    places = [said.index(each) for each in ("aaa", LEFT_OUT, "'mid'", "end")]
    assert places == sorted(places)


def test_a_verb_of_ours_has_its_own_budget(kernel, tmp_path):
    (tmp_path / "long.py").write_text("".join(f"name_{number} = {number}\n" for number in range(900)))
    kernel.run(f"%cd -q {tmp_path}")
    shown = kernel.run("%llm show long.py").stdout
    assert LEFT_OUT not in shown
    assert "name_400 = 400" in shown


def test_what_is_captured_is_whole(kernel):
    kernel.run("%%capture held\nfor i in range(5000): print('line', i)")
    assert kernel.run("len(held.stdout.split())").result == "10000"
    assert (
        kernel.run(
            "import io, contextlib\nwith contextlib.redirect_stdout(io.StringIO()) as text: print('x' * 50_000)\nlen(text.getvalue())"
        ).result
        == "50001"
    )


def test_streams_are_given_back_and_the_budget_can_be_set(kernel):
    kernel.run("%config IpyLLM.output = 0")
    assert len(kernel.run("print('x' * 50_000)").stdout) == 50_001
    kernel.run("%config IpyLLM.output = 1000")
    assert len(kernel.run("print('x' * 50_000)").stdout) < 1200
    kernel.run("%config IpyLLM.output = 10_000")
    who = "import sys; type(sys.stdout.write).__module__.partition('.')[0]"
    assert kernel.run(who).result == "'ipy_llm'"
    kernel.run("%unload_ext ipy_llm")
    assert kernel.run(who).result != "'ipy_llm'"
    assert len(kernel.run("print('x' * 50_000)").stdout) == 50_001
    kernel.run("%load_ext ipy_llm")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("%llm more x", "not a cell and lines"),
        ("%llm more 9999", "nothing more of In[9999]; there is of"),
        ("%llm more 9999:3", "nothing more of In[9999]"),
    ],
)
def test_a_wrong_request_for_more_is_told_what_is_right(kernel, line, told):
    kernel.run("print('x' * 50_000)")
    assert told in kernel.run(line).stderr


def test_a_text_drops_its_middle_where_it_grows_too_long():
    text = Text(limit=100)
    for number in range(1000):
        text.add(f"{number}\n")
    lines = text.lines()
    assert lines[0] == "0"
    assert lines[-1] == "999"
    assert sum(map(len, lines)) < 200
    assert any("characters were not kept" in line for line in lines)


def test_what_a_carriage_return_wrote_over_is_left_out():
    text = Text()
    text.add("10%\r20%\r100%\ndone\r\nlong " + "x" * 2500)
    assert text.lines()[:2] == ["100%", "done"]
    assert [len(line) for line in text.lines()[2:]] == [1000, 1000, 505]


def test_the_last_cells_are_kept():
    kept = Kept()
    for number in range(30):
        kept.keep(number, Text(), 0)
    assert list(kept.texts) == list(range(20, 30))


def test_what_is_no_pattern_is_found_as_text():
    assert matching(["a(b", "c"], "a(") == [1]
