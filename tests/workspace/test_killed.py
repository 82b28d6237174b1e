"""Real processes, killed (-9) at moments spread over what they do; tests/benchmarks/killed.py does more of it."""

from __future__ import annotations

import sys

import pytest
from kills import Project, kill_many

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path.resolve(), files=40)
    project.measure()
    return project


@pytest.mark.parametrize(("what", "kills"), [("edit", 15), ("undo", 6), ("settle", 4)])
def test_after_a_kill_the_next_command_finds_all_old_or_all_new_and_nothing_of_ours(project, what, kills):
    found = kill_many(project, kills, what, seed=7)
    assert found.wrong == []
    assert found.old + found.new == kills
