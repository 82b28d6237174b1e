"""The facts under a traceback, in a real kernel."""

from __future__ import annotations

import subprocess
import sys

import pytest

WIDGET = '''
class Widget:
    """A thing on screen."""

    __slots__ = ("__dict__", "slotted")

    def __init__(self, name, *, color="red"):
        self.name = name

    @property
    def area(self):
        """Its area."""
        raise SystemExit("a property was run")

    def resize(self, *, width=None, height=None):
        """Resize in place; returns self.

        More.
        """
        return self

    @classmethod
    def load(cls, path, /, *more, strict=True, **options):
        """Read one."""
        return cls(path)

    def __repr__(self):
        raise SystemExit("a repr was run")

    def __eq__(self, other):
        raise SystemExit("an __eq__ was run")

    __hash__ = None


w = Widget("a")
'''


@pytest.fixture(scope="module")
def explained(kernel):
    assert kernel.run(WIDGET).status == "ok"
    # what is missing stays so, and is told
    assert kernel.run("get_ipython()._ipy_llm_session.switches.imports = False").status == "ok"

    def explain(code):
        outputs = kernel.run(code)
        assert outputs.status == "error", outputs
        assert outputs.error["traceback"] == outputs.reply["traceback"]
        return outputs.facts

    return explain


def test_a_refused_call_is_answered_with_the_signature_and_the_doc_once(explained):
    signature = "Widget.resize(self, *, width=None, height=None)"
    assert explained('Widget("a").resize(3)') == [f"{signature} - Resize in place; returns self."]
    assert explained("w.resize(3)") == [signature]


@pytest.mark.parametrize(
    ("code", "fact"),
    [
        ("Widget()", "Widget(name, *, color='red') - A thing on screen."),
        ("w.load()", "Widget.load(cls, path, /, *more, strict=True, **options) - Read one."),
        ("import json\njson.loads(3)", "loads(s, *, cls=None, "),
        ("len(1, 2)", "len(obj, /) - Return the number of items in a container."),
        ('"a".upper(3)', "str.upper() - Return a copy of the string converted to uppercase."),
        ("import math\nmath.sqrt('a')", "sqrt(x, /) - Return the square root of x."),
        ("max()", "max(iterable, *[, default=obj, key=func]) -> value"),
        ("[w][0].resize(\n  1,\n  2)", "Widget.resize(self, *, width=None, height=None)"),
        ("{'k': [w]}['k'][0].resize(1)", "Widget.resize(self, *, width=None, height=None)"),
        ("def f():\n    return w.resize(3)\nf()", "Widget.resize(self, *, width=None, height=None)"),
    ],
)
def test_the_called_thing_is_found(explained, code, fact):
    facts = explained(code)
    assert facts
    assert facts[0].startswith(fact.partition(" - ")[0])


@pytest.mark.parametrize(
    ("code", "fact"),
    [
        ("w.get_area", "Widget has area (property)"),
        ("w.resise(1)", "Widget has resize(self, *, width=None, height=None)"),
        ("w.nothing_like_it", "Widget has area, load, name, resize, slotted"),
        ("Widget.lode", "Widget has load(cls, path, /, *more, strict=True, **options)"),
        ("import json\njson.dump_s", "module json has dumps(obj, *, skipkeys=False"),
        ("import os\nos.environn", "module os has environ"),
        ('"a".uper()', "str has upper()"),
        ("import wsgiref\nwsgiref.util", "wsgiref.util is a module of its own: import wsgiref.util"),
        ("[].append(1).sort()", "[].append(...) returned None"),
    ],
)
def test_a_missing_attribute_is_answered_with_the_close_ones(explained, code, fact):
    assert explained(code)[0].startswith(fact)


@pytest.mark.parametrize(
    ("code", "fact"),
    [
        ("long_variable_name = 1\nlong_variabel_name", "did you mean long_variable_name?"),
        ("prnt(1)", "did you mean print?"),
        ("Path('x')", "from pathlib import Path"),
        ("textwrap.dedent('')", "import textwrap"),
        ("datetime.now()", "from datetime import datetime"),
        ("datetime.timedelta(1)", "import datetime"),
        ("class A:\n    def go(self): return 1\n    def run(self): return go()\nA().run()", "self.go exists"),
        ("total = 1\ndef f():\n    total += 1\nf()", "f assigns total, so it is local there; the global one needs `global total`"),
    ],
)  # fmt: skip
def test_a_missing_name_is_answered_with_what_it_may_be(explained, code, fact):
    assert explained(code) == [fact]


