"""Which import a missing name may want, and what a failed one may have meant. Nothing is imported to find out."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import linecache
import pkgutil
import re
import sys
from collections.abc import Collection

from ipy_llm.explore.stored import instance_dict, plain_keys
from ipy_llm.source.near import closest, closest_public

# Names that mean one thing wherever they are used. A plain word such as `code`, `token`, `data` or
# `queue` is a forgotten variable more often than a module, so a module needs evidence (see `hint`).
_WELL_KNOWN = {
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "plt": "import matplotlib.pyplot as plt",
    "sns": "import seaborn as sns",
    "tf": "import tensorflow as tf",
    "nn": "from torch import nn",
    "Path": "from pathlib import Path",
    "Counter": "from collections import Counter",
    "OrderedDict": "from collections import OrderedDict",
    "defaultdict": "from collections import defaultdict",
    "deque": "from collections import deque",
    "namedtuple": "from collections import namedtuple",
    "dataclass": "from dataclasses import dataclass",
    "Decimal": "from decimal import Decimal",
    "Fraction": "from fractions import Fraction",
    "Enum": "from enum import Enum",
    "lru_cache": "from functools import lru_cache",
    "partial": "from functools import partial",
    "reduce": "from functools import reduce",
    "wraps": "from functools import wraps",
    "contextmanager": "from contextlib import contextmanager",
    "chain": "from itertools import chain",
    "combinations": "from itertools import combinations",
    "permutations": "from itertools import permutations",
    "product": "from itertools import product",
    "timedelta": "from datetime import timedelta",
    "timezone": "from datetime import timezone",
    "StringIO": "from io import StringIO",
    "BytesIO": "from io import BytesIO",
    "Any": "from typing import Any",
    "Callable": "from collections.abc import Callable",
    "Optional": "from typing import Optional",
    "Union": "from typing import Union",
    "List": "from typing import List",
    "Dict": "from typing import Dict",
    "Iterator": "from collections.abc import Iterator",
    "Iterable": "from collections.abc import Iterable",
    "TypeVar": "from typing import TypeVar",
    "pprint": "from pprint import pprint",
    "sleep": "from time import sleep",
    "sqrt": "from math import sqrt",
    "ThreadPoolExecutor": "from concurrent.futures import ThreadPoolExecutor",
}
# `datetime` is a module and a class of it: what is asked of it tells which.
_OF_DATETIME_MODULE = frozenset(
    {"datetime", "date", "time", "timedelta", "timezone", "UTC", "MINYEAR", "MAXYEAR"}
)
_JOKES = frozenset({"this", "antigravity"})

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


def hint(name: str, used: Collection[str]) -> str:
    """Return the import that gives `name` its meaning, "" where that is not certain enough.

    `used` are the attributes that the failing code asks of the name.
    """
    if name == "datetime":
        return "import datetime" if _OF_DATETIME_MODULE & set(used) else "from datetime import datetime"
    if name in _WELL_KNOWN:
        statement = _WELL_KNOWN[name]
        return statement if _installed(statement.split()[1].partition(".")[0]) else ""
    if not used or name in _JOKES or name.startswith("_"):
        return ""
    loaded = sys.modules.get(name)
    if loaded is not None:
        own = instance_dict(loaded)
        return f"import {name}" if all(each in own for each in used) else ""
    return f"import {name}" if name in sys.stdlib_module_names and _defines(name, used) else ""


def _defines(name: str, used: Collection[str]) -> bool:
    """Say whether the text of a module that is not loaded defines all of `used`."""
    spec = importlib.util.find_spec(name)
    lines = linecache.getlines(spec.origin) if spec is not None and spec.origin is not None else []
    text = "".join(lines)
    return all(
        re.search(rf"^(?:def |class |async def )?{each}\b|^from .* import .*\b{each}\b", text, re.MULTILINE)
        for each in used
    )


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
    below = [
        each
        for each, other in list(sys.modules.items())
        if each.startswith(f"{module}.") and name in instance_dict(other)
    ]
    if below:
        return [f"from {min(below, key=len)} import {name}"]
    near = closest_public(name, [*plain_keys(instance_dict(loaded)), *submodules], count=3)
    return [f"{module} has {', '.join(near)}"] if near else []


def submodule(package: object, name: str) -> str:
    """Return the full name of the module `name` of a package, "" where there is none."""
    held = instance_dict(package)
    full, path = f"{held.get('__name__')}.{name}", held.get("__path__")
    found = type(path) is list and importlib.machinery.PathFinder.find_spec(full, path) is not None
    return full if found else ""


def _top_level_modules() -> set[str]:
    found = {*sys.stdlib_module_names, *(each.name for each in pkgutil.iter_modules())}
    return {name for name in found if not name.startswith("_")}


def _installed(name: str) -> bool:
    return name in sys.modules or importlib.util.find_spec(name) is not None
