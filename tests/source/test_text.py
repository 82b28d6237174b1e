import pytest

from ipy_llm.errors import ParseError, RequestError
from ipy_llm.source.text import (
    Source,
    Span,
    decode,
    digest,
    encode,
    indentation,
    newline_of,
    splice,
    split_lines,
)


@pytest.mark.parametrize(
    "data",
    [
        b"x = 1\n",
        b"x = 1\r\n",
        b"x = 1\ry = 2\n\r\n",
        b"\xef\xbb\xbfx = 1\n",
        b"\xef\xbb\xbf# -*- coding: utf-8 -*-\nx = 1\n",
        "# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"),
        "#!/bin/python\n# vim: set fileencoding=cp1252 :\nx = '€'\n".encode("cp1252"),
        "x = 'é\u2028\x0c\x1c'\n".encode(),
        b"",
        b"\x0cx = 1",
    ],
)
def test_what_is_decoded_encodes_to_the_same_bytes(data):
    assert encode(decode(data)) == data


def test_a_mark_is_kept_apart_from_the_text():
    assert decode(b"\xef\xbb\xbfx = 1\n") == Source("x = 1\n", "utf-8", bom=True)


def test_a_character_the_encoding_lacks_is_refused_and_named():
    with pytest.raises(RequestError, match=r"iso-8859-1, which has no '€' \(U\+20AC\)"):
        encode(Source("# coding: latin-1\nx = '€'\n", "iso-8859-1"))


def test_an_edit_of_the_coding_cookie_is_refused():
    source = decode("# coding: latin-1\nx = 'é'\n".encode("latin-1"))
    with pytest.raises(RequestError, match="encoding declaration"):
        encode(source.with_text("# coding: utf-8\nx = 'é'\n"))


@pytest.mark.parametrize("data", [b"# coding: no-such\n", b"x = '\xff'\n"])
def test_bytes_that_are_no_text_are_refused(data):
    with pytest.raises(ParseError, match="not readable as text"):
        decode(data)


def test_a_file_that_is_not_python_has_no_cookie():
    data = "coding: latin-1 é\n".encode()
    assert encode(decode(data, python=False), python=False) == data


def test_lines_end_where_python_ends_them():
    assert split_lines("a\x0cb\u2028c\x85d\x1ce\r\nf\rg\n") == ["a\x0cb\u2028c\x85d\x1ce", "f", "g", ""]


def test_the_commonest_line_end_wins_and_the_first_text_that_has_one():
    assert newline_of("a\r\nb\r\nc\n") == "\r\n"
    assert newline_of("", "a\rb") == "\r"
    assert newline_of("a") == "\n"


def test_indentation_counts_from_after_a_form_feed():
    assert indentation("  \x0c\tx") == "\t"
    assert indentation("    x  ") == "    "


def test_splices_leave_the_rest_alone_whatever_their_order():
    assert splice("abcdef", [(Span(4, 5), "E"), (Span(1, 1), "-"), (Span(0, 1), "")]) == "-bcdEf"


def test_a_digest_is_four_hex_digits_and_tells_texts_apart():
    assert len(digest("x")) == 4
    assert digest("x = 1") != digest("x = 2")
    assert digest("\ud800")  # half of a pair, as a notebook may hold it
