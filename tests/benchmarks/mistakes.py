"""Whether a reply to a mistake holds what is needed to put it right, and how long it is: ours beside what others print, in one run.

    python tests/benchmarks/mistakes.py

The list is tests/acceptance/mistakes.txt. A mistake that takes a package which is not installed is left out. The others print
the very exception that ours met: IPython's modes, rich and friendly, where these are installed.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import re
import statistics
import sys
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from mistakes import Shell, read_mistakes

COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def mode(name: str) -> Callable[[Shell, BaseException], str]:
    """Return what prints an exception in one of IPython's modes."""

    def printed(shell: Shell, error: BaseException) -> str:
        table = shell.shell.InteractiveTB
        table.set_mode(name)
        stb = table.structured_traceback(type(error), error, error.__traceback__, tb_offset=1)
        return "\n".join(stb)

    return printed


def rich(_shell: Shell, error: BaseException) -> str:
    """Print an exception as rich does."""
    from rich.console import Console
    from rich.traceback import Traceback

    console = Console(file=io.StringIO(), width=100, no_color=True)
    console.print(Traceback.from_exception(type(error), error, error.__traceback__))
    return console.file.getvalue()


def again(error: BaseException) -> None:
    """Raise an exception."""
    raise error


def shown(show: Callable[[Shell, BaseException], str], shell: Shell) -> str:
    """Return what another prints, or that it cannot."""
    try:
        return show(shell, shell.error)
    except Exception as error:  # noqa: BLE001 - that it cannot is a result
        return f"{type(error).__name__}"


def friendly(_shell: Shell, error: BaseException) -> str:
    """Print an exception as friendly does."""
    import friendly_traceback

    try:
        again(error)
    except BaseException:  # noqa: BLE001 - whatever it is
        friendly_traceback.explain_traceback(redirect="capture")
    return friendly_traceback.get_output()


OTHERS: dict[str, Any] = {
    "%xmode Context": mode("Context"),
    "%xmode Minimal": mode("Minimal"),
    "rich": rich,
    "friendly": friendly,
}


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    for package in ("rich", "friendly_traceback"):
        if importlib.util.find_spec(package) is None:
            OTHERS.pop(package.partition("_")[0])
    lengths: dict[str, list[int]] = defaultdict(list)
    held: dict[str, int] = defaultdict(int)
    count = 0
    for mistake in read_mistakes():
        if not mistake.possible:
            continue
        count += 1
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            os.environ["IPY_LLM_CACHE"] = f"{folder}/cache"
            said = io.StringIO()
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
                shell = Shell(Path(folder))
                replies = {"ipy_llm": shell.run(mistake.cells) or said.getvalue()}
                if shell.error is None:  # ours imported what was missing: the others meet the error
                    shell.close()
                    shell = Shell(Path(folder), imports=False)
                    shell.run(mistake.cells)
                for name, show in OTHERS.items():
                    replies[name] = shown(show, shell)
                shell.close()
            os.chdir("/")
        for name, reply in replies.items():
            lengths[name].append(len(COLOURS.sub("", reply)))
            lacks = mistake.lacks(reply)
            held[name] += not lacks
            if name == "ipy_llm" and lacks:
                print(f"{mistake.name}: lacks {lacks}", file=sys.stderr)
    print(f"{count} mistakes\n")
    print("| | the needed fact is there | median characters | longest |\n|---|---|---|---|")
    for name, found in lengths.items():
        share = f"{held[name]} ({100 * held[name] / count:.0f} %)"
        print(f"| {name} | {share} | {statistics.median(found):.0f} | {max(found)} |")


if __name__ == "__main__":
    main()
