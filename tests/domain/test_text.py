"""Labels, quotes and Swedish order."""

from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.text import (
    CONTEXT,
    Kind,
    Mark,
    Passage,
    find_quote,
    labels,
    quote,
    swedish_key,
)

TABLE = "Roll\tAnsvar\nRegion\tplanerar utbildning\nKommun\tplanerar praktik\n"


def heading(level: int) -> Passage:
    return Passage(uuid4(), "heading", level, "Rubrik")


def passage(kind: Kind = "paragraph") -> Passage:
    return Passage(uuid4(), kind, 0, "Text")


def test_a_stored_passage_comes_back_whole() -> None:
    linked = Passage(
        uuid4(), "item", 2, "Läs planen", (Mark(4, 10, "link", "https://example.org"),)
    )
    assert Passage.of(linked.stored()) == linked


def test_headings_number_their_passages() -> None:
    passages = [
        passage(),
        heading(1),
        passage(),
        heading(2),
        passage(),
        passage("item"),
        heading(2),
        heading(1),
        passage(),
    ]
    assert labels(passages) == [
        "0:1",
        "1",
        "1:1",
        "1.1",
        "1.1:1",
        "1.1:2",
        "1.2",
        "2",
        "2:1",
    ]


def test_a_lone_first_heading_is_the_title() -> None:
    passages = [heading(1), passage(), heading(2), passage(), heading(3), heading(2)]
    assert labels(passages) == ["0", "0:1", "1", "1:1", "1.1", "2"]


def test_a_skipped_heading_level_leaves_no_gap_in_the_numbers() -> None:
    passages = [heading(2), heading(4), passage(), heading(3), heading(2)]
    assert labels(passages) == ["1", "1.1", "1.1:1", "1.2", "2"]


@given(st.lists(st.one_of(st.builds(passage), st.builds(heading, st.integers(1, 6)))))
def test_every_passage_has_a_label_of_its_own(passages: list[Passage]) -> None:
    found = labels(passages)
    assert len(set(found)) == len(passages)


@given(st.text(alphabet="åb c\n.", max_size=120), st.integers(0), st.integers(0))
def test_a_quote_is_found_where_it_was_taken(text: str, one: int, other: int) -> None:
    start, end = sorted((one % (len(text) + 1), other % (len(text) + 1)))
    words, prefix, suffix = quote(text, start, end)
    assert prefix + words + suffix == text[max(0, start - CONTEXT) : end + CONTEXT]
    found = find_quote(text, words, prefix, suffix)
    if not words.strip():
        assert found is None
    else:
        assert found is not None
        assert text[slice(*found)].split() == words.split()


def test_a_selection_across_table_cells_is_found_in_spite_of_its_white_space() -> None:
    found = find_quote(TABLE, "Region\n\nplanerar  utbildning Kommun", "", "")
    assert found is not None
    assert TABLE[slice(*found)] == "Region\tplanerar utbildning\nKommun"


@pytest.mark.parametrize(
    ("prefix", "suffix", "expected"),
    [("Region ", "", "utbildning"), ("", " praktik", "praktik")],
)
def test_among_equal_quotes_the_surroundings_decide(
    prefix: str, suffix: str, expected: str
) -> None:
    found = find_quote(TABLE, "planerar", prefix, suffix)
    assert found is not None
    assert TABLE[found[1] + 1 :].startswith(expected)


def test_words_that_are_not_there_are_not_found() -> None:
    assert find_quote(TABLE, "planerar forskning", "Region\t", "") is None


def test_names_sort_in_swedish_order() -> None:
    names = [
        "Alingsås",
        "Éva",
        "Myller",
        "Müllers",
        "Passage 2",
        "passage 10",
        "Region Skåne",
        "Regionen",
        "Zätagränd",
        "Åre",
        "Älvsbyn",
        "Örebro",
    ]
    backwards = names[::-1]
    assert sorted(backwards, key=swedish_key) == names


@given(st.text(max_size=20))
def test_case_does_not_change_the_order(name: str) -> None:
    assert swedish_key(name) == swedish_key(name.casefold())


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_numbers_sort_by_size(one: int, other: int) -> None:
    assert (swedish_key(f"§ {one}") < swedish_key(f"§ {other}")) == (one < other)
