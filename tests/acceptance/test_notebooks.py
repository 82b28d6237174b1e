"""The notebooks that nbformat tests itself with, through every kind of edit."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from sdists import fetch

ROOT = Path(__file__).parents[2]
# Import mode importlib puts no folder of the tests on the path.
_SPEC = importlib.util.spec_from_file_location("notebooks", ROOT / "tests" / "benchmarks" / "notebooks.py")
notebooks = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(notebooks)


@pytest.mark.network
def test_notebooks_of_a_real_package_come_back_byte_for_byte():
    trial = notebooks.Trial()
    for path in sorted(fetch("nbformat", "5.10.4", ROOT / ".cache").rglob("*.ipynb")):
        notebooks.run(path, trial)
    assert not trial.places
    assert trial.tried["notebooks"] >= 10
    assert trial.tried["own text"] >= 30
