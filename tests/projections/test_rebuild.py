"""Building the read tables anew, while pages read and the log grows."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from contextlib import closing
from uuid import UUID, uuid4

import psycopg
import pytest

import projections.rebuild
from domain.anchor import Anchor
from domain.log import SYSTEM, Log
from domain.proposal import Proposal, Standing
from projections.follower import CannotApply, Follower, rebuild
from projections.reads import ReadPool
from tests.ledger.writing import Doing, wait_until
from tests.projections.tables import replayed
from tests.projections.test_follower import POISON, assert_whole, followed, shows
from tests.projections.test_follower import _what_no_index_takes as what_no_index_takes
from tests.projections.test_follower import organisations as more
from tests.scenario import NOW
from tests.story import a_comment, a_consultation, a_proposal, an_adopted_revision


def generation(url: str) -> UUID:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT generation FROM read.follower").fetchone()
    assert row
    found: UUID = row[0]
    return found


def schemas(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname ~ '^(read|now|past)'"
        ).fetchall()
    return {name for (name,) in found}


def waits_to_swap(url: str) -> bool:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT FROM pg_stat_activity WHERE application_name = 'samrad rebuild'"
            " AND wait_event_type = 'Lock' AND datname = current_database()"
        ).fetchone()
    return found is not None


def test_pages_see_no_gap_while_the_tables_are_rebuilt_under_them(
    log: Log, follower: Follower, database: str
) -> None:
    stop = threading.Event()
    generations = set()

    def read(pool: ReadPool) -> int:
        looks, seen = 0, 0
        while not stop.is_set():
            with pool() as now:
                # Every entry has a row in one table, and here an organisation's in
                # another: whatever tables a page sees, they are of one moment.
                organisations = now.value("SELECT count(*) FROM organisation")
                assert now.value("SELECT count(*) FROM entry") == organisations
                position = now.position
                assert position == organisations
                generations.add(now.value("SELECT generation FROM read.follower"))
            assert position >= seen
            seen = position
            with pool(position // 2) as then:
                assert then.value("SELECT count(*) FROM entry") == position // 2
            looks += 1
        return looks

    def write() -> None:
        while not stop.is_set():
            shows(database, more(log, 5) - 20)

    shown = more(log, 50)
    with closing(ReadPool(database, size=6)) as pool, followed(follower):
        shows(database, shown)
        reading = Doing(read, *[(pool,)] * 4)
        writing = Doing(write, ())
        try:
            for _ in range(4):
                rebuild(log, database, batch=20)
                assert not writing.errors
                assert not reading.errors
        finally:
            stop.set()
        writing.join()
        assert all(looks > 3 for looks in reading.join())
        shows(database, log.recorder.max_notification_id() or 0)
    assert_whole(log, database)
    assert len(generations) >= 3
    assert schemas(database) == {"read", "now", "past"}


def test_a_page_that_is_being_read_is_waited_for_and_others_go_on(
    log: Log, follower: Follower, reads: ReadPool, database: str
) -> None:
    more(log, 5)
    follower.catch_up()
    before = generation(database)
    with closing(ReadPool(database, size=4, timeout=30)) as others:
        with reads() as page:
            assert page.value("SELECT count(*) FROM organisation") == 5
            rebuilding = Doing(rebuild, (log, database))
            wait_until(lambda: waits_to_swap(database))
            with others() as other:
                assert other.value("SELECT count(*) FROM organisation") == 5
            assert page.value("SELECT generation FROM read.follower") == before
            assert page.value("SELECT count(*) FROM organisation") == 5
        assert rebuilding.join() == [5]
        with others() as other:
            assert other.value("SELECT generation FROM read.follower") != before


def test_who_reads_the_old_tables_behind_our_back_keeps_them_for_a_while(
    log: Log,
    follower: Follower,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(projections.rebuild, "_LONGEST_READ", "50ms")
    more(log, 5)
    follower.catch_up()
    with psycopg.connect(database) as somebody:
        somebody.execute("SELECT FROM read.organisation")
        rebuild(log, database)
        assert "read_old" in schemas(database)
        assert_whole(log, database)
    rebuild(log, database)
    assert schemas(database) == {"read", "now", "past"}


def test_what_is_recorded_during_a_rebuild_is_in_it(
    log: Log, follower: Follower, database: str
) -> None:
    more(log, 30)

    def progress(done: int, of: int) -> None:
        seen.append((done, of))
        if len(seen) < 4:
            more(log, 10)
            follower.catch_up()

    seen: list[tuple[int, int]] = []
    assert rebuild(log, database, progress, batch=10) == 60
    assert [done for done, _ in seen] == [10, 20, 30, 40, 50, 60]
    assert seen[0][1] == 30
    assert_whole(log, database)
    assert follower.catch_up() == 60


def test_rebuilds_at_the_same_time_come_one_after_the_other(
    log: Log, follower: Follower, database: str
) -> None:
    more(log, 40)
    before = generation(database)
    done = Doing(rebuild, *[(log, database)] * 3).join()
    assert done == [40, 40, 40]
    assert generation(database) != before
    assert_whole(log, database)


def test_an_entry_that_cannot_be_applied_leaves_the_old_tables(
    log: Log, follower: Follower, database: str
) -> None:
    more(log, 3)
    follower.catch_up()
    before = generation(database)
    proposal = log.get(Proposal, a_proposal(log, a_consultation(log)))
    nowhere = {uuid4(): Standing(1, Anchor(None))}
    proposal.place_anchors(nowhere, by=SYSTEM, now=NOW)
    at = log.record(proposal).position
    more(log, 3)
    with pytest.raises(CannotApply) as stopped:
        rebuild(log, database, batch=100)
    assert stopped.value.position == at
    assert generation(database) == before
    with replayed(log, database) as tables:
        tables.apply(3)
        assert tables.differences_from_live() == []


# What only an index refuses is found when the indexes are made, at the end.
@pytest.mark.parametrize("batch", [1, 3, 100])
@pytest.mark.parametrize(
    "poison",
    [each for each in POISON if each is not what_no_index_takes],
    ids=lambda poison: poison.__name__,
)
def test_the_first_entry_that_cannot_be_applied_is_named(
    log: Log, database: str, poison: Callable[[Log], None], batch: int
) -> None:
    more(log, 4)
    poison(log)
    at = log.head()
    more(log, batch)
    for another in POISON:
        another(log)
    with pytest.raises(CannotApply) as stopped:
        rebuild(log, database, batch=batch)
    assert stopped.value.position == at
    assert re.fullmatch(POISON[poison], stopped.value.reason)


def test_an_empty_log_gives_empty_tables(log: Log, database: str) -> None:
    assert rebuild(log, database) == 0
    assert_whole(log, database)


def test_every_index_is_there_again(log: Log, database: str) -> None:
    def indexes() -> list[str]:
        with psycopg.connect(database) as connection:
            found = connection.execute(
                "SELECT indexdef FROM pg_indexes WHERE schemaname = 'read' ORDER BY 1"
            ).fetchall()
        return [definition for (definition,) in found]

    before = indexes()
    rebuild(log, database)
    assert indexes() == before
    assert len(before) > 40


def test_pages_have_figures_to_plan_by_after_a_rebuild(log: Log, database: str) -> None:
    proposal = a_proposal(log, a_consultation(log))
    for _ in range(5):
        a_comment(log, proposal)
    an_adopted_revision(log, proposal)
    rebuild(log, database)
    with psycopg.connect(database) as connection:
        row = connection.execute(
            "SELECT reltuples FROM pg_class WHERE oid = 'read.comment'::regclass"
        ).fetchone()
    assert row == (5,)
