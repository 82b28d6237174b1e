"""Real mistakes, from the published list: the fact that is needed for the fix is in the reply."""

from __future__ import annotations

import importlib.util
import warnings

import pytest
from mistakes import Shell, read_mistakes

MISTAKES = read_mistakes()
# Where Python, or a package, says it otherwise, or not at all; each is measured in the benchmark all the same.
SINCE_311 = {"several at once"}


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_the_reply_holds_what_the_fix_needs(mistake, tmp_path, monkeypatch, capsys):
    for package in mistake.packages:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"takes {package}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPY_LLM_CACHE", str(tmp_path / "cache"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a mistake may warn before it fails
        shell = Shell(tmp_path)
        try:
            reply = shell.run(mistake.cells)
        finally:
            shell.close()
    reply = reply or capsys.readouterr().err
    assert not mistake.lacks(reply), reply
    assert sum(len(line) for line in reply.split("\n") if line.startswith("[ipy_llm] ")) <= 600


def test_the_list_has_what_was_promised():
    assert len(MISTAKES) >= 80
