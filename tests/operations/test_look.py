"""Looking costs a bounded number of lines, and says how to get the rest."""

from __future__ import annotations

import re

import pytest

from ipy_llm.errors import NotFoundError, ParseError
from ipy_llm.operations.edit import edit
from ipy_llm.operations.listing import SHOWN_CHARACTERS
from ipy_llm.operations.look import show
from ipy_llm.source.address import parse_address
from ipy_llm.source.tokens import tokens
from ipy_llm.workspace.project import Workspace

CART = '''
"""Carts."""

import os


class Cart:
    currency = "EUR"

    # What it costs.
    def total(self) -> int:
        return 1

    # section: taxes
    def tax(self, rate: int = 2) -> int:
        return rate
    # endsection


def free(x): ...
'''


@pytest.fixture
def shop(write) -> Workspace:
    return write({"pyproject.toml": "", "shop/cart.py": CART, "notes.md": "# Notes\n\nbuy milk\n"})


def digest_of(head: str) -> str:
    return re.search(r"@([0-9a-f]{4})", head)[1]


def test_a_chunk_is_shown_with_its_digest_its_place_and_numbered_lines(shop):
    reply = show(shop, "Cart.total")
    assert re.fullmatch(r"shop/cart\.py::Cart\.total@[0-9a-f]{4}  file line 9", reply.lines[0])
    assert reply.lines[1:4] == (
        "1\t    # What it costs.",
        "2\t    def total(self) -> int:",
        "3\t        return 1",
    )
    assert reply.facts["lines"] == [9, 11]
    assert reply.facts["text"] == "    # What it costs.\n    def total(self) -> int:\n        return 1"


def test_what_is_shown_can_be_sent_back_with_its_digest(shop):
    digest = digest_of(show(shop, "Cart.total").lines[0])
    reply = edit(shop, f"Cart.total@{digest}:3", "        return 2")
    now = digest_of(reply.lines[0])
    assert show(shop, f"Cart.total@{now}").lines[3] == "3\t        return 2"


def test_lines_of_a_chunk_keep_its_numbers(shop):
    assert show(shop, "Cart.total:2-3").lines[1:] == (
        "2\t    def total(self) -> int:",
        "3\t        return 1",
    )


def test_lines_that_are_not_there_are_refused_with_how_many_there_are(shop):
    with pytest.raises(ParseError, match=r"shop/cart\.py::Cart\.total has 3 lines"):
        show(shop, "Cart.total:4-9")
    assert len(show(shop, "Cart.total:3-900").lines) == 2


def test_a_section_and_a_file_are_shown_alike(shop):
    assert show(shop, "Cart#taxes").lines[1:] == (
        "1\t    def tax(self, rate: int = 2) -> int:",
        "2\t        return rate",
    )
    assert show(shop, "shop/cart.py").lines[1] == '1\t"""Carts."""'


def test_a_huge_chunk_is_bounded_and_says_how_to_get_the_rest(write):
    body = "\n".join(f"    x = {number}" for number in range(1, 600))
    workspace = write({"big.py": f"def big():\n{body}\n"})
    seen, address, calls = [], "big", 0
    while address:
        reply = show(workspace, address, around=False, tokens=1500)
        calls += 1
        *lines, last = reply.lines[1:]
        assert tokens(str(reply)) < 1500 * 1.1  # the lines together cost a little more than one by one
        if more := re.fullmatch(r"\.\.\. (\d+) more lines: show '(.*)'", last):
            address = more[2]
            assert parse_address(address).lines.last == 600
        else:
            lines.append(last)
            address = ""
        seen += [line.partition("\t")[2] for line in lines]
    assert "\n".join(seen) == f"def big():\n{body}"
    assert calls == 3


def test_a_class_that_is_cut_names_the_way_to_its_parts(shop):
    assert show(shop, "Cart", tokens=20).lines[-1] == (
        "... 8 more lines: show 'shop/cart.py::Cart:4-11'; its parts: outline shop/cart.py::Cart"
    )


