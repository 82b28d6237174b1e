"""Wheels of real packages, from the package registry."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path


def fetch_wheel(name: str, version: str, cache: Path) -> Path:
    """Return the wheel of a package for this Python, downloaded once into `cache`."""
    pattern = f"{re.sub(r'[-_.]+', '_', name)}-{version}-"
    for _ in range(2):
        for path in cache.glob("*.whl") if cache.is_dir() else ():
            if path.name.lower().startswith(pattern.lower()):
                return path
        cache.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        subprocess.run(
            [*command, f"{name}=={version}", "--dest", str(cache)], check=True, stderr=subprocess.DEVNULL
        )
    raise FileNotFoundError(f"pip downloaded no wheel named {pattern}*")


def python_files(wheel: Path) -> dict[str, bytes]:
    """Return the Python files of a wheel by their paths."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in sorted(archive.namelist()) if name.endswith(".py")}
