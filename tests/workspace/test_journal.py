"""Undo puts back every byte, and a process killed at any step leaves the old files or the new ones."""

from __future__ import annotations

import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ipy_llm.errors import ConflictError, NotFoundError, RequestError, StaleError, ToolError
from ipy_llm.workspace import journal
from ipy_llm.workspace.files import Change
from ipy_llm.workspace.journal import commit, settle, undo
from ipy_llm.workspace.project import cache_folder, journal_folder, pending_entry

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

ODD = [
    b"",
    b"x",
    b"a\r\nb\n\x0cc\r",
    b"\xef\xbb\xbfx = 1\n",
    "# coding: latin-1\nx = 'é'\n".encode("latin-1"),
]


def entries(root):
    folder = cache_folder(root) / "journal"
    return sorted(name.removesuffix(".edit") for name in os.listdir(folder) if name.endswith(".edit"))


def ours(root):
    """Whatever of ours lies in the project's tree."""
    return [str(path) for path in root.rglob("*") if "ipy_llm" in path.name]


@pytest.mark.parametrize("before", ODD)
@pytest.mark.parametrize("after", ODD)
def test_undo_restores_every_byte(root, tree, before, after):
    file = root / "cart.py"
    file.write_bytes(before)
    entry = commit(root, [Change(file, before, after)], "edited")
    assert tree() == {"cart.py": after}
    assert undo(root) == entry
    assert tree() == {"cart.py": before}


def test_undo_twice_goes_back_two_edits_and_then_there_is_nothing(root, tree):
    file = root / "cart.py"
    file.write_bytes(b"0")
    commit(root, [Change(file, b"0", b"1")], "first")
    commit(root, [Change(file, b"1", b"2")], "second")
    assert undo(root).summary == "second"
    assert tree() == {"cart.py": b"1"}
    assert undo(root).summary == "first"
    assert tree() == {"cart.py": b"0"}
    with pytest.raises(NotFoundError, match="nothing to undo"):
        undo(root)


def test_undo_of_a_new_file_removes_it_with_the_folders_made_for_it(root):
    (root / "kept").mkdir()
    commit(root, [Change(root / "kept" / "a" / "b" / "c.py", None, b"c")], "created")
    undo(root)
    assert [path.name for path in root.rglob("*")] == ["kept"]


def test_undo_of_a_new_file_leaves_a_folder_that_holds_more_since(root, tree):
    commit(root, [Change(root / "a" / "b.py", None, b"b")], "created")
    (root / "a" / "mine.txt").write_bytes(b"m")
    undo(root)
    assert tree() == {"a/mine.txt": b"m"}


def test_undo_of_a_removed_file_brings_it_back(root, tree):
    (root / "a.py").write_bytes(b"a")
    commit(root, [Change(root / "a.py", b"a", None)], "deleted")
    assert tree() == {}
    undo(root)
    assert tree() == {"a.py": b"a"}


@posix
def test_undo_keeps_the_mode(root):
    file = root / "tool.py"
    file.write_bytes(b"0")
    file.chmod(0o750)
    commit(root, [Change(file, b"0", b"1")], "edited")
    undo(root)
    assert stat.S_IMODE(file.stat().st_mode) == 0o750


def test_undo_after_a_file_changed_elsewhere_undoes_nothing(root, tree):
    one, two = root / "one.py", root / "two.py"
    one.write_bytes(b"0")
    two.write_bytes(b"0")
    commit(root, [Change(one, b"0", b"1"), Change(two, b"0", b"1")], "edited both")
    two.write_bytes(b"mine")
    with pytest.raises(
        StaleError, match=r"two\.py changed since `edited both`; nothing was undone"
    ) as refused:
        undo(root)
    assert refused.value.steps == ("show two.py",)
    assert tree() == {"one.py": b"1", "two.py": b"mine"}
    two.write_bytes(b"1")
    undo(root)
    assert tree() == {"one.py": b"0", "two.py": b"0"}


def test_undo_of_what_was_put_back_by_hand_does_not_reach_for_the_edit_before_it(root, tree):
    file = root / "cart.py"
    file.write_bytes(b"0")
    commit(root, [Change(file, b"0", b"1")], "first")
    commit(root, [Change(file, b"1", b"2")], "second")
    file.write_bytes(b"1")
    assert undo(root).summary == "second"
    assert tree() == {"cart.py": b"1"}


