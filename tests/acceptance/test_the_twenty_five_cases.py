"""What an editor of Python must get right, one test a case, through the operation on a file's bytes."""

from __future__ import annotations

import os
import stat
import sys

import pytest

from ipy_llm.errors import (
    AmbiguousError,
    EditRejectedError,
    NotFoundError,
    ParseError,
    RequestError,
    StaleError,
)
from ipy_llm.operations.edit import edit, undo
from ipy_llm.operations.look import show
from ipy_llm.workspace.project import Workspace


class File:
    """One file of a project, edited by name: every edit is undone to the byte before the next file is made."""

    def __init__(self, root, monkeypatch):
        monkeypatch.setenv("IPY_LLM_CACHE", str(root / "cache"))
        self.folder = root / "project"
        self.folder.mkdir()
        (self.folder / "pyproject.toml").touch()
        self.path = self.folder / "m.py"
        self.workspace = Workspace(self.folder, self.folder)

    def edit(self, header, text="", **options):
        reply = edit(self.workspace, header, text, check=False, **options)
        return str(reply)

    def after(self, before, header, text="", **options):
        """Return the bytes after an edit of `before`; then every byte is put back by undo."""
        data = before if isinstance(before, bytes) else before.encode()
        self.path.write_bytes(data)
        self.said = self.edit(header, text, **options)
        after = self.path.read_bytes()
        if after != data:
            undo(self.workspace)
        assert self.path.read_bytes() == data
        return after if isinstance(before, bytes) else after.decode()

    def refused(self, before, header, text="", error=EditRejectedError, **options):
        """Return what a refusal says; the file is as it was."""
        data = before if isinstance(before, bytes) else before.encode()
        self.path.write_bytes(data)
        with pytest.raises(error) as caught:
            self.edit(header, text, **options)
        assert self.path.read_bytes() == data
        return str(caught.value)

    def digest(self, address):
        return show(self.workspace, address).facts["digest"]


@pytest.fixture
def file(tmp_path, monkeypatch):
    return File(tmp_path, monkeypatch)


def test_01_decorators_stay_unless_the_new_text_brings_its_own(file):
    before = "@cached\n@traced(\n    1\n)\ndef f():\n    return 1\n"
    assert file.after(before, "f", "def f():\n    return 2") == before.replace("return 1", "return 2")
    assert "(kept @cached, @traced()" in file.said
    assert file.after(before, "f", "@other\ndef f():\n    return 2") == "@other\ndef f():\n    return 2\n"
    assert "kept" not in file.said


def test_02_a_comment_directly_above_stays_unless_the_new_text_opens_with_one_and_a_banner_is_never_touched(
    file,
):
    before = "x = 1\n\n# ---- banner ----\n\n# About f.\ndef f():\n    return 1\n"
    assert file.after(before, "f", "def f():\n    return 2") == before.replace("return 1", "return 2")
    assert "kept the comment above it" in file.said
    assert (
        file.after(before, "f", "# New.\ndef f(): ...")
        == "x = 1\n\n# ---- banner ----\n\n# New.\ndef f(): ...\n"
    )
    assert file.after(before, "delete f") == "x = 1\n\n# ---- banner ----\n"


def test_03_a_comment_between_decorators_stays(file):
    before = "class A:\n    @a\n    # between\n    @b  # why\n    def f(self):\n        return 1\n"
    assert file.after(before, "A.f", "def f(self):\n    return 2") == before.replace("return 1", "return 2")


def test_04_indented_trailing_comments_are_inside_and_dedented_ones_are_not(file):
    before = "def f():\n    return 1\n    # inside\n\n    # inside too\n# outside\nx = 1\n"
    assert file.after(before, "f", "def f(): ...") == "def f(): ...\n# outside\nx = 1\n"
    assert file.after(before, "delete f") == "# outside\nx = 1\n"


OVERLOADS = (
    "from typing import overload\n\n\n@overload\ndef f(x: int) -> int: ...\n@overload\ndef f(x: str) -> str: ...\n"
    "def f(x):\n    return x\n\n\ny = 1\n"
)


def test_05_overloads_are_ambiguous_and_each_can_be_named_and_all_of_them(file):
    said = file.refused(OVERLOADS, "f", "def f(x): ...", AmbiguousError)
    for one in (
        "'m.py::f[0]'  lines 4-5",
        "'m.py::f[1]'",
        "'m.py::f[impl]'  lines 8-9",
        "'m.py::f[*]'  lines 4-9",
    ):
        assert one in said
    assert file.after(OVERLOADS, "f[1]", "def f(x: bytes) -> bytes: ...") == OVERLOADS.replace("str", "bytes")
    assert file.after(OVERLOADS, "f[impl]", "def f(x):\n    return -x") == OVERLOADS.replace(
        "return x", "return -x"
    )
    assert file.after(OVERLOADS, "f[*]", "def f(x):\n    return x") == (
        "from typing import overload\n\n\ndef f(x):\n    return x\n\n\ny = 1\n"
    )
    assert file.after(OVERLOADS, "delete f[*]") == "from typing import overload\n\n\ny = 1\n"
    file.path.write_text(OVERLOADS)
    assert (
        show(file.workspace, "f[*]").facts["text"]
        == OVERLOADS[OVERLOADS.index("@over") : OVERLOADS.index("\n\n\ny")]
    )


