"""Disks, links and files that stand in the way: an error with the next step, and no byte changed anywhere."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ipy_llm.errors import IpyLlmError, NotFoundError, RequestError, StaleError, ToolError
from ipy_llm.operations.edit import edit, undo
from ipy_llm.operations.look import show
from ipy_llm.workspace.project import Workspace, cache_folder

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX files")
is_root = hasattr(os, "geteuid") and os.geteuid() == 0
root_only = pytest.mark.skipif(not is_root, reason="only root mounts, and becomes another user")


def state(root):
    """Everything below a folder: kind and mode of each, and its bytes or where it leads."""
    found = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        held = None
        if path.is_symlink():
            held = os.readlink(path)
        elif stat.S_ISREG(status.st_mode):
            held = path.read_bytes()
        found[str(path.relative_to(root))] = (status.st_mode, status.st_uid, held)
    return found


def refused(shop, address, text="", *, kind=IpyLlmError):
    """Return the error of an edit that changes nothing anywhere."""
    before = state(shop.root)
    with pytest.raises(kind) as error:
        edit(shop, address, text, check="off")
    assert state(shop.root) == before
    return error.value


TWO = "@@ one.py::x 0 => 1\n@@ two.py::y 0 => 1\n"


@pytest.fixture
def shop(write):
    return write({"one.py": "x = 0\n", "two.py": "y = 0\n"})


@pytest.fixture
def mounted():
    """Mount a file system of so many bytes, or one that is read-only, on a folder."""
    done = []

    def mount(folder, *arguments):
        run = subprocess.run(["mount", *arguments, folder], capture_output=True, text=True, check=False)
        if run.returncode:
            pytest.skip(f"no mount here: {run.stderr.strip()}")
        if "remount,bind,ro" not in arguments:
            done.append(folder)

    yield mount
    for folder in reversed(done):
        subprocess.run(["umount", folder], check=True)


@root_only
def test_a_patch_for_which_the_disk_has_no_room_changes_nothing(write, mounted):
    shop = write({})
    mounted(shop.root, "-t", "tmpfs", "-o", "size=256k", "none")
    write_into(shop.root, {"one.py": "x = 0\n", "two.py": "y = 0\n"})
    large = f"y = {'1' * 300_000!r}"
    error = refused(shop, "", f"@@ one.py::x 0 => 1\n@@ two.py::y\n{large}\n", kind=ToolError)
    assert (
        error.message == f"cannot write {shop.root / 'two.py'}: No space left on device; no file was changed"
    )
    assert error.steps == ("free some space, then send it again",)
    edit(shop, "", TWO, check="off")


@root_only
def test_what_a_kill_left_on_a_disk_that_is_full_is_put_back_with_little_room(write, mounted, tmp_path):
    from ipy_llm.workspace.journal import settle
    from ipy_llm.workspace.project import journal_folder, pending_entry

    shop = write({})
    mounted(shop.root, "-t", "tmpfs", "-o", "size=4m", "none")
    text = "".join(f"x{number} = {number}\n" for number in range(400))
    write_into(shop.root, {f"m{number}.py": text for number in range(100)})
    before = state(shop.root)
    edit(shop, "", "".join(f"@@ m{number}.py::x0 = 0 => = 1\n" for number in range(100)), check="off")
    journal = journal_folder(shop.root)
    (journal / "000001.edit").rename(pending_entry(journal))
    (shop.root / "m99.py").write_text(text)
    with (shop.root / "ballast").open("wb") as ballast:
        room = shutil.disk_usage(shop.root).free - 90 * 4096
        ballast.write(b"b" * room)  # less room than the files take
    assert settle(shop.root).endswith("its files are as before")
    (shop.root / "ballast").unlink()
    assert state(shop.root) == before


@root_only
def test_a_cache_for_which_the_disk_has_no_room_is_named_and_nothing_is_written(shop, cache, mounted):
    cache.mkdir()
    mounted(cache, "-t", "tmpfs", "-o", "size=32k", "none")
    (shop.root / "two.py").write_bytes(b"y = '" + os.urandom(60_000).hex().encode() + b"'\n")
    error = refused(shop, "", "@@ one.py::x 0 => 1\n@@ two.py::y y = => y  =\n@@ create z.py\nx = 1\n")
    assert error.message.startswith("cannot keep the undo journal in ")
    assert error.message.endswith(": No space left on device; nothing was written")
    assert error.steps == ("set IPY_LLM_CACHE to a writable folder",)


@root_only
def test_a_read_only_file_system_is_named_and_nothing_is_written(shop, mounted):
    mounted(shop.root, "--bind", shop.root)
    mounted(shop.root, "-o", "remount,bind,ro")
    for argument in ("one.py::x", "create new/z.py"):
        error = refused(shop, argument, "x = 1")
        assert "ead-only" in error.message
        assert error.steps


def as_nobody(work):
    """Run in a child that is no superuser; return what it returned as text, or the error it raised."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        try:
            said = str(work())
        except IpyLlmError as error:
            said = f"{error.exit_code} {error}"
        except OSError as error:
            said = f"broken: {error!r}"
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as file:
        said = file.read().decode()
    os.waitpid(child, 0)
    return said


