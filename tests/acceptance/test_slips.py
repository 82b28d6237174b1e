"""Patches and replacements as models really write them: each lands exactly right, or the answer has the entry to send."""

from __future__ import annotations

import subprocess
import sys

import pytest
from kernel import Kernel
from slips import read_cases, read_files, read_project, send

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


# Some of each kind, sent by the other faces: what they do to a text and a header on its way is theirs.
PLAIN = [
    case for case in CASES if case.refused is None and "{digest" not in case.sent.header + case.sent.text
]
SENT_ELSEWHERE = [case for number, case in enumerate(PLAIN) if number % 20 == 3]


@pytest.mark.parametrize("case", SENT_ELSEWHERE, ids=lambda case: case.id)
def test_a_slip_on_the_command_line_is_the_same(shop, case):
    header = [case.sent.header] if case.sent.header else []
    done = subprocess.run(
        [sys.executable, "-m", "ipy_llm", "edit", "--no-check", *header],
        input=case.sent.text.encode(), cwd=shop.root, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert read_files(shop.root) == PROJECT.after(case.lands)


def test_slips_in_cells_are_the_same(tmp_path):
    with Kernel(tmp_path) as kernel:
        assert kernel.run("%load_ext ipy_llm").status == "ok"
        for number, case in enumerate(SENT_ELSEWHERE):
            root = tmp_path / str(number)
            PROJECT.write(root)
            kernel.run(f"%cd -q {root}")
            outputs = kernel.run(f"%%edit --no-check {case.sent.header}\n{case.sent.text}")
            assert outputs.status == "ok", f"{case.id}: {outputs.stderr}"
            assert read_files(root) == PROJECT.after(case.lands), case.id
