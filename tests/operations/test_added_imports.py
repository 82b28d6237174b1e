"""An edit brings the imports that it lacks, where they mean one thing."""

from __future__ import annotations

import pytest

from ipy_llm.operations.edit import edit, undo

SHOP = {
    "shop.py": '''
        """The shop."""

        import sys


        def load(path):
            return path
        ''',
}
BODY = "def load(path):\n    return json.loads(Path(path).read_text())"


def test_imports_go_where_the_file_keeps_them_and_the_reply_says_so(write, root):
    workspace = write(SHOP)
    reply = edit(workspace, "load", BODY, check="off")
    (line,) = reply.lines
    assert line.endswith("lines 8-9 (added from pathlib import Path; import json)")
    text = (root / "shop.py").read_text()
    assert "import sys\nfrom pathlib import Path\nimport json\n\n\ndef load" in text
    digest = reply.facts["digest"]
    assert edit(workspace, f"load@{digest}:2", "    return json.loads(path)", check="off").lines


def test_undo_takes_them_back_with_the_edit(write, tree):
    workspace = write(SHOP)
    before = tree()
    edit(workspace, "load", BODY, check="off")
    assert tree() != before
    undo(workspace)
    assert tree() == before


@pytest.mark.parametrize("off", ["option", "setting"])
def test_they_can_be_left_out(write, root, off):
    workspace = write(
        SHOP | ({"pyproject.toml": "[tool.ipy_llm]\nimports = false\n"} if off == "setting" else {})
    )
    edit(workspace, "load", BODY, check="off", imports=off != "option")
    assert "import json" not in (root / "shop.py").read_text()


def test_a_new_file_gets_them_too(write, root):
    workspace = write({})
    reply = edit(workspace, "create new.py", "print(json.dumps({}))", check="off")
    assert (root / "new.py").read_text() == "import json\n\nprint(json.dumps({}))\n"
    assert "added import json" in str(reply)


def test_each_file_of_a_patch_gets_its_own(write, root):
    workspace = write({"a.py": "def f():\n    pass\n", "b.py": "def g():\n    pass\n"})
    patch = "@@ a.py::f\ndef f():\n    return json.dumps(1)\n@@ b.py::g\ndef g():\n    return Path()\n"
    edit(workspace, "", patch, check="off")
    assert (root / "a.py").read_text().startswith("import json\n\n\ndef f")
    assert (root / "b.py").read_text().startswith("from pathlib import Path\n\n\ndef g")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("def f():\n    return json\n", "def f():\n    return json.x"),  # lacked before
        ("def f():\n    pass\n", "def f(json):\n    return json.dumps(1)"),
        ("def f():\n    pass\n", "def f():\n    return code.split()"),
        ("from a import *\n\ndef f():\n    pass\n", "def f():\n    return json.dumps(1)"),
        ("import json\n\ndef f():\n    pass\n", "def f():\n    return json.dumps(1)"),
        ("try:\n    import json\nexcept ImportError:\n    json = None\n\ndef f():\n    pass\n", "def f():\n    return json.dumps(1)"),
        ("def f():\n    pass\n", "def f():\n    return Queue()"),
    ],
)  # fmt: skip
def test_what_is_not_certain_is_left_as_it_was_sent(write, root, file, text):
    workspace = write({"a.py": file})
    edit(workspace, "a.py::f", text, check="off")
    assert (root / "a.py").read_text() == file[: file.index("def f")] + text + "\n"


def test_the_projects_own_imports_are_followed(write, root):
    workspace = write({
        "shop/__init__.py": "",
        "shop/cart.py": "class Cart:\n    pass\n",
        "shop/one.py": "from .cart import Cart\n\nCart()\n",
        "shop/two.py": "def f():\n    pass\n",
        "tests/three.py": "def f():\n    pass\n",
    })  # fmt: skip
    edit(workspace, "shop/two.py::f", "def f():\n    return Cart()", check="off")
    assert (root / "shop/two.py").read_text().startswith("from .cart import Cart\n")
    edit(workspace, "tests/three.py::f", "def f():\n    return Cart()", check="off")
    assert (root / "tests/three.py").read_text().startswith("def f")  # a relative one means nothing there


def test_a_dry_run_shows_them(write, tree):
    workspace = write(SHOP)
    before = tree()
    assert "+import json" in str(edit(workspace, "load", BODY, dry_run=True))
    assert tree() == before


def test_of_several_the_finding_names_all(write):
    workspace = write({"a.py": "def f():\n    pass\n"})
    reply = edit(workspace, "a.py::f", "def f():\n    return Queue()")
    assert "Undefined name `Queue`, may want from queue import Queue or from asyncio import Queue" in str(
        reply
    )


def test_a_deleted_import_is_not_put_back(write, root):
    workspace = write({"a.py": "import json\n\n\ndef f():\n    return json.dumps(1)\n"})
    edit(workspace, "a.py::#imports", "import sys", check="off", allow_removal=True)
    assert "json\n" not in (root / "a.py").read_text()
