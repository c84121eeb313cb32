"""The follower: every entry once and in order, whatever happens to it."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent

import ledger.recorder
import projections.replay
from cli.postgres import Server
from domain.anchor import Anchor
from domain.consultation import Consultation
from domain.log import SYSTEM, Entry, Log
from domain.organisation import Organisation
from domain.proposal import Proposal, Standing
from ledger.recorder import LogRecorder
from projections.follower import (
    BLUEPRINT,
    CannotApply,
    Follower,
    PlanHasChanged,
    rebuild,
)
from projections.reads import ReadPool
from projections.rows import Rows
from tests.conftest import lay_out, new_database
from tests.ledger.writing import DEADLINE, Doing, wait_until
from tests.projections.tables import replayed
from tests.scenario import NOW
from tests.story import (
    a_comment,
    a_consultation,
    a_proposal,
    an_organisation,
)
from tests.vault import log_settings

Following = Callable[[Follower], Doing]


def state(url: str) -> tuple[int, int | None, str | None]:
    """How far the tables have come, the entry that stopped them, and why."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT position, stopped_at, error FROM read.follower"
        ).fetchone()
    assert row
    return row


def shows(url: str, position: int) -> None:
    """Wait until the tables show the log up to a position."""
    wait_until(lambda: state(url)[0] >= position)


def organisations(log: Log, many: int) -> int:
    """Register many at once; gives the position reached."""
    registered = [
        Organisation.register(
            id=uuid4(), name=f"Kommun {n}", kind="municipality", by=SYSTEM, now=NOW
        )
        for n in range(many)
    ]
    return log.record(*registered).position


def assert_whole(log: Log, url: str) -> None:
    """The tables are what the whole log says, with nothing missed or applied twice."""
    head = log.recorder.max_notification_id() or 0
    assert state(url)[0] == head
    with replayed(log, url) as tables:
        tables.apply(head, batch=1000)
        assert tables.differences_from_live() == []


@contextmanager
def followed(follower: Follower) -> Iterator[Doing]:
    """The follower at work in a thread of its own, until the block ends."""
    stop = threading.Event()
    following = Doing(follower.follow, (stop,))
    try:
        yield following
    finally:
        stop.set()
        following.join()


def test_entries_are_shown_as_they_come(
    log: Log, follower: Follower, database: str
) -> None:
    with followed(follower):
        for _ in range(5):
            shows(database, organisations(log, 3))
    assert_whole(log, database)


def test_who_listens_is_told_what_the_tables_show(
    log: Log, follower: Follower, database: str
) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("LISTEN read")

        def told() -> list[tuple[str, str]]:
            found = connection.notifies(timeout=DEADLINE, stop_after=1)
            return [(each.channel, each.payload) for each in found]

        position = organisations(log, 5)
        for many in 3, 2:
            assert follower.step(many) == many
            assert told() == [("read", str(state(database)[0]))]
        rebuild(log, database)
        assert told() == [("read", str(position))]


@pytest.mark.parametrize("batch", [1, 2, 7, 500])
def test_batches_of_any_size_give_the_same(
    log: Log, follower: Follower, database: str, batch: int
) -> None:
    proposal = a_proposal(log, a_consultation(log))
    for _ in range(5):
        a_comment(log, proposal)
    head = log.recorder.max_notification_id()
    assert follower.step(batch) == min(batch, head or 0)
    assert follower.catch_up(batch) == head
    assert follower.step(batch) == 0
    assert_whole(log, database)


def test_two_who_apply_at_once_apply_each_entry_once(
    log: Log, follower: Follower, database: str
) -> None:
    organisations(log, 200)
    with closing(Follower(log, database)) as other:
        Doing(Follower.catch_up, (follower, 3), (other, 7)).join()
    assert_whole(log, database)


def test_a_second_follower_waits_and_takes_over(
    log: Log, follower: Follower, database: str
) -> None:
    def claims() -> int:
        with psycopg.connect(database) as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE application_name = 'samrad tail'"
                " AND datname = current_database()"
            ).fetchone()
        return row[0] if row else 0

    with closing(Follower(log, database)) as second:
        with followed(follower):
            shows(database, organisations(log, 2))
            stop = threading.Event()
            waiting = Doing(second.follow, (stop,))
            wait_until(lambda: claims() == 2)
            shows(database, organisations(log, 2))
            assert second._position == -1
        wait_until(lambda: second._position > 0)
        shows(database, organisations(log, 2))
        stop.set()
        waiting.join()
    assert_whole(log, database)


