"""A rename follows every reference, or changes nothing and says what is in doubt."""

from __future__ import annotations

import json
import textwrap

import pytest

from ipy_llm.errors import EditRejectedError, ParseError
from ipy_llm.operations.edit import undo
from ipy_llm.operations.references import refs
from ipy_llm.operations.rename import rename


@pytest.fixture
def renamed(write):
    """Return what a rename makes of files."""

    def renamed(files, asked, **options):
        workspace = write({"pyproject.toml": ""} | files)
        rename(workspace, asked, check="off", **options)
        return {name: (workspace.root / name).read_text() for name in files}

    return renamed


def text(source: str) -> str:
    return textwrap.dedent(source).lstrip("\n")


def test_every_reference_and_import_follows(renamed):
    files = {
        "pack/__init__.py": "from .inner import total as total\n__all__ = ['total']\n",
        "pack/inner.py": "def total(x): ...\n\n\nclass A:\n    def f(self, total):\n        return total\n",
        "use.py": "import pack\nfrom pack import total as t\nfrom pack.inner import (\n    total,  # total\n)\nprint(pack.total(t), f'{total} total')\n",
    }
    assert renamed(files, "pack/inner.py::total amount") == {
        "pack/__init__.py": "from .inner import amount as amount\n__all__ = ['amount']\n",
        "pack/inner.py": "def amount(x): ...\n\n\nclass A:\n    def f(self, total):\n        return total\n",
        "use.py": "import pack\nfrom pack import amount as t\nfrom pack.inner import (\n    amount,  # total\n)\nprint(pack.amount(t), f'{amount} total')\n",
    }


def test_what_takes_its_place_in_classes_changes_with_it(renamed):
    source = text(
        """
        class Base:
            def f(self): ...
        class One(Base):
            def f(self):
                return super().f()
        class Two(Base):
            def g(self):
                return self.f()
        class Other:
            def f(self): ...
        def use(one: One, other: Other):
            return one.f(), other.f()
        """
    )
    for name in ("Base.f", "One.f"):
        assert renamed({"a.py": source}, f"{name} h")["a.py"] == source.replace("f(", "h(").replace(
            "class Other:\n    def h(", "class Other:\n    def f("
        ).replace("other.h(", "other.f(").replace("deh ", "def ")


def test_what_takes_its_place_in_a_generic_class_changes_with_it(renamed):
    source = "class A(Generic[T]):\n    def f(self): ...\nclass B(A[int]):\n    def f(self): ...\nB().f()\n"
    assert renamed({"a.py": source}, "A.f g")["a.py"] == source.replace("f(", "g(").replace("deg ", "def ")


def test_fields_follow_in_keywords_patterns_and_all_accessors(renamed):
    source = text(
        """
        from dataclasses import dataclass

        @dataclass
        class Item:
            price: int
            @classmethod
            def free(cls):
                return cls(price=0)

        def f(item: Item):
            match item:
                case Item(price=price):
                    return Item(price=price + item.price)
        """
    )
    assert renamed({"a.py": source}, "Item.price cost")["a.py"] == text(
        """
        from dataclasses import dataclass

        @dataclass
        class Item:
            cost: int
            @classmethod
            def free(cls):
                return cls(cost=0)

        def f(item: Item):
            match item:
                case Item(cost=price):
                    return Item(cost=price + item.cost)
        """
    )


def test_stubs_follow_their_modules(renamed):
    files = {
        "pack/__init__.py": "from .more import *\nfrom .less import *\n",
        "pack/__init__.pyi": "from .more import *\nfrom .less import *\n",
        "pack/less.py": "__all__ = ['other']\ndef other(): ...\n",
        "pack/more.py": "__all__ = ['total', 'A']\ndef total(x): ...\nclass A:\n    def f(self, total): ...\n",
        "pack/more.pyi": "from typing import overload\n@overload\ndef total(x: int) -> int: ...\n@overload\ndef total(x: str) -> str: ...\nclass A:\n    def f(self, total: int) -> None: ...\n",
        "use.py": "import pack as p\np.total(p.A().f(total=1))\n",
    }
    after = renamed(files, "pack/more.py::total amount")
    assert after == files | {
        "pack/more.py": files["pack/more.py"]
        .replace("'total'", "'amount'")
        .replace("def total", "def amount"),
        "pack/more.pyi": files["pack/more.pyi"].replace("def total", "def amount"),
        "use.py": "import pack as p\np.amount(p.A().f(total=1))\n",
    }


