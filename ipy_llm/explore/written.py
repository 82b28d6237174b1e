"""What a definition's own text says, where jedi does not: decorators, annotations, `__all__`."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ipy_llm.explore.prose import bounded

Function = ast.FunctionDef | ast.AsyncFunctionDef

Answer = TypeVar("Answer")

_PROPERTIES = frozenset({"property", "cached_property", "DynamicClassAttribute", "abstractproperty"})
_WRITERS = frozenset({"setter", "deleter"})
_VALUE = 80  # characters of a value's right side
_DECORATORS = 8  # lines above a def that are looked at
_HEADER = 40  # lines a def's signature may take


@dataclass(frozen=True, slots=True)
class Public:
    """What a module's text says of its public names."""

    names: tuple[str, ...]  # in order
    imported: frozenset[str]  # names that merely came in
    complete: bool  # `names` is all, in the module's own word
    package: bool


def asked(question: Callable[[], Answer], unknown: Answer) -> Answer:
    """Return jedi's answer, `unknown` where it trips over the code it reads.

    It infers whatever people write, and raises out of its depths on some of it (numpy's stubs:
    TypeError); one such name must not cost the reader the rest of the page.
    """
    try:
        return question()
    except (
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ):
        return unknown


def read(path: Path) -> str:
    """Return a Python file's text; undecodable bytes are replaced, the file may be gone."""
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def shown(path: Path, root: Path) -> str:
    """Return `path` as an address: relative to the project inside it."""
    try:
        return Path(path).relative_to(root).as_posix()
    except ValueError:
        return str(path)


def stands_in(path: Path, root: Path) -> bool:
    """Whether a file is the project's own: inside it, and not in an environment there."""
    return path.is_relative_to(root) and "site-packages" not in path.parts


def definition(name: Any) -> Function | None:
    """Return the function that stands where jedi's `name` does, decorators included."""
    if name.type not in {"function", "property", "instance"} or name.line is None:
        return None
    before = min(_DECORATORS, name.line - 1)
    lines = name.get_line_code(before=before, after=_HEADER).splitlines()
    return _parse(lines, before)


def getter(name: Any, node: Function) -> tuple[int, int] | None:
    """Return the line (from 1) and column of the name that reads a property, where `node` does not.

    jedi's name of a property stands at its last definition: the setter or the deleter.
    """
    if not any(isinstance(each, ast.Attribute) and each.attr in _WRITERS for each in node.decorator_list):
        return None
    lines = name.get_line_code(before=name.line - 1).splitlines()
    for place in range(name.line - 2, -1, -1):
        head = f"def {name.name}("
        if lines[place].lstrip().startswith(head):
            found = _parse(lines, place)
            if found is not None and is_property(found):
                return place + 1, lines[place].index(head) + len("def ")
    return None


def is_property(node: Function) -> bool:
    """Whether a decorator makes the function an attribute."""
    return any(_decorator(each) in _PROPERTIES for each in node.decorator_list)


def marks(node: Function | None, *, in_class: bool) -> tuple[str, ...]:
    """Return what the definition says besides its signature: async, classmethod, staticmethod."""
    if node is None:
        return ()
    found = ["async"] if isinstance(node, ast.AsyncFunctionDef) else []
    if in_class:
        names = {_decorator(each) for each in node.decorator_list}
        found += [each for each in ("classmethod", "staticmethod") if each in names]
    return tuple(found)


def signature(node: Function, *, bound: bool) -> str:
    """Return the signature as written, without the first parameter of a method when `bound`."""
    arguments = node.args
    static = any(_decorator(each) == "staticmethod" for each in node.decorator_list)
    if bound and not static:
        first = arguments.posonlyargs or arguments.args
        del first[:1]
    return f"({ast.unparse(arguments)}){returned(node)}"


def is_signature(text: str) -> bool:
    """Whether `(a: int) -> str` is Python: of some C docstrings jedi makes what is not."""
    try:
        ast.parse(f"def f{text}: ...")
    except SyntaxError:
        return False
    return True


def makes_dataclasses(node: Function) -> bool:
    """Whether the function is marked as one that turns classes into dataclasses."""
    return any(_decorator(each) == "dataclass_transform" for each in node.decorator_list)


def returned(node: Function) -> str:
    """Return the annotation of what the function returns, with its arrow, or nothing."""
    return f" -> {ast.unparse(node.returns)}" if node.returns is not None else ""


def value(name: Any) -> str:
    """Return the type and the right side of the assignment that jedi's `name` stands at."""
    text = name.description if name.type == "statement" else name.get_line_code().strip()
    try:
        statement = ast.parse(text).body[0]
    except (SyntaxError, IndexError):
        statement = ast.Pass()
    match statement:
        case ast.AnnAssign(annotation=annotation, value=right):
            hint = ast.unparse(annotation)
        case ast.Assign(targets=[ast.Name() | ast.Attribute()], value=right):
            hint = asked(name.get_type_hint, "")
        case _:
            hint, right = asked(name.get_type_hint, ""), None
    # of a function's alias jedi gives the whole signature, of a parameter kept nothing is learnt twice
    hint = "" if not hint or "(" in hint else hint
    if (isinstance(right, ast.Name) and right.id == name.name) or ast.unparse(right or ast.Pass()) == "...":
        right = None
    return (f": {hint}" if hint else "") + (f" = {bounded(ast.unparse(right), _VALUE)}" if right else "")


