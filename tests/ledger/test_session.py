"""What is kept of sessions, links and attempts, in a real PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from ledger.session import SCHEMA, Sessions

ASTRID = "astrid@example.se"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def sessions(database: str) -> Iterator[Sessions]:
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(
            "DO $$ BEGIN CREATE ROLE samrad_web NOLOGIN;"
            " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
        owner.execute(SCHEMA.read_bytes())
    sessions = Sessions.at(database)
    yield sessions
    sessions.close()


def age(url: str, table: str, **columns: timedelta) -> None:
    """Make the rows of a table older than they are."""
    with psycopg.connect(url, autocommit=True) as owner:
        for column, by in columns.items():
            owner.execute(
                SQL("UPDATE session.{} SET {} = now() - %s").format(
                    Identifier(table), Identifier(column)
                ),
                (by,),
            )


def test_of_many_who_use_a_link_at_once_one_gets_in(sessions: Sessions) -> None:
    token = sessions.make_link(ASTRID, "")
    ready = threading.Barrier(8)

    def use(_: int) -> bool:
        ready.wait()
        return sessions.use_link(token) is not None

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(use, range(8))).count(True) == 1


def test_tokens_are_not_stored(sessions: Sessions, database: str) -> None:
    tokens = [sessions.begin(uuid4()), sessions.make_link(ASTRID, "")]
    with psycopg.connect(database) as owner:
        for table in ("session", "link"):
            stored = str(owner.execute(f"TABLE session.{table}").fetchall())
            assert not any(token in stored for token in tokens)
    assert all(len(token) >= 43 for token in tokens), "256 bits"


@pytest.mark.parametrize(
    ("unused", "begun", "in_force"),
    [
        (timedelta(hours=23), timedelta(days=13), True),
        (timedelta(hours=25), timedelta(days=13), False),
        (timedelta(0), timedelta(days=15), False),
    ],
)
def test_a_session_ends_when_it_is_not_used_and_in_any_case(
    sessions: Sessions,
    database: str,
    unused: timedelta,
    begun: timedelta,
    in_force: bool,
) -> None:
    person = uuid4()
    token = sessions.begin(person)
    age(database, "session", seen_at=unused, begun_at=begun)
    assert (sessions.find(token) is not None) == in_force
    assert (len(sessions.of(person)) == 1) == in_force


def test_using_a_session_keeps_it_alive(sessions: Sessions, database: str) -> None:
    person = uuid4()
    token = sessions.begin(person)
    age(database, "session", seen_at=timedelta(hours=20))
    assert sessions.find(token) is not None
    (found,) = sessions.of(person)
    assert datetime.now(UTC) - found.seen_at < timedelta(minutes=1)


def test_what_is_too_old_is_deleted_when_somebody_signs_in(
    sessions: Sessions, database: str
) -> None:
    sessions.begin(uuid4())
    sessions.make_link(ASTRID, "")
    sessions.reserve(ASTRID, uuid4())
    sessions.attempt({"a": 1}, timedelta(seconds=1))
    long_ago = timedelta(days=31)
    age(database, "session", seen_at=long_ago, begun_at=long_ago)
    age(database, "link", made_at=long_ago)
    age(database, "address", reserved_at=long_ago)
    age(database, "attempt", full_at=long_ago)
    sessions.begin(uuid4())
    with psycopg.connect(database) as owner:
        left = {
            table: owner.execute(f"SELECT FROM session.{table}").rowcount
            for table in ("session", "link", "address", "attempt")
        }
    assert left == {"session": 1, "link": 0, "address": 0, "attempt": 0}


def test_attempts_come_back_one_by_one(sessions: Sessions) -> None:
    before = datetime.now(UTC)
    allowed = [sessions.attempt({"a": 3}, MINUTE) for _ in range(3)]
    assert allowed == [None] * 3
    retry_at = sessions.attempt({"a": 3}, MINUTE)
    assert retry_at is not None
    third = timedelta(seconds=20)
    assert before + third <= retry_at <= datetime.now(UTC) + third
    assert sessions.attempt({"b": 3}, MINUTE) is None


def test_an_attempt_that_was_refused_does_not_count(sessions: Sessions) -> None:
    first = timedelta(milliseconds=300)
    assert sessions.attempt({"a": 1}, first) is None
    retry_at = sessions.attempt({"a": 1}, first)
    assert retry_at is not None
    assert sessions.attempt({"a": 1}, first) == retry_at


def test_a_limit_holds_over_several_processes(sessions: Sessions) -> None:
    with ThreadPoolExecutor(8) as threads:
        tries = [{"a": 10}] * 40
        answers = list(threads.map(lambda who: sessions.attempt(who, MINUTE), tries))
    assert answers.count(None) == 10


def test_who_is_counted_together_does_not_wait_in_circles(sessions: Sessions) -> None:
    there = {f"key {n}": 1000 for n in range(60)}
    back = dict(reversed(there.items()))
    with ThreadPoolExecutor(4) as threads:
        tries = [there, back] * 20
        answers = list(threads.map(lambda who: sessions.attempt(who, MINUTE), tries))
    assert answers == [None] * len(tries)
