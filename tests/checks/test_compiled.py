from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import pytest

from ipy_llm.checks.inside.compiled import Codes
from ipy_llm.checks.tests import Plan, run_tests

PYTHON = Path(sys.executable)


def code_of(codes, text: str, told: list[str], path: str = "a.py"):
    def make():
        told.append(text)
        return compile(text, path, "exec")

    return codes.get(path, "", text.encode(), make)


def test_code_is_found_again_by_its_text(tmp_path):
    told: list[str] = []
    for text in ("x = 1", "x = 1", "x = 2", "x = 2"):
        names: dict[str, int] = {}
        exec(code_of(Codes(str(tmp_path)), text, told), names)
        assert names["x"] == int(text[-1])
    assert told == ["x = 1", "x = 2"]
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("left", [b"", b"half", b"0123456789abcdef", b"\0" * 200])
def test_half_a_file_is_made_anew(tmp_path, left):
    told: list[str] = []
    code_of(Codes(str(tmp_path)), "x = 1", told)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:16] + left)
    assert code_of(Codes(str(tmp_path)), "x = 1", told).co_filename == "a.py"
    assert told == ["x = 1"] * 2


def test_a_warning_of_the_compiler_is_heard_each_time(tmp_path):
    for _ in range(2):
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            code_of(Codes(str(tmp_path)), "x = '\\d'", [])
        assert len(said) == 1
    assert not list(tmp_path.iterdir())


def test_a_second_edit_within_a_second_that_leaves_the_length_is_seen(project, cache):
    root = project({
        "cart.py": "def total(): return 1\n",
        "test_cart.py": "from cart import total\ndef test_total(): assert total() == 1\n",
    })  # fmt: skip
    report, _ = run_tests(root, PYTHON, cache, Plan(), timeout=60)
    assert report.outcome == "clean"
    times = os.stat(root / "cart.py")
    for name, old, new, said in (
        ("cart.py", "return 1", "return 2", "assert 2 == 1"),
        ("test_cart.py", "== 1", "== 3", "assert 2 == 3"),
    ):
        file = root / name
        file.write_text(file.read_text().replace(old, new))
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
        report, _ = run_tests(root, PYTHON, cache, Plan(), timeout=60)
        assert [found.message for found in report.diagnostics] == [said]
    assert not list(root.rglob("__pycache__"))
