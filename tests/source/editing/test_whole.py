"""A document sent whole that leaves parts out."""

from __future__ import annotations

import pytest

from ipy_llm.errors import IpyLlmError
from ipy_llm.source.address import Address
from ipy_llm.source.editing.edits import Replace
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.text import Source
from ipy_llm.source.writing import edit_document

OLD = '''\
"""Carts."""

import json
from os import path

# how much, in per cent
RATE = 20


class Cart:
    def total(self):
        return 1

    def tax(self):
        return 2


def helper():
    return json


def other():
    return path


if __name__ == "__main__":
    print(helper())
'''


def after(text, old=OLD):
    edited, (touched,) = edit_document(
        [Replace(Address(document="cart.py"), text)], outline(Source(old)), "cart.py"
    )
    return edited.source.text, touched


REST = "\n\n# ... rest of the file unchanged ...\n"


@pytest.mark.parametrize(
    ("text", "changes", "kept"),
    [
        ("class Cart:\n    # ... existing ...\n    def tax(self):\n        return 5\n" + REST, [("return 2", "return 5")], 3),
        ("# ... existing code ...\n\ndef helper():\n    return 9\n\n# ... existing code ...\n", [("return json\n", "return 9\n")], 3),
        ('"""All carts."""\n# ... existing code ...\n', [("Carts.", "All carts.")], 4),
        ("import json\nimport re\n" + REST, [("import path\n", "import path\nimport re\n")], 4),
        ("# ... imports ...\n\nRATE = 30\n" + REST, [("RATE = 20", "RATE = 30")], 3),
        ("# ... imports ...\n\n# in per cent\nRATE = 30\n" + REST, [("# how much, in per cent\nRATE = 20", "# in per cent\nRATE = 30")], 3),
        ("# ... existing code ...\n\nif __name__ == '__main__':\n    print(other())\n", [("print(helper())", "print(other())"), ('"__main__"', "'__main__'")], 4),
        ("# ... existing code ...\n\ndef helper():\n    return json\n\ndef new(x):\n    return x\n\n# ... rest ...\n",
         [("    return json\n", "    return json\n\n\ndef new(x):\n    return x\n")], 3),
        ("# ... existing code ...\n\ndef new(x):\n    return x\n\ndef other():\n    return path\n\n# ... rest ...\n",
         [("def other", "def new(x):\n    return x\n\n\ndef other")], 3),
    ],
)  # fmt: skip
def test_what_is_mentioned_changes_where_it_stands_and_the_rest_stays(text, changes, kept):
    expected = OLD
    for old, new in changes:
        assert expected.count(old) == 1
        expected = expected.replace(old, new)
    found, touched = after(text)
    assert found == expected
    assert touched.notes == (f"kept {kept} definition{'s' * (kept != 1)} not mentioned",)


def test_what_is_new_below_all_that_stays_goes_to_the_end():
    old = OLD.partition("\n\n\nif __name__")[0] + "\n"
    assert (
        after("# ... existing code ...\n\ndef last():\n    pass\n", old)[0]
        == f"{old}\n\ndef last():\n    pass\n"
    )


def test_a_text_that_leaves_parts_of_every_definition_out_needs_no_comment_for_others():
    old = "class A:\n    def f(self):\n        return 1\n\n    def g(self):\n        return 2\n"
    text = "class A:\n    # ... existing methods ...\n\n    def g(self):\n        return 3\n"
    found, touched = after(text, old)
    assert found == old.replace("return 2", "return 3")
    assert touched.notes == ()


def test_line_ends_of_the_file_stay():
    old = OLD.replace("\n", "\r\n")
    found, _ = after("# ... existing code ...\n\ndef helper():\n    return 9\n\n# ... rest ...\n", old)
    assert found == old.replace("return json\r\n", "return 9\r\n")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# ... existing code ...\nprint(3)\n", "where `print(3)` goes is not certain"),
        ("class Cart:\n    # ... existing ...\n    def tax(self):\n        return 5\n", "leaves code out"),
        ("a, b = 1, 2\n# ... rest ...\n", "where `a, b = 1, 2` goes is not certain"),
        ("def helper():\n    x = 1\n    # ... existing ...\n    y = 2\n# ... rest ...\n", "not certain"),
    ],
)
def test_what_is_not_certain_is_refused(text, told):
    with pytest.raises(IpyLlmError, match="nothing was written") as raised:
        after(text)
    assert told in raised.value.message


def test_a_name_that_stands_twice_is_to_be_addressed():
    old = "try:\n    def f(): return 1\nexcept ImportError:\n    def f(): return 2\nx = 1\n"
    with pytest.raises(IpyLlmError, match="f is there 2 times"):
        after("def f(): return 3\n# ... rest ...\n", old)


GUARDED = """\
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import json
    from os import path


#
# All about carts.
#
class Cart:
    def total(self):
        return 1


def other():
    return 2
"""


def test_imports_under_a_guard_that_stands_are_not_written_again():
    text, _ = after(
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import json\n\n# ...\n\ndef other():\n    return 3\n",
        GUARDED,
    )
    assert text == GUARDED.replace("return 2", "return 3")


def test_a_guard_with_more_in_it_is_refused():
    with pytest.raises(IpyLlmError, match="where `if TYPE_CHECKING:` goes is not certain"):
        after("if TYPE_CHECKING:\n    import ast\n\n# ...\n\ndef other():\n    return 3\n", GUARDED)


def test_a_comment_above_a_definition_that_is_not_of_it_is_not_written_again():
    text, _ = after(
        "# ...\n\n#\n# All about carts.\n#\nclass Cart:\n    def total(self):\n        return 3\n\n# ...\n",
        GUARDED,
    )
    assert text == GUARDED.replace("return 1", "return 3")
