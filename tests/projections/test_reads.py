"""Asking the read tables: one consistent state, of now or of any position."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import LiteralString

import psycopg
import pytest

from domain.log import SYSTEM, Log, Unavailable
from domain.organisation import change_organisation
from projections.follower import Follower, rebuild
from projections.reads import ReadPool, instant_of, position_at
from tests.ledger.writing import Line, wait_until
from tests.scenario import NOW
from tests.story import a_consultation, an_organisation


@dataclass(frozen=True)
class Named:
    name: str


NAMES = "SELECT name FROM organisation ORDER BY name"


def rename(log: Log, id: object, name: str) -> None:
    change_organisation(
        log,
        id=id,  # type: ignore[arg-type]
        name=name,
        kind="region",
        number="",
        county="",
        care_regions=[],
        by=SYSTEM,
        now=NOW,
    )


def test_one_question_is_asked_of_now_and_of_the_past(
    log: Log, follower: Follower, reads: ReadPool
) -> None:
    first = an_organisation(log, "A")
    an_organisation(log, "B")
    rename(log, first, "Å")
    follower.catch_up()
    asked = {}
    for moment in (None, 0, 1, 2, 3, 99):
        with reads(moment) as then:
            asked[moment] = [row.name for row in then.all(Named, NAMES)]
    assert asked == {
        None: ["B", "Å"],
        0: [],
        1: ["A"],
        2: ["A", "B"],
        3: ["B", "Å"],
        99: ["B", "Å"],
    }


def test_how_far_the_tables_show(log: Log, follower: Follower, reads: ReadPool) -> None:
    an_organisation(log)
    follower.catch_up()
    with reads() as now:
        assert now.position == 1
    with reads(7) as then:
        assert then.position == 7


def test_every_question_of_a_page_sees_the_same(
    log: Log, follower: Follower, reads: ReadPool
) -> None:
    an_organisation(log, "A")
    follower.catch_up()
    with reads() as now:
        assert now.position == 1
        an_organisation(log, "B")
        follower.catch_up()
        assert now.all(Named, NAMES) == [Named("A")]
    with reads() as now:
        assert now.all(Named, NAMES) == [Named("A"), Named("B")]


def test_rows_come_as_what_is_asked_for(
    log: Log, follower: Follower, reads: ReadPool
) -> None:
    with reads() as now:
        assert now.one(Named, NAMES) is None
        assert now.value(NAMES) is None
    an_organisation(log, "A")
    follower.catch_up()
    with reads() as now:
        assert now.one(Named, NAMES) == Named("A")
        assert now.value(NAMES) == "A"
        assert now.tuples(NAMES) == [("A",)]
        named = "SELECT name FROM organisation WHERE name = %(name)s"
        assert now.value(named, {"name": "A"}) == "A"


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM organisation",
        "CREATE TABLE mine (x int)",
        "SELECT log.append('{0}', '{00000000-0000-0000-0000-000000000001}',"
        " '{1}', '{a.b}', '{x}', '{NULL}')",
        "UPDATE read.follower SET position = 0",
    ],
)
def test_pages_change_nothing(reads: ReadPool, change: LiteralString) -> None:
    with reads() as now, pytest.raises(psycopg.Error):
        now.value(change)


def test_pages_read_the_views_only(reads: ReadPool) -> None:
    with reads() as now, pytest.raises(psycopg.errors.InsufficientPrivilege):
        now.value("SELECT count(*) FROM read.organisation")


def test_a_page_that_fails_gives_its_connection_back(database: str) -> None:
    class Failed(Exception):
        pass

    with closing(ReadPool(database, size=1, timeout=10)) as pool:
        for moment in (None, 1) * 3:
            with pytest.raises(Failed), pool(moment):
                raise Failed
            with pytest.raises(psycopg.errors.UndefinedTable), pool(moment) as reads:
                reads.value("SELECT FROM nowhere")
        with pool() as reads:
            assert reads.position == 0


def test_connections_that_a_restart_broke_are_passed_over(database: str) -> None:
    with closing(ReadPool(database, size=3, timeout=30)) as pool:
        with pool(), pool(), pool():
            pass
        for _ in range(3):
            _break_connections(database)
            with pool() as reads:
                assert reads.position == 0


def test_questions_stay_prepared_from_one_page_to_the_next(
    log: Log, follower: Follower, database: str
) -> None:
    with closing(ReadPool(database, size=1)) as pool:
        for _ in range(9):
            with pool() as now:
                now.all(Named, NAMES)
        with pool() as now:
            (kept,) = now.tuples(
                "SELECT generic_plans + custom_plans FROM pg_prepared_statements"
                " WHERE statement = %s",
                (NAMES,),
            )
    assert kept[0] > 1


def test_prepared_questions_never_ask_tables_that_have_been_replaced(
    log: Log, follower: Follower, database: str
) -> None:
    """The old tables are made to differ, so that it shows which are asked."""
    an_organisation(log, "A")
    follower.catch_up()
    with (
        closing(ReadPool(database, size=2)) as pool,
        psycopg.connect(database, autocommit=True) as owner,
    ):
        for _ in range(3):
            owner.execute("UPDATE read.organisation SET name = 'old'")
            for moment in (None, 1) * 8:
                with pool(moment) as old:
                    assert old.value(NAMES) == "old"
            with pool() as now, pool(1) as then:
                # Meanwhile the old tables stay: both pages have begun.
                assert (now.value(NAMES), then.value(NAMES)) == ("old", "old")
            rebuild(log, database)
            for moment in (None, 1) * 8:
                with pool(moment) as new:
                    assert new.value(NAMES) == "A"
            with pool(0) as before:
                assert before.value(NAMES) is None


def _break_connections(url: str) -> None:
    with psycopg.connect(url) as killer:
        killer.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'samrad reads' AND datname = current_database()"
        )


def _break_while_reading(pool: ReadPool, url: str) -> None:
    with pool() as reads:
        _break_connections(url)
        reads.value("SELECT 1")


def test_without_tables_or_a_database_pages_are_unavailable(
    log: Log, follower: Follower, database: str
) -> None:
    line = Line(database)
    with closing(ReadPool(line.url, size=2, timeout=0.5)) as pool:
        with pool() as reads:
            assert reads.position == 0
        with psycopg.connect(database) as owner:
            owner.execute("DROP SCHEMA read, now, past CASCADE")
        with pytest.raises(Unavailable), pool():
            pass
        follower.prepare()
        with pool() as reads:
            assert reads.position == 0
        with pytest.raises(Unavailable):
            _break_while_reading(pool, database)
        line.close()
        wait_until(lambda: _is_unavailable(pool))


def _is_unavailable(pool: ReadPool) -> bool:
    try:
        with pool():
            return False
    except Unavailable:
        return True


def test_an_instant_is_the_newest_position_by_then(
    log: Log, follower: Follower, reads: ReadPool
) -> None:
    hour = timedelta(hours=1)
    for n in range(3):
        a_consultation(log, open=False, themes={}, now=NOW + n * hour)
    follower.catch_up()
    with reads() as now:
        instants = [NOW - hour, NOW, NOW + hour / 2, NOW + hour, NOW + 9 * hour]
        assert [position_at(now, at) for at in instants] == [0, 1, 1, 2, 3]
        assert [instant_of(now, n) for n in (0, 1, 2, 9)] == [
            None,
            NOW,
            NOW + hour,
            NOW + 2 * hour,
        ]
        assert position_at(now, datetime.max.replace(tzinfo=UTC)) == 3
