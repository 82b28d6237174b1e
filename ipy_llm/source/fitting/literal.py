"""A new document of just the text that was meant, told by its digest."""

from __future__ import annotations

import io
from collections.abc import Iterator
from tokenize import detect_encoding

from ipy_llm.errors import ParseError, StaleError
from ipy_llm.source.text import Source, digest, unify

_MARK = "\ufeff"


def literal_document(sent: str, expected: str, name: str, *, python: bool) -> Source:
    """Return the document whose text has the digest `expected`, byte-order mark and final newline included.

    What a patch cannot show - whether lines end in CR, LF or both, whether the last one has an end - is
    what makes the digest come out. `name` is how messages write it. Raises `StaleError` where nothing does.
    """
    for text in _readings(sent):
        if digest(text) == expected:
            bom = text.startswith(_MARK)
            return Source(text.removeprefix(_MARK), _encoding(text, python=python), bom)
    raise StaleError(
        f"the text for {name} is not the one with the digest {expected}; nothing was written",
        steps=[f"to take it as it is: create {name}"],
    )


def _readings(sent: str) -> Iterator[str]:
    yield sent
    yield sent.removesuffix("\n")
    for newline in ("\r\n", "\r"):
        text = unify(sent).replace("\n", newline)
        yield text
        yield text.removesuffix(newline)


def _encoding(text: str, *, python: bool) -> str:
    """Return the encoding that a Python text declares, else UTF-8."""
    if not python or text.startswith(_MARK):
        return "utf-8"
    try:
        return detect_encoding(io.BytesIO(text.encode("utf-8", "surrogatepass")).readline)[0]
    except SyntaxError as error:
        raise ParseError(f"no such encoding: {error}; nothing was written") from error
