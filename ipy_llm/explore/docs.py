"""`docs`: what a name is, by name: signature, types, first paragraph, place, members.

In a running session the live object is looked at, never run; elsewhere, and for libraries, the
sources and type stubs are read.
"""

from __future__ import annotations

import builtins
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ipy_llm.errors import AmbiguousError, NotFoundError, ParseError
from ipy_llm.explore import live
from ipy_llm.explore.page import Docs, Missing, render
from ipy_llm.source.near import closest
from ipy_llm.workspace.project import cache_folder, walk

if TYPE_CHECKING:
    from ipy_llm.explore.static import Lookup

__all__ = ["Docs", "docs", "render"]

_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_DEFINED = re.compile(
    r"^(?P<indent>[ \t]*)(?:async[ \t]+)?(?P<word>def|class)[ \t]+(?P<name>\w+)"
    r"|^(?P<value>\w+)[ \t]*(?::[^=\n]+)?=(?!=)",
    re.MULTILINE,
)


def docs(
    name: str,
    *,
    root: Path,
    namespace: Mapping[str, object] | None = None,
    interpreter: str | None = None,
    limit: int = 20,
) -> Docs:
    """Return what `name` is.

    `name` is dotted: starts in `namespace`, the names of a live session; or is importable (`json.dumps`,
    the project's own first, `src/` included), a built-in (`str.split`), a definition of the project
    named without its module (`Cart.total`), or a document and a name (`tools/run-it.py::main`). At most
    `limit` members of a class or module are told in full. `interpreter` is the path of the project's Python.

    Nothing is imported and nothing of the user's is run: no property, no repr, no module.
    Raises `NotFoundError` with the closest names, `AmbiguousError` with every full name, `ParseError`,
    and `MissingToolError` where `interpreter` does not start.
    """
    # jedi takes 0.1 s to import
    from ipy_llm.explore.static import lookup  # noqa: PLC0415 - as above
    from ipy_llm.explore.trees import with_trees  # noqa: PLC0415 - as above

    document, _, target = name.strip().removesuffix("()").rpartition("::")
    if not _NAME.fullmatch(target):
        raise ParseError(f"{name!r} is not a dotted name", steps=("docs json.dumps",))
    root = root.resolve()
    names: Mapping[str, object] = {} if namespace is None or document else namespace
    trees = cache_folder(root).parent / "jedi"  # of all projects: most are of the standard library
    return with_trees(trees, lambda: _find(lookup(root, interpreter), document, target, names, limit))


def _find(places: Lookup, document: str, target: str, names: Mapping[str, object], limit: int) -> Docs:
    if document:
        found = _in_document(places, document, target, limit)
    elif target.partition(".")[0] in names:
        found = _in_session(places, names, target, limit)
    else:
        found = places.find(target, limit=limit)
        if isinstance(found, Missing):
            found = _of_project(places, target, limit) or _of_loaded(places, target, limit) or found
    if isinstance(found, Missing):
        raise _not_found(target, found, places, names)
    return found


def _in_session(places: Lookup, namespace: Mapping[str, object], target: str, limit: int) -> Docs | Missing:
    reached = live.follow(namespace, target)
    # a library's text does not change while it runs, and stubs know more of its types than it does
    real = live.library_name(namespace, target)
    if real is not None and not (isinstance(reached, live.Reached) and live.is_value(reached)):
        found = places.find(real, limit=limit)
        if isinstance(found, Docs) and not found.summary and isinstance(reached, live.Reached):
            return replace(found, summary=live.summary(reached))  # compiled code is documented nowhere else
        if isinstance(found, Docs) or isinstance(reached, Missing):
            return found
    return reached if isinstance(reached, Missing) else live.page(reached, places.root, limit=limit)


