"""Syntax newer than the Python that runs us: which of it a text has, and the same text without it.

A file in newer syntax is not broken. It is written down to what an older parser reads, every character in its
place, so that names and spans are found by the same parser as ever; whether the text as it stands is Python
says libcst, whose grammar is not the host's.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass, field

from ipy_llm.errors import EditRejectedError
from ipy_llm.source.damaged.scan import String, code_of, strings
from ipy_llm.source.target import HOST, Target, Version
from ipy_llm.source.text import Source, line_starts, split_lines

_START = r"^(?P<lead>[ \t\f]*)"
_PARAMETERS = re.compile(_START + r"(?:(?:async[ \t]+)?def|class)[ \t]+\w+[ \t]*(?P<open>\[)", re.MULTILINE)
_ALIAS = re.compile(_START + r"type[ \t]+(?P<name>\w+)[ \t]*(?P<rest>\[.*\][ \t]*)?=(?!=)", re.MULTILINE)
_GROUP = re.compile(_START + r"except[ \t]*(?P<star>\*)", re.MULTILINE)
_SEVERAL = re.compile(
    _START + r"except[ \t]*\*?[ \t]+[\w.]+[ \t]*(?P<rest>(?:,[ \t]*[\w.]+[ \t]*)+,?[ \t]*):", re.MULTILINE
)
_UNPACKED = re.compile(
    r"(?:(?<=[\w\])])\[[ \t]*|,[ \t]*)(?P<star>\*)(?=[\w.]+[ \t]*[\],])|:[ \t]*(?P<hint>\*)(?=[A-Z]\w*[\[,) ])"
)
_SINCE = re.compile(r"(?P<what>.*?) (?:is|are) only supported in Python 3\.(?P<minor>\d+)\b.*")
_OLDEST = (3, 7)  # that `ast.parse` knows of
_BLANK = re.compile(r"[^\r\n]")


@dataclass(frozen=True, slots=True)
class Feature:
    """Something newer: since which Python, what it is, and the offset where it stands, if that is known."""

    since: Version
    what: str
    at: int | None = None


@dataclass(slots=True)
class Lowered:
    """A text in older syntax, of the same length, and what was newer in it."""

    text: str
    features: list[Feature] = field(default_factory=list)

    @property
    def needs(self) -> Feature | None:
        """The newest of the features."""
        return max(self.features, key=lambda feature: feature.since, default=None)


def lower(text: str, host: Version = HOST) -> Lowered:
    """Write a text down to the syntax of a host, 3.10 or later, as far as it has any that is newer and known."""
    found: list[String] = []
    code = code_of(text, found)
    signs = list(text)
    lowered = Lowered(text)

    def put(at: int, new: str) -> None:
        signs[at : at + len(new)] = new

    def blank(start: int, end: int) -> None:
        put(start, _BLANK.sub(" ", text[start:end]))

    def is_newer(since: int, what: str, at: int) -> bool:
        if (3, since) > host:
            lowered.features.append(Feature((3, since), what, at))
        return (3, since) > host

    for string in found:
        since = since_of(string, text)
        if since is not None and is_newer(*since, string.start):
            put(string.start, _plain(text[string.start : string.end]))
    for match in _PARAMETERS.finditer(code):
        end = _closing(code, match.start("open"))
        if end is None or not is_newer(*_parameters(code[match.start("open") : end]), match.start("open")):
            continue
        # As part of the brackets behind them, so that lines within stay joined.
        blank(match.start("open"), end)
        put(match.start("open"), "(")
        behind = re.compile(r"[ \t]*\(").match(code, end)
        if behind:
            put(behind.end() - 1, " ")
        else:
            put(end - 1, ")")
    for match in _ALIAS.finditer(code):
        if is_newer(12, "a type statement", match.end("lead")):
            blank(match.end("lead"), match.end() - 1)
            put(match.end("lead"), match["name"])
    for match in _GROUP.finditer(code):
        if is_newer(11, "except*", match.start("star")):
            put(match.start("star"), " ")
    for match in _SEVERAL.finditer(code):
        if is_newer(14, "several exceptions without brackets", match.start("rest")):
            blank(*match.span("rest"))
    for match in _UNPACKED.finditer(code):
        at = max(match.start("star"), match.start("hint"))
        if is_newer(11, "unpacking in an index", at):
            put(at, " ")
    lowered.text = "".join(signs)
    return lowered


def _parameters(brackets: str) -> tuple[int, str]:
    """Return since which minor version type parameters can be read, and what they are."""
    depth = 0
    for sign in brackets:
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "=" and depth == 1:
            return 13, "type parameters with defaults"
    return 12, "type parameters"


def too_new(text: str, target: Target) -> Feature | None:
    """Return the first syntax of a text that the target does not read, where that is certain.

    The text must parse here, at whatever indentation it stands; one that does not has none.
    """
    lead = "if 1:\n" if text[:1] in {" ", "\t"} else ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(lead + text, feature_version=max(target.version, _OLDEST))
    except SyntaxError as error:
        match = _SINCE.fullmatch(error.msg)
        if match is None:
            return None
        # Where it stands CPython says badly: of a `match`, where it ends.
        return Feature((3, int(match["minor"])), match["what"].lower())
    except (ValueError, RecursionError, MemoryError):
        return None
    for string in strings(text):
        since = since_of(string, text)
        if since is not None and (3, since[0]) > target.version:
            return Feature((3, since[0]), since[1], string.start)
    return None


def refusal(feature: Feature, source: Source, path: str, target: Target | None) -> EditRejectedError:
    """Return the error for a text that needs a newer Python than the project says, or than this one."""
    major, minor = feature.since
    here = f"the project says {target.said}" if target else f"this is {HOST[0]}.{HOST[1]}"
    where, shown = "", []
    if feature.at is not None:
        line = sum(start <= feature.at for start in line_starts(source.text))
        where, shown = f":{line}", [f"  {split_lines(source.plain)[line - 1].strip()}"]
    return EditRejectedError(
        f"{path}{where} needs Python {major}.{minor} ({feature.what}), {here}; nothing was written",
        steps=[
            *shown,
            f'if it runs on none older: target-python = "{major}.{minor}" under [tool.ipy_llm] in pyproject.toml',
        ],
    )


def since_of(string: String, text: str) -> tuple[int, str] | None:
    """Return since which minor version a string can be read, and why, where that is newer than 3.10."""
    if not string.closed:
        return None
    if string.prefix in {"t", "tr", "rt"}:
        return 14, "a t-string"
    if "f" not in string.prefix:
        return None
    if string.nested or _has_newer_field(text[string.start + len(string.prefix) : string.end], string.quote):
        return 12, "an f-string with quotes, lines, comments or backslashes in its fields"
    return None


def _has_newer_field(content: str, quote: str) -> bool:
    """Say whether the fields of an f-string hold a backslash or a comment."""
    if "{" not in content or not ("\\" in content or "#" in content):
        return False
    depth, inner = 0, ""
    at = len(quote)
    while at < len(content) - len(quote):
        sign = content[at]
        if depth and sign == "\\":
            return True
        if inner:
            inner = "" if sign == inner else inner
        elif depth and sign in "\"'":
            inner = sign
        elif depth and sign == "#":
            return True
        elif sign in "{}":
            if not depth and content[at + 1 : at + 2] == sign:
                at += 1
            else:
                depth = max(0, depth + (1 if sign == "{" else -1))
        elif depth == 1 and sign in ":!" and content[at + 1 : at + 2] != "=":
            depth = 0  # a format; a field within it is read as one of its own
        at += 1
    return False


def _plain(string: str) -> str:
    """Return a plain string of the same length and lines."""
    if "\n" not in string and "\r" not in string:
        return f'"{"s" * (len(string) - 2)}"'
    inner = _BLANK.sub("s", string)
    if len(string) > 6 and not re.search(r"[\r\n]", string[:3] + string[-3:]):
        return f'"""{inner[3:-3]}"""'
    return f"({_BLANK.sub(' ', string)[1:-2]}0)"


def _closing(code: str, start: int) -> int | None:
    """Return the offset after the bracket that closes the one at `start`."""
    depth = 0
    for match in re.compile(r"[\[\](){}]").finditer(code, start):
        depth += 1 if match[0] in "[({" else -1
        if not depth:
            return match.end()
    return None


def is_python(text: str) -> bool:
    """Say whether a text is Python by a grammar that is not the host's: libcst's."""
    import libcst  # noqa: PLC0415 - 0.2 s, for files newer than the host alone

    try:
        libcst.parse_module(text)
    except (libcst.ParserSyntaxError, RecursionError):
        return False
    return True
