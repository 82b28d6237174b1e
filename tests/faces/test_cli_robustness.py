"""Commands that are killed, and commands that run at once: nothing is torn, nothing is lost in silence."""

from __future__ import annotations

import io
import os
import random
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ipy_llm.faces.cli import main


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("IPY_LLM_CACHE", str(tmp_path / "cache"))
    root = tmp_path.resolve() / "project"
    root.mkdir()
    (root / "pyproject.toml").touch()
    return root


def start(root: Path, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "ipy_llm", *words],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_an_edit_killed_at_any_moment_leaves_the_old_file_or_the_new_one(project):
    file = project / "m.py"
    filling = "".join(f"x{number} = {number}\n" for number in range(3000))
    old, new = (f"def f():\n    return {value}\n{filling}".encode() for value in (1, 2))
    file.write_bytes(old)
    began = time.monotonic()
    with start(project, "edit", "m.py::f", "1", "=>", "2") as whole:
        whole.communicate()
    takes = time.monotonic() - began
    assert file.read_bytes() == new
    seen = set()
    for _ in range(30):
        file.write_bytes(old)
        with start(project, "edit", "m.py::f", "1", "=>", "2") as edit:
            time.sleep(random.uniform(0.5, 1.1) * takes)
            edit.kill()
        seen.add(file.read_bytes())
    assert seen <= {old, new}
    # The next write, of whatever file, removes what a killed one left beside.
    with start(project, "edit", "create", "n.py") as last:
        last.communicate(b"x = 1\n")
    assert not last.returncode
    assert sorted(os.listdir(project)) == ["m.py", "n.py", "pyproject.toml"]


def test_of_edits_at_once_each_lands_or_is_told_to_read_again(project):
    file = project / "m.py"
    file.write_bytes(b"x = 1\n")
    refused = []

    def add(name: str) -> None:
        while True:
            with start(project, "edit", "into", "m.py") as edit:
                out, err = edit.communicate(f"def {name}(): ...\n".encode())
            if not edit.returncode:
                assert out.startswith(b"inserted ")
                return
            assert edit.returncode == 3, err
            assert re.search(b"changed while it was being edited; nothing was written\n", err)
            refused.append(name)

    names = [f"f{number}" for number in range(8)]
    threads = [
        threading.Thread(target=lambda some: [add(name) for name in some], args=(names[half::2],))
        for half in (0, 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(re.findall(r"def (\w+)", file.read_text())) == names, f"refused: {refused}"
    for left in range(8, 0, -1):
        assert file.read_text().count("def ") == left
        with start(project, "undo") as undo:
            undo.communicate()
        assert not undo.returncode
    assert file.read_bytes() == b"x = 1\n"


PARTS = st.sampled_from(
    r"""m.py m.py:: :: m C C.f f x f[0] f[9] f[impl] f.0 #imports #docstring #main C#docstring #s @ @0000
    :1 :2-3 :0+ :9999 :0 :5-2 empty.py binary.py broken.py notes.md folder folder/ . .. / \ é os
    json.dumps => 1 () C.p.setter C.p new.py a/b.py""".split()  # noqa: SIM905 - fifty literals are no clearer
) | st.sampled_from(" \0")
TEXTS = st.sampled_from(
    [
        "",
        "\n\n",
        "def f(self): return 2",
        "x = 1",
        "class C:\n    # ...\n    def n(self): ...",
        "'''",
        "return 1",
        "    pass\n\tpass",
        "```\nx\n```",
        "...",
        "@deco",
        "# only",
        "if 1:\n  def f(): ...",
        "\f",
        "\\",
        "\0",
    ]
)


@given(
    verb=st.sampled_from(
        ["show", "outline", "edit", "edit before", "edit after", "edit into", "edit delete"]
    ),
    parts=st.lists(PARTS, min_size=1, max_size=4),
    sent=TEXTS,
    flags=st.sets(st.sampled_from(["--json", "--dry-run", "--allow-removal"])),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_is_answered_or_refused(project, verb, parts, sent, flags):
    source = "import os\n\n\nclass C:\n    @property\n    def p(self): ...\n    def f(self):\n        return 1\n\n\n"
    source += "x = 1\ndef f(): ...\ndef f(): ...\n"
    (project / "m.py").write_text(source)
    (project / "empty.py").write_bytes(b"")
    (project / "binary.py").write_bytes(b"\xff\0\n")
    (project / "broken.py").write_text("def f(:\n")
    (project / "notes.md").write_text("# x\n\ny")
    (project / "folder").mkdir(exist_ok=True)
    name, *more = verb.split()
    if name != "edit":
        flags &= {"--json"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(sent.encode())))
        code = main(
            [name, *flags, *["--check=off"] * (name == "edit"), "--", " ".join([*more, "".join(parts)])]
        )
    assert code in {0, 2, 3}
    if code or "--dry-run" in flags:
        assert (project / "m.py").read_text() == source
