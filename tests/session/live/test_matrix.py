"""Every edit of the table is followed as a fresh import would have it, or it is told that it was not."""

from __future__ import annotations

import linecache
import sys

import pytest
from live_edits import NAME, answers, fresh, load, session, table

from ipy_llm.session.live.engine import follow


@pytest.fixture
def place(tmp_path):
    path = tmp_path / "m.py"
    yield path
    sys.modules.pop(NAME, None)


@pytest.mark.parametrize("edit", table(), ids=lambda edit: edit.name)
def test_running_objects_follow_an_edit_or_it_is_told(edit, place):
    expected = [] if edit.said else fresh(edit, place)
    unpatched = answers(edit, session(edit, load(edit.before, place)))
    linecache.checkcache(str(place))
    module = load(edit.before, place)
    names = session(edit, module)
    place.write_text(edit.after)
    followed = follow(vars(module), edit.before, edit.after, str(place), effects=True)
    found = answers(edit, names)
    if followed.refused:
        assert found == unpatched
    if edit.said:
        assert followed.refused or followed.left or followed.notes or followed.made_before, found
    else:
        assert not followed.refused
        assert not followed.left
        assert found == expected, followed


@pytest.mark.parametrize("edit", table(), ids=lambda edit: edit.name)
def test_a_patch_that_is_taken_back_leaves_what_was(edit, place):
    unpatched = answers(edit, session(edit, load(edit.before, place)))
    linecache.checkcache(str(place))
    module = load(edit.before, place)
    names = session(edit, module)
    followed = follow(vars(module), edit.before, edit.after, str(place), effects=True)
    followed.back()
    if "registration" not in edit.name:  # what a new statement did elsewhere is not ours to undo
        assert answers(edit, names) == unpatched


@pytest.mark.parametrize("edit", table(), ids=lambda edit: edit.name)
def test_an_edit_and_its_undo_come_to_what_was(edit, place):
    if edit.said:
        pytest.skip("what was left is tested by itself")
    expected = answers(edit, session(edit, load(edit.before, place)))
    linecache.checkcache(str(place))
    module = load(edit.before, place)
    names = session(edit, module)
    place.write_text(edit.after)
    first = follow(vars(module), edit.before, edit.after, str(place), effects=True)
    place.write_text(edit.before)
    second = follow(vars(module), edit.after, edit.before, str(place), behind=first.behind, effects=True)
    found = answers(edit, names)
    assert found == expected or second.left or second.notes or second.made_before
