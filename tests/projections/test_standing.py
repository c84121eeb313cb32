"""Who is behind a session, and what they may do, as of the very next request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.log import SYSTEM, Log, Unavailable
from domain.organisation import end_mandate
from domain.role import revoke_role
from ledger.session import Sessions
from projections.follower import Follower, rebuild
from projections.standing import Standing, standing_of
from tests.office import Office
from tests.scenario import NOW
from tests.story import a_consultation, a_person, an_organisation


@pytest.fixture
def sessions(database: str) -> Iterator[Sessions]:
    with closing(Sessions.at(database, size=1)) as found:
        yield found


@pytest.fixture
def round(log: Log) -> UUID:
    return a_consultation(log)


@pytest.fixture
def body(log: Log) -> UUID:
    return an_organisation(log, "Region Norrskog")


@pytest.fixture
def astrid(log: Log, round: UUID, body: UUID) -> UUID:
    return a_person(
        log, "Astrid Lind", role="officer", consultation=round, speaks_for=body
    )


def standing(sessions: Sessions, token: str) -> Standing:
    found = standing_of(sessions, token, NOW)
    assert found is not None
    return found


def test_rights_that_are_taken_back_are_gone_at_the_next_question(
    log: Log,
    follower: Follower,
    sessions: Sessions,
    round: UUID,
    body: UUID,
    astrid: UUID,
) -> None:
    follower.catch_up()
    token = sessions.begin(astrid)
    before = standing(sessions, token)
    assert (before.person, before.name) == (astrid, "Astrid Lind")
    assert before.roles == {(round, "officer")}
    assert before.mandates == ((body, "Region Norrskog"),)
    # More often than a statement is asked before its plan is kept.
    assert all(standing(sessions, token) == before for _ in range(10))
    revoke_role(
        log, person=astrid, role="officer", consultation=round, by=SYSTEM, now=NOW
    )
    end_mandate(log, person=astrid, organisation=body, by=SYSTEM, now=NOW)
    follower.catch_up()
    after = standing(sessions, token)
    assert (after.roles, after.mandates) == (frozenset(), ())


def test_a_role_in_all_rounds_is_held_in_no_particular_one(
    log: Log, follower: Follower, sessions: Sessions
) -> None:
    chair = a_person(log, role="chair")
    follower.catch_up()
    assert standing(sessions, sessions.begin(chair)).roles == {(None, "chair")}


def test_somebody_whom_the_tables_do_not_know_yet_has_no_rights(
    sessions: Sessions,
) -> None:
    stranger = uuid4()
    found = standing(sessions, sessions.begin(stranger))
    assert (found.person, found.name, found.roles) == (stranger, "", frozenset())


def test_a_session_that_has_ended_is_nobodys(
    log: Log, follower: Follower, sessions: Sessions, astrid: UUID
) -> None:
    follower.catch_up()
    token = sessions.begin(astrid)
    standing(sessions, token)
    sessions.end(astrid)
    assert standing_of(sessions, token, NOW) is None


def test_the_session_of_somebody_erased_is_nobodys(
    log: Log, follower: Follower, sessions: Sessions
) -> None:
    office = Office(log)
    token = sessions.begin(office.author)
    follower.catch_up()
    standing(sessions, token)
    office.erase("person")
    follower.catch_up()
    assert standing_of(sessions, token, NOW) is None


def test_a_rebuild_in_between_is_not_noticed(
    log: Log, follower: Follower, sessions: Sessions, astrid: UUID, database: str
) -> None:
    follower.catch_up()
    token = sessions.begin(astrid)
    before = [standing(sessions, token) for _ in range(10)][-1]
    rebuild(log, database)
    assert standing(sessions, token) == before


def test_nobody_is_recognised_before_the_tables_are_made(
    sessions: Sessions, database: str
) -> None:
    token = sessions.begin(uuid4())
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute("DROP SCHEMA read, now, past CASCADE")
    with pytest.raises(Unavailable):
        standing_of(sessions, token, NOW)
