"""Docstrings and long texts, cut to what a reader needs."""

from __future__ import annotations

import re
from inspect import cleandoc

_SIGNATURE = re.compile(r"[\w.]+\(.*\)( *-+> *.+)?")

# A box with its text, further in, as pydantic and others open their docstrings: `!!! abstract "Usage"`, `.. note::`.
_ADMONITION = re.compile(
    r"^([ \t]*)(?:!!!|\.\. \w[\w-]*::)[^\n]*\n(?:\1[ \t]+[^\n]*\n|[ \t]*\n)*", re.MULTILINE
)
_ROLE = re.compile(r":[a-z][a-z:]*:`[~!.]?([^`<]+?)(?:\s*<[^`>]*>)?`")  # of Sphinx: :class:`~rich.Console`
_LINK = re.compile(r"\[`?([^\]`]+)`?\]\[[^\]]*\]")  # of Markdown: [`Model`][pydantic.Model]


def first_paragraph(docstring: str, *, limit: int = 300) -> str:
    """Return the docstring's first paragraph on one line of at most `limit` characters.

    Signatures that stand above it, as in much of C, and rules under a title are left out.
    """
    plain = _LINK.sub(r"`\1`", _ROLE.sub(r"`\1`", _ADMONITION.sub("", cleandoc(docstring))))
    lines = [line for line in plain.strip().splitlines() if line.strip(" =-~*#") or not line]
    while len(lines) > 1 and (not lines[0].strip() or _SIGNATURE.fullmatch(lines[0].strip())):
        del lines[0]
    words: list[str] = []
    for line in lines:
        if not line.strip():
            break
        words += line.split()
    return bounded(" ".join(words), limit)


def first_sentence(docstring: str, *, limit: int = 80) -> str:
    """Return the first sentence of a docstring without its full stop, at most `limit` characters."""
    return bounded(opening(docstring).removesuffix("."), limit)


def opening(docstring: str, *, limit: int = 300) -> str:
    """Return the first sentence of a docstring as it stands, at most `limit` characters."""
    sentence, stop, _ = first_paragraph(docstring).partition(". ")
    return bounded(sentence + stop.strip(), limit)


def bounded(text: str, limit: int) -> str:
    """Return `text`, cut with an ellipsis where it is longer than `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
