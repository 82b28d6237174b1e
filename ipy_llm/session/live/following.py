"""The part that lets running modules follow their files: after an edit, and before a cell runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ipy_llm.session.live.running import SCRIPT, Running, Table, file_status, read_text
from ipy_llm.session.shell import Switches
from ipy_llm.workspace.project import current_folder, find_root

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

    from ipy_llm.session.live.engine import Followed


class Following:
    """Running objects follow the files they came from."""

    def __init__(self, shell: InteractiveShell, switches: Switches) -> None:
        self._shell = shell
        self._switches = switches
        self._table = Table()
        self._roots: dict[str, str] = {}  # of each current folder
        self._stood_down = False
        self._before, self._after = self.before_cell, self.after_cell

    def put_on(self) -> None:
        """Look before and after each cell."""
        self._shell.events.register("pre_run_cell", self._before)
        self._shell.events.register("post_run_cell", self._after)
        self.notice()

    def take_off(self) -> None:
        """Look no more."""
        for event, callback in (("pre_run_cell", self._before), ("post_run_cell", self._after)):
            with suppress(ValueError):  # someone else cleared the list
                self._shell.events.unregister(event, callback)

    def before_cell(self, _: ExecutionInfo) -> None:
        """Follow files that were changed from outside, and say so."""
        try:
            lines = self.follow()
        except Exception as error:  # noqa: BLE001 - IPython would report it as an error of the cell
            lines = [f"live: failed: {type(error).__name__}: {error}; restart to be sure of what runs"]
        if lines:
            print("\n".join(lines), file=sys.stderr)  # noqa: T201 - the stream of the cell about to run

    def after_cell(self, _: ExecutionResult) -> None:
        """Keep the texts of the modules that the cell imported."""
        try:
            self.notice()
        except Exception:  # noqa: BLE001 - as above
            return

    def notice(self, root: str | None = None) -> None:
        """Look at modules that are new, those of the project at `root` if it is not the one around us."""
        if self._works():
            self._table.notice(root or self._root(), _scripts(self._shell))

    def follow(self, paths: Iterable[str] | None = None) -> list[str]:
        """Let what runs the files that changed, or those of `paths` that did, follow; return what to say."""
        if not self._works():
            return self._stand_down()
        self._stood_down = False
        self.notice()
        wanted = None if paths is None else {os.path.realpath(path) for path in paths}
        waiting = []
        for entry in self._table:
            if wanted is not None and entry.real not in wanted:
                continue
            status = file_status(entry.real)
            if status is not None and status != entry.status:
                text = read_text(entry.real)
                entry.status = status
                if text is not None and text != entry.text:
                    waiting.append((entry, text))
        return _lines(follow_all(waiting, self._shell.user_ns, self._root())) if waiting else []

    def _works(self) -> bool:
        return self._switches.follow and not _autoreloads(self._shell)

    def _stand_down(self) -> list[str]:
        self._table.clear()  # whoever follows them now, their texts are others by the time we look again
        if self._stood_down or not self._switches.follow:
            return []
        self._stood_down = True
        return ["live: %autoreload is on and follows the files; %autoreload 0 leaves them to %%edit"]

    def _root(self) -> str:
        folder = current_folder()
        if folder not in self._roots:
            self._roots[folder] = str(find_root(Path(folder)))
        return self._roots[folder]


def _autoreloads(shell: InteractiveShell) -> bool:
    magics = shell.magics_manager.registry.get("AutoreloadMagics")
    reloader = getattr(magics, "_reloader", None)
    return bool(getattr(reloader, "enabled", False))


def _scripts(shell: InteractiveShell) -> list[tuple[str, ModuleType]]:
    """Return the namespaces of scripts that `%run` ran."""
    kept: dict[str, ModuleType] = getattr(shell, "_main_mod_cache", {})
    return [(f"{SCRIPT}{file}", module) for file, module in list(kept.items())]


def follow_all(
    waiting: list[tuple[Running, str]], names: dict[str, Any], root: str
) -> list[tuple[Running, Followed]]:
    """Follow several files; one that needs what another brings comes after it."""
    from ipy_llm.session.live.elsewhere import follow_imports  # noqa: PLC0415 - most cells change no file
    from ipy_llm.session.live.engine import STEP, Followed, follow  # noqa: PLC0415 - as above

    done: list[tuple[Running, Followed]] = []
    while waiting:
        refused = []
        for entry, text in waiting:
            if entry.text is None:
                followed = Followed(
                    refused="it changed between its import and the first look at it", step=STEP
                )
            else:
                followed = follow(
                    entry.namespace,
                    entry.text,
                    text,
                    entry.file,
                    behind=entry.behind,
                    effects=not entry.script,
                )
            if followed.refused:
                refused.append((entry, text, followed))
            else:
                entry.text, entry.behind = text, followed.behind
                done.append((entry, follow_imports(entry, followed, names, root)))
        if len(refused) == len(waiting):
            return done + [(entry, followed) for entry, _, followed in refused]
        waiting = [(entry, text) for entry, text, _ in refused]
    return done


def _lines(done: list[tuple[Running, Followed]]) -> list[str]:
    several = len({entry.name for entry, _ in done}) > 1
    lines = []
    for entry, followed in done:
        for line in followed.lines:
            said = (
                line.replace("live: ", f"live: {entry.name}: ", 1)
                if several or followed.refused or followed.left
                else line
            )
            lines.append(said)
    return list(dict.fromkeys(lines))
