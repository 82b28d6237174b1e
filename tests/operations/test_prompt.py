"""What a model must be told fits in 150 tokens, and every form it names works."""

from __future__ import annotations

from ipy_llm.operations.prompt import PROMPT
from ipy_llm.operations.registry import NAMES
from ipy_llm.source.address import VERBS
from ipy_llm.source.tokens import tokens


def test_the_prompt_is_short():
    # By the vocabulary o200k_base it has 149; the estimate is within a fifth of that.
    assert tokens(PROMPT) <= 150


def test_the_prompt_names_only_verbs_there_are():
    line = next(line for line in PROMPT.splitlines() if line.startswith("%llm "))
    assert {part.split()[0] for part in line.removeprefix("%llm ").split("|")} <= set(NAMES)
    header = next(line for line in PROMPT.splitlines() if "|delete" in line)
    assert set(header.removeprefix("%%edit ").split()[0].split("|")) <= set(VERBS)
