"""What is wrong with a file that was written whole, beside what stood there."""

from __future__ import annotations

from ipy_llm.checks.tables import names_in
from ipy_llm.errors import IpyLlmError
from ipy_llm.source.chunks import Outline
from ipy_llm.source.documents import read_document
from ipy_llm.source.editing.gate import lost_names
from ipy_llm.source.sent.reading import placeholders
from ipy_llm.source.text import split_lines

_MOST = 5  # names


def verdict(name: str, before: bytes | None, after: bytes) -> list[str]:
    """Return a line on each thing that is wrong, none where all is well.

    A syntax error, definitions that are lost, names that nothing defines, comments that stand for code.
    """
    try:
        new = read_document(after, "python")
        old = read_document(before, "python") if before is not None else None
    except IpyLlmError as error:
        return [f"{name}: {error.message}"]
    assert isinstance(new, Outline)
    text = new.source.text
    said = [f"{name} does not parse: {new.error}"] if new.error else []
    standing = old.source.text if isinstance(old, Outline) else ""
    for number in placeholders(text, standing)[:1]:
        line = split_lines(text)[number].strip()
        said.append(f"{name}:{number + 1} `{line}` was written as it is: it leaves code out")
    if isinstance(old, Outline) and not (new.error or old.error):
        lost = lost_names(old, new)
        if lost:
            said.append(f"{name} lost {_some(lost)}")
    known = {message for _, message, code in names_in(before or b"") if code == "F821"}
    missing = [
        (line, message) for line, message, code in names_in(after) if code == "F821" and message not in known
    ]
    if missing:
        names = [f"{message.split('`')[1]} (line {line})" for line, message in missing]
        said.append(f"{name}: nothing defines {_some(names)}")
    return said


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"{', '.join(names[:_MOST])}{more}"
