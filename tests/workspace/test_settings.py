from __future__ import annotations

import pytest

from ipy_llm.errors import ParseError
from ipy_llm.source.target import Target
from ipy_llm.workspace.settings import Settings, read_settings


@pytest.fixture
def settings(tmp_path):
    """The settings of a project with this pyproject.toml."""

    def read(text):
        (tmp_path / "pyproject.toml").write_text(text)
        return read_settings(tmp_path)

    return read


def test_a_project_that_says_nothing_has_the_usual(tmp_path, settings):
    assert read_settings(tmp_path) == Settings(check="report", target=None)
    assert settings("[project]\nname = 'x'\n") == Settings()
    assert settings("[tool.ipy_llm\n") == Settings()


@pytest.mark.parametrize(
    ("said", "lowest"),
    [
        (">=3.10", (3, 10)),
        (">= 3.9, <4", (3, 9)),
        ("~=3.11", (3, 11)),
        (">=3.9,!=3.9.1,>=3.9.2", (3, 9)),
        ("==3.12.*", (3, 12)),
        (">3.9", (3, 9)),
        (">=3", (3, 0)),
        ("<3.13", None),
        ("", None),
    ],
)
def test_the_oldest_python_is_that_of_requires_python(settings, said, lowest):
    found = settings(f'[project]\nname = "x"\nrequires-python = "{said}"\n').target
    assert found == (lowest and Target(lowest, f"requires-python {said}"))


def test_poetry_says_it_elsewhere(settings):
    found = settings('[tool.poetry.dependencies]\npython = "^3.9"\n').target
    assert found == Target((3, 9), "python ^3.9")


def test_our_own_word_comes_first(settings):
    text = '[project]\nrequires-python = ">=3.9"\n[tool.ipy_llm]\ntarget-python = "3.12"\ncheck = "off"\n'
    assert settings(text) == Settings(check="off", target=Target((3, 12), "target-python 3.12"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("chek = true", "has no setting chek\ndid you mean check"),
        ("python = '3.9'", "has no setting python\ndid you mean target-python"),
        ("root = 1", "has no setting root\ndid you mean check, imports, target-python"),
        ("check = false", "check is 'report', 'revert', 'off', not False"),
        ("target-python = 3.9", 'target-python is written "3.10", not 3.9'),
    ],
)
def test_a_setting_that_there_is_none_of_is_answered_with_the_closest(settings, line, said):
    with pytest.raises(ParseError) as refused:
        settings(f"[tool.ipy_llm]\n{line}\n")
    assert said in str(refused.value)
