"""The folder of parsed trees, with several processes at it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import jedi
import pytest

from ipy_llm.explore.trees import with_trees

ASK = """
from pathlib import Path
from ipy_llm.explore.docs import docs
for name in ("str.split", "json.dumps"):
    print(docs(name, root=Path("{root}")).signatures[0])
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.delenv("IPY_LLM_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "ipy_llm" / "jedi"


@pytest.fixture
def root(tmp_path):
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


@pytest.mark.usefixtures("cache")
def test_four_processes_at_once_may_fill_an_empty_folder(root):
    command = [sys.executable, "-c", ASK.format(root=root.as_posix())]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)
    ]
    answers = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0] * 4, answers
    assert len({output for output, _ in answers}) == 1
    assert "sep: str | None=None" in answers[0][0]


def test_a_tree_that_was_half_written_is_made_again(cache, root):
    command = [sys.executable, "-c", ASK.format(root=root.as_posix())]
    first = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    trees = list(cache.glob("*/*.pkl"))
    assert trees
    for tree in trees:
        content = tree.read_bytes()
        os.utime(tree)
        tree.write_bytes(content[: len(content) // 2])
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == first
    # and stays made: a broken one would cost every later call its time
    assert not any(tree in trees and _is_cut(tree) for tree in cache.glob("*/*.pkl"))


def _is_cut(tree: Path) -> bool:
    return not tree.read_bytes().endswith(b".")  # a pickle ends so


def test_a_folder_that_cannot_be_made_is_done_without(cache, root):
    cache.parent.mkdir(parents=True)
    cache.write_text("a file, where the folder should be")
    command = [sys.executable, "-c", ASK.format(root=root.as_posix())]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "sep: str | None=None" in answer
    assert cache.read_text() == "a file, where the folder should be"


def test_a_folder_in_use_is_done_without(cache):
    def ask():
        return with_trees(cache, lambda: jedi.settings.cache_directory, patience=0)

    inner = with_trees(cache, ask)
    assert inner != str(cache)
    assert not Path(inner).exists()


def test_jedi_is_left_with_its_own_folder(cache):
    before = jedi.settings.cache_directory
    assert with_trees(cache, lambda: jedi.settings.cache_directory) == str(cache)
    assert jedi.settings.cache_directory == before


def test_an_error_that_is_not_the_folders_comes_through(cache):
    with pytest.raises(ZeroDivisionError):
        with_trees(cache, lambda: 1 / 0)
