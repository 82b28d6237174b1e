"""What a piece of a module needs of the rest of it, and how another module comes by that."""

from __future__ import annotations

import ast
import builtins
import re
from dataclasses import dataclass, field, replace

from ipy_llm.explore.importing import (
    When,
    binds,
    imported,
    lazy_annotations,
    moments,
    statements,
    submodule,
    top_level,
)
from ipy_llm.explore.mentions import Reading
from ipy_llm.explore.names import Defined, Names
from ipy_llm.explore.scopes import Bound, Imported

_MODULES_OWN = frozenset(
    {"__name__", "__file__", "__package__", "__path__", "__spec__", "__loader__", "__doc__"}
)
_ASKING = frozenset({"globals", "locals", "vars", "eval", "exec"})
_DEEP = 8  # imports followed one after the other
_ORDER: tuple[When, ...] = ("typing", "call", "import")


@dataclass(frozen=True, slots=True)
class Line:
    """An import that a module needs: where from, what, as what, and when at the earliest; `file` where it is the project's.

    `module` is what is written after `from`; an empty `name` says `import module as alias`.
    """

    module: str
    name: str
    alias: str
    when: When
    file: str | None = None
    typing: bool = False  # only for who checks types

    @property
    def may_wait(self) -> bool:
        """Say whether it is the project's, and needed in annotations alone."""
        return self.when == "typing" and self.file is not None

    def __str__(self) -> str:
        said = f" as {self.alias}" if self.alias else ""
        return f"from {self.module} import {self.name}{said}" if self.name else f"import {self.module}{said}"


@dataclass(slots=True)
class Needs:
    """The imports, names with what each means (`meanings`), and what is against it or in doubt."""

    lines: list[Line] = field(default_factory=list)
    names: dict[str, When] = field(default_factory=dict)
    meanings: dict[str, frozenset[object]] = field(default_factory=dict)
    against: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def needs(what: Defined, lines: tuple[int, int], to: str, names: Names) -> Needs:
    """Return what the lines of a definition need, once they stand in the file `to`."""
    return _Needs(what, lines, to, names).run()


def meaning(name: str, reading: Reading, file: str, names: Names, depth: int = 0) -> frozenset[object]:
    """Return what a module's own name is: definitions, modules, imports from elsewhere, `builtin`, or `unknown`."""
    found: set[object] = set()
    bound: list[Bound] = reading.module.bound.get(name, [])
    for each in bound:
        modules = names.modules.of(each, file) if isinstance(each, Imported) else []
        if isinstance(each, Imported) and not modules:
            found.add((each.module, each.name, each.level and file.rpartition("/")[0]))
        for module in modules if depth < _DEEP else ():
            inner = names.reading(module) if isinstance(each, Imported) and each.name else None
            if inner is not None and isinstance(each, Imported) and each.name in inner.module.bound:
                found |= meaning(each.name or "", inner, module, names, depth + 1)
    found |= {one for one in names.of_name(name, reading.module, file) if hasattr(one, "file")}
    if not bound and not found:
        found.add("builtin" if hasattr(builtins, name) else "unknown")
    return frozenset(found)


