"""Several processes edit the same files: every edit lands, or is refused as stale."""

from __future__ import annotations

import json
import re
import subprocess
import sys

from ipy_llm.operations.look import show

PROCESSES = 8

EDIT = """
import json, re, sys
from ipy_llm.errors import StaleError
from ipy_llm.operations.edit import edit
from ipy_llm.operations.look import show
from ipy_llm.workspace.project import Workspace

root, me, order = sys.argv[1], int(sys.argv[2]), sys.argv[3].split()
shop = Workspace.open(root)
landed = {"shared": 0, "refused": 0}
for turn in range(10):
    if len(order) == 1:
        # by name, what nobody else edits
        edit(shop, f"cart.py::Cart.own{me}", f"def own{me}(self):\\n    return {turn}", check="off")
        # by name, in a class that everybody edits
        edit(shop, "into cart.py::Cart", f"def new{me}_{turn}(self): ...", check="off")
        # by digest, what everybody edits
        facts = show(shop, "cart.py::Cart.shared").facts
        count = int(re.search(r"return (\\d+)", facts["text"])[1])
        try:
            edit(shop, f"cart.py::Cart.shared@{facts['digest']}", f"def shared(self):\\n    return {count + 1}", check="off")
            landed["shared"] += 1
        except StaleError as error:
            assert error.steps[-1].startswith("if it is still meant: cart.py::Cart.shared@"), error.steps
            landed["refused"] += 1
    else:
        patch = "".join(f"@@ after {name}::LAST\\nN{me}_{turn} = 1\\n" for name in order)
        edit(shop, "", patch, check="off")
print(json.dumps(landed))
"""


def together(root, orders):
    """Run the processes at once and return what each says it did."""
    processes = [
        subprocess.Popen([sys.executable, "-c", EDIT, root, str(number), order], stdout=subprocess.PIPE)
        for number, order in enumerate(orders)
    ]
    said = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return list(map(json.loads, said))


def test_eight_processes_edit_one_file_and_each_edit_lands_or_is_refused_as_stale(write):
    own = "".join(f"    def own{number}(self):\n        return None\n\n" for number in range(PROCESSES))
    shop = write({"cart.py": f"class Cart:\n{own}    def shared(self):\n        return 0\n"})
    landed = together(shop.root, ["cart.py"] * PROCESSES)
    text = (shop.root / "cart.py").read_text()
    for number in range(PROCESSES):
        assert f"    def own{number}(self):\n        return 9\n" in text
    names = [f"new{number}_{turn}" for number in range(PROCESSES) for turn in range(10)]
    assert sorted(re.findall(r"def (new\w+)", text)) == sorted(names)
    shared = sum(each["shared"] for each in landed)
    assert show(shop, "cart.py::Cart.shared").facts["text"].endswith(f"return {shared}")
    assert shared + sum(each["refused"] for each in landed) == PROCESSES * 10
    compile(text, "cart.py", "exec")


def test_patches_of_the_same_files_in_opposite_order_wait_for_one_another_and_all_land(write):
    shop = write({"one.py": "LAST = 0\n", "two.py": "LAST = 0\n"})
    together(shop.root, ["one.py two.py", "two.py one.py"] * 2)
    names = sorted(f"N{number}_{turn}" for number in range(4) for turn in range(10))
    for name in ("one.py", "two.py"):
        assert sorted(re.findall(r"N\d_\d", (shop.root / name).read_text())) == names


def test_what_another_process_wrote_between_planning_and_writing_is_kept(write):
    shop = write({"cart.py": "def one():\n    return 1\n\n\ndef two():\n    return 2\n"})
    run = subprocess.run(
        [sys.executable, "-c", BETWEEN, shop.root], capture_output=True, text=True, check=False
    )
    assert run.stdout.startswith("replaced cart.py::one@"), run.stderr
    assert (shop.root / "cart.py").read_text() == "def one():\n    return 10\n\n\ndef two():\n    return 20\n"


BETWEEN = """
import os, sys
from ipy_llm.operations.edit import edit
from ipy_llm.workspace.project import Workspace

shop = Workspace.open(sys.argv[1])
cart = os.path.join(sys.argv[1], "cart.py")

def write(event, arguments):
    if event == "os.mkdir" and not written:
        written.append(True)
        text = open(cart).read()
        open(cart, "w").write(text.replace("return 2", "return 20"))

written = []
sys.addaudithook(write)
print(edit(shop, "cart.py::one", "def one():\\n    return 10", check="off"))
"""
