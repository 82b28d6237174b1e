"""One tool, one job, in a process of its own: for live.py.

    python live_worker.py TOOL matrix
    python live_worker.py TOOL replay PACKAGE OLD NEW

A tool takes the modules whose files have changed and returns what it said of them. `fresh` is none: it imports
what is there. What is found goes to stdout as JSON.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import json
import os
import re
import sys
import tempfile
import types
import typing
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1] / "support"), str(Path(__file__).parents[2])]
sys.dont_write_bytecode = True

from live_edits import NAME, answers, load, session, table  # noqa: E402 - found by the line above

Changed = list[tuple[str, Path]]
_MACHINERY = {
    "__name__", "__builtins__", "__cached__", "__loader__", "__spec__", "__file__", "__path__", "__package__",
    "__warningregistry__", "__loadtime__", "__weakref__", "__dict__", "_abc_impl", "__firstlineno__",
    "__static_attributes__", "__subclasshook__",
}  # fmt: skip
_FORWARD = "<ipy_llm forward>"


# The tools: each is made before the modules are imported, asked once they are, and told what changed.


class Reload:
    def watch(self, root: Path) -> None:
        """Nothing to prepare."""

    def imported(self) -> None:
        """Nothing to keep."""

    def apply(self, changed: Changed) -> list[str]:
        waiting, said = changed, ["first"]
        while said:  # one that needs what another brings comes after it
            said = [each for one in waiting for each in self._try(one[0])]
            failed = [one for one in waiting if any(each.startswith(f"{one[0]}: ") for each in said)]
            if len(failed) == len(waiting):
                break
            waiting = failed
        return said

    def _try(self, name: str) -> list[str]:
        try:
            self.one(sys.modules[name])
        except Exception as error:  # noqa: BLE001 - whatever the tool or the text raises
            return [f"{name}: {type(error).__name__}: {error}"]
        return []

    def one(self, module: types.ModuleType) -> None:
        importlib.reload(module)


class Xreload(Reload):
    def one(self, module: types.ModuleType) -> None:
        from pyflyby import xreload

        xreload(module)


class Autoreload(Reload):
    def imported(self) -> None:
        from IPython.extensions.autoreload import ModuleReloader

        self.reloader = ModuleReloader()
        self.reloader.enabled = True
        self.reloader.check(check_all=True, do_reload=False)

    def apply(self, _changed: Changed) -> list[str]:
        said = ""
        for _ in range(3):  # one that needs what another brings comes after it
            errors = io.StringIO()
            with contextlib.redirect_stderr(errors):
                self.reloader.check(check_all=True)
            said = errors.getvalue()
            if not self.reloader.failed:
                break
            for name, module in list(sys.modules.items()):
                if getattr(module, "__file__", None) in self.reloader.failed:
                    self.reloader.modules_mtimes[name] = 0.0
            self.reloader.failed.clear()
        return said.splitlines()


class Jurigged(Reload):
    def watch(self, root: Path) -> None:
        from jurigged import registry

        self.registry = registry
        self.errors: list[str] = []
        registry.set_logger(
            lambda said: self.errors.append(str(said)) if isinstance(said, Exception) else None
        )
        registry.auto_register(filter=lambda name: name.startswith(str(root)))

    def apply(self, changed: Changed) -> list[str]:
        for name, path in changed:
            self._refresh(name, path)
        return self.errors

    def _refresh(self, name: str, path: Path) -> None:
        try:
            self.registry.get(str(path)).refresh()
        except Exception as error:  # noqa: BLE001 - as above
            self.errors.append(f"{name}: {error}")


class Ours(Reload):
    def watch(self, root: Path) -> None:
        from ipy_llm.session.live.running import Table

        self.root, self.table = root, Table()

    def imported(self) -> None:
        self.table.notice(os.path.realpath(self.root))

    def apply(self, changed: Changed) -> list[str]:
        from ipy_llm.session.live.following import follow_all
        from ipy_llm.session.live.running import read_text

        names = {name for name, _ in changed}
        waiting = [(each, read_text(each.real)) for each in self.table if each.name in names]
        said = []
        for entry, followed in follow_all(waiting, {}, os.path.realpath(self.root)):
            if followed.refused:
                said.append(f"{entry.name}: refused: {followed.refused}")
            said += [
                f"{entry.name}: {each}" for each in (*followed.left, *followed.notes, *followed.made_before)
            ]
        return said


TOOLS: dict[str, Callable[[], Any]] = {
    "reload": Reload, "autoreload": Autoreload, "jurigged": Jurigged, "xreload": Xreload, "ours": Ours,
}  # fmt: skip


# The matrix.


def matrix(tool: str) -> dict[str, Any]:
    found = {}
    for number, edit in enumerate(table()):
        with tempfile.TemporaryDirectory() as folder:
            sys.path.insert(0, folder)
            try:
                found[edit.name] = one_edit(tool, edit, Path(folder) / "m.py", number)
            finally:
                sys.path.remove(folder)
                sys.modules.pop(NAME, None)
    return found


def one_edit(tool: str, edit: Any, path: Path, number: int) -> dict[str, Any]:
    try:
        other = path.with_name("fresh")  # a tool may know code by its file
        other.mkdir()
        expected = answers(edit, session(edit, load(edit.after, other / path.name)))
    except ImportError:
        expected = ["nothing"]
    write(path, edit.before, 2 * number)
    sys.modules.pop(NAME, None)
    importlib.invalidate_caches()
    one = TOOLS[tool]()
    one.watch(path.parent)
    module = importlib.import_module(NAME)
    one.imported()
    names = session(edit, module)
    write(path, edit.after, 2 * number + 1)
    said = one.apply([(NAME, path)])
    try:
        right = answers(edit, names) == expected
    except Exception:  # noqa: BLE001 - the tool broke what the answers need
        right = False
    return {"outcome": "right" if right else "said" if said else "wrong", "said": said[:3]}


def write(path: Path, text: str, step: int) -> None:
    path.write_text(text, encoding="utf-8")
    later = 2_000_000_000 + 10 * step  # each text is newer than the last, and than this process
    os.utime(path, (later, later))


# Releases.


def replay(tool: str, package: str, old: Path, new: Path) -> dict[str, Any]:
    """Import the old package, put the new files in its place, let the tool follow; describe what is live."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "src"
        first = new if tool == "fresh" else old
        for path in sorted(first.rglob("*.py")):
            there = root / path.relative_to(first)
            there.parent.mkdir(parents=True, exist_ok=True)
            write(there, path.read_text(encoding="utf-8"), 0)
        sys.path.insert(0, str(root))
        one = None if tool == "fresh" else TOOLS[tool]()
        if one is not None:
            one.watch(root)
        present = [name for name in modules(old, package) if name in modules(new, package)]
        missing = [name for name in present if not imports(name)]
        if one is None:
            return {"live": describe_all(present, missing), "missing": missing}
        one.imported()
        saved = {name: save(sys.modules[name]) for name in present if name not in missing}
        changed: Changed = []
        for path in sorted(new.rglob("*.py")):
            there = root / path.relative_to(new)
            text = path.read_text(encoding="utf-8")
            known = there.exists()
            if known and there.read_text(encoding="utf-8") == text:
                continue
            there.parent.mkdir(parents=True, exist_ok=True)
            write(there, text, 1)
            name = module_name(path.relative_to(new))
            if known and name in sys.modules:
                changed.append((name, there))
        importlib.invalidate_caches()
        order = {name: place for place, name in enumerate(sys.modules)}
        changed.sort(key=lambda each: -order[each[0]])  # what is imported later is needed by what came before
        said = one.apply(changed)
        return {
            "live": describe_all(present, missing),
            "saved": {
                name: {path: describe(value, name) for path, value in each.items()}
                for name, each in saved.items()
            },
            "said": said,
            "missing": missing,
        }


