"""What a failing line was up against: which facts are told of which kind of exception.

Everything is looked up, nothing of the user's is run (see `explore.stored`). Each kind of exception answers
with at most a few lines of text, and with none where the exception's own message says it all.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Callable

from ipy_llm.explore.prose import bounded
from ipy_llm.explore.stored import MISSING, exactly, instance_dict, is_a, mro, plain_text
from ipy_llm.session.errors import calls, files, keys, members, unknown, values
from ipy_llm.session.errors.advice import advice
from ipy_llm.session.errors.cells import Session
from ipy_llm.session.errors.failing import Failing, entries, evaluate, find_failing
from ipy_llm.session.errors.moved import instead
from ipy_llm.session.errors.raised import message, slot, traceback_of
from ipy_llm.session.importing import missing

_NOT_IMPORTED = re.compile(r"cannot import name '(\w+)'")
_NOT_JSON = re.compile(r"Object of type (\w+) is not JSON serializable")
_NOT_VALID = re.compile(r"is not a valid \w+$")
_NAIVE = re.compile(r"offset-naive and offset-aware")
_UNPACKED = re.compile(r"(?:too many|not enough) values to unpack")
_SHORT = 60  # characters of a text that is quoted
_TAIL = 240  # characters of what a program wrote last
# How files begin that are no text.
_KINDS = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip file (.zip, .xlsx, .docx)"),
    (b"\x1f\x8b", "gzip"),
    (b"SQLite format", "an SQLite database"),
    (b"\xff\xfe", "UTF-16: encoding='utf-16'"),
    (b"\xfe\xff", "UTF-16: encoding='utf-16'"),
    (b"\x80\x04", "a pickle"),
    (b"PAR1", "a Parquet file"),
)


def facts(error: BaseException, session: Session) -> list[str]:
    """Return what to know about `error`, best first; what the session was told already is told shorter."""
    failing = find_failing(traceback_of(error))
    found: list[str] = []
    for kind, tell in _TELLERS:
        if is_a(error, kind):
            found = tell(error, failing, session)
            break
    said = message(error)
    meant = instance_dict(error).get("possibilities")  # as click keeps them
    if type(meant) is list and meant:
        found = [f"did you mean {' or '.join(map(plain_text, meant))}?"]
    step = advice(said, _argument(failing))
    if step:
        found = [*found, step]
    elif not found and failing is not None and _is_about_values(error):
        found = values.operands(failing)
    return found


def _is_about_values(error: BaseException) -> bool:
    """Say whether the values of an expression may be the reason: not of an exception of the user's own raising."""
    return any(
        exactly(error, each) or each in mro(type(error)) for each in (TypeError, ValueError, ArithmeticError)
    )


def _argument(failing: Failing | None) -> str:
    """Return the first argument of the failing call as it is written."""
    made = failing.nodes(ast.Call) if failing is not None else []
    argument = next((each.args[0] for each in made if each.args), None)
    return bounded(ast.unparse(argument), _SHORT) if argument is not None else ""


def _type_error(error: BaseException, failing: Failing | None, session: Session) -> list[str]:
    if failing is None:
        return []
    said = message(error)
    not_json = _NOT_JSON.search(said)
    if not_json is not None:
        return _in_json(not_json[1], failing)
    if _NAIVE.search(said):
        return _naive(failing)
    if "not all arguments converted" in said or "not enough arguments for format" in said:
        return values.formatted(failing)
    if "concatenate" in said or "operand" in said:
        return ("'NoneType'" in said and values.returned_none(failing)) or values.operands(failing)
    found = members.misused(said, failing, session) or calls.refused(failing, said, session)
    return found or (values.operands(failing) if "not supported" in said else [])


def _in_json(kind: str, failing: Failing) -> list[str]:
    """Tell which part of a value is no JSON."""
    for call in failing.nodes(ast.Call):
        for argument in call.args[:1]:
            text = bounded(ast.unparse(argument), _SHORT) if not isinstance(argument, ast.Dict) else "it"
            value = evaluate(argument, failing.frame)
            found = values.path_to(value, kind, text)
            if found:
                return [f"{found} is a {kind}"]
            if isinstance(argument, ast.Dict):
                named = [
                    ast.unparse(key)
                    for key, each in zip(argument.keys, argument.values, strict=True)
                    if key is not None and values.is_of(evaluate(each, failing.frame), kind)
                ]
                if named:
                    return [f"the value of {named[0]} is a {kind}"]
    return []


def _naive(failing: Failing) -> list[str]:
    found = {}
    for node in failing.nodes(ast.expr):
        for each in ast.walk(node):
            if isinstance(each, (ast.Name, ast.Attribute)):
                zone = values.zone_of(evaluate(each, failing.frame))
                if zone:
                    found[bounded(ast.unparse(each), _SHORT)] = zone
    said = "; ".join(f"{text} {zone}" for text, zone in found.items())
    return [f"{said}: x.replace(tzinfo=timezone.utc)"] if said else []