def test_06_the_accessors_of_a_property_are_named_and_the_bare_name_asks(file):
    before = (
        "class A:\n    @property\n    def p(self):\n        return 1\n\n"
        "    @p.setter\n    def p(self, value):\n        self.q = value\n"
    )
    said = file.refused(before, "A.p", "def p(self): ...", AmbiguousError)
    assert "m.py::A.p.getter" in said
    assert "m.py::A.p.setter" in said
    assert file.after(before, "A.p.getter", "def p(self):\n    return 2") == before.replace(
        "return 1", "return 2"
    )
    assert file.after(before, "A.p.setter", "def p(self, value): ...") == before.replace(
        "def p(self, value):\n        self.q = value", "def p(self, value): ..."
    )
    assert file.after(before, "delete A.p.setter") == before[: before.index("\n    @p.setter")]
    assert file.refused(before, "delete A.p.getter") == (
        "A.p.setter would be left without its getter; nothing was written\nto delete all of it: delete m.py::A.p[*]"
    )
    assert file.after(before, "delete A.p[*]") == "class A:\n    pass\n"


@pytest.mark.parametrize(
    ("before", "guards"),
    [
        (
            "if TYPE_CHECKING:\n    def f(): ...\nelse:\n    def f():\n        return 1\n",
            ("if TYPE_CHECKING", "else"),
        ),
        (
            "try:\n    def f(): ...\nexcept ImportError:\n    def f():\n        return 1\n",
            ("try", "except ImportError"),
        ),
        (
            "import sys\nif sys.version_info >= (3, 12):\n    def f(): ...\nelse:\n    def f():\n        return 1\n",
            ("if sys.version_info >= (3, 12)", "else"),
        ),
    ],
)
def test_07_twins_under_conditions_are_listed_with_their_guards_and_keep_their_nesting(file, before, guards):
    said = file.refused(before, "f", "def f(): return 2", AmbiguousError)
    for guard in guards:
        assert f"under {guard}" in said
    assert file.after(before, "f[1]", "def f():\n    return 2") == before.replace("return 1", "return 2")


def test_08_a_redefinition_is_an_error_with_lines_and_never_the_first(file):
    before = "def f():\n    return 1\n\n\nx = f()\n\n\ndef f():\n    return 2\n"
    said = file.refused(before, "f", "def f(): ...", AmbiguousError)
    assert "f is 2 things in m.py; say which" in said
    assert "lines 1-2" in said
    assert "lines 8-9" in said
    assert "[*]" not in said  # other code stands between them
    assert file.after(before, "f[1]", "def f():\n    return 3") == before.replace("return 2", "return 3")


def test_09_functions_in_functions_and_classes_in_functions_have_names(file):
    before = (
        "def f():\n    def inner():\n        return 1\n\n    class C:\n        def m(self):\n            return 2\n\n"
        "    return inner\n"
    )
    assert file.after(before, "f.inner", "def inner():\n    return 9") == before.replace(
        "return 1", "return 9"
    )
    assert file.after(before, "f.C.m", "def m(self):\n    return 9") == before.replace("return 2", "return 9")
    assert file.after(before, "f.<locals>.inner", "def inner():\n    return 9") == before.replace(
        "return 1", "return 9"
    )


def test_10_a_suite_on_one_line_opens_for_more_and_is_replaced_exactly(file):
    before = "def f(): return 1  # why\n\n\nclass A: x = 1\n"
    assert file.after(before, "f", "def f(): return 2") == "def f(): return 2\n\n\nclass A: x = 1\n"
    assert file.after(before, "into A", "def m(self): ...") == (
        "def f(): return 1  # why\n\n\nclass A:\n    x = 1\n    def m(self): ...\n"
    )
    assert file.after(before, "f 1 => 2") == before.replace("return 1", "return 2")


def test_11_statements_on_the_line_of_a_class_are_told_apart(file):
    before = "class A: x = 1; y = 2\n"
    assert file.after(before, "A.x", "x = 3") == "class A: x = 3; y = 2\n"
    assert file.after(before, "delete A.x") == "class A: y = 2\n"
    assert file.after(before, "delete A.y") == "class A: x = 1\n"
    assert "stands on the line of A" in file.refused(before, "after A.x", "z = 3")


