"""Keep compiled code in our cache folder: nothing is written beside the sources, and yet no file is compiled at each run.

A file's code is found again by its text, not by its time as Python's own `.pyc` files are: two edits within a second may
leave a file as long as it was.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import marshal
import os
import sys
import warnings
from collections.abc import Callable
from types import CodeType
from typing import Any


class Codes:
    """The codes in `folder`, one for each source file and way of compiling it."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        os.makedirs(folder, exist_ok=True)
        # tests replace what stands in modules
        self._open, self._replace, self._getpid = open, os.replace, os.getpid

    def get(self, path: str, way: str, data: bytes, make: Callable[[], CodeType]) -> CodeType:
        """Return the code of a file with that text; `make` compiles it where it is not known.

        `way` is all that decides the code besides. Code that was compiled with a warning is not kept: it is to be heard again.
        """
        way = f"{way} {sys.implementation.cache_tag} {sys.flags.optimize}"
        name = importlib.util.source_hash(f"{path}\0{way}".encode("utf-8", "surrogatepass")).hex()
        file = os.path.join(self._folder, name)
        mark = importlib.util.source_hash(data) + len(data).to_bytes(8, "little")
        try:
            with self._open(file, "rb") as kept:
                if kept.read(16) == mark:
                    code = marshal.loads(kept.read())  # noqa: S302 - our own, as .pyc files are Python's
                    if isinstance(code, CodeType) and code.co_filename == path:
                        return code
        except (OSError, ValueError, EOFError, TypeError):
            pass  # none yet, or half of one
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            code = make()
        if said:
            return make()
        beside = f"{file}.{self._getpid()}"
        try:
            with self._open(beside, "wb") as new:
                new.write(mark + marshal.dumps(code))
            self._replace(beside, file)
        except OSError:
            pass  # a full disk
        return code


def install(codes: Codes) -> None:
    """Have modules compiled by way of `codes` wherever Python finds no `.pyc` of theirs that holds."""
    loader = importlib.machinery.SourceFileLoader
    compiled = loader.source_to_code

    def kept(self: Any, data: Any, path: Any, **how: Any) -> CodeType:
        if how or not isinstance(data, bytes) or not isinstance(path, str):
            return compiled(self, data, path, **how)
        return codes.get(path, "", data, lambda: compiled(self, data, path))

    loader.source_to_code = kept  # type: ignore[method-assign]


def install_rewritten(codes: Codes) -> None:
    """Have test files, in which pytest rewrites the asserts, compiled by way of `codes` too; `pytest` is imported."""
    rewriting: Any = sys.modules.get("_pytest.assertion.rewrite")
    rewritten = getattr(rewriting, "_rewrite_test", None)
    if rewritten is None:
        return
    version = sys.modules["pytest"].__version__

    def kept(file: Any, config: Any) -> Any:
        how = f"pytest {version} {config.getini('enable_assertion_pass_hook')}"
        status = os.stat(file)
        return status, codes.get(str(file), how, file.read_bytes(), lambda: rewritten(file, config)[1])

    rewriting._rewrite_test = kept  # noqa: SLF001 - there is no public way
