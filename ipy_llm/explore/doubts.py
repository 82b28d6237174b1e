"""What may go by a definition's name without naming it in code: decorators, bases from elsewhere, other files."""

from __future__ import annotations

import ast
import builtins
import contextlib
import os
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from ipy_llm.explore.index import Index
from ipy_llm.explore.names import Defined, Foreign, Names, Unknown
from ipy_llm.explore.scopes import Imported, Scope
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.workspace.project import scan_project

_TEMPLATES = (".pyx", ".html", ".j2", ".jinja")
_SETTINGS = ("pyproject.toml", "setup.cfg", "entry_points.txt")
# Decorators that look at what a function does, not at what it is called, and keep no list of what they were given.
_BLIND = frozenset(
    [
        *("property", "cached_property", "staticmethod", "classmethod", "abstractmethod", "overload", "override"),
        *("cache", "lru_cache", "contextmanager", "asynccontextmanager", "wraps", "final", "dataclass", "total_ordering"),
        *("setter", "getter", "deleter", "deprecated", "define", "frozen", "mutable", "attrs", "attr.s", "attr.attrs"),
    ]
)  # fmt: skip
_EMPTY = frozenset({"object", "Generic", "Protocol", "ABC"})  # bases that lay claim to no names
# Modules whose classes may be asked what they have: importing these runs nothing of note.
_ASKED = frozenset(
    ["abc", "argparse", "collections", "collections.abc", "contextlib", "enum", "io", "json", "logging", "string", "threading", "types", "typing", "unittest"]
)  # fmt: skip


def of_decorators(one: Defined, chunks: list[Chunk], found: Outline) -> Iterator[str]:
    """Yield the decorators of a definition that may go by its name, or keep it."""
    for chunk in chunks:
        if not chunk.is_definition:
            continue
        for line in found.source.text[chunk.decorators : chunk.code].split("\n"):
            mark = line.strip().partition("(")[0]
            if mark.startswith("@") and _BLIND.isdisjoint({mark.rpartition(".")[2].lstrip("@"), mark[1:]}):
                yield f"{mark} on {one.file}::{one.name} may go by its name"


def of_bases(owner: Defined, last: str, names: Names) -> Iterator[str]:
    """Yield the bases from outside the project that may have a member of that name."""
    for cls in (owner, *names.bases(owner)):
        for said, found in foreign_bases(cls, names):
            if found is None or _may_have(found, last):
                yield f"{said}, a base of {cls.file}::{cls.name}, may have a {last}"


def foreign_bases(cls: Defined, names: Names) -> Iterator[tuple[str, object | None]]:
    """Yield the bases of a class that come from outside the project, and what they are where that is known."""
    scope = names.class_scope(cls)
    for written in scope.bases if scope else ():
        assert scope is not None
        base = written.value if isinstance(written, ast.Subscript) else written
        outer = scope.outer or scope
        found = names.of_expression(base, outer, cls.file)
        said = ast.unparse(base)
        if found.isdisjoint({Foreign(), Unknown()}) or said.rpartition(".")[2] in _EMPTY:
            continue
        yield said, getattr(builtins, said, None) or _of_standard(base, outer)


def _may_have(cls: object, name: str) -> bool:
    """Say whether a class has a member of a name, or the code of its methods an attribute."""
    if not isinstance(cls, type):
        return True
    return any(
        name == own or name in getattr(getattr(member, "__code__", None), "co_names", ())
        for each in cls.__mro__
        for own, member in vars(each).items()
    )


def _of_standard(base: ast.expr, scope: Scope) -> object | None:
    """Return the class of the standard library that a base is, of those modules that may be asked."""
    inside: str | None = None
    head = base
    if isinstance(base, ast.Attribute):
        head, inside = base.value, base.attr
    home = scope.lookup(head.id) if isinstance(head, ast.Name) else None
    bound = home.bound[head.id] if home and isinstance(head, ast.Name) else []
    if len(bound) != 1 or not isinstance(bound[0], Imported) or bound[0].level:
        return None
    module = bound[0].module
    if (inside is None) == (bound[0].name is None):
        return None  # a module itself, or something in a class
    inside = inside or bound[0].name or ""
    if module not in _ASKED or module.partition(".")[0] not in sys.stdlib_module_names:
        return None
    return getattr(import_module(module), inside, None)


def elsewhere(last: str, index: Index, module: str = "") -> Iterator[str]:
    """Yield files that are no Python, and may name what Python defines.

    Settings name it as `shop.cart:main` or `shop.cart.main`, of one `module` if that is given, a template in any way.
    """
    plain, stem = re.escape(last.encode()), re.escape(module.encode())
    anywhere = re.compile(rb"(?<!\w)" + plain + rb"(?!\w)")
    dotted = re.compile(rb"(?<!\w)" * bool(module) + stem + rb"[.:]" + plain + rb"(?!\w)")
    base = f"{index.root}{os.sep}"
    for path, _ in scan_project(index.root, (*_TEMPLATES, *_SETTINGS)):
        pattern = dotted if path.endswith(_SETTINGS) else anywhere
        with contextlib.suppress(OSError):
            if pattern.search(Path(path).read_bytes()):
                yield f"{path.removeprefix(base)} holds the name"
