"""A form that waits while its sender signs in is kept for a day, and no longer."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from ledger.session import Sessions

TYPED = {"text": "Handledarna räcker inte till.", "kind": "general"}


@pytest.fixture
def sessions(database: str) -> Iterator[Sessions]:
    found = Sessions.at(database, size=1)
    yield found
    found.close()


def kept(database: str) -> int:
    with psycopg.connect(database) as owner:
        row = owner.execute("SELECT count(*) FROM session.typed").fetchone()
    assert row is not None
    return int(row[0])


def test_only_the_token_leads_to_what_was_typed(sessions: Sessions) -> None:
    token = sessions.keep_typed(TYPED)
    assert sessions.typed(token) == TYPED
    assert sessions.typed(token + "x") == {}
    assert sessions.typed("") == {}


def test_what_has_been_sent_is_deleted(sessions: Sessions, database: str) -> None:
    token = sessions.keep_typed(TYPED)
    sessions.forget_typed(token)
    assert sessions.typed(token) == {}
    assert kept(database) == 0


def test_what_is_older_than_a_day_is_not_given_out_and_goes_away(
    sessions: Sessions, database: str
) -> None:
    token = sessions.keep_typed(TYPED)
    with psycopg.connect(database) as owner:
        owner.execute("UPDATE session.typed SET kept_at = now() - interval '25 hours'")
    assert sessions.typed(token) == {}
    sessions.keep_typed(TYPED)
    assert kept(database) == 1