def alias(name: Any) -> str | None:
    """Return the other name that the assignment at jedi's `name` gives it, as `a = b = other` does; else None."""
    try:
        statement = ast.parse(name.get_line_code().strip()).body[0]
    except (SyntaxError, IndexError):
        return None
    match statement:
        case ast.Assign(targets=targets, value=ast.Name(id=other)) if any(
            isinstance(each, ast.Name) and each.id == name.name for each in targets
        ):
            return other if other != name.name else None
        case _:
            return None


def public(module: Any) -> Public:
    """Return what the text of jedi's module says of its public names."""
    path = module.module_path
    try:
        tree = ast.parse(read(path)) if path is not None else ast.Module([], [])
    except (SyntaxError, ValueError):
        tree = ast.Module([], [])
    package = path.parent.name if path is not None and path.stem == "__init__" else None
    names: dict[str, None] = {}
    imported: set[str] = set()
    listed: list[str] = []  # what `__all__` is said to hold
    sure: bool | None = None  # whether that is all of it, where it is said at all
    for node in _top_level(tree.body):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names[name] = None
            case (
                ast.Assign(targets=[ast.Name(id="__all__")], value=right)
                | ast.AugAssign(target=ast.Name(id="__all__"), value=right)
                | ast.Expr(ast.Call(func=ast.Attribute(value=ast.Name(id="__all__")), args=[right]))
            ):
                more = _strings(right)
                sure = sure is not False and more is not None
                listed += more or []
            case ast.Assign(targets=targets):
                names.update({each.id: None for each in targets if isinstance(each, ast.Name)})
            case ast.AnnAssign(target=ast.Name(id=name)):
                names[name] = None
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                # a package offers what it imports from its own modules
                own = isinstance(node, ast.ImportFrom) and (
                    node.level == 1 or (package is not None and (node.module or "").startswith(package))
                )
                for alias in aliases:
                    if alias.name == "*":
                        continue
                    name = alias.asname or alias.name.partition(".")[0]
                    if alias.asname == alias.name or (own and package is not None):
                        names[name] = None
                    else:
                        imported.add(name)
            case _:
                pass
    if sure:
        return Public(tuple(listed), frozenset(), complete=True, package=package is not None)
    return Public(
        tuple(names), frozenset(imported - names.keys()), complete=False, package=package is not None
    )


def imported_from(module: Any, name: str) -> list[str]:
    """Return the full names that `name` may have come into jedi's module from, by the text's own imports."""
    path = module.module_path
    if path is None:
        return []
    exact: dict[str, None] = {}
    starred: dict[str, None] = {}
    for file in (path.with_suffix(".pyi"), path.with_suffix(".py")):
        try:
            tree = ast.parse(read(file))
        except (SyntaxError, ValueError):
            continue
        for node in _top_level(tree.body):
            if not isinstance(node, ast.ImportFrom):
                continue
            parts = module.full_name.split(".")
            up = len(parts) - node.level + (path.stem == "__init__") if node.level else 0
            source = ".".join((*parts[:up], *filter(None, (node.module,))))
            for alias in node.names:
                if alias.name == "*":
                    starred[f"{source}.{name}"] = None
                elif (alias.asname or alias.name) == name:
                    exact[f"{source}.{alias.name}"] = None
    return [each for each in (*exact, *starred) if each != f"{module.full_name}.{name}"]


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try):
            yield from _top_level(node.body)
            yield from _top_level(node.orelse)
            for handler in getattr(node, "handlers", []):
                yield from _top_level(handler.body)


def _strings(node: ast.expr) -> list[str] | None:
    try:
        found = ast.literal_eval(node)
    except (ValueError, TypeError):
        return None
    return [str(each) for each in found] if isinstance(found, list | tuple) else None


def _decorator(node: ast.expr) -> str:
    target = node.func if isinstance(node, ast.Call) else node
    return ast.unparse(target).rpartition(".")[2]


def _parse(lines: list[str], start: int) -> Function | None:
    """Return the function whose `def` stands at the index `start`, its body left out."""
    first = start
    while first and lines[first - 1].lstrip().startswith("@"):
        first -= 1
    for end in range(start + 1, min(len(lines), start + _HEADER) + 1):
        line = lines[end - 1].partition("  #")[0].rstrip()
        text = "\n".join((*lines[first : end - 1], f"{line} ..." if line.endswith(":") else line))
        try:
            body = ast.parse(textwrap.dedent(text)).body
        except SyntaxError:
            continue
        return body[0] if body and isinstance(body[0], Function) else None
    return None
