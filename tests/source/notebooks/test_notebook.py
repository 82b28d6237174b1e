"""Notebooks: cells found in the JSON, edited by splicing it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipy_llm.errors import IpyLlmError
from ipy_llm.source.address import parse_header
from ipy_llm.source.documents import find
from ipy_llm.source.editing.edits import edit_of
from ipy_llm.source.notebooks.notebook import read_notebook
from ipy_llm.source.notebooks.style import NewCell
from ipy_llm.source.notebooks.write import with_cells, with_texts
from ipy_llm.source.structure.resolve import whole
from ipy_llm.source.text import Source
from ipy_llm.source.writing import edit_document

NAME = "nb.ipynb"


def code(source, **more):
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source,
    } | more


def words(source, **more):
    return {"cell_type": "markdown", "metadata": {}, "source": source} | more


def written(*cells, minor=4, **style):
    """A notebook as JSON, in Jupyter's style unless another is asked for."""
    style = {"indent": 1, "ensure_ascii": False} | style
    end = style.pop("end", "\n")
    notebook = {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": minor}
    return json.dumps(notebook, **style) + end


def edited(text, header, body=""):
    """The JSON after one edit."""
    verb, _, rest = header.rpartition(" ") if " => " not in header else ("", "", header)
    header = parse_header(f"{verb} {NAME}::{rest}")
    after, _ = edit_document([edit_of(header, body)], read_notebook(Source(text)), NAME)
    return after.source.text


def texts(text):
    return [cell.text for cell in read_notebook(Source(text)).cells]


def refusal(text, header, body=""):
    with pytest.raises(IpyLlmError) as caught:
        edited(text, header, body)
    return str(caught.value)


CART = written(
    words(["# Sales\n", "Über alles"]),
    code(["%matplotlib inline\n", "!pip install -q pandas\n", "import pandas as pd"], execution_count=1),
    code(
        ["def clean(frame):\n", "    return frame.dropna()\n", "\n", "files = !ls *.csv\n", "files?"],
        outputs=[{"name": "stdout", "output_type": "stream", "text": ["def clean\n"]}],
    ),
    code(["%%bash\n", "ls -la | grep x"]),
    code(["%%time\n", "def load():\n", "    return await_('x')\n", "rows = await fetch()"]),
    code(["def broken(:\n", "    pass"]),
)


def test_a_definition_is_edited_in_its_cell_and_every_other_byte_stays():
    after = edited(CART, "clean", "def clean(frame):\n    return frame.dropna().copy()")
    assert after == CART.replace("frame.dropna()\\n", "frame.dropna().copy()\\n")


def test_cells_are_counted_from_1_and_named_by_id():
    text = written(code(["a = 1"], id="one"), code(["b = 2"], id="two"), minor=5)
    assert edited(text, "[2] 2 => 3") == text.replace("b = 2", "b = 3")
    assert edited(text, "2 2 => 3") == text.replace("b = 2", "b = 3")
    assert edited(text, "[two] 2 => 3") == text.replace("b = 2", "b = 3")
    assert "no cell [3]" in refusal(text, "[3] 2 => 3")
    assert "did you mean nb.ipynb::[two]" in refusal(text, "two 2 => 3")


def test_names_are_found_around_magics_and_beside_broken_cells():
    notebook = read_notebook(Source(CART))
    for target, cell, line in [("clean", 2, 1), ("files", 2, 4), ("load", 4, 2), ("rows", 4, 4)]:
        found = find(parse_header(f"{NAME}::{target}").address, notebook, NAME)
        assert found.target == f"[{cell + 1}]::{target}"
        assert found.outline.lines(found.chunk.span)[0] == line
    assert "cell [6] is broken: line 1: invalid syntax" in refusal(CART, "brokem", "def broken(): ...")


def test_a_name_in_two_cells_is_answered_with_both():
    text = written(code(["f = 1"]), code(["def f(): ..."]))
    said = refusal(text, "f", "f = 2")
    assert "f is in 2 cells" in said
    assert "'nb.ipynb::[1]::f'" in said
    assert edited(text, "[1]::f", "f = 2") == text.replace("f = 1", "f = 2")
    assert edited(text, "[1].f", "f = 2") == text.replace("f = 1", "f = 2")


def test_magics_are_edited_like_any_text():
    assert edited(CART, "files", "files = !ls *.tsv") == CART.replace("*.csv", "*.tsv")
    assert edited(CART, "[2] -q pandas => -q polars") == CART.replace("-q pandas", "-q polars")
    assert edited(CART, "[4] grep x => grep y") == CART.replace("grep x", "grep y")
    added = edited(CART, "after clean", "%timeit -n 3 clean('x')")
    assert texts(added)[2].startswith(
        "def clean(frame):\n    return frame.dropna()\n\n\n%timeit -n 3 clean('x')\n"
    )


def test_only_the_edited_cell_passes_the_gate():
    assert "nb.ipynb::[3]:1: " in refusal(CART, "[3]", "def clean(:")
    assert "nb.ipynb::[2]:" in refusal(CART, "[2] import pandas => import")
    assert texts(edited(CART, "[6]", "def broken():\n    pass"))[5] == "def broken():\n    pass"
    assert texts(edited(CART, "[4]", "%%bash\nls -"))[3] == "%%bash\nls -"
    assert "would remove clean" in refusal(CART, "[3]", "%%bash\nls -la")


def test_a_cell_comes_and_goes():
    after = edited(CART, "after [3]", "# %% [markdown]\n# Loading\n\n# %%\nx = 1\n")
    assert texts(after) == [*texts(CART)[:3], "# Loading", "x = 1", *texts(CART)[3:]]
    assert edited(edited(after, "delete [5]"), "delete [4]") == CART
    first = edited(CART, "before [1]", "import os")
    assert texts(first)[0] == "import os"
    assert edited(first, "delete [1]") == CART
    last = edited(CART, "into ", "done = True")
    assert texts(last)[-1] == "done = True"
    assert edited(last, "delete [7]") == CART


def test_outputs_and_counts_of_an_edited_cell_stay():
    after = json.loads(edited(CART, "[3]", "files = 1\ndef clean(): ...\n"))
    assert after["cells"][2]["outputs"] == json.loads(CART)["cells"][2]["outputs"]


@pytest.mark.parametrize(
    "style",
    [
        {"indent": 1},
        {"indent": 4, "ensure_ascii": True},
        {"indent": None, "separators": (",", ":"), "end": ""},
        {"indent": None},
        {"indent": "\t", "sort_keys": True},
        {"indent": 2, "end": "\n\n"},
    ],
)
@pytest.mark.parametrize("line_ends", ["\n", "\r\n"])
def test_what_is_new_is_written_as_the_notebook_is(style, line_ends):
    one, two, three = (
        code(["é = 1\n", "b"], id="a"),
        words("# Ü", id="b"),
        code(["new = 'ä'\n", "'\"'"], id="x"),
    )
    before, after = (written(*cells, minor=5, **style) for cells in ((one, two), (one, three, two)))
    before, after = (text.replace("\n", line_ends) for text in (before, after))
    made = edited(before, "after [1]", "new = 'ä'\n'\"'")
    own_id = read_notebook(Source(made)).cells[1].id
    assert made == after.replace('"x"', f'"{own_id}"')
    two["source"] = "# Ü\nä"
    changed = written(one, two, minor=5, **style).replace("\n", line_ends)
    assert edited(before, "[2]", "# Ü\nä") == changed


def test_lines_that_stay_keep_their_escapes():
    text = written(code(["x = 'é'\n", "y = 1\n", "z = 2"])).replace("é", "\\u00E9")
    after = edited(text, "[1] y = 1 => y = 'é'")
    assert after == text.replace("y = 1", "y = '\\u00e9'")
    assert "\"x = '\\u00E9'\\n\"" in edited(text, "[1]", "y = 2\nx = 'é'\nz = 3")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "JSON is broken"),
        ("[1, 2]", "JSON is broken"),
        ("{} x", "JSON is broken"),
        ('{"cells": [', "JSON is broken"),
        ("{}", "no list of cells"),
        ('{"cells": 3, "nbformat": 4}', "no list of cells"),
        ('{"worksheets": [], "nbformat": 3, "nbformat_minor": 0}', "nbformat 3"),
        ('{"cells": [], "cells": [], "nbformat": 4}', "`cells` twice"),
        ('{"cells": [3], "nbformat": 4}', "cell 1 is no object"),
        ('{"cells": [{"source": ""}], "nbformat": 4}', "says no kind"),
        ('{"cells": [{"cell_type": "code"}], "nbformat": 4}', "no text"),
        ('{"cells": [{"cell_type": "code", "source": [1]}], "nbformat": 4}', "no text"),
        ('{"cells": [{"cell_type": "code", "source": "", "source": "x"}], "nbformat": 4}', "`source` twice"),
    ],
)
def test_what_is_no_notebook_is_refused_with_the_reason(text, said):
    with pytest.raises(IpyLlmError, match=said):
        read_notebook(Source(text))


