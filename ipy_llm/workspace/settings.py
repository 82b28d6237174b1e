"""What a project asks for in its pyproject.toml: `[tool.ipy_llm]`, and the oldest Python it runs on.

[tool.ipy_llm]
check = "revert"         # what is done about what an edit breaks: "report", "revert" or "off"
types = "pyright"        # what checks types: "mypy", "pyright" or "off"; else what the project configures
imports = false          # whether an edit brings the imports that it lacks
target-python = "3.10"   # instead of what `requires-python` says
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from ipy_llm.errors import MissingToolError, ParseError
from ipy_llm.source.near import closest
from ipy_llm.source.target import Target
from ipy_llm.workspace.files import current_bytes

# Of what an edit breaks. report: it is told. revert: the edit is taken back, and that is told. off: nobody looks.
Policy: TypeAlias = Literal["report", "revert", "off"]

# Of what checks the types.
Checker: TypeAlias = Literal["mypy", "pyright", "off"]

_KNOWN = ("check", "imports", "target-python", "types")
# A plain line needs no parser of TOML: importing one costs 3 ms, and 3.10 has none.
_REQUIRES = re.compile(r"^requires-python\s*=\s*([\"'])(?P<said>[^\"'\n]+)\1", re.MULTILINE)
_VERSION = re.compile(r"(\d+)\.(\d+)")
_LOWEST = re.compile(r"(?:>=?|~=|===?|\^|~)\s*(\d+)(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class Settings:
    """A project's settings; `target` is None where it names no oldest Python, `types` where it names no tool."""

    check: Policy = "report"
    target: Target | None = None
    imports: bool = True
    types: Checker | None = None


def read_settings(root: Path) -> Settings:
    """Return the settings of the project at `root`.

    Raises `ParseError` for a setting that there is none of, with the closest, or a value that cannot be;
    `MissingToolError` where this Python has nothing to read TOML with. Of a file that is no TOML, which is
    other tools' business, nothing is read.
    """
    return _settings(current_bytes(root / "pyproject.toml") or b"")


@lru_cache(maxsize=8)
def _settings(data: bytes) -> Settings:
    if not any(word in data for word in (b"requires-python", b"tool.ipy_llm", b"tool.poetry.dependencies")):
        return Settings()  # nothing for us: a TOML parser is not imported
    if b"tool.ipy_llm" not in data and b"tool.poetry" not in data:
        plain = _REQUIRES.search(data.decode("utf-8", "replace"))
        tables: Mapping[str, Any] = {"project": {"requires-python": plain["said"]}} if plain else {}
    else:
        tables = _tables(data)
    tool = _table(tables, "tool")
    own = _table(tool, "ipy_llm")
    for name in own:
        if name not in _KNOWN:
            near = closest(name, _KNOWN, count=1) or _KNOWN
            raise ParseError(
                f"pyproject.toml: [tool.ipy_llm] has no setting {name}",
                steps=[f"did you mean {', '.join(near)}"],
            )
    check = own.get("check", "report")
    if check not in get_args(Policy):
        raise ParseError(f"pyproject.toml: check is {', '.join(map(repr, get_args(Policy)))}, not {check!r}")
    imports = own.get("imports", True)
    if not isinstance(imports, bool):
        raise ParseError(f"pyproject.toml: imports is true or false, not {imports!r}")
    types = own.get("types")
    if types is not None and types not in get_args(Checker):
        raise ParseError(f"pyproject.toml: types is {', '.join(map(repr, get_args(Checker)))}, not {types!r}")
    return Settings(check, _target(own, tables, tool), imports, types)


def _target(own: Mapping[str, Any], tables: Mapping[str, Any], tool: Mapping[str, Any]) -> Target | None:
    if "target-python" in own:
        wanted = own["target-python"]
        match = _VERSION.fullmatch(wanted) if isinstance(wanted, str) else None
        if match is None:
            raise ParseError(f'pyproject.toml: target-python is written "3.10", not {wanted!r}')
        return Target((int(match[1]), int(match[2])), f"target-python {wanted}")
    for word, said in (
        ("requires-python", _table(tables, "project").get("requires-python")),
        ("python", _table(_table(tool, "poetry"), "dependencies").get("python")),
    ):
        lowest = _lowest(said) if isinstance(said, str) else None
        if lowest is not None:
            return Target(lowest, f"{word} {said}")
    return None


def _lowest(specifier: str) -> tuple[int, int] | None:
    """Return the oldest version that a specifier such as `>=3.10,<4` allows, or None where it names none."""
    if "|" in specifier:  # alternatives: any of them
        return None
    lows = [(int(match[1]), int(match[2] or 0)) for match in _LOWEST.finditer(specifier)]
    return max(lows, default=None)


def _table(tables: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = tables.get(name, {})
    return found if isinstance(found, dict) else {}


def _tables(data: bytes) -> Mapping[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415 - 3 ms, where a file has something for us
    else:
        try:
            import tomli as tomllib  # type: ignore[import-not-found] # noqa: PLC0415 - mypy and pytest bring it
        except ImportError as error:
            raise MissingToolError("pyproject.toml cannot be read", steps=["pip install tomli"]) from error
    try:
        tables: Mapping[str, Any] = tomllib.loads(data.decode())
    except ValueError:  # not TOML, or not UTF-8
        return {}
    return tables
