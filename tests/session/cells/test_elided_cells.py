"""Definitions sent anew with parts left out, in the dialects models use: merged exactly, or refused before anything runs."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from ipy_llm.session import hooks

CART = '''\
class Cart:
    """What is bought."""

    rate = 20
    items: list

    def __init__(self, items=()):
        self.items = list(items)

    def add(self, price):
        self.items.append(price)
        return self

    @property
    def total(self):
        return sum(self.items)

    def tax(self):
        # of the total
        part = self.total * self.rate
        return part // 100
'''
SPAN = '''\
def span(values, low=0):
    """The width."""
    kept = [each for each in values if each >= low]
    if not kept:
        return 0
    first = min(kept)
    last = max(kept)
    return last - first
'''
WAIT = """\
@once
async def wait(seconds):
    await asyncio.sleep(seconds)
    result = seconds * 2
    return result
"""
POINT = """\
@dataclass
class Point:
    x: int = 0
    y: int = 0

    def norm(self):
        return abs(self.x) + abs(self.y)

    class Meta:
        name = "point"
        tags = ()

        def label(self):
            return self.name
"""
TAX = ("return part // 100", "return part // 50")
REFUSED = None
OLD = {"Cart": CART, "span": SPAN, "wait": WAIT, "Point": POINT}
NEW_TAX = """\
    def tax(self):
        # of the total
        part = self.total * self.rate
        return part // 50