class _Needs:
    def __init__(self, what: Defined, lines: tuple[int, int], to: str, names: Names) -> None:
        self.what, self.lines, self.to, self.names = what, lines, to, names
        self.text = names.text(what.file) or ""
        self.tree = names.tree(what.file)
        self.when = moments(self.tree)
        self.plain = top_level(self.tree)
        self.found = Needs()

    def run(self) -> Needs:
        for name in self.candidates():
            reading = Reading(self.text, self.tree, name)
            when = self.wanted(reading)
            if when is not None:
                self.found.names[name] = when
                self.find(name, when, reading)
        self.look_at_scopes()
        self.look_at_annotations()
        return self.found

    def inside(self, node: ast.AST) -> bool:
        return self.lines[0] <= getattr(node, "lineno", 0) <= self.lines[1]

    def candidates(self) -> list[str]:
        """Return the words that may be names of the module."""
        here, there = (self.names.reading(each) for each in (self.what.file, self.to))
        assert here is not None
        assert there is not None
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if self.inside(node) and isinstance(node, ast.Name):
                found.add(node.id)
            elif self.inside(node) and isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {word for word in re.findall(r"[^\W\d]\w*", node.value) if word in here.module.bound}
        # A built-in matters only where the target has another of its name; of what is bound nowhere nothing is known.
        known = here.module.bound.keys() | _MODULES_OWN | _ASKING | there.module.bound.keys()
        return sorted(
            each for each in found if each != self.what.name and (each in known or here.module.stars)
        )

    def wanted(self, reading: Reading) -> When | None:
        """Return when the definition needs a name of the module at the earliest, None where it does not."""
        found: list[When] = []
        for mention in reading.mentions:
            if not self.lines[0] <= mention.line <= self.lines[1] or mention.how not in {
                "name",
                "string",
                "unsure",
            }:
                continue
            home = mention.scope.lookup(reading.wanted or "")
            if home is None or home is reading.module:
                found.append(
                    "typing" if mention.how == "string" else self.when.get(id(mention.node), "import")
                )
        return max(found, key=_ORDER.index) if found else None

    def find(self, name: str, when: When, reading: Reading) -> None:
        bound = reading.module.bound.get(name, [])
        here = meaning(name, reading, self.what.file, self.names)
        there_reading = self.names.reading(self.to)
        assert there_reading is not None
        there = meaning(name, there_reading, self.to, self.names)
        self.found.meanings[name] = here
        if name in _ASKING and not bound:
            self.found.against.append(f"it asks {name}() of its module")
        elif name in _MODULES_OWN:
            self.found.doubts.append(f"it uses {name}, which is another in {self.to}")
        elif here == {"unknown"}:
            self.found.against.append(f"where its {name} comes from is not certain")
        elif there_reading.module.bound.get(name) or there.isdisjoint({"unknown", "builtin"}):
            self.compare(name, when, here, there)
        elif here != {"builtin"}:
            self.bring(name, when, bound, here)

    def compare(self, name: str, when: When, here: frozenset[object], there: frozenset[object]) -> None:
        """Say what is against it where the target has a name already."""
        if here != there:
            self.found.against.append(f"{self.to} has another {name}")
            return
        tree = self.names.tree(self.to)
        moment = moments(tree)
        mine = [node for node in statements(tree) for each in node.names if binds(node, each) == name]
        if mine and when != "typing" and all(moment.get(id(node)) == "typing" for node in mine):
            self.found.against.append(f"{self.to} imports {name} only for who checks types")

    def bring(self, name: str, when: When, bound: list[Bound], here: frozenset[object]) -> None:
        """Add the imports that give the target a name."""
        nodes = [
            (node, each) for node in statements(self.tree) for each in node.names if binds(node, each) == name
        ]
        moment = {self.when.get(id(node)) for node, _ in nodes}
        if bound and all(isinstance(each, Imported) for each in bound) and nodes:
            if all(id(node) in self.plain for node, _ in nodes):
                for node, alias in nodes:
                    self.copy(node, alias, when)
                return
            if moment == {"typing"}:
                if when != "typing":
                    self.found.against.append(f"its {name} is imported only for who checks types")
                before = len(self.found.lines)
                for node, alias in nodes:
                    self.copy(node, alias, "typing")
                self.found.lines[before:] = [replace(each, typing=True) for each in self.found.lines[before:]]
                return
        if not bound:  # by a star
            homes = [each for each in here if isinstance(each, Defined)]
            if len(homes) != 1 or len(here) != 1:
                self.found.against.append(f"where its {name} comes from is not certain")
                return
            self.line(homes[0].file, name, "", when)
            return
        rebound = any(isinstance(node, ast.Global) and name in node.names for node in ast.walk(self.tree))
        if rebound:
            self.found.against.append(f"its {name} is given other values by `global`")
        self.line(self.what.file, name, "", when)

    def copy(self, node: ast.Import | ast.ImportFrom, alias: ast.alias, when: When) -> None:
        modules = self.names.modules
        if isinstance(node, ast.Import):
            self.found.lines.append(
                Line(
                    alias.name,
                    "",
                    alias.asname or "",
                    when,
                    _one(modules.of(imported(node, alias), self.what.file)),
                )
            )
            return
        files = modules.of(imported(node, alias), self.what.file)
        if self.to in files or any(submodule(each, alias.name, modules) == self.to for each in files):
            self.found.against.append(f"it goes by {self.to} in a way that is not plain: {ast.unparse(node)}")
            return
        if not files and node.level and self.to.rpartition("/")[0] != self.what.file.rpartition("/")[0]:
            self.found.against.append(f"what it imports is not there: {ast.unparse(node)}")
            return
        if not files or not node.level:
            module = "." * node.level + (node.module or "")
            file = _one([submodule(each, alias.name, modules) or each for each in files])
            self.found.lines.append(Line(module, alias.name, alias.asname or "", when, file))
            return
        self.line(files[0], alias.name, alias.asname or "", when)

    def line(self, file: str, name: str, alias: str, when: When) -> None:
        modules = self.names.modules
        if file.endswith("/"):
            file = f"{file}__init__.py"
        module = written(file, self.to, self.names, self.what.file)
        self.found.lines.append(Line(module, name, alias, when, submodule(file, name, modules) or file))

    def look_at_scopes(self) -> None:
        """Refuse what gives the module's names other values."""
        far = self.to.rpartition("/")[0] != self.what.file.rpartition("/")[0]
        for node in filter(self.inside, ast.walk(self.tree)):
            if isinstance(node, ast.Global):
                self.found.against.append(
                    f"it gives {', '.join(node.names)} of its module other values by `global`"
                )
            if far and isinstance(node, ast.ImportFrom) and node.level:
                self.found.against.append(f"it imports by dots from another folder: {ast.unparse(node)}")

    def look_at_annotations(self) -> None:
        """Refuse annotations that one module evaluates and the other does not."""
        here, there = lazy_annotations(self.tree), lazy_annotations(self.names.tree(self.to))
        if here == there or not self.names.tree(self.to).body:
            return
        said = [
            node
            for node in ast.walk(self.tree)
            if self.inside(node) and isinstance(node, (ast.arg, ast.FunctionDef, ast.AsyncFunctionDef, ast.AnnAssign))
            and (getattr(node, "annotation", None) or getattr(node, "returns", None))
        ]  # fmt: skip
        future = "from __future__ import annotations"
        if said and here:
            self.found.against.append(f"its annotations are lazy ({future}), those of {self.to} are not")
        elif any(isinstance(node, ast.AnnAssign) for node in said):
            self.found.doubts.append(f"its annotations become strings: {self.to} has {future}")


def written(file: str, to: str, names: Names, like: str) -> str:
    """Return how a module is named in an import of another: with dots, as that one has them, or `like`, or their package."""
    modules = names.modules
    package = f"{'/'.join(to.split('/')[: modules.top(to) + 1])}/"
    others = [each for each in names.index.files if each.startswith(package) and each.endswith(".py")]
    for each in (to, like, *others):
        try:
            tree = names.tree(each)
        except SyntaxError:
            continue
        levels = [
            getattr(node, "level", 0)
            for node in tree.body
            if isinstance(node, (ast.Import, ast.ImportFrom))
            and any(modules.of(imported(node, alias), each) for alias in node.names)
        ]
        if levels:
            return (modules.relative(file, to) if any(levels) else None) or modules.absolute(file)
    return modules.relative(file, to) or modules.absolute(file)


def _one(files: list[str]) -> str | None:
    return files[0] if files else None
