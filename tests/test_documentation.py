"""The examples of README and docs are run, and answer what is printed there.

A `console` block holds commands after `$ ` and what they print. An `ipython` block is a cell, the `text`
block below it what the cell prints. Every page starts from a fresh copy of docs/shop; `...` in an expected
line stands for anything.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from kernel import Kernel

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> list[tuple[str, str]]:
    return [(match[1], match[2]) for match in BLOCK.finditer(page.read_text(encoding="utf-8"))]


def matches(expected: str, answered: str) -> bool:
    parts = (re.escape(part) for part in expected.strip().split("..."))
    return re.fullmatch(".*?".join(parts), answered.strip(), re.DOTALL) is not None


def commands(block: str) -> list[tuple[str, str]]:
    """Split a console block into commands, with their heredocs, and what each prints."""
    found: list[tuple[list[str], list[str]]] = []
    heredoc = False
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append(([line[2:]], []))
            heredoc = "<<'EOF'" in line
        elif heredoc:
            found[-1][0].append(line)
            heredoc = line != "EOF"
        else:
            found[-1][1].append(line)
    return [("\n".join(command), "\n".join(output)) for command, output in found]


def told(outputs):
    error = outputs.error["traceback"] if outputs.error else []
    return "\n".join([outputs.stdout + outputs.stderr, *error, outputs.result or ""])


@pytest.fixture
def shop(tmp_path, monkeypatch):
    folder = Path(shutil.copytree(ROOT / "docs" / "shop", tmp_path / "shop"))
    monkeypatch.setenv("IPY_LLM_CACHE", str(tmp_path / "cache"))
    # Exits and `make` aside, a console block runs as it stands.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return folder


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_example_answers_what_the_page_says(page, shop, tmp_path):
    examples = blocks(page)
    if any(kind == "ipython" for kind, _ in examples):
        (tmp_path / "kernel").mkdir()
        with Kernel(tmp_path / "kernel") as kernel:
            kernel.run(f"%cd -q {shop}\n%colors NoColor")
            play(examples, shop, kernel)
    else:
        play(examples, shop, None)


def play(examples, shop, kernel):
    for position, (kind, text) in enumerate(examples):
        if kind == "console":
            for command, expected in commands(text):
                done = subprocess.run(
                    ["bash", "-c", command], cwd=shop, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT, text=True, check=False,
                )  # fmt: skip
                assert matches(expected, done.stdout), f"$ {command}\n{done.stdout}"
        elif kind == "ipython":
            follows = examples[position + 1] if position + 1 < len(examples) else ("", "")
            expected = follows[1] if follows[0] == "text" else ""
            answered = told(kernel.run(text.rstrip("\n")))
            assert matches(expected, answered), f"{text}\n{answered}"
