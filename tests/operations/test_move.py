"""A move brings a definition to another module and everything that means it along, or changes nothing and says why."""

from __future__ import annotations

import json

import pytest

from ipy_llm.errors import EditRejectedError, IpyLlmError, ParseError
from ipy_llm.operations.edit import undo
from ipy_llm.operations.move import move


@pytest.fixture
def moved(write):
    """Return what a move makes of files."""

    def moved(files, asked, **options):
        workspace = write({"pyproject.toml": ""} | files)
        move(workspace, asked, check="off", **options)
        found = (path.relative_to(workspace.root).as_posix() for path in workspace.root.rglob("*.*"))
        return {name: (workspace.root / name).read_text() for name in found if name != "pyproject.toml"}

    return moved


def test_a_function_moves_with_its_imports_and_every_import_follows(moved):
    files = {
        "pack/__init__.py": "from .one import total as total\n__all__ = ['total']\n",
        "pack/one.py": (
            "import math\nimport os\nfrom . import three\nfrom .three import (\n    a,\n    b,  # for b\n)\n\n\n"
            "def other():\n    return os.sep, total(1), a\n\n\n"
            "# the sum\ndef total(x):\n    '''A total.'''\n    return math.floor(x) + three.c + b\n"
        ),
        "pack/three.py": "a = 1\nb = 2\nc = 3\n",
        "pack/two.py": "import sys\n\n\ndef g():\n    return sys.path\n",
        "use.py": (
            "import pack\nimport pack.one\nimport pack.one as first\nfrom pack import one\nfrom pack.one import other, total as t\n"
            "print(pack.total(1), pack.one.total(2), first.total(3), one.total(4), t(5), one.other())\n"
        ),
    }
    after = moved(files, "pack/one.py::total pack.two")
    assert after == {
        "pack/__init__.py": "from .two import total as total\n__all__ = ['total']\n",
        "pack/one.py": (
            "import os\nfrom .three import (\n    a,\n    b,  # for b\n)\nfrom .two import total\n\n\n"
            "def other():\n    return os.sep, total(1), a\n"
        ),
        "pack/three.py": files["pack/three.py"],
        "pack/two.py": (
            "import sys\nimport math\n\nfrom . import three\nfrom .three import b\n\n\ndef g():\n    return sys.path\n\n\n"
            "# the sum\ndef total(x):\n    '''A total.'''\n    return math.floor(x) + three.c + b\n"
        ),
        "use.py": (
            "import pack\nimport pack.one\nimport pack.two\nfrom pack import two\nfrom pack import one\nfrom pack import two\n"
            "from pack.one import other\nfrom pack.two import total as t\n"
            "print(pack.total(1), pack.two.total(2), two.total(3), two.total(4), t(5), one.other())\n"
        ),
    }


def test_a_new_module_gets_what_it_needs_and_its_old_one_loses_what_it_alone_needed(moved):
    files = {
        "cart.py": (
            '"""Carts."""\nfrom __future__ import annotations\n\nimport json\nfrom dataclasses import dataclass\n'
            "from typing import TYPE_CHECKING\n\nfrom money import Money\n\nif TYPE_CHECKING:\n    from os import PathLike\n\nRATE = 2\n\n\n"
            "@dataclass\nclass Item:\n    price: Money\n    path: PathLike[str] = ''\n\n\nclass Cart:\n    items: list[Item]\n"
        ),
        "money.py": "class Money: ...\n",
        "use.py": "import cart\n\nprint(cart.Item(1))\n",
    }
    after = moved(files, "cart.py::Item item.py")
    assert after["item.py"] == (
        "from __future__ import annotations\n\nfrom dataclasses import dataclass\nfrom typing import TYPE_CHECKING\n\n"
        "from money import Money\n\nif TYPE_CHECKING:\n    from os import PathLike\n\n\n"
        "@dataclass\nclass Item:\n    price: Money\n    path: PathLike[str] = ''\n"
    )
    assert after["cart.py"] == (
        '"""Carts."""\nfrom __future__ import annotations\n\nimport json\n'
        "from typing import TYPE_CHECKING\n\nfrom item import Item\n\nif TYPE_CHECKING:\n    from os import PathLike\n\nRATE = 2\n\n\n"
        "class Cart:\n    items: list[Item]\n"
    )
    assert after["use.py"] == "import item\n\nprint(item.Item(1))\n"