def _value_error(error: BaseException, failing: Failing | None, _session: Session) -> list[str]:
    said = message(error)
    if failing is None:
        return []
    if _UNPACKED.search(said):
        return values.unpacked(failing)
    if _NOT_VALID.search(said):
        return values.of_enumeration(failing)
    return []


def _index_error(error: BaseException, failing: Failing | None, session: Session) -> list[str]:
    if failing is None:
        return []
    if "no such group" in message(error):
        return _groups(failing)
    for node in failing.nodes(ast.Subscript):
        value = evaluate(node.value, failing.frame)
        if value is MISSING:
            continue
        text = bounded(ast.unparse(node.value), _SHORT)
        index = evaluate(node.slice, failing.frame)
        size = values.said(text, value)
        came = values.whence(node.value, value, failing, session)
        asked = (
            ""
            if isinstance(node.slice, ast.Constant) or index is MISSING
            else values.said(ast.unparse(node.slice), index)
        )
        return ["; ".join(filter(None, (f"{size}{f', {came}' if came else ''}", asked)))]
    return []


def _groups(failing: Failing) -> list[str]:
    for call in failing.nodes(ast.Call):
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        found = values.groups_of(evaluate(owner, failing.frame)) if owner is not None else []
        if found:
            return [f"its groups: {', '.join(map(repr, found))}"]
    return []


def _module_not_found(error: BaseException, _failing: Failing | None, _session: Session) -> list[str]:
    name = slot(error, ImportError, "name")
    if type(name) is not str or not name:
        return []
    moved = instead(name)
    return [f"instead of {name}: {moved}"] if moved else missing.not_found(name)


def _import_error(error: BaseException, _failing: Failing | None, _session: Session) -> list[str]:
    module = slot(error, ImportError, "name")
    match = _NOT_IMPORTED.search(message(error))
    if type(module) is not str:
        named = re.search(r"from '([\w.]+)'", message(error))
        module = named[1] if named is not None else None
    if match is None or type(module) is not str:
        return []
    moved = instead(f"{module}.{match[1]}")
    return [f"instead of {module}.{match[1]}: {moved}"] if moved else missing.in_module(module, match[1])


def _key_error(error: BaseException, failing: Failing | None, _session: Session) -> list[str]:
    arguments = slot(error, BaseException, "args")
    key = arguments[0] if type(arguments) is tuple and len(arguments) == 1 else None
    return keys.like(key, failing) if exactly(key, str, int, float, bytes) and failing is not None else []


def _file_not_found(error: BaseException, _failing: Failing | None, _session: Session) -> list[str]:
    path = slot(error, OSError, "filename")
    # a program that does not start is looked for elsewhere than a file
    starts = any(entry.tb_frame.f_code.co_name == "_execute_child" for entry in entries(traceback_of(error)))
    return files.like(path) if type(path) is str and path and not starts else []


def _json_error(error: BaseException, _failing: Failing | None, _session: Session) -> list[str]:
    told = instance_dict(error)
    text, position = told.get("doc"), told.get("pos")
    if type(text) is not str or type(position) is not int:
        return []
    if not text.strip():
        return ["the text is empty"]
    if text[position : position + 1] == "'":
        return ["JSON wants double quotes; ast.literal_eval reads Python literals"]
    start = max(0, position - _SHORT // 2)
    return [f"the text there: {text[start : position + _SHORT // 2]!r}"]


def _decode_error(error: BaseException, _failing: Failing | None, _session: Session) -> list[str]:
    data = slot(error, UnicodeDecodeError, "object")
    encoding = slot(error, UnicodeDecodeError, "encoding")
    if type(data) is not bytes:
        return []
    kind = next((said for start, said in _KINDS if data.startswith(start)), "")
    if kind:
        return [f"it is {kind}{'' if 'encoding' in kind else ': read it with mode ' + repr('rb')}"]
    return [f"no {encoding}; encoding='cp1252' or 'latin-1' reads it"] if encoding == "utf-8" else []


def _program_failed(error: BaseException, _failing: Failing | None, _session: Session) -> list[str]:
    told = instance_dict(error)
    for stream in ("stderr", "output"):
        said = told.get(stream)
        text = said.decode("utf-8", "replace") if type(said) is bytes else plain_text(said)
        if text.strip():
            return [f"its {'stdout' if stream == 'output' else stream}: {text.strip()[-_TAIL:]}"]
    return []


_Teller = Callable[[BaseException, Failing | None, Session], list[str]]
# the first that fits: below before above
_TELLERS: tuple[tuple[type[BaseException], _Teller], ...] = (
    (TypeError, _type_error),
    (AttributeError, members.absent),
    (NameError, unknown.name),
    (ModuleNotFoundError, _module_not_found),
    (ImportError, _import_error),
    (KeyError, _key_error),
    (IndexError, _index_error),
    (FileNotFoundError, _file_not_found),
    (json.JSONDecodeError, _json_error),
    (UnicodeDecodeError, _decode_error),
    (ValueError, _value_error),
    (subprocess.CalledProcessError, _program_failed),
)
