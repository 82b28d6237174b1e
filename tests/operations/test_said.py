"""A reply stays short however many edits a patch has, and still gives the digests that a chain needs."""

from __future__ import annotations

from ipy_llm.operations.edit import edit, undo
from ipy_llm.operations.look import show
from ipy_llm.operations.said import LINES, some


def test_a_patch_of_a_dozen_entries_has_a_line_for_each(write):
    names = [f"f{number}" for number in range(12)]
    shop = write({"a.py": "".join(f"def {name}(): return 0\n" for name in names)})
    reply = edit(shop, "", "".join(f"@@ a.py::{name} return 0 => return 1\n" for name in names), check="off")
    assert [line.partition("@")[0] for line in reply.lines] == [f"edited a.py::{name}" for name in names]


def test_a_longer_patch_has_a_line_for_each_verb_with_every_digest(write):
    names = [f"f{number}" for number in range(15)]
    text = "".join(f"def {name}(): return 0\n" for name in names)
    shop = write({"a.py": text, "b.py": text})
    patch = "".join(
        f"@@ {file}::{name} return 0 => return 1\n" for file in ("a.py", "b.py") for name in names
    )
    reply = edit(shop, "", f"{patch}@@ create c.py\nx = 1\n", check="off")
    one = {name: show(shop, f"a.py::{name}").facts["digest"] for name in names}
    plain = ", ".join(f"::{name}@{one[name]}" for name in names)
    created = show(shop, "c.py").facts["digest"]
    assert reply.lines == (f"edited a.py{plain}, b.py{plain}", f"created c.py@{created}")


def test_a_patch_of_hundreds_of_entries_says_how_many_there_are(write):
    shop = write({f"m{number}.py": "x = 0\n" for number in range(100)})
    reply = edit(shop, "", "".join(f"@@ m{number}.py::x 0 => 1\n" for number in range(100)), check="off")
    assert len(reply.lines) == 1
    assert reply.lines[0].endswith(" and 60 more")
    assert len(reply.facts["edits"]) == 100
    undone = undo(shop)
    assert str(undone) == (
        "undone: 100 edits from m0.py::x on; m0.py, m1.py, m2.py, m3.py, m4.py and 95 more as before"
    )


def test_what_an_edit_kept_or_moved_is_said_of_a_long_patch_too(write):
    names = [f"f{number}" for number in range(30)]
    text = "".join(f"@cache\ndef {name}(): return 0\n" for name in names)
    shop = write({"a.py": text})
    reply = edit(
        shop, "", "".join(f"@@ a.py::{name}\ndef {name}(): return 1\n" for name in names), check="off"
    )
    assert len(reply.lines) == LINES
    assert reply.lines[1] == "a.py::f0: kept @cache"
    assert reply.lines[-1] == "... 20 more with notes"


def test_a_dry_run_of_a_long_patch_is_short_too(write):
    names = [f"f{number}" for number in range(30)]
    shop = write({"a.py": "".join(f"def {name}(): return 0\n" for name in names)})
    patch = "".join(f"@@ a.py::{name} return 0 => return 1\n" for name in names)
    reply = edit(shop, "", patch, dry_run=True, check="off")
    assert reply.lines[0].startswith("would have edited a.py::f0, ::f1, ")
    assert reply.lines[1].startswith("@@ ")


def test_some_names_are_given_and_the_rest_counted():
    assert some(["a", "b"], 2) == "a, b"
    assert some(["a", "b", "c"], 2) == "a, b and 1 more"
    assert some(["", ""], 0) == "2 more"
