"""Which tool checks a project's types."""

from __future__ import annotations

from pathlib import Path

from ipy_llm.checks.pyright import configures_pyright, find_pyright
from ipy_llm.checks.types import configures_mypy, ships_types
from ipy_llm.workspace.settings import Checker, read_settings


def checker(root: Path, interpreter: Path) -> Checker:
    """Return what the project's settings say; else pyright for a user who has it, where the project configures that and not mypy; else mypy.

    Raises as `read_settings` does.
    """
    if (asked := read_settings(root).types) is not None:
        return asked
    configured = configures_pyright(root) and not configures_mypy(root)
    return "pyright" if configured and find_pyright(root, interpreter) else "mypy"


def is_typed(root: Path) -> bool:
    """Tell whether a project asks for its types to be checked: by our settings, a configuration of mypy or pyright, or a `py.typed`."""
    asked = read_settings(root).types
    return (
        asked not in (None, "off") or configures_mypy(root) or configures_pyright(root) or ships_types(root)
    )
