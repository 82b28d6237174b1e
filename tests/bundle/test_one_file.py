"""The file that is written, in a Python that has nothing else, without pip and without network."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile

import pytest

from ipy_llm.bundle.build import build

IMPORT = "import ipy_llm_bundle"
USE = "import ipy_llm, libcst, jedi; print(jedi.Script('import json; json.dum').complete()[0].name)"


def _environment(folder, name, version, source="") -> str:
    """Put a package of some version into a folder and return the folder, for $PYTHONPATH."""
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text(source)
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return str(folder)


def _folder(sandbox):
    (folder,) = (path for path in sandbox.root.iterdir() if path.is_dir())
    return folder


# -- once installed, everything works


def test_one_import_and_everything_works_without_pip_and_network(sandbox):
    if not sandbox.prefix:
        pytest.skip("this system does not let a process give up the network (unshare --net)")
    code = (
        "import socket\ntry: socket.create_connection(('1.1.1.1', 53), 1)\nexcept OSError: print('alone')\n"
    )
    assert sandbox.python_says(code) == ("alone", "")
    assert sandbox.python_says("import pip", fails=True)[1].endswith("No module named 'pip'")
    out, err = sandbox.python_says(
        f"{IMPORT}; {USE}; import libcst.native; print(libcst.parse_module('x=1').code)"
    )
    assert out == "dump\nx=1"
    assert err.count("\n") == 0
    assert err.startswith("ipy_llm_bundle: installed ipy_llm ")


def test_the_second_import_is_silent_and_needs_no_payload(sandbox):
    sandbox.python_says(IMPORT)
    assert sandbox.python_says(f"{IMPORT}; {USE}") == ("dump", "")
    text = sandbox.bundle.read_bytes()
    sandbox.bundle.write_bytes(text[: text.index(b"\n# payload ")])
    assert sandbox.python_says(f"{IMPORT}; {USE}") == ("dump", "")


def test_it_can_be_run_as_a_program(sandbox):
    out, err = sandbox.run(str(sandbox.bundle))
    assert out.startswith("ipy_llm ")
    assert "libcst" in out
    assert "installed" in err


def test_with_arguments_it_is_the_command(sandbox):
    cart = sandbox.bundle.with_name("cart.py")
    cart.write_text("class Cart:\n    def total(self):\n        return 1\n")
    out, _ = sandbox.run(str(sandbox.bundle), "show", "cart.py::Cart.total")
    assert "return 1" in out
    with sandbox.start(str(sandbox.bundle), "edit", "cart.py::Cart.total", "1 => 2") as process:
        assert process.wait() == 0
    assert "return 2" in cart.read_text()
    with sandbox.start(str(sandbox.bundle), "show", "cart.py::Cart.totl") as process:
        assert (process.communicate()[0], process.returncode) == ("", 2)


def test_jedi_can_start_its_own_process(sandbox):
    code = (
        f"{IMPORT}; import jedi, sys\n"
        "environment = jedi.create_environment(sys.prefix, safe=False)\n"
        "print(jedi.Script('import json; json.dum', environment=environment).complete()[0].name)"
    )
    assert sandbox.python_says(code)[0] == "dump"


def test_the_environment_of_child_processes_is_left_alone(sandbox):
    code = f"import os; before = dict(os.environ)\n{IMPORT}; print(before == dict(os.environ))"
    assert sandbox.python_says(code)[0] == "True"


@pytest.mark.parametrize("line", ["runpy.run_path({path!r})", "exec(open({path!r}).read())"])
def test_it_can_be_run_or_exec_d_from_elsewhere(line, sandbox, tmp_path):
    script = tmp_path / "elsewhere" / "script.py"
    script.parent.mkdir()
    script.write_text(f"import runpy, os\nos.chdir('/')\n{line.format(path=str(sandbox.bundle))}\n{USE}\n")
    out, err = sandbox.run(str(script), "an argument that is not for us")
    assert out == "dump"
    assert "installed" in err


def test_exec_d_from_nowhere_it_says_how_to_import_it(sandbox):
    code = f"import os; source = open('{sandbox.bundle.name}').read(); os.chdir('/'); exec(source)"
    assert "import it instead" in sandbox.python_says(code, fails=True)[1]


def test_as_a_zip_it_can_be_imported_and_run(sandbox, tmp_path):
    archive = build(tmp_path / "bundle.zip").path
    assert archive.stat().st_size < sandbox.bundle.stat().st_size
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
    sandbox.bundle.unlink()
    out, err = sandbox.python_says(f"import sys; sys.path.append({str(archive)!r}); {IMPORT}; {USE}")
    assert (out, "installed" in err) == ("dump", True)
    shutil.rmtree(sandbox.root)
    out, err = sandbox.run(str(archive))
    assert out.startswith("ipy_llm ")
    assert "installed" in err


def test_ipython_can_run_it(sandbox):
    line = f"%run {sandbox.bundle}"
    code = f"from IPython.core.interactiveshell import InteractiveShell as S; S().run_cell({line!r}).raise_error()"
    done = subprocess.run(
        [sys.executable, "-c", code], env=sandbox.environment(), capture_output=True, text=True, check=True
    )
    assert "of the environment" in done.stdout


# -- damage


def test_a_file_cut_short_says_how_much_of_it_came(sandbox):
    data = sandbox.bundle.read_bytes()
    sandbox.bundle.write_bytes(data[: len(data) // 2])
    err = sandbox.python_says(IMPORT, fails=True)[1].splitlines()[-1]
    sizes = f"cut short: {len(data) // 2 / 1e6:.2f} of {len(data) / 1e6:.2f} MB"
    assert err == f"ipy_llm_bundle.BundleError: the bundle is {sizes}; upload it again"
    assert [path.name for path in sandbox.root.iterdir()] == [".lock"]


@pytest.mark.parametrize("block", ["any", "native"])
def test_one_wrong_character_is_noticed_and_the_block_named(block, sandbox):
    data = bytearray(sandbox.bundle.read_bytes())
    at = data.index(f" {block} #".encode()) + 5000
    data[at] = ord("A") if data[at] != ord("A") else ord("B")
    sandbox.bundle.write_bytes(data)
    assert f"damaged in its block '{block}'" in sandbox.python_says(IMPORT, fails=True)[1]


def test_a_missing_piece_is_noticed(sandbox):
    data = sandbox.bundle.read_bytes()
    at = data.index(b" any #") + 5000
    sandbox.bundle.write_bytes(data[:at] + data[at + 1 :])
    assert "damaged in its block 'any'" in sandbox.python_says(IMPORT, fails=True)[1]


@pytest.mark.parametrize(
    ("old", "new"), [(b"\n", b"\r\n"), (b'"""ipy_llm', b'\xef\xbb\xbf"""ipy_llm'), (b"\n#", b"\n    # ")]
)
def test_what_editors_do_to_line_ends_margins_and_the_beginning_is_no_matter(old, new, sandbox):
    data = sandbox.bundle.read_bytes()
    count = -1 if old != b'"""ipy_llm' else 1
    if old == b"\n#":
        head, mark, payload = data.partition(b"\n# payload")
        data = head + mark + payload.replace(old, new)
    else:
        data = data.replace(old, new, count)
    sandbox.bundle.write_bytes(data)
    assert sandbox.python_says(f"{IMPORT}; {USE}")[0] == "dump"