def test_a_refused_write_keeps_no_entry(root, tree):
    file = root / "cart.py"
    file.write_bytes(b"0")
    for change, error in (
        (Change(file, b"other", b"1"), StaleError),
        (Change(file / "x.py", None, b"1"), ToolError),
    ):
        with pytest.raises(error):
            commit(root, [change], "edited")
    file.chmod(0o444)
    with pytest.raises(RequestError):
        commit(root, [Change(file, b"0", b"1")], "edited")
    assert entries(root) == []
    assert tree() == {"cart.py": b"0"}


def test_only_the_last_entries_are_kept(root, monkeypatch):
    monkeypatch.setattr(journal, "KEPT", 3)
    file = root / "cart.py"
    file.write_bytes(b"0")
    for number in range(6):
        commit(root, [Change(file, b"%d" % number, b"%d" % (number + 1))], "edited")
    assert entries(root) == ["000004", "000005", "000006"]
    for _ in range(3):
        undo(root)
    assert file.read_bytes() == b"3"
    with pytest.raises(NotFoundError):
        undo(root)


@pytest.mark.parametrize("place", ["file", "below a file", "read-only"])
def test_without_a_journal_nothing_is_written(root, tree, cache, monkeypatch, place):
    if place == "read-only":
        if not hasattr(os, "geteuid") or os.geteuid() == 0:
            pytest.skip("root may write anywhere")
        cache.mkdir(0o555)
    else:
        cache.write_bytes(b"")
        monkeypatch.setenv("IPY_LLM_CACHE", str(cache / "x" if place == "below a file" else cache))
    (root / "cart.py").write_bytes(b"0")
    with pytest.raises(
        ToolError, match=r"cannot keep the undo journal in .*; nothing was written"
    ) as refused:
        commit(root, [Change(root / "cart.py", b"0", b"1")], "edited")
    assert refused.value.exit_code == 4
    assert refused.value.steps == ("set IPY_LLM_CACHE to a writable folder",)
    with pytest.raises(ToolError):
        undo(root)
    assert tree() == {"cart.py": b"0"}


@posix
def test_the_journal_is_for_its_owner_alone(root):
    commit(root, [Change(root / "secret.py", None, b"1")], "created")
    assert stat.S_IMODE((cache_folder(root) / "journal").stat().st_mode) == 0o700


@pytest.mark.parametrize("damage", ["nothing", "half a line", "lost bytes", "another version"])
def test_an_entry_that_is_not_whole_is_passed_over(root, tree, damage):
    file = root / "cart.py"
    file.write_bytes(b"0")
    commit(root, [Change(file, b"0", b"1")], "whole")
    commit(root, [Change(file, b"1", b"2")], "damaged")
    file.write_bytes(b"1")  # as before the damaged one, which was never written
    entry = journal_folder(root) / "000002.edit"
    data = entry.read_bytes()
    match damage:
        case "nothing":
            entry.write_bytes(b"")
        case "half a line":
            entry.write_bytes(data[:9])
        case "lost bytes":
            entry.write_bytes(data[:-3])
        case "another version":
            entry.write_bytes(b'{"summary": "", "paths": []}\n')
    assert undo(root).summary == "whole"
    assert tree() == {"cart.py": b"0"}
    assert entries(root) == []


