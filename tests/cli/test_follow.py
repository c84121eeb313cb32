"""`samrad follow` keeps the pages in step, and ends with a reason it can be told by."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import psycopg
import pytest

from cli import follow as following
from cli.health import follower as health
from cli.opening import NotLaidOut, Opened
from tests import story
from tests.cli.installation import until


def positions_shown(url: str) -> tuple[int, int | None]:
    """How far the read tables have come, and the entry that stopped them."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT position, stopped_at FROM read.follower"
        ).fetchone()
    assert row is not None
    return row


def poison(url: str) -> int:
    """Append an entry that no event can be made of; returns its position."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT log.append(ARRAY[1], ARRAY[gen_random_uuid()], ARRAY[1::bigint],"
            " ARRAY['comment.submitted'], ARRAY['no json'::bytea],"
            " ARRAY[NULL::bytea])"
        ).fetchone()
    assert row is not None
    return int(row[0][0])


def test_it_shows_what_is_recorded_until_it_is_told_to_stop(opened: Opened) -> None:
    stop = threading.Event()
    with ThreadPoolExecutor() as pool:
        running: Future[int] = pool.submit(following.follow, opened.database, stop)
        story.an_organisation(opened.log)
        until(lambda: positions_shown(opened.database.web) == (1, None), "one entry")
        assert health(opened.database.follower).is_well
        stop.set()
        assert running.result(timeout=10) == 0


def test_an_entry_that_can_not_be_applied_ends_it_with_code_1_and_is_named(
    opened: Opened,
) -> None:
    story.an_organisation(opened.log)
    position = poison(opened.database.owner)

    assert following.follow(opened.database, threading.Event()) == 1

    assert positions_shown(opened.database.web) == (position - 1, position)
    verdict = health(opened.database.follower)
    assert not verdict.is_well
    assert verdict.said.startswith(f"stopped by entry {position}: ")


def test_tables_that_another_release_has_built_are_left_to_it(opened: Opened) -> None:
    stop = threading.Event()
    with ThreadPoolExecutor() as pool:
        running = pool.submit(following.follow, opened.database, stop)
        story.an_organisation(opened.log)
        until(lambda: positions_shown(opened.database.web)[0] == 1, "one entry")
        with psycopg.connect(opened.database.owner) as connection:
            connection.execute("UPDATE read.follower SET blueprint = 'newer'")
        story.an_organisation(opened.log, "Region Sydslätt")
        assert running.result(timeout=20) == 1


def test_a_database_that_is_not_laid_out_is_not_followed(opened: Opened) -> None:
    with psycopg.connect(opened.database.owner) as connection:
        connection.execute("DROP SCHEMA log CASCADE")
    with pytest.raises(NotLaidOut):
        following.follow(opened.database, threading.Event())


def test_a_follower_that_says_nothing_is_not_well(opened: Opened) -> None:
    with psycopg.connect(opened.database.owner) as connection:
        connection.execute(
            "UPDATE read.follower SET seen_at = now() - interval '1 hour'"
        )
    verdict = health(opened.database.follower)
    assert not verdict.is_well
    assert verdict.said == "not seen for 3600 seconds"


def test_a_database_that_does_not_answer_is_not_well() -> None:
    verdict = health("postgresql://samrad_follower@127.0.0.1:9/samrad")
    assert not verdict.is_well
    assert "no answer from the database" in verdict.said
