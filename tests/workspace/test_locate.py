"""From an address to its file: a path, the one place of a name, a module - or an error that is the menu."""

from __future__ import annotations

import json
import os

import pytest

from ipy_llm.errors import AmbiguousError, NotFoundError, ParseError, RequestError
from ipy_llm.source.address import parse_address
from ipy_llm.workspace.locate import find_document, locate, new_document, read_file, require_inside
from ipy_llm.workspace.project import Workspace

SHOP = {
    "shop/__init__.py": "VERSION = 1\n",
    "shop/cart.py": """
    TAX_RATE = 2

    class Cart:
        currency = "EUR"

        @property
        def price(self): ...

        @price.setter
        def price(self, value): ...

        def total(self):
            def inner(): ...
    """,
    "shop/order.py": """
    class Order:
        def total(self): ...
    """,
    "README.md": "# Shop\n",
}


def found(text: str, workspace: Workspace) -> str:
    """The address in full: the document as messages write it, and what of it is meant."""
    located = locate(parse_address(text), workspace)
    assert located.path.is_file()
    return f"{located.document}|{located.address.target}" + (
        f":{located.address.lines}" if located.address.lines else ""
    )


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("shop/cart.py", "shop/cart.py|"),
        ("shop/cart.py::Cart.total", "shop/cart.py|Cart.total"),
        ("./shop/../shop/cart.py::Cart", "shop/cart.py|Cart"),
        ("shop/cart.py:4-6", "shop/cart.py|:4-6"),
        ("shop/cart.py#imports", "shop/cart.py|#imports"),
        ("README.md", "README.md|"),
        ("shop.cart::Cart.total", "shop/cart.py|Cart.total"),
        ("shop.cart", "shop/cart.py|"),
        ("shop.cart.Cart.total", "shop/cart.py|Cart.total"),
        ("shop::VERSION", "shop/__init__.py|VERSION"),
        ("shop", "shop/__init__.py|"),
        ("Cart", "shop/cart.py|Cart"),
        ("Cart.total", "shop/cart.py|Cart.total"),
        ("Cart.total.inner", "shop/cart.py|Cart.total.inner"),
        ("Cart.total.<locals>.inner", "shop/cart.py|Cart.total.inner"),
        ("Cart.price.setter", "shop/cart.py|Cart.price.setter"),
        ("Cart.currency", "shop/cart.py|Cart.currency"),
        ("Cart#docstring", "shop/cart.py|Cart#docstring"),
        ("TAX_RATE", "shop/cart.py|TAX_RATE"),
        ("::TAX_RATE", "shop/cart.py|TAX_RATE"),
        ("Order.total:2", "shop/order.py|Order.total:2"),
    ],
)
def test_an_address_finds_its_file_from_the_root(write, text, meant):
    assert found(text, write(SHOP)) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("cart.py", "shop/cart.py|"),
        ("shop/cart.py", "shop/cart.py|"),
        ("../README.md", "README.md|"),
        ("Cart.total", "shop/cart.py|Cart.total"),
    ],
)
def test_a_path_is_taken_from_the_current_folder_and_then_from_the_root(write, text, meant):
    assert found(text, write(SHOP, folder="shop")) == meant


def test_an_absolute_path_is_named_from_the_root(write, root):
    assert found(f"{root}/shop/cart.py::Cart", write(SHOP)) == "shop/cart.py|Cart"


def test_a_file_reached_by_another_way_is_named_from_the_root(write, root, tmp_path):
    workspace = write(SHOP)
    (tmp_path / "way").symlink_to(root)
    assert found(f"{tmp_path}/way/shop/cart.py", workspace) == "shop/cart.py|"


def test_a_link_to_a_file_keeps_its_own_name(write, root):
    workspace = write(SHOP)
    (root / "alias.py").symlink_to("shop/cart.py")
    assert found("alias.py", workspace) == "alias.py|"


def test_modules_below_src_are_found(write):
    workspace = write({"src/shop/__init__.py": "", "src/shop/cart.py": "x = 1\n"})
    assert found("shop.cart::x", workspace) == "src/shop/cart.py|x"
    assert found("shop.cart.x", workspace) == "src/shop/cart.py|x"
    assert found("shop", workspace) == "src/shop/__init__.py|"


def test_a_module_of_the_project_goes_before_an_installed_one(write):
    assert found("json.dumps", write({"json.py": "def dumps(): ...\n"})) == "json.py|dumps"


def test_an_installed_module_can_be_found_but_not_written(write):
    workspace = write(SHOP)
    located = locate(parse_address("json.dumps"), workspace)
    assert str(located.path) == json.__file__
    assert located.address.target == "dumps"
    with pytest.raises(RequestError, match=r"is outside the project .*; nothing was written") as refused:
        require_inside(located.path, workspace)
    assert refused.value.steps == ("give the project's folder with --root",)


def test_an_installed_package_within_the_project_cannot_be_written_either(write):
    workspace = write({".venv/lib/python3.11/site-packages/attr/__init__.py": "x = 1\n"})
    path = find_document(".venv/lib/python3.11/site-packages/attr/__init__.py", workspace)
    with pytest.raises(RequestError, match="belongs to an installed package; nothing was written"):
        require_inside(path, workspace)


def test_a_link_out_of_the_project_cannot_be_written(write, root, tmp_path):
    workspace = write(SHOP)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x.py").write_bytes(b"x = 1\n")
    (root / "link.py").symlink_to(tmp_path / "outside" / "x.py")
    (root / "folder").symlink_to(tmp_path / "outside")
    for name in ("link.py", "folder/x.py", "../outside/x.py"):
        with pytest.raises(RequestError, match="outside the project"):
            require_inside(find_document(name, workspace), workspace)
    with pytest.raises(RequestError, match="outside the project"):
        new_document("folder/new.py", workspace)


