"""The published list of missing imports: what each cell wants, read from its file."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).parents[1] / "acceptance" / "imports.txt"


@dataclass(frozen=True, slots=True)
class Case:
    """A cell in which names are missing, the imports it wants, and the package that takes."""

    code: str
    wants: tuple[str, ...]
    package: str = ""


def read_cases() -> list[Case]:
    """Return the cases of the list."""
    cases = []
    package = ""
    for line in LIST.read_text("utf-8").split("\n"):
        if match := re.fullmatch(r"with (\w+)", line):
            package = match[1]
        elif "  ->  " in line and not line.startswith("#"):
            code, _, wants = line.partition("  ->  ")
            statements = () if wants == "nothing" else tuple(wants.split("; "))
            cases.append(Case(_as_lines(code), statements, package))
    return cases


def _as_lines(code: str) -> str:
    try:
        ast.parse(code)
    except SyntaxError:
        return code.replace("; ", "\n")
    return code
