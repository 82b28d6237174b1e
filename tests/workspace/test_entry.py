"""An entry of the journal is kept to the byte."""

from __future__ import annotations

from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from ipy_llm.workspace.entry import Entry, load_entry, save_entry
from ipy_llm.workspace.files import Change

texts = st.none() | st.text("ab", max_size=8).map(str.encode) | st.binary(max_size=300)


@given(st.lists(st.tuples(texts, texts), max_size=4))
@example([(b"abab", b"ab"), (b"ab", b"abab"), (b"aaa", b"aa"), (b"", b"a")])
@example([(b"x" * 100_000 + b"old" + b"y" * 100_000, b"x" * 100_000 + b"new one" + b"y" * 100_000)])
def test_what_is_kept_is_what_was_there_however_alike_before_and_after_are(tmp_path_factory, pairs):
    changes = tuple(Change(Path(f"/{number}.py"), *pair) for number, pair in enumerate(pairs))
    entry = Entry(7, "edited `é`\n", changes, (Path("/new"),), "mark")
    file = tmp_path_factory.getbasetemp() / "entry"
    save_entry(file, entry)
    kept = load_entry(file, 7)
    assert kept == entry
    assert kept.mark == "mark"


def test_an_entry_of_a_small_change_takes_little_more_than_the_text_before(tmp_path):
    before = b"".join(b"x%d = %d\n" % (number, number) for number in range(5_000))
    sizes = []
    for after in (before, before.replace(b"x77 = 77", b"x77 = 78")):
        save_entry(tmp_path / "entry", Entry(1, "edited", (Change(tmp_path / "x.py", before, after),)))
        sizes.append((tmp_path / "entry").stat().st_size)
    assert sizes[1] - sizes[0] < 50
