"""What is there, within a budget, and how to get the rest."""

from __future__ import annotations

import re

import pytest

from ipy_llm.errors import NotFoundError, ParseError
from ipy_llm.operations.look import show
from ipy_llm.operations.outline import outline
from ipy_llm.source.tokens import tokens
from ipy_llm.workspace.project import Workspace

CART = '''
"""Carts."""

import os


class Cart:
    currency = "EUR"

    # What it costs.
    def total(self) -> int:
        return 1

    # section: taxes
    @functools.cache(1)
    def tax(self, rate: int = 2) -> int:
        return rate
    # endsection


def free(x): ...
'''


@pytest.fixture
def shop(write) -> Workspace:
    return write({"pyproject.toml": "", "shop/cart.py": CART})


@pytest.fixture
def wide(write) -> Workspace:
    """A project of 60 files with 20 definitions each; two names of one file are used all over."""
    files = {
        "pyproject.toml": "",
        "core/base.py": "class Base:\n    def saved(self): ...\n\ndef connect(): ...\n",
    }
    for number in range(60):
        rest = "".join(f"def helper_{number}_{each}(argument): ...\n" for each in range(20))
        files[f"part{number % 3}/module_{number}.py"] = (
            f"from core.base import Base, connect\nconnect().saved()\nBase\n{rest}"
        )
    return write(files)


def test_the_outline_of_a_file_lists_signatures_lines_and_sections(shop):
    head, *entries = outline(shop, "shop/cart.py").lines
    assert re.fullmatch(r"shop/cart\.py@[0-9a-f]{4}  20 lines", head)
    assert entries == [
        "class Cart  6-17",
        '  currency = "EUR"  7',
        "  def total(self) -> int  9-11",
        "  @functools.cache def tax(self, rate: int = 2) -> int  14-16",
        "def free(x)  20",
        "Cart#taxes  13-17",
    ]


def test_the_outline_of_a_class_is_of_the_class_alone(shop):
    head, *entries = outline(shop, "Cart").lines
    assert head.startswith("shop/cart.py::Cart@")
    assert [entry.partition("(")[0] for entry in entries] == [
        'currency = "EUR"  7',
        "def total",
        "@functools.cache def tax",
    ]


def test_twins_are_told_apart(write):
    workspace = write(
        {"a.py": "class A:\n    @property\n    def x(self): ...\n    @x.setter\n    def x(self, v): ...\n"}
    )
    assert outline(workspace, "a.py").lines[2:] == (
        "  @property def x(self)  [getter]  2-3",
        "  @x.setter def x(self, v)  [setter]  4-5",
    )


def test_the_outline_of_a_folder_lists_each_file_and_what_cannot_be_read(write):
    workspace = write(
        {
            "a.py": "class A: ...\ndef f(): ...\nx = 1\n",
            "binary.py": b"\x00\xff\xfe",
            "broken.py": "def f(:\n",
            "empty.py": "",
            "pack/b.py": "def g(): ...\n",
        }
    )
    a, *names, binary, broken, f, empty, b, g = outline(workspace).lines
    assert (a, *names) == ("a.py  3 lines", "  class A  1", "  def f()  2", "  x = 1  3")
    assert binary.startswith("binary.py  (not readable as text")
    assert broken.startswith("broken.py  1 line  (line 1: ")
    assert f == "  def f(  1"
    assert empty == "empty.py  0 lines"
    assert (b, g) == ("pack/b.py  1 line", "  def g()  1")
    assert outline(workspace, "pack").lines == (b, g)


def test_without_a_path_the_outline_is_of_the_project_and_a_dot_is_this_folder(write):
    root = write({"a.py": "def f(): ...\n", "pack/b.py": "def g(): ...\n"}).root
    workspace = Workspace(root, root / "pack")
    assert len(outline(workspace).lines) == 4
    assert outline(workspace, ".").lines == ("pack/b.py  1 line", "  def g()  1")


def test_what_does_not_fit_is_named_by_what_is_used_most_and_the_rest_has_its_way(wide):
    reply = outline(wide, tokens=300)
    assert tokens(str(reply)) <= 300
    assert reply.lines[0] == "core/base.py: Base(saved), connect"
    assert re.fullmatch(
        r"\.\.\. 11\d\d more, \d\d files unnamed: outline part\d \(400\), .*; or --tokens 600",
        reply.lines[-1],
    )
    folder = re.search(r"outline (\w+)", reply.lines[-1])[1]
    assert outline(wide, folder, tokens=300).lines[0] == f"{folder}/"
    assert reply.facts["left"] == 1203 - len(reply.facts["chunks"])


