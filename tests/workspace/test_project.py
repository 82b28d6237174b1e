"""Which folder is the project, what of it is its own, and where our files go."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from ipy_llm.errors import NotFoundError, ToolError
from ipy_llm.workspace.project import ROOT_MARKERS, Workspace, cache_folder, find_root, walk


@pytest.mark.parametrize("marker", ROOT_MARKERS)
def test_the_nearest_folder_with_a_marker_is_the_root(write, root, marker):
    write({f"{marker}/x" if marker.startswith(".") else marker: "", "a/b/c.py": ""})
    assert find_root(root / "a" / "b") == root


def test_without_a_marker_the_folder_itself_is_the_root(write, root):
    write({"a/b.py": ""})
    assert find_root(root / "a") == root / "a"


def test_hidden_folders_caches_environments_and_build_output_are_passed_over(write, root):
    write(
        dict.fromkeys(
            [
                "b.py",
                "a.py",
                "a/z.py",
                ".hidden/x.py",
                "__pycache__/x.py",
                "node_modules/x.py",
                "build/x.py",
                "dist/x.py",
                "shop.egg-info/x.py",
                "my_env/pyvenv.cfg",
                "my_env/x.py",
                "a/notes.md",
            ],
            "",
        )
    )
    assert [path.relative_to(root).as_posix() for path in walk(root)] == ["a.py", "b.py", "a/z.py"]
    assert [path.name for path in walk(root, ".md")] == ["notes.md"]


def test_our_files_go_to_the_cache_folder_of_each_project(root, tmp_path, monkeypatch):
    other = tmp_path / "elsewhere" / "project"
    assert cache_folder(root).parent == tmp_path / "cache"
    assert cache_folder(root).name.startswith("project-")
    assert cache_folder(root) != cache_folder(other)
    monkeypatch.delenv("IPY_LLM_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder(root).parent == tmp_path / "xdg" / "ipy_llm"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder(root).parent == Path.home() / ".cache" / "ipy_llm"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX file names")
def test_a_root_whose_name_is_no_text_has_its_cache_folder_too(root):
    assert cache_folder(root / os.fsdecode(b"caf\xe9")) != cache_folder(root / "caf")


def test_a_root_that_is_given_is_the_root(write, root):
    write({"pyproject.toml": "", "a/b.py": ""})
    assert Workspace.open("a", folder=root) == Workspace(root / "a", root / "a")
    assert Workspace.open(str(root), folder=root / "a") == Workspace(root, root / "a")
    assert Workspace.open(folder=root / "a") == Workspace(root, root / "a")


def test_files_beside_us_are_not_those_of_another_root(write, root, tmp_path):
    write({"setup.py": ""})
    (tmp_path / "here").mkdir()
    assert Workspace.open(str(root), folder=tmp_path / "here") == Workspace(root, root)


def test_a_root_that_is_not_there_is_refused(write, root):
    write({"a.py": ""})
    for wrong in ("nowhere", "a.py"):
        with pytest.raises(NotFoundError, match=f"no folder {wrong}"):
            Workspace.open(wrong, folder=root)


@pytest.mark.skipif(sys.platform == "win32", reason="a folder in use cannot go there")
def test_a_current_folder_that_is_gone_is_said(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    os.rmdir(tmp_path / "gone")
    with pytest.raises(ToolError, match="the current folder is gone"):
        Workspace.open()


def test_a_file_outside_the_root_has_its_absolute_name(root, tmp_path):
    assert Workspace(root, root).name(tmp_path / "x.py") == str(tmp_path / "x.py")


def test_walk_passes_over_what_is_too_large_to_be_written_by_hand(tmp_path):
    (tmp_path / "cart.py").write_text("x = 1\n")
    (tmp_path / "bundle.py").write_text("#" * 1_600_000)
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere.py")
    assert [path.name for path in walk(tmp_path)] == ["cart.py"]