def test_12_of_siblings_between_semicolons_only_the_one_named_changes(file):
    before = "a = 1; b = 2; c = 3\n"
    assert file.after(before, "b", "b = 9") == "a = 1; b = 9; c = 3\n"
    assert file.after(before, "delete b") == "a = 1; c = 3\n"
    assert file.after(before, "delete c") == "a = 1; b = 2\n"
    assert "shares line 1 with another statement" in file.refused(before, "b", "b = [\n    9,\n]")


def test_13_a_string_with_lines_at_column_0_keeps_them_wherever_its_method_moves(file):
    before = 'class A:\n    def f(self):\n        sql = """\nSELECT *\n  FROM t\n"""\n        return sql\n'
    sent = 'def f(self):\n    sql = """\nSELECT *\n  FROM t\n"""\n    return sql + ""\n'
    assert file.after(before, "A.f", sent) == before.replace("return sql", 'return sql + ""')
    assert "f'''\n  {x}\n'''" in file.after(before, "A.f", "def f(self):\n    return f'''\n  {x}\n'''")


def test_14_a_section_or_a_definition_in_a_string_is_text(file):
    before = 'x = """\n# section: s\ndef f(): ...\n# endsection\n"""\n\n\ndef g(): ...\n'
    assert "no f in m.py" in file.refused(before, "m.py::f", "def f(): return 1", NotFoundError)
    assert "no section #s in m.py" in file.refused(before, "m.py::#s", "y = 1", NotFoundError)
    assert file.after(before, "g", "def g(): return 1") == before.replace("g(): ...", "g(): return 1")


@pytest.mark.parametrize(
    ("before", "says"),
    [
        ("# section: s\nx = 1\n", "never closed"),
        ("x = 1\n# endsection s\n", "no section open"),
        ("# section: s\nx = 1\n# endsection\n# section: s\ny = 1\n# endsection\n", "stands twice"),
        ("# section: s\nif 1:\n    x = 1\n    # endsection\n", "indented differently"),
        ("# section: s\ndef f():\n    x = 1\n    # endsection\n", "inside another definition"),
    ],
)
def test_15_a_section_whose_markers_do_not_fit_is_a_precise_error(file, before, says):
    assert says in file.refused(before, "m.py::#s", "z = 1")
    nested = "# section: a\nx = 1\n# section: b\ny = 2\n# endsection\n# endsection\n"
    assert file.after(nested, "m.py::#b", "y = 3") == nested.replace("y = 2", "y = 3")


def test_16_tabs_and_another_step_are_converted_save_in_continuation_lines_and_strings(file):
    tabs = "class A:\n\tdef f(self):\n\t\tif 1:\n\t\t\treturn 1\n"
    assert file.after(tabs, "A.f", "def f(self):\n    if 2:\n        return 1") == tabs.replace(
        "if 1", "if 2"
    )
    two = "class A:\n  def f(self):\n    if 1:\n      return 1\n"
    sent = 'def f(self):\n    if 1:\n        return g(1,\n                 """\n    a\n""")\n'
    assert file.after(two, "A.f", sent) == (
        'class A:\n  def f(self):\n    if 1:\n      return g(1,\n               """\n    a\n""")\n'
    )


def test_17_new_lines_take_the_local_line_ends_and_all_others_stay(file):
    crlf = b"def f():\r\n    return 1\r\n\r\n\r\nx = 1\r\n"
    assert file.after(crlf, "f", "def f():\n    a = 2\n    return a") == crlf.replace(
        b"    return 1", b"    a = 2\r\n    return a"
    )
    mixed = b"x = 1\ndef f():\r\n    return 1\r\ny = 2\n"
    assert file.after(mixed, "f", "def f():\n    return 2") == mixed.replace(b"return 1", b"return 2")
    assert file.after(mixed, "after y", "z = 3\nzz = 4").startswith(mixed)


def test_18_marks_and_cookies_stay_and_a_character_the_encoding_lacks_is_refused(file):
    bom = b"\xef\xbb\xbfx = '\xc3\xa9'\n"
    assert file.after(bom, "x", "x = 'ü'") == b"\xef\xbb\xbfx = '\xc3\xbc'\n"
    latin = "# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1")
    assert file.after(latin, "x", "x = 'ü'") == latin.replace(b"\xe9", b"\xfc")
    assert "has no '€' (U+20AC); nothing was written" in file.refused(latin, "x", "x = '€'", RequestError)


def test_19_form_feeds_and_separators_are_no_line_ends(file):
    before = "x = 1\n\x0c\ndef f():\n    return '\x1c\u2028 \x85'\n\x0cdef g():\n    return 1\n"
    assert file.after(before, "g", "def g():\n    return 2") == before.replace("return 1", "return 2")
    digest = file.digest("f")
    assert file.after(before, f"f@{digest}:2", "    return 2") == before.replace("'\x1c\u2028 \x85'", "2")


