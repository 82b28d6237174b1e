"""Collect the files that a bundle carries: from what is installed, or from wheels of another Python."""

from __future__ import annotations

import base64
import csv
import email
import hashlib
import importlib.metadata
import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ipy_llm
from ipy_llm.bundle.target import Target
from ipy_llm.errors import MissingToolError, ToolError

# ipy_llm's own needs, in the order in which they want each other. libcst's pyyaml stays out: only its
# command-line tool reads it.
NEEDED = ("libcst", "jedi", "parso")

_HOUSEKEEPING = frozenset({"INSTALLER", "REQUESTED", "RECORD", "direct_url.json", "uv_cache.json"})
_PRUNED = (
    (re.compile(r"(^|/)tests/"), "tests"),
    (re.compile(r"^jedi/third_party/typeshed/stubs/"), "stubs of third-party packages"),
    (re.compile(r"^jedi/third_party/django-stubs/"), "Django stubs"),
)
_TOOL_PLATFORMS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    # ours: uv's name, pip's names. manylinux2014 alone would silently give an old libcst
    "linux-x86_64": ("x86_64-manylinux_2_28", ("manylinux_2_28_x86_64", "manylinux2014_x86_64")),
    "linux-aarch64": ("aarch64-manylinux_2_28", ("manylinux_2_28_aarch64", "manylinux2014_aarch64")),
    "macos-aarch64": ("aarch64-apple-darwin", ("macosx_11_0_arm64",)),
    "windows-x86_64": ("x86_64-pc-windows-msvc", ("win_amd64",)),
}


@dataclass(frozen=True, slots=True)
class Packed:
    """A distribution as it goes into a bundle: files by path (`/`-separated), and what was left out, by reason."""

    name: str
    version: str
    licence: str
    requires: tuple[str, ...]  # as in the metadata, extras left out
    tags: tuple[str, ...]  # of the wheel: "cp311-cp311-manylinux_2_28_x86_64"
    files: Mapping[str, bytes]
    pruned: Mapping[str, int]
    altered: tuple[str, ...]  # files that differ from what was installed once

    @property
    def size(self) -> int:
        """Bytes when unpacked."""
        return sum(map(len, self.files.values()))


def installed(name: str) -> Packed:
    """Collect a distribution of the running environment. Raise MissingToolError if it is not there."""
    try:
        return _pack(importlib.metadata.distribution(name))
    except importlib.metadata.PackageNotFoundError:
        raise MissingToolError(f"{name} is not installed", steps=(f"pip install {name}",)) from None


def fetched(target: Target, versions: Mapping[str, str], into: Path) -> tuple[Packed, ...]:
    """Collect distributions from wheels for another Python or system, unpacked below `into`.

    The versions are given, so that a platform cannot lower one, and nothing is resolved, so that no marker
    is read for the wrong Python. Raise MissingToolError without uv and pip, ToolError if they fail.
    """
    wanted = [f"{name}=={version}" for name, version in versions.items()]
    uv_platform, pip_platforms = _TOOL_PLATFORMS[target.platform]
    uv = shutil.which("uv")
    if uv:
        command = [uv, "pip", "install", "--quiet", "--python", sys.executable]
        command += ["--python-platform", uv_platform, "--link-mode", "copy"]
    elif importlib.util.find_spec("pip") is not None:
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-compile",
            "--implementation",
            "cp",
        ]
        for abi in (f"cp{target.python.replace('.', '')}", "abi3", "none"):
            command += ["--abi", abi]
        for platform in pip_platforms:
            command += ["--platform", platform]
    else:
        raise MissingToolError(
            f"fetching wheels for Python {target.python} on {target.platform} needs uv or pip",
            steps=("python -m ensurepip",),
        )
    command += [
        "--target",
        str(into),
        "--python-version",
        target.python,
        "--only-binary",
        ":all:",
        "--no-deps",
    ]
    done = subprocess.run([*command, *wanted], capture_output=True, text=True, check=False)
    if done.returncode:
        # a registry's address may hold a password
        said = re.sub(r"\S+://\S+", "<address>", done.stderr).strip().splitlines()[-3:]
        raise ToolError(f"no wheels of {', '.join(wanted)} for {target.key}", steps=said)
    found = {dist.name.lower(): dist for dist in importlib.metadata.distributions(path=[str(into)])}
    return tuple(_pack(found[name]) for name in versions)


