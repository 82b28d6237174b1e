"""What a module has, told by what is loaded or by its text; nothing that is not the standard library's is imported for it."""

from __future__ import annotations

import ast
import importlib
import importlib.machinery
import importlib.util
import os
import sys
import types
import warnings
from functools import lru_cache
from pathlib import Path

from ipy_llm.explore.stored import MISSING, class_attribute, instance_dict, is_a, names
from ipy_llm.workspace.project import current_folder

_SUFFIXES = (".py", ".pyi")
_DEEP = 8  # modules that take all names of one another


def top_level(module: str) -> importlib.machinery.ModuleSpec | None:
    """Return how the first package of a dotted name would be found, None where it would not."""
    name = module.partition(".")[0]
    if name in sys.builtin_module_names:
        return importlib.machinery.BuiltinImporter.find_spec(name)
    try:
        return importlib.machinery.PathFinder.find_spec(name)
    except (ImportError, ValueError, OSError):
        return None


def installed(module: str) -> bool:
    """Say whether a module comes with Python or is installed: no folder without code, nothing of the current one."""
    if module.partition(".")[0] in sys.stdlib_module_names:
        found = top_level(module)
        return found is not None and (found.origin in {"built-in", "frozen"} or not _is_local(found))
    found = top_level(module)
    # a namespace package has no code of its own: any folder of that name is one
    if found is None or found.origin is None or _is_local(found):
        return False
    return "." not in module or _file_of(module) is not None


def is_module(module: str) -> bool:
    """Say whether there is a text of a module, the user's own too."""
    return _file_of(module) is not None


def has_attribute(module: str, name: str) -> bool:
    """Say whether `module.name` is there; a submodule is not, unless its package binds it.

    Of a module that cannot be read, or makes its names up, whatever no built-in container has.
    """
    found = _names(module)
    if found is None:
        return name not in _CONTAINERS
    return name in found or ("__getattr__" in found and _names_in_text(module, name))


def on_class(module: str, name: str, attribute: str) -> bool:
    """Say whether an attribute is the class's own to use: no method or property of its instances.

    True where that cannot be known.
    """
    loaded = _loaded(module)
    held = instance_dict(loaded).get(name, MISSING) if loaded is not None else MISSING
    if held is MISSING:
        return True
    if not is_a(held, type):
        return attribute in names(held)
    found = class_attribute(held, attribute)
    of_instances = (
        types.FunctionType,
        types.MethodDescriptorType,
        types.WrapperDescriptorType,
        types.GetSetDescriptorType,
        types.MemberDescriptorType,
        property,
    )
    return found is not MISSING and not is_a(found, *of_instances)


_CONTAINERS = frozenset(name for cls in (str, list, dict, set) for name in vars(cls) if name[0] != "_")


def _loaded(module: str) -> types.ModuleType | None:
    """Return a module that is loaded; one of the standard library's is, for nothing runs in it that would be noticed."""
    found = sys.modules.get(module)
    if found is None and module.partition(".")[0] in sys.stdlib_module_names:
        try:
            return importlib.import_module(module)
        except ImportError:  # another platform's
            return None
    return found if is_a(found, types.ModuleType) else None


def _names(module: str) -> frozenset[str] | None:
    """Return what a module binds but for its submodules, None where only importing it would tell."""
    held = instance_dict(sys.modules.get(module))
    if held:
        # `email.message` is there once someone imported it, and no part of what `import email` gives
        own = module.partition(".")[0] in sys.stdlib_module_names
        return frozenset(
            name
            for name, value in list(held.items())
            if not (own and is_a(value, types.ModuleType)) or (module, name) == ("os", "path")
        )
    file = _file_of(module)
    found = _of_file(file, module) if file is not None else None
    if found is not None:
        return found
    loaded = _loaded(module)
    return frozenset(names(loaded)) if loaded is not None else None


def _names_in_text(module: str, name: str) -> bool:
    """Say whether a package that loads its names when they are asked for has one: as a text of its own, or a module."""
    file = _file_of(module)
    if file is None:
        return False
    text = file.read_text("utf-8", "replace")
    return f'"{name}"' in text or f"'{name}'" in text or _file_of(f"{module}.{name}") is not None


def _is_local(found: importlib.machinery.ModuleSpec) -> bool:
    """Say whether a module is found in the current folder, as a file of the user's own."""
    origin = found.origin or ""
    here = os.path.realpath(current_folder())
    folder = os.path.realpath(os.path.dirname(origin))
    inside = folder == here or folder.startswith(here + os.sep)
    return inside and not any(part in origin for part in ("site-packages", "dist-packages"))


def _file_of(module: str) -> Path | None:
    """Return the file of a module's text, found without importing its packages; None where it has none."""
    found = top_level(module)
    origin = found.origin if found is not None else None
    if origin is None or not origin.endswith(_SUFFIXES):
        return None
    path = Path(origin)
    for part in module.split(".")[1:]:
        if path.stem != "__init__":
            return None
        folder = path.parent
        below = (folder / part / "__init__.py", folder / f"{part}.py", folder / f"{part}.pyi")
        path = next((each for each in below if each.is_file()), Path())
        if path == Path():
            return None
    return path


@lru_cache(maxsize=64)
def _of_file(file: Path, module: str, deep: int = 0) -> frozenset[str] | None:
    """Return the names that a module's text binds at its top level; of what takes all names of another, those too."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
    found: set[str] = set()
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        match node:
            case ast.Call(func=ast.Name(id="globals")):
                return None  # it makes names up
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.ImportFrom(names=[ast.alias(name="*")]):
                found |= _of_all(node, file, module, deep)
            case ast.ImportFrom():
                found.update(alias.asname or alias.name for alias in node.names)
            case ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.Import():  # a helper of the module's, unless it is given a name
                found.update(alias.asname for alias in node.names if alias.asname)
            case ast.Lambda() | ast.ListComp() | ast.GeneratorExp() | ast.SetComp() | ast.DictComp():
                pass
            case _:
                pending.extend(ast.iter_child_nodes(node))
    return frozenset(found)


def _of_all(node: ast.ImportFrom, file: Path, module: str, deep: int) -> frozenset[str]:
    """Return what `from … import *` takes, nothing where that cannot be read."""
    name = node.module or ""
    if node.level:
        package = module if file.stem == "__init__" else module.rpartition(".")[0]
        for _ in range(node.level - 1):
            package = package.rpartition(".")[0]
        name = f"{package}.{name}" if name else package
    if deep >= _DEEP:
        return frozenset()
    other = _file_of(name)
    if other is None:
        loaded = _loaded(name)
        return frozenset(names(loaded)) if loaded is not None else frozenset()
    return _of_file(other, name, deep + 1) or frozenset()
