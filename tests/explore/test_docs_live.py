"""What `docs` says of a live session, without running any of it."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import enum
import functools
import json
import types
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, Optional

import pytest

from ipy_llm.errors import NotFoundError
from ipy_llm.explore.docs import docs, render


class Ran(BaseException):
    """Code of the user's was run."""


def _refuse(*_):
    raise Ran


def hostile() -> tuple[type, type]:
    """Return classes that pytest must not meet: it asks whatever a module holds for its attributes."""

    class Meta(type):
        def __getattribute__(cls, name):
            raise Ran(name)

        def __instancecheck__(cls, other):
            raise Ran

    class Guarded(metaclass=Meta):
        rate = 3

        def turn(self, by: int = 1) -> None:
            """Turn it."""

    class Trap:
        """Anything done to it raises."""

        level = 3

        def __init__(self, a: int, b: "str" = "x", *, c: Optional[list[int]] = None):  # noqa: UP037, UP045
            object.__setattr__(self, "held", [1, 2, 3])
            object.__setattr__(self, "given", (a, b, c))

        __repr__ = __str__ = __len__ = __eq__ = __bool__ = __iter__ = __setattr__ = __format__ = _refuse
        __getattr__ = __getattribute__ = _refuse
        __hash__ = None

        @property
        def __class__(self):
            raise Ran

        @property
        def price(self) -> Callable[[int], str]:
            """The price."""
            raise Ran

        @functools.cached_property
        def slow(self) -> int:
            raise Ran

        @classmethod
        def make(cls, x: Literal["a", "b"]) -> "Trap":  # noqa: UP037
            """Make one."""

        @staticmethod
        def free(x: Annotated[int, 1], /, y: dict[str, int | None] = {}, *rest, z=..., **named) -> None: ...  # noqa: B006

        async def go(self, n: float = 1.5): ...

    return Guarded, Trap


class Slots:
    __slots__ = ("full", "unfilled")


class Color(enum.Enum):
    RED = 1


@dataclasses.dataclass
class Point:
    x: int
    tags: list[str] = dataclasses.field(default_factory=list)


@functools.lru_cache
def cached(n: int) -> int:
    """Remembered."""


class Frame(collections.UserList):
    shape = property(_refuse)


@pytest.fixture
def ask(tmp_path: Path):
    guarded, trap = hostile()

    def defaults(x=trap(1), y=Color.RED, z=len, text="a" * 500): ...  # noqa: B008

    slots = Slots()
    slots.full = 7
    namespace = {
        "trap": trap(1),
        "Trap": trap,
        "Guarded": guarded,
        "Slots": Slots,
        "slots": slots,
        "Color": Color,
        "Point": Point,
        "point": Point(1),
        "cached": cached,
        "defaults": defaults,
        "frame": Frame(),
        "n": 3,
        "text": "hello " * 100,
        "table": {"a": 1},
        "queue": collections.deque([1, 2]),
        "bytes_": memoryview(b"abcd"),
        "json": json,
        "j": json,
        "aio": asyncio,
        "OrderedDict": collections.OrderedDict,
        "partial": functools.partial(cached, 1),
    }
    return lambda name, **options: docs(name, root=tmp_path, namespace=namespace, **options)


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("trap", "value trap: test_docs_live.Trap"),
        ("trap.held", "value trap.held: list, len 3"),
        ("trap.level", "value trap.level: int = 3"),
        ("trap.price", "property trap.price -> Callable[[int], str]"),
        ("trap.slow", "property trap.slow -> int"),
        ("trap.go", "async method trap.go(n: float=1.5)"),
        ("Trap", "class Trap(a: int, b: str='x', *, c: Optional[list[int]]=None)"),
        ("Trap.go", "async method Trap.go(self, n: float=1.5)"),
        ("Trap.make", "classmethod Trap.make(x: Literal['a', 'b']) -> Trap"),
        (
            "Trap.free",
            "staticmethod Trap.free(x: Annotated[int, 1], /, y: dict[str, int | None]={}, *rest, z=..., **named) -> None",
        ),
        ("Guarded", "class Guarded()"),
        ("Guarded.turn", "method Guarded.turn(self, by: int=1) -> None"),
        ("slots.full", "value slots.full: int = 7"),
        ("slots.unfilled", "property slots.unfilled"),
        ("Color", "class Color(value)"),
        ("Color.RED", "value Color.RED: test_docs_live.Color = Color.RED"),
        ("Point", "class Point(x: int, tags: list[str]=…)"),
        ("cached", "function cached(n: int) -> int"),
        ("defaults", "function defaults(x=…, y=Color.RED, z=len, text="),
        ("frame", "value frame: test_docs_live.Frame"),
        ("n", "value n: int = 3"),
        ("text", "value text: str = 'hello hello"),
        ("table", "value table: dict, len 1"),
        ("queue", "value queue: collections.deque, len 2"),
        ("bytes_", "value bytes_: memoryview, shape (4,)"),
    ],
)
def test_a_live_name_is_described_and_nothing_of_it_runs(ask, name, head):
    found = ask(name)
    assert render(found)[0].replace(f"{__name__}.", "test_docs_live.").startswith(head)
    assert len(render(found)[0]) < 200


