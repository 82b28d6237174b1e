"""The outline after an edit is that of the whole document, whether it was renewed or not."""

import random
import sysconfig
from pathlib import Path

import pytest

from ipy_llm.source.structure import kept
from ipy_llm.source.structure.kept import known_outline, outline_after
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.structure.renew import renew
from ipy_llm.source.text import Source, Span, decode, splice

CART = """\
import os


class Cart:
    '''Things.'''

    def total(self):
        return 1

    # A comment.
    @property
    def tax(self):
        def inner(): pass
        return inner

    RATE = 2
    # end


def last():
    pass
import sys
"""


def after(text, *changes):
    """Return the outline before, the cuts that replace each `old` by its `new`, and the text after."""
    before = outline(Source(text))
    cuts = [(Span(text.index(old), text.index(old) + len(old)), new) for old, new in changes]
    return before, cuts, Source(splice(text, cuts))


@pytest.mark.parametrize(
    "changes",
    [
        [("return 1", "return 2")],
        [("return 1", "return '''\n# one\n'''\n        # more")],
        [("    def total(self):\n        return 1", "    @d\n    # c\n    def total(self): pass")],
        [("def total(self)", "async def renamed(self, é)")],
        [("        return 1", "        def a():\n            class B: x = 1\n        return a")],
        [("return 1", "return 1 + 1"), ("def inner(): pass", "x = 1"), ("    pass", "    return 3")],
        [("\n    # A comment.", "")],
        [("return 1", "return 1\n\n    def more(self): pass")],
        [("    RATE = 2\n", "")],
        [("    # end", "    # section: a\n    # endsection")],
        [("def inner(): pass", "class Inner:\n            def deep(self): ...")],
    ],
)
def test_an_edit_within_definitions_renews_the_outline_of_the_whole(changes):
    for text in (CART, CART.replace("\n", "\r\n"), CART.replace("    ", "\t"), "\f" + CART):
        moved = [
            [part.replace("    ", "\t" if "\t" in text else "    ") for part in pair] for pair in changes
        ]
        if "\r" in text:
            moved = [[part.replace("\n", "\r\n") for part in pair] for pair in moved]
        before, cuts, source = after(text, *moved)
        found = renew(before, cuts, source)
        assert found is not None
        assert found == outline(source)


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        (CART, [("import os", "import os, re")]),
        (CART, [("    pass\n", "    pass\nx = 1\n")]),
        (CART, [("return 1", "return (1")]),
        (CART, [("return 1", "'''")]),
        (CART, [("return 1", "return 1\nelse:\n        pass")]),
        (CART, [("    pass\n", "    pass\\\n")]),
        (CART, [("def last():\n", "def last():\n# c\n")]),
        (CART, [("    def total(self):\n        return 1", "def total(self):\n    return 1")]),
        # whose comment it is goes by the lines below it
        ("#!/bin/sh\n\ndef f(): pass\n", [("def", "# c\ndef")]),
        ("#!/bin/sh\ndef f(): pass\n", [("def", "# c\ndef")]),
        ("x = 1\n# a\n#\ndef f(): pass\n", [("def", "# c\ndef")]),
        ("x = 1\n# a\n# ----\ndef f(): pass\n", [("def", "# c\ndef")]),
        # the end of a main block leaves out comments
        ("if __name__ == '__main__':\n    def f(): pass\n    # c\n", [("# c", "pass\n    # c")]),
        ("if __name__ == '__main__':\n    def f():\n        pass\n        # c\n", [("# c", "x = 1")]),
        ("def f(): pass; x = 1\n", [("pass", "y = 1\nz = 1")]),
        ("x = '''\n# a'''\ndef f(): pass\n", [("def", "# c\ndef")]),
        ("def f(:\n", [(":", "):")]),
        ("def f(): pass\n", []),
    ],
)
def test_an_edit_whose_reach_is_not_certain_is_outlined_as_the_whole(text, changes):
    before, cuts, source = after(text, *changes)
    found = renew(before, cuts, source)
    assert found is None or found == outline(source)
    assert outline_after(before, cuts, source) == outline(source)


PIECES = [
    "# c\n", "#\n", "    # c\n", "def g(): pass\n", "    def g(self): pass\n", "\n", "    x = 1\n", "x = 1\n",
    "        y = 2\n", "    @d\n", "\\\n", "'''", "# ----\n", "# section: a\n", "# endsection\n", "    else:\n",
    "\f", "\r", "\t", "    ", ";", "#", "class A:\n", "        # in\n", "'''\n# x'''\n", "        pass\n", "",
]  # fmt: skip


@pytest.mark.parametrize("name", ["ast", "cmd", "dataclasses", "enum", "functools", "queue", "tokenize"])
def test_random_edits_of_real_files_renew_the_outline_of_the_whole(name):
    # The same over every file of the standard library: tests/benchmarks/renewal.py
    chance = random.Random(name)
    source = decode(Path(sysconfig.get_path("stdlib"), f"{name}.py").read_bytes())
    before, text = outline(source), source.text
    chunks = [chunk for chunk in before.walk() if chunk.is_definition]
    renewed = 0
    for _ in range(60):
        cuts = []
        for chunk in sorted(chance.sample(chunks, chance.choice([1, 1, 2])), key=lambda one: one.span.start):
            starts = [at for at in before.starts if chunk.span.start <= at < chunk.span.end]
            start, end = sorted(chance.choices([*starts, chunk.span.start, chunk.span.end], k=2))
            cut = Span(start, chance.choice([start, end]))
            if not cuts or cuts[-1][0].end <= cut.start:
                cuts.append((cut, chance.choice(PIECES)))
        new = source.with_text(splice(text, cuts))
        found = renew(before, cuts, new)
        renewed += found is not None
        assert found is None or found == outline(new)
    assert renewed > 5


def test_a_text_that_was_outlined_before_is_not_outlined_again():
    source = Source("def f(): pass\n# only here\n")
    assert known_outline(source) is known_outline(Source(source.text))
    assert known_outline(source, "text") != known_outline(source)


def test_only_the_outlines_asked_for_last_are_kept():
    first = known_outline(Source("x = 0\n"))
    for number in range(1, kept.KEPT):
        known_outline(Source(f"x = {number}\n"))
        assert known_outline(Source("x = 0\n")) is first
    for number in range(kept.KEPT):
        known_outline(Source(f"y = {number}\n"))
    assert known_outline(Source("x = 0\n")) is not first