def test_a_name_in_two_files_is_answered_with_every_full_address(write):
    workspace = write(SHOP | {"shop/other.py": "class Cart:\n    def total(self): ...\n"})
    with pytest.raises(AmbiguousError, match=r"Cart\.total is in 2 files; say which") as refused:
        locate(parse_address("Cart.total"), workspace)
    assert refused.value.candidates == ("shop/cart.py::Cart.total", "shop/other.py::Cart.total")
    assert refused.value.steps == refused.value.candidates
    assert [found(address, workspace) for address in refused.value.steps] == [
        "shop/cart.py|Cart.total",
        "shop/other.py|Cart.total",
    ]


def test_a_wrong_path_is_answered_with_the_file_of_that_name(write):
    with pytest.raises(NotFoundError) as refused:
        locate(parse_address("lib/cart.py::Cart"), write(SHOP))
    assert refused.value.near == ("shop/cart.py",)
    assert refused.value.steps == ("did you mean shop/cart.py::Cart",)


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("shop/carts.py", "shop/cart.py"),
        ("docs/README.md", "README.md"),
        ("shop.carts::Cart", "shop/cart.py"),
    ],
)
def test_a_misspelt_document_is_answered_with_the_nearest(write, wrong, near):
    with pytest.raises(NotFoundError, match="no file or module") as refused:
        locate(parse_address(wrong), write(SHOP))
    assert near in refused.value.near


def test_a_folder_is_said_to_be_one(write):
    for name in ("shop/", "./shop"):
        with pytest.raises(NotFoundError, match="is a folder") as refused:
            locate(parse_address(name), write(SHOP))
        assert refused.value.steps == (f"outline {name}",)


def test_a_file_that_nothing_is_near_to_may_be_made(write):
    with pytest.raises(NotFoundError) as refused:
        locate(parse_address("utilities/warehouse.py"), write(SHOP))
    assert refused.value.steps == ("to make it: create utilities/warehouse.py",)


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("Cart.totl", "shop/cart.py::Cart.total"),
        ("total", "shop/cart.py::Cart.total"),
        ("TAX_RATES", "shop/cart.py::TAX_RATE"),
        ("Kart", "shop/cart.py::Cart"),
    ],
)
def test_a_wrong_name_is_answered_with_full_addresses_of_the_nearest(write, wrong, near):
    workspace = write(SHOP)
    with pytest.raises(NotFoundError, match=r"^no ") as refused:
        locate(parse_address(wrong), workspace)
    assert near in refused.value.near
    assert f"did you mean {near}" in refused.value.steps
    for address in refused.value.near:
        locate(parse_address(address), workspace)


def test_files_that_cannot_be_read_have_no_say(write):
    workspace = write(
        SHOP
        | {
            "binary.py": b"class Cart:\n    def total(self): '\xff'\n",
            "broken.py": "class Cart:\n    def total(self: ...\n",
            "empty.py": "",
        }
    )
    (workspace.root / "dangling.py").symlink_to("nowhere.py")
    assert found("Cart.total", workspace) == "shop/cart.py|Cart.total"


@pytest.mark.parametrize("wrong", ["Cart total", "1x", "a" * 5000, "a/" * 3000, "x\0y"])
def test_nonsense_is_a_request_to_change(write, wrong):
    with pytest.raises(RequestError):
        locate(parse_address(wrong), write(SHOP))


def test_a_section_needs_a_document(write):
    with pytest.raises(ParseError, match="which document"):
        locate(parse_address("#imports"), write(SHOP))


def test_finding_a_module_imports_nothing(write):
    workspace = write({"danger/__init__.py": "raise SystemExit\n", "danger/zone.py": "x = 1\n"})
    assert found("danger.zone.x", workspace) == "danger/zone.py|x"


def test_a_new_document_goes_below_the_root(write, root):
    workspace = write(SHOP, folder="shop")
    assert new_document("shop/new.py", workspace) == root / "shop" / "new.py"


@pytest.mark.parametrize(
    ("name", "why", "steps"),
    [
        (
            "shop/cart.py",
            "exists already",
            ("to add to it: into shop/cart.py", "to replace it: shop/cart.py"),
        ),
        ("shop", "is a folder", ("create shop/NAME",)),
        ("shop/cart.py/x.py", "there is a file where its folder would be", ()),
        ("a\0b.py", "no name for a file", ()),
        ("../x.py", "outside the project", ("give the project's folder with --root",)),
    ],
)
def test_a_new_document_that_cannot_be_is_refused(write, name, why, steps):
    with pytest.raises(RequestError, match=why) as refused:
        new_document(name, write(SHOP))
    assert refused.value.exit_code == 2
    assert refused.value.steps == steps


def test_the_outline_comes_with_the_bytes_it_was_made_of(write, root):
    write(SHOP)
    data, outline = read_file(root / "shop" / "order.py")
    assert data == (root / "shop" / "order.py").read_bytes()
    assert [chunk.name for chunk in outline.walk()] == ["Order", "Order.total"]


def test_a_search_for_a_name_does_not_leave_the_project_by_a_link(write, root, tmp_path):
    workspace = write(SHOP)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x.py").write_bytes(b"class Elsewhere: ...\n")
    os.symlink(tmp_path / "other", root / "linked")
    with pytest.raises(NotFoundError):
        locate(parse_address("Elsewhere"), workspace)
