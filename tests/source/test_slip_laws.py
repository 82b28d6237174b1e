"""What holds for every slip, every header and every patch, whatever the code."""

from __future__ import annotations

import pytest
from grammar import change, chosen, modules
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ipy_llm.errors import IpyLlmError
from ipy_llm.source.address import Address, Header, LineRange, parse_address, parse_header
from ipy_llm.source.editing.apply import apply
from ipy_llm.source.editing.edits import edit_of
from ipy_llm.source.patch import escape, parse_patch
from ipy_llm.source.sent.slips import understand
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.structure.resolve import label
from ipy_llm.source.text import Source
from ipy_llm.source.wording import SPELLINGS, WORDINGS, reworded


def _each(mark):
    return lambda text: "\n".join(f"{mark}{line}" for line in text.split("\n"))


def _numbered(sign, first):
    return lambda text: "\n".join(
        f"{number}{sign}{line}" for number, line in enumerate(text.split("\n"), first)
    )


SLIPPED = {
    "fence": lambda text: f"```python\n{text}\n```",
    "open fence": lambda text: f"```\n{text}",
    "words": lambda text: f"Here is the new code:\n\n```python\n{text}\n```\n\nLet me know if it works.",
    "tags": lambda text: f"<code>\n{text}\n</code>",
    "heredoc": lambda text: f"{text}\nEOF",
    "numbers": _numbered("\t", 1),
    "numbers of the file": _numbered("\t", 98),
    "colons": _numbered(": ", 7),
    "bars": _numbered(" | ", 7),
    "arrows": _numbered("→", 1),
    "added": _each("+"),
    "quoted": _each("> "),
    "blank lines": lambda text: f"\n\n{text}\n \n",
    "mark": lambda text: f"\ufeff{text}",
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "deeper": lambda text: "\n".join(f"    {line}" if line else "" for line in text.split("\n")),
}


@pytest.mark.parametrize("slip", list(SLIPPED))
@given(text=modules(), data=st.data())
@settings(max_examples=25)
def test_a_definition_sent_with_a_slip_is_the_definition(slip, text, data):
    chunk, found = chosen(data, text, ("function", "class"))
    assume(not chunk.inline)
    own = chunk.span.of(text)
    assume(slip != "deeper" or "'''" not in own)
    assert change(text, f"m::{label(chunk, found)}", SLIPPED[slip](own)).outline.source.text == text


@given(modules(), st.data())
def test_what_reads_as_it_stands_is_never_touched(text, data):
    chunk, _ = chosen(data, text)
    assume(not chunk.inline)
    own = chunk.span.of(text)
    assert understand(own) == (own, ())


WORDS = st.sampled_from(["a", "Cart", "total", "é", "x1", "_p", "delete", "into", "L4", "None"])
ADDRESSES = st.builds(
    Address,
    document=st.sampled_from([None, "m.py", "shop/cart.py", "C:\\shop\\m.py", "a b/m.py", "In[3]"]),
    name=st.lists(WORDS, min_size=1, max_size=3).map(".".join),
    index=st.sampled_from([None, None, 0, 12, "impl", "*"]),
    section=st.sampled_from([None, None, "sums", "load-data", "imports"]),
    digest=st.sampled_from([None, "3f1c", "0000"]),
    lines=st.sampled_from([None, LineRange(3, 3), LineRange(4, 16), LineRange(0, 0, insert=True)]),
)


@given(ADDRESSES)
def test_an_address_that_is_written_is_read_as_it_was(address):
    assume(address.document is not None)
    assert parse_address(str(address)) == address


@given(
    st.sampled_from(["replace", "before", "after", "into", "delete", "create"]),
    ADDRESSES,
    st.one_of(st.none(), st.tuples(st.sampled_from(["a", "x + 1", "'a'", ".price"]), st.sampled_from(["", "b", "y => z"]))),
)  # fmt: skip
def test_a_header_that_is_written_is_read_as_it_was(verb, address, substitution):
    assume(address.document is not None)
    assume(substitution is None or (verb == "replace" and " " not in address.document))
    header = Header(verb, address, substitution)
    read = parse_header(str(header))
    assert (read.verb, read.address) == (verb, address)
    assert read.substitution is None or " => ".join(read.substitution) == " => ".join(substitution)


@given(ADDRESSES)
def test_a_header_without_a_slip_is_not_reworded(address):
    assume(address.document is not None)
    assert reworded(str(address)) == str(address)


@pytest.mark.parametrize("wording", [*WORDINGS, *SPELLINGS], ids=lambda wording: wording.example)
def test_each_wording_mends_its_example(wording):
    mended = wording.mend(wording.example)
    assert mended != wording.example
    assert wording.mend(mended) == mended


BODIES = st.lists(
    st.sampled_from(["x = 1", "", "  y", "@@ not a header", "\\@@ one more", "```", "+++ b/x", "3\tz", "# ...", "'''"]),
    max_size=4,
)  # fmt: skip


@given(st.lists(st.tuples(ADDRESSES, BODIES), min_size=1, max_size=4))
def test_a_patch_that_is_written_is_read_as_it_was(entries):
    assume(all(address.document for address, _ in entries))
    assume(entries[-1][1][-1:] != [""])  # the end of the last line is the patch's
    text = "".join(
        f"@@ {address}\n" + "".join(f"{escape(line)}\n" for line in body) for address, body in entries
    )
    read = [(entry.header.address, entry.text) for entry in parse_patch(text)]
    assert read == [(address, "".join(f"{line}\n" for line in body)) for address, body in entries]


@given(modules(), st.data())
def test_changing_a_definition_and_sending_its_own_text_is_the_identity(text, data):
    chunk, found = chosen(data, text, ("function", "class"))
    address = f"m::{label(chunk, found)}"
    name = chunk.name.rpartition(".")[2]
    try:
        there = change(text, address, f"def {name}(z):\n    return 8", allow_removal=True)
        now = f"m::{there.touched[0].target}"
        back = apply(
            [edit_of(parse_header(now), chunk.span.of(text))], there.outline, "m", allow_removal=True
        )
    except IpyLlmError:
        return  # an accessor may have become another thing
    assert back.outline.source.text == text


@given(modules(), st.data())
def test_a_patch_of_entries_that_do_not_meet_is_the_edits_one_by_one(text, data):
    found = outline(Source(text))
    apart = [chunk for chunk in found.chunks if not chunk.inline and label(chunk, found) == chunk.name]
    assume(len(apart) > 1)
    picked = data.draw(
        st.lists(st.sampled_from(apart), min_size=2, max_size=3, unique_by=lambda chunk: chunk.name)
    )
    assume(len({chunk.span for chunk in picked}) == len(picked))
    sent = {
        chunk.name: f"def {chunk.name}(z):\n    return 8" if chunk.is_definition else f"{chunk.name} = 8"
        for chunk in picked
    }
    edits = [edit_of(parse_header(f"m::{name}"), body) for name, body in sent.items()]
    options = {"allow_removal": True}
    try:
        together = apply(edits, found, "m", **options).outline.source.text
    except IpyLlmError:
        return
    alone = found
    for edit in edits:
        alone = apply([edit], alone, "m", **options).outline
    assert together == alone.source.text