def test_several_imports_of_one_statement_go_together(moved):
    files = {
        "a.py": "from os import path, sep, name\nfrom sys import argv, flags\n\nY = sep\nX = path, name, argv, flags\n",
        "b.py": "",
    }
    after = moved(files, "a.py::X b.py")
    assert after["a.py"] == "from os import sep\n\nY = sep\n"
    assert (
        after["b.py"]
        == "from os import name, path\nfrom sys import argv, flags\n\nX = path, name, argv, flags\n"
    )


def test_a_constant_stands_with_the_constants(moved):
    files = {
        "a.py": "A = 1\nB = 2  # more\n\n\ndef f():\n    return B\n",
        "b.py": "import os\n\nC = 3\n\n\ndef g(): ...\n\n\nD = 4\n",
    }
    assert moved(files, "a.py::B b.py") == {
        "a.py": "from b import B\n\nA = 1\n\n\ndef f():\n    return B\n",
        "b.py": "import os\n\nC = 3\nB = 2  # more\n\n\ndef g(): ...\n\n\nD = 4\n",
    }


def test_what_a_star_brought_along_still_comes(moved):
    files = {
        "pack/__init__.py": "from .one import *  # noqa: F403\n",
        "pack/one.py": "__all__ = ['f', 'g']\n\n\ndef f(): ...\n\n\ndef g(): ...\n",
        "pack/two.py": "__all__ = [\n    'h',\n]\n\n\ndef h(): ...\n",
        "use.py": "from pack import f\n\nf()\n",
    }
    after = moved(files, "pack/one.py::f pack/two.py")
    assert after["pack/__init__.py"] == "from .one import *  # noqa: F403\nfrom .two import f  # noqa: F403\n"
    assert after["pack/one.py"] == "__all__ = ['g']\n\n\ndef g(): ...\n"
    assert after["pack/two.py"] == "__all__ = [\n    'h',\n    'f',\n]\n\n\ndef h(): ...\n\n\ndef f(): ...\n"
    assert after["use.py"] == files["use.py"]


def test_a_package_goes_on_having_what_moves_out_of_it(moved):
    files = {
        "pack/__init__.py": "def f(): ...\n\n\ndef g(): ...\n",
        "use.py": "import pack\nfrom pack import f\n\npack.f()\n",
    }
    after = moved(files, "pack/__init__.py::f pack/one.py")
    assert after["pack/__init__.py"] == "from .one import f\n\n\ndef g(): ...\n"
    assert after["pack/one.py"] == "def f(): ...\n"
    assert after["use.py"] == files["use.py"]


def test_the_target_no_longer_imports_it(moved):
    files = {
        "a.py": "def f(): ...\n\n\ndef g(): ...\n",
        "b.py": "from a import f, g\n\n\ndef h():\n    return f()\n",
    }
    after = moved(files, "a.py::f b.py")
    assert after["a.py"] == "def g(): ...\n"
    assert after["b.py"] == "from a import g\n\n\ndef h():\n    return f()\n\n\ndef f(): ...\n"


def test_annotations_alone_are_no_reason_for_a_cycle(moved):
    files = {
        "a.py": "from __future__ import annotations\n\n\nclass A: ...\n\n\ndef f(x: B) -> None: ...\n\n\nclass B(A): ...\n",
        "b.py": "from __future__ import annotations\n\nimport os\n",
    }
    after = moved(files, "a.py::B b.py")
    assert after["a.py"] == (
        "from __future__ import annotations\n\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from b import B\n\n\n"
        "class A: ...\n\n\ndef f(x: B) -> None: ...\n"
    )
    assert (
        after["b.py"]
        == "from __future__ import annotations\n\nimport os\nfrom a import A\n\n\nclass B(A): ...\n"
    )


