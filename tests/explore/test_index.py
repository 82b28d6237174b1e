"""The index is what the files are now, whatever was kept."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from ipy_llm.explore.contents import Contents, innermost
from ipy_llm.explore.index import read_index

OLD = 1_600_000_000


@pytest.fixture
def root(tmp_path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("")
    return folder


@pytest.fixture
def cache(tmp_path) -> Path:
    return tmp_path / "cache" / "project"


def put(root: Path, name: str, text: str, *, old: bool = False) -> None:
    file = root / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    if old:
        os.utime(file, (OLD, OLD))


def names(contents: Contents) -> list[str]:
    return [one.name for one in contents.definitions]


def test_it_knows_what_a_file_defines_and_which_words_it_holds(root):
    put(
        root,
        "a.py",
        'class A:\n    "words of a string"\n    def f(self):\n        return self.x  # of a comment\n',
    )
    contents = read_index(root).files["a.py"]
    assert names(contents) == ["A", "A.f"]
    assert contents.words.split() == [".x", "A", "class", "def", "f", "return", "self"]
    assert innermost(contents.definitions, 4).target == "A.f"
    assert innermost(contents.definitions, 1).target == "A"
    assert innermost(contents.definitions, 5) is None


def test_it_follows_every_change_with_whatever_was_kept(root, cache):
    draw = random.Random(4)
    for step in range(60):
        name = f"{draw.choice('abc')}.py"
        match draw.choice(["write", "write", "remove", "break", "move"]):
            case "write":
                put(root, name, f"def f{draw.randrange(10)}(): ...\n", old=draw.random() < 0.5)
            case "break":
                put(root, name, "def f(:\n")
            case "remove":
                (root / name).unlink(missing_ok=True)
            case "move" if (root / name).exists():
                os.replace(root / name, root / "d.py")
            case _:
                pass
        assert read_index(root, cache) == read_index(root), step


def test_a_change_that_keeps_size_and_time_is_seen(root, cache):
    put(root, "a.py", "def f(): ...\n", old=True)
    read_index(root, cache)
    put(root, "a.py", "def g(): ...\n", old=True)
    assert names(read_index(root, cache).files["a.py"]) == ["g"]


@pytest.mark.parametrize("cut", [0, 1, 30, -1, -20])
def test_a_damaged_index_is_made_again(root, cache, cut):
    put(root, "a.py", "def f(): ...\n")
    fresh = read_index(root, cache)
    file = cache / "index"
    data = bytearray(file.read_bytes())
    if cut:
        data[-cut] ^= 0xFF
    else:
        del data[len(data) // 2 :]
    file.write_bytes(data)
    assert read_index(root, cache) == fresh
    assert read_index(root, cache) == fresh


def test_where_nothing_can_be_kept_it_is_read_each_time(root, tmp_path):
    (tmp_path / "file").write_text("")
    put(root, "a.py", "def f(): ...\n")
    assert names(read_index(root, tmp_path / "file" / "cache").files["a.py"]) == ["f"]


def test_files_that_cannot_be_parsed_say_why(root):
    put(root, "a.py", "def f(:\n")
    (root / "b.py").write_bytes(b"\x00\xff\xfe")
    files = read_index(root).files
    assert files["a.py"].error.startswith("line 1")
    assert files["b.py"].error.startswith("not readable")
