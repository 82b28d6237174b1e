"""Put the parts of a session into a running IPython, and take them out again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ipy_llm.session.cells.forgiving import Forgiving
from ipy_llm.session.documents.registry import Cells
from ipy_llm.session.errors.explaining import Explaining
from ipy_llm.session.importing.adding import Importing
from ipy_llm.session.live.following import Following
from ipy_llm.session.output.bounding import Bounding
from ipy_llm.session.output.kept import Kept
from ipy_llm.session.shell import Part, Switches
from ipy_llm.session.written.watching import Watching

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_PLACE = "_ipy_llm_session"  # on the shell, so that the record lives as long as the hooks do


@dataclass(frozen=True, slots=True)
class Installed:
    """The parts in one shell: exactly what `uninstall` takes out."""

    switches: Switches
    cells: Cells
    kept: Kept
    output: Bounding
    following: Following
    parts: tuple[Part, ...]


def install(shell: InteractiveShell) -> Installed:
    """Put every part into `shell`; a second call finds it done and changes nothing."""
    present = vars(shell).get(_PLACE)
    if isinstance(present, Installed):
        return present
    switches, cells, kept = Switches(), Cells(), Kept()
    following, output = Following(shell, switches), Bounding(shell, switches, kept)
    # The last one stands outermost: what was printed before an error is shown above it.
    parts = (
        Forgiving(shell, switches, cells),
        Importing(shell, switches),
        Explaining(shell, switches),
        Watching(shell, switches),
        following,
        output,
    )
    installed = Installed(switches, cells, kept, output, following, parts)
    for part in installed.parts:
        part.put_on()
    setattr(shell, _PLACE, installed)
    return installed


def uninstall(shell: InteractiveShell) -> None:
    """Leave `shell` as `install` found it; without an `install` before, do nothing."""
    installed = vars(shell).get(_PLACE)
    if not isinstance(installed, Installed):
        return
    delattr(shell, _PLACE)
    for part in reversed(installed.parts):
        part.take_off()