def test_what_a_method_uses_is_said_in_a_line_each_what_else_is_there_by_name(write):
    workspace = write(
        {
            "shop.py": """
            from decimal import Decimal
            from money.rates import Rate as R, LOWEST
            import os.path
            import numpy as np
            RATE = 20

            def round_up(price: R) -> R: ...

            class Cart(dict):
                items: list
                def total(self) -> R:
                    return round_up(self.sum(2) * RATE + Decimal(LOWEST), np.nan, os.path.sep)
                @property
                def name(self): ...
                def sum(self, by: int) -> R: ...
            """
        }
    )
    reply = show(workspace, "Cart.total")
    assert reply.lines[3:] == (
        "in class Cart(dict): sum(by: int) -> R; items, name",
        "uses RATE = 20; round_up(price: R) -> R",
        "imports Rate as R, LOWEST from money.rates; numpy as np",
    )
    assert show(workspace, "Cart.total", around=False).lines[3:] == ()
    assert show(workspace, "Cart.total:1").lines[2:] == ()
    assert show(workspace, "round_up").lines[2:] == ("imports Rate as R from money.rates",)


def test_a_class_of_many_members_names_a_few_and_counts_the_rest(write):
    members = "".join(f"    def member_{number}(self, argument): ...\n" for number in range(50))
    workspace = write({"wide.py": f"class Wide:\n{members}"})
    around = show(workspace, "Wide.member_20").lines[-1]
    assert around == "in class Wide: member_19 +48"


def test_an_empty_line_is_shown_empty_and_counted(write):
    workspace = write({"m.py": ""})
    (workspace.root / "m.py").write_text("def f():\n    x = 1\n\n    \n    return x\n")
    assert show(workspace, "f").lines[1:] == (
        "1\tdef f():",
        "2\t    x = 1",
        "",
        "4\t    ",
        "5\t    return x",
    )


def test_a_huge_line_is_cut(write):
    workspace = write({"data.py": f"DATA = '{'x' * 100_000}'\n"})
    shown = str(show(workspace, "DATA"))
    assert len(shown) < SHOWN_CHARACTERS + 100
    assert shown.endswith(f" ... {100_000 + 9 - SHOWN_CHARACTERS} more characters")


def test_a_broken_file_is_shown_and_what_breaks_it(write):
    workspace = write({"broken.py": "x = 1\ndef f(:\n    pass\n"})
    head, *body = show(workspace, "broken.py").lines
    assert "line 2: " in head
    assert len(body) == 3
    head, *body = show(workspace, "broken.py::x").lines
    assert "(line 2: invalid syntax)" in head
    assert body[0] == "1\tx = 1"
    with pytest.raises(NotFoundError, match=r"no y in broken\.py, which is broken: line 2") as refused:
        show(workspace, "broken.py::y")
    assert refused.value.steps == ("to mend it by lines: show broken.py:1-4",)


def test_a_broken_file_can_be_mended_by_the_lines_shown(write):
    workspace = write({"broken.py": "x = 1\ndef f(:\n    pass\n"})
    digest = digest_of(show(workspace, "broken.py").lines[0])
    edit(workspace, f"broken.py@{digest}:2", "def f():")
    assert (workspace.root / "broken.py").read_bytes() == b"x = 1\ndef f():\n    pass\n"


def test_a_text_file_is_shown_and_its_lines_edited_with_the_digest_shown(shop):
    head, *body = show(shop, "notes.md").lines
    assert body == ["1\t# Notes", "", "3\tbuy milk"]
    reply = edit(shop, f"notes.md@{digest_of(head)}:3", "    buy *two* milk   ")
    edit(shop, f"notes.md@{digest_of(reply.lines[0])}:0+", "---")
    assert (shop.root / "notes.md").read_bytes() == b"---\n# Notes\n\n    buy *two* milk   \n"


def test_a_text_file_has_no_names(shop):
    with pytest.raises(ParseError, match="not Python"):
        show(shop, "notes.md::Notes")


def test_an_empty_file_can_be_shown_and_filled(write):
    workspace = write({"empty.py": ""})
    edit(workspace, "into empty.py", "x = 1")
    assert (workspace.root / "empty.py").read_text().strip() == "x = 1"
