"""Waiting for the pages to show what was recorded, and not for ever."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

import psycopg
from starlette.requests import Request

from domain.log import Log, Receipt
from projections.follower import Follower
from projections.reads import ReadPool
from projections.shown import Shown
from tests.ledger.writing import wait_until
from tests.story import an_organisation
from web.settled import settled


def asking(reads: ReadPool, shown: Shown) -> Request:
    return Request({"type": "http", "state": {"reads": reads, "shown": shown}})


def heard(shown: Shown, position: int) -> None:
    wait_until(shown.wait, position, 0)


def test_what_the_pages_show_is_settled(
    log: Log, follower: Follower, reads: ReadPool, shown: Shown
) -> None:
    an_organisation(log)
    recorded = Receipt(log.head(), datetime.now(UTC))
    assert not settled(asking(reads, shown), recorded)
    follower.catch_up()
    assert settled(asking(reads, shown), recorded)


def test_what_the_pages_show_is_heard_without_asking_them(
    log: Log, follower: Follower, shown: Shown
) -> None:
    an_organisation(log)
    follower.catch_up()
    heard(shown, log.head())


def test_who_hears_nothing_asks(log: Log, follower: Follower, reads: ReadPool) -> None:
    an_organisation(log)
    follower.catch_up()
    with closing(Shown("postgresql://nobody@127.0.0.1:1/nothing")) as deaf:
        deaf.start()
        recorded = Receipt(log.head(), datetime.now(UTC))
        assert settled(asking(reads, deaf), recorded)


def test_what_is_shown_is_heard_again_when_the_connection_was_lost(
    log: Log, follower: Follower, shown: Shown, database: str
) -> None:
    ended = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'samrad shown' AND datname = current_database()"
    )
    with psycopg.connect(database, autocommit=True) as owner:
        wait_until(lambda: owner.execute(ended).fetchone())
    an_organisation(log)
    follower.catch_up()
    heard(shown, log.head())


def test_what_is_recorded_is_no_failure_when_the_database_goes_away_after_it() -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    with (
        closing(ReadPool(nowhere, size=1, timeout=0.1)) as reads,
        closing(Shown(nowhere)) as deaf,
    ):
        assert not settled(asking(reads, deaf), Receipt(1, datetime.now(UTC)))
