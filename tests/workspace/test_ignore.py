"""`.gitignore` read without git says what git says."""

from __future__ import annotations

import os
import random
import shutil
import subprocess

import pytest

from ipy_llm.workspace.project import walk

NAMES = ["a", "b", "log", "out", "a.py", "b.py", "x.log", "[x", "a b", "é.py"]
PATTERNS = [
    "*.log", "a", "/a", "a/", "a/b", "/a/*.py", "**/b", "a/**", "a/**/b.py", "!a.py", "!b/", "# no", "", "?.py", "[ab].py",
    "[!a].py", "*", "!*/", "!*.py", "log/", "out/*", "!out/a.py", "a b", "a.py ", "\\#x", "\\!a", "b/**/", "**", "*.p?",
    "[a-c].py", "/**/log", "a\\ b", "[", "*[x", "é.py", "**b", "a**", "[]x].py", "/", "a//b",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "repository").mkdir()
    return tmp_path / "repository"


def walked(folder) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in walk(folder, "", ignored=False)}


@pytest.mark.skipif(shutil.which("git") is None, reason="git is what it is compared with")
@pytest.mark.parametrize("seed", range(25))
def test_what_is_ignored_is_what_git_ignores(folder, seed):
    draw = random.Random(seed)
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    for _ in range(40):
        *folders, name = draw.choices(NAMES, k=draw.randint(1, 4))
        try:
            folder.joinpath(*folders).mkdir(parents=True, exist_ok=True)
            folder.joinpath(*folders, name).write_text("")
        except OSError:  # a file where a folder would be, or the other way round
            continue
    for where in [folder, *(path for path in folder.iterdir() if path.is_dir() and draw.random() < 0.4)]:
        if where.name != ".git":
            (where / ".gitignore").write_text("\n".join(draw.choices(PATTERNS, k=draw.randint(1, 5))))
    listed = subprocess.run(
        ["git", "-c", "core.excludesFile=", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=folder, check=True, capture_output=True, text=True, encoding="utf-8",
    ).stdout.split("\0")  # fmt: skip
    assert walked(folder) == {name for name in listed if name}, [
        (path, path.read_text()) for path in folder.rglob(".gitignore")
    ]


def test_the_rules_of_folders_above_hold_up_to_the_repository(folder):
    inner = folder / "packages" / "shop"
    inner.mkdir(parents=True)
    (folder.parent / ".gitignore").write_text("kept.py\n")
    (folder / ".git" / "info").mkdir(parents=True)
    (folder / ".git" / "info" / "exclude").write_text("mine.py\n")
    (folder / ".gitignore").write_text("packages/shop/made.py\n")
    for name in ("made.py", "mine.py", "kept.py"):
        (inner / name).write_text("")
    assert walked(inner) == {"kept.py"}
    assert {os.path.basename(path) for path in walk(inner)} == {"made.py", "mine.py", "kept.py"}
