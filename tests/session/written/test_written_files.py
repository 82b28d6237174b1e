"""Python files that a cell writes whole: what is left out is merged, what is wrong is told, and it can be undone."""

from __future__ import annotations

import pytest
from kernel import Kernel

from ipy_llm.session.written.verdict import verdict

CART = """\
import json

RATE = 20

class Cart:
    def total(self):
        return json.dumps(1)

    def tax(self):
        return 2
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    with Kernel(tmp_path_factory.mktemp("kernel")) as kernel:
        kernel.run("%load_ext ipy_llm")
        yield kernel


@pytest.fixture
def cart(kernel, tmp_path):
    (tmp_path / "pyproject.toml").touch()
    file = tmp_path / "cart.py"
    file.write_text(CART)
    kernel.run(f"%cd -q {tmp_path}")
    return file


def test_a_file_that_is_written_well_is_not_spoken_of(kernel, cart):
    outputs = kernel.run(f"%%writefile cart.py\n{CART}x = 1\n")
    assert outputs.stdout == "Overwriting cart.py\n"
    assert outputs.stderr == ""


def test_what_a_written_file_leaves_out_is_merged(kernel, cart):
    outputs = kernel.run(
        "# change the tax\n%%writefile cart.py\nclass Cart:\n    # ... existing methods ...\n"
        "    def tax(self):\n        return 3\n\n# ... rest of the file ...\n"
    )
    assert cart.read_text() == CART.replace("return 2", "return 3")
    assert outputs.hints == ["cart.py: merged with what stood there (kept 1 definition not mentioned)"]


def test_what_is_left_out_of_a_file_and_not_certain_is_not_written(kernel, cart):
    outputs = kernel.run("%%writefile cart.py\nprint(3)\n# ... rest of the file ...\n")
    assert outputs.status == "error"
    assert "where `print(3)` goes is not certain; nothing was written" in outputs.stderr
    assert cart.read_text() == CART


@pytest.mark.parametrize(
    "cell",
    [
        "%%writefile cart.py\nclass Cart:\n    def tax(self):\n        return Decimal(3)\n",
        "%%bash\ncat > cart.py <<'EOF'\nclass Cart:\n    def tax(self):\n        return Decimal(3)\nEOF",
        "open('cart.py', 'w').write('class Cart:\\n    def tax(self):\\n        return Decimal(3)\\n');",
        "from pathlib import Path\nPath('cart.py').write_text('class Cart:\\n    def tax(self):\\n        return Decimal(3)\\n');",
    ],
)
def test_lost_and_undefined_names_are_told_however_a_file_is_written(kernel, cart, cell):
    outputs = kernel.run(cell)
    assert outputs.hints == [
        "cart.py lost RATE, Cart.total",
        "cart.py: nothing defines Decimal (line 3); to take it back: %llm undo",
    ]
    assert kernel.run("%llm undo").stdout == "undone: wrote cart.py; cart.py as before\n"
    assert cart.read_text() == CART


def test_a_new_file_can_be_undone_too(kernel, cart):
    kernel.run("%%writefile new.py\nx = 1\n")
    assert (cart.parent / "new.py").exists()
    kernel.run("%llm undo")
    assert not (cart.parent / "new.py").exists()


def test_an_edit_of_ours_is_not_spoken_of_twice(kernel, cart):
    outputs = kernel.run("%%edit --check off cart.py::Cart.tax return 2 => return Decimal(2)")
    assert outputs.hints == []
    kernel.run("%llm undo")
    assert cart.read_text() == CART


def test_a_file_outside_of_the_project_is_nobodys_business(kernel, cart, tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / "x.py"
    other.write_text("a = 1\n")
    assert kernel.run(f"%%writefile {other}\nb = c\n").hints == []


def test_it_can_be_switched_off(kernel, cart):
    kernel.run("%config IpyLLM.written = False")
    try:
        assert kernel.run("%%writefile cart.py\nx = 1\n").hints == []
    finally:
        kernel.run("%config IpyLLM.written = True")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (CART, CART, []),
        (None, "x = 1\n", []),
        (None, "x = y\n", ["f.py: nothing defines y (line 1)"]),
        ("x = y\n", "x = y\nz = 2\n", []),
        (CART, "class Cart(:\n", ["f.py does not parse: line 1: invalid syntax"]),
        ("a = 1\nb = 2\n", "a = 1\n# ... rest ...\n", ["f.py:2 `# ... rest ...` was written as it is: it leaves code out", "f.py lost b"]),
        (None, "\0", None),
    ],
)  # fmt: skip
def test_a_verdict_tells_what_is_wrong_and_nothing_else(before, after, said):
    found = verdict("f.py", before and before.encode(), after.encode())
    if said is None:
        assert len(found) == 1
    else:
        assert found == said


def test_a_file_in_an_encoding_that_is_not_written_is_not_merged(kernel, tmp_path):
    old = "# -*- coding: latin-1 -*-\ndef a():\n    return 'é'\n\n\ndef b():\n    return 2\n".encode(
        "latin-1"
    )
    (tmp_path / "la.py").write_bytes(old)
    sent = "# -*- coding: latin-1 -*-\n# ... existing code ...\n\ndef b():\n    return 3\n"
    assert "la.py is in iso-8859-1" in kernel.run(f"%%writefile {tmp_path / 'la.py'}\n{sent}").stderr
    assert (tmp_path / "la.py").read_bytes() == old
