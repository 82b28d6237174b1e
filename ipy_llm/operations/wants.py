"""Which import a name of a project's file wants: what its other files import, and what is usual."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ipy_llm.checks.interpreter import project_interpreter
from ipy_llm.explore.held import installed
from ipy_llm.explore.imported import imported
from ipy_llm.explore.index import read_index
from ipy_llm.explore.wanted import Wanted, wanted
from ipy_llm.source.structure.unbound import Use
from ipy_llm.workspace.project import Workspace, cache_folder


def wants(name: str, uses: Sequence[Use], file: str, workspace: Workspace) -> Wanted:
    """Return the import that a name wants where `uses` say, in a file given from the project's root."""
    if not uses:
        return Wanted()
    seen = imported(name, read_index(workspace.root, cache_folder(workspace.root)), file)
    return wanted(name, uses, seen, _available(workspace.root))


def _available(root: Path) -> Callable[[str], bool]:
    """Return what says whether a module is installed, for us or for the project."""
    folder = project_interpreter(root).parent.parent
    packages = [*folder.glob("lib/python*/site-packages"), folder / "Lib" / "site-packages"]

    def available(module: str) -> bool:
        top = module.partition(".")[0]
        if (root / top).exists() or (root / f"{top}.py").exists():
            return False  # the project's own, by a name that is usual for another's
        return installed(module) or any(
            (each / top / "__init__.py").exists() or (each / f"{top}.py").exists() for each in packages
        )

    return available
