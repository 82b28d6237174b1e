"""What a sandbox does: a kernel, no pip, no network, one file; import, load the extension, edit by name."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.network  # to put ipykernel into a venv; what is tested has none

SESSION = """\
import json, sys
from jupyter_client.manager import KernelManager

# sockets in this folder: without network there is no 127.0.0.1 either
manager = KernelManager(transport="ipc", ip="kernel")
manager.start_kernel()
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=60)
said = []
for cell in json.load(sys.stdin):
    texts = []
    def hear(message):
        content = message["content"]
        texts.append(content.get("text") or "\\n".join(content.get("traceback", ())))
    client.execute_interactive(cell, output_hook=hear, timeout=120)
    said.append("".join(text for text in texts if text))
client.stop_channels()
manager.shutdown_kernel(now=True)
json.dump(said, sys.stdout)
"""


@pytest.fixture(scope="module", params=["with the kernel's jedi", "without jedi"])
def kernel_python(request, tmp_path_factory) -> Path:
    """Return a Python with ipykernel and without pip, libcst and ipy_llm."""
    folder = tmp_path_factory.mktemp("kernel")
    base = getattr(sys, "_base_executable", sys.executable)
    subprocess.run([base, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--quiet", "--python", str(python)]
    subprocess.run([*pip, "install", "ipykernel"], check=True)
    if request.param == "without jedi":
        subprocess.run([*pip, "uninstall", "--yes", "jedi", "parso"], check=True)
    return python


def _session(sandbox, python, *cells) -> list[str]:
    if not sandbox.prefix:
        pytest.skip("this system does not let a process give up the network (unshare --net)")
    done = subprocess.run(
        [*sandbox.prefix, str(python), "-c", SESSION],
        input=json.dumps(cells),
        env=sandbox.environment(),
        cwd=sandbox.bundle.parent,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _project(sandbox) -> Path:
    path = sandbox.bundle.parent / "cart.py"
    path.write_text("class Cart:\n    # what it costs\n    def total(self):\n        return 1\n")
    return path


def test_import_load_and_edit_by_name(kernel_python, sandbox):
    cart = _project(sandbox)
    imported, loaded, edited, status = _session(
        sandbox,
        kernel_python,
        "import ipy_llm_bundle",
        "%load_ext ipy_llm",
        "%%edit cart.py::Cart.total\ndef total(self):\n    return 2\n",
        "print(ipy_llm_bundle.status())",
    )
    assert imported.startswith("ipy_llm_bundle: installed ipy_llm ")
    assert loaded == ""
    assert cart.read_text() == "class Cart:\n    # what it costs\n    def total(self):\n        return 2\n"
    assert "Cart.total" in edited
    assert "libcst" in status


def test_one_line_does_it_too_and_once_installed_it_is_silent(kernel_python, sandbox):
    cart = _project(sandbox)
    load = "%load_ext ipy_llm_bundle"
    edit = "%%edit cart.py::Cart.total\ndef total(self):\n    return 2\n"
    _session(sandbox, kernel_python, load)
    loaded, edited, again, shown = _session(
        sandbox, kernel_python, load, edit, "%load_ext ipy_llm", "%llm show cart.py"
    )
    assert loaded == ""
    assert "already loaded" in again
    assert "return 2" in cart.read_text(), edited
    assert "return 2" in shown
