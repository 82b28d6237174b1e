"""What a model must be told: `prompt`."""

from __future__ import annotations

from ipy_llm.operations.operation import Reply
from ipy_llm.workspace.project import Workspace

PROMPT = """\
Edit Python by name; never retype a file. After `%load_ext ipy_llm` a cell
%%edit shop/cart.py::Cart.total
def total(self): ...
replaces that method (any indentation; decorators stay; `# ...` keeps the rest). Also
%%edit after|before|into|delete ADDRESS, %%edit ADDRESS old => new
ADDRESS: file.py::Class.method, ::NAME, ::#imports; lines ADDRESS@digest:4-6
Several: %%edit, then `@@ ADDRESS` above each text
%llm show ADDRESS | outline PATH | find NAME | refs ADDRESS | docs NAME | check | undo
Shell: `ipy-llm edit ADDRESS <<'EOF'`
"""


def prompt(workspace: Workspace) -> Reply:  # noqa: ARG001 - every operation takes it
    """Print what a model must be told to use ipy_llm."""
    return Reply(tuple(PROMPT.rstrip().split("\n")), {"prompt": PROMPT})
