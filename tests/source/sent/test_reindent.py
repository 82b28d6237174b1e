"""Moving code by tokens: strings keep what they say, other indentation becomes the file's."""

import ast
from textwrap import indent

import pytest

METHOD = '''\
class A:
    def f(self, a,
          b=2):
        """Doc.

            Deep.
        """
        x = """
col 0
    col 4
        """
        y = f"""
        {a}
        """; z = (1,
                  2)
        w = a + \\
            b
# left
        return x
'''


def body(name, text):
    """Return the method alone, as a model retypes it at column 0."""
    lines = text.split("\n")[1:]
    return "\n".join(line[min(4, len(line) - len(line.lstrip(" "))) :] for line in lines)


def test_a_method_retyped_at_column_0_is_what_it_was(edited):
    assert edited(METHOD, "A.f", body("f", METHOD)) == METHOD


def test_a_method_retyped_two_levels_too_deep_is_what_it_was(edited):
    deep = METHOD.replace("# left\n", "").replace("col 0\n", "").replace("    col 4\n", "")
    assert edited(deep, "A.f", indent(body("f", deep), " " * 12)) == deep


def test_a_new_string_stays_as_it_was_sent_and_a_docstring_moves(edited):
    sent = (
        'def f(self):\n    """Doc.\n\n    More.\n    """\n    x = """\n    text\ncol 0\n"""\n    return x\n'
    )
    assert edited("class A:\n    def f(self): ...\n", "A.f", sent) == (
        'class A:\n    def f(self):\n        """Doc.\n\n        More.\n        """\n'
        '        x = """\n    text\ncol 0\n"""\n        return x\n'
    )


def test_one_changed_string_does_not_move_the_others(edited):
    before = 'class A:\n    def f(self):\n        a = """\n        one\n        """\n        b = """\n        two\n        """\n'
    sent = body("f", before).replace("one", "ONE")
    after = edited(before, "A.f", sent)
    assert after == before.replace("one", "ONE")


def test_a_changed_string_that_stood_elsewhere_stays_as_it_was_sent(edited):
    before = 'class A:\n    def f(self):\n        a = """\n  one\n  two\n"""\n'
    sent = 'def f(self):\n    a = """\n  one\n  TWO\n"""\n'
    assert edited(before, "A.f", sent) == before.replace("two", "TWO")
    sent = 'def f(self):\n    a = """\n    all\n    new\n    """\n'
    assert (
        edited(before, "A.f", sent)
        == 'class A:\n    def f(self):\n        a = """\n    all\n    new\n    """\n'
    )


def test_a_docstring_with_odd_indentation_keeps_its_shape(edited):
    sent = 'def f():\n    """Doc.\n  left\n\n      deep\n"""\n'
    assert edited("def f(): ...\n", "f", sent) == sent


def test_a_hash_in_a_string_is_text(edited):
    sent = 'def f():\n    x = """\n# section: a\n    # not a comment\n# ... existing code ...\n"""\n    return x\n'
    assert edited("class A:\n    def f(self): ...\n", "A.f", sent).endswith(
        '        x = """\n# section: a\n    # not a comment\n# ... existing code ...\n"""\n        return x\n'
    )


SENT_4 = 'def f(self):\n    """Doc.\n    More.\n    """\n    if x:\n        y = g(\n            1)\n        # c\n    # d\n    return y\n'


@pytest.mark.parametrize("step", ["  ", "\t", "        ", "   "])
def test_indentation_is_converted_to_that_of_the_file_but_not_in_strings_or_brackets(edited, step):
    before = f"class A:\n{step}def f(self):\n{step * 2}return 1\n"
    one, two, three = step, step * 2, step * 3
    after = edited(before, "A.f", SENT_4)
    code = [
        line for line in after.split("\n") if "More" not in line and "1)" not in line and '"""' not in line
    ]
    assert code == [
        "class A:", f"{one}def f(self):", f"{two}if x:", f"{three}y = g(", f"{three}# c", f"{two}# d", f"{two}return y", "",
    ]  # fmt: skip


def test_a_file_of_tabs_keeps_them_where_tabs_are_sent(edited):
    before = "class A:\n\tdef f(self):\n\t\treturn 1\n\n\tx = 1\n"
    assert edited(before, "A.f", "def f(self):\n\tif 1:\n\t\treturn 2") == (
        "class A:\n\tdef f(self):\n\t\tif 1:\n\t\t\treturn 2\n\n\tx = 1\n"
    )


def test_a_function_of_two_blanks_in_a_file_of_four_keeps_its_own(edited):
    before = "def g():\n    return 1\n\n\ndef f():\n  return 1\n"
    assert edited(before, "f", "def f():\n  if 1:\n    return 2").endswith(
        "def f():\n  if 1:\n    return 2\n"
    )


@pytest.mark.parametrize(
    "code",
    [
        "match x:\n    case [1, *_]:\n        pass\n    case _: pass",
        "try:\n    a\nexcept* E:\n    b",
        "with (\n    a as b,\n    c,\n):\n    pass",
        "async for x in y:\n    await z",
        "x = [\n  i\n  for i in y\n]",
        "assert (\n    x\n), f'''\n{x}\n'''",
        "lambda: (yield)",
        "del x; pass;",
        "@d\ndef g(): ...",
        "class B(A, metaclass=M):\n    '''D.'''\n    x: int = 1",
        "if x: pass\nelif y: pass\nelse: pass",
        "x = f'{a!r:>{w}}' f\"{'q'}\"",
        "x = 1 \\\n    + 2",
        "print('a',\n# odd\n      'b')",
    ],
)
def test_any_statement_keeps_its_meaning_at_another_depth(edited, code):
    if "except*" in code:
        try:
            compile(code, "", "exec")
        except SyntaxError:
            pytest.skip("needs Python 3.11")
    sent = "async def f(self):\n" + indent(code, "    ") + "\n"
    after = edited("class A:\n    def f(self): ...\n", "A.f", sent)
    assert ast.dump(ast.parse(after).body[0].body[0]) == ast.dump(ast.parse(sent).body[0])
