"""A dozen modules of the standard library, every chunk replaced by its own text through the whole edit."""

import importlib.util
import sysconfig
from pathlib import Path

import pytest

from ipy_llm.source.address import parse_header
from ipy_llm.source.editing.apply import apply
from ipy_llm.source.editing.edits import edit_of
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.structure.resolve import label
from ipy_llm.source.text import decode

STDLIB = Path(sysconfig.get_path("stdlib"))
# Import mode importlib puts no folder of the tests on the path.
_SPEC = importlib.util.spec_from_file_location(
    "identity", Path(__file__).parents[2] / "benchmarks" / "identity.py"
)
identity = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(identity)

MODULES = [
    "textwrap",
    "bisect",
    "heapq",
    "shelve",
    "sched",
    "webbrowser",
    "functools",
    "contextlib",
    "types",
    "reprlib",
]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_edited_by_its_own_text_is_what_it_was(module):
    data = (STDLIB / f"{module}.py").read_bytes()
    found = outline(decode(data))
    for number, chunk in enumerate(found.walk()):
        own = chunk.span.of(found.source.text)
        sent = own if chunk.inline else identity.at_column_0(own, chunk.indent)
        if number % 6:
            assert identity.fit_chunk(sent, chunk, found).text == own, chunk.name
            continue
        done = apply([edit_of(parse_header(f"m::{label(chunk, found)}"), sent)], found, "m")
        assert done.outline.source == found.source
        assert done.touched[0].target == label(chunk, found)


@pytest.mark.parametrize(
    "module", ["argparse", "dataclasses", "typing", "unittest/mock", "turtle", "_pydecimal", "inspect"]
)
def test_every_chunk_of_a_large_module_fits_where_it_stood(module):
    source = decode((STDLIB / f"{module}.py").read_bytes())
    for _, chunk, old, new in identity.replaced(outline(source)):
        assert new == old, chunk.name


@pytest.mark.parametrize("module", ["textwrap", "heapq", "functools"])
def test_deleting_undoes_inserting_beside_definitions_of_a_module(module):
    found = outline(decode((STDLIB / f"{module}.py").read_bytes()))
    for kind, chunk, old, new in identity.inserted_and_deleted(found, 4):
        assert new == old, f"{kind} {chunk.name}"
