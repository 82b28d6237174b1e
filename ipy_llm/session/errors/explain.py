"""The lines under a traceback: what the failing line was up against, at most 600 characters."""

from __future__ import annotations

import linecache
from collections.abc import Collection
from itertools import islice

from ipy_llm.explore.prose import bounded
from ipy_llm.explore.stored import is_a
from ipy_llm.session.errors.cells import Session
from ipy_llm.session.errors.facts import facts
from ipy_llm.session.errors.failing import innermost_magic
from ipy_llm.session.errors.hints import FOREIGN_BODIES, MagicUse, commented_magic, syntax_hint, usage_hint
from ipy_llm.session.errors.raised import leaves, slot, traceback_of

LIMIT = 600  # characters of facts under one traceback
MARK = "[ipy_llm] "
_OF_GROUP = 3  # exceptions of a group that are looked at


def explain(error: BaseException, session: Session, cell_magics: Collection[str]) -> str:
    """Return the facts about an uncaught exception, "" for none; `cell_magics` are the known names.

    Of a group those about the exceptions in it; of one that nothing is known of, those about its cause.
    """
    if is_a(error, SyntaxError):
        return _marked(_about_syntax(error, cell_magics))
    lines = _about_commented_magic(error, cell_magics) if is_a(error, NameError) else []
    for each in islice(leaves(error), _OF_GROUP):
        lines = lines or facts(each, session)
    cause = slot(error, BaseException, "__cause__")
    if not lines and is_a(cause, BaseException):
        lines = facts(cause, session)
    return _marked(lines)


def explain_usage(error: BaseException, *, cell_magics: Collection[str], line_magics: Collection[str]) -> str:
    """Return what to write instead of a magic call that was refused, "" for nothing."""
    found = innermost_magic(traceback_of(error))
    if found is None:
        return ""
    hint = usage_hint(MagicUse(*found), cell_magics, line_magics)
    return _marked([hint] if hint else [])


def _about_syntax(error: BaseException, cell_magics: Collection[str]) -> list[str]:
    name, number = slot(error, SyntaxError, "filename"), slot(error, SyntaxError, "lineno")
    source = "".join(linecache.getlines(name)) if type(name) is str else ""
    lines = source.split("\n")
    failing = lines[number - 1] if type(number) is int and 0 < number <= len(lines) else ""
    hint = syntax_hint(source, failing, cell_magics)
    return [hint] if hint else []


def _about_commented_magic(error: BaseException, cell_magics: Collection[str]) -> list[str]:
    """Look for `#%%bash`: its body fails over its first word as often as over its syntax."""
    traceback = traceback_of(error)
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    source = (
        "".join(linecache.getlines(traceback.tb_frame.f_code.co_filename)) if traceback is not None else ""
    )
    name = commented_magic(source, cell_magics)
    return [f"#%%{name} is a comment: write %%{name}"] if name in FOREIGN_BODIES else []


def _marked(lines: list[str]) -> str:
    return bounded("\n".join(f"{MARK}{line}" for line in lines), LIMIT)
