"""From an address to the file it means: a path, a module, or the one place where the name is found."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from importlib.machinery import PathFinder
from itertools import chain
from pathlib import Path

from ipy_llm.errors import AmbiguousError, IpyLlmError, NotFoundError, ParseError, RequestError
from ipy_llm.source.address import Address, as_target
from ipy_llm.source.documents import Document, ending_in, holds, read_document, targets
from ipy_llm.source.near import closest
from ipy_llm.workspace.cells import cell_path, cell_places, cells
from ipy_llm.workspace.files import is_python, language_of, read_bytes
from ipy_llm.workspace.project import NAMED, Workspace, project_files, walk

_DEFINED = re.compile(
    rb"^[ \t]*\"?(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|^[ \t]*\"?(\w+)[ \t]*(?::[ \t]*[^\s#]|=[^=])",
    re.MULTILINE,
)


# `cart.py:Cart.total`, `cart.py Cart.total` and `cart.py > Cart.total` are addresses but for a sign.
_FILE_AND_NAME = re.compile(
    r"(?P<path>\S.*?\.\w+)(?:\s*(?:[:,>/#]|->|-)\s*|\s+)(?P<name>[A-Za-z_][\w.]*(?:\[\w+\])?)"
)

_INSTALLED = ("site-packages", "dist-packages")


@dataclass(frozen=True, slots=True)
class Located:
    """A file, how messages write it, and what of it is meant."""

    path: Path
    document: str
    address: Address


def read_file(path: Path) -> tuple[bytes, Document]:
    """Read a file as the document it is."""
    data = read_bytes(path)
    try:
        return data, read_document(data, language_of(path, data))
    except ParseError as error:
        error.message = f"{path.name}: {error.message}"
        raise


def locate(address: Address, workspace: Workspace) -> Located:
    """Find the file of an address.

    Without a document: an existing path, then the one place in the project where the name is found, then
    a module. Raises `NotFoundError` with what is near, `AmbiguousError` with every full address.
    """
    if address.document is not None:
        owner = _owner_of(address, workspace)
        if owner is not None:
            return owner
        path = find_document(address.document, workspace, address.target)
        return Located(path, workspace.name(path), address)
    if address.cell is not None:
        # Some frameworks have files of such names: `[id].tsx`.
        named = _existing(f"[{address.cell}]{'.' * bool(address.name)}{address.name}", workspace)
        if named is None:
            raise ParseError(f"which notebook? write FILE.ipynb::{address}")
        return _located(named, replace(address, name="", cell=None), workspace)
    if not address.name:
        raise ParseError("which document? write FILE::" + (address.target or "Name"))
    if isinstance(address.index, int) and not address.section:  # a cell of the session: `In[3]`
        cell = cell_path(f"{address.name}[{address.index}]", workspace)
        if cell is not None:
            return _located(cell, replace(address, name="", index=None), workspace)
    path_or_none = _existing(address.name, workspace) or _spelt(address.name, workspace)
    if path_or_none is not None:
        address = replace(address, name="")
        if path_or_none.suffix == ".ipynb" and isinstance(address.index, int):  # `nb.ipynb[3]`
            address = replace(address, index=None, cell=str(address.index))
        return _located(path_or_none, address, workspace)
    parts = _FILE_AND_NAME.fullmatch(address.name)
    path_or_none = parts and (_existing(parts["path"], workspace) or _spelt(parts["path"], workspace))
    if parts is not None and path_or_none is not None:
        return _located(path_or_none, as_target(replace(address, name=parts["name"])), workspace)
    if _is_path(address.name):
        raise _no_document(address.name, workspace, "")
    address = as_target(address)
    hits = [*cell_places(address, workspace), *_places(address, workspace)]
    if len(hits) == 1:
        return _located(hits[0][0], address, workspace)
    if hits:
        menu = [
            f"{workspace.name(path)}::{target}" for path, found in hits for target in targets(address, found)
        ]
        raise AmbiguousError(
            f"{address.target} is in {len(hits)} files; say which", candidates=menu, steps=menu
        )
    module = _module_prefix(address, workspace)
    # A word that is also a module elsewhere (`json`) was hardly meant for it: a person says `json::`.
    if module is not None and (module.address.target or module.path.is_relative_to(workspace.root)):
        return module
    near = _near(address.name, workspace)
    steps = [f"did you mean {name}" for name in near]
    if module is not None:
        steps.append(f"for the module: {address.name}::")
    raise NotFoundError(f"no {address.target} in {workspace.root}", near=near, steps=steps)


def find_document(document: str, workspace: Workspace, target: str = "") -> Path:
    """Return the file that a path or a dotted module names.

    Raises `NotFoundError` with near ones, as addresses of `target` in them.
    """
    found = _document(document, workspace)
    if found is None:
        raise _no_document(document, workspace, target)
    return found


def exists(document: str, workspace: Workspace) -> bool:
    """Say whether a path or a dotted module names a file."""
    return _document(document, workspace) is not None


def _document(name: str, workspace: Workspace) -> Path | None:
    return (
        cell_path(name, workspace)
        or _existing(name, workspace)
        or _spelt(name, workspace)
        or _module_file(name, workspace)
    )


def places(name: str, workspace: Workspace, document: str | None = None) -> list[str]:
    """Return the full addresses of what has exactly this name, in a document or in the whole project."""
    address = Address(name=name)
    if document is None:
        found = [*cell_places(address, workspace), *_places(address, workspace)]
    else:
        path = find_document(document, workspace)
        found = [(path, read_file(path)[1])]
    return [f"{workspace.name(path)}::{target}" for path, held in found for target in targets(address, held)]


def near_places(name: str, workspace: Workspace) -> list[str]:
    """Return the full addresses that a name which nothing has may mean, the closest first."""
    return places(name, workspace) or _near(name, workspace)


def new_document(document: str, workspace: Workspace, removed: Collection[Path] = ()) -> Path:
    """Return where a new document goes. Raises `RequestError` where there is one, or outside the root.

    One whose own path is among those `removed` at the same time is not there.
    """
    found = _existing(document, workspace)
    if found is not None and Path(os.path.realpath(found)) in removed:
        return found
    if found is not None:
        raise RequestError(
            f"{document} exists already; nothing was written",
            steps=[f"to add to it: into {workspace.name(found)}", f"to replace it: {workspace.name(found)}"],
        )
    if not document.isprintable():
        raise RequestError(f"no name for a file: {document!r}; nothing was written")
    path = Path(os.path.abspath(workspace.root / document))
    require_inside(path, workspace)
    if os.path.isdir(path):
        raise RequestError(f"{document} is a folder; nothing was written", steps=[f"create {document}/NAME"])
    if any(os.path.isfile(folder) for folder in path.parents):
        raise RequestError(f"{document}: there is a file where its folder would be; nothing was written")
    return path


def require_inside(path: Path, workspace: Workspace) -> None:
    """Refuse a path that lies, links followed, outside the project or in its environment. Raises `RequestError`."""
    if path.parent == workspace.cells:
        return
    real = Path(os.path.realpath(path))
    if not real.is_relative_to(os.path.realpath(workspace.root)):
        raise RequestError(
            f"{path} is outside the project {workspace.root}; nothing was written",
            steps=["give the project's folder with --root"],
        )
    within = real.relative_to(os.path.realpath(workspace.root)).parts[:-1]
    if any(part in _INSTALLED for part in within):
        raise RequestError(f"{workspace.name(path)} belongs to an installed package; nothing was written")


def _located(path: Path, address: Address, workspace: Workspace) -> Located:
    return Located(path, workspace.name(path), replace(address, document=workspace.name(path)))


def _existing(name: str, workspace: Workspace) -> Path | None:
    for folder in (workspace.folder, workspace.root):
        path = os.path.abspath(folder / name)
        if os.path.isfile(path):  # not Path.is_file: it raises for a name that is too long
            return Path(path)
    return None


def _spelt(name: str, workspace: Workspace) -> Path | None:
    """Return the file of a path that is right but for a sign: a diff's `a/`, backslashes, the project's own name."""
    plain = name.strip("\"'`<> ").removeprefix("file://").replace("\\", "/").strip("/@")
    bare = {
        plain,
        f"{plain}.py",
        plain.removeprefix("a/"),
        plain.removeprefix("b/"),
        plain.removeprefix(f"{workspace.root.name}/"),
    }
    found = {
        path
        for one in bare
        if "/" in plain or plain.endswith(".py")
        for path in [_existing(one, workspace)]
        if path
    }
    return found.pop() if len(found) == 1 else None


def _owner_of(address: Address, workspace: Workspace) -> Located | None:
    """Return what `Cart::total` means: the one member of that name, where no file or module is called `Cart`."""
    assert address.document is not None
    if not address.document.replace(".", "").isidentifier() or not address.name:
        return None
    if _existing(address.document, workspace) or _module_file(address.document, workspace):
        return None
    member = replace(address, document=None, name=f"{address.document}.{address.name}")
    found = list(_places(member, workspace))
    return _located(found[0][0], member, workspace) if len(found) == 1 else None


def _is_path(name: str) -> bool:
    """Say whether a name is a path and not a qualified name with slashes, as `Cart/total`."""
    plain = name.replace("\\", "/")
    return "/" in plain and (
        plain.startswith(("/", "."))
        or "." in plain.rpartition("/")[2]
        or not all(part.isidentifier() for part in plain.split("/"))
    )


def _module_file(dotted: str, workspace: Workspace) -> Path | None:
    """Find a module's file without importing anything, the project's own first."""
    parts = dotted.split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    search: list[str] | None = [str(workspace.root), str(workspace.root / "src"), *sys.path]
    for part in parts:
        spec = PathFinder.find_spec(part, search)
        if spec is None:
            return None
        search = list(spec.submodule_search_locations) if spec.submodule_search_locations else []
    origin = spec.origin if spec else None
    return Path(origin) if origin and is_python(Path(origin)) else None


def _module_prefix(address: Address, workspace: Workspace) -> Located | None:
    parts = address.name.split(".")
    for cut in range(len(parts), 0, -1):
        path = _module_file(".".join(parts[:cut]), workspace)
        if path is not None:
            return _located(path, replace(address, name=".".join(parts[cut:])), workspace)
    return None


def _places(address: Address, workspace: Workspace) -> Iterator[tuple[Path, Document]]:
    """Yield the project's files that have the name; only those that hold its last word are parsed."""
    # An index that is too high, a section that is not there are told by the one that resolves them.
    address = replace(address, index=None, section=None)
    word = address.name.removesuffix(".getter").removesuffix(".setter").removesuffix(".deleter")
    needle = word.rpartition(".")[2].encode()
    for path in project_files(workspace.root, NAMED):
        try:
            data = read_bytes(path)
            # JSON may have escapes for its letters.
            if needle not in data and (needle.isascii() or path.suffix != ".ipynb"):
                continue
            found = read_document(data, language_of(path, data))
        except IpyLlmError:  # a file that cannot be read has no say in where a name is found
            continue
        if holds(address, found):
            yield path, found


