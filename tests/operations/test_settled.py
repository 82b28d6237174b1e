"""Whatever command comes after a kill finds the files whole, and says what became of the edit."""

from __future__ import annotations

import pytest

from ipy_llm.errors import NotFoundError
from ipy_llm.operations.edit import edit
from ipy_llm.operations.operation import perform
from ipy_llm.operations.registry import NAMES, load
from ipy_llm.workspace.project import journal_folder, pending_entry

ARGUMENTS = {
    "show": {"address": "one.py::x"},
    "outline": {"path": "one.py"},
    "edit": {"address": "one.py::x", "text": "x = 5", "check": "off"},
    "docs": {"name": "one.x"},
    "check": {},
    "log": {},
    "plan": {"old": "one.py", "new": "two.py"},
    "find": {"query": "x"},
    "refs": {"address": "one.py::x"},
    "callers": {"address": "one.py::x"},
    "rename": {"address": "one.py::x z", "check": "off"},
    "move": {"address": "one.py::x three.py", "check": "off"},
}
AFTER = {"edit": "x = 5\n", "rename": "z = 0\n", "move": ""}


@pytest.fixture
def shop(write):
    """A project in which an edit of two files was killed between the two."""
    shop = write({"one.py": "x = 0\n", "two.py": "y = 0\n"})
    edit(shop, "", "@@ one.py::x 0 => 1\n@@ two.py::y 0 => 1\n", check="off")
    journal = journal_folder(shop.root)
    (journal / "000001.edit").rename(pending_entry(journal))
    (shop.root / "two.py").write_text("y = 0\n")
    return shop


@pytest.mark.parametrize("verb", ARGUMENTS)
def test_a_verb_after_a_kill_settles_it_first_and_says_so(shop, verb):
    reply = perform(load(verb), shop, dict(ARGUMENTS[verb]))
    told = "`2 edits from one.py::x on` was cut short; its files are as before"
    assert (reply.notes if reply.raw else reply.lines)[0] == told
    assert reply.facts["settled"] == told
    assert (shop.root / "one.py").read_text() == AFTER.get(verb, "x = 0\n")
    assert not pending_entry(journal_folder(shop.root)).exists()


def test_a_refusal_after_a_kill_says_it_too(shop):
    with pytest.raises(NotFoundError, match="nothing to undo") as refused:
        perform(load("undo"), shop, {})
    assert "was cut short; its files are as before" in refused.value.steps[-1]
    assert (shop.root / "one.py").read_text() == "x = 0\n"


def test_every_verb_that_reads_or_writes_files_is_tried_here():
    of_a_session = {"more", "promote", "run"}
    assert set(ARGUMENTS) | {"undo", "bundle", "prompt"} | of_a_session >= set(NAMES)
