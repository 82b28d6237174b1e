"""What an edit on disk means for the modules a session has imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from ipy_llm.explore.stored import instance_dict, plain_text


def stale_modules(paths: Iterable[str], told: set[str]) -> list[str]:
    """Return a line for each imported module whose file is one of `paths`: the session runs its old code.

    `told` keeps, over a session, the modules of which that was said: it stays true until a restart.
    """
    files = {os.path.realpath(path) for path in paths}
    if not files:
        return []
    # The table may grow while it is read: another thread may be importing.
    names = sorted(
        name
        for name, module in list(sys.modules.items())
        if name != "__main__"
        and name not in told
        and (file := plain_text(instance_dict(module).get("__file__")))
        and os.path.realpath(file) in files
    )
    told.update(names)
    return [
        f"{name} is imported in this session, which runs the old code until it is restarted" for name in names
    ]
