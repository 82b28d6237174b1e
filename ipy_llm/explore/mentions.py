"""Every place of a Python text that names something, with the scope it is looked up from."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ipy_llm.explore.scopes import Bound, Imported, Scope, generic
from ipy_llm.explore.spots import Lines, Quoted, makes_code, names
from ipy_llm.explore.words import word

# `string`: of an annotation or of `__all__`, where it names something all the same; `unsure`: a name or part of a string
How = Literal["name", "attribute", "import", "keyword", "string", "unsure"]

# Decorators that leave a function's annotation of what it returns true.
_KEEPING = frozenset(
    {
        "staticmethod",
        "classmethod",
        "property",
        "cached_property",
        "abstractmethod",
        "override",
        "setter",
        "cache",
    }
)


# What is told the name it is assigned to: `T = TypeVar("T")`.
_NAMED = frozenset(
    {"TypeVar", "ParamSpec", "TypeVarTuple", "NewType", "NamedTuple", "namedtuple", "TypedDict"}
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A name where it stands: its 1-based line and column in characters, and what it is looked up from."""

    line: int
    column: int
    how: How
    node: ast.AST
    scope: Scope
    called: bool = False
    what: Imported | None = None  # of an import


class Reading:
    """A text's scopes, and where it mentions one name."""

    def __init__(self, text: str, tree: ast.Module, wanted: str | None = None) -> None:
        self.text = Lines(text)
        self.wanted = wanted
        self.mentions: list[Mention] = []
        self.classes: dict[str, Scope] = {}
        self.strings: list[Quoted] = []
        self.generating = makes_code(text)
        self._called: set[int] = set()
        self._naming: set[int] = set()  # strings that are mentions, or certainly none
        self._given: dict[int, str] = {}  # strings that are arguments, with what is called
        self.module = Scope("", "module", None)
        self._visit_all(tree.body, self.module)

    def _visit_all(self, nodes: Iterable[ast.AST], scope: Scope) -> None:
        for node in nodes:
            self._visit(node, scope)

    def _visit(self, node: ast.AST, scope: Scope) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._bind(scope, node.name, "defined")
                for decorator in node.decorator_list:
                    self._called.add(id(decorator))
                    self._visit(decorator, scope)
                self._arguments(node.args, scope)
                self._annotation(node.returns, scope)
                marks = {getattr(each, "attr", getattr(each, "id", "")) for each in node.decorator_list}
                # A coroutine, and what an unknown decorator makes of a function, give something else.
                plain = isinstance(node, ast.FunctionDef) and marks <= _KEEPING
                scope.returns[node.name] = node.returns if plain else None
                inner = Scope(_join(scope.name, node.name), "function", scope)
                if scope.kind == "class":
                    given = (*node.args.posonlyargs, *node.args.args)
                    inner.first = given[0].arg if given and "staticmethod" not in marks else None
                self._parameters(node.args, inner)
                self._visit_all(node.body, inner)
            case ast.ClassDef():
                self._bind(scope, node.name, "defined")
                for decorator in node.decorator_list:
                    self._called.add(id(decorator))
                self._visit_all((*node.decorator_list, *node.bases, *node.keywords), scope)
                inner = Scope(
                    _join(scope.name, node.name), "class", scope, bases=tuple(map(generic, node.bases))
                )
                self.classes[inner.name] = inner
                self._visit_all(node.body, inner)
            case ast.Lambda():
                self._arguments(node.args, scope)
                inner = Scope(_join(scope.name, "<lambda>"), "function", scope)
                self._parameters(node.args, inner)
                self._visit(node.body, inner)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                inner = Scope(scope.name, "function", scope)
                self._visit_all(ast.iter_child_nodes(node), inner)
            case ast.Import() | ast.ImportFrom():
                self._imports(node, scope)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                home = self.module if isinstance(node, ast.Global) else scope.outer
                scope.elsewhere |= dict.fromkeys(names, home or self.module)
            case ast.JoinedStr():
                self._in_fstring(node, scope)
            case ast.AnnAssign():
                self._annotation(node.annotation, scope)
                if isinstance(node.target, ast.Name):
                    scope.annotations[node.target.id] = node.annotation
                self._visit(node.target, scope)
                if node.value:
                    self._visit(node.value, scope)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name != "__all__":
                match value:
                    case ast.Call(args=[ast.Constant(value=own) as first, *_]) if own == name == self.wanted:
                        if getattr(value.func, "attr", getattr(value.func, "id", "")) in _NAMED:
                            self._in_string(first, scope, "string")
                    case _:
                        pass
                scope.values.setdefault(name, []).append(value)
                self._plain(node, scope)
            case ast.Assign(targets=[ast.Name(id="__all__")]) | ast.AugAssign(target=ast.Name(id="__all__")):
                self._public(node.value, scope)
                self._plain(node, scope)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="__all__"))):
                self._public(node, scope)
                self._plain(node, scope)
            case _:
                self._plain(node, scope)

    def _public(self, node: ast.expr, scope: Scope) -> None:
        """Note the strings of `__all__`, which name what they hold."""
        for each in ast.walk(node):
            if isinstance(each, ast.Constant) and each.value == self.wanted and self.wanted:
                self._in_string(each, scope, "string")

    def _plain(self, node: ast.AST, scope: Scope) -> None:
        match node:
            case ast.Expr(value=ast.Constant()):
                self._naming.add(id(node.value))  # a docstring
            case ast.BinOp(left=ast.Constant(), op=ast.Mod(), right=ast.Dict()):
                self._naming.add(id(node.left))
            case ast.Call():
                self._called.add(id(node.func))
                self._strings_of(node)
                for each in node.keywords:
                    if each.arg is not None and each.arg == self.wanted:
                        self._mention("keyword", node, scope, self._start(each))
            case ast.Name():
                if not isinstance(node.ctx, ast.Load):
                    self._bind(scope, node.id, "value" if scope.kind == "function" else "defined")
                if node.id == self.wanted:
                    self._mention("name", node, scope, self._start(node))
            case ast.Attribute(value=ast.Name(id=name), ctx=ast.Store()) if name == scope.first:
                assert scope.outer is not None
                scope.outer.stored.add(node.attr)
            case _:
                pass
        match node:
            case ast.Attribute() if node.attr == self.wanted and node.end_lineno:
                end = self.text.column(node.end_lineno, node.end_col_offset or 0)
                self._mention("attribute", node, scope, (node.end_lineno, end - len(node.attr)))
            case ast.MatchClass() if self.wanted in node.kwd_attrs:
                call = ast.Call(func=node.cls, args=[], keywords=[])
                for line, column in self._places(node):
                    if re.match(r"\s*=", self.text.lines[line - 1][column + len(self.wanted or "") :]):
                        self._mention("keyword", call, scope, (line, column))
            case ast.Constant(value=str(text)) if self.wanted and id(node) not in self._naming:
                # What is made into code holds names anywhere.
                if names(self.wanted, text) or (self.generating and word(self.wanted).search(text)):
                    alone = text == self.wanted
                    self.strings.append(Quoted(node.lineno, alone, self._given.get(id(node), "")))
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                self._bind(scope, name, "value")
            case _:
                pass
        self._visit_all(ast.iter_child_nodes(node), scope)

    def _places(self, node: ast.expr | ast.pattern, *, braces: bool = False) -> Iterator[tuple[int, int]]:
        assert self.wanted is not None
        return self.text.places(node, self.wanted, braces=braces)

    def _strings_of(self, node: ast.Call) -> None:
        """Note what is called with strings; a template that is filled by name there says itself what it means."""
        function = node.func
        name = getattr(function, "attr", getattr(function, "id", ""))
        self._given |= {id(each): name for each in node.args}
        by_name = not node.args and all(each.arg for each in node.keywords)
        if by_name and isinstance(function, ast.Attribute) and name == "format":
            self._naming.add(id(function.value))

    def _start(self, node: ast.expr | ast.keyword) -> tuple[int, int]:
        return node.lineno, self.text.column(node.lineno, node.col_offset)

    def _arguments(self, arguments: ast.arguments, scope: Scope) -> None:
        """Visit what of a signature is looked up outside the function: defaults and annotations."""
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None:
                self._visit(default, scope)
        for each in _each(arguments):
            self._annotation(each.annotation, scope)

    def _parameters(self, arguments: ast.arguments, inner: Scope) -> None:
        for each in _each(arguments):
            self._bind(inner, each.arg, "value")
            if each.annotation and each not in {arguments.vararg, arguments.kwarg}:
                inner.annotations[each.arg] = each.annotation

    def _annotation(self, node: ast.expr | None, scope: Scope) -> None:
        if node is None:
            return
        for each in ast.walk(node):
            if isinstance(each, ast.Constant) and isinstance(each.value, str) and self.wanted:
                self._in_string(each, scope, "string")
        self._visit(node, scope)

    def _in_fstring(self, node: ast.JoinedStr, scope: Scope) -> None:
        if sys.version_info >= (3, 12):
            self._plain(node, scope)
            return
        # Before, what stands inside has no position: it is looked for in the text.
        before = len(self.mentions)
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                self._visit_all(ast.iter_child_nodes(value), scope)
        found = self.mentions[before:]
        del self.mentions[before:]
        if not found:
            return
        places = list(self._places(node, braces=True))
        if len(places) == len(found):
            self.mentions += [
                replace(each, line=line, column=column)
                for each, (line, column) in zip(found, places, strict=True)
            ]
        else:  # a string in it has the word too
            self.mentions += [Mention(line, column, "unsure", node, scope) for line, column in places]

    def _in_string(self, node: ast.Constant, scope: Scope, how: How) -> None:
        self._naming.add(id(node))
        for line, column in self._places(node):
            self._mention(how, node, scope, (line, column))

    def _imports(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        for alias in node.names:
            if isinstance(node, ast.ImportFrom):
                if alias.name == "*":
                    scope.stars.append(Imported(node.module or "", None, node.level))
                    continue
                what = Imported(node.module or "", alias.name, node.level)
                self._bind(scope, alias.asname or alias.name, what)
            else:
                top = alias.name if alias.asname else alias.name.partition(".")[0]
                self._bind(scope, alias.asname or top, Imported(top, None))
                what = Imported(alias.name, None)  # as a whole, whatever its dots
            if isinstance(node, ast.ImportFrom) and alias.name == self.wanted:
                column = self.text.column(alias.lineno, alias.col_offset)
                self._mention("import", alias, scope, (alias.lineno, column), what)
            if alias.asname is not None and alias.asname == self.wanted and alias.end_lineno:
                end = self.text.column(alias.end_lineno, alias.end_col_offset or 0)
                self._mention("import", alias, scope, (alias.end_lineno, end - len(alias.asname)), what)

    def _mention(
        self,
        how: How,
        node: ast.AST,
        scope: Scope,
        place: tuple[int, int],
        what: Imported | None = None,
    ) -> None:
        self.mentions.append(Mention(*place, how, node, scope, id(node) in self._called, what))

    def _bind(self, scope: Scope, name: str, what: Bound) -> None:
        home = scope.elsewhere.get(name, scope)
        home.bound.setdefault(name, []).append(what)


def _each(arguments: ast.arguments) -> Sequence[ast.arg]:
    given = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    return (*given, *(each for each in (arguments.vararg, arguments.kwarg) if each))


def _join(owner: str, name: str) -> str:
    return f"{owner}.{name}" if owner else name
