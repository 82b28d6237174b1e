"""A real kernel of the Python that runs the tests, spoken to over the wire."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

# What a client must understand. Hosted ones were seen to raise at any other.
KNOWN_TYPES = frozenset({"status", "execute_input", "stream", "display_data", "execute_result", "error"})


@dataclass(frozen=True, slots=True)
class Outputs:
    """What one cell sent: the reply's content, and the messages on iopub in order."""

    reply: dict[str, Any]
    messages: tuple[tuple[str, dict[str, Any]], ...]

    @property
    def status(self) -> str:
        return self.reply["status"]

    @property
    def stdout(self) -> str:
        return self._stream("stdout")

    @property
    def stderr(self) -> str:
        return self._stream("stderr")

    def _stream(self, name: str) -> str:
        return "".join(c["text"] for kind, c in self.messages if kind == "stream" and c["name"] == name)

    @property
    def result(self) -> str | None:
        texts = [c["data"]["text/plain"] for kind, c in self.messages if kind == "execute_result"]
        return texts[-1] if texts else None

    @property
    def error(self) -> dict[str, Any] | None:
        errors = [c for kind, c in self.messages if kind == "error"]
        return errors[-1] if errors else None

    @property
    def facts(self) -> list[str]:
        """The lines of ours under a traceback, without their mark."""
        lines = "\n".join(self.error["traceback"]).split("\n") if self.error else []
        return [line.removeprefix("[ipy_llm] ") for line in lines if line.startswith("[ipy_llm] ")]

    @property
    def hints(self) -> list[str]:
        """The lines of ours on stderr, without their mark."""
        lines = self.stderr.split("\n")
        return [line.removeprefix("[ipy_llm] ") for line in lines if line.startswith("[ipy_llm] ")]


class Kernel:
    """`with Kernel(folder) as kernel: kernel.run("1 + 1").result == "2"`; `folder` is its working folder."""

    def __init__(self, folder: Path) -> None:
        spec = folder / "kernels" / "tested"
        spec.mkdir(parents=True)
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        (spec / "kernel.json").write_text(
            json.dumps({"argv": argv, "display_name": "tested", "language": "python"})
        )
        self.folder = folder
        self._manager = KernelManager(
            kernel_name="tested",
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(spec.parent)], ensure_native_kernel=False),
            connection_file=str(folder / "connection.json"),
        )
        self._client: Any = None

    def __enter__(self):
        env = {
            **os.environ,
            "IPYTHONDIR": str(self.folder / "ipython"),
            "IPY_LLM_CACHE": str(self.folder / "cache"),
            "TMPDIR": str(self.folder),
        }
        env.pop("PYTHONWARNINGS", None)
        self._manager.start_kernel(
            cwd=str(self.folder), env=env, extra_arguments=["--HistoryManager.enabled=False"]
        )
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        with contextlib.suppress(AttributeError):
            self._manager.cleanup_resources()

    def run(self, code: str, *, silent: bool = False, timeout: float = 60) -> Outputs:
        """Run a cell to its end; every message must be one that simple clients know."""
        identity = self._client.execute(code, silent=silent, store_history=not silent)
        messages: list[tuple[str, dict[str, Any]]] = []
        deadline = time.monotonic() + timeout
        while True:
            message = self._client.get_iopub_msg(timeout=max(0.0, deadline - time.monotonic()))
            if message["parent_header"].get("msg_id") != identity:
                continue
            kind, content = message["msg_type"], message["content"]
            assert kind in KNOWN_TYPES, kind
            messages.append((kind, content))
            if kind == "status" and content["execution_state"] == "idle":
                break
        return Outputs(self._reply(identity, deadline), tuple(messages))

    def is_complete(self, code: str) -> str:
        """Ask what a console asks before it runs a cell: complete, incomplete or invalid."""
        identity = self._client.is_complete(code)
        return self._reply(identity, time.monotonic() + 30)["status"]

    def _reply(self, identity: str, deadline: float) -> dict[str, Any]:
        while True:
            try:
                message = self._client.get_shell_msg(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise TimeoutError("the kernel did not reply") from None
            if message["parent_header"].get("msg_id") == identity:
                return message["content"]