def test_the_members_of_a_users_value_are_its_own_and_its_classs(ask):
    names = [each.name for each in ask("trap").members]
    assert names[:3] == ["held", "given", "level"]
    assert "go" in names


ANNOTATED = """
import typing as t, collections.abc as c
T = t.TypeVar("T")
class Mine:
    def __repr__(self): raise SystemExit
def f(a: t.Optional[list[int]], b: t.Annotated[int, Mine()], c: t.Literal["x", 2], d: c.Callable[[int], str], e: Mine,
      f: dict[str, "Mine"], g: T, h: t.Any, i: Mine(), j: tuple[int, ...], k: None, *l: int | str) -> t.List[T]: ...
"""


def test_annotations_that_are_objects_are_written_as_they_would_be(tmp_path):
    names: dict[str, object] = {"__name__": "__main__"}
    exec(compile(ANNOTATED, "<string>", "exec", dont_inherit=True), names)
    expected = (
        "(a: list[int] | None, b: int, c: Literal['x', 2], d: Callable[[int], str], e: Mine, "
        "f: dict[str, Mine], g: T, h: Any, i: …, j: tuple[int, ...], k: None, *l: int | str) -> List[T]"
    )
    assert docs("f", root=tmp_path, namespace=names).signatures == (expected,)


def test_a_library_named_in_the_session_is_answered_with_its_types(ask):
    assert "skipkeys: bool=False" in ask("j.dumps").signatures[0]
    assert ask("j.dumps").name == "json.dumps"
    assert ask("queue.appendleft").name == "collections.deque.appendleft"
    assert ask("OrderedDict.popitem").kind == "method"
    assert ask("aio.subprocess.Process").kind == "class"


def test_a_live_function_says_where_it_stands(ask):
    defined = ask("cached").defined
    assert defined is not None
    path, _, line = defined.rpartition(":")
    assert Path(path) == Path(__file__)
    assert "lru_cache" in Path(__file__).read_text().splitlines()[int(line) - 1]


def test_a_live_class_says_where_it_stands(ask):
    line = int(ask("Point").defined.rpartition(":")[2])
    assert Path(__file__).read_text().splitlines()[line - 1] == "class Point:"


def test_a_session_name_goes_before_a_modules(tmp_path):
    assert docs("json", root=tmp_path, namespace={"json": 3}).signatures == (": int = 3",)


def test_names_that_are_not_in_the_session_are_looked_up_elsewhere(ask):
    assert ask("math.sqrt").kind == "function"
    assert ask("len").kind == "function"


def test_a_cell_is_named_by_its_number(tmp_path):
    names: dict[str, object] = {"__name__": "__main__"}
    exec(compile("\ndef f(a): ...\n", "<ipython-input-7-0123456789ab>", "exec"), names)
    assert docs("f", root=tmp_path, namespace=names).defined == "In[7]:2"


def test_a_module_of_the_users_shows_what_it_defines(tmp_path):
    module = types.ModuleType("mine", "Mine.")
    exec("import os\nfrom json import dumps\nRATE = 2\ndef f(a: int) -> str:\n    'Eff.'\n", vars(module))
    found = docs("mine", root=tmp_path, namespace={"mine": module})
    assert render(found) == ["module mine", "Mine.", "  RATE: int = 2", "  f(a: int) -> str  Eff"]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("trap.hled", "trap.held"),
        ("trap.get_price", "trap.price"),
        ("Trap.fre", "Trap.free"),
        ("j.dump_s", "json.dumps"),
        ("defaullts", "defaults"),
    ],
)
def test_a_live_name_that_does_not_exist_answers_with_close_ones(ask, name, near):
    with pytest.raises(NotFoundError) as caught:
        ask(name)
    assert caught.value.near[0] == near