@pytest.mark.parametrize("budget", [100, 500, 2000, 5000, 20000])
def test_a_budget_is_kept_and_used(wide, budget):
    spent = tokens(str(outline(wide, tokens=budget)))
    assert spent <= budget
    assert spent > 0.8 * min(budget, 14000)


def test_every_name_of_an_overview_is_an_address(wide):
    reply = outline(wide, tokens=1000)
    for chunk in reply.facts["chunks"]:
        assert show(wide, chunk["address"]).facts["lines"] == chunk["lines"]


def test_what_is_close_to_an_edit_comes_first(wide):
    reply = outline(wide, tokens=100, near="part2/module_5.py::helper_5_0")
    assert "part2/module_5.py: helper_5_0, helper_5_1, " in str(reply)
    assert "helper_5_0" not in str(outline(wide, tokens=100))


def test_a_file_that_does_not_fit_keeps_what_is_used_and_counts_the_rest_with_its_owner(write):
    many = "".join(f"    def member_{number}(self): ...\n" for number in range(400))
    workspace = write(
        {"many.py": f"class Many:\n{many}\ndef free(): ...\n", "user.py": "free()\nMany().member_123()\n"}
    )
    _, *lines, more = outline(workspace, "many.py", tokens=150).lines
    assert lines[0].startswith("class Many  1-401  +3")
    assert "  def member_123(self)  125" in lines
    assert "def free()  403" in lines
    assert re.fullmatch(r"\.\.\. 3\d\d more, \+N inside: outline many\.py::NAME, or --tokens 300", more)
    assert tokens("\n".join((*lines, more))) <= 150


def test_an_installed_package_has_an_outline_of_its_own(shop, tmp_path):
    elsewhere = tmp_path.resolve() / "library"
    (elsewhere / "inner").mkdir(parents=True)
    (elsewhere / "inner" / "a.py").write_text("def f(): ...\n")
    reply = outline(shop, str(elsewhere))
    assert reply.lines == (f"in {elsewhere}/", "inner/a.py  1 line", "  def f()  1")
    assert show(shop, reply.facts["chunks"][0]["address"]).lines[1] == "1\tdef f(): ..."


def test_the_outline_of_a_folder_without_python_is_refused(write):
    workspace = write({"docs/x.md": ""})
    with pytest.raises(NotFoundError, match="no Python files in"):
        outline(workspace, "docs")


def test_the_outline_of_a_broken_file_has_what_is_certain(write):
    workspace = write({"broken.py": "x = 1\ndef f(:\n    pass\n", "b.txt": ""})
    head, *lines = outline(workspace, "broken.py").lines
    assert head.endswith("  3 lines  (line 2: invalid syntax)")
    assert lines == ["x = 1  1", "def f(  2-3"]
    assert outline(workspace).lines == (
        "broken.py  3 lines  (line 2: invalid syntax)",
        "  x = 1  1",
        "  def f(  2-3",
    )
    with pytest.raises(ParseError):
        outline(workspace, "b.txt")


def test_a_notebook_stands_among_the_files(write):
    workspace = write(
        {
            "nb.ipynb": '{"cells": [{"cell_type": "markdown", "metadata": {}, "source": "text"}, {"cell_type": "code",'
            ' "metadata": {}, "outputs": [], "execution_count": null, "source": ["%matplotlib inline\\n", "class A:\\n",'
            ' "    def f(self): ...\\n"]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}'
        }
    )
    reply = outline(workspace)
    assert reply.lines == ("nb.ipynb  3 lines", "  [2] class A  2-3", "    [2] def f(self)  3")
    assert show(workspace, reply.facts["chunks"][1]["address"]).lines[1] == "1\t    def f(self): ..."


def test_of_a_class_its_own_lines_are_counted(write):
    workspace = write({"pyproject.toml": "", "a.py": "X = 1\n\n\nclass A:\n    y = 1\n"})
    assert outline(workspace, "a.py::A").lines[0].endswith("  2 lines")
