"""Which words move, and which keep their place: known texts and a known truth."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.alignment import gaining
from domain.descent import Descent

PLAN = "Rådet redovisar varje år antalet handledare och deras utbildning i länet"
AIM = "Målet är att alla nyanställda barnmorskor erbjuds introduktion och mentor"
COST = "Kostnaden beräknas till högst fyra miljoner kronor under femton månader"

END = " ".join(f"ord{k}" for k in range(40))


def followed(old: str, new: str) -> dict[str, list[int]]:
    """Where each word of the old text stands in the new one, or -1."""
    descent = Descent(old.split(), new.split())
    found: dict[str, list[int]] = {}
    for word, to in zip(old.split(), descent.to, strict=True):
        found.setdefault(word, []).append(to)
    return found


def test_a_reworded_stretch_keeps_its_place_though_a_copy_has_more_of_it() -> None:
    reworded = PLAN.replace("handledare", "mentorer")
    new = f"{AIM} {reworded} {COST} {PLAN}"
    found = followed(f"{AIM} {PLAN} {COST}", new)
    assert found["Rådet"] == [new.split().index("Rådet")]
    assert found["länet"] == [new.split().index("länet")]


def test_only_the_part_that_left_moves_when_the_rest_was_reworded_in_place() -> None:
    reworded = PLAN.replace("deras utbildning", "annat")
    found = followed(
        f"{COST} {AIM} {PLAN} {END}", f"{COST} {reworded} {END} {AIM} {PLAN}"
    )
    words = f"{COST} {reworded} {END} {AIM}".split()
    assert found["Målet"] == [words.index("Målet")]
    assert found["Rådet"] == [words.index("Rådet")]


def test_what_left_moves_whole_though_chance_words_match_where_it_stood() -> None:
    new = f"Målet är en plan och {COST} {PLAN} {AIM}"
    found = followed(f"{AIM} {PLAN} {COST}", new)
    words = new.split()
    assert found["Målet"] == [len(words) - len(AIM.split())]


def test_a_sentence_keeps_its_own_stop_when_another_is_put_in_after_it() -> None:
    old = f"1 ; {PLAN} . {AIM} . {COST}"
    new = f"2 ; {PLAN} . {END} . {AIM} . {COST}"
    first, second = followed(old, new)["."]
    assert first == new.split().index(".")
    assert second == new.split().index(AIM.split()[-1]) + 1


@given(st.lists(st.integers(-3, 3).map(float), max_size=12), st.floats(0, 4))
def test_no_stretch_that_gains_enough_is_left_out(
    gains: list[float], least: float
) -> None:
    found = gaining(gains, least)
    assert all(a.stop <= b.start for a, b in pairwise(found))
    assert all(sum(gains[k] for k in stretch) > least for stretch in found)
    sums = [
        sum(gains[i:j]) for i in range(len(gains)) for j in range(i, len(gains) + 1)
    ]
    most = max(sums, default=0.0)
    if most > least:
        assert max(sum(gains[k] for k in stretch) for stretch in found) == most
    else:
        assert found == []


@given(st.lists(st.sampled_from("abcdef"), max_size=40))
def test_an_unchanged_text_stands_where_it_stood(words: list[str]) -> None:
    descent = Descent(words, words)
    assert descent.to == descent.origin == list(range(len(words)))
    assert not any(descent.moved)


@given(
    st.lists(st.sampled_from("abcdef"), max_size=40),
    st.lists(st.sampled_from("abcdef"), max_size=40),
)
def test_origins_and_places_agree(old: list[str], new: list[str]) -> None:
    descent = Descent(old, new)
    there = {(i, j) for i, j in enumerate(descent.to) if j >= 0}
    assert there == {(i, j) for j, i in enumerate(descent.origin) if i >= 0}
    assert all(old[i] == new[j] for i, j in there)
