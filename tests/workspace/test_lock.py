"""One writer at a time, and nobody waits for the dead."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ipy_llm.errors import ConflictError
from ipy_llm.workspace.lock import locked

HOLD = """
import sys
from pathlib import Path
from ipy_llm.workspace.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock until it dies or its stdin ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path / "lock"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


@pytest.mark.usefixtures("holder")
def test_a_lock_that_another_process_keeps_is_a_conflict(tmp_path):
    with (
        pytest.raises(ConflictError, match="another edit of this project") as refused,
        locked(tmp_path / "lock", patience=0.05),
    ):
        pass
    assert refused.value.exit_code == 3
    assert refused.value.steps == ("send it again",)


def test_a_lock_is_had_once_it_is_let_go(holder, tmp_path):
    holder.stdin.close()
    with locked(tmp_path / "lock"):
        pass


def test_the_lock_of_a_killed_process_is_free(holder, tmp_path):
    holder.kill()
    with locked(tmp_path / "lock"):
        pass


def test_within_one_process_too_there_is_one_holder(tmp_path):
    with locked(tmp_path / "lock"), pytest.raises(ConflictError), locked(tmp_path / "lock", patience=0):
        pass
    with locked(tmp_path / "lock", patience=0):
        pass


def test_an_error_within_lets_it_go(tmp_path):
    with pytest.raises(ZeroDivisionError), locked(tmp_path / "lock"):
        raise ZeroDivisionError
    with locked(tmp_path / "lock", patience=0):
        pass
