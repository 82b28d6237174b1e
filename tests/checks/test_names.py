from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ipy_llm.checks import names
from ipy_llm.checks.names import names_after
from ipy_llm.checks.tables import names_in

PYTHON = Path(sys.executable)


def told(root, path, before):
    report = names_after(root, PYTHON, {path: before}, timeout=30.0)
    return [(found.place, found.code) for found in report.diagnostics]


@pytest.fixture(params=["ruff", "names"])
def either(request, monkeypatch):
    """With ruff, and on a machine that has none."""
    if request.param == "names":
        monkeypatch.setattr(names, "_ruff", lambda _: None)
    return request.param


def test_only_what_the_edit_brought_is_told_wherever_it_moved(either, project):
    old = "import os\n\ndef f():\n    return nowhere\n"
    new = (
        "import os\nimport json\n\n# moved\ndef f():\n    return nowhere\n\ndef g():\n    return elsewhere\n"
    )
    root = project({"a.py": new})
    assert told(root, "a.py", old.encode()) == [("a.py:2", "F401"), ("a.py:9", "F821")]
    assert told(root, "a.py", new.encode()) == []


def test_a_new_file_is_all_new_and_one_that_is_gone_is_nothing(either, project):
    root = project({"a.py": "print(x)\n"})
    assert told(root, "a.py", None) == [("a.py:1", "F821")]
    assert told(root, "b.py", b"x") == []


def test_what_a_package_imports_is_for_others(either, project):
    root = project({"shop/__init__.py": "from shop import cart\n", "shop/cart.py": ""})
    assert told(root, "shop/__init__.py", b"") == []


def test_a_name_bound_twice_and_a_format_that_fails_are_told_by_ruff(project):
    root = project({"a.py": "def f(): return '%s %s' % (1,)\ndef f(): pass\n"})
    assert [code for _, code in told(root, "a.py", b"")] == ["F507", "F811"]


def test_the_project_s_own_exemptions_hold(project):
    root = project(
        {
            "ruff.toml": "exclude = ['old']\n[lint]\nselect = ['E501']\n",
            "old/a.py": "x\n",
            "b.py": "x  # noqa: F821\ny\n",
        }
    )
    assert told(root, "old/a.py", b"") == []
    assert told(root, "b.py", b"") == [("b.py:2", "F821")]


def test_a_broken_configuration_is_one_clear_line(project):
    root = project({"ruff.toml": "[lint\n", "a.py": "x\n"})
    report = names_after(root, PYTHON, {"a.py": b""}, timeout=30.0)
    assert (report.outcome, report.diagnostics) == ("crashed", ())
    assert "ruff.toml" in report.note
    assert "\n" not in report.note


@pytest.mark.parametrize(
    "text",
    [
        "from os import *\nx\n",
        "globals()['x'] = 1\nx\n",
        "def f():\n    global x\n    x = 1\nprint(x)\n",
        "class A:\n    y = 1\n    z = [1 for _ in (y,)]\n    def f(self): return __class__\n",
        "import os\n__all__ = ['os']\n",
        "import os.path as path, json as json\nprint(path)\n",
        "from __future__ import annotations\nfrom typing import List\ndef f(x: 'List[int]'): ...\n",
        "try:\n    import json\nexcept ImportError:\n    json = None\n",
        "import a.b\na.b\n",
        "for x in (): pass\nelse: x\nwith open(__file__) as f: f\nlambda q: q\n",
        "def f(:\n",
        "def top(which):\n    return which\n",
        "try:\n    intended\nexcept (KeyError, NameError):\n    pass\n",
        "from a import B\nx = []  # type: list[B]\n",
        "import a\ndef f():\n    '>>> a.b'\n",
        "class A:\n    import json\n",
        "import json\neval('js' + 'on')\n",
        "from __future__ import (\n    annotations,\n)\ndef f(x: A): ...\nclass A: ...\n",
        "__all__ = ['x', 'y', '__doc__']\nx = 1\ndef f():\n    global y\n    y = 2\n",
        "__all__ = ['late']\ndef __getattr__(name): return name\n",
        "match 1:\n    case {'a': b, **c}: print(b, c)\n",
    ],
)
def test_the_tables_say_nothing_of_what_is_right_or_cannot_be_known(text):
    assert names_in(text.encode()) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("def f():\n    import json\n", (2, "`json` imported but unused", "F401")),
        (
            "if TYPE_CHECKING:\n    from a import B\nTYPE_CHECKING = 0\n",
            (2, "`B` imported but unused", "F401"),
        ),
        ("import json\ndef f():\n    'Not json.'\n", (1, "`json` imported but unused", "F401")),
        ("def top(which):\n    return other\n", (2, "Undefined name `other`", "F821")),
        (
            "from __future__ import annotations\ndef f(x: int) -> other:\n    locals()\n",
            (2, "Undefined name `other`", "F821"),
        ),
        ("try:\n    1\nexcept NameError:\n    x\n", (4, "Undefined name `x`", "F821")),
        ("__all__ = (\n    'gone',\n)\n", (2, "Undefined name `gone` in `__all__`", "F822")),
    ],
)
def test_the_tables_say_what_pyflakes_says_of_the_usual(text, found):
    assert names_in(text.encode()) == [found]


def test_the_tables_find_nothing_in_the_standard_library_that_python_finds():
    import argparse
    import dataclasses
    import textwrap

    for module in (argparse, dataclasses, textwrap):
        assert [found for found in names_in(Path(module.__file__).read_bytes()) if found[2] == "F821"] == []
