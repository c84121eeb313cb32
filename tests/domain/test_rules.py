"""What holds for every rule: it is proved, and it speaks both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from eventsourcing.domain import Aggregate

import domain
from domain.log import Conflict, Fact, NotFound, Refused

TESTS = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))


def _under(kind: type) -> set[type]:
    return {kind}.union(*map(_under, kind.__subclasses__()))


def _of_the_domain(kinds: set[type]) -> list[type]:
    """Those of this room, whatever else the process has read in."""
    ours = (kind for kind in kinds if kind.__module__.startswith("domain."))
    return sorted(ours, key=lambda kind: kind.__qualname__)


REFUSALS = _of_the_domain(_under(Refused) - {Refused})
FACTS = _of_the_domain(_under(Fact))
STORED = [kind for kind in FACTS if "TOPIC" in vars(kind)]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda kind: kind.__name__)
def test_every_refusal_has_a_sentence_in_each_language(refusal: type[Refused]) -> None:
    assert refusal.en != Refused.en or refusal is Refused
    assert refusal.sv != Refused.sv
    for sentence in (refusal.en, refusal.sv):
        assert sentence[0].isupper() or sentence[0] in "“”"
        assert sentence.endswith(".")
    assert refusal.en != refusal.sv
    assert refusal.__doc__


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda kind: kind.__name__)
def test_every_refusal_is_proved(refusal: type[Refused]) -> None:
    proofs = (
        f"raises({refusal.__name__}",
        f"then_refused({refusal.__name__}",
        f"then_refused(\n        {refusal.__name__}",
        f", {refusal.__name__})",
        f"            {refusal.__name__}\n        )",
        f"            {refusal.__name__},\n",
    )
    assert refusal in (Conflict, NotFound) or any(proof in TESTS for proof in proofs)


@pytest.mark.parametrize("fact", STORED, ids=lambda kind: kind.__qualname__)
def test_every_fact_is_proved(fact: type[Fact]) -> None:
    assert fact.__qualname__ in TESTS


def test_every_noun_is_known_when_the_domain_is() -> None:
    nouns = {vars(kind)["TOPIC"] for kind in _under(Aggregate) if "TOPIC" in vars(kind)}
    assert nouns >= {
        "comment",
        "consultation",
        "issue",
        "organisation",
        "person",
        "proposal",
        "revision",
    }
    assert nouns <= {*domain.__all__}
