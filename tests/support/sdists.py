"""Real packages with their own tests, from the package registry."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path


def fetch(name: str, version: str, cache: Path) -> Path:
    """Return the unpacked source distribution of a package, downloaded once into `cache`."""
    folder = cache / f"{name}-{version}"
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        subprocess.run(
            [*command, f"{name}=={version}", "--dest", str(cache)], check=True, stderr=subprocess.DEVNULL
        )
        archive = next(cache.glob(f"{name.replace('-', '[-_]')}-{version}.tar.gz"))
        with tarfile.open(archive) as tar:
            members = [member for member in tar.getmembers() if member.isfile() or member.isdir()]
            tar.extractall(cache, members)
    return folder


def copy(name: str, version: str, cache: Path, to: Path) -> Path:
    """Return a fresh copy of the package below `to`."""
    return Path(shutil.copytree(fetch(name, version, cache), to / name))
