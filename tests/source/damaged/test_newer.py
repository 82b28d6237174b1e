"""Files in syntax newer than the Python that runs us, and edits that a project's oldest Python would not read."""

import importlib
import sys
from pathlib import Path

import pytest

from ipy_llm.source.damaged.newer import lower, too_new
from ipy_llm.source.damaged.scan import strings
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.structure.resolve import label
from ipy_llm.source.target import Target
from ipy_llm.source.text import Source

NEWER = {
    "def f[T](x: T) -> T:\n    return x\n": (3, 12),
    "class f[T: int = str, *Ts, **P](Base):\n    pass\n": (3, 13),
    "class f[\n    T,\n    U = (1),\n](Base):\n    x = 1\n": (3, 13),
    "async def f[T](\n    x: T,\n) -> T:\n    return x\n": (3, 12),
    "type f[T] = dict[\n    str, T]\n": (3, 12),
    "type f = int\n": (3, 12),
    'f = f"{a["b"]}" + f\'{a[\'b\']:>{c["d"]}}\'\n': (3, 12),
    "f = f'{\n    a  # as\n}' + 'b'\n": (3, 12),
    "f = f\"{'\\n'.join(a)}\"\n": (3, 12),
    'f = f"{f"{f"{1}"}"}"\n': (3, 12),
    "def f():\n    try:\n        pass\n    except* (A, B):\n        pass\n": (3, 11),
    "f = t'a{b}'\n": (3, 14),
    "def f():\n    try:\n        pass\n    except A, B:\n        pass\n": (3, 14),
}


@pytest.mark.parametrize(("text", "since"), NEWER.items())
def test_newer_syntax_is_no_error_and_its_names_are_found(text, since):
    source = Source(f"# é\nbefore = 1\n{text}after = 2\n")
    found = outline(source)
    assert (found.error, found.source) == (None, source)
    assert found.needs == (since if since > sys.version_info else None)
    spans = {
        label(chunk, found): chunk.span.of(source.text) for chunk in found.walk() if "." not in chunk.name
    }
    assert spans == {"before": "before = 1", "f": text[:-1], "after": "after = 2"}


@pytest.mark.parametrize(("text", "since"), NEWER.items())
def test_lowering_moves_no_character_and_says_since_when(text, since):
    lowered = lower(text, (3, 10))
    assert len(lowered.text) == len(text)
    assert lowered.needs.since == since


@pytest.mark.parametrize("name", ["textwrap", "dataclasses", "turtle", "typing", "asyncio.tasks"])
def test_what_is_not_newer_stays_as_it_is(name):
    text = Path(importlib.import_module(name).__file__).read_text(encoding="utf-8")
    # A slice of what is repeated looks like unpacking; only a text that does not parse is asked.
    found = lower(text, sys.version_info[:2]).features
    assert {feature.what for feature in found} <= {"unpacking in an index"}
    assert all(one.closed for one in strings(text))


def test_a_text_that_only_looks_newer_is_broken():
    found = outline(Source("type X[T = list\n\n\ndef f(): ...\n\n\ndef g[T](): ...\n"))
    assert found.error
    # A Python that has type statements may tell what the broken one names.
    assert [chunk.name for chunk in found.walk() if chunk.name != "X"] == ["f", "g"]


OLD = "x = 1\n\n\ndef f(a):\n    return a\n\n\ndef g(a):\n    return a\n"
MATCH = "def f(a):\n    match a:\n        case 1:\n            return 1\n"
NESTED = "def f(a):\n    return f'{a['b']}'\n"


def test_an_edit_may_be_newer_than_this_python_where_the_project_is(edited):
    text = "def f(a):\n    return t'{a}'\n"
    target = Target((3, 14), "requires-python >=3.14")
    assert edited(OLD, "f", text, target=target) == OLD.replace("def f(a):\n    return a\n", text)


def test_an_edit_may_be_newer_than_this_python_where_the_file_was(edited):
    before = OLD + "\n\nz = t'a'\n"
    text = "def f(a):\n    return t'{a}'\n"
    assert edited(before, "f", text) == before.replace("def f(a):\n    return a\n", text)
    assert "def g(a):\n    return 2\n" in edited(before, "g return a => return 2")


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="it is of this Python")
def test_newer_syntax_is_refused_where_nobody_says_it_will_do(refusal):
    host = ".".join(map(str, sys.version_info[:2]))
    assert refusal(OLD, "f", "def f(a):\n    return t'{a}'\n") == (
        f"shop.py:5 needs Python 3.14 (a t-string), this is {host}; nothing was written\n"
        "  return t'{a}'\n"
        'if it runs on none older: target-python = "3.14" under [tool.ipy_llm] in pyproject.toml'
    )


def test_newer_syntax_that_is_wrong_all_the_same_is_refused(refusal):
    target = Target((3, 15), "target-python 3.15")
    assert "would break" in refusal(OLD, "f", "def f(a):\n    return t'{a b}'\n", target=target)
    assert "would break" in refusal(OLD, "x 1 => t'{a b}'", target=target)


def test_what_the_oldest_python_of_the_project_does_not_read_is_refused(refusal):
    target = Target((3, 9), "requires-python >=3.9")
    assert refusal(OLD, "f", MATCH, target=target).startswith(
        "shop.py needs Python 3.10 (pattern matching), the project says requires-python >=3.9; nothing was written"
    )
    assert "needs Python 3.10" in refusal(OLD, "into ", MATCH.replace("f(", "h("), target=target)
    assert "needs Python 3.8 (assignment" in refusal(
        OLD, "g return a => return (a := 1)", target=Target((3, 7), "requires-python >=3.7")
    )
    assert "needs Python 3.12" in refusal(OLD, "f", NESTED, target=target)


def test_what_the_document_has_already_is_no_news(edited):
    target = Target((3, 9), "requires-python >=3.9")
    before = OLD + "\n\n" + MATCH.replace("f(", "h(")
    assert MATCH in edited(before, "f", MATCH, target=target)
    assert "return 2" in edited(before, "h return 1 => return 2", target=target)


def test_only_what_an_edit_touches_is_read_as_the_target_would():
    assert too_new("    def f(self):\n        return 1\n", Target((3, 7), "")) is None
    assert too_new("    def f(self) 1\n", Target((3, 7), "")) is None
    assert too_new("x = f'{a!r:>{b}} {{}} # \\n'\n", Target((3, 7), "")) is None
