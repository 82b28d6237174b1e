"""The oldest Python that a project runs on, as far as it says."""

from __future__ import annotations

import sys
from dataclasses import dataclass

Version = tuple[int, int]

HOST: Version = sys.version_info[:2]


@dataclass(frozen=True, slots=True)
class Target:
    """A Python version, and how the project says so: `requires-python >=3.10`."""

    version: Version
    said: str
