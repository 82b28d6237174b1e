"""What becomes of a file that imports what moves to another module: its imports, and names by way of the module."""

from __future__ import annotations

import ast
from bisect import bisect_right
from dataclasses import dataclass, field

from ipy_llm.errors import EditRejectedError
from ipy_llm.explore.exports import exported, taken
from ipy_llm.explore.importing import binds, imported, is_typing, statements, submodule, suite_of
from ipy_llm.explore.mentions import Mention, Reading
from ipy_llm.explore.names import Defined, Module, Names
from ipy_llm.explore.scopes import Imported, Scope
from ipy_llm.explore.spots import asked_of
from ipy_llm.source.fitting.importing import (
    Import,
    Splice,
    below,
    comment_of,
    from_module,
    positions_of,
    without_name,
    without_statement,
)
from ipy_llm.source.text import Span


@dataclass(frozen=True, slots=True)
class Course:
    """A move: what, and to which module; `stays` says that its module goes on having it, by an import."""

    what: Defined
    to: str
    stays: bool

    @property
    def name(self) -> str:
        """The name that moves."""
        return self.what.name


@dataclass(slots=True)
class Followed:
    """The splices of a file, how many places they are, and what is in doubt."""

    splices: list[Splice] = field(default_factory=list)
    places: int = 0
    left: int = 0  # attributes that stay as they are, in doubt
    doubts: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Reached:
    """An import by which the old module is reached, the name it binds, and the same of the new one."""

    anchor: Import
    head: str
    base: str
    statement: str | None
    places: set[int] = field(default_factory=set)  # offsets of heads


def follow(file: str, course: Course, names: Names) -> Followed:
    """Return what becomes of a file. Raises `EditRejectedError` where an import cannot be changed."""
    return _Following(file, course, names).run()


