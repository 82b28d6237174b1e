"""A traceback for a model: a line for each frame of the user's, one for each run of a library's, the message.

What Python would print of recursion is folded, chains of exceptions and groups are a line each. Nothing of the
user's runs: a message that only code of theirs could tell is taken from what IPython has written already.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

from ipy_llm.explore.prose import bounded
from ipy_llm.explore.stored import MISSING, class_attribute, instance_dict, is_a, plain_text, qualname
from ipy_llm.session.errors.cells import Session
from ipy_llm.session.errors.failing import entries, source_of
from ipy_llm.session.errors.raised import group_of, slot, traceback_of
from ipy_llm.workspace.project import current_folder

MESSAGE = 700  # characters of a message
_LINKED = 200  # of one in a chain or group
_LINE = 120  # of a source line
_MOST_FRAMES = 12  # of the user's; above that the middle is left out
_MOST_LINKS = 4
_MOST_OF_GROUP = 6
_LONGEST_CYCLE = 6  # functions that call one another in turn
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_INSTALLED = re.compile(r".*[/\\](?:site|dist)-packages[/\\]")
_MAGIC = re.compile(r"get_ipython\(\)\.run_(?P<kind>cell|line)_magic\('(?P<name>\w+)', (?P<line>'[^']*')?")
_MACHINERY = frozenset(
    {"IPython", "ipykernel", "ipy_llm", "asyncio", "contextlib.py", "concurrent", "decorator.py"}
)
_PLAIN = (str, int, float, bool, bytes, type(None))
_MORE = re.compile(r"^ *For further information visit https?://\S+\n?", re.MULTILINE)  # pydantic


@dataclass(frozen=True, slots=True)
class _Frame:
    """One frame: the user's with what it is doing, a library's with its package."""

    text: str
    package: str = ""  # of a library


def compact(error: BaseException, stock: Sequence[str], session: Session) -> str:
    """Return the traceback of an exception; `stock` is IPython's own, where that was made.

    Nothing for what IPython shows best: an exit, an exception that draws itself, a cell that is no Python.
    """
    if is_a(error, SystemExit) or class_attribute(type(error), "_render_traceback_") is not MISSING:
        return ""
    broken = is_a(error, SyntaxError)
    if broken and not _where(error, session):
        return ""
    lines = _frames(traceback_of(error), session)
    if broken:
        lines.append(_broken(error, session))
    lines.append(_headed(error, _message(error, stock, MESSAGE)))
    lines += _group(error, session, "  ")
    lines += _links(error, session)
    return "\n".join(lines)


def _broken(error: BaseException, session: Session) -> str:
    """Return the line of a file that is no Python."""
    file, number = slot(error, SyntaxError, "filename"), slot(error, SyntaxError, "lineno")
    text = plain_text(slot(error, SyntaxError, "text")).strip()
    place = _place(plain_text(file), number, session) if type(number) is int else plain_text(file)
    return f"{place}: {bounded(text, _LINE)}"


def _frames(traceback: TracebackType | None, session: Session) -> list[str]:
    found = _described(traceback, session)
    own = [index for index, frame in enumerate(found) if not frame.package]
    # what stands above the user's first frame is how IPython came to it
    found = found[own[0] :] if own else [each for each in found if each.package not in _MACHINERY][-2:]
    folded = _folded([each for each in found if each.package not in _MACHINERY])
    if len(folded) > _MOST_FRAMES:
        left = len(folded) - _MOST_FRAMES
        half = _MOST_FRAMES // 3
        folded[half : half + left] = [f"... {left} more lines"]
    return folded


def _described(traceback: TracebackType | None, session: Session) -> list[_Frame]:
    outer: list[TracebackType] = []
    found = []
    for entry in entries(traceback):
        text = source_of(entry.tb_frame, outer)
        outer.append(entry)
        found.append(_library(entry) if text is None else _own(entry, text, session))
    return found


def _own(entry: TracebackType, text: str, session: Session) -> _Frame:
    code, number = entry.tb_frame.f_code, entry.tb_lineno
    lines = text.split("\n")
    source = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    magic = _MAGIC.match(source)
    if magic is not None:
        source = f"{'%%' if magic['kind'] == 'cell' else '%'}{magic['name']} {(magic['line'] or '')[1:-1]}".rstrip()
    name = "" if code.co_name == "<module>" else f", in {_called(code)}"
    place = _place(code.co_filename, number, session)
    return _Frame(f"{place}{name}: {bounded(source, _LINE)}" if source else f"{place}{name}")


def _called(code: object) -> str:
    name = getattr(code, "co_qualname", None) or getattr(code, "co_name", "")  # the first from Python 3.11 on
    return str(name).rpartition("<locals>.")[2]


def _place(file: str, number: int, session: Session) -> str:
    label = session.label(file)
    if label:
        return f"{label}, line {number}"
    if file.startswith("<"):
        return f"{file.partition('>')[0]}>, line {number}"
    here = os.path.join(current_folder(), "")
    return f"{file.removeprefix(here)}:{number}"


def _library(entry: TracebackType) -> _Frame:
    code = entry.tb_frame.f_code
    file = code.co_filename
    if file.startswith("<frozen "):
        package, short = "importlib", file[8:-1]
    else:
        installed = _INSTALLED.match(file)
        start = installed.end() if installed else len(os.path.dirname(os.__file__)) + 1
        short = file[start:] if installed or file.startswith(os.path.dirname(os.__file__)) else file
        package = re.split(r"[/\\]", short)[0]
    return _Frame(f"{short}:{entry.tb_lineno} in {code.co_name}", package or "?")


def _folded(frames: Sequence[_Frame]) -> list[str]:
    """Return the frames as lines: those of libraries as one, and what repeats once."""
    lines: list[str] = []
    run: list[_Frame] = []
    for frame in [*frames, _Frame("")]:
        if frame.package:
            run.append(frame)
            continue
        if run:
            count = f"... {len(run)} frames, last " if len(run) > 1 else ""
            lines.append(f"  {count}{run[-1].text}")
            run = []
        if frame.text:
            lines.append(frame.text)
    return _once(lines)


def _once(lines: list[str]) -> list[str]:
    """Fold lines that repeat, alone or in turn."""
    found: list[str] = []
    at = 0
    while at < len(lines):
        length, times = _cycle(lines, at)
        found += lines[at : at + length]
        if times > 1:
            what = "the line above" if length == 1 else f"the {length} lines above"
            found.append(f"... {what} {times - 1} more times")
        at += length * times
    return found


def _cycle(lines: list[str], at: int) -> tuple[int, int]:
    for length in range(1, _LONGEST_CYCLE + 1):
        times = 1
        while lines[at : at + length] == lines[at + length * times : at + length * (times + 1)]:
            times += 1
        if times * length > length + 2:
            return length, times
    return 1, 1


def _links(error: BaseException, session: Session) -> list[str]:
    """Return a line for each exception that led to this one."""
    lines: list[str] = []
    seen = [id(error)]
    while len(lines) < _MOST_LINKS:
        cause = slot(error, BaseException, "__cause__")
        hidden = slot(error, BaseException, "__suppress_context__")
        other = cause if cause is not None else None if hidden else slot(error, BaseException, "__context__")
        if not is_a(other, BaseException) or id(other) in seen:
            break
        said = _headed(other, _message(other, (), _LINKED))
        same = said == _headed(error, _message(error, (), _LINKED))
        if not same:  # a library often raises the same again
            how = "caused by" if cause is not None else "while handling"
            lines.append(f"{how} {said}{_where(other, session)}")
        seen.append(id(other))
        error = other
    return lines


def _group(error: BaseException, session: Session, indent: str) -> list[str]:
    """Return a line for each exception of a group."""
    found = group_of(error)
    lines = []
    for each in found[:_MOST_OF_GROUP]:
        lines.append(f"{indent}{_headed(each, _message(each, (), _LINKED))}{_where(each, session)}")
        if len(indent) < 6:
            lines += _group(each, session, f"{indent}  ")
    if len(found) > _MOST_OF_GROUP:
        lines.append(f"{indent}... {len(found) - _MOST_OF_GROUP} more")
    return lines


def _where(error: BaseException, session: Session) -> str:
    """Return the innermost frame of the user's where an exception came up."""
    own = [frame.text for frame in _described(traceback_of(error), session) if not frame.package]
    return f" ({own[-1]})" if own else ""


