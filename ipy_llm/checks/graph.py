"""Which files of a project may import which: read from their text, and rather too many than too few."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ipy_llm.checks.state import State, conftests


class Imports:
    """Who imports whom, within the project; `met` are edges that were seen while it ran, by their importer."""

    def __init__(
        self, state: State, files: Iterable[str], met: Mapping[str, Iterable[str]] | None = None
    ) -> None:
        self.state = state
        self._files = frozenset(files)
        self._met = met or {}
        self._modules: dict[str, list[str]] = {}
        for path in self._files:
            for name in _names(path, self._files):
                self._modules.setdefault(name, []).append(path)
        self._edges: dict[str, frozenset[str]] = {}

    def of(self, path: str) -> frozenset[str]:
        """Return the files that a file makes Python import: those it names, its packages and its conftests."""
        if path not in self._edges:
            found: set[str] = (
                set(self._met.get(path, ())) | set(conftests(path, self._files)) | set(self._packages(path))
            )
            blocks = self.state.blocks(path)
            for name in blocks.names:
                found |= self._relative(path, name) if name.startswith(".") else self._absolute(name)
            for name in blocks.mentions:
                found |= self._absolute(name)
            self._edges[path] = frozenset(found - {path})
        return self._edges[path]

    def closure(self, start: Iterable[str]) -> frozenset[str]:
        """Return these files and all they import, however far."""
        found = set(start)
        left = list(found)
        while left:
            for path in self.of(left.pop()):
                if path not in found:
                    found.add(path)
                    left.append(path)
        return frozenset(found)

    def importers(self, targets: Iterable[str]) -> frozenset[str]:
        """Return the files whose closure has one of `targets`, these among them."""
        back: dict[str, list[str]] = {}
        for path in self._files:
            for imported in self.of(path):
                back.setdefault(imported, []).append(path)
        found = set(targets)
        left = list(found)
        while left:
            for path in back.get(left.pop(), ()):
                if path not in found:
                    found.add(path)
                    left.append(path)
        return frozenset(found)

    def _absolute(self, name: str) -> set[str]:
        """Return the files of a dotted name and of the packages it stands in."""
        parts = name.split(".")
        return {
            path for end in range(1, len(parts) + 1) for path in self._modules.get(".".join(parts[:end]), ())
        }

    def _relative(self, path: str, name: str) -> set[str]:
        bare = name.lstrip(".")
        folder = path.split("/")[: -(len(name) - len(bare))]
        found: set[str] = set()
        for part in ["", *bare.split(".")]:
            if part:
                folder = [*folder, part]
            stem = "/".join(folder)
            found |= {
                file for file in (f"{stem}.py", f"{stem}/__init__.py".lstrip("/")) if file in self._files
            }
        return found

    def _packages(self, path: str) -> Iterator[str]:
        folder = path
        while folder:
            folder = folder.rpartition("/")[0]
            if (package := f"{folder}/__init__.py".lstrip("/")) in self._files:
                yield package


def _names(path: str, files: frozenset[str]) -> Iterator[str]:
    """Yield the dotted names a file may be imported by: from the folder above its package, and from all above that."""
    parts = path.removesuffix(".py").split("/")
    module = parts[:-1] if parts[-1] == "__init__" else parts
    base = len(parts) - 1
    while base and f"{'/'.join(parts[:base])}/__init__.py" in files:
        base -= 1
    for start in range(base + 1):
        if name := ".".join(module[start:]):
            yield name
