"""Documents that are not Python: sections between markers, and under the headings of Markdown."""

import pytest

from ipy_llm.errors import ParseError
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.structure.prose import read_headings
from ipy_llm.source.text import Source, decode

GUIDE = """\
# Shop

Intro.

## Usage

- one
- two

### Exit codes & more

0 is good.

```sh
# not a heading
```

## Changes

### Fixed

a

Older
-----

### Fixed

b
"""


def names(text, language="markdown"):
    return [section.name for section in outline(Source(text), language).sections]


def test_headings_are_sections_named_by_their_words():
    assert names(GUIDE) == [
        "#Shop", "#Usage", "#Exit-codes-more", "#Changes", "#Changes/Fixed", "#Older", "#Older/Fixed",
    ]  # fmt: skip


def test_a_heading_is_no_text_of_code_comments_or_front_matter():
    text = "---\n# a: 1\n---\n\n~~~~\n# b\n~~~\n# c\n~~~~\n<!--\n# d\n-->\n    # e\n- ```\n  # f\n  ```\n> # g\n#h\n\nx\n***\n#  I  ##\n"
    assert names(text) == ["#I"]


def test_titles_lose_what_is_markup():
    text = "# `code` and *more*\n## [link](x.md) [1.2.0] - 2024\n### a <b id=x></b>\n#### 😀\n##### Was ist größer? {#id}\n"
    assert [heading.name for heading in read_headings(text)] == [
        "code-and-more", "link-1.2.0---2024", "a", "Was-ist-größer",
    ]  # fmt: skip


def test_the_same_path_twice_is_told_apart_by_numbers():
    assert names("# A\n## B\n## B\n# C\n# C\n") == ["#A", "#A/B-1", "#A/B-2", "#C-1", "#C-2"]


def test_what_is_under_a_heading_is_replaced_and_the_heading_stays(edited):
    after = edited(GUIDE, "#Exit-codes-more", "\nNone.\n", language="markdown")
    assert after == GUIDE.replace("0 is good.\n\n```sh\n# not a heading\n```", "None.")


@pytest.mark.parametrize("name", ["exit-codes--more", "Exit-codes-more", "exit codes & more"])
def test_a_section_may_be_named_as_links_name_it(edited, name):
    assert "None." in edited(GUIDE, f"#{name}", "None.", language="markdown")


def test_a_title_of_several_headings_is_answered_with_all(refusal):
    said = refusal(GUIDE, "#fixed", "x", language="markdown")
    assert "#fixed is 2 sections" in said
    assert "shop.py::#Changes/Fixed" in said
    assert "shop.py::#Older/Fixed" in said
    assert "did you mean shop.py::#Usage" in refusal(GUIDE, "Usage", "x", language="markdown")


def test_a_replacement_that_leaves_out_headings_is_refused(edited, refusal):
    assert "leaves out headings under #Usage: Exit-codes-more" in refusal(
        GUIDE, "#Usage", "- one", language="markdown"
    )
    after = edited(GUIDE, "#Usage", "- one", language="markdown", allow_removal=True)
    assert "## Usage\n\n- one\n\n## Changes\n" in after


def test_text_beside_a_section_stands_between_blank_lines(edited, touched):
    after = edited(GUIDE, "after #Usage", "## Help\n\nNone.", language="markdown")
    assert after == GUIDE.replace("## Changes", "## Help\n\nNone.\n\n## Changes")
    assert edited(after, "delete #Help", language="markdown") == GUIDE
    before = edited(GUIDE, "before #Usage", "## Help\n\nNone.", language="markdown")
    assert before == GUIDE.replace("## Usage", "## Help\n\nNone.\n\n## Usage")
    assert edited(before, "delete #Help", language="markdown") == GUIDE
    assert touched(GUIDE, "after #Usage", "## Help\n\nNone.", language="markdown").target == "#Help"
    assert touched(GUIDE, "delete #Usage", language="markdown").notes == ("with #Exit-codes-more",)


def test_text_put_into_a_section_goes_on_with_a_list_or_opens_a_paragraph(edited):
    text = "# A\n\n- one\n\n# B\n\nWords.\n"
    assert edited(text, "into #A", "- two", language="markdown") == text.replace("- one", "- one\n- two")
    assert edited(text, "into #A", "Words.", language="markdown") == text.replace("- one", "- one\n\nWords.")
    assert edited(text, "into ", "More.", language="markdown") == text + "\nMore.\n"


@pytest.mark.parametrize(
    ("opens", "closes"),
    [
        ("# section: a b", "# endsection"),
        ("// section: a b", "// endsection a b"),
        ("<!-- section: a b -->", "<!-- endsection -->"),
        ("/* section: a b */", "/* endsection */"),
        ("; section: a b", "; endsection"),
        ("-- section: a b", "-- endsection"),
        ("%% section: a b", "%% endsection"),
        (".. section: a b", ".. endsection"),
        ("{# section: a b #}", "{# endsection #}"),
        ("    # section: a b", "    # endsection"),
    ],
)
def test_markers_stand_in_comments_of_any_language(edited, opens, closes):
    text = f"first\n{opens}\n  old: 1\n{closes}\nlast\n"
    assert edited(text, "#a-b", "  new: 2", language="text") == text.replace("old: 1", "new: 2")
    assert edited(text, "into #a-b", "  new: 2", language="text") == text.replace(
        "old: 1", "old: 1\n  new: 2"
    )
    assert edited(text, "after #a-b", "mid", language="text") == text.replace("last", "mid\nlast")
    assert edited(text, "delete #a-b", language="text") == "first\nlast\n"


def test_in_markdown_only_markup_holds_markers():
    assert names("# section: x\n\n<!-- section: y -->\nz\n<!-- endsection -->\n") == ["#section-x", "#y"]


def test_a_marker_without_its_other_half_is_told_with_its_line(refusal):
    assert "opens on line 2 and is never closed" in refusal("a\n# section: x\n", "#x", "b", language="text")


@pytest.mark.parametrize("language", ["json", "toml"])
def test_an_edit_does_not_break_what_was_whole(edited, refusal, language):
    if language == "toml":
        pytest.importorskip("tomllib")
    text, old, new = {"json": ('{"a": 1}\n', "1", "1,"), "toml": ("[a]\nb = 1\n", "1", "")}[language]
    assert f"would break the {language.upper()}" in refusal(text, f" {old} => {new}", language=language)
    broken = text + "{"
    assert edited(broken, f" {old} => {new}", language=language) == broken.replace(old, new, 1)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("é\n".encode("latin-1"), "not utf-8: byte 0xe9 on line 1"),
        ("a\n".encode("utf-16"), "UTF-16"),
        (b"\x89PNG\r\n\0", "null bytes"),
        (b"a\nb\x80", "byte 0x80 on line 2"),
    ],
)
def test_what_is_no_text_is_refused_with_what_it_is(data, said):
    with pytest.raises(ParseError, match=said):
        decode(data, python=False)
