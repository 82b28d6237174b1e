"""A plan turns one text into the other, byte for byte, or says that nothing does."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipy_llm.errors import EditRejectedError
from ipy_llm.source.editing.apply import apply
from ipy_llm.source.editing.edits import edit_of
from ipy_llm.source.fitting.literal import literal_document
from ipy_llm.source.patch import parse_patch
from ipy_llm.source.planning.plan import plan, plan_new
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.text import Source, decode
from ipy_llm.source.writing import create_document

STDLIB = Path(sysconfig.get_path("stdlib"))
REAL = tuple((STDLIB / name).read_text() for name in ("shlex.py", "bisect.py", "graphlib.py", "textwrap.py"))
SHOP = """\
import os

RATE = 20


class Cart:
    currency = "EUR"

    def total(self):
        return sum(item.price for item in self.items)

    def legacy(self):
        return 0

    def add(self, item):
        self.items.append(item)
        return item
"""


def patched(text: str, before: Source, *, python: bool = True, removal: bool = False) -> Source:
    """Apply a patch of shop.py: what `edit` does, without files."""
    if not text:
        return before
    entries = parse_patch(text)
    last = entries[-1]
    if last.header.verb == "create":
        assert len(entries) == 1 or entries[0].header.verb == "delete"
        expected = last.header.address.digest
        if expected is None:
            return Source(create_document(last.text, "python" if python else "text", "shop.py"))
        return literal_document(last.text, expected, "shop.py", python=python)
    lines = text.replace(" shop.py@", " shop.py::@").replace("@@ shop.py ", "@@ shop.py:: ")
    edits = [edit_of(entry.header, entry.text) for entry in parse_patch(lines)]
    return apply(
        edits, outline(before, "python" if python else "text"), "shop.py", allow_removal=removal
    ).outline.source


def planned(before: str, after: str, *, python: bool = True) -> str:
    """Return the plan, once it has come to the text."""
    found = plan(outline(Source(before), "python" if python else "text"), Source(after), "shop.py")
    assert patched(found.text, Source(before), python=python, removal=found.removal) == Source(after)
    return found.text


def body(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")


# -- laws


@st.composite
def edited(draw, text):
    """A real text with lines deleted, doubled, changed, swapped and left blank."""
    lines = text.split("\n")
    words = st.sampled_from(["x", "", "    y = 1", "@@ a", "\\@@ b", "a => b", " => ", "\tz", "```", "1\tq"])
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(lines) - 1))
        count = draw(st.integers(1, 4))
        match draw(st.sampled_from(["delete", "double", "change", "insert", "blank", "part", "swap"])):
            case "delete":
                del lines[at : at + count]
            case "double":
                lines[at:at] = lines[at : at + count]
            case "change":
                lines[at : at + count] = [draw(words) for _ in range(count)]
            case "insert":
                lines[at:at] = [draw(words) for _ in range(count)]
            case "blank":
                lines[at:at] = [""]
            case "part":
                word, *rest = lines[at].split(" ")
                lines[at] = " ".join([word, draw(words), *rest[1:]])
            case _:
                lines[at : at + 2] = lines[at : at + 2][::-1]
        lines = lines or [""]
    return "\n".join(lines)


@given(st.data(), st.sampled_from(REAL), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_any_change_of_any_text_comes_out_to_the_byte(data, real, newline, final):
    after = data.draw(edited(real))
    before, after = ((text if final else text.rstrip("\n")).replace("\n", newline) for text in (real, after))
    assert not planned(before, after, python=False).startswith("@@ delete shop.py\n")  # it is said by lines


@given(st.data(), st.sampled_from(REAL))
def test_any_change_of_python_comes_out_or_would_break_the_file(data, real):
    after = data.draw(edited(real))
    try:
        planned(real, after)
    except EditRejectedError:
        with pytest.raises(SyntaxError):
            compile(after, "after", "exec")


@given(st.text("ab\n\r\t@ =>\\`\ufeff\x0c", max_size=30), st.text("ab\n\r\t@ =>\\`\x0c", max_size=30))
def test_any_short_text_becomes_any_other(before, after):
    planned(before, after, python=False)


@given(st.text("ab1\n\r \t@\\`\ufeff\x0c", max_size=30))
def test_any_new_text_is_made(text):
    found = plan_new(decode(text.encode(), python=False), "shop.py", "text").text
    assert patched(found, Source(""), python=False) == decode(text.encode(), python=False)


# -- what the shortest is


def test_a_word_is_sent_as_a_word():
    assert planned(SHOP, SHOP.replace("RATE = 20", "RATE = 25")) == "@@ shop.py 20 => 25\n"


def test_two_words_of_a_file_need_its_digest_once():
    after = SHOP.replace("20", "25").replace("item.price for item", "item.cost for item")
    assert body(planned(SHOP, after))[1] == "@@ :10 price => cost"
    assert body(planned(SHOP, after))[0].endswith(":3 20 => 25")


def test_new_lines_are_sent_alone():
    after = SHOP.replace("        return item\n", "        self.count += 1\n        return item\n")
    (header, *sent) = body(planned(SHOP, after))
    assert header.endswith(":16+")
    assert sent == ["        self.count += 1"]


def test_close_changes_are_joined_where_a_header_costs_more():
    after = SHOP.replace("RATE = 20\n\n", "TAXES = load()\n\nLIMIT = money(5)\n")
    assert planned(SHOP, after).count("@@") == 2  # and the permission to drop RATE
    apart = SHOP.replace("import os", "import sys").replace("return item\n", "return self.items\n")
    assert planned(SHOP, apart).count("@@") == 2


def test_a_method_that_goes_is_deleted_by_name():
    after = SHOP.replace("    def legacy(self):\n        return 0\n\n", "")
    assert planned(SHOP, after) == "@@ delete shop.py::Cart.legacy\n"


def test_a_renamed_method_comes_with_its_permission():
    after = SHOP.replace("def legacy(self):\n        return 0", "def empty(self):\n        return None")
    assert body(planned(SHOP, after))[-1] == "@@ delete Cart.legacy"


def test_a_name_that_only_came_to_stand_elsewhere_needs_no_flag():
    after = SHOP.replace("    def legacy", "    class Old:\n        pass\n\nclass Other:\n    def legacy")
    found = plan(outline(Source(SHOP)), Source(after), "shop.py")
    assert not found.removal
    assert patched(found.text, Source(SHOP)) == Source(after)


def test_a_second_definition_of_a_name_needs_the_flag():
    after = SHOP + "\n    def add(self, item):\n        pass\n"
    assert plan(outline(Source(SHOP)), Source(after), "shop.py").removal


def test_a_file_of_thousands_of_lines_counts_those_of_a_class():
    many = "".join(f"    def f{number}(self):\n        return {number}\n\n" for number in range(21))
    long = "x = [\n" + "    1,\n" * 2000 + "]\n\n\n" + SHOP + "\n" + many
    assert body(planned(long, long.replace("return 1", "return 2 + 1")))[0].startswith("@@ shop.py::Cart@")


# -- what a line cannot say


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\nb\n", "a\nb"),
        ("a\nb", "a\nb\n"),
        ("a\nb\n", "a\nc"),
        ("a\nb\n", "a\n"),
        ("a\nb\nc\n", "a\nb"),
        ("a\n\nc\n", "a\n"),
        ("a\nb\n", ""),
        ("a\nb", "a"),
        ("a", ""),
        ("", "a"),
        ("", "\n"),
        ("\n", ""),
        ("a\n", "\na\n\n\n"),
        ("a\n\n\nb\n", "a\n\nb\n"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("a\nb\n", "a\r\nb\n"),
        ("a\r\nb\n", "a\r\nc\nd\n"),
        ("a\n\x0c\nb\n", "a\n\x0cb\n"),
    ],
)
def test_ends_of_lines_and_files_come_out_to_the_byte(before, after):
    planned(before, after, python=False)


def test_the_last_newline_goes_by_the_line_after_it():
    assert planned("a\nb\n", "a\nb", python=False).startswith("@@ delete shop.py@")
    assert planned("a\nb\n", "a\nb", python=False).endswith(":3\n")


def test_a_byte_order_mark_and_an_encoding_may_change():
    before = decode(b"\xef\xbb\xbfx = 1\n")
    after = decode("# -*- coding: latin-1 -*-\nx = '\xe9'\n".encode("latin-1"))
    for one, other in ((before, after), (after, before), (before, Source("x = 1\n"))):
        found = plan(outline(one), other, "shop.py")
        assert patched(found.text, one) == other


def test_text_that_does_not_compile_is_refused():
    with pytest.raises(EditRejectedError, match="break the file"):
        plan(outline(Source("x = 1\n")), Source("x = (\n"), "shop.py")


def test_broken_text_may_be_mended_and_broken_otherwise():
    planned("x = (\ny = 2\n", "x = 1\ny = 2\n")
    planned("x = (\ny = 2\n", "x = ((\ny = 2\n")


def test_a_diff_that_is_quoted_is_text():
    planned("a\n", "a\n--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@\ndiff --git a/x b/x\n```\n", python=False)


def test_a_path_that_could_be_misread_is_written_with_colons():
    for name in ("my file.txt", "a#b", "x:3", "a@1234"):
        text = plan(outline(Source("a b\nc\n"), "text"), Source("a d\nc\ne\n"), name).text
        assert text.startswith(f"@@ {name}::@")


def test_two_names_of_one_statement_that_come_to_stand_elsewhere_are_permitted_once():
    before = "first, *rest = load()\n"
    after = "def read():\n    pass\n    first, *rest = load()\n"
    text = planned(before, after.replace("    first", "if read():\n    def inner():\n        first"))
    assert "@@ delete rest" in text
