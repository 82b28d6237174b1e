"""Names that are not there: what was meant, imported, deleted or never come to."""

from __future__ import annotations

import builtins
import re
from pathlib import Path

from ipy_llm.explore.stored import MISSING, attribute, is_a
from ipy_llm.session.errors.cells import Session, last_binding
from ipy_llm.session.errors.failing import Failing, lookup
from ipy_llm.session.errors.moved import instead
from ipy_llm.session.errors.raised import message, slot
from ipy_llm.session.importing import finding
from ipy_llm.source.near import closest
from ipy_llm.workspace.project import current_folder

_UNBOUND = re.compile(r"local variable '(\w+)'")
_SHELL = frozenset({"In", "Out", "exit", "quit", "get_ipython", "open"})  # IPython's own


def name(error: BaseException, failing: Failing | None, session: Session) -> list[str]:
    """Tell what a name that is not defined may be."""
    if is_a(error, UnboundLocalError):
        return _unbound(message(error), failing)
    wanted = slot(error, NameError, "name")
    if type(wanted) is not str or failing is None:
        return []
    last = last_binding(wanted, session)
    if last is not None:
        how = (
            "was deleted" if last.deleted else "is bound where its cell ended before, or was taken away since"
        )
        return [f"{wanted} {how}: {last}"]
    imports = finding.hint(wanted, failing.tree, Path(current_folder()))
    if imports:
        return [" or ".join(imports)]
    frame = failing.frame
    owner = lookup("self", frame)
    if owner is not MISSING and attribute(owner, wanted) is not MISSING:
        return [f"self.{wanted} exists"]
    moved = instead(wanted)
    if moved:
        return [f"instead of {wanted}: {moved}"]
    scope = {
        each for each in (*frame.f_locals, *frame.f_globals) if type(each) is str and not each.startswith("_")
    }
    near = closest(wanted, scope - _SHELL, count=3) or closest(wanted, vars(builtins), count=2)
    return [f"did you mean {' or '.join(near)}?"] if near else []


def _unbound(message: str, failing: Failing | None) -> list[str]:
    match = _UNBOUND.search(message)
    if match is None or failing is None or match[1] not in failing.frame.f_globals:
        return []
    function = failing.frame.f_code.co_name
    return [f"{function} assigns {match[1]}, so it is local there; the global one needs `global {match[1]}`"]
