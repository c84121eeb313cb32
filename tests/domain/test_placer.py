"""Where stretches of a text stand in another, by the words and by what is around."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from domain.placer import FlatPlacer, Spot

SECTIONS = [
    "Rådet redovisar varje år hur många handledare som länets sjukhus behöver.",
    "Målet är att alla nyanställda barnmorskor erbjuds introduktion och mentor.",
    "Kostnaden beräknas till högst fyra miljoner kronor under femton månader.",
    "Regeringen prövar frågan på nytt när budgeten för nästa period är känd.",
    "Lärosätena anmäler lediga praktikplatser till en gemensam kö före mars.",
    "Uppgifterna lämnas på en blankett som Socialstyrelsen tillhandahåller gratis.",
]
REWORDED = (
    "Målet framöver bör bli att barnmorskor erbjuds rimlig introduktion samt mentor."
)


def placed(quote: str, old: Sequence[str], new: Sequence[str]) -> tuple[Spot, str]:
    """Where the quote stands, and the words there."""
    old_text, new_text = "\n\n".join(old), "\n\n".join(new)
    start = old_text.index(quote)
    spot = FlatPlacer(old_text, new_text).place(start, start + len(quote))
    return spot, new_text[spot.start : spot.end]


def test_what_was_reworded_where_it_stood_is_changed() -> None:
    new = [SECTIONS[0], REWORDED, *SECTIONS[2:]]
    spot, words = placed(SECTIONS[1], SECTIONS, new)
    assert (spot.state, words) == ("changed", REWORDED)


def test_what_was_reworded_within_a_section_that_moved_is_changed() -> None:
    new = [*SECTIONS[3:], SECTIONS[0], REWORDED, SECTIONS[2]]
    spot, words = placed(SECTIONS[1], SECTIONS, new)
    assert (spot.state, words) == ("changed", REWORDED)


def test_what_is_only_alike_and_elsewhere_is_removed_and_asks() -> None:
    alike = "Nu ska alla nyanställda barnmorskor erbjuds introduktion och gott kaffe."
    new = [SECTIONS[0], *SECTIONS[2:5], alike, SECTIONS[5]]
    spot, _ = placed(SECTIONS[1], SECTIONS, new)
    assert (spot.state, spot.certain) == ("removed", False)


def test_what_was_deleted_is_removed_where_its_neighbours_join_up() -> None:
    new = [*SECTIONS[:1], *SECTIONS[2:]]
    spot, _ = placed(SECTIONS[1], SECTIONS, new)
    assert spot == Spot(len(SECTIONS[0]), len(SECTIONS[0]), "removed", True)


@given(st.permutations(range(len(SECTIONS))))
def test_sections_in_another_order_are_found_where_they_went(order: list[int]) -> None:
    new = [SECTIONS[k] for k in order]
    for section in SECTIONS:
        spot, words = placed(section, SECTIONS, new)
        assert words == section
        assert spot.state in ("exact", "moved")
        assert spot.certain


@given(
    st.permutations(range(len(SECTIONS))), st.integers(0, len(SECTIONS) - 1), st.data()
)
def test_a_placer_made_anew_says_the_same(
    order: list[int], gone: int, data: st.DataObject
) -> None:
    new = [SECTIONS[k] for k in order if k != gone]
    old_text, new_text = "\n\n".join(SECTIONS), "\n\n".join(new)
    start = data.draw(st.integers(0, len(old_text) - 1))
    end = data.draw(st.integers(start + 1, len(old_text)))
    one, other = FlatPlacer(old_text, new_text), FlatPlacer(old_text, new_text)
    other.place(0, len(old_text))
    assert one.place(start, end) == other.place(start, end)