def _in_document(places: Lookup, document: str, target: str, limit: int) -> Docs | Missing:
    if not document.endswith(".py"):
        return places.find(f"{document}.{target}", limit=limit)
    path = places.root / document
    if path.is_file():
        return _in_file(places, path, target, limit)
    files = [file.relative_to(places.root).as_posix() for file in walk(places.root)]
    # compared by their last part, which is the file's name once the slashes are dots
    dotted = {file.removesuffix(".py").replace("/", "."): file for file in files}
    near = [dotted[each] for each in closest(path.stem, dotted, count=3)]
    raise NotFoundError(f"no file {document}", near=near, steps=[f"docs {each}::{target}" for each in near])


def _in_file(places: Lookup, path: Path, target: str, limit: int) -> Docs | Missing:
    module = _module(path, places.root)
    if module is None:
        return places.find_in_file(path, target, limit=limit)
    return places.find(f"{module}.{target}", limit=limit)


def _of_project(places: Lookup, target: str, limit: int) -> Docs | Missing | None:
    """Find a definition of the project that is named without its module."""
    first, _, rest = target.partition(".")
    hits = [(path, name) for path, name in _definitions(places.root) if name.rpartition(".")[2] == first]
    hits = [hit for hit in hits if "." not in hit[1]] or hits
    found: dict[str, Docs] = {}
    missing: Missing | None = None
    for path, name in dict.fromkeys(hits):
        page = _in_file(places, path, f"{name}.{rest}" if rest else name, limit)
        if isinstance(page, Docs):
            found[page.name] = page
        elif page.prefix.endswith(name):
            missing = page
    if len(found) > 1:
        names = sorted(found)
        steps = [f"docs {each}" for each in names[:5]]
        raise AmbiguousError(f"{len(names)} definitions fit {target}", candidates=names, steps=steps)
    return next(iter(found.values()), missing)


def _of_loaded(places: Lookup, target: str, limit: int) -> Docs | None:
    """Look at the standard library's own objects where this process has them: jedi misses some of C."""
    first = target.partition(".")[0]
    hidden = any((places.root / each).exists() for each in (first, f"{first}.py"))
    if hidden or first not in sys.stdlib_module_names or first not in sys.modules or first == "__main__":
        return None
    reached = live.follow(sys.modules, target)
    return live.page(reached, places.root, limit=limit) if isinstance(reached, live.Reached) else None


def _not_found(
    target: str, missing: Missing, places: Lookup, namespace: Mapping[str, object]
) -> NotFoundError:
    if missing.prefix:
        near = closest(missing.wanted, missing.present)
        message = f"{missing.prefix.removesuffix('::')} has no {missing.wanted}"
        steps = [f"docs {each}" for each in near[:3]] or [f"docs {missing.prefix}"]
        if missing.prefix.endswith("::"):
            steps = steps if near else []
        return NotFoundError(message, near=near, steps=steps)
    first, _, rest = target.partition(".")
    own = []
    for path, name in _definitions(places.root):
        module = _module(path, places.root)
        own.append(f"{module}.{name}" if module else f"{path.relative_to(places.root).as_posix()}::{name}")
    near = closest(first, [*namespace, *own, *places.modules(), *dir(builtins)])
    if rest and near and isinstance(places.find(f"{near[0]}.{rest}", limit=0), Docs):
        near = [f"{near[0]}.{rest}", *near[1:]]
    message = f"no {first} in the project, its libraries or the built-ins"
    return NotFoundError(message, near=near, steps=[f"docs {each}" for each in near[:3]])


def _definitions(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield what the project's files define: names at top level, and those in a class there."""
    for path in walk(root):
        owner: str | None = ""  # a class, "" before the first definition, None inside a function
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # gone since it was listed
        for match in _DEFINED.finditer(text):
            if match["value"]:
                yield path, match["value"]
            elif not match["indent"]:
                yield path, match["name"]
                owner = match["name"] if match["word"] == "class" else None
            elif owner is not None:
                yield path, f"{owner}.{match['name']}" if owner else match["name"]


def _module(path: Path, root: Path) -> str | None:
    """Return the dotted name that a file of the project is imported by, where it has one."""
    base = root / "src" if path.is_relative_to(root / "src") else root
    parts = path.relative_to(base).with_suffix("").parts
    if parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(parts) if parts and all(part.isidentifier() for part in parts) else None
