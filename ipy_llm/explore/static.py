"""What a dotted name is, by static analysis: nothing of the project's or its libraries' is imported.

jedi reads sources and type stubs, so a project whose modules raise at import is documented too.
"""

from __future__ import annotations

import builtins
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jedi  # type: ignore[import-untyped] # it ships no py.typed

from ipy_llm.explore import written
from ipy_llm.explore.environment import environment as environment_of
from ipy_llm.explore.page import Docs, Kind, Member, Missing
from ipy_llm.explore.prose import bounded, first_paragraph, first_sentence
from ipy_llm.explore.query import Places, Query, called_first, modules_in

_KINDS: dict[str, Kind] = {
    "module": "module",
    "namespace": "module",
    "class": "class",
    "property": "property",
}
_CHASED = 3
_MANY = 200  # names whose kinds jedi is not asked for: it takes seconds
_CODE = frozenset({"function", "class", "module"})
_SIGNED = frozenset({"class", "function", "method", "property"})
_SIGNATURE, _OF_MEMBER = 500, 80  # characters of one signature


@dataclass(frozen=True, slots=True)
class Lookup:
    """Descriptions of names, looked up in `places`."""

    places: Places

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self.places.root

    def find(self, name: str, *, limit: int, chased: int = 0) -> Docs | Missing:
        """Describe a dotted name that starts with a module or a built-in.

        `chased` counts the imports that were followed to come here.
        """
        if name == "os.path" or name.startswith("os.path."):
            # one of two modules, as fits the machine: stubs do not tell which
            found = self.find(os.path.__name__ + name[len("os.path") :], limit=limit)
            return _renamed(found, os.path.__name__, "os.path")
        depth = self._modules(name)
        module = ".".join(name.split(".")[:depth])
        if not depth and not hasattr(builtins, name.partition(".")[0]):
            return Missing("", name.partition(".")[0], ())
        query = Query(self.places, f"import {module}\n" if module else "", name)
        return self._describe(query, name, depth, limit, chased)

    def find_in_file(self, file: Path, target: str, *, limit: int) -> Docs | Missing:
        """Describe a name of a file that need not be importable, such as a script's."""
        text = written.read(file)
        name = f"{written.shown(file, self.root)}::{target}"
        query = Query(self.places, text + "\n\n", target, file)
        return self._describe(query, name, 0, limit, 0)

    def modules(self) -> list[str]:
        """Return the names of the top-level modules that can be imported, the project's first."""
        names: dict[str, None] = {}
        for folder in self.places.folders:
            names.update(dict.fromkeys(modules_in(folder)))
        return [*names, *(name for name in sys.stdlib_module_names if name not in names)]

    def _modules(self, name: str) -> int:
        """Return how many leading segments of `name` are modules."""
        query = Query(self.places, "", f"import {name}", skip=len("import "))
        depth = 0
        for found in query.steps():
            if not any(each.type in {"module", "namespace"} for each in found):
                break
            depth += 1
        return depth

    def _describe(self, query: Query, name: str, depth: int, limit: int, chased: int) -> Docs | Missing:
        lead = name[: name.find("::") + 2] if "::" in name else ""
        segments = name.removeprefix(lead).split(".")
        owner: Any = None
        found: list[Any] = []
        for count, step in enumerate(query.steps(), 1):
            found = step
            if not found and owner is not None and owner.type == "class" and count == len(segments):
                found = query.of_instance()  # set in __init__, so no attribute of the class
            # modules may import from each other in a circle
            if not found and owner is not None and owner.type == "module" and chased < _CHASED:
                for source in written.imported_from(owner, segments[count - 1]):
                    page = self.find(".".join((source, *segments[count:])), limit=limit, chased=chased + 1)
                    if isinstance(page, Docs):
                        return replace(page, name=name)
            if not found and count > depth:
                present = query.present(segments[: count - 1])
                prefix = lead + ".".join(segments[: count - 1])
                joint = "." if count > 1 else ""
                return Missing(
                    prefix, segments[count - 1], tuple(f"{prefix}{joint}{each}" for each in present)
                )
            if found and count < len(segments):
                owner = found[0]
        found.sort(key=_rank)
        in_class = owner is not None and owner.type not in {"module", "namespace"}
        return self._page(found, name, query, in_class=in_class, limit=limit, chased=chased)

    def _aliased(self, definition: Any, name: str, limit: int, chased: int) -> Docs | None:
        """Describe what another name in the module of `definition` stands for: of `s = attrs` jedi may guess."""
        alias = written.alias(definition)
        if alias is None or chased >= _CHASED or "::" in name or not definition.full_name:
            return None
        module, _, _ = str(definition.full_name).rpartition(".")
        if module != definition.module_name:
            return None
        page = self.find(f"{module}.{alias}", limit=limit, chased=chased + 1)
        return replace(page, name=name) if isinstance(page, Docs) and page.kind != "value" else None

    def _page(
        self, found: list[Any], name: str, query: Query, *, in_class: bool, limit: int, chased: int
    ) -> Docs:
        definition = place = found[0]
        if definition.type in {"statement", "param"}:
            # an alias such as `random.random = _inst.random` is what it stands for
            meant = [each for each in _inferred(definition) if each.type in _CODE]
            # of what is so decorated jedi takes the decorator's own result
            if not meant or any(each.name == "dataclass_transform" for each in meant):
                aliased = self._aliased(definition, name, limit, chased)
                if aliased is not None:
                    return aliased
            stubs = [] if meant else [each for each in query.stubs() if each.type in _CODE]
            definition = (*meant, *stubs, definition)[0]
            place = definition if stubs else place
        definition, node = self._reading(definition)
        kind = _kind(definition, in_class=in_class, node=node)
        place = definition if kind == "property" else place
        # overloads of a stub that jedi gives one by one
        twins = [each for each in found[1:] if definition.is_stub() and definition.type == each.type]
        signatures = _signatures(definition, kind, node)
        for each in twins:
            signatures += _signatures(each, kind, written.definition(each))
        signatures = list(dict.fromkeys(signatures))
        if kind == "class" and signatures == ["()"]:  # of a class whose metaclass makes dataclasses of others
            signatures = _made(definition) or signatures
        own = place.module_path is not None and written.stands_in(place.module_path, self.root)
        if own and node is not None and name.partition(".")[0] in sys.stdlib_module_names:
            signatures = [written.signature(node, bound=False)]  # jedi took the stub of the module it hides
        if kind in _SIGNED and not own and not any("->" in each or ": " in each for each in signatures):
            typed = (_signatures(stub, kind, written.definition(stub)) for stub in query.stubs())
            signatures = next(filter(None, typed), signatures)
        # many overloads differ in little: the first then stands for all
        count = len(signatures) if len(signatures) <= 3 else 1
        names: list[Any] = []
        inherited: list[Any] = []
        if kind == "class":
            names, inherited = query.class_members(definition)
            package = f"{definition.full_name}.".partition(".")[0]
            near = all((each.full_name or "").partition(".")[0] == package for each in inherited)
            if not names or (near and len(names) + len(inherited) <= limit):
                names, inherited = [*names, *inherited], []
        elif kind == "module":
            names = query.module_members(definition)
        if limit < len(names) < _MANY:
            names = called_first(names)
        members = tuple(self._member(each, in_class=kind == "class") for each in names[:limit])
        # of a value jedi gives its type's docstring: true of every value of the type, so worth nothing here
        summary = "" if kind == "value" else first_paragraph(_docstring(definition))
        if kind == "module" and not summary:  # jedi's name of a submodule has no docstring, the module has
            summary = first_paragraph("".join(map(_docstring, _inferred(definition)[:1])))
        compiled = place.is_stub() or place.module_path is None
        shown = "" if compiled else written.shown(place.module_path, self.root)
        line = 1 if kind == "module" else place.line
        return Docs(
            name=name,
            kind=kind,
            signatures=tuple(bounded(each, _SIGNATURE) for each in signatures[:count]),
            summary=summary,
            defined=f"{shown}:{line}" if shown else None,
            members=members,
            also=tuple(each.name for each in names[limit:]),
            inherited=tuple(each.name for each in inherited),
            marks=written.marks(node, in_class=in_class),
            more=len(signatures) - count,
        )

    def _member(self, name: Any, *, in_class: bool) -> Member:
        shown = name.name
        if name.type == "module" and (name.line or 1) > 1:  # an import that jedi could not follow
            name = next(iter(_inferred(name)), None)
            if name is None:
                return Member(shown, "value", "", "")
        name, node = self._reading(name)
        kind = _kind(name, in_class=in_class, node=node)
        text = ""
        if kind in {"function", "method", "property", "value"}:
            signatures = _signatures(name, kind, node, bound=in_class)
            more = f" (+{len(signatures) - 1} overloads)" if len(signatures) > 1 else ""
            text = bounded(signatures[0], _OF_MEMBER) + more if signatures else ""
        summary = "" if kind == "value" else first_sentence(_docstring(name))
        return Member(shown, kind, text, summary, written.marks(node, in_class=in_class))

    def _reading(self, name: Any) -> tuple[Any, written.Function | None]:
        """Return where a definition is read, and its text: of a property with a setter, the getter."""
        node = written.definition(name)
        place = written.getter(name, node) if node is not None else None
        if place is None:
            return name, node
        found = self.places.script(None, name.module_path).goto(*place)
        return (found[0], written.definition(found[0])) if found else (name, node)