@pytest.mark.parametrize("name", ["code", "token", "data", "queue", "string", "this"])
def test_a_forgotten_variable_is_no_module(explained, name):
    assert not any("import" in fact for fact in explained(f"{name}.split('x')"))


@pytest.mark.parametrize(
    ("code", "fact"),
    [
        ("import jsom", "did you mean json?"),
        ("from json import dumpz", "json has dump, dumps"),
        ("from collections import Mapping", "from collections.abc import Mapping"),
        ("import importlib.metadat", "importlib has metadata"),
        ("d = {'alpha': 1}\nd['alpa']", "keys like it: 'alpha'"),
        ("d = {'a': {'x': 1, 'y': 2}}\nd['a']['width']", "keys: 'x', 'y'"),
        ("d = {'alpha': 1}\nd.pop('alpa')", "keys like it: 'alpha'"),
    ],
)
def test_missing_modules_and_keys_are_answered_with_the_close_ones(explained, code, fact):
    assert explained(code) == [fact]


@pytest.mark.parametrize(
    ("code", "fact"),
    [
        ('open("nope.txt")', "files like it: 'note.txt', 'note.md'"),
        ('open("./note.json")', "files like it: './note.md', './note.txt'"),
        ('import os\nos.stat(os.path.abspath("nope.txt"))', "files like it: '{folder}/note.txt', '{folder}/note.md'"),
        ('open("dta/deep/x.csv", "w")', "there is no folder dta"),
        ('open("data/deep/x.csv", "w")', "there is no folder data/deep"),
        ("import json\njson.loads(\"[{'a': 1}]\")", "JSON wants double quotes; ast.literal_eval reads Python literals"),
        ('import json\njson.loads("")', "the text is empty"),
    ],
)  # fmt: skip
def test_a_missing_file_and_what_is_no_json_are_answered_with_what_is_there(explained, kernel, code, fact):
    for path in ("note.txt", "note.md", "data/note.txt"):
        (kernel.folder / path).parent.mkdir(exist_ok=True)
        (kernel.folder / path).touch()
    assert explained(code) == [fact.format(folder=kernel.folder)]


def test_a_folder_of_thousands_is_not_told(explained, kernel):
    (kernel.folder / "many").mkdir()
    for number in range(2_000):
        (kernel.folder / f"many/note{number}.txt").touch()
    assert explained('open("many/nope.txt")') == []


@pytest.mark.parametrize(
    ("code", "fact"),
    [
        ("df['prise']", "columns like it: 'price'"),
        ("df['zzz']", "columns: 'price', 'quantity'"),
        ("df.groupby('prise').sum()", "columns like it: 'price'"),
        ("df[['price', 'qantity']]", "columns like it: 'quantity'"),
        ("df.drop(columns=['prise'])", "columns like it: 'price'"),
        ("df['price'].loc[0]\ns['alpa']", "rows like it: 'alpha'"),
    ],
)
def test_a_missing_column_is_answered_with_the_close_ones(explained, code, fact):
    pytest.importorskip("pandas")
    setup = "import pandas\ndf = pandas.DataFrame({'price': [1], 'quantity': [2]})\ns = pandas.Series({'alpha': 1})\n"
    assert explained(setup + code) == [fact]


@pytest.mark.parametrize(
    "code",
    [
        "1 + 'a'",
        "1 / 0",
        "None.x",
        "sorted([1], key=lambda a, b: 1)",
        "raise TypeError",
        "raise TypeError([])",
        "def f():\n    raise TypeError('no')\nf()",
        "raise AttributeError",
        "raise NameError('x')",
        "raise KeyError(1, 2)",
        "{}['x']",
        "{1: 2}[3]",
        "import os\nos.environ['NO_SUCH']",
        "int('x')",
        "open('nothing.like.it')",
        "open('/no/such/folder/at/all')",
        "import subprocess\nsubprocess.run(['nope.txt'])",
        "raise FileNotFoundError('note.tx')",
        "x = 1 +",
        "def f():\n  return f()\nf()",
    ],
)
def test_what_the_message_says_by_itself_gets_no_facts(explained, code):
    assert explained(code) == []


def test_types_are_told_where_they_are_short(explained):
    code = "from typing import List\ndef put(names: List[bytes], at: 'Widget' = None) -> Widget: pass\nput()"
    assert explained(code) == ["put(names: List[bytes], at: Widget=None) -> Widget"]


def test_explaining_imports_no_jedi():
    code = "import ipy_llm.session.errors.explain, sys; sys.exit(bool({'jedi', 'parso', 'libcst'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.usefixtures("explained")
