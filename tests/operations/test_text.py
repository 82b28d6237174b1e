"""Files that are not Python, through the verbs."""

import pytest

from ipy_llm.errors import IpyLlmError
from ipy_llm.operations.edit import edit, undo
from ipy_llm.operations.look import show
from ipy_llm.operations.outline import outline

README = "# Shop\n\nIntro.\n\n## Usage\n\nRun it.\n\n### Exit codes\n\n0\n"


def test_headings_are_listed_shown_and_edited(write):
    workspace = write({"README.md": README, "pyproject.toml": ""})
    assert outline(workspace, "README.md").lines[1:] == ("#Shop  1-11", "#Usage  5-11", "#Exit-codes  9-11")
    assert show(workspace, "README.md#usage").lines[1:] == (
        "1\tRun it.",
        "",
        "3\t### Exit codes",
        "",
        "5\t0",
    )
    reply = edit(workspace, "README.md::#exit-codes", "None.")
    assert reply.lines[0].startswith("replaced README.md::#Exit-codes@")
    assert (workspace.root / "README.md").read_text() == README.replace("0\n", "None.\n")
    undo(workspace)
    assert (workspace.root / "README.md").read_text() == README


def test_a_script_without_suffix_is_python_by_its_first_line(write):
    workspace = write({"tool": "#!/usr/bin/env python3\ndef run(): ...\n", "plain": "def run(): ...\n"})
    assert show(workspace, "tool::run").lines[0].startswith("tool::run@")
    with pytest.raises(IpyLlmError, match="would break"):
        edit(workspace, "tool::run ... => (")
    with pytest.raises(IpyLlmError, match="not Python"):
        show(workspace, "plain::run")
    edit(workspace, "create other", "#!/usr/bin/python\nx = 1")
    assert show(workspace, "other::x").lines[1] == "1\tx = 1"


def test_configuration_stays_whole(write):
    workspace = write({"a.json": '{"a": 1}\n', "b.jsonc": "{// c\n}\n", "pyproject.toml": "[a]\nb = 1\n"})
    with pytest.raises(IpyLlmError, match="would break the JSON"):
        edit(workspace, "a.json 1 => 1,,")
    edit(workspace, "b.jsonc c => d")
    assert (workspace.root / "a.json").read_text() == '{"a": 1}\n'


@pytest.mark.parametrize(
    ("data", "said"), [(b"caf\xe9\n", "a.txt: it is not utf-8"), (b"\0", "a.txt: it is binary")]
)
def test_what_is_no_text_is_refused_and_stays(write, data, said):
    workspace = write({"a.txt": data})
    with pytest.raises(IpyLlmError, match=said):
        edit(workspace, "into a.txt", "x")
    assert (workspace.root / "a.txt").read_bytes() == data


def test_text_is_taken_as_it_is_sent(write):
    workspace = write({"page.html": "<p>\n<!-- section: a -->\n<!-- endsection -->\n</p>\n"})
    edit(workspace, "page.html::#a", "```\n    # ... existing code ...\n```\n")
    assert (workspace.root / "page.html").read_text() == (
        "<p>\n<!-- section: a -->\n```\n    # ... existing code ...\n```\n<!-- endsection -->\n</p>\n"
    )
