"""What an edit on disk means for the modules a session has imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable


def stale_modules(paths: Iterable[str]) -> list[str]:
    """Return a line for each imported module whose file is one of `paths`: its objects keep the old code."""
    files = {os.path.realpath(path) for path in paths}
    if not files:
        return []
    # The table may grow while it is read: another thread may be importing.
    names = [
        name
        for name, module in list(sys.modules.items())
        if name != "__main__"
        and (file := getattr(module, "__file__", None))
        and os.path.realpath(file) in files
    ]
    return [
        f"{name} is imported here and keeps the old code: importlib.reload({name})" for name in sorted(names)
    ]
