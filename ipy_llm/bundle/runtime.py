"""ipy_llm in one file: `import ipy_llm_bundle` installs it, without network or pip; then `%load_ext ipy_llm`.

`%load_ext ipy_llm_bundle` does both. `python ipy_llm_bundle.py show NAME` is the `ipy-llm` command.
`ipy_llm_bundle.status()` says what is used from where, `.verify()` checks it, `.uninstall()` removes it.

It installs into the first of $IPY_LLM_BUNDLE_DIR, the user's cache, /mnt/data/.ipy_llm and the temporary
folder that can hold it. Packages of the environment win as long as they are new enough.
"""

# Joined with `target` and `install`, the source of this module is the top of the file that `ipy-llm bundle`
# writes; the call of `start` and the payload, base64 in comments, follow there. So, in these three: only the
# standard library, syntax that Python 3.8 parses (to be told a clear no), and NamedTuple rather than
# dataclass, whose import costs 8 ms at each start.

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ipy_llm.bundle.install import (
    MARK,
    Manifest,
    Package,
    contents,
    install,
    is_installed,
    listed,
    read_blocks,
    roots,
    say,
)
from ipy_llm.bundle.target import BundleError, choose, host, release

_CLAUSE = re.compile(r"(==|!=|>=|<=|~=|>|<) *([0-9]+(?:\.[0-9]+)*)(\.\*)?")


class Placed(NamedTuple):
    """Which copy of a package is used: `where` is "bundle", "environment", or "kept" if it does not fit."""

    package: Package
    version: str
    where: str


class Installed(NamedTuple):
    """A bundle in use."""

    manifest: Manifest
    folder: str
    placed: tuple[Placed, ...]

    def status(self) -> str:
        """Say in one line which version of each package is used, and from where."""
        return "; ".join([*map(_describe, self.placed), f"installed in {self.folder}"])

    def verify(self) -> str:
        """Check every installed file against its record; raise BundleError naming those that differ."""
        import csv  # noqa: PLC0415 - see `_unpack`

        count, damaged = 0, []
        for package in self.manifest.packages:
            base = os.path.join(self.folder, package.name)
            infos = [name for name in listed(base) if name.endswith(".dist-info")]
            for record in [os.path.join(base, info, "RECORD") for info in infos] or [base]:
                try:
                    with open(record, encoding="utf-8", newline="") as lines:
                        rows = list(csv.reader(lines))
                except OSError:
                    damaged.append(os.path.relpath(record, self.folder))
                    continue
                count += len(rows)
                damaged += [path for path, digest, _ in rows if digest and digest != _digest(base, path)]
        if damaged:
            named = ", ".join(damaged[:5]) + (f" and {len(damaged) - 5} more" if damaged[5:] else "")
            raise BundleError(f"damaged in {self.folder}: {named}; call uninstall(), then import again")
        return f"{count} files as they were packed"

    def uninstall(self) -> str:
        """Remove the installed files and their entries in sys.path; what is imported stays imported."""
        import shutil  # noqa: PLC0415 - see `_unpack`

        ours = {os.path.join(self.folder, package.name) for package in self.manifest.packages}
        sys.path[:] = [entry for entry in sys.path if entry not in ours]
        shutil.rmtree(self.folder, ignore_errors=True)
        importlib.invalidate_caches()
        if os.path.exists(self.folder):
            raise BundleError(f"could not remove all of {self.folder}")
        return f"removed {self.folder}"

    def load(self, shell: Any) -> None:
        """Forward `%load_ext ipy_llm_bundle` to `%load_ext ipy_llm`, which IPython then knows by its name."""
        shell.extension_manager.load_extension("ipy_llm")

    def unload(self, shell: Any) -> None:
        """Forward `%unload_ext ipy_llm_bundle`."""
        shell.extension_manager.unload_extension("ipy_llm")


def start(manifest: Manifest, namespace: Mapping[str, Any]) -> Installed:
    """Make the bundle usable in this process; act as the `ipy-llm` command when run as a program.

    `namespace` is the globals of the file that calls. Raise BundleError with what to do.
    """
    # not __file__: that is another script's when the bundle is exec'd
    own = start.__code__.co_filename
    program = namespace.get("__name__") == "__main__" and _same("".join(sys.argv[:1]), own)
    try:
        installed = activate(manifest, lambda: read_blocks(manifest, own, namespace.get("__loader__")))
    except BundleError as error:
        if not program:
            raise BundleError(str(error)) from None  # a traceback's lines tell a model nothing and cost
        say(str(error))
        raise SystemExit(4) from None
    if program and sys.argv[1:]:
        # not an import statement: here the bundle stands below ipy_llm, not in it
        raise SystemExit(importlib.import_module("ipy_llm.faces.cli").main(sys.argv[1:]))
    if program:
        sys.stdout.write(installed.status() + "\n")
    return installed


