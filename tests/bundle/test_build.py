from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ipy_llm.bundle import gather
from ipy_llm.bundle.build import build
from ipy_llm.errors import MissingToolError, RequestError


def test_a_bundle_is_small_and_says_what_it_holds_and_what_it_left_out(built):
    contents = {content.name: content for content in built.contents}
    assert list(contents) == ["ipy_llm", "libcst", "jedi", "parso"]
    assert contents["jedi"].pruned["stubs of third-party packages"] > 1000
    assert contents["libcst"].pruned["tests"] > 100
    assert built.size == built.path.stat().st_size < 3_500_000
    assert any(note.startswith("not inside") and "pytest (ipy_llm)" in note for note in built.notes)


def test_the_same_contents_give_the_same_bytes(tmp_path):
    shutil.copytree(Path(gather.__file__).parents[1], tmp_path / "ipy_llm")
    code = "import sys; from pathlib import Path; from ipy_llm.bundle.build import build; build(Path(sys.argv[1]))"
    made = [tmp_path / f"{seed}.py" for seed in "12"]
    building = [
        subprocess.Popen(
            [sys.executable, "-c", code, path], cwd=tmp_path, env={"PATH": "", "PYTHONHASHSEED": path.stem}
        )
        for path in made
    ]
    assert [process.wait() for process in building] == [0, 0]
    assert made[0].read_bytes() == made[1].read_bytes()


def test_a_bundle_names_no_folder_of_the_machine_it_was_built_on():
    packs = [gather.own(), *map(gather.installed, gather.NEEDED)]
    here = [str(Path(gather.__file__).parents[2]).encode(), sys.prefix.encode()]
    assert not [
        path for pack in packs for path, data in pack.files.items() if any(name in data for name in here)
    ]
    assert not [path for pack in packs for path in pack.files if path.endswith(("direct_url.json", ".pth"))]


def test_a_record_lists_what_is_packed_and_not_what_was_left_out():
    packed = gather.installed("libcst")
    record = next(data for path, data in packed.files.items() if path.endswith("/RECORD")).decode()
    rows = dict(line.split(",", 1) for line in record.splitlines())
    assert set(rows) == set(packed.files)
    data = packed.files["libcst/__init__.py"]
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
    assert rows["libcst/__init__.py"] == f"sha256={digest},{len(data)}"


def test_licences_come_along(built, sandbox):
    sandbox.python_says("import ipy_llm_bundle")
    (folder,) = (path for path in sandbox.root.iterdir() if path.is_dir())
    notices = (folder / "NOTICES.txt").read_text()
    named = [line.strip() for line in notices.splitlines() if line.startswith("  ") and ":" not in line]
    texts = [line for line in named if "/" in line]
    assert {line.partition("/")[0] for line in texts} == {content.name for content in built.contents}
    assert all((folder / line).is_file() for line in texts)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("bundle.tar", {}),
        ("bundle.py", {"platform": "amiga-68k"}),
        ("bundle.py", {"pythons": ["3.9"]}),
        ("bundle.py", {"pythons": ["3.13t"]}),
    ],
)
def test_what_cannot_be_built_is_refused_with_what_can(name, options, tmp_path):
    with pytest.raises(RequestError) as caught:
        build(tmp_path / name, **options)
    assert caught.value.steps


def test_without_uv_and_pip_other_pythons_cannot_be_fetched_and_what_to_do_is_said(
    bare_python, built, tmp_path
):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import ipy_llm_bundle as bundle\n"
        "from pathlib import Path; from ipy_llm.bundle.build import build; from ipy_llm.errors import MissingToolError\n"
        "try: build(Path(sys.argv[2], 'b.py'), pythons=['3.10', '3.12'])\n"
        "except MissingToolError as error: print(error)"
    )
    done = subprocess.run(
        [bare_python, "-c", code, built.path.parent, tmp_path],
        env={"PATH": "", "HOME": str(tmp_path), "IPY_LLM_BUNDLE_DIR": str(tmp_path / "root")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "needs uv or pip" in done.stdout
    assert "ensurepip" in done.stdout


def test_a_bundle_builds_itself_again(bare_python, built, tmp_path):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import ipy_llm_bundle\n"
        "from pathlib import Path; from ipy_llm.bundle.build import build; build(Path(sys.argv[2]))"
    )
    again = tmp_path / "again.py"
    environment = {"PATH": "", "HOME": str(tmp_path), "IPY_LLM_BUNDLE_DIR": str(tmp_path / "root")}
    subprocess.run([bare_python, "-c", code, built.path.parent, again], env=environment, check=True)
    assert again.stat().st_size == pytest.approx(built.size, rel=0.02)


def test_a_distribution_that_is_not_there_is_named():
    with pytest.raises(MissingToolError, match="no-such-thing is not installed"):
        gather.installed("no-such-thing")


@pytest.mark.parametrize(
    ("requirement", "name", "clauses"),
    [
        ("libcst>=1.5", "libcst", ">=1.5"),
        ("parso <0.9.0,>=0.8.7", "parso", "<0.9.0,>=0.8.7"),
        ('pyyaml_ft>=8.0.0; python_version == "3.13"', "pyyaml-ft", ">=8.0.0"),
        ("coverage[toml] (>=7)", "coverage", ">=7"),
        ("pytest", "pytest", ""),
    ],
)
def test_a_requirement_is_split_into_name_and_clauses(requirement, name, clauses):
    split = gather.needs(requirement)
    assert (split[0], split[1].rstrip(")")) == (name, clauses)


def test_the_oldest_glibc_is_that_of_the_most_demanding_wheel_at_its_most_tolerant_tag():
    def packed(*tags):
        return gather.Packed("x", "1", "MIT", (), tags, {}, {}, ())

    both = packed("cp311-cp311-manylinux_2_17_x86_64", "cp311-cp311-manylinux2014_x86_64")
    newer = packed("cp311-cp311-manylinux_2_28_x86_64")
    assert gather.floor([both], (2, 36)) == (2, 17)
    assert gather.floor([both, newer, packed("py3-none-any")], (2, 36)) == (2, 28)
    assert gather.floor([packed("cp311-cp311-linux_x86_64")], (2, 36)) == (2, 36)


@pytest.mark.network
def test_one_file_holds_several_pythons_for_less_than_one_file_each(built, tmp_path):
    others = [python for python in ("3.12", "3.13") if python != f"3.{sys.version_info[1]}"]
    several = build(tmp_path / "several.py", pythons=[f"3.{sys.version_info[1]}", *others])
    assert len(several.targets) == 1 + len(others)
    assert several.size < built.size * 1.6


@pytest.mark.network
def test_a_bundle_for_another_system_can_be_made_here(tmp_path):
    other = build(tmp_path / "other.py", pythons=["3.12"], platform="macos-aarch64")
    assert other.targets == ("3.12-macos-aarch64",)