@pytest.fixture
def common(monkeypatch):
    """A project that everybody may reach, with a cache of nobody's own."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        root = Path(folder).resolve() / "project"
        root.mkdir(mode=0o755)
        cache = root.parent / "cache"
        cache.mkdir()
        monkeypatch.setenv("IPY_LLM_CACHE", str(cache))
        write_into(root, {"one.py": "x = 0\n", "two.py": "y = 0\n"})
        for path in (root, root / "one.py", root / "two.py", cache):
            os.chown(path, 65534, 65534)
        shop = Workspace(root, root)
        edit(
            shop, "one.py::x", "x = 0", check="off"
        )  # all is imported before a child loses its right to read
        edit(shop, "one.py::x", "x = 9", check="off")
        undo(shop)
        shutil.rmtree(cache_folder(root))
        yield shop


def write_into(root, files):
    for name, text in files.items():
        (root / name).write_text(text)


@root_only
def test_a_folder_that_may_not_be_written_is_the_reason_given(common):
    common.root.chmod(0o555)
    before = state(common.root)
    said = as_nobody(lambda: edit(common, "", TWO, check="off"))
    assert said.startswith(
        f"4 cannot write {common.root / 'one.py'}: Permission denied; no file was changed\n"
        f"chmod u+w {common.root}"
    )
    assert state(common.root) == before


@root_only
def test_a_file_of_another_user_is_read_only_for_us_and_so_no_file_is_written(common):
    os.chown(common.root / "two.py", 0, 0)
    before = state(common.root)
    said = as_nobody(lambda: edit(common, "", TWO, check="off"))
    assert said.startswith(f"2 {common.root / 'two.py'} is read-only; nothing was written\n")
    assert state(common.root) == before


@root_only
def test_a_file_that_may_not_be_read_is_the_reason_given(common):
    os.chown(common.root / "two.py", 0, 0)
    (common.root / "two.py").chmod(0o600)
    said = as_nobody(lambda: edit(common, "", TWO, check="off"))
    assert f"cannot read {common.root / 'two.py'}: Permission denied" in said


@root_only
def test_a_journal_that_belongs_to_another_user_is_the_reason_given(common):
    edit(common, "one.py::x", "x = 5", check="off")
    before = state(common.root)
    os.chmod(cache_folder(common.root), 0o777)
    said = as_nobody(lambda: edit(common, "one.py::x", "x = 6", check="off"))
    assert said.startswith("4 cannot keep the undo journal in ")
    assert said.endswith("Permission denied; nothing was written\nset IPY_LLM_CACHE to a writable folder")
    assert state(common.root) == before
    assert "x = 5" in as_nobody(lambda: show(common, "one.py::x"))


@posix
def test_a_link_that_leads_to_itself_is_refused_for_editing_and_for_creating(shop):
    (shop.root / "loop.py").symlink_to("loop.py")
    (shop.root / "a").symlink_to("b")
    (shop.root / "b").symlink_to("a")
    assert "no file or module loop.py" in refused(shop, "loop.py::x", "x = 1", kind=NotFoundError).message
    for address in ("create loop.py", "create a/x.py"):
        error = refused(shop, address, "x = 1")
        assert "Too many levels of symbolic links" in error.message
        assert error.exit_code == 4


@posix
def test_two_names_of_one_file_are_edited_as_one_file(shop):
    (shop.root / "link.py").symlink_to("one.py")
    (shop.root / "one.py").write_text("x = 0\ny = 0\n")
    edit(shop, "", "@@ one.py::x 0 => 1\n@@ link.py::y 0 => 2\n", check="off")
    assert (shop.root / "one.py").read_text() == "x = 1\ny = 2\n"
    assert (shop.root / "link.py").is_symlink()


@posix
def test_one_new_file_by_two_names_is_refused(shop):
    (shop.root / "a").mkdir()
    (shop.root / "b").symlink_to("a")
    refused(shop, "", "@@ create a/n.py\nx = 1\n@@ create b/n.py\nx = 2\n", kind=RequestError)


@posix
def test_ways_that_lead_outside_are_refused(shop, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.py").write_text("x = 0\n")
    (shop.root / "folder").symlink_to(outside)
    (shop.root / "file.py").symlink_to(outside / "x.py")
    (shop.root / "none.py").symlink_to(outside / "none.py")
    (shop.root / "deep").symlink_to(shop.root / "folder")
    ways = [
        "folder/x.py",
        "deep/x.py",
        "file.py",
        "../outside/x.py",
        str(outside / "x.py"),
        "folder/../outside/x.py",
    ]
    for way in ways:
        refused(shop, f"{way}::x", "x = 1", kind=RequestError)
    for way in ("folder/n.py", "deep/new/n.py", "none.py", "../n.py", str(outside / "n.py"), "/n.py"):
        assert "outside the project" in refused(shop, f"create {way}", "x = 1", kind=RequestError).message
    assert state(outside).keys() == {"x.py"}
    assert (outside / "x.py").read_text() == "x = 0\n"


@posix
@pytest.mark.parametrize("kind", ["pipe", "socket", "device"])
def test_what_is_no_plain_file_is_refused_without_waiting_for_it(shop, kind):
    path = shop.root / "odd.py"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        here = os.getcwd()
        os.chdir(shop.root)  # a socket's path is short
        try:
            with socket.socket(socket.AF_UNIX) as one:
                one.bind("odd.py")
        finally:
            os.chdir(here)
    elif not is_root:
        pytest.skip("only root makes devices")
    else:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    assert "no file or module odd.py" in refused(shop, "odd.py::x", "x = 1").message
    error = refused(shop, "create odd.py", "x = 1")
    assert error.exit_code in {2, 4}
    with pytest.raises(IpyLlmError):
        show(shop, "odd.py")


@posix
def test_names_that_are_not_text_or_not_printable_can_be_edited(shop):
    for name in (b"caf\xe9.py", b"new\nline.py", b"sp ace.py", b"-x.py"):
        path = os.fsdecode(os.fsencode(shop.root) + b"/" + name)
        try:
            with open(path, "w", encoding="ascii") as file:
                file.write("x = 0\n")
        except OSError:
            continue  # macOS takes only UTF-8
        edit(shop, f"{os.fsdecode(name)}::x", "x = 1", check="off")
        assert Path(path).read_text() == "x = 1\n"
        undo(shop)
        assert Path(path).read_text() == "x = 0\n"


def test_a_name_that_is_too_long_is_refused(shop):
    for name in ("x" * 260 + ".py", "d/" * 3000 + "x.py"):
        assert refused(shop, f"create {name}", "x = 1").exit_code in {2, 4}
        refused(shop, f"{name}::x", "x = 1", kind=NotFoundError)


# Changes the world when the edit has planned, or when it has written the files beside.
BETWEEN = """
import os, shutil, sys
from ipy_llm.errors import IpyLlmError
from ipy_llm.operations.edit import edit
from ipy_llm.workspace.project import Workspace

