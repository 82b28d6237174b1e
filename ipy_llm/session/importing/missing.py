"""What a failed import may have meant. Nothing is imported to find out."""

from __future__ import annotations

import importlib.machinery
import pkgutil
import sys

from ipy_llm.explore.stored import instance_dict, plain_keys
from ipy_llm.source.near import closest, closest_public

_DISTRIBUTIONS = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "fitz": "PyMuPDF",
    "PIL": "Pillow",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "PyYAML",
}


def not_found(name: str) -> list[str]:
    """Tell what the dotted name of a module that is not there may have meant."""
    parent, _, last = name.rpartition(".")
    if parent:
        return in_module(parent, last)
    package = _DISTRIBUTIONS.get(name)
    if package is not None:
        return [f"{name} comes with the package {package}, which is not installed"]
    near = closest(name, _top_level_modules(), count=3)
    return [f"did you mean {' or '.join(near)}?"] if near else []


def in_module(module: str, name: str) -> list[str]:
    """Tell where in or below `module` a name like `name` is."""
    loaded = sys.modules.get(module)
    path = instance_dict(loaded).get("__path__")
    submodules = [each.name for each in pkgutil.iter_modules(path)] if type(path) is list else []
    other = below(module, name)
    if other:
        return [f"from {other} import {name}"]
    near = closest_public(name, [*plain_keys(instance_dict(loaded)), *submodules], count=3)
    return [f"{module} has {', '.join(near)}"] if near else []


def below(module: str, name: str) -> str:
    """Return the loaded module below a package that has a name, "" for none."""
    found = [
        each
        for each, other in list(sys.modules.items())
        if each.startswith(f"{module}.") and name in instance_dict(other)
    ]
    return min(found, key=len, default="")


def submodule(package: object, name: str) -> str:
    """Return the full name of the module `name` of a package, "" where there is none."""
    held = instance_dict(package)
    full, path = f"{held.get('__name__')}.{name}", held.get("__path__")
    found = type(path) is list and importlib.machinery.PathFinder.find_spec(full, path) is not None
    return full if found else ""


def _top_level_modules() -> set[str]:
    found = {*sys.stdlib_module_names, *(each.name for each in pkgutil.iter_modules())}
    return {name for name in found if not name.startswith("_")}