def test_overloads_move_as_one_and_strings_of_annotations_follow(moved):
    files = {
        "a.py": "from typing import overload\n\n\n@overload\ndef f(x: int) -> int: ...\n@overload\ndef f(x: str) -> str: ...\ndef f(x): ...\n",
        "b.py": "",
        "use.py": "import a\n\nx: 'a.f' = a.f\n",
    }
    after = moved(files, "a.py::f b.py")
    assert after["a.py"] == ""
    assert after["b.py"] == files["a.py"]
    assert after["use.py"] == "import b\n\nx: 'b.f' = b.f\n"


def test_strings_and_comments_follow_when_asked(moved):
    files = {"a.py": "def f(): ...\n", "b.py": "", "use.py": "patch('a.f')  # of a.f, not of a.fx or b.a.f\n"}
    after = moved(files, "a.py::f b.py", text=True)
    assert after["use.py"] == "patch('b.f')  # of b.f, not of a.fx or b.a.f\n"


def test_an_import_for_types_alone_goes_with_its_branch(moved):
    files = {
        "a.py": "class A: ...\n",
        "b.py": "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from a import A\n\n\ndef f(x: 'A'): ...\n",
    }
    after = moved(files, "a.py::A b.py")
    assert after["b.py"] == "from typing import TYPE_CHECKING\n\n\n\ndef f(x: 'A'): ...\n\n\nclass A: ...\n"


def test_cells_of_notebooks_follow(write):
    cells = [
        {"cell_type": "code", "source": line, "metadata": {}, "outputs": [], "execution_count": 3}
        for line in (["%matplotlib inline\n", "from a import f"], ["f()"])
    ]
    book = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
    workspace = write({"a.py": "def f(): ...\n", "b.py": "", "n.ipynb": book})
    move(workspace, "a.py::f b.py", check="off")
    assert (workspace.root / "n.ipynb").read_text() == book.replace("from a import", "from b import")


def test_a_move_is_undone_as_one_edit(write, tree):
    workspace = write(
        {"a.py": "\ufeffimport os\r\n\r\n\r\ndef f():\r\n\treturn os\r\n", "use.py": "from a import f\n"}
    )
    before = tree()
    reply = move(workspace, "a.py::f b", check="off")
    assert reply.lines == ("moved a.py::f to new b.py: 1 place in 1 other file (with it import os)",)
    assert (workspace.root / "b.py").read_bytes() == b"import os\r\n\r\n\r\ndef f():\r\n\treturn os\r\n"
    assert (workspace.root / "a.py").read_bytes() == "\ufeff".encode()
    undo(workspace)
    assert tree() == before


def test_stubs_follow_their_modules(moved):
    files = {
        "p/__init__.py": "from .a import *\n",
        "p/__init__.pyi": "from .a import *\n",
        "p/a.py": "def f(x): ...\n\n\ndef g(x): ...\n",
        "p/a.pyi": "from typing import Any, overload\n\n@overload\ndef f(x: int) -> int: ...\n@overload\ndef f(x: str) -> str: ...\ndef g(x: Any) -> Any: ...\n",
        "p/b.py": "def h(): ...\n",
        "p/b.pyi": "def h() -> None: ...\n",
    }
    after = moved(files, "p/a.py::f p/b.py")
    assert after["p/a.pyi"] == "from typing import Any, overload\ndef g(x: Any) -> Any: ...\n"
    assert after["p/b.pyi"] == (
        "from typing import overload\n\n\ndef h() -> None: ...\n\n\n@overload\ndef f(x: int) -> int: ...\n@overload\ndef f(x: str) -> str: ...\n"
    )
    assert after["p/__init__.pyi"] == after["p/__init__.py"] == "from .a import *\nfrom .b import f\n"
    assert moved(files, "p/a.py::f p/c.py")["p/c.pyi"] == (
        "from typing import overload\n\n\n@overload\ndef f(x: int) -> int: ...\n@overload\ndef f(x: str) -> str: ...\n"
    )


