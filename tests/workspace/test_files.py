"""Writing: all or none, and everything about a file but its bytes stays."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys

import pytest

from ipy_llm.errors import ConflictError, NotFoundError, RequestError, StaleError, ToolError
from ipy_llm.workspace.files import Change, flush_all, is_python, read_bytes
from ipy_llm.workspace.journal import commit

OLD, NEW = b"\xef\xbb\xbfx = '\xe9'\r\ny = 1\n\x0c", b"x = 2\r\n"
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes and owners")


@pytest.fixture
def write_all(root):
    """Write changes as an edit of the project does."""
    return lambda changes: commit(root, changes, "edited")


@pytest.fixture
def file(root):
    path = root / "cart.py"
    path.write_bytes(OLD)
    return path


def test_the_bytes_are_written_as_they_are(file, tree, write_all):
    write_all([Change(file, OLD, NEW)])
    assert tree() == {"cart.py": NEW}


def test_several_files_are_made_changed_and_removed_together(root, file, tree, write_all):
    (root / "old.py").write_bytes(b"")
    write_all(
        [
            Change(file, OLD, NEW),
            Change(root / "a" / "b" / "new.py", None, b"n"),
            Change(root / "old.py", b"", None),
        ]
    )
    assert tree() == {"cart.py": NEW, "a/b/new.py": b"n"}


@posix
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o4755, 0o2664])
def test_the_mode_stays_and_with_it_the_executable_bit(file, mode, write_all):
    file.chmod(mode)
    write_all([Change(file, OLD, NEW)])
    assert stat.S_IMODE(file.stat().st_mode) == mode


@posix
def test_a_new_file_has_the_mode_that_the_umask_gives(root, write_all):
    before = os.umask(0o027)
    try:
        write_all([Change(root / "new.py", None, NEW)])
    finally:
        os.umask(before)
    assert stat.S_IMODE((root / "new.py").stat().st_mode) == 0o640


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_and_group_stay(file, write_all):
    os.chown(file, 1234, 4321)
    write_all([Change(file, OLD, NEW)])
    assert (file.stat().st_uid, file.stat().st_gid) == (1234, 4321)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux has them in os")
def test_extended_attributes_stay(file, write_all):
    try:
        os.setxattr(file, "user.note", b"mine")
    except OSError:
        pytest.skip("this file system has none")
    write_all([Change(file, OLD, NEW)])
    assert os.getxattr(file, "user.note") == b"mine"


@pytest.mark.usefixtures("file")
def test_a_link_is_written_through_and_stays_a_link(root, tree, write_all):
    link = root / "links" / "cart.py"
    link.parent.mkdir()
    link.symlink_to("../cart.py")
    write_all([Change(link, OLD, NEW)])
    assert tree() == {"cart.py": NEW, "links/cart.py": "../cart.py"}


def test_a_new_file_behind_a_dangling_link_is_made_where_it_points(root, tree, write_all):
    (root / "link.py").symlink_to("there.py")
    write_all([Change(root / "link.py", None, NEW)])
    assert tree() == {"link.py": "there.py", "there.py": NEW}


def test_of_a_file_with_two_names_the_other_keeps_its_bytes(root, file, tree, write_all):
    # Installers link files from a cache that many environments share.
    os.link(file, root / "other.py")
    write_all([Change(file, OLD, NEW)])
    assert tree() == {"cart.py": NEW, "other.py": OLD}


def test_a_read_only_file_is_refused_and_so_are_those_with_it(root, file, tree, write_all):
    locked = root / "locked.py"
    locked.write_bytes(b"a")
    locked.chmod(0o444)
    with pytest.raises(RequestError, match=r"locked\.py is read-only; nothing was written") as refused:
        write_all([Change(file, OLD, NEW), Change(locked, b"a", b"b")])
    assert refused.value.steps == (f"chmod u+w {locked}",)
    assert tree() == {"cart.py": OLD, "locked.py": b"a"}


@pytest.mark.parametrize("now", [b"other", None])
def test_a_file_that_changed_between_reading_and_writing_is_stale(file, tree, now, write_all):
    file.unlink() if now is None else file.write_bytes(now)
    with pytest.raises(StaleError, match="changed while it was being edited; nothing was written"):
        write_all([Change(file, OLD, NEW)])
    assert tree() == ({} if now is None else {"cart.py": now})


def test_a_file_that_has_come_to_be_is_stale(file, tree, write_all):
    with pytest.raises(StaleError):
        write_all([Change(file, None, NEW)])
    assert tree() == {"cart.py": OLD}


def test_a_folder_in_place_of_a_file_is_left_alone(root, tree, write_all):
    (root / "shop.py").mkdir()
    (root / "shop.py" / "cart.py").write_bytes(OLD)
    with pytest.raises(StaleError):
        write_all([Change(root / "shop.py", b"x", NEW)])
    with pytest.raises(ToolError, match=r"shop\.py: .*; no file was changed"):
        write_all([Change(root / "shop.py", None, NEW)])
    assert tree() == {"shop.py/cart.py": OLD}


def test_a_name_as_long_as_names_may_be_is_written(root, tree, write_all):
    name = "x" * 252 + ".py"
    write_all([Change(root / name, None, NEW)])
    write_all([Change(root / name, NEW, OLD)])
    assert tree() == {name: OLD}


def test_folders_that_cannot_be_made_leave_nothing_behind(root, file, tree, write_all):
    with pytest.raises(ToolError, match="no file was changed"):
        write_all([Change(root / "a" / "b.py", None, b""), Change(file / "c" / "d.py", None, b"")])
    assert tree() == {"cart.py": OLD}
    assert not (root / "a").exists()


def test_when_the_second_file_cannot_take_its_place_the_first_is_put_back(root, file, tree, write_all):
    (root / "there").mkdir()
    (root / "there" / "x").write_bytes(b"")
    # The folder is found in the way only when the file is renamed to it.
    with pytest.raises(ConflictError, match=r"cannot write .*there: .*; its files are as before"):
        write_all([Change(file, OLD, NEW), Change(root / "there", None, b"")])
    assert tree() == {"cart.py": OLD, "there/x": b""}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named_as_the_reason(root, file, tree, write_all):
    root.chmod(0o555)
    try:
        with pytest.raises(ToolError, match="Permission denied; no file was changed"):
            write_all([Change(file, OLD, NEW)])
    finally:
        root.chmod(0o755)
    assert tree() == {"cart.py": OLD}


WRITE = """
import sys
from pathlib import Path
from ipy_llm.errors import IpyLlmError
from ipy_llm.workspace.files import Change
from ipy_llm.workspace.journal import commit
one, two = map(Path, sys.argv[1:])
try:
    changes = [Change(one, one.read_bytes(), b"small"), Change(two, two.read_bytes(), b"x" * 500_000)]
    commit(one.parent, changes, "edited")