def modules(root: Path, package: str) -> list[str]:
    names = (module_name(path.relative_to(root)) for path in sorted(root.rglob("*.py")))
    return [name for name in names if name.partition(".")[0] == package and "__main__" not in name]


def module_name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imports(name: str) -> bool:
    try:
        importlib.import_module(name)
    except BaseException:  # noqa: BLE001 - it wants what is not installed here, or a terminal, or exits
        return False
    return True


def describe_all(names: list[str], missing: list[str]) -> dict[str, dict[str, str]]:
    return {name: describe_module(sys.modules[name]) for name in names if name not in missing}


def save(module: types.ModuleType) -> dict[str, Any]:
    """Return the functions and methods that someone may hold."""
    held = {}
    for name, value in vars(module).items():
        if isinstance(value, types.FunctionType):
            held[name] = value
        elif isinstance(value, type) and value.__module__ == module.__name__:
            held |= {
                f"{name}.{each}": one
                for each, one in vars(value).items()
                if isinstance(one, types.FunctionType)
            }
    return {
        name: each
        for name, each in held.items()
        if (each.__module__, each.__qualname__) == (module.__name__, name)
    }


def describe_module(module: types.ModuleType) -> dict[str, str]:
    found = {}
    for name, value in list(vars(module).items()):
        if name in _MACHINERY:
            continue
        if isinstance(value, type) and value.__module__ == module.__name__ and value.__qualname__ == name:
            found[name] = _header(value)
            for each, member in vars(value).items():
                if each not in _MACHINERY:
                    found[f"{name}.{each}"] = describe(member, module.__name__)
        else:  # what has another name stands there
            own = getattr(value, "__qualname__", name) == name
            found[name] = describe(value, module.__name__ if own else "")
    return found