def test_numbers_that_are_none_and_deep_metadata_are_no_obstacle():
    text = written(code("a = 1", metadata={"x": float("nan"), "y": [[{}]]}))
    assert "NaN" in text
    assert edited(text, "a", "a = 2") == text.replace("a = 1", "a = 2")


def test_the_letters_that_veil_magics_may_be_written_too():
    tangut = "\U00017000"
    for old in ("a = 1\n!ls", "a = 1\nb = 2"):
        text = written(code(old))
        assert texts(edited(text, f"[1] a = 1 => a = '{tangut}'"))[0] == old.replace("1", f"'{tangut}'", 1)
    # Of a cell that held no magics, both at once could not pass the gate.
    assert texts(edited(written(code("!ls")), "[1]", f"a = '{tangut}'\n!ls")) == [f"a = '{tangut}'\n!ls"]
    assert texts(edited(text, "a", f"a = '{tangut}'"))[0] == f"a = '{tangut}'\nb = 2"


def test_an_id_of_two_cells_is_answered_with_both():
    text = written(code("a = 1", id="x"), code("b = 1", id="x"), minor=5)
    assert "nb.ipynb::[2]" in refusal(text, "[x] 1 => 2")
    assert edited(text, "b", "b = 2") == text.replace("b = 1", "b = 2")


