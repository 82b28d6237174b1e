"""An edit lands in one line, or is refused with the next step; undo takes it back to the byte."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ipy_llm.errors import (
    EditRejectedError,
    IpyLlmError,
    NotFoundError,
    ParseError,
    RequestError,
    StaleError,
    ToolError,
)
from ipy_llm.operations.edit import DIFF_LINES, edit, undo
from ipy_llm.operations.look import show
from ipy_llm.workspace.project import Workspace

CART = """
class Cart:
    currency = "EUR"

    @property
    def price(self):
        return 1

    def total(self):
        return self.price


def free(x):
    return x
"""


@pytest.fixture
def shop(write) -> Workspace:
    return write({"pyproject.toml": "", "shop/cart.py": CART})


def text(workspace: Workspace, path: str = "shop/cart.py") -> str:
    return (workspace.root / path).read_bytes().decode()


def test_a_clean_edit_answers_in_one_line_with_the_new_digest(shop):
    reply = edit(shop, "Cart.total", "def total(self):\n    return 2")
    assert re.fullmatch(r"replaced shop/cart\.py::Cart\.total@[0-9a-f]{4} lines 8-9", str(reply))
    assert reply.lines[0].partition(" lines")[0].endswith(show(shop, "Cart.total").facts["digest"])
    assert {**reply.facts, "checks": ()} == {
        "checks": (),
        "address": "shop/cart.py::Cart.total",
        "verb": "replaced",
        "digest": show(shop, "Cart.total").facts["digest"],
        "notes": [],
        "paths": [str(shop.root / "shop/cart.py")],
    }
    assert not reply.found


def test_what_was_kept_is_said(shop):
    assert str(edit(shop, "Cart.price", "def price(self):\n    return 3")).endswith("(kept @property)")


@pytest.mark.parametrize(
    ("header", "body", "old", "new"),
    [
        ("Cart.total self.price => self.price * 2", "", "self.price", "self.price * 2"),
        ("after Cart.total", "def tax(self):\n    return 0", "price\n\n\n", "price\n\n    def tax(self):\n        return 0\n\n\n"),
        ("before free", "Y = 1", "\n\ndef free", "\n\nY = 1\n\n\ndef free"),
        ("delete Cart.total", "", "\n    def total(self):\n        return self.price\n", ""),
        ("into Cart", "z = 1", 'currency = "EUR"\n', 'currency = "EUR"\n    z = 1\n'),
    ],
)  # fmt: skip
def test_every_verb_lands_and_its_undo_restores_every_byte(shop, header, body, old, new):
    before = text(shop)
    edit(shop, header, body)
    assert text(shop).replace("\n\n\n", "\n\n") == before.replace(old, new, 1).replace("\n\n\n", "\n\n")
    said = str(undo(shop))
    assert re.fullmatch(r"undone: \w+ shop/cart\.py::\S+; shop/cart\.py as before", said)
    assert text(shop) == before


@pytest.mark.parametrize(
    "data",
    [
        b"def f():\r\n    return 1\r\n\r\nx = 1\r\n",
        b"\xef\xbb\xbfdef f():\n    return 1\n",
        "# coding: latin-1\ndef f():\n    return 'é'\n".encode("latin-1"),
        b"def f():\r\n    return 1\nx = 1\r",
        b"\x0cdef f():\n\treturn 1",
        "def f():\n    return '\u2028'\n".encode(),
    ],
    ids=["crlf", "bom", "latin-1", "mixed", "form feed", "line separator"],
)
def test_whatever_the_encoding_and_line_ends_undo_restores_every_byte(write, data):
    workspace = write({"m.py": data})
    edit(workspace, "f", "def f():\n    a = 1\n    return a")
    now = (workspace.root / "m.py").read_bytes()
    assert b"a = 1" in now
    assert now[:1] == data[:1]
    assert (b"\r\n" in data) == (b"a = 1\r\n" in now)
    undo(workspace)
    assert (workspace.root / "m.py").read_bytes() == data


def test_an_edit_to_the_same_text_writes_nothing(shop):
    (shop.root / "shop/cart.py").chmod(0o444)
    reply = edit(shop, "Cart.total", "def total(self):\n    return self.price")
    assert re.fullmatch(r"unchanged: shop/cart\.py::Cart\.total@[0-9a-f]{4} is that already", str(reply))
    with pytest.raises(NotFoundError):
        undo(shop)


def test_a_dry_run_shows_the_change_and_writes_nothing(shop):
    before = text(shop)
    said, *diff = edit(shop, "Cart.total .price => .cost", dry_run=True).lines
    assert said.startswith("would have edited shop/cart.py::Cart.total lines 8-9")
    assert diff == [
        "@@ -7,5 +7,5 @@",
        " ",
        "     def total(self):",
        "-        return self.price",
        "+        return self.cost",
        " ",
        " ",
    ]
    assert text(shop) == before
    with pytest.raises(NotFoundError):
        undo(shop)


def test_a_dry_run_is_bounded(shop):
    body = "".join(f"    x = {number}\n" for number in range(1000))
    lines = edit(shop, "free", f"def free(x):\n{body}", dry_run=True).lines
    assert len(lines) == DIFF_LINES + 1
    assert re.fullmatch(r"\.\.\. \d+ more lines", lines[-1])


def test_a_new_file_is_made_and_undo_removes_it_and_its_folder(shop):
    reply = edit(shop, "create shop/tax/rates.py", "    RATE = 2\n")
    assert re.fullmatch(r"created shop/tax/rates\.py@[0-9a-f]{4}", str(reply))
    assert text(shop, "shop/tax/rates.py") == "    RATE = 2\n".lstrip()
    assert str(undo(shop)) == "undone: created shop/tax/rates.py; shop/tax/rates.py as before"
    assert not (shop.root / "shop/tax").exists()


def test_a_new_file_may_be_empty(shop):
    edit(shop, "create shop/__init__.py", "")
    assert (shop.root / "shop/__init__.py").read_bytes() == b""


@pytest.mark.parametrize(
    ("header", "body", "error", "why"),
    [
        ("Cart.totl", "def totl(self): ...", NotFoundError, r"no Cart\.totl"),
        ("shop/cart.py::Cart.totl", "def totl(self): ...", NotFoundError, r"no Cart\.totl in shop/cart\.py"),
        ("Cart.total", "", ParseError, "the text is empty"),
        ("Cart.total", "def total(self:", ParseError, "never closed|parse"),
        ("Cart.total@0000", "def total(self): ...", StaleError, "changed since it was shown"),
        ("Cart.total:2", "return 1", EditRejectedError, "lines need the digest"),
        ("Cart", "class Cart:\n    x = 1", EditRejectedError, "would remove"),
        ("Cart.total return => (", "", EditRejectedError, "would break the file"),
        ("create shop/cart.py", "x = 1", RequestError, "exists already"),
        ("create shop/new.py", "x = (", ParseError, "never closed"),
        ("create ../x.py", "x = 1", RequestError, "outside the project"),
        ("json.dumps", "def dumps(): ...", RequestError, "outside the project"),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_is_written(shop, header, body, error, why):
    before = text(shop)
    with pytest.raises(error, match=why):
        edit(shop, header, body)
    assert text(shop) == before
    assert sorted(path.name for path in shop.root.rglob("*")) == ["cart.py", "pyproject.toml", "shop"]
    with pytest.raises(NotFoundError):
        undo(shop)


def test_removal_that_is_allowed_is_done(shop):
    edit(shop, "Cart", "class Cart:\n    x = 1", allow_removal=True)
    assert "total" not in text(shop)


def test_a_read_only_file_is_refused_before_any_test_runs(write):
    workspace = write(
        {"m.py": "x = 1\n", "test_m.py": "import pathlib\npathlib.Path('ran').touch()\ndef test(): ...\n"}
    )
    (workspace.root / "m.py").chmod(0o444)
    with pytest.raises(RequestError, match="read-only; nothing was written"):
        edit(workspace, "x", "x = 2")
    assert not (workspace.root / "ran").exists()


def test_a_link_out_of_the_project_is_not_followed(shop, tmp_path):
    (tmp_path / "secret.py").write_bytes(b"x = 1\n")
    (shop.root / "link.py").symlink_to(tmp_path / "secret.py")
    with pytest.raises(RequestError, match="outside the project"):
        edit(shop, "link.py::x", "x = 2")
    assert (tmp_path / "secret.py").read_bytes() == b"x = 1\n"


def test_a_link_within_the_project_is_written_through(shop):
    (shop.root / "link.py").symlink_to("shop/cart.py")
    edit(shop, "link.py::free", "def free(x): return 7")
    assert (shop.root / "link.py").is_symlink()
    assert "return 7" in text(shop)
    undo(shop)
    assert (shop.root / "link.py").is_symlink()
    assert text(shop) == CART.lstrip("\n")


def test_undo_after_the_file_changed_elsewhere_undoes_nothing(shop):
    edit(shop, "Cart.total .price => .cost")
    (shop.root / "shop/cart.py").write_bytes(b"mine = 1\n")
    with pytest.raises(StaleError, match=r"shop/cart\.py changed since .*; nothing was undone"):
        undo(shop)
    assert text(shop) == "mine = 1\n"


def test_without_a_place_for_the_journal_nothing_is_written(shop, cache):
    cache.write_bytes(b"")
    with pytest.raises(ToolError, match="nothing was written"):
        edit(shop, "Cart.total .price => .cost")
    assert text(shop) == CART.lstrip("\n")


def test_nothing_of_ours_is_left_in_the_tree(shop):
    before = sorted(shop.root.rglob("*"))
    edit(shop, "Cart.total .price => .cost")
    show(shop, "Cart.total")
    assert sorted(shop.root.rglob("*")) == before


PROJECT = {
    "pyproject.toml": "",
    "shop/__init__.py": "",
    "shop/cart.py": """
    def total(prices: list[int]) -> int:
        return sum(prices)


    def name() -> str:
        return "cart"
    """,
    "tests/test_cart.py": """
    from shop import cart


    def test_total():
        assert cart.total([1, 2]) == 3


    def test_name():
        assert cart.name() == "cart"


    def test_that_failed_all_along():
        assert cart.name() == "basket"
    """,
}


def test_an_edit_answers_with_exactly_what_it_broke_in_at_most_fifteen_lines(write):
    workspace = write(PROJECT)
    reply = edit(workspace, "shop/cart.py::total", 'def total(prices: list[int]) -> int:\n    return "3"')
    assert reply.found
    assert len(reply.lines) <= 15
    said, *new = reply.lines
    assert said.startswith("replaced shop/cart.py::total@")
    tests = [line for line in new if "tests/test_cart.py::" in line]
    assert len(tests) == 1
    assert tests[0].startswith("new: tests/test_cart.py::test_total - ")
    types = [line for line in new if line.startswith("new: shop/cart.py:2: ")]
    assert len(types) == 1
    assert "[return-value]" in types[0]
    assert "failed_all_along" not in str(reply)

    back = undo(workspace, check="report")
    assert not back.found
    assert "fixed 2" in str(back)
    clean = edit(workspace, "shop/cart.py::total prices) => prices, 0)")
    assert not clean.found
    assert len(clean.lines) == 1
    assert clean.lines[0].endswith("3 tests, mypy: nothing new") or "nothing new" in clean.lines[0]


def test_without_checks_no_test_runs(write):
    workspace = write(
        {"m.py": "x = 1\n", "test_m.py": "import pathlib\npathlib.Path('ran').touch()\ndef test(): ...\n"}
    )
    reply = edit(workspace, "m.py::x", "x = 2", check="off")
    assert len(reply.lines) == 1
    assert "checks" not in reply.facts
    assert not (workspace.root / "ran").exists()


def test_a_project_without_tests_or_types_is_checked_for_names_alone(shop):
    reply = edit(shop, "Cart.total .price => .cost")
    (report,) = reply.facts["checks"]
    assert report["tool"] in {"ruff", "names"}  # without ruff the symbol tables answer
    assert len(reply.lines) == 1


NAMES = ["f", "g", "C", "C.m", "C.n", "X"]
TEXTS = [
    "def f(a):\n    return a",
    "    def g():\n        '''Doc.\n\n        More.\n        '''",
    "class C:\n    def m(self): ...\n    def n(self): ...",
    "def m(self):\r\n    return [\r\n        1,\r\n    ]",
    "X = (\n    1,\n)",
    "async def n(self): ...",
    "# above\n@staticmethod\ndef m(): ...",
]
PIECES = [
    "def f():\n    return 1\n",
    "# attached\n@deco\ndef g(a,\n      b): ...\n",
    "class C:\n    '''Doc.'''\n    def m(self): pass\n\n    def n(self): return 'é'\n",
    "class C:\n\tdef m(self): pass\n\tdef n(self): pass",
    "X = 1\n",
    "if X:\n    def f(): ...\nelse:\n    def f(): ...\n",
    "# section: s\ny = 2\n# endsection\n",
    "\n\n\x0c\n",
]


def compiles(data: bytes) -> bool:
    try:
        compile(data, "m.py", "exec")
    except SyntaxError:
        return False
    return True


DOCUMENTS = st.builds(
    lambda mark, newline, pieces: mark + newline.join("".join(pieces).split("\n")).encode(),
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.sampled_from(["\n", "\r\n"]),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=6),
)
EDITS = st.tuples(
    st.sampled_from(["", "", "before ", "after ", "into ", "delete "]),
    st.sampled_from([*NAMES, "f[0]", "#s", "#imports"]),
    st.sampled_from(TEXTS),
)


@given(
    data=DOCUMENTS,
    edits=st.lists(EDITS, min_size=1, max_size=4),
    allow_removal=st.booleans(),
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_edits_and_as_many_undos_are_the_identity_on_bytes(tmp_path, data, edits, allow_removal):
    file = tmp_path / "m.py"
    file.write_bytes(data)
    workspace = Workspace(tmp_path, tmp_path)
    states = [data]
    for verb, name, body in edits:
        try:
            edit(
                workspace,
                f"{verb}m.py::{name}",
                "" if verb == "delete " else body,
                allow_removal=allow_removal,
            )
        except IpyLlmError:
            assert file.read_bytes() == states[-1]
        if file.read_bytes() != states[-1]:
            states.append(file.read_bytes())
            assert compiles(states[-1]) or not compiles(data)
    for state in reversed(states[:-1]):
        undo(workspace)
        assert file.read_bytes() == state
    with pytest.raises(NotFoundError):
        undo(workspace)


@pytest.fixture
def tested(tmp_path, monkeypatch):
    monkeypatch.setenv("IPY_LLM_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "project"
    (root / "tests").mkdir(parents=True)
    (root / "shop.py").write_text("def price():\n    return 1\n")
    (root / "tests" / "test_shop.py").write_text(
        "import shop\n\n\ndef test_price():\n    assert shop.price() == 1\n"
    )
    return Workspace(root, root)


def test_an_edit_that_breaks_something_can_be_asked_to_be_taken_back(tested):
    before = (tested.root / "shop.py").read_bytes()
    reply = edit(tested, "shop.py::price 1 => 2", check="revert")
    assert reply.found
    assert str(reply).startswith("reverted, shop.py as before: edited shop.py::price@")
    assert reply.lines[1] == "new: tests/test_shop.py::test_price - assert 2 == 1 (tests/test_shop.py:5)"
    assert (tested.root / "shop.py").read_bytes() == before
    assert "shop.py::price" not in tested.seen

    reply = edit(tested, "shop.py::price 1 => 1  # cent", check="revert")
    assert not reply.found
    assert (tested.root / "shop.py").read_bytes() != before