def _header(cls: type) -> str:
    bases = [f"{each.__module__}.{each.__qualname__}" for each in cls.__bases__]
    return repr((cls.__qualname__, type(cls).__qualname__, bases))


def describe(value: Any, home: str = "", depth: int = 0, within: tuple[int, ...] = ()) -> str:
    """Return what a value is and does, as text: equal for equal things of two processes.

    What stands elsewhere under its own name is described there, and here only by whether it is that.
    """
    while isinstance(value, types.FunctionType) and value.__code__.co_filename == _FORWARD:
        value = value.__wrapped__  # ours: it only calls what took its place
    if id(value) in within:
        return "..."
    plain = str | bytes | int | float | complex | type(None) | type(...)
    if isinstance(value, plain) and type(value).__module__ == "builtins":
        return repr(value)
    if depth > 6:
        return type(value).__qualname__
    if isinstance(value, type | types.FunctionType) and (depth or value.__module__ != home):
        there = standing(value)
        if there:
            return there
    return _describe(
        value, functools.partial(describe, home=home, depth=depth + 1, within=(*within, id(value)))
    )


def standing(value: Any) -> str:
    """Return the name of a class or function, and whether what has that name is it; nothing for one without."""
    module, name = value.__module__, value.__qualname__
    if not isinstance(module, str) or "<" in name:
        return ""
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = vars(found).get(part) if hasattr(found, "__dict__") else None
    if found is value:
        return f"{module}.{name}"
    return f"{module}.{name}, another" if isinstance(value, type) else ""


def _listed(values: Any) -> str:
    return f"[{', '.join(values)}]"