def test_a_type_variable_keeps_the_name_it_is_told(renamed):
    source = "from typing import TypeVar\nT = TypeVar('T')\ndef f(x: 'T') -> T: ...\nprint({'T': 1})\n"
    assert renamed({"a.py": source}, "a.py::T Kind")["a.py"] == source.replace("T ", "Kind ").replace(
        "r('T')", "r('Kind')"
    ).replace("x: 'T'", "x: 'Kind'").replace("-> T", "-> Kind")


def test_cells_of_notebooks_follow(write):
    def cell(*lines):
        return {
            "cell_type": "code",
            "source": list(lines),
            "metadata": {},
            "outputs": [],
            "execution_count": 3,
        }

    cells = [
        cell("%matplotlib inline\n", "from a import total, other"),
        cell("!ls\n", "x = total(1)  # total"),
    ]
    book = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
    workspace = write({"a.py": "def total(x): ...\ndef other(): ...\n", "n.ipynb": book})
    assert refs(workspace, "a.py::total").lines[1:] == (
        "imported in n.ipynb::[1]:2",
        "n.ipynb::[2]::x@9175:1  x = total(1)  # total",
    )
    rename(workspace, "a.py::total amount", check="off")
    after = book.replace("import total", "import amount").replace("= total(", "= amount(")
    assert (workspace.root / "n.ipynb").read_text() == after


def test_a_cell_that_does_not_parse_is_in_doubt(write):
    cells = [
        {"cell_type": "code", "source": "total(", "metadata": {}, "outputs": [], "execution_count": None}
    ]
    book = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
    workspace = write({"a.py": "def total(x): ...\n", "n.ipynb": book})
    assert "cannot be parsed, but hold the name: n.ipynb" in refs(workspace, "a.py::total").lines
    with pytest.raises(EditRejectedError) as refused:
        rename(workspace, "a.py::total amount", check="off")
    assert "n.ipynb holds the name and cannot be parsed" in refused.value.steps


def test_strings_and_comments_follow_when_asked(renamed):
    source = "def total(): ...\n\n\n'A total.'  # of total\n"
    assert renamed({"a.py": source}, "a.py::total sum_")["a.py"] == source.replace("def total", "def sum_")
    assert renamed({"a.py": source}, "a.py::total sum_", text=True)["a.py"] == source.replace("total", "sum_")


def test_a_rename_is_undone_as_one_edit(write):
    files = {"a.py": "def f(): ...\r\n", "b.py": "\ufefffrom a import f\n"}
    workspace = write(files)
    reply = rename(workspace, "a.py::f g", check="off")
    assert reply.lines[0] == "renamed a.py::f to g: 2 places in 2 files"
    assert (workspace.root / "a.py").read_bytes() == b"def g(): ...\r\n"
    undo(workspace)
    for name, before in files.items():
        assert (workspace.root / name).read_bytes() == before.encode()