root, moment, change = sys.argv[1:]
shop = Workspace.open(root)
os.chdir(root)
done = []

def between(event, arguments):
    name = str(arguments[0]) if arguments else ""
    if moment == "planned":
        now = event == "os.mkdir" and name.endswith("journal")
    else:
        now = event == "open" and ".ipy_llm" in name and name.endswith("-1")
    if now and not done:
        done.append(True)
        exec(change)

sys.addaudithook(between)
try:
    print(edit(shop, "", "@@ pkg/one.py::x 0 => 1\\n@@ pkg/two.py::y 0 => 1\\n@@ create pkg/new/n.py\\nz = 1\\n", check="off"))
except IpyLlmError as error:
    print(error.exit_code, error)
"""

CHANGES = {
    "a folder swapped for a file": (
        "shutil.rmtree('pkg'); open('pkg', 'w').close()",
        {"planned": 2, "written": 4},
    ),
    "a file swapped for a folder": (
        "os.unlink('pkg/two.py'); os.mkdir('pkg/two.py')",
        {"planned": 2, "written": 3},
    ),
    "a file that vanishes": ("os.unlink('pkg/two.py')", {"planned": 2, "written": 3}),
    "a file that grows": ("open('pkg/two.py', 'a').write('z = 1\\n')", {"planned": 0, "written": 3}),
    "a new file that is there already": (
        "os.makedirs('pkg/new', exist_ok=True); open('pkg/new/n.py', 'w').close()",
        {"planned": 2, "written": 3},
    ),
    "a file swapped for a link outside": (
        "os.rename('pkg/two.py', '../two.py'); os.symlink('../../two.py', 'pkg/two.py')",
        {"planned": 2, "written": 3},
    ),
}


@posix
@pytest.mark.parametrize("moment", ["planned", "written"])
@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_while_an_edit_is_under_way_is_kept_and_nothing_is_half_written(
    write, tmp_path, change, moment
):
    shop = write({"pkg/one.py": "x = 0\n", "pkg/two.py": "y = 0\n"})
    other = tmp_path / "other"
    shutil.copytree(shop.root, other)
    code, exits = CHANGES[change]
    subprocess.run([sys.executable, "-c", f"import os, shutil\n{code}"], cwd=other, check=True)
    (tmp_path / "two.py").unlink(missing_ok=True)
    run = subprocess.run(
        [sys.executable, "-c", BETWEEN, shop.root, moment, code], capture_output=True, text=True, check=False
    )
    assert not run.stderr
    if exits[moment]:
        assert run.stdout.startswith(f"{exits[moment]} "), run.stdout
        assert state(shop.root) == state(other)
    else:
        assert (shop.root / "pkg" / "two.py").read_text() == "y = 1\nz = 1\n"
        assert (shop.root / "pkg" / "new" / "n.py").read_text() == "z = 1\n"


FAILING_LOCK = """
import errno, os, sys
from ipy_llm.errors import IpyLlmError
from ipy_llm.operations.edit import edit
from ipy_llm.workspace.project import Workspace

