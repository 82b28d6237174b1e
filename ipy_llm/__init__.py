"""A workbench for models that write Python: edit by name, run live, see what broke and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__version__ = "0.1.0"

__all__ = ["__version__", "load_ipython_extension", "unload_ipython_extension"]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Install the extension in a running IPython: `%load_ext ipy_llm`."""
    from ipy_llm.faces.magics import load  # noqa: PLC0415 - `import ipy_llm` must import nothing heavy

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Leave IPython as it was found: `%unload_ext ipy_llm`."""
    from ipy_llm.faces.magics import unload  # noqa: PLC0415 - as above

    unload(shell)
