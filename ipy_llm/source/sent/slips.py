"""What models do to code when they send it, undone: fences, words, numbers, marks, odd characters.

Python that reads as it stands is never touched. What does not is tried against the table `SLIPS`, each
slip at most once, and a slip is undone only where the text shows that it was one. What is left is read on
its own merits.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from ipy_llm.source.sent.indent import even_out, indent_body
from ipy_llm.source.sent.words import fenced_part, strip_fence, without_prose
from ipy_llm.source.structure.syntax import parse
from ipy_llm.source.text import indentation, unify

_STRING_OR_COMMENT = re.compile(
    r'''"""(?:\\.|[^\\])*?"""|\'\'\'(?:\\.|[^\\])*?\'\'\'|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\#[^\n]*''',
    re.DOTALL,
)
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|#0?39|#34|#x27|#x22);")
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "#34": '"', "#x22": '"'}
_HEREDOC = re.compile(r"(?:EOF|EOT|EOL|END|PY|PYTHON|PATCH|CODE|HEREDOC)")
_NUMBER = r"[ ]*L?(?P<number>\d+)"
# The sign may have lost the blank after it on a line that is otherwise empty.
_NUMBERED = tuple(
    re.compile(_NUMBER + sign)
    for sign in (r"\t(?P<rest>.*)", r"\u2192(?P<rest>.*)", r"[ ]?[|\u2502:](?:[ ](?P<rest>.*))?", r"[ ]?[|\u2502:](?P<rest>.*)", r"(?:[ ](?P<rest>.*))?")
)  # fmt: skip
_PROMPT = re.compile(r"(?:>>>|\.\.\.|In \[\d*\]:|[ ]+\.{3,}:)(?: (?P<rest>.*))?")
_BLANKS = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_COMMENT_LINE = re.compile(r"^([ \t]*)#.*$", re.MULTILINE)
_NOISE = re.compile(r"(?:python3?|py)|#\s*(?:\w+[/\\])*\w+\.pyi?:?", re.IGNORECASE)
_TAGS = re.compile(r"<(?P<tag>[A-Za-z][\w-]*)(?: [^>]*)?>\n(?P<inner>.*)\n</(?P=tag)>", re.DOTALL)
_UNSEEN = re.compile("[\u200b-\u200d\u2060\ufeff\u00ad]")
_WIDE = re.compile("[\uff01-\uff5e]")
_DASH = re.compile("[\u2012\u2013\u2014\u2212]")
_CURLY = re.compile("([\u201c\u201d]{3})|([\u201c\u201d\u201e])|([\u2018\u2019])")
_LEFT_OUT = r"(?:rest|existing|remaining|unchanged|same|omitted|previous|other)"
_FOREIGN_COMMENT = re.compile(
    rf"""(?P<indent>[ \t]*)(?:
      //\s*(?P<slashes>.*(?:\.\.\.|\u2026|\b{_LEFT_OUT}\b).*)
    | /\*\s*(?P<stars>.*(?:\.\.\.|\u2026|\b{_LEFT_OUT}\b).*?)\s*\*/
    | <!--\s*(?P<dashes>.*(?:\.\.\.|\u2026|\b{_LEFT_OUT}\b).*?)\s*-->
    | <(?P<angles>[^<>=]*\b{_LEFT_OUT}\b[^<>=]*)>
    | (?P<bare>(?:\.\.\.|\u2026)\s*[(\[]?\s*(?:\w+[ ])*{_LEFT_OUT}\b[^=]*)
    | (?P<dot>\u2026)
    )\s*""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Slip:
    """One slip: what the reply says was done, and how it is undone; None where it is not there.

    `line` says that it can be told in lines that are no Python by themselves.
    """

    said: str
    undo: Callable[[str], str | None]
    line: bool = True


def understand(text: str, old: str = "") -> tuple[str, tuple[str, ...]]:
    """Return a text sent as Python without the slips that can be told for certain, and what was done.

    `old` is the text it replaces: what stands there is no slip. Blank lines at both ends go. A text that
    reads as it stands comes back as it is.
    """
    text = strip_blank(unify(text.strip("\ufeff\u200b")))
    notes: list[str] = []
    slips = list(SLIPS)
    while not reads(text, old):
        for slip in slips:
            undone = slip.undo(text)
            if undone is not None and undone.strip() and undone != text:
                text = strip_blank(undone)
                notes += [slip.said] if slip.said else []
                slips.remove(slip)
                break
        else:
            break
    return text, tuple(notes)


def variants(text: str) -> Iterator[str]:
    """Yield lines that are no Python by themselves without one slip after the other, as far as there are any."""
    for slip in SLIPS:
        undone = slip.undo(text) if slip.line else None
        if undone is not None and undone.strip() and undone != text:
            text = undone
            yield text


def reads(text: str, old: str = "") -> bool:
    """Say whether a text is Python at some indentation, its first line's lost or not."""
    lines = text.split("\n")
    if has_heredoc_end(lines, old) or (_ENTITY.search(text) and _escaped_code(text)):
        return False
    if string_of_code(text) is not None or _noise(lines, old):
        return False
    inner = [indentation(line) for line in lines[1:] if line.strip() and not line.lstrip().startswith("#")]
    restored = min(inner, key=len, default="")
    ways = [text, f"if 1:\n{text}", f"if 1:\n{restored}{text}"] if restored else [text, f"if 1:\n{text}"]
    # A suite that holds only a comment may be one that leaves code out.
    return any(map(parses, ways)) or (
        "#" in text and any(parses(_COMMENT_LINE.sub(r"\1...", way)) for way in ways)
    )


def parses(text: str) -> bool:
    """Say whether a text is Python as it stands."""
    try:
        parse(text)
    except SyntaxError:
        return False
    return True


def strip_blank(text: str) -> str:
    """Return a text without blank lines at its ends."""
    lines = text.split("\n")
    filled = [number for number, line in enumerate(lines) if line.strip()]
    return "\n".join(lines[filled[0] : filled[-1] + 1]) if filled else ""


def without_numbers(text: str) -> str | None:
    """Take away copied line numbers, where every line has one and they do not go down."""
    lines = text.split("\n")
    for form in _NUMBERED:
        matches = [form.fullmatch(line) for line in lines if line.strip()]
        found = [match for match in matches if match]
        numbers = [int(match["number"]) for match in found]
        if found and len(found) == len(matches) and numbers == sorted(numbers) and _counts(numbers):
            rest = iter([match["rest"] or "" for match in found])
            return "\n".join(next(rest) if line.strip() else "" for line in lines)
    return None


def copied_numbers(text: str, first: int | None = None) -> str | None:
    """Take away the numbers that `show` prints, each line the next; the first is `first` where that is given."""
    matches = [_NUMBERED[0].fullmatch(line) for line in text.split("\n")]
    numbers = [int(match["number"]) for match in matches if match]
    start = numbers[0] if first is None and numbers else first
    if len(numbers) < len(matches) or start is None or numbers != list(range(start, start + len(numbers))):
        return None
    return "\n".join(match["rest"] for match in matches if match)


def without_marks(text: str) -> str | None:
    """Take away the `+` of a diff, where every line has one."""
    lines = [line for line in text.split("\n") if line.strip()]
    if not all(line.startswith("+") for line in lines):
        return None
    return "\n".join(line[1:] for line in text.split("\n"))


def without_quoting(text: str) -> str | None:
    """Take away the `>` of quoted mail, where every line has one."""
    lines = text.split("\n")
    if not all(line == ">" or line.startswith("> ") for line in lines):
        return None
    return "\n".join(line[2:] for line in lines)


def without_prompts(text: str) -> str | None:
    """Take away the prompts of a session, where every line has one."""
    matches = [_PROMPT.fullmatch(line) for line in text.split("\n") if line.strip()]
    if not all(matches) or not text.startswith((">>>", "In [")):
        return None
    return "\n".join(match["rest"] or "" for match in matches if match)


def has_heredoc_end(lines: list[str], old: str) -> bool:
    """Say whether a text ends with the word that ends a shell's heredoc, not known to the old one."""
    return bool(_HEREDOC.fullmatch(lines[-1])) and len(lines) > 1 and lines[-1] not in old.split()


def without_heredoc(text: str) -> str | None:
    """Take away the word that ends a heredoc, and the command before it."""
    lines = text.split("\n")
    opened = re.search(r"<<-?\s*(['\"]?)(\w+)\1\s*$", lines[0])
    if opened and lines[-1] == opened[2]:
        return "\n".join(lines[1:-1])
    return "\n".join(lines[:-1]) if has_heredoc_end(lines, "") else None


def without_escapes(text: str) -> str | None:
    r"""Read a text sent on one line, its line ends written `\n`, as in JSON."""
    if "\n" in text or "\\n" not in text:
        return None
    quoted = len(text) > 2 and text[0] == text[-1] and text[0] in "\"'"
    meant = {"n": "\n", "t": "\t"}
    return re.sub(r"\\(.)", lambda match: meant.get(match[1], match[1]), text[1:-1] if quoted else text)


def string_of_code(text: str) -> str | None:
    r"""Read a text that is one string on one line, in which code stands: `"def f():\n    ..."`."""
    if "\n" in text or "\\n" not in text or text[:1] not in {'"', "'"}:
        return None
    meant = without_escapes(text)
    return (
        meant if meant is not None and re.search(r"^(?:def|class|async|@)", meant) and parses(meant) else None
    )


def without_entities(text: str) -> str | None:
    """Read a text sent as HTML: one escaped throughout, with no bare `<` or `&`."""
    if not _ENTITY.search(text) or "<" in text or "&" in _ENTITY.sub("", text):
        return None
    return _ENTITY.sub(lambda match: _ENTITIES.get(match[0][1:-1], "'"), text)


def within_strings(text: str) -> frozenset[int] | None:
    """Return the 0-based lines that begin within a string, docstrings apart; None where one is not closed."""
    found: set[int] = set()
    at = 0
    for match in _STRING_OR_COMMENT.finditer(text):
        if any(sign in text[at : match.start()] for sign in ('"""', "'''")):
            return None
        at = match.end()
        first = text.count("\n", 0, match.start())
        opens = not text[text.rfind("\n", 0, match.start()) + 1 : match.start()].strip()
        if not opens and "\n" in match[0]:
            found.update(range(first + 1, first + 1 + match[0].count("\n")))
    rest = text[at:]
    return None if '"""' in rest or "'''" in rest else frozenset(found)


def without_head(text: str) -> str | None:
    """Take away the line that `show` prints above a chunk."""
    head, _, rest = text.partition("\n")
    return rest if re.fullmatch(r"\S+@[0-9a-f]{4}(?:  .*)?", head) else None


def without_noise(text: str) -> str | None:
    """Take away a first line that only names the language or the file."""
    lines = text.split("\n")
    return "\n".join(lines[1:]) if _noise(lines, "") else None


def without_tags(text: str) -> str | None:
    """Take away a pair of tags around the code."""
    match = _TAGS.fullmatch(text)
    return match["inner"] if match else None


def with_one_edge(text: str) -> str | None:
    """Move code that stands further right than the imports above it to their column."""
    lines = text.split("\n")
    heads = [at for at, line in enumerate(lines) if re.match(r"(?:import|from) ", line)]
    rest = [line for line in lines[heads[-1] + 1 :] if line.strip()] if heads else []
    base = indentation(rest[0]) if rest else ""
    if not base or not all(line.startswith(base) for line in rest):
        return None
    return "\n".join([*lines[: heads[-1] + 1], *(line[len(base) :] for line in lines[heads[-1] + 1 :])])


def with_spaces(text: str) -> str | None:
    """Write blanks for tabs that Python cannot tell apart from them, where all widths mean the same."""
    if "\t" not in text:
        return None
    ways = [
        "\n".join(indentation(line).expandtabs(width) + line.lstrip(" \t") for line in text.split("\n"))
        for width in (4, 8, 2)
    ]
    ways = [way for way in ways if parses(way) or parses(f"if 1:\n{way}")]
    trees = {ast.dump(parse(way if parses(way) else f"if 1:\n{way}")) for way in ways}
    return ways[0] if len(trees) == 1 else None


def without_odd_blanks(text: str) -> str | None:
    """Write plain blanks for no-break and other odd ones, and drop those that cannot be seen, outside strings."""
    return _in_code(text, lambda code: _UNSEEN.sub("", _BLANKS.sub(" ", code)))


def with_plain_signs(text: str) -> str | None:
    """Write the plain sign for its full-width twin, and the minus for a dash, outside strings."""
    return _in_code(
        text, lambda code: _WIDE.sub(lambda match: chr(ord(match[0]) - 0xFEE0), _DASH.sub("-", code))
    )


def with_straight_quotes(text: str) -> str | None:
    """Write straight quotes where curly ones delimit a string; those within one stay."""
    parts: list[str] = []
    at = 0
    while match := re.compile(f"{_STRING_OR_COMMENT.pattern}|{_CURLY.pattern}", re.DOTALL).search(text, at):
        parts.append(text[at : match.start()])
        at = match.end()
        curly = _CURLY.fullmatch(match[0])
        if curly is None:
            parts.append(match[0])
            continue
        triple, double, _ = curly.groups()
        straight, ends = (
            ('"""', '[\u201c\u201d"]{3}')
            if triple
            else ('"', '[\u201c\u201d"]')
            if double
            else ("'", "[\u2018\u2019']")
        )
        end = re.compile(ends).search(text, at)
        if end is None or (not triple and "\n" in text[at : end.start()]):
            return None
        parts.append(f"{straight}{text[at : end.start()]}{straight}")
        at = end.end()
    return "".join((*parts, text[at:]))


def with_own_comments(text: str) -> str | None:
    """Write `# ...` for what other languages and Markdown put where code is left out."""
    lines = text.split("\n")
    matches = [_FOREIGN_COMMENT.fullmatch(line) for line in lines]
    if not any(matches):
        return None
    return "\n".join(
        f"{match['indent']}# ..." if match else line for line, match in zip(lines, matches, strict=True)
    )


# In the order in which they are tried: what stands around the code first, then each line's head, then characters.
SLIPS = (
    Slip("", strip_fence),
    Slip("left out the words around the code", fenced_part),
    Slip("left out the heredoc around it", without_heredoc, line=False),
    Slip("", without_tags, line=False),
    Slip("left out its first line", without_noise, line=False),
    Slip("", without_head),
    Slip("", without_numbers),
    Slip("left out the prompts", without_prompts),
    Slip("left out the `>` of its lines", without_quoting),
    Slip("left out the `+` of its lines", without_marks),
    Slip("read `\\n` as line ends", without_escapes, line=False),
    Slip("", with_own_comments, line=False),
    Slip("left out the words around the code", without_prose, line=False),
    Slip("read `&lt;` and its like", without_entities),
    Slip("wrote plain blanks", without_odd_blanks),
    Slip("wrote straight quotes", with_straight_quotes),
    Slip("wrote plain signs", with_plain_signs),
    Slip("", with_one_edge, line=False),
    Slip("wrote blanks for tabs", with_spaces, line=False),
    Slip("indented its body", indent_body, line=False),
    Slip("evened out its indentation", even_out, line=False),
)


def _noise(lines: list[str], old: str) -> bool:
    return len(lines) > 1 and _NOISE.fullmatch(lines[0]) is not None and lines[0] not in old


def _counts(numbers: list[int]) -> bool:
    """Say whether numbers may be those of lines: each the next, or the same where a line was put in."""
    return all(0 <= after - before <= 2 for before, after in pairwise(numbers))


def _escaped_code(text: str) -> bool:
    """Say whether an entity stands outside strings and comments, where `a &lt; b` reads as two statements."""
    return any(_ENTITY.search(piece) for piece in _STRING_OR_COMMENT.split(text))


def _in_code(text: str, change: Callable[[str], str]) -> str:
    """Change a text outside its strings and comments."""
    parts: list[str] = []
    at = 0
    for match in _STRING_OR_COMMENT.finditer(text):
        parts += (change(text[at : match.start()]), match[0])
        at = match.end()
    return "".join((*parts, change(text[at:])))
