"""Editing a text with a header and a body, as a patch entry or a cell would."""

import pytest
from hypothesis import HealthCheck, settings

from ipy_llm.errors import IpyLlmError
from ipy_llm.source.address import VERBS, parse_header
from ipy_llm.source.editing.apply import apply
from ipy_llm.source.editing.edits import edit_of
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.structure.resolve import resolve
from ipy_llm.source.text import Source

DOCUMENT = "shop.py"

# No test is timed; and nothing is left in the tree.
# The same examples each time: what a law finds is looked for by hand, with more of them.
settings.register_profile(
    "laws",
    deadline=None,
    database=None,
    max_examples=60,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much],
)
settings.load_profile("laws")


def _header(header):
    verb, _, rest = header.partition(" ")
    return f"{verb} {DOCUMENT}::{rest}" if verb in VERBS else f"{DOCUMENT}::{header}"


def _applied(before, header, text, options):
    language = options.pop("language", "python")
    parsed = parse_header(_header(header))
    return apply([edit_of(parsed, text)], outline(Source(before), language), DOCUMENT, **options)


@pytest.fixture
def edited():
    """`edited(before, header, text)`: the text after one edit of shop.py; `""` is the whole document."""

    def edit(before, header, text="", **options):
        return _applied(before, header, text, options).outline.source.text

    return edit


@pytest.fixture
def touched():
    """`touched(before, header, text)`: what the edit says it touched."""

    def edit(before, header, text="", **options):
        (only,) = _applied(before, header, text, options).touched
        return only

    return edit


@pytest.fixture
def refusal():
    """`refusal(before, header, text)`: the message of the refused edit, its next steps below it."""

    def edit(before, header, text="", **options):
        with pytest.raises(IpyLlmError) as caught:
            _applied(before, header, text, options)
        return str(caught.value)

    return edit


@pytest.fixture
def at():
    """`at(before, "Cart.total", "3-4")`: an address with the digest of the chunk as it stands."""

    def address(before, target, lines, *, language="python"):
        found = outline(Source(before), language)
        chunk = resolve(parse_header(f"{DOCUMENT}::{target}").address, found, DOCUMENT)
        return f"{target}@{found.digest(chunk.span)}:{lines}"

    return address