def test_no_code_of_the_users_is_run(kernel):
    kernel.run("""
ran = []
class Meta(type):
    def __eq__(cls, other): ran.append("meta eq"); return True
    def __hash__(cls): ran.append("meta hash"); return 1
    def __getattribute__(cls, name): ran.append(name); return type.__getattribute__(cls, name)
class Trap(metaclass=Meta):
    def __getattribute__(self, name):
        ran.append(name)
        raise AttributeError(name)
    def go(self): pass
    def __repr__(self): ran.append("repr"); return ""
trap = Trap()
def call(default=trap): pass
ran.clear()
""")
    outputs = kernel.run("call(1, 2)")
    assert outputs.facts == ["call(default=…)"]
    assert kernel.run("ran").result == "[]"
    # what fails here asks for `goo`, and IPython itself may ask for more; ours asks for nothing else
    kernel.run("try:\n    trap.goo\nexcept AttributeError as e:\n    error = e\nran.clear()")
    kernel.run(
        "from ipy_llm.session.errors.cells import Session\n"
        "from ipy_llm.session.errors.explain import explain\ntext = explain(error, Session(), ())"
    )
    assert kernel.run("ran").result == "[]"
    assert kernel.run("text").result == repr("[ipy_llm] Trap has go(self)")


@pytest.mark.usefixtures("explained")
def test_the_facts_stay_within_their_limit(kernel):
    kernel.run(
        f"def wide({', '.join(f'a_long_parameter_name_{i}' for i in range(99))}):\n    '''{'doc ' * 300}'''"
    )
    outputs = kernel.run("wide(a_long_parameter_nam_7=1)")
    assert sum(map(len, outputs.facts)) < 600
    # from 3.13 on the message itself has it
    told = [outputs.error["evalue"], *outputs.facts[1:]]
    assert sum("id you mean" in each and "a_long_parameter_name_7" in each for each in told) == 1


@pytest.mark.usefixtures("explained")
def test_our_element_starts_on_a_line_of_its_own(kernel):
    assert kernel.run("w.resize(3)").error["traceback"][-1].startswith("\n[ipy_llm] ")


def test_errors_that_come_up_in_async_code_are_explained(explained):
    fact = ["Widget.resize(self, *, width=None, height=None)"]
    assert explained("import asyncio\nawait asyncio.sleep(0)\nw.resize(3)") == fact
    assert explained("async def f():\n    w.resize(3)\nawait f()") == fact


@pytest.mark.usefixtures("explained")
@pytest.mark.parametrize("above", ["%%capture\n", "%%time\n", "%%time\nx = 1\n", "# c\n%%time\nx = 1\n"])
def test_an_error_inside_of_a_cell_magic_is_explained(kernel, above):
    facts = kernel.run(f"{above}w.resize(3)").facts
    assert facts == ["Widget.resize(self, *, width=None, height=None)"]


@pytest.mark.usefixtures("explained")
def test_an_error_in_a_silent_cell_is_explained(kernel):
    assert kernel.run("w.resize(3)", silent=True).facts == ["Widget.resize(self, *, width=None, height=None)"]


def test_a_library_failing_over_what_it_was_given_is_explained_by_the_call(explained):
    assert explained("import textwrap\ntextwrap.dedent(3)")[0].startswith("dedent(text")
    assert explained("import subprocess\nsubprocess.run(['true'], chek=3)")[0].startswith("run(*popenargs, ")
    assert explained("import textwrap\ntextwrap.fill(None)")[0].startswith("fill(text, width=70")


def test_usage_errors_of_a_magic_still_come_through(kernel):
    outputs = kernel.run("%%time x = 1\n1")
    assert "UsageError" in outputs.stderr
    assert outputs.hints == []


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups came with Python 3.11")
def test_an_exception_group_comes_through(kernel):
    outputs = kernel.run("raise ExceptionGroup('several', [TypeError('f() takes 1'), ValueError()])")
    assert outputs.status == "error"
    text = outputs.stderr + "\n".join(outputs.error["traceback"] if outputs.error else [])
    assert "ExceptionGroup: several" in text


def test_an_error_with_names_of_its_own_comes_through(kernel):
    outputs = kernel.run("""
class Odd(AttributeError, KeyError):
    @property
    def name(self): raise RuntimeError
    @property
    def obj(self): raise RuntimeError
    args = None
raise Odd("x")
""")
    assert outputs.error["ename"] == "Odd"


def test_syntax_errors_are_explained_where_a_magic_is_at_fault(explained):
    assert explained("#%%time\nx = 1 +") == ["#%%time is a comment: write %%time"]
    assert explained("x = 1\n%%bsh\nls -la /") == [
        "a cell magic is the first line of its cell, comments aside; did you mean %%bash or %%sh?"
    ]