def test_two_threads_edit_one_file_and_no_edit_is_lost(root):
    file = root / "count.py"
    file.write_bytes(b"0")
    landed = []

    def add(times):
        while times:
            before = file.read_bytes()
            try:
                commit(root, [Change(file, before, b"%d" % (int(before) + 1))], "counted")
            except StaleError:
                continue
            landed.append(1)
            times -= 1

    threads = [threading.Thread(target=add, args=(10,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(landed) == 30
    assert file.read_bytes() == b"30"
    assert len(entries(root)) == 30


COUNT = """
import sys
from pathlib import Path
from ipy_llm.errors import StaleError
from ipy_llm.workspace.files import Change
from ipy_llm.workspace.journal import commit
file, times, stale = Path(sys.argv[1]), int(sys.argv[2]), 0
while times:
    before = file.read_bytes()
    try:
        commit(file.parent, [Change(file, before, b"%d" % (int(before) + 1))], "counted")
    except StaleError:
        stale += 1
        continue
    times -= 1
print(stale)
"""


def test_processes_edit_one_file_and_every_edit_lands_or_is_refused(root):
    file = root / "count.py"
    file.write_bytes(b"0")
    processes = [
        subprocess.Popen([sys.executable, "-c", COUNT, file, "60"], stdout=subprocess.PIPE) for _ in range(3)
    ]
    refused = [int(process.communicate()[0]) for process in processes]
    assert file.read_bytes() == b"180", f"refused: {refused}"
    assert ours(root) == []


# Forks once for each step that a write takes, and dies at it: opening, renaming, removing, locking, …
DIE_AT_EVERY_STEP = """
import os, shutil, sys
from pathlib import Path
from ipy_llm.workspace.files import Change
from ipy_llm.workspace.journal import commit, undo
from ipy_llm.workspace.project import cache_folder

root, verb = Path(sys.argv[1]), sys.argv[2]
one, two, new = root / "one.py", root / "two.py", root / "deep" / "new.py"
OLD = {one: b"old 1", two: b"old 2", new: None}
NEW = {one: b"new 1", two: b"new 2", new: b"new 3"}
changes = [Change(path, OLD[path], NEW[path]) for path in OLD]

def fresh(state):
    shutil.rmtree(root)
    shutil.rmtree(cache_folder(root), ignore_errors=True)
    root.mkdir()
    for path, data in OLD.items():
        if data is not None:
            path.write_bytes(data)
    commit(root, [Change(root / "other.py", None, b"o")], "before it")
    if verb == "undo":
        commit(root, changes, "both")

def state():
    return {path: path.read_bytes() if path.is_file() else None for path in OLD}

def left():
    return [path.name for path in root.rglob("*") if path.name.startswith(".ipy_llm")]

step, halves = 0, 0
while True:
    step += 1
    fresh(verb)
    child = os.fork()
    if child == 0:
        count = 0
        def die(event, arguments):
            global count
            if event.startswith(("open", "os.", "fcntl.", "shutil.")):
                count += 1
                if count == step:
                    os._exit(9)
        sys.addaudithook(die)
        undo(root) if verb == "undo" else commit(root, changes, "both")
        os._exit(0)
    died = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    for path, data in state().items():
        assert data in (OLD[path], NEW[path]), (step, path, data)
    halves += state() not in (OLD, NEW)
    # The next write, of another file, settles it.
    commit(root, [Change(root / "next.py", None, b"n")], "after it")
    now = state()
    assert now in (OLD, NEW), (step, now)
    assert not left(), (step, left())
    assert now == NEW or not (root / "deep").exists(), step
    assert undo(root).summary == "after it", step
    if now == NEW:
        assert undo(root).summary == "both", step
        assert state() == OLD, step
    assert undo(root).summary == "before it", step
    assert state() == OLD
    if died == 0:
        break
    assert died == 9, died
print(step - 1, halves)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.parametrize("verb", ["commit", "undo"])
def test_killed_at_any_step_the_files_are_old_or_new_and_the_next_write_settles_the_rest(root, verb):
    run = subprocess.run(
        [sys.executable, "-c", DIE_AT_EVERY_STEP, root, verb], capture_output=True, text=True, check=False
    )
    assert not run.returncode, run.stderr
    steps, halves = map(int, run.stdout.split())
    assert steps > 15  # the hook saw them
    assert halves >= 2  # between one rename and the next


EDIT_FOREVER = """
import sys
from pathlib import Path
from ipy_llm.workspace.files import Change
from ipy_llm.workspace.journal import commit
file = Path(sys.argv[1])
texts = [b"0" * 300_000, b"1" * 300_000]
print("ready", flush=True)
while True:
    before = file.read_bytes()
    after = texts[before == texts[0]]
    commit(file.parent, [Change(file, before, after)], "edited")
"""


@posix
def test_killed_at_a_random_moment_a_file_is_whole_and_nothing_stays_beside_it(root):
    file = root / "cart.py"
    file.write_bytes(b"0" * 300_000)
    whole = {b"0" * 300_000, b"1" * 300_000}
    for _ in range(15):
        with subprocess.Popen([sys.executable, "-c", EDIT_FOREVER, file], stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"ready\n"
            time.sleep(random.uniform(0, 0.05))
            process.send_signal(signal.SIGKILL)
        assert file.read_bytes() in whole
    commit(root, [Change(root / "next.py", None, b"n")], "next")
    assert ours(root) == []
    undo(root)
    undo(root)
    assert file.read_bytes() in whole


def cut_short(root):
    """Make the last entry what a killed process leaves."""
    journal = journal_folder(root)
    (journal / f"{entries(root)[-1]}.edit").rename(pending_entry(journal))


def test_what_a_killed_process_wrote_is_put_back_but_not_over_what_others_wrote_since(root, tree):
    one, two = root / "one.py", root / "two.py"
    one.write_bytes(b"0")
    two.write_bytes(b"0")
    commit(root, [Change(one, b"0", b"1"), Change(two, b"0", b"1")], "both")
    cut_short(root)
    two.write_bytes(b"mine")
    assert settle(root) == f"`both` was cut short; its files are as before, save {two}, which changed since"
    assert tree() == {"one.py": b"0", "two.py": b"mine"}
    assert settle(root) == ""


def test_what_was_wholly_written_when_its_process_was_killed_stays_and_can_be_undone(root, tree):
    commit(root, [Change(root / "a" / "one.py", None, b"1"), Change(root / "two.py", None, b"1")], "both")
    cut_short(root)
    assert settle(root) == "`both` was cut short; its files are written"
    undo(root)
    assert tree() == {}
    assert not (root / "a").exists()


@pytest.mark.skipif(not hasattr(os, "chflags") and not shutil.which("chattr"), reason="no immutable files")
def test_what_cannot_be_put_back_is_said_and_put_back_by_the_command_after_it_is_mended(root, tree):
    one, two = root / "one.py", root / "two.py"
    one.write_bytes(b"0")
    two.write_bytes(b"0")
    commit(root, [Change(one, b"0", b"1"), Change(two, b"0", b"1")], "both")
    cut_short(root)
    two.write_bytes(b"0")
    if subprocess.run(["chattr", "+i", one, two], capture_output=True, check=False).returncode:
        pytest.skip("no immutable files on this file system, or not for us")
    try:
        with pytest.raises(
            ToolError, match=r"`both` was cut short and cannot be put back: .*one\.py: Operation"
        ):
            settle(root)
        assert tree() == {"one.py": b"1", "two.py": b"0"}
    finally:
        subprocess.run(["chattr", "-i", one, two], check=True)
    assert settle(root) == "`both` was cut short; its files are as before"
    assert tree() == {"one.py": b"0", "two.py": b"0"}


def test_an_interrupt_between_two_files_leaves_neither(root, tree):
    script = """
import sys
from pathlib import Path
from ipy_llm.workspace.files import Change
from ipy_llm.workspace.journal import commit
root = Path(sys.argv[1])
renames = 0
def interrupt(event, arguments):
    global renames
    if event == "os.rename":
        renames += 1
        if renames == 2:
            raise KeyboardInterrupt
sys.addaudithook(interrupt)
try:
    commit(root, [Change(root / name, b"0", b"1") for name in ("one.py", "two.py")], "both")
except KeyboardInterrupt:
    print("interrupted")
"""
    (root / "one.py").write_bytes(b"0")
    (root / "two.py").write_bytes(b"0")
    run = subprocess.run([sys.executable, "-c", script, root], capture_output=True, text=True, check=True)
    assert run.stdout == "interrupted\n"
    assert tree() == {"one.py": b"0", "two.py": b"0"}
    assert entries(root) == []


@given(st.lists(st.tuples(st.sampled_from("abc"), st.binary(max_size=4) | st.none()), max_size=8))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_undoing_everything_is_the_identity(root, tree, steps):
    for path in root.iterdir():
        path.unlink()
    (root / "a").write_bytes(b"first")
    start, done = tree(), 0
    for name, after in steps:
        before = tree().get(name)
        if after != before:
            commit(root, [Change(root / name, before, after)], "edited")
            done += 1
    for _ in range(done):
        undo(root)
    assert tree() == start
    with pytest.raises((NotFoundError, ConflictError)):
        undo(root)
