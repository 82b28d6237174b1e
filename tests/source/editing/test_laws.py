"""What holds for every document and every edit of it."""

import ast
from textwrap import dedent

from grammar import change, chosen, modules
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ipy_llm.errors import IpyLlmError
from ipy_llm.source.address import parse_address, parse_header
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.structure.renew import renew
from ipy_llm.source.structure.resolve import label, resolve
from ipy_llm.source.structure.syntax import bound_names, parse
from ipy_llm.source.text import Source, Span, decode, encode, splice


@given(modules())
def test_chunks_are_ordered_nested_and_whole_lines_that_hold_one_statement(text):
    def visit(chunks, holder):
        at = holder.start
        for one, chunk in enumerate(chunks):
            assert holder.holds(chunk.span)
            assert chunk.span.start >= at or chunk.span == chunks[one - 1].span
            at = chunk.span.end
            code = chunk.span.of(text)
            if not chunk.inline:
                assert chunk.span.start == 0 or text[chunk.span.start - 1] == "\n"
                assert text[chunk.span.end : chunk.span.end + 1] in {"", "\n"}
                code = f"if 1:\n{code}" if chunk.indent else code
            body = parse(code).body
            body = body[0].body if chunk.indent and not chunk.inline else body
            assert len(body) == 1
            assert chunk.name.rpartition(".")[2] in bound_names(body[0])
            visit(chunk.children, chunk.span)

    visit(outline(Source(text)).chunks, Span(0, len(text)))


@given(modules())
def test_every_label_names_its_own_chunk(text):
    found = outline(Source(text))
    for chunk in found.walk():
        assert resolve(parse_address(f"m::{label(chunk, found)}"), found) is chunk


@given(modules(), st.data())
def test_a_chunk_replaced_by_its_own_text_at_any_depth_is_what_it_was(text, data):
    chunk, found = chosen(data, text)
    own = chunk.span.of(text)
    if not chunk.inline:
        shift = data.draw(st.sampled_from(["", "    ", "        ", "\t"]))
        lines = own.split("\n")
        moved = [line[min(len(chunk.indent), len(line) - len(line.lstrip(" \t"))) :] for line in lines]
        if not any(line.startswith("t") for line in moved):  # no string stands left of the code
            moved = [shift + line if line.strip() else line for line in moved]
        own = "\n".join(moved)
    done = change(text, f"m::{label(chunk, found)}", own)
    assert done.outline.source.text == text


@given(modules(), st.data())
def test_bytes_outside_a_replaced_chunk_survive(text, data):
    chunk, found = chosen(data, text, ("function", "class"))
    name = chunk.name.rpartition(".")[2]
    sent = f"@new\ndef {name}(a):\n    if a:\n        return 1\n"
    after = change(text, f"m::{label(chunk, found)}", sent, allow_removal=True).outline.source.text
    assert after.startswith(text[: chunk.span.start])
    assert after.endswith(text[chunk.span.end :])
    new = after[chunk.span.start : len(after) - (len(text) - chunk.span.end)]
    node = parse(dedent(new)).body[0]
    assert ast.dump(node) == ast.dump(parse(sent).body[0])


@given(modules(), st.data(), st.sampled_from(["before", "after"]))
def test_deleting_undoes_inserting_beside_a_definition(text, data, where):
    chunk, found = chosen(data, text, ("function", "class"))
    above = text[: chunk.span.start].rstrip("\n")
    assume(where == "after" or not above.rpartition("\n")[2].lstrip().startswith("#"))
    # A comment right below would become that of the next, or a gap be shared.
    owner = chunk.name.rpartition(".")[0]
    there = change(text, f"{where} m::{label(chunk, found)}", "def inserted(): pass").outline.source.text
    assert there != text
    name = f"{owner}.inserted".lstrip(".")
    assert change(there, f"delete m::{name}").outline.source.text == text


@given(modules(), st.data(), st.sampled_from(["", "before ", "after ", "into ", "delete "]))
def test_an_edit_of_crlf_is_the_crlf_of_the_edit(text, data, verb):
    chunk, found = chosen(data, text)
    name = chunk.name.rpartition(".")[2]
    sent = "" if verb == "delete " else f"def {name}(a):\n    if a:\n        return '''\n    a'''\n"

    def attempt(before):
        try:
            return change(
                before, f"{verb}m::{label(chunk, found)}", sent, allow_removal=True
            ).outline.source.text
        except IpyLlmError as error:
            return error.message

    assert attempt(text.replace("\n", "\r\n")).replace("\r\n", "\n") == attempt(text)
    assert "\r\r" not in attempt(text.replace("\n", "\r\n"))


@given(modules(), st.data())
def test_the_digest_a_reply_names_is_that_of_its_target(text, data):
    chunk, found = chosen(data, text, ("function", "class"))
    name = chunk.name.rpartition(".")[2]
    done = change(text, f"m::{label(chunk, found)}", f"def {name}(): pass", allow_removal=True)
    (touched,) = done.touched
    now = resolve(parse_address(f"m::{touched.target}"), done.outline)
    assert done.outline.digest(now.span) == touched.digest
    assert done.outline.lines(now.span) == touched.lines


@given(modules(), modules(), st.data())
def test_an_outline_renewed_after_edits_is_that_of_the_whole_document(text, other, data):
    before = outline(Source(text))
    pieces = [
        "",
        "# c\n",
        "#\n",
        "    # c\n",
        "\n",
        "def f(): pass",
        *(chunk.span.of(other) for chunk in outline(Source(other)).walk()),
    ]
    cuts = []
    for start in sorted(data.draw(st.sets(st.sampled_from(before.starts), min_size=1, max_size=3))):
        end = data.draw(st.sampled_from([start, *(at for at in before.starts if at > start), len(text)]))
        if not cuts or cuts[-1][0].end <= start:
            cuts.append((Span(start, end), data.draw(st.sampled_from(pieces))))
    after = Source(splice(text, cuts))
    assert renew(before, cuts, after) in [None, outline(after)]


@given(modules(), st.booleans(), st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_document_decoded_and_encoded_is_the_same_bytes(text, bom, newline):
    data = b"\xef\xbb\xbf" * bom + text.replace("\n", newline).encode()
    assert encode(decode(data)) == data


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_come_back_as_they_were(data):
    try:
        source = decode(data)
    except IpyLlmError:
        return
    assert encode(source) == data


@given(
    st.text(max_size=40),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5), st.text(max_size=3)), max_size=4),
)
def test_a_splice_keeps_what_lies_between(text, cuts):
    spans, at = [], 0
    for start, length, new in sorted(cuts):
        span = Span(max(start, at), max(start, at) + length)
        if span.end <= len(text):
            spans.append((span, new))
            at = span.end
    result, at, rest = splice(text, spans), 0, 0
    for span, new in spans:
        kept = text[rest : span.start]
        assert result[at : at + len(kept) + len(new)] == kept + new
        at, rest = at + len(kept) + len(new), span.end
    assert result[at:] == text[rest:]


@given(st.text(alphabet="abc.:@#[]0-9+>= \t/\\", max_size=24))
@example("a#b \t::")
@settings(max_examples=300)
def test_any_header_parses_or_is_refused(text):
    try:
        header = parse_header(text)
    except IpyLlmError:
        return
    again = str(header.address)
    if header.address.document and again:
        assert str(parse_address(again)) == again