def test_20_a_last_definition_without_a_final_newline_stays_without(file):
    before = "def f():\n    return 1"
    assert file.after(before, "f", "def f():\n    return 2\n") == "def f():\n    return 2"
    assert file.after(before, "after f", "def g(): ...\n") == "def f():\n    return 1\n\n\ndef g(): ..."
    assert file.after(f"x = 1\n\n\n{before}", "delete f") == "x = 1"


def test_21_backslashes_and_brackets_are_followed(file):
    before = "def f(a):\n    x = 1 + \\\n        a\n    with (open(x) as y,\n          open(a) as z):\n        return y, z\n"
    assert file.after(before, "f", before.replace("1 +", "2 +")) == before.replace("1 +", "2 +")
    klass = "class A:\n" + "".join(f"    {line}\n" for line in before.splitlines())
    assert file.after(klass, "A.f", before.replace("1 +", "2 +")) == klass.replace("1 +", "2 +")
    assert file.after(klass, "A.f open(a) => open(a, 'rb')") == klass.replace("open(a)", "open(a, 'rb')")


NEW_SYNTAX = [
    ("def f(x):\n    match x:\n        case [1, *_]:\n            return 1\n", (3, 10)),
    ("async def f(x):\n    async for y in x:\n        return 1\n", (3, 10)),
    ("def f():\n    try:\n        return 1\n    except* ValueError:\n        pass\n", (3, 11)),
    ("def f[T: int](x: T) -> T:\n    return 1\n", (3, 12)),
    ("def f(x):\n    return 1, f'{x['a']}'\n", (3, 12)),
    ("def f():\n    try:\n        return 1\n    except A, B:\n        pass\n", (3, 14)),
]


@pytest.mark.parametrize(("before", "since"), NEW_SYNTAX, ids=[str(since) for _, since in NEW_SYNTAX])
def test_22_syntax_of_any_python_can_be_edited_whatever_the_host(file, before, since):
    assert since
    assert file.after(before, "m.py::f return 1 => return 2") == before.replace("return 1", "return 2")
    if since <= sys.version_info[:2]:
        assert file.after(before, "f", before.replace("return 1", "return 2")) == before.replace(
            "return 1", "return 2"
        )


def test_23_a_suite_is_never_left_empty_and_who_still_names_what_is_deleted_is_told(file):
    before = "class A:\n    def f(self): ...\n"
    assert file.after(before, "delete A.f") == "class A:\n    pass\n"
    assert "left `pass` in the empty suite" in file.said
    (file.folder / "user.py").write_text("from m import f, g\n")
    (file.folder / "other.py").write_text("from n import f\n")
    exported = '__all__ = ["f", "g"]\n\n\ndef f(): ...\n\n\ndef g(): ...\n'
    file.after(exported, "delete m.py::f")
    assert file.said == "deleted m.py::f (`__all__` still names it; imported by user.py)"


def test_24_a_body_or_another_name_is_recognised_and_a_rename_happens_only_when_asked(file):
    before = 'def f(a):\n    """Doc."""\n    b = a\n    return b\n'
    said = file.refused(before, "f", "    return a")
    assert said.startswith("the text has no function f: a chunk is replaced whole, header too")
    address = said.rpartition(": ")[2]
    assert address == f"m.py::f@{file.digest('f')}:3-4"
    assert file.after(before, address, "    return a") == 'def f(a):\n    """Doc."""\n    return a\n'
    assert "the text defines g, not f; nothing was written" in file.refused(before, "f", "def g(a): ...")
    assert file.after(before, "f", "def g(a): ...", allow_removal=True) == "def g(a): ...\n"


def test_25_a_file_that_changed_is_refused_and_its_mode_its_links_and_its_own_errors_stay(file, tmp_path):
    before = "def f():\n    return 1\n"
    assert file.refused(before, "m.py::f@0000:2", "    return 2", StaleError).endswith(
        f"2\t    return 1\nif it is still meant: m.py::f@{file.digest('m.py::f')}:2"
    )
    file.path.chmod(0o755)
    (file.folder / "link.py").symlink_to("m.py")
    file.edit("link.py::f 1 => 2")
    assert file.path.read_text() == before.replace("1", "2")
    assert (file.folder / "link.py").is_symlink()
    assert stat.S_IMODE(os.stat(file.path).st_mode) == 0o755
    broken = "def f():\n    return 1\n\n\ndef g(:\n    pass\n"
    assert file.after(broken, "m.py::f return 1 => return 2") == broken.replace("return 1", "return 2")
    assert "syntax error" in file.refused(before, "m.py::f", "def f(:\n    return 2", ParseError)
    if os.getuid() != 0:
        file.path.chmod(0o444)
        assert "nothing was written" in file.refused(before, "m.py::f 1 => 2", error=RequestError)
