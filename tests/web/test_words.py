"""Every code that the domain writes has a word in both languages."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from domain.comment import COMMENT_KINDS
from domain.consultation import ACCESSES, DISPLAYS
from domain.erasure import BASES, ERASURE_KINDS, GROUNDS
from domain.issue import DISPOSITIONS
from domain.organisation import ORGANISATION_KINDS
from domain.person import ROLES
from domain.secrecy import REASSESSMENTS
from domain.text import KINDS
from web.language import missing
from web.words import TONES, WORDS, choices, tone, word

WRITTEN: list[tuple[str, Sequence[str]]] = [
    ("comment kind", COMMENT_KINDS),
    ("disposition", ("", *DISPOSITIONS)),
    ("access", ACCESSES),
    ("display", DISPLAYS),
    ("organisation kind", ORGANISATION_KINDS),
    ("role", ROLES),
    ("passage", KINDS),
    ("ground", GROUNDS),
    ("basis", BASES),
    ("reassessment", REASSESSMENTS),
    ("erasure kind", ERASURE_KINDS),
]


@pytest.mark.parametrize(("of", "codes"), WRITTEN)
def test_every_code_of_the_domain_has_a_word(of: str, codes: Sequence[str]) -> None:
    assert list(WORDS[of]) == list(codes)


@pytest.mark.parametrize("of", WORDS)
def test_every_word_is_said_in_swedish_too(of: str) -> None:
    missing.clear()
    said = [word(code, of, language="sv") for code in WORDS[of]]
    assert not missing
    assert len(set(said)) == len(said)


def test_the_same_english_word_can_be_two_in_swedish() -> None:
    assert word("reviewed", "revision", language="sv") == "Granskad"
    assert word("open", "consultation", language="sv") == "Öppet"
    assert word("open", "access", language="sv") == "Öppet för alla"


def test_a_code_that_nobody_knows_stands_as_it_is() -> None:
    assert word("parish", "organisation kind", language="sv") == "parish"


def test_a_tag_has_a_colour_only_where_it_says_something() -> None:
    assert tone("accepted", "disposition") == "success"
    assert tone("noted", "disposition") == "neutral"
    assert tone("general", "comment kind") == "neutral"
    assert all(code in WORDS[of] for of, tones in TONES.items() for code in tones)


def test_choices_come_in_the_order_of_the_domain_in_the_readers_language() -> None:
    kinds = [("general", "Allmän"), ("technical", "I sak")]
    assert choices("comment kind", "sv")[:2] == kinds
    assert choices("comment kind", "en")[0] == ("general", "General")
