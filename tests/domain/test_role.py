"""Who gives roles and takes them back, and that somebody can always decide."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from domain.log import SYSTEM, Log, NotAllowed, NotFound
from domain.person import Person
from domain.role import NobodyCouldDecide, grant_role, revoke_role
from tests.scenario import NOW
from tests.story import a_consultation, a_person


def test_a_chair_gives_roles_in_the_own_round_only(log: Log) -> None:
    here, there = a_consultation(log), a_consultation(log)
    chair = a_person(log, role="chair", consultation=here)
    person = a_person(log)
    grant_role(log, person=person, role="editor", consultation=here, by=chair, now=NOW)
    assert log.look(Person, person).has_role(here, "editor")
    for consultation in (there, None):
        with pytest.raises(NotAllowed):
            grant_role(
                log,
                person=person,
                role="editor",
                consultation=consultation,
                by=chair,
                now=NOW,
            )
    revoke_role(log, person=person, role="editor", consultation=here, by=chair, now=NOW)
    assert not log.look(Person, person).has_role(here, "editor")


def test_an_officer_gives_no_roles(log: Log) -> None:
    officer = a_person(log, role="officer")
    for act in (grant_role, revoke_role):
        with pytest.raises(NotAllowed):
            act(
                log,
                person=officer,
                role="chair",
                consultation=None,
                by=officer,
                now=NOW,
            )


def test_no_role_is_given_in_a_round_that_there_is_not(log: Log) -> None:
    # All zeros is how the read tables say "in every round".
    person = a_person(log)
    for nowhere in (uuid4(), UUID(int=0), person):
        with pytest.raises(NotFound):
            grant_role(
                log, person=person, role="chair", consultation=nowhere, by=SYSTEM,
                now=NOW,
            )  # fmt: skip
    assert log.look(Person, person).roles == set()


def test_the_last_who_can_decide_in_a_round_stays_able_to(log: Log) -> None:
    here, there = a_consultation(log), a_consultation(log)
    chair = a_person(log, role="chair", consultation=here)
    elsewhere = a_person(log, role="chair", consultation=there)
    editor = a_person(log, role="editor", consultation=here)

    def revoke(by: UUID, *others: UUID) -> None:
        revoke_role(
            log, person=chair, role="chair", consultation=here, others=others, by=by,
            now=NOW,
        )  # fmt: skip

    for others in ((), (chair,), (elsewhere, editor)):
        with pytest.raises(NobodyCouldDecide):
            revoke(chair, *others)
    another = a_person(log, role="chair", consultation=here)
    revoke(chair, editor, another)
    assert not log.look(Person, chair).has_role(here, "chair")


def test_a_chair_everywhere_decides_in_each_round_too(log: Log) -> None:
    here = a_consultation(log)
    chair = a_person(log, role="chair", consultation=here)
    everywhere = a_person(log, role="chair")
    revoke_role(
        log, person=chair, role="chair", consultation=here, others=[everywhere],
        by=chair, now=NOW,
    )  # fmt: skip
    with pytest.raises(NobodyCouldDecide):
        revoke_role(
            log, person=everywhere, role="chair", consultation=None, others=[chair],
            by=everywhere, now=NOW,
        )  # fmt: skip


def test_who_decides_everywhere_can_give_up_one_round(log: Log) -> None:
    here = a_consultation(log)
    chair = a_person(log, role="chair")
    for act in (grant_role, revoke_role):
        act(log, person=chair, role="chair", consultation=here, by=chair, now=NOW)
    assert log.look(Person, chair).has_role(here, "chair")


def test_the_operator_may_leave_a_round_without_a_chair(log: Log) -> None:
    here = a_consultation(log)
    chair = a_person(log, role="chair", consultation=here)
    revoke_role(log, person=chair, role="chair", consultation=here, by=SYSTEM, now=NOW)
    assert log.look(Person, chair).roles == set()