class _Following:
    def __init__(self, file: str, course: Course, names: Names) -> None:
        self.file, self.course, self.names = file, course, names
        self.text = names.text(file) or ""
        self.tree = names.tree(file)
        self.at = positions_of(self.text)
        self.reading = Reading(self.text, self.tree, course.name)
        self.found = Followed()
        self.reached: dict[int, _Reached] = {}  # by the ids of imports

    def run(self) -> Followed:
        seen: set[int] = set()
        for mention in self.reading.mentions:
            match mention.how:
                case "import" if id(mention.node) not in seen:
                    seen.add(id(mention.node))
                    self.follow_import(mention)
                case "attribute":
                    self.follow_attribute(mention)
                case "string" | "unsure":
                    self.follow_string(mention)
                case _:
                    pass
        if not self.course.stays:
            self.follow_stars()
        self.finish()
        return self.found

    def follow_import(self, mention: Mention) -> None:
        what = mention.what
        assert what is not None
        modules = self.names.modules.of(what, self.file)
        if what.name != self.course.name or self.course.what.file not in modules:
            return  # from a module that imports it: that one follows
        if modules != [self.course.what.file]:
            self.doubt(mention.line, "may import it from another file")
            return
        if self.course.stays and self.file != self.course.to:
            return
        alias = mention.node
        assert isinstance(alias, ast.alias)
        node = next(each for each in statements(self.tree) if alias in each.names)
        assert isinstance(node, ast.ImportFrom)
        self.found.places += 1
        if self.file == self.course.to:
            if alias.asname not in {None, alias.name}:
                raise EditRejectedError(
                    f"{self.file} calls it {alias.asname}, and would have to define it so; nothing was written"
                )
            if len(node.names) > 1:
                self.splice(without_name(node, alias, self.at))
            else:
                self.splice(without_statement(self.whole(node), self.at))
            return
        module = self.module(node)
        if len(node.names) == 1:
            self.splice(from_module(node, module, self.at))
            return
        said = f"{alias.name} as {alias.asname}" if alias.asname else alias.name
        comment = (
            comment_of(alias, self.at) if node.lineno != alias.lineno else comment_of(node.names[-1], self.at)
        )
        self.splice(without_name(node, alias, self.at))
        self.splice(below(node, f"from {module} import {said}{comment}", self.at))

    def whole(self, node: Import) -> Import | ast.If:
        """Return a statement that is to go, with the `if TYPE_CHECKING:` that has nothing else. Raises `EditRejectedError`."""
        owner, beside = suite_of(node, self.tree)
        if len(beside) > 1 or isinstance(owner, ast.Module):
            return node
        if isinstance(owner, ast.If) and is_typing(owner) and not owner.orelse and owner in self.tree.body:
            return owner
        raise EditRejectedError(f"{self.where(node.lineno)} has nothing but its import; nothing was written")

    def module(self, node: ast.ImportFrom) -> str:
        """Return how an import of the old module names the new one."""
        modules = self.names.modules
        if node.level:
            found = modules.relative(self.course.to, self.file, loose=True)
            if found is not None:
                return found
        return modules.absolute(self.course.to, (self.course.what.file, node.module or ""))

    def follow_attribute(self, mention: Mention) -> None:
        node = mention.node
        assert isinstance(node, ast.Attribute)
        meanings = self.names.of_expression(node.value, mention.scope, self.file)
        if Module(self.course.what.file) not in meanings or self.course.stays:
            return
        if len(meanings) > 1 or not isinstance(node.ctx, ast.Load):
            self.doubt(mention.line, "may be another" if len(meanings) > 1 else "gives it another value")
            self.found.left += 1
            return
        self.rebase(node.value, self.at.exact(node.value), mention.scope)

    def follow_string(self, mention: Mention) -> None:
        """Follow `"cart.Cart"` of an annotation."""
        value = asked_of(self.at.line(mention.line), mention.column)
        if mention.how == "unsure":
            if value or self.course.what in self.names.of_name(self.course.name, mention.scope, self.file):
                self.doubt(mention.line, "may mean it")
            return
        if value is None or self.course.stays:
            return
        if self.names.of_expression(value, mention.scope, self.file) == {Module(self.course.what.file)}:
            dot = self.at.starts[mention.line - 1] + mention.column - 1
            self.rebase(value, Span(dot - len(ast.unparse(value)), dot), mention.scope)

    def rebase(self, value: ast.expr, span: Span, scope: Scope) -> None:
        """Name the new module in place of the old one, that an attribute is asked of."""
        head = value
        while isinstance(head, ast.Attribute):
            head = head.value
        line = self.line(span.start)
        if not isinstance(head, ast.Name):
            raise EditRejectedError(f"{self.where(line)} is not plain enough; nothing was written")
        anchor = self.anchor(head.id, scope, line)
        if id(anchor) not in self.reached:
            self.reached[id(anchor)] = _Reached(anchor, head.id, *self.base(anchor, head.id, scope))
        reached = self.reached[id(anchor)]
        reached.places.add(span.start)
        self.splice((span, reached.base))
        self.found.places += 1

    def anchor(self, head: str, scope: Scope, line: int) -> Import:
        """Return the import that binds the name by which the old module is reached."""
        home = scope.lookup(head)
        binding = [
            node for node in statements(self.tree) for alias in node.names if binds(node, alias) == head
        ]
        reaching = [node for node in binding if any(self.reaches(node, alias) for alias in node.names)]
        if home is None or not binding or len(reaching) > 1:
            raise EditRejectedError(
                f"which import {self.where(line)} goes by is not certain; nothing was written"
            )
        return (reaching or binding)[0]

    def reaches(self, node: Import, alias: ast.alias) -> bool:
        modules = self.names.modules
        what = imported(node, alias)
        found = modules.of(what, self.file)
        if isinstance(node, ast.Import):
            return self.course.what.file in found
        return any(submodule(each, alias.name, modules) == self.course.what.file for each in found)

    def base(self, anchor: Import, head: str, scope: Scope) -> tuple[str, str | None]:
        """Return how the new module is reached in place of the old one, and the import for it if it needs one."""
        modules, to = self.names.modules, self.course.to
        if isinstance(anchor, ast.Import) and not any(alias.asname == head for alias in anchor.names):
            said = next((alias.name for alias in anchor.names if self.reaches(anchor, alias)), "")
            base = modules.absolute(to, (self.course.what.file, said) if said else None)
            if any(alias.name == base and not alias.asname for node in statements(self.tree)
                   if isinstance(node, ast.Import) for alias in node.names):  # fmt: skip
                return base, None
            self.require_free(base.partition(".")[0], scope, plain=True)
            return base, f"import {base}"
        relative = modules.relative(to, self.file, loose=True) if getattr(anchor, "level", 0) else None
        module = relative or modules.absolute(to)
        stem = module.rpartition(".")[2]
        if not stem:  # the package itself
            module = modules.absolute(to)
            stem = module.rpartition(".")[2]
        home = scope.lookup(stem)
        if home is not None and self.names.of_name(stem, scope, self.file) == {Module(to)}:
            return stem, None
        self.require_free(stem, scope, plain=False)
        package = module[: len(module) - len(stem)]
        package = package[:-1] if package.strip(".") else package
        return stem, f"from {package} import {stem}" if package else f"import {stem}"

    def require_free(self, name: str, scope: Scope, *, plain: bool) -> None:
        """Refuse a name for the new module that means something else in the file. Raises `EditRejectedError`."""
        home = scope.lookup(name)
        same = Imported(name, None)
        if home is not None and plain and all(bound == same for bound in home.bound[name]):
            return
        if home is not None or any(
            each.how == "name" for each in Reading(self.text, self.tree, name).mentions
        ):
            raise EditRejectedError(
                f"{self.file} reaches {self.course.name} by its module, and has another {name}; nothing was written"
            )

    def finish(self) -> None:
        """Import the new module below the old one, or in its place where nothing else is asked of that."""
        for reached in self.reached.values():
            if reached.statement is None:
                continue
            uses = {
                self.at.starts[each.line - 1] + each.column
                for each in Reading(self.text, self.tree, reached.head).mentions
                if each.how in {"name", "string", "unsure"}
            }
            alone = len(reached.anchor.names) == 1 and uses <= reached.places
            if (
                alone
                and not self.file.endswith("__init__.py")
                and not taken(self.file, reached.head, self.names)
            ):
                self.splice((self.at.exact(reached.anchor), reached.statement))
            else:
                self.splice(below(reached.anchor, reached.statement, self.at))

    def follow_stars(self) -> None:
        """Import what a star no longer brings along."""
        for node in statements(self.tree):
            if (
                not isinstance(node, ast.ImportFrom)
                or node.names[0].name != "*"
                or self.file == self.course.to
            ):
                continue
            modules = self.names.modules.of(imported(node, node.names[0]), self.file)
            if self.course.what.file in modules and exported(self.course.what, self.names):
                comment = comment_of(node.names[0], self.at)
                self.splice(
                    below(node, f"from {self.module(node)} import {self.course.name}{comment}", self.at)
                )
                self.found.places += 1

    def splice(self, one: Splice) -> None:
        if one not in self.found.splices:
            self.found.splices.append(one)

    def doubt(self, line: int, why: str) -> None:
        self.found.doubts.append(f"{self.where(line)} {why}")

    def where(self, line: int) -> str:
        return self.names.where(self.file, line)

    def line(self, offset: int) -> int:
        return bisect_right(self.at.starts, offset)
