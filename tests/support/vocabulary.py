"""Counting tokens by a real vocabulary, o200k_base."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

from wheels import fetch_wheel

_HOLDER = ("litellm", "1.109.1")  # its wheel holds the vocabulary; nothing of it is installed or run
_INSIDE = "litellm/litellm_core_utils/tokenizers/"


def o200k(cache: Path) -> Callable[[str], int]:
    """Return what counts the tokens of a text. Exits with what to install where `tiktoken` is missing."""
    try:
        import tiktoken
    except ModuleNotFoundError:
        raise SystemExit("tiktoken is missing: pip install --group benchmarks") from None
    folder = cache / "vocabulary"
    if not folder.is_dir():
        with zipfile.ZipFile(fetch_wheel(*_HOLDER, cache)) as archive:
            names = [name for name in archive.namelist() if name.startswith(_INSIDE)]
            folder.mkdir(parents=True)
            for name in filter(None, (name.removeprefix(_INSIDE) for name in names)):
                (folder / os.path.basename(name)).write_bytes(archive.read(_INSIDE + name))
    os.environ["TIKTOKEN_CACHE_DIR"] = str(folder)
    encoding = tiktoken.get_encoding("o200k_base")
    return lambda text: len(encoding.encode(text, disallowed_special=()))