# Of the same release as this process, also when somebody is just changing the files.
CHILD = """
import json, sys, threading
from domain.log import Log
from projections import follower, rebuild
url, rebuild.BLUEPRINT, settings = sys.argv[1:]
follower.BLUEPRINT = rebuild.BLUEPRINT
log = Log(json.loads(settings))
follower.Follower(log, url).follow(threading.Event())
"""


def test_killed_at_any_moment_it_misses_and_repeats_nothing(
    log: Log, follower: Follower, database: str
) -> None:
    settings = json.dumps(log_settings(database, LOG_DATABASE_ROLE="samrad_follower"))
    chance = random.Random(3)  # noqa: S311
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            organisations(log, chance.randint(1, 40))
            wait_until(
                lambda: (
                    stop.is_set()
                    or (log.recorder.max_notification_id() or 0) - state(database)[0]
                    < 400
                )
            )

    writing = Doing(write, ())
    for _ in range(3):
        child = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", CHILD, database, BLUEPRINT, settings],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.DEVNULL,
        )
        before = state(database)[0]
        shows(database, before + chance.randint(1, 600))
        child.send_signal(signal.SIGKILL)
        child.wait()
    stop.set()
    writing.join()
    follower.catch_up()
    assert_whole(log, database)


def test_connections_that_break_at_any_moment_lose_nothing(
    log: Log, follower: Follower, database: str
) -> None:
    kill = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name LIKE 'samrad %%'"
        " AND pid <> pg_backend_pid() AND application_name <> 'samrad test'"
    )
    with followed(follower), psycopg.connect(database, autocommit=True) as killer:
        for _ in range(2):
            head = organisations(log, 300)
            shows(database, head - 250)
            killer.execute(kill)
            shows(database, organisations(log, 5))
    assert_whole(log, database)


def test_a_database_that_goes_away_is_waited_for(durable_postgres: Server) -> None:
    server = durable_postgres
    with new_database(server) as url:
        lay_out(url)
        with (
            Log(log_settings(url)) as log,
            closing(Follower(log, url)) as follower,
            followed(follower),
        ):
            shows(url, organisations(log, 3))
            with server.locked():
                server.stop()
            server.keep_running()
            shows(url, organisations(log, 3))
            assert server.pid
            os.kill(server.pid, signal.SIGKILL)
            server.keep_running()
            shows(url, organisations(log, 3))
            assert_whole(log, url)


def _unknown_comment(log: Log) -> None:
    proposal = log.get(Proposal, a_proposal(log, a_consultation(log)))
    nowhere = {uuid4(): Standing(1, Anchor(None))}
    proposal.place_anchors(nowhere, by=SYSTEM, now=NOW)
    log.record(proposal)


def _unknown_kind_of_event(log: Log) -> None:
    log.recorder.insert_events([StoredEvent(uuid4(), 1, "comment.sung", b"{}")])


def _what_no_table_takes(log: Log) -> None:
    # As if it had been recorded before it was refused.
    with pytest.MonkeyPatch.context() as before:
        before.setattr(ledger.recorder, "_NUL", re.compile(rb"(?!)"))
        an_organisation(log, "Kommun\x00")


def _what_no_index_takes(log: Log) -> None:
    chance = random.Random(1)  # noqa: S311
    name = "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(20_000))
    organisation = Organisation._create(
        Organisation.Registered,
        id=uuid4(),
        name=name,
        kind="region",
        number="",
        county="",
        care_regions=[],
        reference="",
        by=SYSTEM,
        timestamp=NOW,
    )
    log.record(organisation)


def _somebody_asked_twice(log: Log) -> None:
    consultation = log.get(Consultation, a_consultation(log))
    consultation.trigger_event(
        Consultation.ConsulteesInvited,
        organisations=[uuid4()] * 2,
        by=SYSTEM,
        timestamp=NOW,
    )
    log.record(consultation)


POISON: dict[Callable[[Log], None], str] = {
    _unknown_comment: r"LookupError at rows.py:\d+",
    _unknown_kind_of_event: "TopicError",
    _what_no_table_takes: "UntranslatableCharacter|DataError.*",
    _what_no_index_takes: "ProgramLimitExceeded.*",
    _somebody_asked_twice: r"UniqueViolation \(consultee_(now|pkey)\)",
}