def fail(event, arguments):
    if event == "fcntl.flock":
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

sys.addaudithook(fail)
try:
    edit(Workspace.open(sys.argv[1]), "one.py::x", "x = 1", check="off")
except IpyLlmError as error:
    print(error.exit_code, error)
"""


@posix
def test_where_the_cache_cannot_be_locked_nothing_is_written(shop, cache):
    before = state(shop.root)
    run = subprocess.run(
        [sys.executable, "-c", FAILING_LOCK, shop.root], capture_output=True, text=True, check=False
    )
    lock = cache_folder(shop.root) / "journal" / "lock"
    assert run.stdout == (
        f"4 {lock} cannot be locked: {os.strerror(errno.ENOLCK)}; nothing was written\n"
        "set IPY_LLM_CACHE to a folder on a local disk\n"
    )
    assert state(shop.root) == before


def test_nothing_of_ours_is_ever_in_the_tree(write):
    """Every verb, and not even what the tools it runs would leave."""
    shop = write(
        {
            "pyproject.toml": "",
            "cart.py": "x = 0\n\n\ndef total() -> int:\n    return x\n",
            "tests/test_cart.py": "from cart import total\n\n\ndef test_total():\n    assert total() == 0\n",
        }
    )
    before = state(shop.root)
    commands = [
        (["show", "cart.py::total"], ""),
        (["outline"], ""),
        (["docs", "cart.total"], ""),
        (["check"], ""),
        (["edit", "cart.py::total"], "def total() -> int:\n    return x + 0\n"),
        (["edit", "create", "a/b.py"], "x = 1\n"),
        (["edit", "cart.py::total"], "def total(:\n"),
        (["log"], ""),
        (["undo", "2"], ""),
        (["prompt"], ""),
    ]
    for words, text in commands:
        subprocess.run(
            [sys.executable, "-m", "ipy_llm", *words],
            cwd=shop.root,
            input=text.encode(),
            capture_output=True,
            check=False,
        )
    assert state(shop.root) == before


def test_a_stale_digest_is_refused_by_the_chunk_alone(shop):
    digest = show(shop, "one.py::x").facts["digest"]
    (shop.root / "one.py").write_text("y = 1\nx = 0\n")
    edit(shop, f"one.py::x@{digest}", "x = 2", check="off")
    error = refused(shop, f"one.py::x@{digest}", "x = 3", kind=StaleError)
    assert error.exit_code == 3
    now = show(shop, "one.py::x").facts["digest"]
    assert error.steps[-1] == f"if it is still meant: one.py::x@{now}"