"""


def cart(before, after="", body=NEW_TAX):
    return f"class Cart:\n{before}{body}{after}"


# What was sent, and what becomes of the old text: each pair replaced once; or that it is refused.
CASES = {
    "(same as above)": (cart("    # ... (same as above)\n"), [TAX]),
    "existing code": (cart("    # ... existing code ...\n"), [TAX]),
    "existing methods": (cart("    # ... existing methods ...\n"), [TAX]),
    "previous methods": (cart("    # ... previous methods ...\n"), [TAX]),
    "bare dots in a comment": (cart("    # ...\n"), [TAX]),
    "an ellipsis sign": (cart("    # …\n"), [TAX]),
    "rest unchanged, below": (cart("", "\n    # rest unchanged\n"), [TAX]),
    "rest of the class unchanged": (cart("", "\n    # ... rest of the class unchanged ...\n"), [TAX]),
    "rest of class": (cart("", "\n    # rest of class\n"), [TAX]),
    "the rest stays the same": (cart("", "\n    # ... the rest stays the same\n"), [TAX]),
    "other methods unchanged": (cart("", "\n    # other methods unchanged\n"), [TAX]),
    "other methods remain the same": (cart("", "\n    # ... other methods remain the same ...\n"), [TAX]),
    "remaining methods unchanged": (cart("", "\n    # remaining methods unchanged\n"), [TAX]),
    "everything else unchanged": (cart("", "\n    # everything else unchanged\n"), [TAX]),
    "everything else the same": (cart("", "\n    # everything else stays the same\n"), [TAX]),
    "unchanged": (cart("    # unchanged\n"), [TAX]),
    "omitted for brevity": (cart("    # ... omitted for brevity ...\n"), [TAX]),
    "snip": (cart("    # --- snip ---\n"), [TAX]),
    "truncated": (cart("    # truncated for brevity\n"), [TAX]),
    "in brackets": (cart("    # [... existing code unchanged ...]\n"), [TAX]),
    "in angles": (cart("    # <existing code>\n"), [TAX]),
    "above and below": (cart("    # ... existing code ...\n", "\n    # ... existing code ...\n"), [TAX]),
    "keep existing methods": (cart("    # ... keep existing methods ...\n"), [TAX]),
    "capital letters": (cart("    # ... Rest Of The Code Unchanged ...\n"), [TAX]),
    "dots alone": (cart("    ...\n\n"), [TAX]),
    "dots with what they stand for": (cart("    ...  # existing methods unchanged\n\n"), [TAX]),
    "pass with what it stands for": (cart("    pass  # ... existing code ...\n\n"), [TAX]),
    "docstring repeated": (cart('    """What is bought."""\n\n    # ... existing code ...\n\n'), [TAX]),
    "docstring changed": (
        cart('    """All of it."""\n\n    # ... existing code ...\n\n'),
        [TAX, ("What is bought.", "All of it.")],
    ),
    "a member changed within": (
        "class Cart:\n    rate = 25\n    # ... rest unchanged ...\n",
        [("rate = 20", "rate = 25")],
    ),
    "a method added at the end": (
        "class Cart:\n    # ... existing methods ...\n\n    def clear(self):\n        self.items = []\n",
        [("        return part // 100\n", "        return part // 100\n\n    def clear(self):\n        self.items = []\n")],
    ),
    "a method between two named ones": (
        cart("    # ...\n", body="    def add(self, price):\n        self.items.insert(0, price)\n        return self\n\n    # ...\n"),
        [("self.items.append(price)", "self.items.insert(0, price)")],
    ),
    "two methods changed": (
        cart("    # ... existing ...\n", body="    def __init__(self, items=()):\n        self.items = [*items]\n\n    # ... existing ...\n\n" + NEW_TAX),
        [("list(items)", "[*items]"), TAX],
    ),
    "a property's body": (
        cart("    # ... existing code ...\n", body="    @property\n    def total(self):\n        return max(self.items)\n"),
        [("sum(self.items)", "max(self.items)")],
    ),
    "a base class added": (
        "class Cart(Base):\n    # ... existing code ...\n",
        [("class Cart:", "class Cart(Base):")],
    ),
    "left out within a method": (
        cart("    # ... existing code ...\n", body="    def tax(self):\n        # ... existing code ...\n        return part // 50\n"),
        [TAX],
    ),
    "left out below a method's first line": (
        cart("    # ... existing code ...\n", body="    def add(self, price, count=1):\n        self.items.append(price)\n        # ... rest of method\n"),
        [("def add(self, price):", "def add(self, price, count=1):")],
    ),
    "all of it left out": ("class Cart:\n    # ... existing code ...\n", []),
    "a function's start": (
        "def span(values, low=0):\n    # ... existing code ...\n    last = max(kept)\n    return last - first + 1\n",
        [("return last - first", "return last - first + 1")],
    ),
    "a function's end": (
        'def span(values, low=1):\n    """The width."""\n    kept = [each for each in values if each >= low]\n    # ... rest unchanged\n',
        [("low=0", "low=1")],
    ),
    "a function's middle": (
        "def span(values, low=0):\n    kept = [each for each in values if each > low]\n    # ... existing code ...\n    return last - first\n",
        REFUSED,
    ),
    "a function's middle between what stands": (
        'def span(values, low=0):\n    """The width of it."""\n    kept = [each for each in values if each >= low]\n    # ... existing code ...\n    return last - first\n',
        [("The width.", "The width of it.")],
    ),
    "rest of the function": (
        'def span(values, *, low=0):\n    """The width."""\n    # ... rest of the function ...\n',
        [("values, low", "values, *, low")],
    ),
    "the rest of the function remains the same": (
        'def span(values, floor, low=0):\n    """The width."""\n    # ... the rest of the function remains the same ...\n',
        [("values, low", "values, floor, low")],
    ),
    "same as before": (
        'def span(values, low: int = 0) -> int:\n    """The width."""\n    # same as before\n',
        [("values, low=0)", "values, low: int = 0) -> int")],
    ),
    "implementation unchanged": (
        'def span(values, low: int = 0):\n    """The width."""\n    # implementation unchanged\n',
        [("low=0", "low: int = 0")],
    ),
    "body omitted": (
        'def span(values, low=None):\n    """The width."""\n    # ... (body omitted)\n',
        [("low=0", "low=None")],
    ),
    "existing logic": (
        'def span(values, low=0):\n    """The width."""\n    # ... existing logic ...\n    last = max(kept) + 1\n    return last - first\n',
        REFUSED,
    ),
    "a comment and a pass": (
        'def span(values, low=2):\n    """The width."""\n    pass  # rest unchanged\n',
        [("low=0", "low=2")],
    ),
    "within an if": (
        'def span(values, low=0):\n    """The width."""\n    kept = [each for each in values if each >= low]\n    if not kept:\n        # ... existing code ...\n    first = min(kept)\n    last = max(kept)\n    return last - first\n',
        [],
    ),
    "a decorated coroutine": (
        "@once\nasync def wait(seconds):\n    # ... existing code ...\n    return result + 1\n",
        [("return result", "return result + 1")],
    ),
    "a coroutine whose decorator is left out": (
        "async def wait(seconds):\n    await asyncio.sleep(seconds)\n    # ... rest unchanged ...\n",
        [],
    ),
    "a coroutine's default": (
        "@once\nasync def wait(seconds=1):\n    await asyncio.sleep(seconds)\n    # ... rest of the function\n",
        [("wait(seconds)", "wait(seconds=1)")],
    ),
    "a decorator added": (
        "@once\n@traced\nasync def wait(seconds):\n    # ... existing code unchanged ...\n",
        [("@once\n", "@once\n@traced\n")],
    ),
    "a dataclass's field": (
        "@dataclass\nclass Point:\n    x: int = 1\n    # ... rest unchanged ...\n",
        [("x: int = 0", "x: int = 1")],
    ),
    "a dataclass's decorator with arguments": (
        "@dataclass(frozen=True)\nclass Point:\n    # ... fields unchanged ...\n",
        [("@dataclass\n", "@dataclass(frozen=True)\n")],
    ),
    "a dataclass without its decorator": (
        "class Point:\n    # ... existing fields ...\n\n    def norm(self):\n        return max(abs(self.x), abs(self.y))\n",
        [("abs(self.x) + abs(self.y)", "max(abs(self.x), abs(self.y))")],
    ),
    "a field added": (
        "@dataclass\nclass Point:\n    # ... existing fields ...\n    y: int = 0\n    z: int = 0\n    # ... existing methods ...\n",
        [("    y: int = 0\n", "    y: int = 0\n    z: int = 0\n")],
    ),
    "a class within a class": (
        '@dataclass\nclass Point:\n    # ... existing code ...\n\n    class Meta:\n        name = "dot"\n        # ... existing code ...\n',
        [('"point"', '"dot"')],
    ),
    "a method of a class within a class": (
        "@dataclass\nclass Point:\n    # ...\n    class Meta:\n        # ...\n        def label(self):\n            return self.name.upper()\n",
        [("return self.name", "return self.name.upper()")],
    ),
    "a last statement that may be one more": (
        "def span(values, low=0):\n    # ... existing code ...\n    width = last - first\n    return width\n",
        REFUSED,
    ),
    "what stands nowhere": (
        "def span(values, low=0):\n    width = 3\n    # ... rest unchanged ...\n",
        REFUSED,
    ),
    "at the wrong depth": (
        "class Cart:\n# ... existing code ...\n    def tax(self):\n        return 0\n",
        REFUSED,
    ),
}  # fmt: skip


@pytest.fixture
def shell(tmp_path):
    shell = InteractiveShell(
        config=Config({"HistoryManager": {"hist_file": ":memory:"}}), ipython_dir=str(tmp_path)
    )
    hooks.install(shell)
    yield shell
    hooks.uninstall(shell)


def say(shell, text):
    return shell.run_cell(text, store_history=True)


def standing(shell, name):
    return next(vars(shell)["_ipy_llm_session"].cells.defining(name))[0].text


@pytest.fixture
def defined(shell):
    say(
        shell,
        "import asyncio\nfrom dataclasses import dataclass\ndef once(f): return f\ntraced = once\nclass Base: pass",
    )
    for text in OLD.values():
        assert say(shell, text).success
    return shell


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_left_out_is_taken_from_what_stands_or_nothing_runs(defined, case, capsys):
    sent, changes = CASES[case]
    name = next(name for name in OLD if name in sent.replace("@", " ").partition(":")[0])
    before = defined.user_ns[name]
    done = say(defined, sent)
    if changes is REFUSED:
        assert not done.success
        assert defined.user_ns[name] is before
        assert standing(defined, name) == OLD[name]
        return
    expected = OLD[name]
    for old, new in changes:
        assert expected.count(old) == 1
        expected = expected.replace(old, new)
    assert standing(defined, name) == expected, capsys.readouterr().err
    assert done.success
    assert f"[ipy_llm] {name}: merged with the one of In[" in capsys.readouterr().err


def test_there_are_enough_cases():
    assert len(CASES) >= 60


ANEW = "class Foo:\n    # ... existing code ...\n\n    def c(self):\n        return 3\n"
FOO = "class Foo:\n    def a(self):\n        return 1\n"


@pytest.mark.parametrize(
    "since",
    [
        "exec('class Foo:\\n    def z(self): pass\\n')",
        "from string import Formatter as Foo",
        "from shlex import quote as Foo",
        "Foo = None",
        "import io\n%run script.py",
    ],
    ids=["exec", "an imported class", "an imported function", "an assignment", "%run"],
)
def test_what_no_cell_made_is_not_merged_with_an_older_cell(shell, since, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "script.py").write_text("class Foo:\n    def r(self): pass\n")
    for first in (FOO, "pass"):
        assert say(shell, first).success
        assert say(shell, since).success
        before = shell.user_ns["Foo"]
        done = say(shell, ANEW)
        if before is not None:
            assert not done.success
            assert shell.user_ns["Foo"] is before
        shell.user_ns.pop("Foo")


def test_a_definition_that_ran_silently_is_not_lost(shell):
    say(shell, FOO)
    shell.run_cell("class Foo:\n    def b(self):\n        return 2\n", store_history=False)
    assert not say(shell, ANEW).success
    assert "b" in vars(shell.user_ns["Foo"])


def test_a_cell_that_failed_above_its_definition_is_not_the_one_that_stands(shell):
    say(shell, FOO)
    assert not say(shell, "1 / 0\nclass Foo:\n    def never(self):\n        return 0\n").success
    assert say(shell, ANEW).success
    assert {"a", "c"} < vars(shell.user_ns["Foo"]).keys()
    assert "never" not in vars(shell.user_ns["Foo"])


@pytest.mark.parametrize(
    "cell",
    [
        "class Foo:\n    def q(self):\n        return 1\n\n" + ANEW,
        "if True:\n" + "".join(f"    {line}\n" for line in ANEW.splitlines()),
    ],
    ids=["twice in the cell", "under an if"],
)
def test_where_it_is_not_certain_which_is_meant_nothing_runs(shell, cell):
    say(shell, FOO)
    before = shell.user_ns["Foo"]
    assert not say(shell, cell).success
    assert shell.user_ns["Foo"] is before


@pytest.mark.parametrize("magic", ["%%time", "%%capture", "%%time\n%%capture", "%%capture\n%%time"])
def test_what_was_made_below_a_magic_is_merged(shell, magic):
    assert say(shell, f"{magic}\n{FOO}").success
    assert say(shell, ANEW).success
    assert {"a", "c"} < vars(shell.user_ns["Foo"]).keys()


@pytest.mark.parametrize(
    ("made", "sent"),
    [
        (
            "from typing import NamedTuple\nclass Foo(NamedTuple):\n    a: int\n",
            "class Foo(NamedTuple):\n    # ... rest unchanged ...\n    c: int = 3\n",
        ),
        (
            "from enum import Enum\nclass Foo(Enum):\n    a = 1\n",
            "class Foo(Enum):\n    # ...\n    c = 3\n",
        ),
        (
            "import functools\n@functools.lru_cache\ndef foo(x):\n    y = x\n    return y\n",
            "@functools.lru_cache\ndef foo(x, k=0):\n    # ... existing code ...\n",
        ),
        (
            "def foo(x):\n    y = x\n    return y\n",
            "def foo(x, k=0):\n    # ... existing code ...\n\nfoo(1, k=2)\n",
        ),
        (
            "async def foo(x):\n    y = x\n    return y\n",
            "async def foo(x, k=0):\n    # ... existing code ...\n\nawait foo(1, k=2)\n",
        ),
    ],
    ids=["a named tuple", "an enum", "cached", "with its call below", "awaited below"],
)
def test_what_has_no_code_of_its_own_or_is_used_at_once_is_merged(shell, made, sent, capsys):
    assert say(shell, made).success
    assert say(shell, sent).success
    assert "merged with the one of" in capsys.readouterr().err


def test_a_comment_above_a_whole_definition_leaves_nothing_out_of_it(shell):
    say(shell, FOO)
    assert say(
        shell, "# ... existing imports ...\nclass Foo:\n    def only(self):\n        return 1\n"
    ).success
    assert "a" not in vars(shell.user_ns["Foo"])


def test_dots_in_a_protocol_leave_nothing_out(shell):
    say(shell, "from typing import Protocol\nclass Foo(Protocol):\n    def a(self) -> int: ...\n")
    assert say(shell, "class Foo(Protocol):\n    name: str\n    ...\n").success
    assert "a" not in vars(shell.user_ns["Foo"])


def test_in_a_folder_that_is_gone_cells_run_without_a_word(shell, tmp_path, monkeypatch, capsys):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert say(shell, "json.dumps(1)").success
    assert not say(shell, "totl").success
    assert "live:" not in capsys.readouterr().err
