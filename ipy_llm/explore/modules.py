"""Which files the modules of a project are, and how an import writes one."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ipy_llm.explore.scopes import Imported


class Modules:
    """The modules among a project's files, by the names they may be imported by."""

    def __init__(self, files: Collection[str]) -> None:
        self.files = files
        self._named: dict[str, list[str]] = {}
        for file in files:
            for dotted in self.names(file):
                self._named.setdefault(dotted, []).append(file)

    def of(self, what: Imported, file: str) -> list[str]:
        """Return the files that the module of an import in `file` may be.

        A folder without `__init__.py`, from which a name is imported, is given with a slash at its end.
        """
        if not what.level:
            found = self._named.get(what.module, [])
            return found or ([] if what.name is None else self._folders(what.module.replace(".", "/")))
        folder = file.rpartition("/")[0]
        for _ in range(what.level - 1):
            folder = folder.rpartition("/")[0]
        path = "/".join(filter(None, (folder, what.module.replace(".", "/"))))
        prefix = f"{path}/" if path else ""
        found = [each for each in (f"{path}.py", f"{prefix}__init__.py") if each in self.files]
        return found or self._folders(path)

    def names(self, file: str) -> Iterator[str]:
        """Yield the names a file may be imported by: from the folder above its package, and from the root."""
        if not file.endswith(".py"):
            return
        parts = _parts(file)
        seen = set()
        for start in (self.top(file), 0, 1 if parts[:1] == ["src"] else 0):
            name = ".".join(parts[start:])
            if name and name not in seen:
                seen.add(name)
                yield name

    def top(self, file: str) -> int:
        """Return how many folders stand above a file's outermost package, or above itself if it is in none."""
        parts = _parts(file)
        top = len(parts) - (not file.endswith("/__init__.py"))
        while top > 0 and "/".join((*parts[:top], "__init__.py")) in self.files:
            top -= 1
        return max(min(top, len(parts) - 1), 0)

    def absolute(self, to: str, like: tuple[str, str] | None = None) -> str:
        """Return how an import without dots names a module: from the folder that another's file and name start from."""
        parts = _parts(to)
        if like is not None:
            known, said = _parts(like[0]), like[1].split(".")
            base = known[: len(known) - len(said)]
            if known[len(base) :] == said and parts[: len(base)] == base and len(parts) > len(base):
                return ".".join(parts[len(base) :])
        return next(self.names(to), ".".join(parts))

    def relative(self, to: str, file: str, *, loose: bool = False) -> str | None:
        """Return how an import in `file` names another module with dots, None where they share no package.

        `loose`: they may share a folder without `__init__.py`, where imports with dots stand already.
        """
        target, here = _parts(to), file.split("/")[:-1]
        common = 0
        while common < min(len(target), len(here)) and target[common] == here[common]:
            common += 1
        if not common or (not loose and (common <= self.top(file) or common <= self.top(to))):
            return None
        return "." * (len(here) - common + 1) + ".".join(target[common:])

    def _folders(self, path: str) -> list[str]:
        prefix = f"{path}/" if path else ""
        return [prefix] if prefix and any(file.startswith(prefix) for file in self.files) else []


def _parts(file: str) -> list[str]:
    parts = file.removesuffix(".py").split("/")
    return parts[:-1] if parts[-1] == "__init__" else parts
