"""Cells that ran are documents: shown, edited, undone and moved into a module by the names they define."""

from __future__ import annotations

import pytest
from kernel import Kernel

CART = """\
import json
from pathlib import Path

RATE = 20

class Cart:
    def total(self):
        return 100

    def tax(self):
        return self.total() * RATE // 100
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    with Kernel(tmp_path_factory.mktemp("kernel")) as kernel:
        kernel.run("%load_ext ipy_llm")
        yield kernel


@pytest.fixture
def session(kernel, tmp_path):
    kernel.run(f"%cd -q {tmp_path}")
    kernel.run(CART)
    return kernel


def test_a_name_defined_in_a_cell_is_shown_with_the_cell_it_is_from(session):
    shown = session.run("%llm show Cart.tax").stdout
    assert shown.startswith("In[")
    assert "::Cart.tax@" in shown
    assert "cell line 10\n2\t" not in shown
    assert "\n2\t        return self.total() * RATE // 100\n" in shown


def test_a_cell_is_shown_by_its_number(session):
    number = session.run("answer = 42").reply["execution_count"]
    assert session.run(f"%llm show In[{number}]").stdout.endswith("\n1\tanswer = 42\n")
    assert f"no In[{number + 90}]" in session.run(f"%llm show In[{number + 90}]").stderr


def test_the_last_cell_that_defines_a_name_is_meant(session):
    session.run("class Cart:\n    def tax(self):\n        return 7\n")
    assert "return 7" in session.run("%llm show Cart.tax").stdout
    assert "no Cart.total" in session.run("%llm show Cart.total").stderr
    session.run("from collections import OrderedDict as Cart")
    assert "no Cart.tax" in session.run("%llm show Cart.tax").stderr


def test_a_name_defined_in_a_cell_is_found(session):
    found = session.run("%llm find tax").stdout.split("\n")
    assert found[0].startswith("tax: 1 definition")
    assert found[1].startswith("In[")
    assert found[1].endswith("  def tax(self)")


def test_a_name_of_a_cell_and_of_a_file_is_asked_about(session, tmp_path):
    (tmp_path / "cart.py").write_text("class Cart:\n    def tax(self):\n        return 0\n")
    answer = session.run("%llm show Cart.tax").stderr
    assert "Cart.tax is in 2 files; say which" in answer
    assert "cart.py::Cart.tax" in answer
    assert "In[" in answer


def test_an_edit_of_a_cell_changes_what_lives_and_undo_changes_it_back(session):
    session.run(
        "class Shop:\n    def price(self, x):\n        return x * 2\n\ndef total(shop):\n    return shop.price(1)\n"
    )
    session.run("shop = Shop(); price = shop.price; keep = total; made = 1")
    said = session.run("%%edit Shop.price * 2 => * 10").stdout
    assert said.endswith("\nlive: Shop.price patched\n")
    assert session.run("shop.price(2), price(2), keep(shop)").result == "(20, 20, 10)"
    session.run("%%edit total\ndef total(shop, count=3):\n    return shop.price(count)\n")
    assert session.run("keep(shop), total(shop, 1)").result == "(30, 10)"
    assert session.run("import inspect; inspect.getsource(keep)").result == repr(
        "def total(shop, count=3):\n    return shop.price(count)\n"
    )
    session.run("%%edit into Shop\ndef broken(self):\n    return 1 / 0\n")
    session.run("%colors NoColor")
    assert "return 1 / 0" in "".join(session.run("shop.broken()").error["traceback"])
    assert "return 1 / 0" in session.run("%llm show Shop").stdout
    session.run("%llm undo 3")
    assert session.run("shop.price(2), keep(shop), hasattr(shop, 'broken')").result == "(4, 2, False)"


def test_a_timed_cell_is_followed_too(session):
    session.run("%%time\ndef waited(x):\n    return x\n")
    session.run("kept = waited")
    assert session.run("%%edit waited return x => return x + 1").stdout.endswith("live: waited patched\n")
    assert session.run("kept(1)").result == "2"


def test_a_merged_definition_is_edited_as_it_runs(session):
    session.run("class Cart:\n    # ... existing code ...\n\n    def tax(self):\n        return 1\n")
    session.run("cart = Cart()")
    session.run("%%edit Cart.total return 100 => return 300")
    assert session.run("cart.total(), cart.tax()").result == "(300, 1)"


def test_a_cell_with_magics_is_a_document_too(session):
    session.run("%%time\n!true\ndef waiting(x):\n    return x\n")
    assert "def waiting(x):" in session.run("%llm show waiting").stdout


def test_what_a_cell_writes_into_a_file_is_no_definition_of_the_session(session):
    session.run("%%writefile other.py\ndef elsewhere(): pass\n")
    assert session.run("%llm show elsewhere").stdout.startswith("other.py::elsewhere@")


def test_a_definition_goes_into_a_new_module_with_what_it_uses(session, tmp_path):
    session.run(
        "def save(cart):\n    Path('cart.json').write_text(json.dumps(cart.tax()))\n    return Cart()\n"
    )
    said = session.run("%llm promote save shop.py --check off").stdout
    assert said.startswith("created shop.py@")
    assert "with what they use: RATE, Cart" in said
    assert (tmp_path / "shop.py").read_text() == (
        "import json\nfrom pathlib import Path\n\n\n" + CART.partition("\n\n")[2].replace("\n\nclass", "\n\n\nclass")
        + "\n\ndef save(cart):\n    Path('cart.json').write_text(json.dumps(cart.tax()))\n    return Cart()\n"
    )  # fmt: skip
    session.run("def again():\n    return Cart() or Path()\n")
    assert session.run("%llm promote again shop.py --check off").stdout.startswith("inserted shop.py::again")
    assert (tmp_path / "shop.py").read_text().count("class Cart") == 1
    assert "shop.py has again already" in session.run("%llm promote again shop.py").stderr
    session.run("%llm undo 2")
    assert not (tmp_path / "shop.py").exists()


@pytest.mark.parametrize(
    ("cell", "name", "told"),
    [
        (
            "rows = open('/dev/null').read()\ndef count(): return len(rows)",
            "count",
            "make it a parameter of count",
        ),
        ("def lost(): return nowhere", "lost", "lost uses nowhere, which no cell of this session defines"),
        ("x = 1", "nothing_like_it", "no cell of this session defines nothing_like_it"),
        ("def listing():\n    %time 1\n", "listing", "uses a magic"),
    ],
)
def test_what_cannot_stand_in_a_module_is_not_moved(session, tmp_path, cell, name, told):
    session.run(cell)
    assert told in session.run(f"%llm promote {name} shop.py").stderr
    assert not (tmp_path / "shop.py").exists()


def test_a_section_of_a_script_runs_and_names_the_later_ones_that_are_stale(session, tmp_path):
    (tmp_path / "study.py").write_text(
        "# %% load\nxs = [1, 2]\n# %% double\nys = [2 * x for x in xs]\n# %% other\nz = 1\n# %% sum\nprint(sum(ys))\n"
    )
    for section in ("load", "double", "other"):
        assert session.run(f"%llm run study.py::#{section}").stdout == f"ran study.py::#{section}\n"
    assert session.run("%llm run study.py::#sum").stdout == "6\nran study.py::#sum\n"
    session.run("%%edit --check off study.py::#load 2] => 3]")
    assert session.run("%llm run study.py::#load").stdout == "ran study.py::#load; stale now: #double, #sum\n"
    session.run("%llm run study.py::#double")
    assert session.run("%llm run study.py::#sum").stdout.startswith("8\n")
    failed = session.run("%llm run study.py::#nothing")
    assert "no section #nothing in study.py" in failed.stderr


def test_undo_passes_over_the_cells_of_a_session_that_has_ended(tmp_path):
    with Kernel(tmp_path) as kernel:
        kernel.run("%load_ext ipy_llm")
        kernel.run("x = 1\ndef f(): return 1")
        kernel.run("%%writefile kept.py\nx = 1\n")
        kernel.run("%%edit --check off kept.py::x 1 => 2")
        kernel.run("%%edit In[2]::f return 1 => return 2")
        kernel.run("%unload_ext ipy_llm")
        kernel.run("%load_ext ipy_llm")
        assert kernel.run("%llm undo").stdout == "undone: edited kept.py::x; kept.py as before\n"


def test_no_file_of_a_cell_is_left_when_the_extension_goes(tmp_path):
    with Kernel(tmp_path) as kernel:
        kernel.run("%load_ext ipy_llm")
        kernel.run("def f(): pass")
        assert list(tmp_path.glob("ipy_llm-cells-*")) == []
        kernel.run("%llm show f")
        assert len(list(tmp_path.glob("ipy_llm-cells-*/In*"))) == 2
        kernel.run("%unload_ext ipy_llm")
        assert list(tmp_path.glob("ipy_llm-cells-*")) == []


@pytest.mark.parametrize("magic", ["", "%%capture\n", "%%time\n", "%%time\n%%capture\n"])
def test_a_function_that_calls_what_its_cell_imports_follows(session, magic):
    """CPython compiles such a call in another way where the import stands in the same unit."""
    session.run(f"{magic}import json\ndef said(value):\n    return json.dumps(value)\n")
    assert "live: said patched" in session.run("%%edit said dumps(value) => dumps([value])").stdout
    assert session.run("said(1)").result == "'[1]'"


def test_a_cell_that_was_run_again_by_its_number_follows(session):
    number = session.run("def said():\n    return 1\n").reply["execution_count"]
    session.run("%%edit said 1 => 2")
    assert f"ran In[{number}]" in session.run(f"%llm run In[{number}]").stdout
    assert "live: said patched" in session.run("%%edit said 2 => 3").stdout
    assert session.run("said()").result == "3"
