"""Which compiled function of the old text becomes which of the new one."""

from __future__ import annotations
import __future__

import ast
import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, TypeAlias, TypeVar

Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"
Defining: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef"
DEFINING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)

_ANNOTATIONS = __future__.annotations.compiler_flag
# CO_NESTED, CO_NOFREE: a code that was given more cells has others. How annotations are read no code shows.
_NOT_DONE = 0x10 | 0x40 | _ANNOTATIONS
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Text:
    """A text, parsed and compiled as the file it is."""

    text: str
    filename: str
    tree: ast.Module
    code: CodeType
    lines: list[str] = field(repr=False)

    def segment(self, node: ast.stmt) -> str:
        """Return the lines that a statement stands on, decorators included."""
        return "\n".join(self.lines[first_line(node) - 1 : node.end_lineno])


def rereads(before: Text, after: Text) -> bool:
    """Say whether annotations are texts in one and values in the other."""
    return bool((before.code.co_flags ^ after.code.co_flags) & _ANNOTATIONS)


def read(text: str, filename: str, flags: int = 0, *, apart: bool = False) -> Text:
    """Parse and compile a text, `apart` statement by statement. Raises `SyntaxError` and `ValueError` as `compile`."""
    tree = compile(text, filename, "exec", ast.PyCF_ONLY_AST | flags, dont_inherit=True)
    code = compile(text, filename, "exec", flags, dont_inherit=True)
    if apart:
        # where a module is imported in the text itself, 3.11 and later call its functions by another code
        flags |= code.co_flags & _ANNOTATIONS
        parts = (
            compile(ast.Module([node], []), filename, "exec", flags, dont_inherit=True) for node in tree.body
        )
        code = code.replace(co_consts=tuple(const for part in parts for const in part.co_consts))
    return Text(text, filename, tree, code, text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))


@dataclass(frozen=True, slots=True)
class Pair:
    """One function of both texts. `old` and `new` are nodes where it is no lambda or comprehension."""

    path: str
    before: CodeType
    after: CodeType
    old: Function | None
    new: Function | None
    inner: bool  # it stands within a function

    @property
    def top(self) -> str:
        """The module's name that it stands under."""
        return self.path.partition(".")[0]

    @property
    def changed(self) -> bool:
        """Say whether it does something else now, lines apart."""
        return bool(substance(self.before) != substance(self.after))


def first_line(node: ast.stmt) -> int:
    """Return the line a statement begins on, with its decorators."""
    decorators = getattr(node, "decorator_list", None)
    return decorators[0].lineno if decorators else node.lineno


def identity(code: CodeType) -> Any:
    """Return what equals for two codes just when they were compiled from the same text at the same place."""
    return (code.co_firstlineno, code.co_linetable, _shape(code, identity))


def substance(code: CodeType) -> Any:
    """Return what equals for two codes just when they do the same, wherever they stand."""
    return _shape(code, substance)


def outer(code: CodeType) -> Any:
    """Return the substance of a code without that of the functions in it."""
    return _shape(code, lambda inner: inner.co_name)


def _shape(code: CodeType, within: Any) -> Any:
    return (
        code.co_name,
        code.co_code,
        code.co_flags & ~_NOT_DONE,
        (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount),
        code.co_names,
        code.co_varnames,
        code.co_cellvars,
        tuple(_constant(each, within) for each in code.co_consts),
    )


def _constant(value: Any, within: Any) -> Any:
    if isinstance(value, CodeType):
        return within(value)
    if isinstance(value, tuple):
        return (tuple, *(_constant(each, within) for each in value))
    if isinstance(value, frozenset):
        return (frozenset, frozenset(_constant(each, within) for each in value))
    return (type(value), repr(value) if isinstance(value, float | complex) else value)


def definitions(body: Iterable[ast.AST]) -> Iterator[Defining]:
    """Yield the functions and classes of a scope, those under `if`, `try` and their kin included."""
    for node in body:
        if isinstance(node, DEFINING):
            yield node
        elif isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from definitions(ast.iter_child_nodes(node))


def pairs(before: Text, after: Text) -> list[Pair]:
    """Return the functions that stand in both texts, at any depth."""
    found: list[Pair] = []
    _pair("", False, (before.tree.body, before.code), (after.tree.body, after.code), found)
    return found


def everything(code: CodeType) -> Iterator[CodeType]:
    """Yield the code and all within it."""
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from everything(each)


