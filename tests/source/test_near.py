from __future__ import annotations

import pytest

from ipy_llm.source.near import closest


@pytest.mark.parametrize(
    ("wanted", "best"),
    [
        ("get_area", "area"),
        ("dump_s", "dumps"),
        ("parse_date", "date_parse"),
        ("readText", "read_text"),
        ("HTTPClient", "http_client"),
        ("ordereddict", "OrderedDict"),
        ("totl", "total"),
    ],
)
def test_the_closest_by_spelling_or_words_comes_first(wanted, best):
    names = [
        "area",
        "dumps",
        "date_parse",
        "read_text",
        "http_client",
        "OrderedDict",
        "total",
        "values",
        "keys",
    ]
    assert closest(wanted, names)[0] == best


def test_of_dotted_names_the_last_part_is_compared():
    assert closest("json.dmups", ["json.dumps", "json.load"]) == ["json.dumps"]


def test_nothing_close_is_an_empty_list():
    assert closest("zzz", ["area", "total"]) == []


def test_public_names_come_before_private_ones_that_are_as_close():
    assert closest("totals", ["_total", "total"])[0] == "total"
