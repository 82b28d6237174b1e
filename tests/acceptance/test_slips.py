"""Patches and replacements as models really write them: each lands exactly right, or the answer has the entry to send."""

from __future__ import annotations

import pytest
from slips import read_cases, read_project, send

from ipy_llm.workspace.project import Workspace

PROJECT = read_project()
CASES = read_cases()


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setenv("IPY_LLM_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "project"
    root.mkdir()
    PROJECT.write(root)
    return Workspace.open(folder=root)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_slip_lands_exactly_right_or_is_refused_with_the_entry_to_send(shop, case):
    answer = send(case, shop, PROJECT)
    assert answer.outcome != "wrong", f"{answer.why}\n-- said: {answer.said}"
