"""Reading a text as a model sent it: its statements, a class around it, comments in place of code."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from ipy_llm.errors import EditRejectedError, ParseError
from ipy_llm.source.sent.reindent import Line, read_layout
from ipy_llm.source.sent.slips import strip_blank
from ipy_llm.source.sent.words import is_fence, is_prose
from ipy_llm.source.structure.syntax import DEFINITIONS, is_string, parse
from ipy_llm.source.text import indentation, unify

_OPEN_END = re.compile(r"unterminated triple|EOF")
_CUT = re.compile(
    r"never closed|unterminated|EOF|expected an indented block.*:\s*$|[-+*/%|&,(\[{=.\\]\s*$", re.DOTALL
)
_PROTOCOL = re.compile(r"\b(?:Protocol|TypedDict)\b")
_CURLY = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")

_WHOLE = r"(?:code|function|method|class|module|implementation|body|logic|file)s?"
_EDGE = r"[\s.:,)\]>*\u2026]*"
# Of 342,327 comment lines of the standard library and 60 packages 143 match, 96 of them bare dots.
_PLACEHOLDER = re.compile(
    rf"""\#[\s(\[<*]*(?:
      (?P<dotted>
        (?:\.{{3,}}|\u2026){_EDGE}
      | (?:\.{{3,}}|\u2026)\s*\w+(?:\s+\w+){{0,3}}\s*(?:\.{{3,}}|\u2026)[\s)\]>*]*
      | (?:\.{{3,}}|\u2026)\W*(?:\w+\s+){{1,3}}(?:unchanged|omitted|skipped|elided|as\s+before|as\s+above|as\s+is){_EDGE}
      | (?:\.{{3,}}|\u2026)\W*(?:(?:the|all|and|keep|with)\s+)*
        (?:rest|existing|remaining|remainder|unchanged|previous|original|same|other|omitted|skipped|more)\b[^=]*
      | (?:keep\s+)?(?:(?:the|all)\s+)*
        (?:rest|existing|remaining|remainder|other|unchanged|previous|original)\b[^=]*(?:\.{{3}}|\u2026)[\s)\]>*]* )
    | (?:keep\s+)?(?:(?:the|all)\s+)*(?:rest|remaining|remainder|existing|other|everything)\b[^=]*
      \b(?:unchanged|omitted|same|as\s+before|as\s+above|as\s+is|as\s+it\s+was|untouched|intact){_EDGE}
    | (?:the\s+)?rest\s+of\s+(?:(?:the|this|your|my)\s+)*(?:\w+\s+)?{_WHOLE}(?:\s+(?:goes\s+)?(?:here|follows))?{_EDGE}
    | (?:the\s+)?(?:existing|previous|remaining|unchanged|original|current)\s+{_WHOLE}
      (?:\s+(?:goes\s+|stays\s+)?(?:here|follows|unchanged))?{_EDGE}
    | [-=~*\s]*(?:snip(?:ped)?|truncated(?:\s+for\s+brevity)?)[-=~*\s]*{_EDGE}
    | (?:(?:code|body|implementation|remains?|is|stays?|the)\s+)*(?:unchanged|same\s+as\s+before|omitted(?:\s+for\s+brevity)?){_EDGE}
    )""",
    re.IGNORECASE | re.VERBOSE,
)


def clean(text: str) -> str:
    """Return a sent text with line feeds, without a byte-order mark or blank lines at its ends.

    Raises `ParseError` where nothing is left.
    """
    text = strip_blank(unify(text.strip("\ufeff\u200b")))
    if not text:
        raise ParseError("the text is empty; to remove a chunk, ask for it: delete ADDRESS")
    return text


def parse_suite(code: str) -> tuple[list[ast.stmt], int]:
    """Parse code at whatever indentation it stands; return its statements and the lines put before it.

    Raises `ParseError` with the line as it was sent.
    """
    first = next(
        (line for line in code.split("\n") if line.strip() and not line.lstrip().startswith("#")), ""
    )
    shift = 1 if indentation(first) else 0
    try:
        tree = parse("if 1:\n" + code if shift else code)
    except SyntaxError as error:
        lines = code.split("\n")
        number = (error.lineno or 1) - shift
        shown = lines[number - 1].strip() if 0 < number <= len(lines) else ""
        last = max((at for at, line in enumerate(lines, 1) if line.strip()), default=0)
        early = number >= last or _OPEN_END.search(error.msg)
        what = (
            "ends early, on"
            if early and _CUT.search(error.msg + lines[last - 1])
            else "has a syntax error on"
        )
        raise ParseError(
            f"the text {what} its line {number}: {error.msg}; nothing was written",
            steps=([f"  {shown}"] if shown else []) + _habit(lines, shown),
        ) from error
    if not shift:
        return tree.body, 0
    branch = tree.body[0]
    assert isinstance(branch, ast.If)
    return [*branch.body, *tree.body[1:]], 1


def placeholders(code: str, old: str) -> list[int]:
    """Return the 0-based lines of comments that stand for code left out.

    A comment that stands in the old text too is none.
    """
    if "#" not in code and "..." not in code:
        return []
    known = {line.strip() for line in unify(old).split("\n")}
    try:
        lines = read_layout(code).lines
    except SyntaxError:  # what does not tokenize has no comments; the gate will tell
        return []
    found = []
    for number, line in enumerate(lines):
        text = line.text.strip()
        if line.kind == "code" and text not in known and _is_left_out(text):
            found.append(number)
        match = _PLACEHOLDER.fullmatch(text) if line.kind == "comment" else None
        # Without dots it must stand alone: `# ... the rest.` may end a comment of several lines.
        if match and line.text.strip() not in known and (match["dotted"] or _alone(number, lines)):
            found.append(number)
    return sorted({*found, *_dots(code, known)})


def is_dots(node: ast.stmt) -> bool:
    """Say whether a statement is `...` or `[...]`."""
    value = node.value if isinstance(node, ast.Expr) else None
    if isinstance(value, ast.List) and len(value.elts) == 1:
        value = value.elts[0]
    return isinstance(value, ast.Constant) and value.value is ...


def _is_left_out(text: str) -> bool:
    """Say whether a line is `...` or `pass` with a comment that says what it stands for."""
    match = re.fullmatch(r"(?:\.\.\.|pass)\s*(#.*)", text)
    return match is not None and _PLACEHOLDER.fullmatch(match[1]) is not None


def _dots(code: str, known: set[str]) -> Iterator[int]:
    """Yield the lines of `...` beside other statements, where it does nothing.

    Beside a docstring alone it is a stub, and in a protocol a habit.
    """
    if "..." not in code or "..." in known:
        return
    try:
        body, shift = parse_suite(code)
    except ParseError:
        return
    for node in [ast.Module(body, []), *(child for one in body for child in ast.walk(one))]:
        if isinstance(node, ast.ClassDef) and any(_PROTOCOL.search(ast.unparse(base)) for base in node.bases):
            continue
        for name in ("body", "orelse", "finalbody"):
            suite = getattr(node, name, [])
            if not isinstance(suite, list) or len(suite) < 2 + (bool(suite) and is_string(suite[0])):
                continue
            yield from (one.lineno - 1 - shift for one in suite if isinstance(one, ast.stmt) and is_dots(one))


def refuse_placeholders(code: str, old: str) -> None:
    """Refuse a comment that stands for code left out. Raises `EditRejectedError`."""
    for number in placeholders(code, old):
        raise EditRejectedError(
            f"line {number + 1}, `{code.split(chr(10))[number].strip()}`, leaves code out; nothing was written",
            steps=["send the whole text, or address only what changes: a method, a section, or lines"],
        )


def side_comment(line: str) -> str:
    """Return the comment at the end of a line of code, or nothing."""
    if "#" not in line:
        return ""
    try:
        for token in tokenize.generate_tokens(io.StringIO(line.strip() + "\n").readline):
            if token.type == tokenize.COMMENT:
                return token.string
    except (tokenize.TokenError, SyntaxError):  # the line opens a bracket that it does not close
        pass
    return ""


def definition_names(body: list[ast.stmt]) -> list[str]:
    """Return the names of the functions and classes among statements."""
    return [node.name for node in body if isinstance(node, DEFINITIONS)]


def _alone(number: int, lines: list[Line]) -> bool:
    around = [lines[other] for other in (number - 1, number + 1) if 0 <= other < len(lines)]
    return all(line.kind != "comment" for line in around)


def _habit(lines: list[str], shown: str) -> list[str]:
    """Return what to do about a text that is no Python for a reason that can be told."""
    if is_prose("\n".join(lines)):
        return ["these are words and no code: send the code"]
    if any(map(is_fence, lines)):
        return ["send only the code, without words or ``` around it"]
    filled = [line for line in lines if line.strip()]
    if filled[0].startswith(("@@ ", "%%")):
        return ["send the code without its header line"]
    if filled[0].startswith(">>> "):
        return ["send the code without prompts"]
    if all(line[0] in "+- @" for line in filled) and any(line[0] in "+-" for line in filled):
        return ["it looks like a diff: send the new text alone"]
    if any(line.startswith(("<<<<<<<", ">>>>>>>")) for line in lines):
        return ["send the new text alone, without the old and the marks"]
    entity = re.search(r"&(?:lt|gt|amp|quot);", shown)
    if entity:
        return [f"write the sign itself for `{entity[0]}`"]
    straight = shown.translate(_CURLY)
    if straight != shown:
        return [f"write straight quotes: {straight}"]
    return []
