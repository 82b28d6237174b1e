"""Modules of Python drawn at random: decorators, comments, nested classes, strings, tabs, semicolons."""

from hypothesis import assume
from hypothesis import strategies as st

from ipy_llm.source.address import parse_header
from ipy_llm.source.editing.apply import apply
from ipy_llm.source.editing.edits import edit_of
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.text import Source

NAMES = st.sampled_from(["a", "b", "c", "é"])
COMMENTS = st.sampled_from(["# One.", "# ---- part ----", "#", "# type: ignore", "# é \u2028 ..", "# -- x"])
VALUES = st.sampled_from(
    [
        "1",
        "[\n    1,\n]",
        "'''\ntext\n    more\n'''",
        "(1,\n  # in\n2)",
        "'é'",
        "f(\n    x)",
        "'a' \\\n    'b'",
    ]
)
BLANKS = st.sampled_from(["", "", "\n", "\n\n", "\n\n\n"])


def _indented(body, step):
    # As code stands in files: what is in strings and at column 0 stays.
    lines, inside = [], False
    for line in body.split("\n"):
        lines.append(line if inside or not line.strip() else step + line)
        inside ^= line.count("'''") % 2 == 1
    return "\n".join(lines)


@st.composite
def _statement(draw, depth, step):
    lead = "\n".join(draw(st.lists(COMMENTS, max_size=2)))
    lead += "\n" if lead else ""
    kind = draw(st.sampled_from(["assign", "line", "def", "class", "if"] if depth else ["assign", "line"]))
    name = draw(NAMES)
    if kind == "assign":
        return f"{lead}{name} = {draw(VALUES)}"
    if kind == "line":
        return lead + draw(
            st.sampled_from(
                [f"{name} = 1; b = 2", f"def {name}(): pass", f"class {name}: a = 1; b = 2", "if 1: c = 1", f"{name}: int", "x.y = 1"]
            )
        )  # fmt: skip
    body = _indented(draw(_suite(depth - 1, step)), step)
    tail = draw(st.sampled_from(["", f"\n{step}# end", f"\n\n{step}# end"]))
    if kind == "if":
        other = _indented(draw(_suite(depth - 1, step)), step)
        return f"{lead}if x:\n{body}\nelse:\n{other}"
    decorators = draw(
        st.sampled_from(["", "", "@d\n", "@d(\n    1)\n# between\n@e\n", "@overload\n", f"@{name}.setter\n"])
    )
    doc = draw(st.sampled_from(["", "", f"{step}'''Doc.\n\n{step}More.\n{step}'''\n"]))
    header = (
        f"class {name}(A,\n        B):" if kind == "class" else f"def {name}(self,\n        x=':'):  # why"
    )
    return f"{lead}{decorators}{header}\n{doc}{body}{tail}"


@st.composite
def _suite(draw, depth, step):
    parts = draw(st.lists(st.tuples(_statement(depth, step), BLANKS), min_size=1, max_size=3))
    return "".join(f"{statement}\n{blanks}" for statement, blanks in parts).rstrip("\n")


@st.composite
def modules(draw):
    """Return the text of a module that compiles."""
    step = draw(st.sampled_from(["    ", "    ", "  ", "\t"]))
    head = draw(st.sampled_from(["", "", "'''Doc.'''\n", "#!/bin/sh\n# Licence.\n\n", "import os\n\n\n"]))
    text = head + draw(_suite(2, step)) + draw(st.sampled_from(["\n", "\n", "", "\n\n"]))
    try:
        compile(text, "m", "exec")
    except SyntaxError:
        assume(False)
    return text


def change(text, header, sent="", **options):
    return apply([edit_of(parse_header(header), sent)], outline(Source(text)), "m", **options)


def chosen(data, text, kinds=("function", "class", "assignment")):
    """Return a chunk of a module and its outline."""
    found = outline(Source(text))
    chunks = [chunk for chunk in found.walk() if chunk.kind in kinds]
    assume(chunks)
    return data.draw(st.sampled_from(chunks)), found
