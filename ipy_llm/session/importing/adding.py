"""The part that adds imports: before a cell runs, those of the names that it lacks and that mean one thing."""

from __future__ import annotations

import ast
import builtins
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ipy_llm.session.shell import Switches
from ipy_llm.source.structure.imported import bound_by, statements
from ipy_llm.workspace.project import current_folder

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_MAGICS = frozenset({"run_line_magic", "run_cell_magic", "magic"})


class Importing:
    """Cells find the modules they name.

    `statements` keeps, by name, the imports of the session, added or written: what code that moves to a file needs.
    """

    def __init__(self, shell: InteractiveShell, switches: Switches) -> None:
        self._shell = shell
        self._adder = Adder(shell, switches)
        self._begin, self._end = self._adder.begin, self._adder.end

    @property
    def statements(self) -> dict[str, str]:
        """The imports of the session, by the names they bind."""
        return self._adder.statements

    def put_on(self) -> None:
        """Stand behind the other transformers of a cell's tree."""
        self._shell.ast_transformers.append(self._adder)
        self._shell.events.register("pre_run_cell", self._begin)
        self._shell.events.register("post_run_cell", self._end)

    def take_off(self) -> None:
        """Leave the transformers, whatever was put beside ours."""
        kept = [each for each in self._shell.ast_transformers if each is not self._adder]
        self._shell.ast_transformers[:] = kept
        for event, callback in (("pre_run_cell", self._begin), ("post_run_cell", self._end)):
            with suppress(ValueError):  # someone else cleared the list
                self._shell.events.unregister(event, callback)


class Adder(ast.NodeTransformer):
    """Meets the tree of all that really runs: once for each cell, and for what `%%time` runs of it."""

    def __init__(self, shell: InteractiveShell, switches: Switches) -> None:
        self._shell = shell
        self._switches = switches
        self.statements: dict[str, str] = {}
        self._own: set[str] = set()  # names that cells bound, or deleted: a variable is meant, then
        self._running = 0

    def begin(self, _info: Any) -> None:
        """Note that a cell runs; what front ends run silently is no cell, and no import is added to it."""
        self._running += 1

    def end(self, _result: Any) -> None:
        """Note that it ended."""
        self._running = max(0, self._running - 1)

    def visit(self, node: Any) -> Any:
        """Return the tree as it is, its missing names imported."""
        if self._running and self._switches.imports and isinstance(node, ast.Module):
            try:
                self._add(node)
            except Exception:  # noqa: BLE001 - IPython drops a transformer that raises; the cell tells what is missing
                return node
        return node

    def _add(self, tree: ast.Module) -> None:
        used, stored, taken = _words(tree)
        here = self._shell.user_ns
        missing = {
            name for name in used if name not in here and name not in stored and not hasattr(builtins, name)
        }
        if missing:
            self._import(tree, missing - self._own - taken)
        self._learn(tree)

    def _import(self, tree: ast.Module, missing: set[str]) -> None:
        from ipy_llm.session.importing.finding import find  # noqa: PLC0415 - 4 ms, for sessions that lack a name

        added = []
        for name, statement in find(tree, missing, self.statements, Path(current_folder())).items():
            try:
                exec(compile(statement, "<ipy_llm>", "exec"), self._shell.user_ns)  # noqa: S102 - an import, in the cell's namespace
            except Exception:  # noqa: BLE001, S112 - a module that fails to load: the cell fails by its own name
                continue
            added.append(statement)
            self.statements[name] = statement
        if added:
            print(f"# auto: {'; '.join(added)}", file=sys.stderr)  # noqa: T201 - the stream of the cell about to run

    def _learn(self, tree: ast.Module) -> None:
        pending: list[ast.AST] = list(reversed(tree.body))
        while pending:
            match node := pending.pop():
                case ast.Import() | ast.ImportFrom():
                    for statement in statements(node):
                        name = bound_by(statement)
                        self._own.discard(name)
                        if not statement.startswith("from ."):
                            self.statements[name] = statement
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    self._own.add(name)
                case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                    self._own.add(name)
                case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                    pass
                case _:
                    pending.extend(reversed(list(ast.iter_child_nodes(node))))


def _words(tree: ast.Module) -> tuple[set[str], set[str], set[str]]:
    """Return the names that a cell uses, those that it binds anywhere, and the words it gives to magics."""
    used: set[str] = set()
    stored: set[str] = set()
    taken: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                used.add(name)
            case ast.Name(id=name):
                stored.add(name)
            case ast.Call(func=ast.Attribute(attr=name), args=arguments) if name in _MAGICS:
                # `%time data = load()` and `%run` bind names that this tree does not show
                for each in arguments:
                    if isinstance(each, ast.Constant) and isinstance(each.value, str):
                        taken.update(each.value.replace("=", " ").replace(",", " ").split())
    return used, stored, taken