def test_a_stub_that_imports_from_a_module_without_one_follows(moved):
    files = {
        "p/__init__.py": "from .a import f\n",
        "p/__init__.pyi": "from .a import f as f\n",
        "p/a.py": "def f(x): ...\n\n\ndef g(x): ...\n",
    }
    after = moved(files, "p/a.py::f p/b.py")
    assert after["p/__init__.pyi"] == "from .b import f as f\n"
    assert "p/b.pyi" not in after


def test_line_ends_are_those_of_each_file(write):
    files = {
        "a.py": "X = 1\r\nY = [\r\n    2,\r\n]\r\n",
        "b.py": "'''B.'''\n\nimport os\n\n\ndef g(): ...\n",
        "use.py": "def f():\r\n    from a import X, Y\r\n    return X\r\n",
    }
    workspace = write({name: text.encode() for name, text in files.items()})
    move(workspace, "a.py::Y b.py", check="off")
    assert (workspace.root / "a.py").read_bytes() == b"X = 1\r\n"
    assert (
        workspace.root / "b.py"
    ).read_bytes() == b"'''B.'''\n\nimport os\n\nY = [\n    2,\n]\n\n\ndef g(): ...\n"
    assert (workspace.root / "use.py").read_bytes() == (
        b"def f():\r\n    from a import X\r\n    from b import Y\r\n    return X\r\n"
    )


