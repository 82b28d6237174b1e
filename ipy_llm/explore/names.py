"""What a name of the project's files is, followed through scopes, imports and bases, by their texts alone.

jedi answers the same and more, at ten to a hundred times the cost: what these rules decide for certain need
not be asked of it.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ipy_llm.errors import IpyLlmError
from ipy_llm.explore.index import Index
from ipy_llm.explore.mentions import Reading
from ipy_llm.explore.modules import Modules
from ipy_llm.explore.scopes import Imported, Scope
from ipy_llm.explore.texts import Cells, is_notebook, read_cells
from ipy_llm.source.notebooks.cells import cell_name
from ipy_llm.source.structure.syntax import parse
from ipy_llm.source.text import decode

_DEEP = 12  # imports and bases followed one after the other


@dataclass(frozen=True, slots=True)
class Defined:
    """A definition of the project: its file and qualified name."""

    file: str
    name: str


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the project."""

    file: str


@dataclass(frozen=True, slots=True)
class Foreign:
    """What comes from outside the project, or is built in."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """What the text alone does not tell: a parameter, the value of a call."""


Meaning = Defined | Module | Foreign | Unknown


class Names:
    """The names of a project. Files are read when a name leads into them, and once.

    `texts` are those of files that are to be taken for what they will be, not for what they are.
    """

    def __init__(self, index: Index, texts: Mapping[str, str] | None = None) -> None:
        self.index = index
        self.texts = texts or {}
        self.cells: dict[str, Cells] = {}  # of the notebooks that were read
        self._readings: dict[str, Reading | None] = {}
        self._trees: dict[str, ast.Module] = {}
        self.modules = Modules(index.files)
        self._open: set[Defined] = set()  # classes whose bases are being looked through

    def text(self, file: str) -> str | None:
        """Return a file's text, None where it cannot be read."""
        if file in self.texts:
            return self.texts[file]
        try:
            data = Path(self.index.root, file).read_bytes()
            if not is_notebook(file):
                return decode(data).text
            self.cells[file] = read_cells(data)
            return self.cells[file].text
        except (OSError, IpyLlmError):
            return None

    def where(self, file: str, line: int) -> str:
        """Return how a line of a file is written, counted in its cell where that is a notebook."""
        if file not in self.cells:
            return f"{file}:{line}"
        number, line = self.cells[file].place(line)
        return f"{file}::{cell_name(number)}:{line}"

    def reading(self, file: str) -> Reading | None:
        """Return a file's scopes, None where it cannot be parsed."""
        if file not in self._readings:
            self._readings[file] = self._read(file)
        return self._readings[file]

    def tree(self, file: str) -> ast.Module:
        """Return a file's tree, the same each time. Raises `SyntaxError` where it cannot be read too."""
        if file not in self._trees:
            text = self.text(file)
            if text is None:
                raise SyntaxError(f"{file} cannot be read")
            self._trees[file] = parse(text)
        return self._trees[file]

    def _read(self, file: str) -> Reading | None:
        text = self.text(file)
        try:
            return None if text is None else Reading(text, self.tree(file))
        except (SyntaxError, RecursionError):
            return None

    def of_expression(self, node: ast.expr, scope: Scope, file: str) -> set[Meaning]:
        """Return what an expression may be: a name, or an attribute of what is known."""
        match node:
            case ast.Name(id=name):
                return self.of_name(name, scope, file)
            case ast.Attribute(value=value, attr=attr):
                return self.of_attribute(value, attr, scope, file)
            case ast.Constant() | ast.List() | ast.Dict() | ast.Set() | ast.Tuple() | ast.JoinedStr():
                return {Foreign()}
            case _:
                return {Unknown()}

    def of_name(self, name: str, scope: Scope, file: str, depth: int = 0) -> set[Meaning]:
        """Return what a name may be, seen from a scope of a file."""
        home = scope.lookup(name)
        if home is None:
            module = scope
            while module.outer is not None:
                module = module.outer
            found = {
                each
                for star in module.stars
                if not self._lacks(star, name, file)
                for each in self._of_import(Imported(star.module, name, star.level), file, depth)
            }
            found -= {Foreign()} if any(isinstance(each, Defined) for each in found) else set()
            return found or ({Foreign()} if hasattr(builtins, name) else {Unknown()})
        return {
            meaning
            for bound in home.bound[name]
            for meaning in self._of_bound(name, bound, home, file, depth)
        }

    def _lacks(self, star: Imported, name: str, file: str) -> bool:
        """Say whether what a star imports is certainly without a name."""
        modules = self.modules.of(star, file)
        readings = [self.reading(each) for each in modules if not each.endswith("/")]
        return len(readings) == len(modules) > 0 and not any(
            reading is None
            or reading.module.stars
            or name in reading.module.bound
            or "__getattr__" in reading.module.bound
            for reading in readings
        )

    def _of_bound(self, name: str, bound: Imported | str, home: Scope, file: str, depth: int) -> set[Meaning]:
        if isinstance(bound, Imported):
            return self._of_import(bound, file, depth)
        if bound == "defined":
            return {Defined(file, f"{home.name}.{name}" if home.name else name)}
        return {Unknown()}

    def of_attribute(self, value: ast.expr, attr: str, scope: Scope, file: str) -> set[Meaning]:
        """Return what an attribute may be, of a module, a class, or `self`."""
        owner = instance_of(value, scope)
        if owner is not None:
            found = self.of_member(Defined(file, owner.name), attr, own=isinstance(value, ast.Name))
            return found or {Unknown()}
        found = set()
        for meaning in self.of_expression(value, scope, file):
            match meaning:
                case Module(file=module):
                    found |= self.of_module(module, attr)
                case Defined() if self.class_scope(meaning) is not None:
                    found |= self.of_member(meaning, attr) or {Unknown()}
                case Foreign():
                    found.add(meaning)
                case _:
                    found.add(Unknown())
        return found

    def of_module(self, file: str, name: str, depth: int = 0) -> set[Meaning]:
        """Return what a module's name may be: bound there, or a submodule."""
        reading = self.reading(file)
        if reading is None or depth > _DEEP:
            return {Unknown()}
        if name in reading.module.bound or reading.module.stars:
            found = self.of_name(name, reading.module, file, depth)
            if found - {Unknown(), Foreign()} or name in reading.module.bound:
                return found
        folder = file.rpartition("/")[0]
        if file.rpartition("/")[2] == "__init__.py":
            for inside in (f"{name}.py", f"{name}/__init__.py"):
                path = f"{folder}/{inside}" if folder else inside
                if path in self.index.files:
                    return {Module(path)}
        # `__getattr__` of a module may give anything
        return {Unknown()}

    def of_member(self, cls: Defined, name: str, *, own: bool = True, depth: int = 0) -> set[Meaning]:
        """Return what a class's member may be, its own (unless not `own`) or of its bases; nothing where unknown."""
        scope = self.class_scope(cls)
        if scope is None or depth > _DEEP or cls in self._open:
            return set()
        if own and name in scope.bound:
            return {Defined(cls.file, f"{cls.name}.{name}")}
        self._open.add(cls)  # a base may be named by way of the class itself
        try:
            return self._of_bases(cls, scope, name, depth)
        finally:
            self._open.discard(cls)

    def _of_bases(self, cls: Defined, scope: Scope, name: str, depth: int) -> set[Meaning]:
        for base in scope.bases:
            for meaning in self.of_expression(base, scope.outer or scope, cls.file):
                found = (
                    self.of_member(meaning, name, depth=depth + 1) if isinstance(meaning, Defined) else set()
                )
                if found:
                    return found
        return set()

    def bases(self, cls: Defined) -> Iterator[Defined]:
        """Yield the project's classes that a class is derived from, at any distance."""
        scope = self.class_scope(cls)
        pending = [(scope, cls.file)] if scope else []
        seen: set[Defined] = set()
        while pending:
            scope, file = pending.pop()
            for base in scope.bases:
                for meaning in self.of_expression(base, scope.outer or scope, file):
                    inner = self.class_scope(meaning) if isinstance(meaning, Defined) else None
                    if isinstance(meaning, Defined) and inner is not None and meaning not in seen:
                        seen.add(meaning)
                        yield meaning
                        pending.append((inner, meaning.file))

    def is_open(self, cls: Defined) -> bool:
        """Say whether a class, or one that it is derived from, has a base of which nothing is known."""
        scopes = [(self.class_scope(each), each.file) for each in (cls, *self.bases(cls))]
        return any(
            Unknown() in self.of_expression(base, scope.outer or scope, file)
            for scope, file in scopes
            if scope is not None
            for base in scope.bases
        )

    def class_scope(self, cls: Defined) -> Scope | None:
        """Return a class's scope, None where it is no class."""
        reading = self.reading(cls.file)
        return reading.classes.get(cls.name) if reading else None

    def home(self, one: Defined) -> Scope | None:
        """Return the module or class in which something is defined, None where that is a function."""
        owner = one.name.rpartition(".")[0]
        reading = self.reading(one.file)
        return (reading.classes.get(owner) if owner else reading.module) if reading else None

    def of_import(self, what: Imported, file: str) -> set[Meaning]:
        """Return what an import gives, in a file."""
        return self._of_import(what, file, 0)

    def _of_import(self, what: Imported, file: str, depth: int) -> set[Meaning]:
        if depth > _DEEP:
            return {Unknown()}
        found: set[Meaning] = set()
        for module in self.modules.of(what, file):
            if what.name is None:
                found.add(Module(module))
            elif module.endswith("/"):  # a folder without `__init__.py`
                found |= {
                    Module(path)
                    for path in (f"{module}{what.name}.py", f"{module}{what.name}/__init__.py")
                    if path in self.index.files
                }
            else:
                found |= self.of_module(module, what.name, depth + 1)
        return found or {Foreign()}


def instance_of(value: ast.expr, scope: Scope) -> Scope | None:
    """Return the class whose instance, or itself, `self`, `cls` or `super()` is in a method; None for all else."""
    function: Scope | None = scope
    while function is not None and not (function.outer is not None and function.outer.kind == "class"):
        function = function.outer
    if function is None or function.kind != "function":
        return None
    match value:
        case ast.Name(id=name) if name == function.first and scope.lookup(name) is function:
            # a parameter that is given another value is no longer the instance
            return function.outer if len(function.bound[name]) == 1 else None
        case ast.Call(func=ast.Name(id="super"), args=[]):
            return function.outer
        case _:
            return None
