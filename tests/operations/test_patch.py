"""A patch lands whole or not at all, over as many files as it names."""

from __future__ import annotations

import pytest

from ipy_llm.errors import IpyLlmError, NotFoundError
from ipy_llm.operations.edit import edit, undo
from ipy_llm.workspace.project import Workspace

CART = "class Cart:\n    def total(self):\n        return 1\n\n    def legacy(self):\n        return 2\n"
MONEY = "RATE = 1\n\n\ndef tax(x):\n    return x * RATE\n"


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setenv("IPY_LLM_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "shop"
    root.mkdir()
    (root / "pyproject.toml").touch()
    (root / "cart.py").write_text(CART)
    (root / "money.py").write_text(MONEY)
    return Workspace.open(folder=root)


def files(shop):
    return {path.name: path.read_text() for path in shop.root.glob("*.py")}


def test_a_patch_edits_several_files_and_makes_new_ones(shop):
    patch = (
        "@@ cart.py::Cart.total\ndef total(self):\n    return 9\n"
        "@@ delete Cart.legacy\n"
        "@@ money.py::tax RATE => RATE + 1\n"
        "@@ after RATE\nLIMIT = 5\n"
        "@@ create deep/new.py\nx = 1\n"
    )
    before = files(shop)
    reply = edit(shop, "", patch)
    assert files(shop) == {
        "cart.py": "class Cart:\n    def total(self):\n        return 9\n",
        "money.py": "RATE = 1\nLIMIT = 5\n\n\ndef tax(x):\n    return x * RATE + 1\n",
    }
    assert (shop.root / "deep" / "new.py").read_text() == "x = 1\n"
    assert [line.partition("@")[0] for line in reply.lines] == [
        "replaced cart.py::Cart.total",
        "deleted cart.py::Cart.legacy",
        "edited money.py::tax",
        "inserted money.py::LIMIT",
        "created deep/new.py",
    ]
    assert str(undo(shop)).startswith("undone: 5 edits from cart.py::Cart.total on; ")
    assert files(shop) == before
    assert not (shop.root / "deep").exists()


def test_all_addresses_mean_the_text_before_the_patch(shop):
    edit(
        shop,
        "",
        "@@ delete cart.py::Cart.legacy\n@@ before Cart.total\ndef new(self): ...\n@@ Cart.total 1 => 8\n",
    )
    assert (
        files(shop)["cart.py"]
        == "class Cart:\n    def new(self): ...\n\n    def total(self):\n        return 8\n"
    )


@pytest.mark.parametrize(
    ("last", "says"),
    [
        ("@@ Cart.totl\ndef totl(self): ...\n", "entry on line 3: no Cart.totl"),
        ("@@ Cart.total\ndef total(self:\n", "the text ends early, on its line 1"),
        ("@@ money.py::tax\ndef other(x): ...\n", "the text defines other, not tax"),
        ("@@ create money.py\nx = 1\n", "entry on line 3: money.py exists already"),
    ],
)
def test_one_entry_that_does_not_fit_stops_them_all(shop, last, says):
    before = files(shop)
    with pytest.raises(IpyLlmError) as refused:
        edit(shop, "", f"@@ cart.py::Cart.legacy\ndef legacy(self): return 3\n{last}")
    assert says in str(refused.value)
    assert files(shop) == before


def test_entries_that_overlap_are_refused_save_the_permission_to_drop_a_name(shop):
    whole = "@@ cart.py::Cart\nclass Cart:\n    def total(self):\n        return 1\n"
    with pytest.raises(IpyLlmError, match="overlap"):
        edit(shop, "", f"{whole}@@ Cart.total 1 => 2\n")
    edit(shop, "", f"{whole}@@ delete Cart.legacy\n")
    assert "legacy" not in files(shop)["cart.py"]


def test_a_deletion_that_meets_an_edit_permits_what_it_does_or_contradicts_it(shop):
    edit(shop, "", "@@ cart.py::Cart.legacy legacy => empty\n@@ delete Cart.legacy\n")
    assert "def empty(self):\n        return 2\n" in files(shop)["cart.py"]
    with pytest.raises(IpyLlmError, match=r"Cart\.total is to be deleted, and edited"):
        edit(shop, "", "@@ cart.py::Cart.total 1 => 7\n@@ delete Cart.total\n")


def test_an_entry_without_a_document_takes_that_of_the_entry_before(shop):
    (shop.root / "other.py").write_text(CART)
    edit(shop, "", "@@ other.py::Cart.total 1 => 5\n@@ Cart.legacy 2 => 6\n")
    assert files(shop)["cart.py"] == CART
    assert files(shop)["other.py"] == CART.replace("1", "5").replace("2", "6")


def test_an_entry_whose_name_is_elsewhere_finds_it_there(shop):
    edit(shop, "", "@@ cart.py::Cart.total 1 => 5\n@@ tax RATE => 7\n")
    assert "x * 7" in files(shop)["money.py"]


def test_a_name_that_is_nowhere_is_answered_with_the_closest(shop):
    with pytest.raises(NotFoundError) as refused:
        edit(shop, "", "@@ Cart.totle\nx\n")
    assert "did you mean cart.py::Cart.total" in str(refused.value)
