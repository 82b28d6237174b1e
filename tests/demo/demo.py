"""The whole loop in a minute, on real code: run by `make demo`.

A real IPython kernel works on a copy of h11, an HTTP library with its own tests and type annotations. The
cells are as models write them; what was sent and what came back is printed as it is.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path
from queue import Empty

from jupyter_client.manager import start_new_kernel

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from sdists import copy

from ipy_llm.source.tokens import tokens

CACHE = Path(__file__).resolve().parents[2] / ".cache"


@dataclass(frozen=True)
class Step:
    """A cell, why it is sent, and what its reply must contain."""

    title: str
    cell: str
    expected: str
    rewrites: str = ""  # the file that would have to be retyped without an editor by name


STEPS = (
    Step("one line loads it", "%load_ext ipy_llm", ""),
    Step(
        "a comment above %%writefile, as models write it",
        "# a quick script to try the headers\n%%writefile try_headers.py\n"
        "from h11._headers import get_comma_header, normalize_and_validate\n"
        'print(get_comma_header(normalize_and_validate([("Connection", "close, Upgrade")]), b"connection"))\n',
        "Writing try_headers.py",
    ),
    Step("what is in a file", "%llm outline h11/_receivebuffer.py", "def maybe_extract_lines"),
    Step("one method, with its digest", "%llm show ReceiveBuffer.maybe_extract_at_most", "@"),
    Step(
        "an edit of one method by name, sent at column 0; tests and types answer",
        "# extracting nothing is a mistake of the caller\n%%edit ReceiveBuffer.maybe_extract_at_most\n"
        "def maybe_extract_at_most(self, count: int) -> Optional[bytearray]:\n"
        '    """\n    Extract at most count bytes from the buffer.\n    """\n'
        "    if count < 0:\n        raise ValueError(count)\n"
        "    return self._extract(count) if self._data else None\n",
        "nothing new",
        rewrites="h11/_receivebuffer.py",
    ),
    Step(
        "a wrong name is refused with the right one",
        "%%edit ReceiveBuffer.maybe_extract_line\ndef maybe_extract_line(self):\n    return None\n",
        "did you mean h11/_receivebuffer.py::ReceiveBuffer.maybe_extract_lines",
    ),
    Step(
        "a broken def never reaches the file",
        "%%edit ReceiveBuffer.__len__\ndef __len__(self -> int:\n    return len(self._data)\n",
        "syntax error",
    ),
    Step(
        "a class sent with its body left out keeps it, and gains what is new",
        "%%edit ReceiveBuffer\nclass ReceiveBuffer:\n    # ... (same as above)\n"
        "    def clear(self) -> None:\n        self._extract(len(self))\n",
        "members not mentioned",
        rewrites="h11/_receivebuffer.py",
    ),
    Step(
        "several edits at once land whole or not at all",
        "%%edit --check=off\n@@ ReceiveBuffer.__len__ len(self._data) => len(self._bytes)\n"
        "@@ delete ReceiveBuffer.clear\n@@ ReceiveBuffer.clea_r\ndef clear(self): ...\n",
        "none of the entries was applied",
    ),
    Step(
        "an edit that breaks tests and a type: exactly these come back, and no old finding",
        '%%edit get_comma_header .split(b",") => .split(",")\n\n',
        "new: ",
        rewrites="h11/_headers.py",
    ),
    Step("undo puts back every byte", "%llm undo", "undone"),
    Step(
        "a mistake is explained by what the called thing is",
        'from h11._headers import set_comma_header\nset_comma_header({"connection": "close"}, b"upgrade")',
        "[ipy_llm] set_comma_header(headers",
    ),
    Step("what a name means", "%llm docs h11.Connection.next_event", "def"),
)

LIVE = (
    Step(
        "an object that lives: a buffer of the module that is edited next",
        "from h11._receivebuffer import ReceiveBuffer\nbuffer = ReceiveBuffer(); take = buffer.maybe_extract_at_most\n"
        'buffer += b"one two"\ntake(3)',
        "bytearray(b'one')",
    ),
    Step(
        "an edit of the module changes the objects that are there, saved methods too",
        "%%edit --check=off ReceiveBuffer.maybe_extract_at_most return self._extract(count) => return self._extract(count).upper()",
        "live: ReceiveBuffer.maybe_extract_at_most patched",
    ),
    Step("the saved method runs the new text", "take(4)", "bytearray(b' TWO')"),
    Step("and undo takes that back, too", "%llm undo", "live: ReceiveBuffer.maybe_extract_at_most patched"),
    Step(
        "a missing import that means one thing is added",
        "counts = Counter()\nclass Tally:\n    def __init__(self):\n        self.seen = Counter()\n\n"
        "    def add(self, word):\n        self.seen[word] += 1\n        return self\n\n"
        "    def most(self):\n        return self.seen.most_common(1)[0]\n\ntally = Tally().add('host').add('host')",
        "# auto: from collections import Counter",
    ),
    Step(
        "what a cell defined is edited by name, and what lives follows",
        "%%edit Tally.most most_common(1)[0] => most_common(1)[0][0]",
        "live: Tally.most patched",
    ),
    Step("the object made before", "tally.most()", "'host'"),
    Step(
        "a class sent anew with the rest left out keeps the rest",
        "class Tally:\n    # ... (same as above)\n\n    def total(self):\n        return sum(self.seen.values())\n",
        "Tally: merged with the one of In[",
    ),
    Step(
        "it goes into a module, with the imports it uses",
        "%llm promote Tally tally.py --check off",
        "created tally.py@",
    ),
    Step(
        "a file written whole: what was lost is told",
        "%%writefile tally.py\nclass Tally:\n    def add(self, word):\n        self.seen[word] += 1\n",
        "tally.py lost Tally.__init__, Tally.most, Tally.total",
    ),
    Step("and can be had back", "%llm undo", "tally.py as before"),
    Step(
        "a hundred thousand lines: head, tail and a handle",
        "for n in range(100_000): print('event', n)",
        "%llm more",
    ),
    Step("what is sought in them", "%llm more --find 'event 4242$'", "event 4242"),
)


class Kernel:
    """A real kernel that runs cells one by one."""

    def __init__(self, folder: Path) -> None:
        self.manager, self.client = start_new_kernel(
            kernel_name="python3", cwd=str(folder), startup_timeout=60,
            extra_arguments=["--colors=NoColor", "--log-level=ERROR"],
        )  # fmt: skip

    def run(self, cell: str) -> str:
        """Return the text a model would be given for a cell."""
        sent = self.client.execute(cell)
        parts: list[str] = []
        while True:
            try:
                message = self.client.get_iopub_msg(timeout=120)
            except Empty:
                return "".join(parts) + "\n(the kernel did not answer)"
            if message["parent_header"].get("msg_id") != sent:
                continue
            content = message["content"]
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                return re.sub(r"\x1b\[[\d;]*m", "", "".join(parts)).strip()
            if message["msg_type"] == "stream":
                parts.append(content["text"])
            elif message["msg_type"] == "error":
                parts.append("\n".join(content["traceback"]))
            elif message["msg_type"] == "execute_result":
                parts.append(content["data"]["text/plain"])

    def stop(self) -> None:
        """End the kernel."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def main() -> int:
    """Run every step; return 1 if a reply is not what it must be."""
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["IPY_LLM_CACHE"] = f"{scratch}/cache"
        project = copy("h11", "0.16.0", CACHE, Path(scratch))
        before = {path: path.read_bytes() for path in project.rglob("*.py")}
        print("h11 0.16.0 from the registry, copied; a real kernel in it\n")
        kernel = Kernel(project)
        try:
            wrong = sum(not _play(number, step, kernel, project) for number, step in enumerate(STEPS, 1))
            print("=== the second act: the session follows\n")
            wrong += sum(
                not _play(number, step, kernel, project) for number, step in enumerate(LIVE, len(STEPS) + 1)
            )
        finally:
            kernel.stop()
        changed = [path.name for path, data in before.items() if path.read_bytes() != data]
        print(f"--- files that changed in the end: {', '.join(changed)}; every other byte is as it was\n")
        wrong += changed != ["_receivebuffer.py"]
        wrong += not _bundle(len(STEPS) + len(LIVE) + 1, project, Path(scratch))
    print(f"{len(STEPS) + len(LIVE) + 1} steps, {wrong} not as they must be")
    return int(bool(wrong))