def _describe(value: Any, inner: Callable[[Any], str]) -> str:
    if isinstance(value, types.FunctionType):
        return _function(value, inner)
    if isinstance(value, types.CodeType):
        return _code(value)
    if isinstance(value, types.ModuleType):
        return f"module {value.__name__}"
    if isinstance(value, type):
        own = {name: each for name, each in vars(value).items() if name not in _MACHINERY}
        return (
            f"class {_header(value)} {_listed(sorted(f'{name}={inner(each)}' for name, each in own.items()))}"
        )
    if isinstance(value, types.MethodType):
        return f"bound {inner(value.__func__)}"
    if isinstance(value, property):
        return (
            f"property {_listed(inner(each) for each in (value.fget, value.fset, value.fdel, value.__doc__))}"
        )
    if isinstance(value, staticmethod | classmethod):
        return f"{type(value).__name__} {inner(value.__func__)}"
    if isinstance(value, functools.partial):
        return f"partial {inner((value.func, value.args, value.keywords))}"
    if type(value) in {list, tuple}:
        return f"{type(value).__name__} {_listed(inner(each) for each in value[:300])}"
    if type(value) in {set, frozenset}:
        return f"{type(value).__name__} {_listed(sorted(inner(each) for each in value))}"
    if isinstance(value, dict | types.MappingProxyType):
        pairs = [f"{inner(key)}: {inner(each)}" for key, each in list(value.items())[:300]]
        return f"{type(value).__name__} {_listed(sorted(pairs))}"
    if isinstance(value, re.Pattern):
        return repr(value)
    if "__wrapped__" in getattr(value, "__dict__", {}):
        return f"{type(value).__qualname__} of {inner(value.__wrapped__)}"
    return _object(value, inner)


def _object(value: Any, inner: Callable[[Any], str]) -> str:
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    if type(value).__module__ in {"typing", "types", "_typing"} or type(value) is typing.TypeVar:
        return re.sub(r" at 0x[0-9a-f]+", "", f"{kind} {value!r}")
    parts = {}
    own = getattr(value, "__dict__", None)
    if isinstance(own, dict):
        parts |= own
    for cls in type(value).__mro__:
        slots = vars(cls).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            with contextlib.suppress(Exception):
                parts[name] = getattr(value, name)
    shown = sorted(f"{name}={inner(each)}" for name, each in parts.items() if isinstance(name, str))
    return f"{kind} {_listed(shown)}"


def _function(function: types.FunctionType, inner: Callable[[Any], str]) -> str:
    cells = []
    used = _used(function.__code__)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        if name == "__class__" or name not in used:
            continue
        try:
            cells.append(f"{name}={inner(cell.cell_contents)}")
        except ValueError:
            cells.append(f"{name} empty")
    attributes = sorted(f"{name}={inner(each)}" for name, each in vars(function).items())
    parts = (function.__name__, function.__qualname__, function.__module__, function.__doc__)
    held = [
        inner(each) for each in (function.__defaults__, function.__kwdefaults__, function.__annotations__)
    ]
    return f"def {parts} {_listed(held)} {_listed(cells)} {_listed(attributes)} {_code(function.__code__)}"


def _used(code: types.CodeType) -> set[str]:
    import dis

    own = {
        str(each.argval)
        for each in dis.get_instructions(code)
        if "DEREF" in each.opname or "CLOSURE" in each.opname
    }
    return own | {name for each in code.co_consts if isinstance(each, types.CodeType) for name in _used(each)}


def _code(code: types.CodeType) -> str:
    consts = [_code(each) if isinstance(each, types.CodeType) else _constant(each) for each in code.co_consts]
    counts = (code.co_argcount, code.co_kwonlyargcount, code.co_posonlyargcount, code.co_flags & ~0x50)
    text = f"{code.co_name} {counts} {code.co_code.hex()} {code.co_names} {code.co_varnames} {consts}"
    return f"<{code.co_name} {zlib.crc32(text.encode()):08x}>"


def _constant(value: Any) -> str:
    return f"frozenset {sorted(map(repr, value))}" if isinstance(value, frozenset) else repr(value)


def main() -> None:
    warnings.simplefilter("ignore")
    tool, kind, *rest = sys.argv[1:]
    out, sys.stdout = sys.stdout, io.StringIO()  # what a package prints is not ours
    found = matrix(tool) if kind == "matrix" else replay(tool, rest[0], *map(Path, rest[1:]))
    json.dump(found, out)
    out.flush()
    os._exit(0)  # threads that a package started, and its exit handlers


if __name__ == "__main__":
    main()
