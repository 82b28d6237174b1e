"""A bundle for the running Python, and a Python with nothing in it, cut off from the network."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from ipy_llm.bundle.build import Built, build


def _unshared() -> tuple[str, ...]:
    command = ("unshare", "--map-root-user", "--net")
    if (
        shutil.which("unshare")
        and not subprocess.run([*command, "true"], capture_output=True, check=False).returncode
    ):
        return command
    return ()


@dataclass(frozen=True)
class Sandbox:
    """A home of its own, a Python to run there, and where the bundle lies."""

    python: Path
    bundle: Path
    home: Path
    prefix: tuple[str, ...]

    @property
    def root(self) -> Path:
        return self.home / ".cache" / "ipy_llm" / "bundle"

    def environment(self, **variables: str) -> dict[str, str]:
        temporary = self.home / "tmp"
        temporary.mkdir(exist_ok=True)
        return {"HOME": str(self.home), "TMPDIR": str(temporary), "PATH": os.environ["PATH"], **variables}

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self.prefix, str(self.python), *arguments],
            env=self.environment(**variables),
            cwd=self.bundle.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def python_says(self, code: str, *, fails: bool = False, **variables: str) -> tuple[str, str]:
        """Return stdout and stderr of `python -c code`, run in the bundle's folder."""
        return self.run("-c", code, fails=fails, **variables)

    def run(self, *arguments: str, fails: bool = False, **variables: str) -> tuple[str, str]:
        with self.start(*arguments, **variables) as process:
            out, err = process.communicate(timeout=120)
        assert bool(process.returncode) is fails, out + err
        return out.strip(), err.strip()


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Built:
    return build(tmp_path_factory.mktemp("built") / "ipy_llm_bundle.py")


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory) -> Path:
    """Return a Python without pip, and without anything else."""
    folder = tmp_path_factory.mktemp("bare")
    base = getattr(sys, "_base_executable", sys.executable)
    subprocess.run([base, "-m", "venv", "--without-pip", str(folder)], check=True)
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


@pytest.fixture(scope="session")
def network_denied() -> tuple[str, ...]:
    """Return the command in front of another that takes the network from it; none where that cannot be."""
    return _unshared()


@pytest.fixture
def sandbox(built, bare_python, network_denied, tmp_path) -> Sandbox:
    place, home = tmp_path / "upload", tmp_path / "home"
    place.mkdir()
    home.mkdir()
    bundle = place / built.path.name
    shutil.copyfile(built.path, bundle)
    return Sandbox(bare_python, bundle, home, network_denied)
