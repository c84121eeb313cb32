"""The rules of a person: names, roles and mandates."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from domain.log import SYSTEM, Log, NotAllowed, NotFound
from domain.person import (
    DECIDERS,
    EDITORS,
    LONGEST_EMAIL,
    ROLES,
    SECRETARIAT,
    AlreadyHasRole,
    EmailIsTooLong,
    HasNotRole,
    MandateEndsBeforeItBegins,
    NameIsMissing,
    NoMandate,
    Person,
    UnknownRole,
    register_person,
    rename_person,
    require_role,
)
from tests.scenario import NOW, THING, Fact, given
from tests.story import a_person

REGION, ROUND, OTHER_ROUND = UUID(int=0x10), UUID(int=0x20), UUID(int=0x21)
DAY = timedelta(days=1)

registered = Fact(
    Person.Registered, by=THING, name="Astrid Lind", email="a@x.se", public_name=True
)
mandated = Fact(
    Person.MandateGiven, by=SYSTEM, organisation=REGION, begins=NOW, ends=NOW + DAY
)
officer = Fact(Person.RoleGranted, by=SYSTEM, role="officer", consultation=ROUND)
officer_everywhere = Fact(
    Person.RoleGranted, by=SYSTEM, role="officer", consultation=None
)


def test_a_person_is_registered_with_a_tidy_name_and_address() -> None:
    given().when(
        lambda _: Person.register(
            id=THING,
            name=" Astrid Lind ",
            email=" a@x.se",
            public_name=True,
            by=THING,
            now=NOW,
        )
    ).then(registered)


def test_an_address_that_no_index_takes_is_refused() -> None:
    def register(email: str) -> Person:
        return Person.register(
            id=THING, name="A", email=email, public_name=True, by=THING, now=NOW
        )

    at = "@x.se"
    register(" " + "a" * (LONGEST_EMAIL - len(at)) + at)
    with pytest.raises(EmailIsTooLong):
        register("a" * LONGEST_EMAIL + at)


def test_nobody_is_registered_without_a_name() -> None:
    given().when(
        lambda _: Person.register(
            id=THING, name="  ", email="a@x.se", public_name=True, by=THING, now=NOW
        )
    ).then_refused(NameIsMissing)


def test_a_person_changes_the_name_and_whether_it_is_shown() -> None:
    given(Person, registered).when(
        lambda person: person.rename("Astrid Ek ", public_name=False, by=THING, now=NOW)
    ).then(Fact(Person.Renamed, by=THING, name="Astrid Ek", public_name=False))


def test_a_name_is_not_taken_away() -> None:
    given(Person, registered).when(
        lambda person: person.rename(" ", public_name=True, by=THING, now=NOW)
    ).then_refused(NameIsMissing)


@pytest.mark.parametrize("ends", [NOW + DAY, None])
def test_a_mandate_has_a_beginning_and_perhaps_an_end(ends: datetime | None) -> None:
    given(Person, registered).when(
        lambda person: person.give_mandate(
            REGION, begins=NOW, ends=ends, by=SYSTEM, now=NOW
        )
    ).then(
        Fact(Person.MandateGiven, by=SYSTEM, organisation=REGION, begins=NOW, ends=ends)
    )


def test_a_mandate_does_not_end_before_it_begins() -> None:
    given(Person, registered).when(
        lambda person: person.give_mandate(
            REGION, begins=NOW, ends=NOW, by=SYSTEM, now=NOW
        )
    ).then_refused(MandateEndsBeforeItBegins)


def test_a_mandate_is_in_force_from_its_beginning_until_just_before_its_end() -> None:
    person = given(Person, registered, mandated).thing
    assert not person.may_speak_for(REGION, NOW - timedelta(microseconds=1))
    assert person.may_speak_for(REGION, NOW)
    assert person.may_speak_for(REGION, NOW + DAY - timedelta(microseconds=1))
    assert not person.may_speak_for(REGION, NOW + DAY)
    assert not person.may_speak_for(UUID(int=0x11), NOW)


def test_a_mandate_ends_at_once() -> None:
    given(Person, registered, mandated).when(
        lambda person: person.end_mandate(REGION, by=SYSTEM, now=NOW)
    ).then(Fact(Person.MandateEnded, by=SYSTEM, organisation=REGION))
    ended = Fact(Person.MandateEnded, by=SYSTEM, organisation=REGION)
    person = given(Person, registered, mandated, ended).thing
    assert not person.may_speak_for(REGION, NOW)


def test_only_a_mandate_that_is_held_ends() -> None:
    given(Person, registered).when(
        lambda person: person.end_mandate(REGION, by=SYSTEM, now=NOW)
    ).then_refused(NoMandate)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_can_be_granted_and_revoked(role: str) -> None:
    granted = Fact(Person.RoleGranted, by=SYSTEM, role=role, consultation=ROUND)
    given(Person, registered).when(
        lambda person: person.grant(role, consultation=ROUND, by=SYSTEM, now=NOW)
    ).then(granted)
    given(Person, registered, granted).when(
        lambda person: person.revoke(role, consultation=ROUND, by=SYSTEM, now=NOW)
    ).then(Fact(Person.RoleRevoked, by=SYSTEM, role=role, consultation=ROUND))


def test_what_is_no_role_is_not_granted() -> None:
    given(Person, registered).when(
        lambda person: person.grant("king", consultation=None, by=SYSTEM, now=NOW)
    ).then_refused(UnknownRole, "king")


def test_a_role_is_granted_once() -> None:
    given(Person, registered, officer).when(
        lambda person: person.grant("officer", consultation=ROUND, by=SYSTEM, now=NOW)
    ).then_refused(AlreadyHasRole)


def test_a_role_in_one_round_is_not_revoked_in_another() -> None:
    given(Person, registered, officer).when(
        lambda person: person.revoke(
            "officer", consultation=OTHER_ROUND, by=SYSTEM, now=NOW
        )
    ).then_refused(HasNotRole)


def test_a_role_counts_where_it_was_granted() -> None:
    there = given(Person, registered, officer).thing
    assert there.has_role(ROUND, "officer")
    assert not there.has_role(OTHER_ROUND, "officer")
    assert not there.has_role(None, "officer")
    assert not there.has_role(ROUND, "editor")
    everywhere = given(Person, registered, officer_everywhere).thing
    assert everywhere.has_role(OTHER_ROUND, "chair", "officer")


def test_roles_grow_from_officer_to_chair() -> None:
    assert set(DECIDERS) < set(EDITORS) < set(SECRETARIAT) < set(ROLES)


def test_people_register_themselves_and_the_secretariat_registers_others(
    log: Log,
) -> None:
    officer, visitor = a_person(log, role="officer"), a_person(log)

    def register(by: UUID) -> UUID:
        id = uuid4()
        register_person(
            log, id=id, name="Bo", email="b@x.se", public_name=False, by=by, now=NOW
        )
        return id

    log.look(Person, register(by=officer))
    with pytest.raises(NotAllowed):
        register(by=visitor)


def test_others_are_renamed_by_the_secretariat_only(log: Log) -> None:
    officer, visitor = a_person(log, role="officer"), a_person(log)
    person = a_person(log)
    for by in (person, officer, SYSTEM):
        rename_person(log, id=person, name="Eva", public_name=True, by=by, now=NOW)
    with pytest.raises(NotAllowed):
        rename_person(log, id=person, name="Ada", public_name=True, by=visitor, now=NOW)


def test_somebody_who_does_not_exist_may_do_nothing(log: Log) -> None:
    with pytest.raises(NotFound):
        require_role(log, uuid4(), None, *SECRETARIAT)