@pytest.mark.parametrize("poison", POISON, ids=lambda poison: poison.__name__)
def test_an_entry_that_cannot_be_applied_stops_it_visibly(
    log: Log,
    follower: Follower,
    database: str,
    poison: Callable[[Log], None],
) -> None:
    organisations(log, 3)
    poison(log)
    at = log.recorder.max_notification_id() or 0
    organisations(log, 3)
    with pytest.raises(CannotApply) as stopped:
        follower.follow(threading.Event())
    assert stopped.value.position == at
    position, stopped_at, error = state(database)
    assert (position, stopped_at) == (at - 1, at)
    assert error is not None
    assert re.fullmatch(POISON[poison], error)
    assert "Kommun" not in error
    with replayed(log, database) as tables:
        tables.apply(at - 1, batch=100)
        assert tables.differences_from_live() == []
    # Started again it stops again, and passes nothing over.
    with pytest.raises(CannotApply):
        follower.follow(threading.Event())
    assert state(database)[:2] == (at - 1, at)


def test_after_a_fix_it_goes_on(
    log: Log,
    follower: Follower,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    organisations(log, 2)
    _unknown_comment(log)
    organisations(log, 2)
    with pytest.raises(CannotApply):
        follower.follow(threading.Event())

    def forgiving(entry: Entry, rows: Rows) -> None:
        if isinstance(entry.event, Proposal.AnchorsPlaced):
            return
        projections.comment.project(entry, rows)

    fixed = {
        kind: tuple(
            forgiving if project is projections.comment.project else project
            for project in projectors
        )
        for kind, projectors in projections.replay.PROJECTORS.items()
    }
    monkeypatch.setattr(projections.replay, "PROJECTORS", fixed)
    with followed(follower):
        shows(database, log.recorder.max_notification_id() or 0)
        wait_until(lambda: state(database)[1:] == (None, None))
    assert_whole(log, database)


def test_a_failed_batch_is_not_remembered(
    log: Log, follower: Follower, database: str
) -> None:
    consultation = a_consultation(log)
    follower.catch_up()
    proposal = a_proposal(log, consultation)
    a_comment(log, proposal)
    with psycopg.connect(database) as blocking:
        # The database gives up on the batch when it has done everything but commit.
        blocking.execute("SELECT FROM read.follower FOR UPDATE")
        doing = Doing(follower.catch_up, ())
        wait_until(lambda: _waits(blocking))
        blocking.execute(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'samrad follower' AND wait_event_type = 'Lock'"
            " AND datname = current_database()"
        )
        with pytest.raises(psycopg.errors.QueryCanceled):
            doing.join()
    follower.catch_up()
    assert_whole(log, database)


def _waits(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    connection.execute("SELECT pg_stat_clear_snapshot()")
    found = connection.execute(
        "SELECT FROM pg_stat_activity WHERE application_name = 'samrad follower'"
        " AND wait_event_type = 'Lock' AND datname = current_database()"
    ).fetchone()
    return found is not None


def test_a_changed_plan_rebuilds_and_others_keep_their_hands_off(
    log: Log, follower: Follower, database: str
) -> None:
    organisations(log, 5)
    follower.catch_up()
    with psycopg.connect(database) as owner:
        before = owner.execute("SELECT generation FROM read.follower").fetchone()
        owner.execute("UPDATE read.follower SET blueprint = 'of another release'")
    organisations(log, 5)
    with pytest.raises(PlanHasChanged):
        follower.catch_up()
    assert state(database)[0] == 5
    follower.prepare()
    assert_whole(log, database)
    with psycopg.connect(database) as owner:
        after = owner.execute("SELECT generation FROM read.follower").fetchone()
    assert after != before
    follower.prepare()
    assert follower.catch_up() == 10


def test_dropped_tables_come_back(
    log: Log, follower: Follower, reads: ReadPool, database: str
) -> None:
    organisations(log, 5)
    with psycopg.connect(database) as owner:
        owner.execute("DROP SCHEMA read, now, past CASCADE")
    with followed(follower):
        wait_until(lambda: _has_tables(database))
        shows(database, 5)
    assert_whole(log, database)
    with reads() as now:
        assert now.position == 5


def _has_tables(url: str) -> bool:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT to_regclass('read.follower')").fetchone()
    return row is not None and row[0] is not None


def test_the_log_is_followed_in_a_role_that_cannot_append(
    log: Log, database: str
) -> None:
    organisations(log, 1)
    env = log_settings(database, LOG_DATABASE_ROLE="samrad_follower")
    with Log(env) as following, closing(Follower(following, database)) as follower:
        assert follower.catch_up() == 1
        assert isinstance(following.recorder, LogRecorder)
        with pytest.raises(Exception, match="permission denied"):
            organisations(following, 1)
