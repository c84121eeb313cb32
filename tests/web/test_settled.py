"""Waiting for the pages to show what was recorded, and not for ever."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

from starlette.requests import Request

from domain.log import Log, Receipt
from projections.follower import Follower
from projections.reads import ReadPool
from tests.story import an_organisation
from web.settled import settled


def asking(reads: ReadPool) -> Request:
    return Request({"type": "http", "state": {"reads": reads}})


def test_what_the_pages_show_is_settled(
    log: Log, follower: Follower, reads: ReadPool
) -> None:
    an_organisation(log)
    recorded = Receipt(log.head(), datetime.now(UTC))
    assert not settled(asking(reads), recorded)
    follower.catch_up()
    assert settled(asking(reads), recorded)


def test_what_is_recorded_is_no_failure_when_the_database_goes_away_after_it() -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    with closing(ReadPool(nowhere, size=1, timeout=0.1)) as reads:
        assert not settled(asking(reads), Receipt(1, datetime.now(UTC)))