def test_cells_of_another_kernel_have_lines_but_no_names():
    text = written(code(["f <- function(x) {\n", "  x\n", "}"])).replace(
        '"metadata": {},\n "nbformat"', '"metadata": {"kernelspec": {"language": "R"}},\n "nbformat"'
    )
    assert '"R"' in text
    assert "no f in nb.ipynb" in refusal(text, "f", "f = 1")
    assert edited(text, "[1] (x) => (y)") == text.replace("(x)", "(y)")


def test_a_whole_cell_is_taken_as_it_is_sent_but_for_a_fence_and_its_edges():
    text = written(code(["\n", "a = 1\n", "\n"]), words("# A"))
    assert texts(edited(text, "[1]", "```python\nb = 2\n```\n"))[0] == "\nb = 2\n\n"
    assert texts(edited(text, "[2]", "```python\nb = 2\n```\n"))[1] == "```python\nb = 2\n```"
    assert texts(edited(text, "[1]", "    if b:\n        c()"))[0] == "\nif b:\n    c()\n\n"
    assert "leaves code out" in refusal(text, "[1]", "b = 1\n# ... existing code ...")
    assert texts(edited(text, "[2]", "# %% [markdown]\n# B"))[1] == "# B"
    assert "is a code cell, and stays one" in refusal(text, "[1]", "# %% [markdown]\n# B")


def test_what_names_no_cell_is_refused_with_one_that_does():
    assert "for cell 3: nb.ipynb::[3]" in refusal(CART, ":3", "x")
    assert "edited cell by cell" in refusal(CART, "", "x = 1")
    assert "edited cell by cell" in refusal(CART, "delete ")
    assert "stands in 2 cells" in refusal(CART, " pandas => polars") or "[2]" in refusal(CART, " import => x")


def test_imports_go_where_the_first_imports_are():
    text = written(code("x = 1"), code(["import os"]), code(["import re"]))
    assert texts(edited(text, "into #imports", "import json"))[1] == "import os\nimport json"
    assert "is in 2 cells" in refusal(text, "#imports", "import json")


# -- laws

LINE = st.text(st.sampled_from("ab =é\"\\'\t😀<\u2028\x7f#%!\n"), max_size=12)
SOURCES = st.one_of(
    LINE,
    st.lists(LINE, max_size=5),
    st.lists(LINE.map(lambda line: line.replace("\n", "") + "\n"), max_size=5),
)
STYLES = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([None, 1, 2, "\t"]),
        "ensure_ascii": st.booleans(),
        "end": st.sampled_from(["", "\n"]),
    }
)


