"""Tell which modules of others a run imports: what the next one may find imported. A plugin of pytest."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Callable
from typing import Any

import pytest


class Loaded:
    """Tells what is there before anything of the project's is, and what was installed and is there at the end.

    Plugins are left out, with all their distributions have: pytest rewrites their asserts as it imports them, and warns of
    those it finds imported.
    """

    def __init__(self, note: Callable[..., None]) -> None:
        self._note = note
        self._early: list[str] = []
        self._plugins: frozenset[str] = frozenset()
        paths = sysconfig.get_paths()
        self._installed = tuple(os.path.join(paths[name], "") for name in ("purelib", "platlib"))
        self._standard = tuple(os.path.join(paths[name], "") for name in ("stdlib", "platstdlib"))

    @pytest.hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(self, early_config: Any) -> None:
        """Tell what any run has."""
        self._plugins = frozenset(_parts_of_plugins(early_config))
        self._early = self._of(self._installed + self._standard)
        self._note(early=self._early)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Tell what this one had."""
        known = frozenset(self._early)
        self._note(late=[name for name in self._of(self._installed) if name not in known])

    def _of(self, folders: tuple[str, ...]) -> list[str]:
        found = []
        for name, module in list(sys.modules.items()):
            spec = getattr(module, "__spec__", None)
            origin = getattr(spec, "origin", None) or ""
            if (
                getattr(spec, "name", None) == name
                and name.partition(".")[0] not in self._plugins
                and (origin in ("built-in", "frozen") or str(origin).startswith(folders))
            ):
                found.append(name)
        return found


def _parts_of_plugins(config: Any) -> list[str]:
    return [
        str(file).replace(os.sep, "/").partition("/")[0].partition(".")[0]
        for _, distribution in config.pluginmanager.list_plugin_distinfo()
        for file in getattr(distribution, "files", None) or ()
    ]
