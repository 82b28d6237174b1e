"""One file for a sandbox without internet: `bundle`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from ipy_llm.bundle.build import build
from ipy_llm.operations.operation import Reply
from ipy_llm.workspace.project import Workspace


def bundle(
    workspace: Workspace,
    *,
    output: Annotated[str, "the file to write, .py or .zip"] = "ipy_llm_bundle.py",
    python: Annotated[str, "the Pythons it is for, e.g. 3.11,3.13 (default: the running one)"] = "",
    platform: Annotated[str, "the platform it is for (default: this one)"] = "",
) -> Reply:
    """Write one Python file that installs ipy_llm where there is no internet and no pip."""
    wanted = [version.strip() for version in python.split(",") if version.strip()]
    made = build(Path(workspace.folder, output), pythons=wanted, platform=platform)
    inside = ", ".join(f"{content.name} {content.version}" for content in made.contents)
    name = made.path.stem
    lines = (
        f"wrote {output}, {made.size / 1e6:.2f} MB, for {', '.join(made.targets)}: {inside}",
        *made.notes,
        f"in the sandbox: `import {name}` then `%load_ext ipy_llm`, or `python {made.path.name} show ...`",
    )
    return Reply(lines, {"path": str(made.path), "size": made.size, "targets": list(made.targets)})