def _play(number: int, step: Step, kernel: Kernel, project: Path) -> bool:
    print(f"--- {number}. {step.title}")
    print(_quote(step.cell, ">>> "))
    reply = kernel.run(step.cell)
    print(_short(reply) or "(silence)")
    cost = f"    about {tokens(step.cell)} tokens sent, {tokens(reply)} back"
    if step.rewrites:
        cost += f"; retyping {step.rewrites}: {tokens((project / step.rewrites).read_text())}"
    print(f"{cost}\n")
    if step.expected not in reply:
        print(f"!!! expected: {step.expected}\n")
    return step.expected in reply


def _short(reply: str) -> str:
    """Return a reply as this page shows it: of a very long one the ends."""
    lines = reply.split("\n")
    return reply if len(lines) < 60 else "\n".join([*lines[:5], f"   ({len(lines) - 10} lines)", *lines[-5:]])


def _bundle(number: int, project: Path, scratch: Path) -> bool:
    """Build one file, and edit with it from a Python without pip, where it can be done without network."""
    print(f"--- {number}. the same in a sandbox without pip or internet: one file carries it all")
    bundle = scratch / "ipy_llm_bundle.py"
    built = _command([sys.executable, "-m", "ipy_llm", "bundle", "-o", str(bundle)], project)
    print(built.splitlines()[0].replace(str(scratch), "..."))
    venv.create(scratch / "bare", with_pip=False)
    python = str(scratch / "bare" / "bin" / "python")
    offline = ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*offline, "true"], check=False, capture_output=True).returncode:
        offline = []
    edit = ["edit", "--check=off", "ReceiveBuffer.__bool__", "bool(len(self))", "=>", "len(self) > 0"]
    reply = _command(
        [*offline, python, str(bundle), *edit], project, IPY_LLM_BUNDLE_DIR=str(scratch / "unpacked")
    )
    print(f">>> python ipy_llm_bundle.py {' '.join(edit)}")
    print(reply.replace(str(scratch), "..."))
    print(f"    a Python without pip{', its network off' if offline else ''}\n")
    return "edited h11/_receivebuffer.py::ReceiveBuffer.__bool__" in reply


def _command(command: list[str], folder: Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    return (done.stderr + done.stdout).strip()


def _quote(text: str, mark: str) -> str:
    return "\n".join(
        mark + line if number == 0 else "    " + line for number, line in enumerate(text.rstrip().split("\n"))
    )


if __name__ == "__main__":
    sys.exit(main())
