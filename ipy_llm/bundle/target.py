"""Which Python on which system a bundle is for, and whether that is the one that runs."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Sequence
from typing import NamedTuple

if sys.version_info < (3, 10):  # noqa: UP036 - a bundle is imported by whatever Python there is
    raise ImportError(f"ipy_llm needs Python 3.10 or newer; {sys.executable} is {sys.version.split()[0]}")

# What `--platform` takes: the systems that libcst has wheels for.
PLATFORMS = ("linux-x86_64", "linux-aarch64", "macos-aarch64", "windows-x86_64")

_SYSTEMS = {"darwin": "macos", "win32": "windows"}
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


class BundleError(ImportError):
    """The bundle cannot be used here; the message says why and what to do."""


class Target(NamedTuple):
    """A Python on a system. `libc_version` is the oldest that will do, or the one that is there."""

    implementation: str  # "cpython", "cpython-freethreaded", "pypy"
    python: str  # "3.11"
    system: str  # "linux", "macos", "windows", "emscripten"
    machine: str  # "x86_64", "aarch64"
    libc: str  # "glibc", "musl", or "" where that is no question
    libc_version: tuple[int, ...]

    @property
    def platform(self) -> str:
        """The system and machine, as `ipy-llm bundle --platform` takes them."""
        return f"{self.system}-{self.machine}"

    @property
    def key(self) -> str:
        """The name of the folder that holds this target's own files."""
        return f"{self.python}-{self.platform}"


def host() -> Target:
    """Describe the running Python."""
    implementation = sys.implementation.name
    if "t" in getattr(sys, "abiflags", ""):
        implementation += "-freethreaded"
    machine = os.environ.get("PROCESSOR_ARCHITECTURE", "") if sys.platform == "win32" else os.uname().machine
    machine = _MACHINES.get(machine.lower(), machine.lower())
    if sys.maxsize < 2**32 and machine in _MACHINES.values():
        machine += "-32bit"
    libc, version = "", ""
    if sys.platform == "linux":
        # only glibc knows this name
        with contextlib.suppress(ValueError, OSError):
            libc, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
        libc = libc or "musl"
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    system = _SYSTEMS.get(sys.platform, sys.platform)
    return Target(implementation, python, system, machine, libc, release(version))


def choose(targets: Sequence[Target], here: Target) -> Target:
    """Return the target that is for `here`; raise BundleError saying what is, what would be and how to get it."""
    for target in targets:
        if target[:5] == here[:5] and target.libc_version <= here.libc_version:
            return target
    first = targets[0]
    held = ", ".join(target.python for target in targets)
    old = here.platform == first.platform and here.libc_version < first.libc_version
    if here.implementation == "cpython" and here.platform in PLATFORMS and here.libc != "musl" and not old:
        advice = (
            "Make one where there is a network: "
            f"ipy-llm bundle -o ipy_llm_bundle.py --python {here.python} --platform {here.platform}"
        )
    else:
        advice = "There is no bundle for that; use another Python"
    raise BundleError(
        f"this bundle is for {first.implementation} {held} on {first.platform}{_libc(first, ' or newer')}; "
        f"{sys.executable} is {here.implementation} {here.python} on {here.platform}{_libc(here)}. {advice}"
    )


def _libc(target: Target, suffix: str = "") -> str:
    version = ".".join(map(str, target.libc_version))
    return f" ({f'{target.libc} {version}'.strip()}{suffix})" if target.libc else ""


def release(version: str) -> tuple[int, ...]:
    """Return the numbers a version begins with: (2, 36) of "2.36.dev1", () of "unknown"."""
    match = re.match(r"[0-9]+(?:\.[0-9]+)*", version)
    return tuple(int(part) for part in match.group().split(".")) if match else ()