def _headed(error: BaseException, message: str) -> str:
    name = qualname(type(error)).rpartition(".")[2]
    return f"{name}: {message}" if message else name


def _message(error: BaseException, stock: Sequence[str], limit: int) -> str:
    """Return the message, as it is where only Python itself writes it, else as IPython wrote it."""
    written = class_attribute(type(error), "__str__")
    arguments = slot(error, BaseException, "args")
    plain = type(arguments) is tuple and all(type(each) in _PLAIN for each in arguments)
    if group_of(error):
        text = plain_text(arguments[0]) if type(arguments) is tuple and arguments else ""
    elif plain and not hasattr(written, "__code__") and type(written).__name__ == "wrapper_descriptor":
        text = str(error)
    else:
        text = _written(error, stock)
    text = _MORE.sub("", text)
    notes = instance_dict(error).get("__notes__")
    if type(notes) is list:
        text = "\n".join([text, *(note for note in map(plain_text, notes) if note and note not in text)])
    text = text.strip("\n")
    if len(text) <= limit:
        return text
    tail = limit // 4
    return f"{text[: limit - tail].rstrip()} … {len(text) - limit} more characters … {text[-tail:].lstrip()}"


def _written(error: BaseException, stock: Sequence[str]) -> str:
    """Return the message out of what IPython shows of an exception."""
    head = f"{qualname(type(error)).rpartition('.')[2]}: "
    text = _COLOURS.sub("", "\n".join(each for each in stock[-2:] if type(each) is str))
    found = [match.end() for match in re.finditer(rf"^(?:[\w.]+\.)?{re.escape(head)}", text, re.MULTILINE)]
    return text[found[0] :] if found else ""