except IpyLlmError as error:
    print(error.exit_code, error)
"""


@posix
def test_where_a_file_may_not_grow_so_far_nothing_is_written(root, file, tree):
    import resource

    (root / "two.py").write_bytes(b"2")

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    run = subprocess.run(
        [sys.executable, "-c", WRITE, file, root / "two.py"],
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout == f"4 cannot write {root / 'two.py'}: File too large; no file was changed\n", (
        run.stderr
    )
    assert tree() == {"cart.py": OLD, "two.py": b"2"}


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("unshare"), reason="needs Linux namespaces")
def test_on_a_full_disk_nothing_is_written(root):
    script = (
        'mount -t tmpfs -o size=256k none "$1" || exit 77; printf 1 >"$1/one.py"; printf 2 >"$1/two.py"; shift; '
        '"$@"; cat "$ROOT/one.py" "$ROOT/two.py"; ls -A "$ROOT"'
    )
    run = subprocess.run(
        [
            "unshare",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            script,
            "sh",
            root,
            sys.executable,
            "-c",
            WRITE,
            root / "one.py",
            root / "two.py",
        ],
        env={**os.environ, "ROOT": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode in {1, 77} and not run.stdout:
        pytest.skip(f"no mount of our own: {run.stderr.strip()}")
    assert run.stdout == (
        f"4 cannot write {root / 'two.py'}: No space left on device; no file was changed\n"
        "free some space, then send it again\n12one.py\ntwo.py\n"
    ), run.stderr


def test_two_new_files_that_are_one_are_refused(root, tree, write_all):
    # As `Cart.py` and `cart.py` are where case does not count.
    with pytest.raises(ConflictError, match=r"cannot write .*new\.py: File exists"):
        write_all([Change(root / "new.py", None, b"1"), Change(root / "new.py", None, b"2")])
    assert tree() == {}


def test_what_could_not_be_flushed_among_many_is_named(root):
    for number in range(20):
        (root / f"{number}.py").write_bytes(OLD)
    paths = [str(root / f"{number}.py") for number in range(20)]
    flush_all(paths)
    (root / "13.py").unlink()
    with pytest.raises(FileNotFoundError) as missing:
        flush_all(paths)
    assert missing.value.filename == str(root / "13.py")


def test_reading_says_what_is_wrong(root):
    with pytest.raises(NotFoundError, match="no file"):
        read_bytes(root / "none.py")
    with pytest.raises(NotFoundError):
        read_bytes(root)
    (root / "loop.py").symlink_to("loop.py")
    with pytest.raises(ToolError, match=r"cannot read .*loop\.py"):
        read_bytes(root / "loop.py")


def test_what_is_python_is_told_by_the_name(root):
    assert [name for name in ("a.py", "a.pyi", "a.pyw", "a.md", "py") if is_python(root / name)] == [
        "a.py",
        "a.pyi",
        "a.pyw",
    ]