@pytest.mark.parametrize(
    ("files", "asked", "reason"),
    [
        ({"a.py": "def f(): ...\ng = 1\n"}, "a.py::f g", "a.py has a g"),
        ({"a.py": "def f(): ...\ndef h(g):\n    return f()\n"}, "a.py::f g", "a.py has a g"),
        ({"a.py": "def f(): ...\n", "b.py": "from a import *\ndef h(g):\n    return f()\n"}, "a.py::f g", "b.py has a g"),
        ({"a.py": "class A:\n    def f(self): ...\nclass B(A):\n    def g(self): ...\n"}, "A.f g", "a.py::B has a g"),
        ({"a.py": "class A:\n    def f(self): ...\n    def h(self):\n        self.g = 1\n"}, "A.f g", "a.py::A has a g"),
        ({"a.py": "class A:\n    def f(self): ...\ndef h(x):\n    x.f()\n"}, "A.f g", "x.f()"),
        ({"a.py": "class A:\n    def f(self): ...\nclass B:\n    def f(self): ...\ndef h(x: A | B):\n    x.f()\n"},
         "A.f g", "a.py:6 may also mean another f"),
        ({"a.py": "try:\n    from fast import f\nexcept ImportError:\n    def f(): ...\nf()\n"}, "a.py::f g", "may also mean another f"),
        ({"a.py": "class A:\n    def f(self): ...\ngetattr(A(), 'f')\n"}, "A.f g", "a string at a.py:3 may mean it"),
        ({"a.py": "def f(): ...\n", "b.py": "patch('a.f')\n"}, "a.py::f g", "a string at b.py:1 may mean it"),
        ({"a.py": "f = 1\nx = '{f}'.format(**globals())\n"}, "a.py::f g", "a string at a.py:2 may mean it"),
        ({"a.py": "class A:\n    def f(self): ...\ndef g(x):\n    class B(x.cls):\n        def f(self): ...\n"},
         "A.f h", "a.py::g.B.f may take its place: a base is not known"),
        ({"a.py": "@app.command\ndef f(): ...\n"}, "a.py::f g", "@app.command on a.py::f may go by its name"),
        ({"a.py": "import x\nclass A(x.Handler):\n    def f(self): ...\n"}, "A.f g", "x.Handler, a base of a.py::A, may have a f"),
        ({"a.py": "class A(dict):\n    def pop(self): ...\n"}, "A.pop g", "dict, a base of a.py::A, may have a pop"),
        ({"a.py": "def f(): ...\n", "b.py": "f(:\n"}, "a.py::f g", "b.py holds the name and cannot be parsed"),
        ({"a.py": "def f(): ...\n", "a.pyi": "f: int | 1f\n"}, "a.py::f g", "a.pyi holds the name"),
        ({"a.py": "class A:\n    def f(self): ...\n", "a.pyi": "f: int\n"}, "A.f g", "a.pyi holds the name, but no A.f"),
        ({"a.py": "class A:\n    f = 1\nprint('{0.f}'.format(A()))\n"}, "A.f g", "a string at a.py:3 may mean it"),
        ({"a.py": "import enum\nclass A(enum.Enum):\n    name = 1\n"}, "A.name g", "enum.Enum, a base of a.py::A, may have a name"),
        ({"a.py": "def f(): ...\n", "b.py": "import a\nprint([getattr(a, each) for each in ['f']])\n"}, "a.py::f g", "a string at b.py:2 may mean it"),
        ({"a.py": "def main(): ...\n", "setup.cfg": "x = a:main\n"}, "a.py::main g", "setup.cfg holds the name"),
    ],
)  # fmt: skip
def test_what_is_in_doubt_is_named_and_nothing_written(write, files, asked, reason):
    workspace = write({"pyproject.toml": ""} | files)
    with pytest.raises(EditRejectedError, match="nothing was written") as refused:
        rename(workspace, asked, check="off")
    assert reason in "\n".join(refused.value.steps)
    for name, before in files.items():
        assert (workspace.root / name).read_text() == before


def test_what_is_in_doubt_is_left_when_told(renamed):
    files = {"a.py": "class A:\n    def f(self): ...\nA().f()\nfor x in unknown():\n    x.f()\n"}
    assert renamed(files, "A.f g", anyway=True)["a.py"] == files["a.py"].replace("def f", "def g").replace(
        "A().f", "A().g"
    )


@pytest.mark.parametrize("asked", ["A.f", "A.f class", "A.f 1x", "A.f f", ""])
def test_what_is_no_new_name_is_refused(write, asked):
    with pytest.raises(ParseError):
        rename(write({"a.py": "class A:\n    def f(self): ...\n"}), asked, check="off")