def _pair(
    path: str,
    inner: bool,
    old: tuple[list[ast.stmt], CodeType],
    new: tuple[list[ast.stmt], CodeType],
    found: list[Pair],
) -> None:
    old_codes, new_codes = within(old[1]), within(new[1])
    taken: set[int] = set()
    olds, news = _by_name(definitions(old[0])), _by_name(definitions(new[0]))
    for name, nodes in olds.items():
        others = news.get(name, [])
        linked = [(_code_of(node, old_codes), node) for node in nodes]
        others_linked = [(_code_of(node, new_codes), node) for node in others]
        for (code, node), (other_code, other) in _aligned(linked, others_linked):
            if (
                code is None
                or other_code is None
                or isinstance(node, ast.ClassDef) != isinstance(other, ast.ClassDef)
            ):
                continue
            taken |= {id(code), id(other_code)}
            here = f"{path}{name}"
            if isinstance(node, FUNCTION) and isinstance(other, FUNCTION):
                found.append(Pair(here, code, other_code, node, other, inner))
                _pair(f"{here}.<locals>.", True, (node.body, code), (other.body, other_code), found)
            else:
                _pair(f"{here}.", inner, (node.body, code), (other.body, other_code), found)
    for each in (olds, news):
        codes = old_codes if each is olds else new_codes
        taken |= {id(_code_of(node, codes)) for nodes in each.values() for node in nodes}
    _pair_nameless(path, inner, _nameless(old_codes, taken), _nameless(new_codes, taken), found)


def _nameless(codes: list[CodeType], taken: set[int]) -> list[CodeType]:
    return [each for each in codes if id(each) not in taken and each.co_name.startswith("<")]


def _pair_nameless(
    path: str, inner: bool, olds: list[CodeType], news: list[CodeType], found: list[Pair]
) -> None:
    """Pair lambdas and comprehensions: equal ones first, then the rest in order if there are as many."""
    for name in dict.fromkeys(each.co_name for each in olds):
        ours, theirs = ([each for each in codes if each.co_name == name] for codes in (olds, news))
        couples, ours, theirs = _equal(ours, theirs, substance)
        if len(ours) == len(theirs):
            couples += zip(ours, theirs, strict=True)
        for before, after in couples:
            here = f"{path}{name}"
            found.append(Pair(here, before, after, None, None, inner))
            below = [_nameless(within(each), set()) for each in (before, after)]
            _pair_nameless(f"{here}.<locals>.", True, below[0], below[1], found)


def _aligned(
    old: list[tuple[CodeType | None, Defining]], new: list[tuple[CodeType | None, Defining]]
) -> list[tuple[tuple[CodeType | None, Defining], tuple[CodeType | None, Defining]]]:
    if len(old) == len(new) == 1:
        return [(old[0], new[0])]
    couples, old, new = _equal(old, new, lambda each: ast.dump(each[1]))
    more, old, new = _equal(old, new, lambda each: [ast.dump(one) for one in each[1].decorator_list])
    return [*couples, *more, *zip(old, new, strict=False)]


def _equal(old: list[_T], new: list[_T], key: Any) -> tuple[list[tuple[_T, _T]], list[_T], list[_T]]:
    """Return those of both lists that are equal by a key, couple by couple, and what is left of each."""
    rest = list(new)
    couples, left = [], []
    for each in old:
        mine = key(each)
        match = next((other for other in rest if key(other) == mine), None)
        if match is None:
            left.append(each)
        else:
            couples.append((each, match))
            rest = [other for other in rest if other is not match]
    return couples, left, rest


def _by_name(nodes: Iterable[Defining]) -> dict[str, list[Defining]]:
    found: dict[str, list[Defining]] = {}
    for node in nodes:
        found.setdefault(node.name, []).append(node)
    return found


def adopt(code: CodeType, whole: Mapping[tuple[str, int], Sequence[CodeType]]) -> CodeType:
    """Return a code of some statements with the functions that the whole text compiles to.

    They do the same, but not in the same way: a compiler that sees the whole text knows what is a module.
    """
    consts = []
    for each in code.co_consts:
        if not isinstance(each, CodeType):
            consts.append(each)
            continue
        known = whole.get((each.co_name, each.co_firstlineno), ())
        known = [
            one
            for one in known
            if one.co_freevars == each.co_freevars and one.co_flags & inspect.CO_OPTIMIZED
        ]
        consts.append(known[0] if len(known) == 1 else adopt(each, whole))
    return code.replace(co_consts=tuple(consts))


def by_place(code: CodeType) -> dict[tuple[str, int], list[CodeType]]:
    """Return the codes within one by name and first line."""
    found: dict[tuple[str, int], list[CodeType]] = {}
    for each in everything(code):
        found.setdefault((each.co_name, each.co_firstlineno), []).append(each)
    return found


def within(code: CodeType) -> list[CodeType]:
    """Return the codes that one makes functions and classes of; type parameters are no level of their own."""
    found = []
    for each in code.co_consts:
        if isinstance(each, CodeType):
            found += within(each) if each.co_name.startswith("<generic parameters of ") else [each]
    return found


def _code_of(node: Defining, codes: list[CodeType]) -> CodeType | None:
    line = first_line(node)
    return next((each for each in codes if each.co_name == node.name and each.co_firstlineno == line), None)
