"""What `docs` says of libraries, built-ins and a project, by static analysis."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path

import pytest

from ipy_llm.errors import AmbiguousError, MissingToolError, NotFoundError, ParseError
from ipy_llm.explore.docs import docs, render
from ipy_llm.explore.prose import first_paragraph

# name, kind, a part of its signatures, a part of its summary, how `defined` ends before the line
LIBRARY = [
    ("json", "module", "", "JSON (JavaScript Object Notation)", "json/__init__.py"),
    ("json.dumps", "function", "skipkeys: bool=False", "Serialize ``obj``", "json/__init__.py"),
    ("json.dumps", "function", "-> str", "formatted ``str``", "json/__init__.py"),
    (
        "json.decoder.JSONDecodeError",
        "class",
        "(msg: str, doc: str, pos: int)",
        "Subclass of ValueError",
        "decoder.py",
    ),
    ("len", "function", "(obj: Sized, /) -> int", "number of items", None),
    ("str", "class", "object", "Create a new string object", None),
    ("str.split", "method", "sep: str | None=None", "list of the substrings", None),
    ("dict.get", "method", "default: None=None", "Return the value for key", None),
    ("dict.fromkeys", "method", "iterable: Iterable", "Create a new dictionary", None),
    ("int.real", "property", " -> int", "the real part", None),
    ("ValueError", "class", "", "Inappropriate argument value", None),
    ("print", "function", "*values: object", "Prints the values", None),
    ("math", "module", "", "mathematical functions", None),
    ("math.sqrt", "function", "-> float", "square root", None),
    ("math.pi", "value", ": ", "", None),
    ("sys.maxsize", "value", ": int", "", None),
    ("sys.path", "value", ": list[str]", "", None),
    ("os.path", "module", "", "pathname", "path.py"),
    ("os.path.join", "function", "*paths: StrPath", "Join two or more", "path.py"),
    ("os.environ", "value", "_Environ", "", "os.py"),
    ("os.walk", "function", "topdown: bool=True", "Directory tree generator", "os.py"),
    ("re.compile", "function", "flags: _FlagsType=0", "Compile a regular expression", None),
    ("re.Pattern.match", "method", "string: str", "", None),
    ("pathlib.Path", "class", "*args: StrPath", "PurePath subclass", None),
    ("pathlib.Path.parent", "property", " -> ", "logical parent", None),
    ("pathlib.Path.read_text", "method", "encoding: str | None=None", "Open the file in text mode", None),
    ("pathlib.Path.cwd", "method", "()", "current working directory", None),
    ("collections.OrderedDict", "class", "", "insertion order", "collections/__init__.py"),
    (
        "collections.OrderedDict.popitem",
        "method",
        "(self, last: bool=True)",
        "(key, value) pair",
        "collections/__init__.py",
    ),
    ("collections.deque.appendleft", "method", "-> None", "", None),
    ("collections.abc.Mapping", "class", "", "", None),
    (
        "asyncio.gather",
        "function",
        "*coros_or_futures, return_exceptions=False",
        "future aggregating",
        "tasks.py",
    ),
    ("asyncio.sleep", "function", "delay: float", "Coroutine that completes", "tasks.py"),
    ("asyncio.Queue.put", "method", "(self, item: _T) -> None", "Put an item", "queues.py"),
    ("subprocess.run", "function", "args: _CMD", "CompletedProcess", "subprocess.py"),
    ("functools.wraps", "function", "wrapped: ", "Decorator factory", "functools.py"),
    ("functools.partial", "class", "(func: ", "", "functools.py"),
    ("itertools.chain", "class", "*iterables", "", None),
    ("itertools.chain.from_iterable", "method", "iterable: Iterable", "", None),
    ("dataclasses.field", "function", "default_factory", "Return an object to identify", "dataclasses.py"),
    ("datetime.datetime.now", "method", "tz: ", "", None),
    ("datetime.timedelta", "class", "days: float=", "", None),
    ("random.random", "function", "() -> float", "", "random.py"),
    ("string.ascii_letters", "value", "ascii_lowercase + ascii_uppercase", "", "string.py"),
    ("typing.Any", "", "", "", None),
    ("contextlib.contextmanager", "function", "func: ", "@contextmanager decorator", "contextlib.py"),
    ("xml.etree.ElementTree.parse", "function", "source: ", "Parse XML document", "ElementTree.py"),
    ("urllib.parse.urlsplit", "function", "allow_fragments: bool=True", "Parse a URL", "parse.py"),
    ("enum.Enum.value", "property" if sys.version_info >= (3, 11) else "value", "", "", None),
    ("socket.socket.connect", "method", "", "Connect the socket to", None),
    ("threading.Lock", "", "", "", None),
    ("socket.create_connection", "function", "timeout: ", "Connect to *address*", "socket.py"),
]

CART = '''\
"""Carts and what is in them."""
from __future__ import annotations

import enum
import functools
from dataclasses import dataclass
from typing import overload

raise RuntimeError("importing me is forbidden")

TAX_RATE: float = 0.2
LIMITS = {"a": 1,
          "b": 2}


class Color(enum.Enum):
    RED = 1


@dataclass
class Item:
    """Something to buy.

    With a price.
    """

    price: int
    name: str = "?"


class Base:
    def save(self, where: str) -> None:
        """Save it."""


class Cart(Base):
    """A cart
    of items. And more."""

    currency = "EUR"

    def __init__(self, owner: str, *, size: int = 3) -> None:
        self.items: list[Item] = []

    @property
    def price(self) -> int:
        """The price of all."""

    @price.setter
    def price(self, value): ...

    @functools.cached_property
    def slow(self) -> str: ...

    @classmethod
    def empty(cls, owner: str = "nobody") -> Cart:
        """An empty one."""

    @staticmethod
    def add(a, b=1): ...

    async def total(
        self,
        code: str = "",
    ) -> int:
        """Sum of all."""

    @functools.lru_cache(
        maxsize=3)
    def memo(self, x: int) -> int:
        """Remembered."""

    @overload
    def pick(self, at: int) -> Item: ...
    @overload
    def pick(self, at: slice) -> list[Item]: ...
    def pick(self, at):
        """Pick one or many."""

    def _hidden(self): ...


def area(width, height: float = 1.0):
    def inner_thing(): ...


alias = area
'''

PROJECT = [
    ("shop", "module", "", "A shop.", "src/shop/__init__.py:1"),
    ("shop.cart", "module", "", "Carts and what is in them.", "src/shop/cart.py:1"),
    (
        "shop.Cart",
        "class",
        "(owner: str, *, size: int=3)",
        "A cart of items. And more.",
        "src/shop/cart.py:36",
    ),
    (
        "shop.cart.Cart",
        "class",
        "(owner: str, *, size: int=3)",
        "A cart of items. And more.",
        "src/shop/cart.py:36",
    ),
    ("shop.cart.Item", "class", '(price: int, name: str="?")', "Something to buy.", "src/shop/cart.py:21"),
    ("shop.cart.Color.RED", "value", ": Color = 1", "", "src/shop/cart.py:17"),
    ("shop.cart.TAX_RATE", "value", ": float = 0.2", "", "src/shop/cart.py:11"),
    ("shop.cart.LIMITS", "value", "{'a': 1, 'b': 2}", "", "src/shop/cart.py:12"),
    ("shop.cart.Cart.currency", "value", ": str = 'EUR'", "", "src/shop/cart.py:40"),
    ("shop.cart.Cart.items", "value", ": list[Item] = []", "", "src/shop/cart.py:43"),
    ("shop.cart.Cart.price", "property", " -> int", "The price of all.", "src/shop/cart.py:46"),
    ("shop.cart.Cart.slow", "property", " -> str", "", "src/shop/cart.py:53"),
    ("shop.cart.Cart.empty", "method", "-> Cart", "An empty one.", "src/shop/cart.py:56"),
    ("shop.cart.Cart.total", "method", '(self, code: str="") -> int', "Sum of all.", "src/shop/cart.py:62"),
    ("shop.cart.Cart.memo", "method", "(self, x: int) -> int", "Remembered.", "src/shop/cart.py:70"),
    ("shop.cart.Cart.save", "method", "(self, where: str) -> None", "Save it.", "src/shop/cart.py:32"),
    ("shop.cart.area", "function", "(width, height: float=1.0)", "", "src/shop/cart.py:83"),
    ("shop.cart.alias", "function", "(width, height: float=1.0)", "", "src/shop/cart.py:87"),
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {
        "src/shop/__init__.py": '"""A shop."""\nfrom .cart import Cart\n\nraise SystemExit(3)\n',
        "src/shop/cart.py": CART,
        "tools/run-it.py": '"""A script."""\n\n\ndef main(argv=None):\n    """Run it."""\n',
        "flat.py": "def ratio(a, b): ...\ndef total(a): ...\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.mark.parametrize(("name", "expected"), [(name, expected) for name, *expected in LIBRARY])
def test_a_library_name_is_described(tmp_path, name, expected):
    kind, signature, summary, defined = expected
    found = docs(name, root=tmp_path)
    assert found.name == name
    assert found.kind == kind or not kind
    assert signature in "\n".join(found.signatures)
    assert summary.lower() in found.summary.lower()
    if defined is not None:
        assert found.defined is not None
        assert found.defined.rpartition(":")[0].replace(os.sep, "/").endswith(defined)
        assert os.path.isabs(found.defined)


@pytest.mark.parametrize(("name", "expected"), [(name, expected) for name, *expected in PROJECT])
def test_a_project_name_is_described_though_its_modules_raise(root, name, expected):
    kind, signature, summary, defined = expected
    found = docs(name, root=root)
    assert (found.name, found.kind, found.summary, found.defined) == (name, kind, summary, defined)
    assert signature in "\n".join(found.signatures)


def test_of_c_that_jedi_misses_the_loaded_object_is_looked_at(tmp_path):
    assert socket.inet_pton is not None  # it is loaded
    assert docs("socket.inet_pton", root=tmp_path).kind == "function"


def test_modules_that_import_each_other_in_a_circle_end(root):
    (root / "one.py").write_text("from two import *\n")
    (root / "two.py").write_text("from one import *\nfrom one import lost\n")
    with pytest.raises(NotFoundError):
        docs("one.lost", root=root)


def test_nothing_of_the_project_is_imported(root):
    docs("shop.cart.Cart.total", root=root)
    docs("flat", root=root)
    assert not {"shop", "shop.cart", "flat"} & sys.modules.keys()


def test_a_compiled_module_of_the_project_is_not_loaded(root):
    suffix = EXTENSION_SUFFIXES[0]
    (root / "src/shop" / f"_fast{suffix}").write_bytes(b"loading this would be an ImportError")
    (root / "src/shop" / "_fast.pyi").write_text("def go(n: int) -> str: ...\n")
    found = docs("shop._fast.go", root=root)
    assert found.signatures == ("(n: int) -> str",)
    assert "shop" not in sys.modules


def test_no_file_is_left_in_the_project(root):
    before = sorted(root.rglob("*"))
    docs("Cart.total", root=root)
    assert sorted(root.rglob("*")) == before


def test_an_edit_is_seen_at_the_next_call(root):
    assert docs("flat.ratio", root=root).signatures == ("(a, b)",)
    file = root / "flat.py"
    stamp = file.stat().st_mtime_ns
    file.write_text("def ratio(a, b, c: int = 0): ...\n")
    os.utime(file, ns=(stamp + 10_000_000, stamp + 10_000_000))  # some file systems have coarse clocks
    assert docs("flat.ratio", root=root).signatures == ("(a, b, c: int=0)",)


def test_overloads_are_all_shown_when_few(root):
    found = docs("shop.cart.Cart.pick", root=root)
    assert found.signatures == ("(self, at: int) -> Item", "(self, at: slice) -> list[Item]")
    assert found.summary == "Pick one or many."


def test_of_many_overloads_one_is_shown_and_the_others_counted(tmp_path):
    lines = render(docs("asyncio.gather", root=tmp_path))
    assert lines[0].startswith("function asyncio.gather(*coros_or_futures, return_exceptions=False)  (+")
    assert lines[0].endswith(" overloads)")


def test_a_class_is_rendered_with_its_members_then_the_inherited_ones(root):
    assert render(docs("shop.cart.Cart", root=root)) == [
        "class shop.cart.Cart(owner: str, *, size: int=3)",
        "A cart of items. And more.",
        "defined in src/shop/cart.py:36",
        "  currency: str = 'EUR'",
        "  items: list[Item] = []",
        "  property price -> int  The price of all",
        "  property slow -> str",
        '  classmethod empty(owner: str="nobody") -> Cart  An empty one',
        "  staticmethod add(a, b=1)",
        '  async total(code: str="") -> int  Sum of all',
        "  memo(x: int) -> int  Remembered",
        "  pick(at: int) -> Item (+1 overloads)  Pick one or many",
        "  save(where: str) -> None  Save it",
    ]


def test_a_module_is_rendered_with_what_it_defines_and_not_what_it_imports(root):
    lines = render(docs("shop.cart", root=root))
    assert [line.strip() for line in lines[3:]] == [
        "TAX_RATE: float = 0.2",
        "LIMITS: Dict[str, int] = {'a': 1, 'b': 2}",
        "class Color",
        "class Item  Something to buy",
        "class Base",
        "class Cart  A cart of items",
        "area(width, height: float=1.0)",
        "alias = area",
    ]


def test_a_package_offers_what_it_takes_from_its_modules_and_then_these(root):
    assert [each.name for each in docs("shop", root=root).members] == ["Cart", "cart"]


def test_members_beyond_the_limit_are_named(root):
    found = docs("shop.cart.Cart", root=root, limit=2)
    assert [each.name for each in found.members] == ["slow", "empty"]  # what can be called goes first
    assert found.also[:2] == ("add", "total")
    assert render(found)[-2].startswith("  also: add, total, memo")
    assert render(found)[-1] == "  inherited: save"


def test_members_beyond_the_budget_are_named(root):
    found = docs("shop.cart.Cart", root=root)
    lines = render(found, 100)
    assert len(lines) < len(render(found))
    assert lines[-1].startswith("  also: ")
    assert lines[-1].endswith(", save")


def test_what_a_builtin_class_gives_is_named_apart(tmp_path):
    lines = render(docs("collections.Counter", root=tmp_path))
    assert any(line.startswith("  most_common(n: ") for line in lines)
    assert lines[-1].startswith("  inherited: ")
    assert {"items", "setdefault"} <= set(lines[-1].removeprefix("  inherited: ").split(", "))


MUST_HOLD = {
    "json.dumps": "(obj: Any, *, skipkeys: bool=False",
    "pathlib.Path.read_text": "Open the file in text mode, read it, and close the file.",
    "logging": "  getLogger(name: str | None=None) -> Logger",
    "collections.OrderedDict.move_to_end": "last: bool=True",
    "str.split": "(self, sep: str | None=None, maxsplit: SupportsIndex=-1) -> list[str]",
    "math.sqrt": "Return the square root of x.",
    "os.path.join": "Join two or more pathname components",
    "itertools.groupby": "(iterable: Iterable[_T1], key: None=None)",
    "subprocess.run": "Run command with arguments and return a CompletedProcess instance.",
    "functools.lru_cache": "maxsize: int | None=128",
    "pytest.raises": "match: ",
    "attr.s": "maybe_cls: ",
    "attr.ib": "Create a new field / attribute on a class.",
    "numpy.linalg.norm": "Matrix or vector norm.",
    "pandas.DataFrame.merge": "how: MergeHow",
    "requests.get": "Sends a GET request.",
    "httpx.AsyncClient.get": "async method httpx.AsyncClient.get(self, url: ",
    "pydantic.BaseModel": "class pydantic.BaseModel(**data: Any)",
    "pydantic.Field": "Create a field for objects that can be configured.",
    "click.Context": ", invoke, ",
    "rich.print": "(*objects: Any, sep: str=' '",
    "sqlalchemy.create_engine": "Create a new `_engine.Engine` instance.",
    "matplotlib.pyplot.plot": "-> list[Line2D]",
}


@pytest.mark.parametrize(("name", "fact"), MUST_HOLD.items())
def test_the_fact_that_is_asked_for_is_in_the_answer(name, fact, tmp_path):
    package = name.partition(".")[0]
    if package != "str" and find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    text = "\n".join(render(docs(name, root=tmp_path)))
    assert fact in text
    assert len(text) < 3600  # 600 tokens, and the names of what is left out


def test_boxes_and_roles_of_docstrings_are_left_out():
    text = """!!! abstract "Usage"
        [Models](../models.md)

    Makes a :class:`~rich.console.Console` from a [`Model`][pydantic.Model].
    """
    assert first_paragraph(text) == "Makes a `rich.console.Console` from a `Model`."
    assert first_paragraph(".. deprecated:: 3.1\n   Use g.\n\nDoes it.") == "Does it."


def test_a_method_says_that_it_is_async(root):
    assert render(docs("shop.cart.Cart.total", root=root))[0].startswith("async method shop.cart.Cart.total(")


def test_a_definition_of_the_project_is_found_without_its_module(root):
    assert docs("Cart.price", root=root).name == "shop.cart.Cart.price"
    assert docs("TAX_RATE", root=root).name == "shop.cart.TAX_RATE"
    assert docs("memo", root=root).name == "shop.cart.Cart.memo"


def test_a_script_that_cannot_be_imported_is_documented(root):
    found = docs("tools/run-it.py::main", root=root)
    assert (found.kind, found.signatures, found.summary) == ("function", ("(argv=None)",), "Run it.")
    assert found.defined == "tools/run-it.py:4"
    assert docs("main", root=root).name == "tools/run-it.py::main"


def test_a_document_may_be_a_path_or_a_module(root):
    assert docs("src/shop/cart.py::Cart.total", root=root).name == "shop.cart.Cart.total"
    assert docs("shop.cart::Cart.total", root=root).name == "shop.cart.Cart.total"


def test_a_name_with_several_definitions_lists_them(root):
    (root / "other.py").write_text("def area(): ...\n")
    with pytest.raises(AmbiguousError) as caught:
        docs("area", root=root)
    assert caught.value.candidates == ("other.area", "shop.cart.area")


def test_the_projects_own_module_hides_a_librarys(root):
    (root / "json.py").write_text("def dumps(mine): ...\n")
    assert docs("json.dumps", root=root).signatures == ("(mine)",)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("json.dump_s", "json.dumps"),
        ("json.dmups", "json.dumps"),
        ("str.spilt", "str.split"),
        ("os.path.joined", "os.path.join"),
        ("pathlib.Path.readtext", "pathlib.Path.read_text"),
        ("pathlib.Path.get_parent", "pathlib.Path.parent"),
        ("get_area", "shop.cart.area"),
        ("shop.crat", "shop.cart"),
        ("shop.cart.cart", "shop.cart.Cart"),
        ("Cart.totl", "shop.cart.Cart.total"),
        ("shop.cart.Cart.price_total", "shop.cart.Cart.price"),
        ("shp.cart", "shop.cart"),
        ("jsn.dumps", "json.dumps"),
        ("asynciio", "asyncio"),
        ("prnit", "print"),
        ("tools/run-it.py::mian", "tools/run-it.py::main"),
        ("tools/run_it.py::main", "tools/run-it.py"),
    ],
)
def test_a_name_that_does_not_exist_answers_with_close_ones(root, name, near):
    with pytest.raises(NotFoundError) as caught:
        docs(name, root=root)
    assert near in caught.value.near[:2]
    assert caught.value.steps
    assert all(step.startswith("docs ") for step in caught.value.steps)


def test_every_close_name_is_real(root):
    with pytest.raises(NotFoundError) as caught:
        docs("get_inner_thing", root=root)
    assert not any("inner_thing" in name for name in caught.value.near)


def test_where_nothing_is_close_the_owner_is_the_next_step(root):
    with pytest.raises(NotFoundError) as caught:
        docs("json.zzzzzz", root=root)
    assert str(caught.value) == "json has no zzzzzz\ndocs json"


@pytest.mark.parametrize("name", ["", "a b", "json.", ".dumps", "1x", "f(x)"])
def test_what_is_no_dotted_name_is_refused(tmp_path, name):
    with pytest.raises(ParseError):
        docs(name, root=tmp_path)


def test_another_interpreter_is_asked(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("other")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    packages = next(folder.rglob("site-packages"))
    (packages / "only_there.py").write_text("raise SystemExit\ndef there(a: int = 1): ...\n")
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    assert docs("only_there.there", root=root, interpreter=str(python)).signatures == ("(a: int=1)",)
    with pytest.raises(NotFoundError):
        docs("only_there.there", root=root)


def test_an_interpreter_that_does_not_start_is_said(root):
    with pytest.raises(MissingToolError):
        docs("json", root=root, interpreter=str(root / "no-python"))


def test_importing_the_room_imports_no_jedi():
    code = "import ipy_llm.explore.docs, sys; sys.exit('jedi' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
