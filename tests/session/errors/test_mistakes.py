"""Real mistakes, from the published list: the fact that is needed for the fix is in the reply."""

from __future__ import annotations

import warnings

import pytest
from mistakes import Shell, read_mistakes

MISTAKES = read_mistakes()


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_the_reply_holds_what_the_fix_needs(mistake, tmp_path, monkeypatch, capsys):
    if not mistake.possible:
        pytest.skip("takes packages, or a newer Python")
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
