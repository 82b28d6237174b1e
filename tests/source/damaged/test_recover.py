"""Names in documents that do not parse: found where they are certain, and edited."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipy_llm.source.structure.outline import outline
from ipy_llm.source.structure.resolve import label
from ipy_llm.source.text import Source

CART = '''\
"""A shop."""

import json
from decimal import (
    Decimal,
)

RATES = {
    "de": 19,
    "fr": 20,
}


class Cart(Base):
    """A cart."""

    items: list[str] = []

    # what it costs
    @property
    def total(self) -> Decimal:
        return sum(
            item.price
            for item in self.items
        )

    def add(self, name, *, count=1):
        items = [name] * count
        self.items.extend(items)
        return self.items[-1]
        # at the end

    limit = max(1, 2)


@cached(size=3)
def load(path):
    with open(path) as file:
        return json.load(file)


if __name__ == "__main__":
    print(load("cart.json"))
'''


def spans(text):
    """Every name that is found, with its text."""
    found = outline(Source(text))
    return {label(chunk, found): chunk.span.of(text) for chunk in found.walk()}


HEALTHY = spans(CART)
BRACKETS = [at for at, sign in enumerate(CART) if sign in "()[]{}"]


def without(at, text=CART):
    return text[:at] + text[at + 1 :]


@pytest.mark.parametrize("at", BRACKETS)
def test_with_one_bracket_removed_a_span_is_right_or_not_there(at):
    healthy = outline(Source(CART))
    expected = {}
    for chunk in healthy.walk():
        start, end = (edge - (at < edge) for edge in (chunk.span.start, chunk.span.end))
        expected[label(chunk, healthy)] = without(at)[start:end].rstrip()
    found = {name: text.rstrip() for name, text in spans(without(at)).items()}
    assert found.items() <= expected.items()
    assert len(found) >= 2


def damaged(old, new):
    assert CART.count(old) == 1
    return CART.replace(old, new)


def test_the_chunk_that_holds_the_damage_is_found_where_it_ends_for_certain():
    text = damaged("extend(items)", "extend(items")
    assert spans(text) == HEALTHY | {
        name: HEALTHY[name].replace("extend(items)", "extend(items") for name in ("Cart", "Cart.add")
    }


def test_an_assignment_that_may_end_on_several_lines_is_not_found():
    text = "x = f(1,\ny = 2\n\n\ndef g(): ...\n"
    assert list(spans(text)) == ["g"]
    assert outline(Source(text)).damage.words == {"x", "y"}


def test_a_definition_that_may_end_on_several_lines_is_not_found():
    text = "def f():\n    return g(1,\ny = 2\n\n\ndef g(): ...\n"
    assert list(spans(text)) == ["g"]


def test_a_name_that_may_stand_once_more_unseen_is_not_found():
    text = "def f(): ...\n\n\ndef g():\n  if 1:\n return ((\n\n\ndef f(): ...\n"
    assert spans(text).get("f") is None


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        ("def add(self, name, *, count=1):", "def add(self, name, *, count=1)", set()),
        ("def add(self, name, *, count=1):", "def add(self:", set()),
        ("    def add(self, name", "    def\n\n    def add(self, name", set()),
        ("items = [name] * count", "items = [name] *", set()),
        ("items = [name] * count", "items = ", set()),
        ("        items = [name] * count\n", "<<<<<<< HEAD\n        items = 1\n=======\n        items = 2\n>>>>>>> b\n", set()),
        ('    """A cart."""', '    """A cart.', set(HEALTHY) - {"RATES"}),
        ("json.load(file)", "json.load(file", set()),
        ('"de": 19', '"de: 19', set()),
        ('"de": 19', '"de" 19', set()),
        ("import json", "import", set()),
        ("import json", "import json, , sys", set()),
        ("import json", "print 'x'", set()),
        ("return json.load(file)", "return json.load(file) file", set()),
        ("class Cart(Base):", "class Cart(Base)", set()),
        ("class Cart(Base):", "class Cart(", set()),
        ("class Cart(Base):", "clas", set(HEALTHY) - {"RATES", "load"}),
        ("    limit = max(1, 2)", "  limit = max(1, 2)", {"Cart", "Cart.add", "Cart.limit"}),
    ],
)  # fmt: skip
def test_other_damages_leave_what_is_certain(old, new, lost):
    text = damaged(old, new)
    found = spans(text)
    assert {name for name in HEALTHY if name not in found} <= lost
    for name, span in found.items():
        assert span in {HEALTHY[name], HEALTHY[name].replace(old, new)}