def activate(manifest: Manifest, read: Callable[[], Mapping[str, bytes]]) -> Installed:
    """Find or install the bundle's files and put them on sys.path, after the environment's own.

    `read` returns the compressed blocks and is called only when there is something to install.
    """
    target = choose(manifest.targets, host())
    name = f"{manifest.version}-{manifest.id}-{target.key}"
    folder = next((os.path.join(root, name) for root in roots() if is_installed(root, name)), None)
    if folder is None:
        folder = install(manifest, target, name, read)
        importlib.invalidate_caches()
    placed = place(manifest.packages, folder)
    for item in placed:
        if item.where == "kept":
            say(f"{_describe(item)}: restart Python and import this bundle first")
    return Installed(manifest, folder, placed)


def place(packages: Sequence[Package], folder: str) -> tuple[Placed, ...]:
    """Put the packages in `folder` on sys.path: last, or first if the environment's copy does not fit.

    What is imported already is kept, fitting or not.
    """
    ours: set[str] = set()
    placed = []
    for package in packages:
        path = os.path.join(folder, package.name)
        origin = _origin(package.module)
        base = os.path.dirname(os.path.dirname(origin))
        version, where = package.version, "bundle"
        if not origin:
            sys.path.append(path)
        elif not _same(base, path):
            version = _version(package)
            wanted = not package.wanted_by or package.wanted_by in ours
            fits = not wanted or accepts(package.accepts, version)
            # one version may be bundled twice while it is being worked on: the bundle that is asked for is meant
            fits = fits and not (
                not package.wanted_by and os.path.exists(os.path.join(os.path.dirname(base), MARK))
            )
            if fits:
                where = "environment"
            elif package.module in sys.modules:
                where = "kept"
            else:
                version = package.version
                sys.path.insert(0, path)
        if where == "bundle":
            ours.add(package.name)
        placed.append(Placed(package, version, where))
    return tuple(placed)


def accepts(clauses: str, version: str) -> bool:
    """Say if `version` meets clauses like ">=0.8.7,<0.9.0"; an unknown version ("") meets all."""
    found = release(version)
    return not found or all(
        _meets(found, operator, release(wanted), bool(star))
        for operator, wanted, star in _CLAUSE.findall(clauses)
    )


def _meets(found: tuple[int, ...], operator: str, wanted: tuple[int, ...], star: bool) -> bool:
    width = max(len(found), len(wanted))
    left, right = (release + (0,) * (width - len(release)) for release in (found, wanted))
    prefix = len(wanted) - (operator == "~=")
    within = left[:prefix] == right[:prefix]
    equal = within if star else left == right
    return {
        "==": equal,
        "!=": not equal,
        ">=": left >= right,
        "<=": left <= right,
        ">": left > right,
        "<": left < right,
        "~=": left >= right and within,
    }[operator]


def _origin(module: str) -> str:
    """Return the file that `import module` gives or gave, or "" (a folder without `__init__.py` is none)."""
    loaded = sys.modules.get(module)
    if loaded is not None:
        return getattr(loaded, "__file__", None) or ""
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return ""
    return spec.origin or "" if spec and spec.has_location else ""


def _version(package: Package) -> str:
    version = getattr(sys.modules.get(package.module), "__version__", None)
    if isinstance(version, str):
        return version
    import importlib.metadata  # noqa: PLC0415 - 20 ms, and needed only where the environment has the package

    try:
        return importlib.metadata.version(package.name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _digest(base: str, path: str) -> str:
    import base64  # noqa: PLC0415 - see `_unpack`
    import hashlib  # noqa: PLC0415 - see `_unpack`

    sha256 = hashlib.sha256(contents(os.path.join(base, path))).digest()
    return "sha256=" + base64.urlsafe_b64encode(sha256).rstrip(b"=").decode()


def _same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _describe(item: Placed) -> str:
    name = f"{item.package.name} {item.version or '(unknown version)'}"
    if item.where == "kept":
        return (
            f"{name} was imported before and is kept; the bundle has {item.package.version}, "
            f"and {item.package.accepts} is wanted"
        )
    return f"{name} of the {item.where}"