@given(st.lists(SOURCES, min_size=1, max_size=4), st.data(), STYLES)
def test_any_text_of_any_cell_leaves_every_other_byte(sources, data, style):
    text = written(*map(code, sources), **style)
    notebook = read_notebook(Source(text))
    number = data.draw(st.integers(0, len(sources) - 1))
    new = data.draw(LINE | st.lists(LINE).map("\n".join))
    after = with_texts(notebook, {number: new})
    cell = notebook.cells[number]
    rest = len(text) - cell.value.end
    assert after.source.text.startswith(text[: cell.value.start])
    assert after.source.text.endswith(text[cell.value.end :]) or not rest
    expected = ["".join(source) for source in sources]
    expected[number] = new
    assert ["".join(one["source"]) for one in json.loads(after.source.text)["cells"]] == expected
    if cell.gaps is None or all(part.text.find("\n") in {-1, len(part.text) - 1} for part in cell.parts):
        back = with_texts(after, {number: cell.text})
        assert json.loads(back.source.text) == json.loads(text) or cell.gaps is not None


@given(st.lists(SOURCES, min_size=1, max_size=4), st.data(), STYLES)
def test_deleting_a_cell_undoes_inserting_it(sources, data, style):
    text = written(*map(code, sources), **style)
    number = data.draw(st.integers(0, len(sources)))

    order = list(range(len(sources)))
    kind = data.draw(st.sampled_from(["code", "markdown", "raw"]))
    notebook = read_notebook(Source(text))
    more = with_cells(notebook, [*order[:number], NewCell(kind, data.draw(LINE)), *order[number:]])
    assert len(more.cells) == len(sources) + 1
    assert with_cells(more, [*range(number), *range(number + 1, len(sources) + 1)]).source.text == text


TEXTS = st.sampled_from(
    [
        "def f(x):\n    return x\n\n\nclass A:\n    y = 1",
        "%matplotlib inline\n!pip install 'a\nimport os\nx = !ls",
        "%%time\nfor a in b:\n    %time c()\nd?",
        "%%bash\nls -la",
        "def broken(:\n    pass\n!ls",
        "rows = await fetch()\n\nrows",
        "s = '''\n%no\n'''\n",
        "",
    ]
)
NEW = st.sampled_from(["z = 1", "!ls {z}", "    return 2", "%%bash", "def g():\n    !ls", "df?", "'é'", "("])


@given(st.lists(TEXTS, min_size=1, max_size=3), st.data(), STYLES)
def test_lines_are_replaced_as_they_are_sent_or_refused(sources, data, style):
    text = written(*(code(source.splitlines(keepends=True)) for source in sources), **style)
    number = data.draw(st.integers(0, len(sources) - 1))
    notebook = read_notebook(Source(text))
    lines = sources[number].removesuffix("\n").split("\n")
    first = data.draw(st.integers(1, len(lines)))
    last = data.draw(st.integers(first, len(lines)))
    new = data.draw(NEW)
    outline = notebook.cells[number].outline
    address = f"{NAME}::[{number + 1}]@{outline.digest(whole(outline).span)}:{first}-{last}"
    try:
        after, (touched,) = edit_document([edit_of(parse_header(address), new)], notebook, NAME)
    except IpyLlmError:
        return
    moved = bool(touched.notes)
    expected = [*lines[: first - 1], *new.split("\n"), *lines[last:]]
    now = after.cells[number].text.removesuffix("\n").split("\n")
    assert [line.strip() for line in now] == [line.strip() for line in expected] if moved else now == expected
    others = [cell.span.of(after.source.text) for cell in after.cells]
    del others[number]
    were = [cell.span.of(text) for cell in notebook.cells]
    del were[number]
    assert others == were
    own = after.cells[number].outline
    assert touched.digest == own.digest(whole(own).span)
    if own.python and outline.error is None:
        assert own.error is None


@given(st.lists(TEXTS, min_size=1, max_size=3), st.sampled_from(["f", "A", "A.y", "x", "rows", "s"]))
def test_a_chunk_is_replaced_by_its_own_text(sources, name):
    text = written(*map(code, sources))
    notebook = read_notebook(Source(text))
    address = parse_header(f"{NAME}::{name}")
    try:
        found = find(address.address, notebook, NAME)
    except IpyLlmError:
        return
    own = found.chunk.span.of(found.outline.source.plain)
    after, _ = edit_document([edit_of(address, own)], notebook, NAME)
    assert after.source.text == text
