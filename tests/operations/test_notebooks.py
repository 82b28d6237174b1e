"""Notebooks through the verbs, as a model meets them."""

import json

import nbformat
import pytest

from ipy_llm.errors import IpyLlmError, NotFoundError
from ipy_llm.operations.edit import edit, undo
from ipy_llm.operations.look import show
from ipy_llm.operations.outline import outline


def cell(source, kind="code", **more):
    own = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "metadata": {}, "source": source.splitlines(keepends=True)} | own | more


def notebook(*cells):
    cells = [one | {"id": f"c{number}"} for number, one in enumerate(cells, 1)]
    made = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(made, indent=1, ensure_ascii=False) + "\n").encode()


SALES = notebook(
    cell("# Sales\n\nOf the year.", "markdown"),
    cell("%matplotlib inline\nimport pandas as pd"),
    cell("RATE = 20\n\n\ndef load(path):\n    return pd.read_csv(path)", execution_count=3),
    cell("def clean(frame):\n    return frame * RATE\n\n\nclean(load('x')).head()"),
    cell("%%bash\nls"),
)


@pytest.fixture
def project(write):
    return write({"sales.ipynb": SALES, "a.py": "import os\n", "pyproject.toml": ""})


def read(workspace, name="sales.ipynb"):
    return (workspace.root / name).read_bytes()


def test_the_outline_of_a_notebook_lists_cells_with_what_is_in_them(project):
    assert outline(project, "sales.ipynb").lines == (
        "sales.ipynb  5 cells",
        "[1]  markdown  3 lines  # Sales ...",
        "[2]  2 lines  %matplotlib inline ...",
        "[3]  5 lines",
        "  RATE = 20  1",
        "  def load(path)  4-5",
        "[4]  5 lines",
        "  def clean(frame)  1-2",
        "[5]  2 lines  %%bash ...",
    )
    assert outline(project).lines[1:] == (
        "sales.ipynb  14 lines",
        "  [3] RATE = 20  1",
        "  [3] def load(path)  4-5",
        "  [4] def clean(frame)  1-2",
    )


def test_the_outline_of_one_cell_lists_that_cell(project):
    assert outline(project, "sales.ipynb::[4]").lines[1:] == ("[4]  5 lines", "  def clean(frame)  1-2")


def test_a_name_is_found_where_json_escapes_its_letters(write):
    made = json.dumps(json.loads(notebook(cell("def größe(): ..."))), indent=1).encode()
    assert b"gr\\u00f6" in made
    workspace = write({"a.ipynb": made})
    edit(workspace, "größe", "def größe(): return 'ü'")
    after = (workspace.root / "a.ipynb").read_bytes()
    assert after == made.replace(b": ...", b": return '\\u00fc'")


@pytest.mark.parametrize(
    "change", [lambda data: b"\xef\xbb\xbf" + data, lambda data: data.replace(b"\n", b"\r\n")]
)
def test_mark_and_line_ends_of_the_json_stay(write, change):
    workspace = write({"sales.ipynb": change(SALES)})
    edit(workspace, "load", "def load(path):\n    return path")
    edit(workspace, "after sales.ipynb::[5]", "x = 1")
    edit(workspace, "delete sales.ipynb::[6]")
    assert read(workspace) == change(SALES.replace(b"pd.read_csv(path)", b"path"))


def test_half_a_surrogate_stays_half(write):
    made = notebook(cell("a = 'XX'\nb = 1")).replace(b"XX", b"\\ud83d")
    workspace = write({"a.ipynb": made})
    edit(workspace, "a.ipynb::[1] b = 1 => b = 2")
    assert read(workspace, "a.ipynb") == made.replace(b"b = 1", b"b = 2")


def test_show_prints_every_cell_with_the_digest_its_lines_take(project):
    lines = show(project, "sales.ipynb").lines
    assert lines[0] == "sales.ipynb  5 cells"
    assert lines[1].startswith("[1]@")
    assert lines[1].endswith("  markdown")
    head = next(line for line in lines if line.startswith("[5]@"))
    digest = head.partition("@")[2]
    edit(project, f"sales.ipynb::[5]@{digest}:2", "ls -la")
    assert b'"ls -la"' in read(project)


def test_show_of_many_cells_stops_at_its_budget_and_says_how_to_go_on(write):
    workspace = write(
        {"long.ipynb": notebook(*[cell(f"x{number} = {number}\n" * 60) for number in range(30)])}
    )
    lines = show(workspace, "long.ipynb", tokens=600).lines
    assert lines[-1].startswith("... ")
    assert "show long.ipynb::[" in lines[-1]


def test_a_definition_is_shown_with_what_it_uses_of_other_cells(project):
    lines = show(project, "load").lines
    assert lines[0].startswith("sales.ipynb::[3]::load@")
    assert lines[0].endswith("  cell line 4")
    assert "imports pandas as pd" in lines
    assert "uses RATE = 20" in show(project, "clean").lines


def test_a_bare_name_is_found_in_a_notebook_and_edited_there(project):
    reply = edit(project, "load", "def load(path):\n    return pd.read_csv(path, sep=';')")
    assert reply.lines[0].startswith("replaced sales.ipynb::[3]::load@")
    assert read(project) == SALES.replace(b"read_csv(path)", b"read_csv(path, sep=';')")
    undo(project)
    assert read(project) == SALES


