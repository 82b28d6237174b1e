from __future__ import annotations

import pytest

from ipy_llm.bundle.target import BundleError, Target, choose, host, release

BUNDLED = [Target("cpython", python, "linux", "x86_64", "glibc", (2, 28)) for python in ("3.11", "3.12")]
HERE = Target("cpython", "3.12", "linux", "x86_64", "glibc", (2, 36))


def test_the_target_of_the_running_python_is_chosen():
    assert choose(BUNDLED, HERE) is BUNDLED[1]


def test_the_very_glibc_that_is_needed_is_new_enough():
    assert choose(BUNDLED, HERE._replace(libc_version=(2, 28))) is BUNDLED[1]


@pytest.mark.parametrize(
    "here",
    [
        HERE._replace(python="3.13"),
        HERE._replace(machine="aarch64"),
        HERE._replace(system="macos", machine="aarch64", libc="", libc_version=()),
    ],
)
def test_another_python_or_platform_is_named_with_the_command_that_builds_for_it(here):
    with pytest.raises(BundleError) as caught:
        choose(BUNDLED, here)
    message = str(caught.value)
    assert "for cpython 3.11, 3.12 on linux-x86_64 (glibc 2.28 or newer)" in message
    assert f"is cpython {here.python} on {here.platform}" in message
    assert f"--python {here.python} --platform {here.platform}" in message


@pytest.mark.parametrize(
    ("here", "named"),
    [
        (HERE._replace(libc_version=(2, 17)), "(glibc 2.17)"),
        (HERE._replace(libc="musl", libc_version=()), "(musl)"),
        (HERE._replace(implementation="cpython-freethreaded"), "cpython-freethreaded 3.12"),
        (HERE._replace(implementation="pypy"), "pypy 3.12"),
        (HERE._replace(machine="x86_64-32bit"), "linux-x86_64-32bit"),
        (Target("cpython", "3.12", "emscripten", "wasm32", "", ()), "emscripten-wasm32"),
    ],
)
def test_where_no_bundle_can_be_made_for_that_is_said_without_a_command(here, named):
    with pytest.raises(BundleError) as caught:
        choose(BUNDLED, here)
    assert named in str(caught.value)
    assert "There is no bundle for that" in str(caught.value)


def test_the_running_python_is_described():
    here = host()
    assert here.python.startswith("3.")
    assert here.key == f"{here.python}-{here.system}-{here.machine}"


@pytest.mark.parametrize(
    ("version", "numbers"), [("2.36", (2, 36)), ("1.9.0.dev3", (1, 9, 0)), ("", ()), ("unknown", ())]
)
def test_a_release_is_the_numbers_a_version_begins_with(version, numbers):
    assert release(version) == numbers