def _near(name: str, workspace: Workspace) -> list[str]:
    """Return full addresses of the closest names in the project, those with the same last word first."""
    words: dict[str, list[Path]] = {}
    for path in chain(cells(workspace), project_files(workspace.root, NAMED)):
        try:
            data = read_bytes(path)
        except IpyLlmError:
            continue
        for word in {(match[1] or match[2]).decode("utf-8", "replace") for match in _DEFINED.finditer(data)}:
            words.setdefault(word, []).append(path)
    last = name.rpartition(".")[2]
    addresses: dict[str, str] = {}
    for word in [last] if last in words else closest(last, words, count=3):
        for path in words[word][:20]:
            try:
                _, found = read_file(path)
            except IpyLlmError:
                continue
            for full, target in ending_in(word, found):
                addresses.setdefault(full, f"{workspace.name(path)}::{target}")
    return [addresses[target] for target in closest(name, addresses, count=4)]


def _no_document(name: str, workspace: Workspace, target: str) -> NotFoundError:
    colons = f"::{target}" if target else ""
    # `Cart::total`, `cart.py:Cart.total` and `cart.py Cart.total` are addresses but for a sign.
    meant = [f"{path}::{rest}" for path, rest in _split(name) if _existing(path, workspace)]
    if target and name.replace(".", "").isidentifier():
        whole = (
            as_target(Address(name=f"{name}.{target}")) if target.replace(".", "").isidentifier() else None
        )
        meant += [
            f"{workspace.name(path)}::{name}.{target}"
            for path, _ in (_places(whole, workspace) if whole else ())
        ]
    if meant:
        return NotFoundError(
            f"no file or module {name}", near=meant, steps=[f"did you mean {one}" for one in meant[:4]]
        )
    if any(os.path.isdir(folder / name) for folder in (workspace.folder, workspace.root)):
        return NotFoundError(f"{name} is a folder", steps=[f"outline {name}"])
    suffix = os.path.splitext(name)[1]
    files = [
        *project_files(workspace.root, NAMED),
        *(walk(workspace.root, suffix) if suffix not in ("", *NAMED) else ()),
    ]
    names = [workspace.name(path) for path in files]
    last = os.path.basename(name.replace("\\", "/"))
    near = [path for path in names if os.path.basename(path) == last]
    if not near:
        # As modules: what all have in common, the suffix, must not make them near.
        modules = {_dotted(path): path for path in names}
        near = [modules[module] for module in closest(_dotted(name), modules, count=3)]
    return NotFoundError(
        f"no file or module {name} in {workspace.root}",
        near=near[:4],
        steps=[f"did you mean {path}{colons}" for path in near[:4]] or [f"to make it: create {name}"],
    )


def _split(name: str) -> Iterator[tuple[str, str]]:
    for sign in (":", " "):
        path, found, rest = name.rpartition(sign)
        if found and rest:
            yield path, rest


def _dotted(path: str) -> str:
    return path.replace("\\", "/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
