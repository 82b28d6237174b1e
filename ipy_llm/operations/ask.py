"""Asking what a name means: `docs`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from ipy_llm.checks.interpreter import project_interpreter
from ipy_llm.explore.docs import docs as look_up
from ipy_llm.explore.docs import render
from ipy_llm.explore.page import TOKENS
from ipy_llm.operations.operation import Reply
from ipy_llm.workspace.project import Workspace


def docs(
    workspace: Workspace,
    name: Annotated[str, "dotted name, e.g. json.dumps or Cart.total"],
    *,
    tokens: Annotated[int, "about how many tokens to print: members beyond are named only"] = TOKENS,
    namespace: Mapping[str, object] | None = None,
) -> Reply:
    """Tell what a name is: signature, first paragraph, where it is defined, members."""
    other = other_python(workspace.root)
    # A member takes some twenty at least: no more of them are looked at than may be told.
    limit = max(tokens // 20, 1)
    found = look_up(name, root=workspace.root, namespace=namespace, interpreter=other, limit=limit)
    lines = tuple(render(found, tokens))
    return Reply(lines, {"name": name, "text": "\n".join(lines)})


def other_python(root: Path) -> str | None:
    """Return the project's Python where it is not ours, which needs no second process to be asked."""
    python = project_interpreter(root)
    return None if str(python) == os.path.abspath(sys.executable) else str(python)
