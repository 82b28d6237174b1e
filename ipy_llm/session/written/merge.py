"""`%%writefile` of a Python file with a text that leaves parts out: those are taken from what stands."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from ipy_llm.errors import EditRejectedError, IpyLlmError
from ipy_llm.source.address import Address
from ipy_llm.source.documents import read_document, to_bytes
from ipy_llm.source.editing.edits import Replace
from ipy_llm.source.sent.reading import placeholders
from ipy_llm.source.text import decode
from ipy_llm.source.writing import edit_document
from ipy_llm.workspace.files import is_python, read_bytes


def merge_file(line: str, body: str) -> tuple[str, tuple[str, ...]]:
    """Return the body of `%%writefile LINE` with what it leaves out, and what to say about that.

    Raises an `IpyLlmError` where that is not certain.
    """
    path = _target(line)
    if path is None or not is_python(path) or not path.is_file() or not placeholders(body, ""):
        return body, ()
    document = read_document(read_bytes(path), "python")
    if not placeholders(body, document.source.text):
        return body, ()
    if document.source.encoding not in {"utf-8", "utf-8-sig"} and not document.source.text.isascii():
        raise EditRejectedError(
            f"{path.name} is in {document.source.encoding}, which %%writefile does not write; nothing was written",
            steps=[f"to edit a part: %%edit {path.name}::Name"],
        )
    try:
        after, (touched,) = edit_document([Replace(Address(document=path.name), body)], document, path.name)
    except IpyLlmError as error:
        error.steps = (*error.steps, f"to edit a part: %%edit {path.name}::Name")
        raise
    notes = "; ".join(touched.notes)
    said = f"{path.name}: merged with what stood there{f' ({notes})' if notes else ''}"
    return decode(to_bytes(after)).text, (said,)


def _target(line: str) -> Path | None:
    """Return the file that the magic writes; None where it appends, or where that is not certain."""
    try:
        words = shlex.split(line)
    except ValueError:
        return None
    if len(words) != 1 or words[0].startswith("-"):
        return None
    return Path(os.path.abspath(os.path.expanduser(words[0])))