def test_a_name_in_a_notebook_and_a_module_is_answered_with_both(write):
    workspace = write({"sales.ipynb": SALES, "load.py": "def load(path): ...\n"})
    with pytest.raises(IpyLlmError) as caught:
        show(workspace, "load")
    assert caught.value.steps == ("load.py::load", "sales.ipynb::[3]::load")
    with pytest.raises(NotFoundError) as near:
        show(workspace, "claen")
    assert near.value.near == ("sales.ipynb::[4]::clean",)


def test_one_patch_edits_cells_and_modules_by_the_numbers_before_it(project):
    patch = """\
@@ sales.ipynb::[4] RATE => RATE / 100
@@ after [1]
# %%
import numpy as np
@@ [5]
%%bash
ls -la
@@ delete [2]
@@ into sales.ipynb
done = True
@@ a.py
import re
"""
    reply = edit(project, text=patch, check="off")
    assert [line.partition("@")[0].partition(" line")[0] for line in reply.lines] == [
        "edited sales.ipynb::[4]",
        "inserted sales.ipynb::[2]",
        "replaced sales.ipynb::[5]",
        "deleted sales.ipynb::[2]",
        "inserted sales.ipynb::[6]",
        "replaced a.py",
    ]
    after = nbformat.reads(read(project).decode(), as_version=4)
    assert [one.source.partition("\n")[0] for one in after.cells] == [
        "# Sales", "import numpy as np", "RATE = 20", "def clean(frame):", "%%bash", "done = True",
    ]  # fmt: skip
    assert after.cells[2].execution_count == 3
    undo(project)
    assert read(project) == SALES


def test_cells_that_are_deleted_and_edited_at_once_are_refused(project):
    with pytest.raises(IpyLlmError, match=r"\[4\] is deleted and edited"):
        edit(project, text="@@ delete sales.ipynb::[4]\n@@ [4] RATE => 2\n")
    assert read(project) == SALES


def test_a_notebook_is_made_of_cells_in_the_percent_format(write):
    workspace = write({"a.py": ""})
    edit(
        workspace,
        "create new.ipynb",
        "# %% [markdown]\n# Title\n\ntext\n# %%\n%time x = 1\n\n# %% [raw]\nraw",
    )
    made = nbformat.reads(read(workspace, "new.ipynb").decode(), as_version=4)
    nbformat.validate(made)
    assert [(one.cell_type, one.source) for one in made.cells] == [
        ("markdown", "# Title\n\ntext"),
        ("code", "%time x = 1"),
        ("raw", "raw"),
    ]
    with pytest.raises(IpyLlmError, match="would break"):
        edit(workspace, "create other.ipynb", "def f(:")
    edit(workspace, "create copy.ipynb", read(workspace, "new.ipynb").decode())
    assert read(workspace, "copy.ipynb") == read(workspace, "new.ipynb")


def test_every_new_cell_is_valid_and_its_id_alone(project):
    for _ in range(3):
        edit(project, "before sales.ipynb::[1]", "# %% [markdown]\nthe same")
    after = json.loads(read(project))
    nbformat.validate(after)
    assert len({one["id"] for one in after["cells"]}) == len(after["cells"])


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("sales.ipynb:3", "for cell 3: sales.ipynb::[3]"),
        ("sales.ipynb::[9]", "has 5 cells"),
        ("sales.ipynb::lod", "did you mean sales.ipynb::[3]::load"),
        ("sales.ipynb::c3", "did you mean sales.ipynb::[c3]"),
        ("sales.ipynb::In[3]", "did you mean sales.ipynb::[3]"),
        ("sales.ipynb::#3", "did you mean sales.ipynb::[3]"),
        ("a.py::[1]", "is a cell of a notebook, and a.py is none"),
        ("[3]", "which notebook"),
    ],
)
def test_an_address_that_fits_nothing_is_answered_with_one_that_does(project, address, said):
    with pytest.raises(IpyLlmError) as caught:
        show(project, address)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "address", ["sales.ipynb[3]", "sales.ipynb::3", "sales.ipynb::[c3]", "sales.ipynb::3::load"]
)
def test_a_cell_may_be_named_in_several_ways(project, address):
    assert show(project, address).lines[0].startswith("sales.ipynb::[3]")


def test_what_is_no_notebook_is_refused_and_stays(write):
    workspace = write({"bad.ipynb": "{'cells': []}", "pyproject.toml": ""})
    with pytest.raises(IpyLlmError, match=r"bad.ipynb: not a notebook: its JSON is broken"):
        edit(workspace, "into bad.ipynb", "x = 1")
    assert "bad.ipynb  (not a notebook" in "\n".join(outline(workspace).lines)


def test_edits_of_a_notebook_run_no_checks(write):
    workspace = write(
        {"sales.ipynb": SALES, "tests/test_a.py": "def test_a():\n    assert 0\n", "pyproject.toml": ""}
    )
    assert "checks" not in edit(workspace, "sales.ipynb::RATE 20 => 21").facts
