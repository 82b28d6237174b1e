"""Every hit is an address that the next call can edit."""

from __future__ import annotations

import re

import pytest

from ipy_llm.errors import NotFoundError, ParseError
from ipy_llm.operations.edit import edit
from ipy_llm.operations.search import find
from ipy_llm.source.tokens import tokens
from ipy_llm.workspace.project import Workspace

CART = '''
"""Carts have a total."""

TOTAL = 3


class Cart:
    def total(self):  # the total of it
        return self.price * TOTAL

    @property
    def shown(self):
        """The total, shown."""
        return f"total {self.total()}" + "total"


print(Cart().total(), TOTAL)
'''
TESTS = """
from cart import Cart


def test_total():
    cart = Cart()
    assert cart.total() == 1
    assert cart.total() == cart.total()
"""


@pytest.fixture
def shop(write) -> Workspace:
    return write(
        {
            "pyproject.toml": "",
            "tests/test_cart.py": TESTS,
            "cart.py": CART,
            "notes.md": "# total\n\nself.price * 2\n",
        }
    )


def plain(reply) -> list[str]:
    return [re.sub(r"@[0-9a-f]{4}", "", line) for line in reply.lines]


def test_a_name_finds_its_definitions_then_its_uses_with_tests_last(shop):
    assert plain(find(shop, "total")) == [
        "total: 1 definition, used on 4 lines in 2 files; 4 in strings and comments: --kind text",
        "cart.py::Cart.total  def total(self)",
        'cart.py::Cart.shown:4  return f"total {self.total()}" + "total"',
        "cart.py:16  print(Cart().total(), TOTAL)",
        "tests/test_cart.py::test_total:3  assert cart.total() == 1",
        "  :4  assert cart.total() == cart.total()",
    ]  # fmt: skip


def test_a_hit_can_be_edited_by_its_address(shop):
    for line in find(shop, "total").lines[2:5]:
        address, _, text = line.partition("  ")
        edit(shop, address, text, check="off")
    first = find(shop, "TOTAL").lines[1].partition("  ")[0]
    assert first.startswith("cart.py::TOTAL@")
    edit(shop, first, "TOTAL = 4", check="off")
    assert "TOTAL = 4\n" in (shop.root / "cart.py").read_text()


def test_an_assignment_is_a_definition_and_not_its_own_use(shop):
    assert plain(find(shop, "TOTAL")) == [
        "TOTAL: 1 definition, used on 2 lines in 1 file",
        "cart.py::TOTAL  TOTAL = 3",
        "cart.py::Cart.total:2  return self.price * TOTAL",
        "cart.py:16  print(Cart().total(), TOTAL)",
    ]


def test_a_qualified_name_and_kinds_narrow_it(shop):
    assert plain(find(shop, "Cart.total", kind="def"))[1:] == ["cart.py::Cart.total  def total(self)"]
    assert plain(find(shop, "Cart", kind="class")) == ["Cart: 1 definition", "cart.py::Cart  class Cart"]
    assert plain(find(shop, "sh|tot", kind="def", regex=True))[1:] == [
        "cart.py::Cart.total  def total(self)",
        "cart.py::Cart.shown  @property def shown(self)",
        "tests/test_cart.py::test_total  def test_total()",
    ]
    with pytest.raises(NotFoundError):
        find(shop, "total", kind="class")
    with pytest.raises(ParseError, match="no kind function"):
        find(shop, "total", kind="function")


def test_text_is_found_in_every_file_and_a_pattern_by_regex(shop):
    assert plain(find(shop, "self.price *")) == [
        "self.price *: 2 lines in 2 files",
        "cart.py::Cart.total:2  return self.price * TOTAL",
        "notes.md:3  self.price * 2",
    ]
    assert plain(find(shop, r"^# \w+", regex=True))[1:] == ["notes.md:1  # total"]
    with pytest.raises(ParseError, match="not a regular expression"):
        find(shop, "(", regex=True)


def test_paths_narrow_it(shop):
    for inside in ("tests", "tests/test_cart.py", "tests/*.py", "notes.md tests"):
        assert (
            find(shop, "total", in_=inside)
            .lines[0]
            .startswith("total: 0 definitions, used on 2 lines in 1 file")
        )
    folder = Workspace(shop.root, shop.root / "tests")
    assert find(folder, "total", in_=".").facts == find(shop, "total", in_="tests").facts
    with pytest.raises(NotFoundError, match="no file or folder nowhere"):
        find(shop, "total", in_="nowhere")


def test_what_a_gitignore_names_is_left_out(shop):
    (shop.root / ".gitignore").write_text("tests/\n")
    assert find(shop, "total").lines[0].startswith("total: 1 definition, used on 2 lines in 1 file")


def test_pages_follow_each_other_within_the_budget(write):
    many = "".join(f"def f{number}():\n    return wanted({number})\n\n\n" for number in range(300))
    workspace = write({"many.py": f"def wanted(x): ...\n\n\n{many}"})
    seen, skip = [], 0
    while skip is not None:
        reply = find(workspace, "wanted", skip=skip, tokens=400)
        assert tokens(str(reply)) < 440
        _, *lines, last = reply.lines
        more = re.fullmatch(r"\.\.\. (\d+) more: find wanted --skip (\d+)", last)
        seen += lines if more else [*lines, last]
        skip = int(more[2]) if more else None
        assert more is None or len(seen) + int(more[1]) == 301
    assert len(set(seen)) == 301


def test_nothing_found_tells_what_is_near_or_where_else_it_stands(shop):
    with pytest.raises(NotFoundError, match="no totl") as refused:
        find(shop, "totl")
    assert refused.value.steps[0] == "did you mean TOTAL"
    with pytest.raises(NotFoundError) as refused:
        find(shop, "shown", in_="tests")
    assert refused.value.message == "no shown in tests"
    with pytest.raises(NotFoundError, match="no have in code") as refused:
        find(shop, "have")
    assert refused.value.steps == ("1 in strings and comments: --kind text",)


def test_cells_of_notebooks_are_searched(write):
    workspace = write(
        {
            "nb.ipynb": '{"cells": [{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null,'
            ' "source": ["def total(): ...\\n", "\\n", "def other():\\n", "    return total()\\n"]}],'
            ' "metadata": {}, "nbformat": 4, "nbformat_minor": 4}'
        }
    )
    reply = find(workspace, "total")
    assert plain(reply)[1:] == ["nb.ipynb::[1]::total  def total()", "nb.ipynb::[1]::other:2  return total()"]
    edit(workspace, reply.lines[2].partition("  ")[0], "    return 3", check="off")
    assert '"    return 3\\n"' in (workspace.root / "nb.ipynb").read_text()


def test_what_was_meant_is_of_the_kind_that_was_asked_for(write):
    workspace = write({"pyproject.toml": "", "a.py": "class Redirects: ...\ndef redirect_all(): ...\n"})
    with pytest.raises(NotFoundError) as refused:
        find(workspace, "redirect", kind="class")
    assert refused.value.steps == ("did you mean Redirects",)


def test_a_pattern_of_definitions_is_of_their_names(write):
    workspace = write({"pyproject.toml": "", "a.py": "def _send(): ...\n"})
    with pytest.raises(NotFoundError, match="no def _send") as refused:
        find(workspace, r"def _send\w*", kind="def", regex=True)
    assert "the pattern is of qualified names" in refused.value.steps[0]
