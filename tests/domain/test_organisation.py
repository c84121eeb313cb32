"""The rules of an organisation, and of who may speak for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.log import SYSTEM, Log, NotAllowed, NotFound
from domain.organisation import (
    ORGANISATION_KINDS,
    Organisation,
    OrganisationNameIsMissing,
    OrganisationNameIsTooLong,
    UnknownOrganisationKind,
    change_organisation,
    end_mandate,
    give_mandate,
    register_organisation,
)
from domain.person import NoMandate, Person
from tests.scenario import NOW, THING, Fact, given
from tests.story import a_person, an_organisation

DETAILS: dict[str, Any] = {
    "name": "Region Norrskog",
    "kind": "region",
    "number": "232100-0001",
    "county": "Norrskogs län",
    "care_regions": ["norra"],
}
registered = Fact(Organisation.Registered, by=SYSTEM, reference="r1", **DETAILS)


def test_an_organisation_is_registered_with_its_place() -> None:
    given().when(
        lambda _: Organisation.register(
            id=THING, reference="r1", by=SYSTEM, now=NOW, **DETAILS
        )
    ).then(registered)


@pytest.mark.parametrize("kind", ORGANISATION_KINDS)
def test_there_are_as_many_kinds_as_figures_are_broken_down_by(kind: str) -> None:
    given().when(
        lambda _: Organisation.register(
            id=THING, name=" X ", kind=kind, by=SYSTEM, now=NOW
        )
    ).then(
        Fact(
            Organisation.Registered,
            by=SYSTEM,
            name="X",
            kind=kind,
            number="",
            county="",
            care_regions=[],
            reference="",
        )
    )


def test_a_correction_replaces_what_the_register_says() -> None:
    new = {**DETAILS, "name": "Norrskogs region", "care_regions": ["norra", "södra"]}
    given(Organisation, registered).when(
        lambda body: body.change_details(by=SYSTEM, now=NOW, **new)
    ).then(Fact(Organisation.DetailsChanged, by=SYSTEM, **new))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"name": " "}, OrganisationNameIsMissing),
        ({"name": "x" * 301}, OrganisationNameIsTooLong),
        ({"kind": "kingdom"}, UnknownOrganisationKind),
    ],
)
def test_name_and_kind_are_checked_at_entry_and_at_correction(
    wrong: dict[str, str], reason: type[OrganisationNameIsMissing]
) -> None:
    details = {**DETAILS, **wrong}
    given().when(
        lambda _: Organisation.register(id=THING, by=SYSTEM, now=NOW, **details)
    ).then_refused(reason)
    given(Organisation, registered).when(
        lambda body: body.change_details(by=SYSTEM, now=NOW, **details)
    ).then_refused(reason)


def test_the_register_is_the_secretariats(log: Log) -> None:
    officer, visitor = a_person(log, role="officer"), a_person(log)
    id = uuid4()
    register_organisation(log, id=id, by=officer, now=NOW, **DETAILS)
    change_organisation(log, id=id, by=officer, now=NOW, **DETAILS)
    with pytest.raises(NotAllowed):
        register_organisation(log, id=uuid4(), by=visitor, now=NOW, **DETAILS)
    with pytest.raises(NotAllowed):
        change_organisation(log, id=id, by=visitor, now=NOW, **DETAILS)


def test_a_mandate_is_given_and_ended_by_the_secretariat(log: Log) -> None:
    officer, person, body = (
        a_person(log, role="officer"),
        a_person(log),
        an_organisation(log),
    )

    def give(by: UUID, organisation: UUID = body) -> None:
        give_mandate(
            log,
            person=person,
            organisation=organisation,
            begins=NOW,
            ends=NOW + timedelta(days=9),
            by=by,
            now=NOW,
        )

    give(officer)
    assert log.look(Person, person).may_speak_for(body, NOW)
    end_mandate(log, person=person, organisation=body, by=officer, now=NOW)
    assert not log.look(Person, person).may_speak_for(body, NOW)
    with pytest.raises(NoMandate):
        end_mandate(log, person=person, organisation=body, by=officer, now=NOW)
    with pytest.raises(NotAllowed):
        give(person)
    with pytest.raises(NotAllowed):
        end_mandate(log, person=person, organisation=body, by=person, now=NOW)
    with pytest.raises(NotFound):
        give(officer, uuid4())
