"""Whatever a cell prints: what is shown and what is said to be left out are all of it, in its order."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from ipy_llm.session import hooks
from ipy_llm.session.output.bounding import Stream
from ipy_llm.session.output.kept import Text

LIMIT = 100
NOTE = re.compile(r"\n\[ipy_llm\] ([\d,]+) characters left out: %llm more 7\n")
PIECE = st.one_of(
    st.text("ab \r\n", max_size=12),
    st.tuples(st.sampled_from(["x", "y\n", "line\n"]), st.integers(1, 90)).map(
        lambda each: each[0] * each[1]
    ),
)
STEPS = st.lists(st.one_of(PIECE, st.sampled_from([3, -1])), max_size=30)  # -1 flushes, a number gives room


def uncovered(shown, whole):
    """Return what of a text is neither shown nor counted as left out, or None where it is in another order."""
    at = 0
    parts = NOTE.split(shown)
    for number, part in enumerate(parts):
        if number % 2:
            at += int(part.replace(",", ""))
        elif whole.startswith(part, at):
            at += len(part)
        else:
            return None
    return whole[at:]


@given(STEPS)
def test_nothing_is_lost_twice_there_or_moved(steps):
    inner, text = io.StringIO(), Text()
    stream = Stream(inner, text, LIMIT)
    for step in steps:
        if step == -1:
            stream.flush(7)
        elif isinstance(step, int):
            stream.widen(step)
        else:
            assert inner.write(step) == len(step)
    stream.flush(7)
    stream.restore()
    whole = "".join(step for step in steps if isinstance(step, str))
    assert uncovered(inner.getvalue(), whole) == ""
    assert "".join([*text._first, *text._last]) == whole  # `lines` leaves carriage returns out
    assert "write" not in vars(inner)


@given(STEPS)
def test_however_often_it_is_flushed_a_stream_shows_little_more_than_its_budget(steps):
    inner = io.StringIO()
    stream = Stream(inner, Text(), LIMIT)
    for step in steps:
        if isinstance(step, str):
            inner.write(step)
        stream.flush(7)
    shown = NOTE.sub("", inner.getvalue())
    assert len(shown) <= 2 * LIMIT + len(steps) * LIMIT // 10  # what is too little to be left out


@pytest.fixture
def shell(tmp_path):
    shell = InteractiveShell(
        config=Config({"HistoryManager": {"hist_file": ":memory:"}}), ipython_dir=str(tmp_path)
    )
    hooks.install(shell).switches.output = LIMIT
    yield shell
    hooks.uninstall(shell)


def test_all_long_results_of_a_cell_are_kept_beside_what_it_printed(shell):
    shell.run_cell("print('p' * 500)\ndisplay('q' * 500)\n'r' * 500", store_history=True)
    kept = vars(shell)["_ipy_llm_session"].kept
    lines = "".join(kept.lines(next(iter(kept.texts))))
    assert all(letter * 500 in lines for letter in "pqr")


def test_what_an_uncounted_cell_printed_is_not_of_the_next_one(shell):
    shell.run_cell("print('p' * 500)")
    shell.run_cell("print('q' * 500)", store_history=True)
    kept = vars(shell)["_ipy_llm_session"].kept
    assert ["".join(kept.lines(number)) for number in kept.texts][-1] == "q" * 500