def lookup(root: Path, interpreter: str | None = None) -> Lookup:
    """Return where the names of the project at `root` are looked up.

    Without `interpreter` in the Python that runs this; with it (a path) in that one's environment,
    which jedi asks through one process that is kept. Raises `MissingToolError` where it does not start.
    """
    environment = environment_of(interpreter if interpreter != sys.executable else None)
    own = [str(root), *([str(root / "src")] if (root / "src").is_dir() else [])]
    folders = tuple(dict.fromkeys([*own, *filter(None, environment.get_sys_path())]))
    project = jedi.Project(root, sys_path=folders, smart_sys_path=False)
    return Lookup(Places(root, environment, project, folders))


def _rank(name: Any) -> tuple[bool, bool, int]:
    # jedi's order is no order: sources before stubs, definitions before imports (of a faster twin in C)
    imported = name.get_line_code().lstrip().startswith(("from ", "import "))
    return name.is_stub(), imported, name.line or 0


def _renamed(found: Docs | Missing, old: str, new: str) -> Docs | Missing:
    if isinstance(found, Docs):
        return replace(found, name=new + found.name.removeprefix(old))
    present = tuple(new + each.removeprefix(old) for each in found.present)
    return replace(found, prefix=new + found.prefix.removeprefix(old), present=present)


