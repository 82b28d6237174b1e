"""When code runs: while its module is imported, when it is called, never; and which modules import which by that."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from ipy_llm.explore.modules import Modules
from ipy_llm.explore.names import Names
from ipy_llm.explore.scopes import Imported

# `import`: while the module is imported; `call`: later; `typing`: only by who checks types
When = Literal["import", "call", "typing"]


# Modules of the standard library that some systems lack.
_SOMEWHERE = frozenset(
    ["_winapi", "curses", "fcntl", "grp", "msvcrt", "nt", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tkinter", "tty", "winreg", "winsound"]
)  # fmt: skip


def moments(tree: ast.Module) -> dict[int, When]:
    """Return of each node, by its id, when it runs."""
    found: dict[int, When] = {}
    _mark(tree.body, "import", found, lazy=lazy_annotations(tree))
    return found


def lazy_annotations(tree: ast.Module) -> bool:
    """Say whether annotations are strings, by `from __future__ import annotations`."""
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(each.name == "annotations" for each in node.names)
        for node in tree.body
    )


def _mark(nodes: Iterable[ast.AST], when: When, found: dict[int, When], *, lazy: bool) -> None:
    for node in nodes:
        found[id(node)] = when
        later: When = "typing" if when == "typing" else "call"
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                arguments = node.args
                hints = [each.annotation for each in _parameters(arguments) if each.annotation]
                hints += [node.returns] if node.returns else []
                _mark(hints, "typing" if lazy else when, found, lazy=lazy)
                defaults = [each for each in (*arguments.defaults, *arguments.kw_defaults) if each]
                _mark((*node.decorator_list, *defaults), when, found, lazy=lazy)
                _mark(node.body, later, found, lazy=lazy)
            case ast.Lambda():
                defaults = [each for each in (*node.args.defaults, *node.args.kw_defaults) if each]
                _mark(defaults, when, found, lazy=lazy)
                _mark([node.body], later, found, lazy=lazy)
            case ast.AnnAssign():
                _mark([node.annotation], "typing" if lazy or when == "call" else when, found, lazy=lazy)
                _mark([node.target, *([node.value] if node.value else [])], when, found, lazy=lazy)
            case ast.If() if is_typing(node):
                _mark(node.body, "typing", found, lazy=lazy)
                _mark([node.test, *node.orelse], when, found, lazy=lazy)
            case _:
                _mark(ast.iter_child_nodes(node), when, found, lazy=lazy)


def is_typing(node: ast.If) -> bool:
    """Say whether a branch is for who checks types: `if TYPE_CHECKING:`."""
    match node.test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
        case _:
            return False


def statements(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the imports of a text, wherever they stand."""
    return (node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom)))


def imported(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> Imported:
    """Return what a name of an import means; of `import a.b` the module with all its dots."""
    if isinstance(node, ast.ImportFrom):
        return Imported(node.module or "", alias.name, node.level)
    return Imported(alias.name, None)


def binds(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    """Return the name that an import binds by one of its parts."""
    if alias.asname:
        return alias.asname
    return alias.name.partition(".")[0] if isinstance(node, ast.Import) else alias.name


def suite_of(node: ast.stmt, tree: ast.Module) -> tuple[ast.AST, list[ast.stmt]]:
    """Return what a statement stands in, and all statements beside it."""
    for each in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            held = getattr(each, name, None)
            if isinstance(held, list) and node in held:
                return each, held
    return tree, tree.body


def run_time_imports(file: str, tree: ast.Module, modules: Modules, *, always: bool = False) -> set[str]:
    """Return the project's files that run when a module is imported, as its own statements say.

    The packages around an imported module run too, save those that the module itself is in. `always`: only what
    is imported under no condition.
    """
    when: Mapping[int, When] = moments(tree)
    if always:
        when = dict.fromkeys(top_level(tree), "import")
    found: set[str] = set()
    around: set[str] = set()
    for node in statements(tree):
        if when.get(id(node)) != "import":
            continue
        for alias in node.names:
            for module in modules.of(imported(node, alias), file):
                inside = submodule(module, alias.name, modules) if isinstance(node, ast.ImportFrom) else None
                found.add(inside or module)
                around |= set(_packages(inside or module, modules))
    found |= around - set(_packages(file, modules))
    return {each for each in found if not each.endswith("/")} - {file}


def submodule(package: str, name: str, modules: Modules) -> str | None:
    """Return the file of a package's or a folder's module of that name, if there is one."""
    if not package.endswith(("/", "__init__.py")):
        return None
    folder = package.removesuffix("__init__.py")
    found = (each for each in (f"{folder}{name}.py", f"{folder}{name}/__init__.py") if each in modules.files)
    return next(found, None)


def _packages(file: str, modules: Modules) -> Iterator[str]:
    folder = file.rpartition("/")[0]
    while folder:
        package = f"{folder}/__init__.py"
        if package in modules.files and package != file:
            yield package
        folder = folder.rpartition("/")[0]


def graph(names: Names, *, always: bool = False) -> dict[str, set[str]]:
    """Return of each module of a project which it imports while it is imported itself; under no condition, if `always`."""
    found: dict[str, set[str]] = {}
    for file in names.index.files:
        try:
            tree = names.tree(file) if file.endswith(".py") else None
        except SyntaxError:
            tree = None
        found[file] = run_time_imports(file, tree, names.modules, always=always) if tree else set()
    return found


def path(start: str, end: str, edges: dict[str, set[str]]) -> list[str]:
    """Return the modules by which one imports another, itself and the other included; nothing where it does not."""
    before: dict[str, str] = {start: ""}
    pending = [start]
    while pending:
        one = pending.pop(0)
        if one == end:
            steps = [one]
            while before[steps[0]]:
                steps.insert(0, before[steps[0]])
            return steps
        for each in sorted(edges.get(one, ())):
            if each not in before:
                before[each] = one
                pending.append(each)
    return []


def _parameters(arguments: ast.arguments) -> Iterator[ast.arg]:
    yield from (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    yield from (each for each in (arguments.vararg, arguments.kwarg) if each)


def top_level(tree: ast.Module) -> set[int]:
    """Return the ids of the imports that stand under no condition."""
    return {id(node) for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))}


def reached(file: str, edges: dict[str, set[str]]) -> set[str]:
    """Return a module and all that are imported while it is."""
    found: set[str] = set()
    pending = [file]
    while pending:
        one = pending.pop()
        if one not in found:
            found.add(one)
            pending += edges.get(one, ())
    return found


def demands(file: str, names: Names) -> Iterator[tuple[str, str]]:
    """Yield what a module cannot be imported without: modules that are not everywhere, and what it asserts."""
    try:
        tree = names.tree(file)
    except SyntaxError:
        return
    for node in tree.body:
        if isinstance(node, (ast.Assert, ast.Raise)):
            yield f"{file}:{node.lineno}", f"has a condition on line {node.lineno}"
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        for alias in node.names:
            what = imported(node, alias)
            top = what.module.partition(".")[0]
            known = what.level or names.modules.of(what, file) or top in sys.stdlib_module_names - _SOMEWHERE
            if not known:
                yield top, f"imports {top}"
