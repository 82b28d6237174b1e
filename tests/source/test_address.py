import pytest

from ipy_llm.errors import ParseError
from ipy_llm.source.address import Address, LineRange, parse_address, parse_header


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("shop/cart.py::Cart.total", Address("shop/cart.py", "Cart.total")),
        ("shop.cart::Cart", Address("shop.cart", "Cart")),
        ("C:\\shop\\cart.py::Cart", Address("C:\\shop\\cart.py", "Cart")),
        ("cart.py::", Address("cart.py")),
        ("cart.py", Address(None, "cart.py")),
        ("cart.py:4-6", Address(None, "cart.py", lines=LineRange(4, 6))),
        ("::delete", Address(None, "delete")),
        ("c.py::f[0]", Address("c.py", "f", 0)),
        ("c.py::f.0", Address("c.py", "f", 0)),
        ("c.py::f[impl]", Address("c.py", "f", "impl")),
        ("c.py::f.<locals>.g", Address("c.py", "f.g")),
        ("c.py::Cart.total()", Address("c.py", "Cart.total")),
        ("tests/test_c.py::TestCart::test_total", Address("tests/test_c.py", "TestCart.test_total")),
        ("c.py::#imports", Address("c.py", section="imports")),
        ("c.py::Cart#price rules", Address("c.py", "Cart", section="price-rules")),
        ("c.py::Cart.total@3F1C:7", Address("c.py", "Cart.total", digest="3f1c", lines=LineRange(7, 7))),
        ("c.py::Cart@3f1c:7+", Address("c.py", "Cart", digest="3f1c", lines=LineRange(7, 7, insert=True))),
        ("c.py::Cart@3f1c:0+", Address("c.py", "Cart", digest="3f1c", lines=LineRange(0, 0, insert=True))),
        ("c.py::größe", Address("c.py", "größe")),
        ("c.py::\ufb01eld", Address("c.py", "field")),  # as Python reads the ligature
    ],
)
def test_an_address_parses(text, address):
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "shop/cart.py::Cart.total",
        "c.py::f[0]",
        "c.py::f[impl]#helpers",
        "c.py::#imports",
        "c.py::Cart.total@3f1c:7-9",
        "c.py::Cart@3f1c:0+",
        "c.py@3f1c:7",
    ],
)
def test_an_address_reads_as_it_was_written(text):
    assert str(parse_address(text)) == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("c.py::Cart total", "write FILE::Name.name"),
        ("c.py::f[0].inner", "stands at the end"),
        ("c.py::Cart:9-4", "counted from 1"),
        ("c.py::Cart:0", "counted from 1"),
        ("c.py::1x", "not a qualified name"),
        ("c.py::Cart.total(", "write Cart.total"),
    ],
)
def test_an_address_that_does_not_parse_says_how_it_would_be_written(text, says):
    with pytest.raises(ParseError, match=says.replace("(", r"\(")):
        parse_address(text)


@pytest.mark.parametrize(
    ("text", "verb", "target"),
    [
        ("c.py::Cart", "replace", "Cart"),
        ("replace c.py::Cart", "replace", "Cart"),
        ("before c.py::Cart", "before", "Cart"),
        ("after  c.py::Cart", "after", "Cart"),
        ("into\tc.py::Cart", "into", "Cart"),
        ("delete c.py::Cart", "delete", "Cart"),
        ("create c.py", "create", "c.py"),
        ("delete", "replace", "delete"),
        ("::delete", "replace", "delete"),
    ],
)
def test_a_verb_is_a_verb_only_with_an_address_after_it(text, verb, target):
    header = parse_header(text)
    assert (header.verb, header.address.target) == (verb, target)


@pytest.mark.parametrize(
    ("text", "target", "pair"),
    [
        ("c.py::Cart.total .price => .cost", "Cart.total", (".price", ".cost")),
        ("c.py::Cart.total@91c0:9 a => b", "Cart.total", ("a", "b")),
        ("c.py::Cart.total x = 1 =>", "Cart.total", ("x = 1", "")),
        ("c.py::f  a=>b => c", "f", None),
        ("delete => remove", "delete", None),
        ("my shop/c.py::f a => b c", "f", ("a", "b c")),
        ("Cart.total a::b => c", "Cart.total", ("a::b", "c")),
    ],
)
def test_a_substitution_stands_in_the_header(text, target, pair):
    if pair is None:
        with pytest.raises(ParseError, match="write `ADDRESS old => new`"):
            parse_header(text)
    else:
        header = parse_header(text)
        assert (header.address.target, header.substitution) == (target, pair)


@pytest.mark.parametrize("text", ["f => b", "f  a => b", "f a =>  b"])
def test_a_substitution_with_blank_edges_is_refused(text):
    with pytest.raises(ParseError, match="no blanks at the edges"):
        parse_header(text)


def test_a_verb_takes_no_substitution():
    with pytest.raises(ParseError, match="`delete` takes no"):
        parse_header("delete c.py::f a => b")


def test_an_empty_header_asks_for_an_address():
    with pytest.raises(ParseError, match="no address"):
        parse_header("  ")