def own() -> Packed:
    """Collect ipy_llm itself from its package folder, as it stands there; its metadata if it is installed."""
    package = Path(ipy_llm.__file__).parent
    files = {}
    for folder, names, leaves in os.walk(package):
        names[:] = sorted(name for name in names if name != "__pycache__")
        for leaf in sorted(leaves):
            path = Path(folder, leaf)
            files[path.relative_to(package.parent).as_posix()] = path.read_bytes()
    metadata = "Metadata-Version: 2.4\nName: ipy_llm\nVersion: ?\nLicense-Expression: MIT\n"
    info = f"ipy_llm-{ipy_llm.__version__}.dist-info"
    try:
        distribution = importlib.metadata.distribution("ipy_llm")
    except importlib.metadata.PackageNotFoundError:
        pass
    else:
        metadata = distribution.read_text("METADATA") or metadata
        for file in distribution.files or ():
            folder, _, rest = file.as_posix().partition("/")
            if folder.endswith(".dist-info") and rest not in _HOUSEKEEPING:
                files[f"{info}/{rest}"] = Path(str(file.locate())).read_bytes()
    # an editable installation keeps the version of the day it was made
    metadata = re.sub(r"(?m)^Version: .*$", f"Version: {ipy_llm.__version__}", metadata, count=1)
    files[f"{info}/METADATA"] = metadata.encode()
    return _packed(metadata, files, tags=(), pruned={}, altered=())


def floor(packed: Sequence[Packed], libc_version: tuple[int, ...]) -> tuple[int, ...]:
    """Return the oldest glibc that all of these run on; `libc_version` for one that was built where it is."""
    oldest: tuple[int, ...] = (2, 0)
    for one in packed:
        native = [tag for tag in one.tags if not tag.endswith("-any")]
        floors = [
            tuple(map(int, found)) for tag in native for found in re.findall(r"manylinux_(\d+)_(\d+)", tag)
        ]
        floors += [(2, 17) for tag in native if "manylinux2014" in tag]
        if native:
            oldest = max(oldest, min(floors, default=libc_version))
    return oldest


def needs(requirement: str) -> tuple[str, str]:
    """Split "parso <0.9.0,>=0.8.7; marker" into the name and its clauses."""
    match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?\s*\(?([^;)]*)", requirement)
    assert match is not None, requirement
    return re.sub(r"[-_.]+", "-", match[1]).lower(), match[2].replace(" ", "")


def _pack(distribution: importlib.metadata.Distribution) -> Packed:
    files, pruned, altered = {}, Counter[str](), []
    for file in distribution.files or ():
        path = file.as_posix()
        if (
            path.startswith("..")
            or "__pycache__/" in path
            or (file.name in _HOUSEKEEPING and ".dist-info/" in path)
        ):
            continue
        reason = next((reason for pattern, reason in _PRUNED if pattern.search(path)), None)
        if reason:
            pruned[reason] += 1
            continue
        data = Path(str(file.locate())).read_bytes()
        files[path] = data
        if file.hash is not None and file.hash.mode == "sha256" and file.hash.value != _sha256(data):
            altered.append(path)
    metadata = distribution.read_text("METADATA") or ""
    wheel = email.message_from_string(distribution.read_text("WHEEL") or "")
    return _packed(metadata, files, tags=wheel.get_all("Tag", []), pruned=pruned, altered=altered)


def _packed(
    metadata: str,
    files: Mapping[str, bytes],
    *,
    tags: Sequence[str],
    pruned: Mapping[str, int],
    altered: Sequence[str],
) -> Packed:
    fields = email.message_from_string(metadata)
    info = next(path.partition("/")[0] for path in files if ".dist-info/" in path)
    rows = [(path, f"sha256={_sha256(data)}", str(len(data))) for path, data in sorted(files.items())]
    record = io.StringIO()
    csv.writer(record, lineterminator="\n").writerows([*rows, (f"{info}/RECORD", "", "")])
    classified = [
        text.rpartition(":: ")[2] for text in fields.get_all("Classifier", []) if text.startswith("License")
    ]
    return Packed(
        name=fields["Name"],
        version=fields["Version"],
        licence=fields["License-Expression"] or ", ".join(classified) or fields["License"] or "unknown",
        requires=tuple(text for text in fields.get_all("Requires-Dist", []) if "extra ==" not in text),
        tags=tuple(tags),
        files=dict(sorted({**files, f"{info}/RECORD": record.getvalue().encode()}.items())),
        pruned=dict(pruned),
        altered=tuple(altered),
    )


def _sha256(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