def _inferred(name: Any) -> list[Any]:
    nothing: list[Any] = []
    return written.asked(name.infer, nothing)


def _docstring(name: Any) -> str:
    return written.asked(lambda: str(name.docstring(raw=True)), "")


def _kind(name: Any, *, in_class: bool, node: written.Function | None) -> Kind:
    if name.type == "function" or (name.type == "instance" and node is not None):
        # a decorator that gives no call gives an attribute (`DynamicClassAttribute` and its aliases)
        unknown = name.is_stub() and not written.asked(name.get_signatures, [])
        if node is not None and (written.is_property(node) or unknown):
            return "property"
        return "method" if in_class else "function"
    return _KINDS.get(name.type, "value")


def _made(cls: Any) -> list[str]:
    """Return the signature of the class's own `__init__`, as its text has it."""
    nothing: list[Any] = []
    for each in written.asked(cls.defined_names, nothing):
        node = written.definition(each) if each.name == "__init__" else None
        if node is not None:
            node.returns = None
            return [written.signature(node, bound=True)]
    return []


def _signatures(name: Any, kind: Kind, node: written.Function | None, *, bound: bool = False) -> list[str]:
    if kind == "module":
        return []
    if kind == "value":
        return [text] if (text := written.value(name)) else []
    if kind == "property":
        text = written.returned(node) if node is not None else ""
        return [text] if text else []
    if node is not None and written.makes_dataclasses(node):
        return [written.signature(node, bound=bound)]  # jedi gives the signature of the decorator
    texts: list[str] = written.asked(
        lambda: [" ".join(each.to_string().split()) for each in name.get_signatures()], []
    )
    # a decorator may have changed what jedi sees (`_lru_cache_wrapper(*args: Hashable, ...)`)
    signatures = [text[len(name.name) :] for text in texts if text.startswith(f"{name.name}(")]
    signatures = [each for each in signatures if written.is_signature(each)]
    # stubs overload half of str once more for literals, which tells a reader nothing
    signatures = [each for each in dict.fromkeys(signatures) if "LiteralString" not in each] or signatures
    implementation = written.signature(node, bound=bound) if node is not None and not name.is_stub() else ""
    if not signatures:
        return [implementation] if implementation else []
    if (
        node is not None
        and node.args.vararg
        and not any(f"*{node.args.vararg.arg}" in each for each in signatures)
    ):
        return [written.signature(node, bound=bound)]  # jedi puts in its place what it is handed on to
    if len(signatures) > 3:
        # one is told: the implementation, else the overload that takes the most
        told = implementation if implementation and "**" not in implementation else max(signatures, key=len)
        signatures = list(dict.fromkeys([told, *signatures]))
    return signatures
