from __future__ import annotations

import ast

import pytest

from ipy_llm.bundle.build import stub
from ipy_llm.bundle.runtime import accepts


@pytest.mark.parametrize(
    ("clauses", "version", "fits"),
    [
        ("", "0.1", True),
        (">=1.5", "1.5", True),
        (">=1.5", "1.5.0", True),
        (">=1.5", "1.4.9", False),
        (">=1.5", "1.10", True),
        ("<0.9.0,>=0.8.7", "0.8.7", True),
        ("<0.9.0,>=0.8.7", "0.9.0", False),
        ("<0.9.0,>=0.8.7", "0.8.3", False),
        ("==0.1.0", "0.1.0", True),
        ("==0.1.0", "0.1.1", False),
        ("==1.4.*", "1.4.7", True),
        ("!=1.4.*", "1.4.7", False),
        ("!=1.4", "1.4.7", True),
        ("~=1.4", "1.9", True),
        ("~=1.4", "2.0", False),
        ("~=1.4.2", "1.5", False),
        (">1", "1.0", False),
        ("<=2", "2.0.0", True),
        (">=1.5", "", True),
    ],
)
def test_a_version_meets_what_is_wanted_or_not(clauses, version, fits):
    assert accepts(clauses, version) is fits


def test_the_stub_parses_on_python_3_8_and_imports_only_the_standard_library():
    tree = ast.parse(stub(), feature_version=(3, 8))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {name for name in imported if name.startswith("ipy_llm")}
    assert "typing" in imported


def test_the_stub_has_no_two_definitions_of_one_name():
    names = [
        node.name for node in ast.parse(stub()).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    ]
    assert sorted(set(names)) == sorted(names)