def test_line_ends_and_other_letters_move_nothing():
    text = damaged("extend(items)", "extend(itéms").replace("\n", "\r\n")
    assert spans(text)["load"] == HEALTHY["load"].replace("\n", "\r\n")
    assert spans(text)["Cart.add"].endswith("# at the end")


@given(st.lists(st.sampled_from(["def f(", "x = (", "]", '"""', "'", "class A:", "    y", ":", "#", "@", "f'{", "\\", "\t", "\x0c", "if 1", "else:", "é"]), max_size=9), st.sampled_from(["\n", " ", "\r\n", ""]))  # fmt: skip
def test_any_text_has_an_outline(parts, sign):
    text = sign.join(parts)
    for span in spans(text).values():
        assert span in text


# -- editing


def test_a_broken_definition_is_mended_by_its_name(edited, touched):
    text = damaged("extend(items)", "extend(items")
    new = HEALTHY["Cart.add"].replace("        # at the end", "").rstrip()
    assert edited(text, "Cart.add", new).replace("        # at the end\n", "") == CART.replace(
        "        # at the end\n", ""
    )
    assert touched(text, "Cart.add", new).notes == ("the file compiles again",)


def test_a_healthy_definition_is_edited_beside_a_broken_one(edited, touched):
    text = damaged("extend(items)", "extend(items")
    assert edited(text, "load", "def load(path): ...\n") == text.replace(
        HEALTHY["load"], "@cached(size=3)\ndef load(path): ..."
    )
    assert (
        touched(text, "load", "def load(path): ...\n").notes[-1]
        == "still broken: line 29: '(' was never closed"
    )
    assert edited(text, "delete load") == text.replace(HEALTHY["load"] + "\n\n\n", "")
    assert "\n\n\ndef save(): ...\n\n\nif __name__" in edited(text, "after load", "def save(): ...")
    assert "    limit = max(1, 2)\n    step = 1\n" in edited(text, "after Cart.limit", "step = 1")


def test_a_healthy_definition_does_not_become_broken(refusal, at):
    text = damaged("extend(items)", "extend(items")
    assert "the text ends early, on its line 1" in refusal(text, "load", "def load(path: ...\n")
    assert "the new text is broken at line 3" in refusal(text, at(text, "load", 4), "        return (json")
    assert "the new text is broken at line 39" in refusal(text, "load json.load => (json.load")


def test_what_an_edit_makes_uncertain_is_refused(refusal, at):
    text = damaged("extend(items)", "extend(items")
    assert "it would not be certain where" in refusal(text, at(text, "Cart.add", 3), "        self.x('''")


def test_a_name_that_becomes_visible_by_mending_is_no_second_definition(edited, at):
    text = "def f(): ...\n\n\nx = f(1,\ny = 2\n\n\ndef g(): ...\n"
    assert edited(text, at(text, "", 4), "x = f(1)").startswith("def f(): ...\n\n\nx = f(1)\ny = 2\n")


def test_a_name_whose_end_is_not_certain_is_refused_with_the_place(refusal):
    text = "x = f(1,\ny = 2\n\n\ndef g(): ...\n"
    assert refusal(text, "y", "y = 3") == (
        "where y begins and ends in shop.py is not certain: line 1: '(' was never closed"
        "\nto mend it by lines: show shop.py:1-6"
    )


def test_a_placeholder_in_a_broken_definition_is_refused(refusal):
    text = damaged("extend(items)", "extend(items")
    assert "the old text is broken itself" in refusal(
        text, "Cart.add", "def add(self, name, *, count=1):\n    # ...\n    return 1\n"
    )