@pytest.mark.parametrize(
    ("files", "asked", "reason"),
    [
        ({"a.py": "X = []\ndef f():\n    return X\ndef g():\n    return f()\n", "b.py": ""}, "a.py::f b.py", "an import cycle: a.py -> b.py -> a.py"),
        ({"p/__init__.py": "", "p/a.py": "X = 1\ndef f():\n    return X\ndef g():\n    f()\n"}, "p/a.py::f p/__init__.py", "an import cycle: p/__init__.py -> p/a.py -> p/__init__.py"),
        ({"a.py": "def f(): ...\n", "b.py": "import use\n", "use.py": "from a import f\n"}, "a.py::f b.py", "an import cycle: use.py -> b.py -> use.py"),
        ({"a.py": "def f(): ...\n", "b.py": "def f(): ...\n"}, "a.py::f b.py", "b.py has another f"),
        ({"a.py": "import os\ndef f():\n    return os\n", "b.py": "os = 1\n"}, "a.py::f b.py", "b.py has another os"),
        ({"a.py": "def f():\n    return len('')\n", "b.py": "def len(x): ...\n"}, "a.py::f b.py", "b.py has another len"),
        ({"a.py": "N = 1\ndef f():\n    global N\n    N = 2\n", "b.py": ""}, "a.py::f b.py", "other values by `global`"),
        ({"a.py": "N = 1\ndef f():\n    return N\ndef g():\n    global N\n    N = 2\n", "b.py": ""}, "a.py::f b.py", "its N is given other values by `global`"),
        ({"a.py": "N = 1\nN += 1\n", "b.py": ""}, "a.py::N b.py", "given other values elsewhere"),
        ({"a.py": "if x:\n    def f(): ...\n", "b.py": ""}, "a.py::f b.py", "it stands under `if x`"),
        ({"a.py": "f = g = 1\n", "b.py": ""}, "a.py::f b.py", "its statement binds other names too"),
        ({"a.py": "def f():\n    return globals()\n", "b.py": ""}, "a.py::f b.py", "it asks globals() of its module"),
        ({"a.py": "import logging\nlog = logging.getLogger(__name__)\n", "b.py": ""}, "a.py::log b.py", "it uses __name__"),
        ({"a.py": "@app.command\ndef f(): ...\n", "b.py": ""}, "a.py::f b.py", "@app.command on a.py::f may go by its name"),
        ({"a.py": "import x\nclass A(x.Model): ...\n", "b.py": ""}, "a.py::A b.py", "x.Model, a base of a.py::A, may keep a list"),
        ({"a.py": "f = 1\nprint('{f}'.format(**globals()))\n", "b.py": ""}, "a.py::f b.py", "a string at a.py:2 may mean it"),
        ({"a.py": "f = 1\n", "b.py": "", "use.py": "import a\neval('a.f + 1')\n"}, "a.py::f b.py", "a string at use.py:2 may mean it"),
        ({"a.py": "f = 1\neval('g(f)')\n", "b.py": ""}, "a.py::f b.py", "a string at a.py:2 may mean it"),
        ({"a.py": "def f(): ...\ndef g():\n    f()\n", "b.py": "import nowhere\nassert nowhere.x\n", "c.py": "if x:\n    import b\n"}, "a.py::f b.py", "b.py imports nowhere, which a.py did not need"),
        ({"a.py": "def f(): ...\n", "b.py": "", "use.py": "import a\ndef g(m): m.f()\ng(a)\n"}, "a.py::f b.py", "use.py:3 hands its module around"),
        ({"a.py": "def f(): ...\n", "b.py": "", "setup.cfg": "x = a:f\n"}, "a.py::f b.py", "setup.cfg holds the name"),
        ({"a.py": "def f(): ...\n", "b.py": "", "use.py": "patch('a.f')\n"}, "a.py::f b.py", "a string at use.py:1 may mean it"),
        ({"a.py": "import time\ndef f():\n    return time.time()\n", "b.py": "", "use.py": "patch('a.time')\n"}, "a.py::f b.py", "use.py:1 may put another time in its module"),
        ({"a.py": "f = 1\n", "b.py": "", "use.py": "import a\na.f = 2\n"}, "a.py::f b.py", "use.py:2 gives it another value"),
        ({"a.py": "def f(): ...\n", "b.py": "", "use.py": "f(:\n"}, "a.py::f b.py", "use.py holds the name and cannot be parsed"),
        ({"a.py": "def f(): ...\n", "b.py": "", "use.py": "import a\nb = 1\na.f()\n"}, "a.py::f b.py", "has another b"),
        ({"a.py": "def f(): ...\n", "a.pyi": "def f() -> None: ...\n", "b.py": ""}, "a.py::f b.py", "a.pyi has it, and b.py has no stub"),
        ({"a.py": "def f(): ...\n", "a.pyi": "x: f\n", "b.py": ""}, "a.py::f b.py", "a.pyi holds the name, but no f"),
        ({"a.py": "def f(): ...\n", "b.py": "", "use.py": "try: from a import f, g\nexcept ImportError: pass\n"}, "a.py::f b.py", "not plain enough"),
        ({"a.py": "from __future__ import annotations\ndef f(x: int): ...\n", "b.py": "import os\n"}, "a.py::f b.py", "its annotations are lazy"),
        ({"a.py": "class A:\n    def f(self): ...\n", "b.py": ""}, "A.f b.py", "not a module's own"),
    ],
)  # fmt: skip
def test_what_cannot_move_for_certain_is_refused_and_nothing_written(write, tree, files, asked, reason):
    workspace = write({"pyproject.toml": ""} | files)
    before = tree()
    with pytest.raises(EditRejectedError, match="nothing was written") as refused:
        move(workspace, asked, check="off")
    assert reason in str(refused.value)
    assert tree() == before


@pytest.mark.parametrize("asked", ["a.py::f", "a.py::f a.py", "a.py::f notes.md", "a.py::f none/b.py", "f"])
def test_what_is_no_module_to_go_to_is_refused(write, asked):
    with pytest.raises((ParseError, IpyLlmError)):
        move(write({"a.py": "def f(): ...\n", "notes.md": "x\n"}), asked, check="off")
