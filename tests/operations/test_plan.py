"""A plan is what `edit` takes: files, folders, whole packages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sdists import fetch

from ipy_llm.errors import NotFoundError, RequestError
from ipy_llm.operations.edit import edit, undo
from ipy_llm.operations.plan import plan
from ipy_llm.workspace.project import Workspace

CACHE = Path(__file__).parents[2] / ".cache"
CART = "class Cart:\n    def total(self):\n        return 1\n\n    def legacy(self):\n        return 2\n"


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture
def both(write, tmp_path):
    """`both(old, new)`: two folders; the first is a project."""

    def write_both(old: dict[str, str | bytes], new: dict[str, str | bytes]) -> tuple[Workspace, Path]:
        workspace = write(old)
        other = tmp_path / "new"
        for name, text in new.items():
            path = other / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return workspace, other

    return write_both


def replay(workspace: Workspace, new: Path) -> str:
    """Plan, edit, compare, undo, compare; return the plan."""
    old = tree(workspace.root)
    reply = plan(workspace, ".", str(new))
    edit(workspace, "", f"{reply}\n", check="off", allow_removal=reply.facts["allow_removal"])
    assert tree(workspace.root) == tree(new)
    undo(workspace)
    assert tree(workspace.root) == old
    return str(reply)


def test_a_folder_becomes_the_other_and_comes_back(both):
    old = {
        "cart.py": CART,
        "same.py": "x = 1\n",
        "gone/old.py": "y = 2\n",
        "notes.txt": "a\r\nb\r\n",
        "ends.py": "z = 3",
    }
    new = {
        "cart.py": CART.replace("return 1", "return 3"),
        "same.py": "x = 1\n",
        "made/__init__.py": "",
        "made/it.py": "\n\nk = 1",
        "notes.txt": "a\r\nc\r\n\r\n",
        "ends.py": b"\xef\xbb\xbfz = 3\r\n",
    }
    text = replay(*both(old, new))
    assert text.startswith("@@ cart.py 1 => 3\n@@ delete ends.py\n@@ create ends.py@")
    assert "@@ delete gone/old.py\n@@ create made/__init__.py\n" in text


def test_two_files_are_planned_where_the_first_one_stands(both):
    workspace, new = both({"shop/cart.py": CART}, {"other.py": CART.replace("2", "5")})
    assert str(plan(workspace, "shop/cart.py", str(new / "other.py"))) == "@@ shop/cart.py 2 => 5"
    elsewhere = Workspace.open(folder=new)
    old = str(workspace.root / "shop" / "cart.py")
    assert str(plan(elsewhere, old, "other.py")) == "@@ cart.py 2 => 5"


def test_what_a_patch_cannot_say_is_said_beside_it(both):
    workspace, new = both(
        {"a.py": "x = 1\n", "b.py": "y = 1\n", "c.bin": b"\x80"},
        {"a.py": "x = 2\n", "b.py": "y = (\n", "c.bin": b"\x81"},
    )
    reply = plan(workspace, ".", str(new))
    assert str(reply) == "@@ a.py 1 => 2"
    assert reply.found
    assert [note.partition(":")[0] for note in reply.notes] == ["left out b.py", "left out c.bin"]


def test_nothing_is_planned_for_what_is_the_same(both):
    workspace, new = both({"a.py": "x = 1\n"}, {"a.py": "x = 1\n"})
    reply = plan(workspace, "a.py", str(new / "a.py"))
    assert (reply.lines, reply.notes) == ((), (f"a.py and {new / 'a.py'} are the same",))


def test_a_file_and_a_folder_are_no_pair(both):
    workspace, new = both({"a.py": "x = 1\n"}, {"a.py": "x = 1\n"})
    with pytest.raises(RequestError, match="two files or two folders"):
        plan(workspace, "a.py", str(new))
    with pytest.raises(NotFoundError, match=r"no file or folder b\.py"):
        plan(workspace, "a.py", "b.py")


def test_a_document_is_deleted_and_comes_back(write):
    workspace = write({"cart.py": CART, "other.py": "x = 1\n"})
    (workspace.root / "cart.py").chmod(0o754)
    reply = edit(workspace, "delete cart.py", check="off")
    assert str(reply) == "deleted cart.py"
    assert list(tree(workspace.root)) == ["other.py"]
    undo(workspace)
    assert (workspace.root / "cart.py").read_text() == CART
    assert (workspace.root / "cart.py").stat().st_mode & 0o777 == 0o754
    with pytest.raises(RequestError, match=r"cart\.py is edited, and deleted"):
        edit(workspace, "", "@@ cart.py::Cart.total 1 => 2\n@@ delete cart.py\n", check="off")


def test_a_patch_comes_from_a_file(write):
    workspace = write({"cart.py": CART, "p.txt": "@@ cart.py 1 => 3\n"})
    edit(workspace, file="p.txt", check="off")
    assert "return 3" in (workspace.root / "cart.py").read_text()
    with pytest.raises(NotFoundError, match=r"no file .*q\.txt"):
        edit(workspace, file="q.txt")
    with pytest.raises(RequestError, match="not from both"):
        edit(workspace, "", "x", file="p.txt")


def test_a_plan_goes_through_a_pipe_to_edit(both):
    workspace, new = both({"a.py": "x = 'e'\n"}, {"a.py": "x = 'é→'\n"})
    command = [sys.executable, "-m", "ipy_llm", "plan", ".", str(new)]
    patch = subprocess.run(command, cwd=workspace.root, capture_output=True, check=True).stdout
    (workspace.root.parent / "p.txt").write_bytes(patch)
    edits = [sys.executable, "-m", "ipy_llm", "edit", "--check=off", "--file", "../p.txt"]
    done = subprocess.run(edits, cwd=workspace.root, capture_output=True, check=True).stdout
    assert done.startswith(b"edited a.py")
    assert tree(workspace.root) == tree(new)


@pytest.mark.network
def test_a_release_becomes_the_next(tmp_path_factory, write):
    before, after = fetch("attrs", "23.2.0", CACHE), fetch("attrs", "24.2.0", CACHE)
    workspace = write({path: data for path, data in tree(before).items() if path.endswith(".py")})
    other = tmp_path_factory.mktemp("new")
    for path, data in tree(after).items():
        if path.endswith(".py"):
            (other / path).parent.mkdir(parents=True, exist_ok=True)
            (other / path).write_bytes(data)
    replay(workspace, other)


def notebook(*cells: str) -> str:
    held = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": text.splitlines(True)}
        for text in cells
    ]
    return json.dumps({"cells": held, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}, indent=1) + "\n"


def test_a_notebook_is_planned_by_its_cells(both):
    one = "import os\n%time x = 1\ny = x + 1"
    old, new = notebook(one, CART, "z = 3"), notebook(one.replace("x + 1", "x + 2"), CART, "z = 4\nk = 5")
    text = replay(*both({"a.ipynb": old}, {"a.ipynb": new}))
    assert text.startswith("@@ a.ipynb::[1]@")
    assert "\n@@ [3]@" in text
    assert "z = 4\nk = 5" in text


def test_a_notebook_of_more_cells_is_made_anew(both):
    text = replay(*both({"a.ipynb": notebook("x = 1")}, {"a.ipynb": notebook("x = 1", "y = 2")}))
    assert text.startswith("@@ delete a.ipynb\n@@ create a.ipynb@")