def test_a_program_that_cannot_start_says_why_in_one_line(sandbox):
    data = sandbox.bundle.read_bytes()
    sandbox.bundle.write_bytes(data[: len(data) // 2])
    out, err = sandbox.run(str(sandbox.bundle), fails=True)
    assert out == ""
    assert err.startswith("ipy_llm_bundle: the bundle is cut short")
    assert "\n" not in err


def test_a_damaged_installation_is_found_removed_and_made_anew(sandbox):
    assert sandbox.python_says(f"{IMPORT} as bundle; print(bundle.verify())")[0].endswith(
        "as they were packed"
    )
    (_folder(sandbox) / "jedi" / "jedi" / "cache.py").write_text("raise RuntimeError")
    (_folder(sandbox) / "parso" / "parso" / "cache.py").unlink()
    err = sandbox.python_says(f"{IMPORT} as bundle; bundle.verify()", fails=True)[1]
    assert "jedi/cache.py, parso/cache.py; call uninstall(), then import again" in err
    out = sandbox.python_says(f"import sys; {IMPORT} as bundle; print(bundle.uninstall(), len(sys.path))")[0]
    assert out.startswith("removed ")
    assert sandbox.python_says(f"{IMPORT} as bundle; bundle.verify(); {USE}")[0] == "dump"


# -- several at once, and interrupted


def test_of_four_imports_at_once_one_installs(sandbox):
    # no completions: parso's cache, which all four would fill, is not made for that
    processes = [
        sandbox.start("-c", f"{IMPORT}; import ipy_llm, libcst, jedi; print('done')") for _ in range(4)
    ]
    said = [process.communicate(timeout=120) for process in processes]
    assert [out.strip() for out, _ in said] == ["done"] * 4
    assert sum("installed" in err for _, err in said) == 1


def test_after_one_that_was_killed_the_next_works_and_cleans_up(sandbox):
    sandbox.python_says(
        f"import os; os.rename = lambda *paths: os.kill(os.getpid(), 9); {IMPORT}", fails=True
    )
    assert [path.name.startswith(".new-") for path in sandbox.root.iterdir() if path.is_dir()] == [True]
    assert sandbox.python_says(f"{IMPORT}; {USE}")[0] == "dump"
    assert not list(sandbox.root.glob(".new-*"))


# -- where it is installed


def test_the_folder_that_was_chosen_is_used(sandbox, tmp_path):
    out, _ = sandbox.python_says(
        f"{IMPORT} as bundle; print(bundle.status())", IPY_LLM_BUNDLE_DIR=str(tmp_path / "mine")
    )
    assert f"installed in {tmp_path}/mine/" in out


def test_without_a_home_it_goes_to_the_temporary_folder_and_makes_no_mnt_data(sandbox):
    code = f"import os; there = os.path.exists('/mnt/data'); {IMPORT} as bundle; print(bundle.status())\n"
    out, _ = sandbox.python_says(f"{code}print(there == os.path.exists('/mnt/data'))", HOME="/dev/null/home")
    assert out.endswith("True")
    assert f"installed in {sandbox.home}/tmp/ipy_llm-" in out or "/mnt/data/.ipy_llm" in out


def test_a_folder_that_others_can_write_to_is_not_trusted(sandbox):
    sandbox.root.mkdir(parents=True)
    sandbox.root.chmod(0o777)
    out, _ = sandbox.python_says(f"{IMPORT} as bundle; print(bundle.status())")
    assert str(sandbox.root) not in out


def test_with_nowhere_to_go_every_place_is_named_with_its_reason(sandbox):
    err = sandbox.python_says(IMPORT, fails=True, IPY_LLM_BUNDLE_DIR="/dev/null/x")[1]
    assert "nowhere to install: /dev/null/x (Not a directory); set IPY_LLM_BUNDLE_DIR" in err


def _mounted(sandbox, *commands):
    """Run shell commands where mounting is allowed, then import and print the status."""
    if not sandbox.prefix:
        pytest.skip("this system does not let a process mount (unshare --mount)")
    line = f"{sandbox.python} -c '{IMPORT} as bundle; print(bundle.status())'"
    done = subprocess.run(
        ["unshare", "--map-root-user", "--net", "--mount", "sh", "-ec", "; ".join([*commands, line])],
        env=sandbox.environment(),
        cwd=sandbox.bundle.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("option", ["ro", "noexec"])
def test_a_home_that_is_read_only_or_noexec_is_passed_over(option, sandbox):
    cache = sandbox.home / ".cache"
    cache.mkdir()
    out = _mounted(sandbox, f"mount -t tmpfs -o {option} tmpfs {cache}")
    assert "installed in " in out
    assert str(cache) not in out


def test_an_existing_mnt_data_comes_before_the_temporary_folder(sandbox):
    out = _mounted(sandbox, "mount -t tmpfs tmpfs /mnt", "mkdir /mnt/data", "export HOME=/dev/null/home")
    assert "installed in /mnt/data/.ipy_llm/" in out


# -- beside other versions


def test_the_environments_own_copy_wins_when_it_is_new_enough(sandbox, tmp_path):
    path = _environment(tmp_path / "site", "libcst", "1.8.0", "mine = True")
    out, _ = sandbox.python_says(
        f"{IMPORT} as bundle; import libcst; print(libcst.mine, bundle.status())", PYTHONPATH=path
    )
    assert out.startswith("True")
    assert "libcst 1.8.0 of the environment" in out


def test_a_copy_that_is_too_old_and_not_imported_gives_way(sandbox, tmp_path):
    path = _environment(tmp_path / "site", "libcst", "1.0.0", "mine = True")
    out, err = sandbox.python_says(f"{IMPORT} as bundle; {USE}; print(bundle.status())", PYTHONPATH=path)
    assert out.startswith("dump")
    assert "libcst 1.0.0" not in out + err


def test_a_copy_that_is_too_old_but_imported_is_kept_and_said(sandbox, tmp_path):
    path = _environment(tmp_path / "site", "libcst", "1.0.0", "mine = True")
    sandbox.python_says(IMPORT)
    out, err = sandbox.python_says(
        f"import libcst; {IMPORT}; import libcst; print(libcst.mine)", PYTHONPATH=path
    )
    assert out == "True"
    assert "libcst 1.0.0 was imported before and is kept" in err
    assert ">=1.5 is wanted: restart Python" in err


def test_a_bundled_jedi_gets_a_parso_that_it_can_use(sandbox, tmp_path):
    path = _environment(tmp_path / "site", "parso", "0.7.0", "raise RuntimeError")
    assert sandbox.python_says(f"{IMPORT}; {USE}", PYTHONPATH=path)[0] == "dump"


def test_an_environments_jedi_keeps_its_own_parso(sandbox, tmp_path):
    path = _environment(tmp_path / "site", "jedi", "0.19.1")
    _environment(tmp_path / "site", "parso", "0.8.3")
    out, _ = sandbox.python_says(f"{IMPORT} as bundle; print(bundle.status())", PYTHONPATH=path)
    assert "jedi 0.19.1 of the environment; parso 0.8.3 of the environment" in out


def test_the_kernels_own_jedi_is_kept_in_its_child_too(sandbox):
    code = (
        f"import jedi, sys; sys.path.insert(0, {str(sandbox.bundle.parent)!r}); {IMPORT} as bundle; print(bundle.status())\n"
        "import subprocess; before = jedi.__version__, jedi.__file__\n"
        "line = 'import jedi; print((jedi.__version__, jedi.__file__))'\n"
        "print(subprocess.check_output([sys.executable, '-c', line], text=True).strip() == str(before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=sandbox.environment(), capture_output=True, text=True, check=True
    )
    assert "jedi" in done.stdout
    assert "of the environment" in done.stdout
    assert done.stdout.endswith("True\n")


def test_the_same_bundle_under_two_names_is_one(sandbox):
    shutil.copyfile(sandbox.bundle, sandbox.bundle.with_name("other.py"))
    out, _ = sandbox.python_says(
        f"import sys; {IMPORT}; before = list(sys.path); import other; print(before == sys.path)"
    )
    assert out == "True"


@pytest.fixture(scope="module")
def newer(tmp_path_factory):
    """Return a bundle of a later ipy_llm, built by that ipy_llm."""
    folder = tmp_path_factory.mktemp("newer")
    package = folder / "ipy_llm"
    import ipy_llm

    shutil.copytree(ipy_llm.__path__[0], package)
    source = package / "__init__.py"
    source.write_text(source.read_text().replace(f'"{ipy_llm.__version__}"', '"99.0"'))
    code = "import sys; from pathlib import Path; from ipy_llm.bundle.build import build; build(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, folder / "newer.py"], cwd=folder, check=True)
    return folder / "newer.py"


def test_of_two_bundles_the_one_asked_for_last_is_used_and_none_overwrites_the_other(newer, sandbox):
    shutil.copyfile(newer, sandbox.bundle.with_name("newer.py"))
    code = f"{IMPORT}; import newer; import ipy_llm; print(ipy_llm.__version__)"
    assert sandbox.python_says(code)[0] == "99.0"
    assert len([path for path in sandbox.root.iterdir() if path.is_dir()]) == 2


def test_of_two_bundles_the_one_that_is_imported_is_kept_and_said(newer, sandbox):
    shutil.copyfile(newer, sandbox.bundle.with_name("newer.py"))
    out, err = sandbox.python_says(
        f"{IMPORT}; import ipy_llm; import newer; import ipy_llm; print(ipy_llm.__version__)"
    )
    assert out != "99.0"
    assert "was imported before and is kept; the bundle has 99.0" in err
