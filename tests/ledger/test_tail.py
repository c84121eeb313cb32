"""Waiting for the log to grow."""

from __future__ import annotations

import psycopg
import pytest

from ledger.recorder import LogRecorder
from ledger.tail import Tail
from tests.ledger.writing import Doing, event, wait_until

LOCK = 7


def listens(url: str) -> bool:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT FROM pg_stat_activity WHERE application_name = 'samrad tail'"
            " AND datname = current_database() AND wait_event = 'ClientRead'"
        ).fetchone()
    return found is not None


def test_what_is_there_already_is_not_waited_for(
    database: str, recorder: LogRecorder
) -> None:
    with Tail(database) as tail:
        assert tail.head() == 0
        recorder.insert_events([event(), event()])
        assert tail.wait(0, timeout=60) == 2
        assert tail.wait(1, timeout=60) == 2


def test_who_waits_is_told_at_once(database: str, recorder: LogRecorder) -> None:
    with Tail(database) as tail:
        waiting = Doing(tail.wait, (0, 60.0))
        wait_until(lambda: listens(database))
        recorder.insert_events([event()])
        assert waiting.join() == [1]


def test_what_is_known_already_wakes_nobody(
    database: str, recorder: LogRecorder
) -> None:
    with Tail(database) as tail:
        assert tail.wait(0, timeout=0.01) == 0
        recorder.insert_events([event()])
        recorder.insert_events([event()])
        waiting = Doing(tail.wait, (2, 60.0))
        recorder.insert_events([event()])
        assert waiting.join() == [3]


@pytest.mark.parametrize("said", ["", "look around"])
def test_whoever_waits_can_be_asked_to_look_around(database: str, said: str) -> None:
    with Tail(database) as tail:
        assert tail.wait(0, timeout=0.01) == 0
        waiting = Doing(tail.wait, (0, 60.0))
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("SELECT pg_notify('log', %s)", (said,))
        assert waiting.join() == [0]


def test_a_wait_ends_also_when_nothing_comes(
    database: str, recorder: LogRecorder
) -> None:
    recorder.insert_events([event()])
    with Tail(database) as tail:
        assert tail.wait(1, timeout=0.01) == 1


def test_one_at_a_time_holds_a_claim_and_it_goes_with_the_holder(database: str) -> None:
    with Tail(database) as second:
        with Tail(database) as first:
            assert first.claim(LOCK)
            assert first.claim(LOCK)
            assert not second.claim(LOCK)
        wait_until(lambda: second.claim(LOCK))


def test_a_tail_can_not_append(database: str) -> None:
    with Tail(database) as tail, pytest.raises(psycopg.errors.InsufficientPrivilege):
        tail._connection.execute(
            "SELECT log.append('{}', '{}', '{}', '{}', '{}', '{}')"
        )
