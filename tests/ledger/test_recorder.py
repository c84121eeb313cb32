"""Appending on real PostgreSQL: nothing lost, nothing twice, and no harm to others."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import count
from typing import Any, Self
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import (
    IntegrityError,
    OperationalError,
    PersistenceError,
    StoredEvent,
)

import ledger.recorder
from cli.postgres import Server
from domain.log import Log
from ledger.recorder import LogRecorder
from ledger.tail import Tail
from tests.conftest import lay_out, new_database
from tests.ledger.writing import (
    Doing,
    Line,
    event,
    turn_held,
    wait_until,
    waits_for_turn,
)

KILL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name = 'samrad log'"
    " ORDER BY random() LIMIT 1"
)


def stored(url: str) -> list[tuple[int, UUID, int, bytes]]:
    """The whole log, in order, as it is on disk."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT position, originator_id, originator_version, state FROM log.entry"
            " ORDER BY position"
        ).fetchall()


class Watcher:
    """Reads the log by position while it grows, as the follower does."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stop = threading.Event()
        self._reading = Doing(self._read, ())
        self.seen: list[int] = []

    def _read(self) -> None:
        with Tail(self._url) as tail, psycopg.connect(self._url, autocommit=True) as db:
            while True:
                last_round = self._stop.is_set()
                after = self.seen[-1] if self.seen else 0
                self.seen += [
                    position
                    for (position,) in db.execute(
                        "SELECT position FROM log.entry WHERE position > %s"
                        " ORDER BY position LIMIT 100",
                        (after,),
                    )
                ]
                if last_round and tail.head() == len(self.seen):
                    return
                tail.wait(self.seen[-1] if self.seen else 0, timeout=0.05)

    def finish(self) -> list[int]:
        self._stop.set()
        self._reading.join()
        return self.seen


class Killer:
    """Ends connections to the log, no faster than a busy machine can go on without."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._head = 0
        self.killed = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.close()

    def kill_when_log_has_grown(self) -> None:
        row = self._connection.execute("SELECT position FROM log.head").fetchone()
        if row and row[0] > self._head:
            self._head = row[0]
            self.killed += self._connection.execute(KILL).rowcount


@contextmanager
def meanwhile(act: Callable[[], object]) -> Iterator[None]:
    """Something is done again and again until the block ends."""
    stop = threading.Event()

    def again() -> None:
        while not stop.wait(0.02):
            act()

    doing = Doing(again, ())
    try:
        yield
    finally:
        stop.set()
        doing.join()


def test_no_entry_is_missed_or_seen_twice_whatever_happens_to_16_writers(
    database: str,
) -> None:
    contested = [uuid4() for _ in range(6)]
    watcher = Watcher(database)

    def write(recorder: LogRecorder, seed: int) -> tuple[dict[int, StoredEvent], int]:
        chance = random.Random(seed)  # noqa: S311
        recorded: dict[int, StoredEvent] = {}
        conflicts = 0
        for n in range(30):
            if chance.random() < 0.5:
                thing = chance.choice(contested)
                version = len(recorder.select_events(thing)) + chance.choice([1, 1, 2])
                events = [event(thing, version, b"%d %d" % (seed, n))]
            else:
                thing = uuid4()
                size = chance.randint(1, 4)
                events = [
                    event(thing, v + 1, b"%d %d" % (seed, n)) for v in range(size)
                ]
            try:
                positions = recorder.insert_events(events)
            except IntegrityError:
                conflicts += 1
            else:
                recorded |= dict(zip(positions, events, strict=True))
        return recorded, conflicts

    recorders = [LogRecorder(database) for _ in range(4)]
    with (
        Killer(database) as killer,
        meanwhile(killer.kill_when_log_has_grown),
        ThreadPoolExecutor(16) as pool,
    ):
        results = list(pool.map(write, recorders * 4, range(16)))
    for recorder in recorders:
        recorder.close()
    assert killer.killed > 5
    acknowledged = {
        position: event
        for recorded, _ in results
        for position, event in recorded.items()
    }
    assert sum(len(recorded) for recorded, _ in results) == len(acknowledged)
    assert sum(conflicts for _, conflicts in results) > 0
    entries = stored(database)
    assert [position for position, *_ in entries] == list(range(1, len(entries) + 1))
    assert {
        position: (id, version, state) for position, id, version, state in entries
    } == {
        position: (event.originator_id, event.originator_version, event.state)
        for position, event in acknowledged.items()
    }
    assert watcher.finish() == [position for position, *_ in entries]


def test_one_who_conflicts_or_errs_harms_nobody_in_the_group(
    database: str, recorder: LogRecorder
) -> None:
    taken = uuid4()
    recorder.insert_events([event(taken)])
    expected: list[tuple[list[StoredEvent], list[int] | type[Exception]]] = [
        ([event()], [3]),
        ([event(taken, state=b"other")], IntegrityError),
        ([event(), event()], [4, 5]),
        ([event(), event(taken, 7)], IntegrityError),
        ([event(taken, 2)], [6]),
        ([event(topic="not a topic")], PersistenceError),
        ([event(version=-1)], IntegrityError),
        ([event(taken, 3)], [7]),
        ([event()], [8]),
    ]

    def outcome(events: list[StoredEvent]) -> Any:
        try:
            return recorder.insert_events(events)
        except PersistenceError as error:
            return type(error)

    with turn_held(database):
        first = Doing(recorder.insert_events, ([event()],))
        wait_until(lambda: waits_for_turn(database))
        together = []
        for n, (events, _) in enumerate(expected, 1):
            together.append(Doing(outcome, (events,)))
            wait_until(lambda n: recorder.waiting == n, n)
    assert first.join() == [[2]]
    outcomes = [result for one in together for result in one.join()]
    assert outcomes == [result for _, result in expected]
    assert [position for position, *_ in stored(database)] == list(range(1, 9))


def test_a_connection_cut_after_the_commit_is_answered_with_success(
    database: str, line: Line
) -> None:
    with closing(LogRecorder(line.url)) as recorder:
        recorder.insert_events([event()])
        for lost in ("answer", "question") * 3:
            line.lose = lost
            before = len(stored(database))
            mine = [event(), event()]
            positions = recorder.insert_events(mine)
            assert line.lose == ""
            assert positions == [before + 1, before + 2]
            assert [(id, state) for _, id, _, state in stored(database)[before:]] == [
                (one.originator_id, one.state) for one in mine
            ]
        assert line.broken == 6


def test_a_whole_group_whose_answer_is_lost_is_answered_once(
    database: str, line: Line
) -> None:
    taken = uuid4()
    with closing(LogRecorder(line.url)) as recorder:
        recorder.insert_events([event(taken)])
        with turn_held(database):
            writers = [
                Doing(recorder.insert_events, ([event() for _ in range(n % 3 + 1)],))
                for n in range(12)
            ]
            wait_until(lambda: waits_for_turn(database) and recorder.waiting == 11)
            conflicting = Doing(
                recorder.insert_events, ([event(taken, state=b"other")],)
            )
            wait_until(lambda: recorder.waiting == 12)
            line.lose = "answer"
        positions = [n for one in writers for answer in one.join() for n in answer]
        with pytest.raises(IntegrityError):
            conflicting.join()
        assert line.broken == 1
    assert sorted(positions) == list(range(2, len(stored(database)) + 1))


def test_something_recorded_meanwhile_does_not_make_a_lost_answer_a_conflict(
    database: str, line: Line, recorder: LogRecorder
) -> None:
    thing = uuid4()
    with closing(LogRecorder(line.url)) as cut_off:
        cut_off.insert_events([event(thing)])
        with turn_held(database):
            lost = Doing(cut_off.insert_events, ([event(thing, 2)],))
            wait_until(lambda: waits_for_turn(database))
            line.lose = "answer"
        wait_until(lambda: line.broken)
        recorder.insert_events([event(thing, 3)])
        assert lost.join() == [[2]]


def test_a_writer_is_told_only_when_its_patience_is_at_an_end(
    database: str, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger.recorder, "PATIENCE", 0.5)
    with closing(LogRecorder(line.url)) as recorder:
        recorder.insert_events([event()])
        line.close()
        begun = time.monotonic()
        with pytest.raises(OperationalError):
            recorder.insert_events([event()])
        assert time.monotonic() - begun >= 0.5
    assert len(stored(database)) == 1


def test_a_closed_log_takes_nothing_more(recorder: LogRecorder) -> None:
    recorder.close()
    with pytest.raises(OperationalError):
        recorder.insert_events([event()])
    with pytest.raises(OperationalError):
        recorder.max_notification_id()


def test_restarts_and_crashes_of_the_server_lose_nothing(
    durable_postgres: Server,
) -> None:
    server = durable_postgres
    with new_database(server) as url:
        lay_out(url)
        stop = threading.Event()
        acknowledged: dict[int, StoredEvent] = {}
        failures: list[tuple[float, Exception]] = []

        def write(recorder: LogRecorder) -> None:
            for n in count():
                if stop.is_set():
                    return
                mine = event(state=b"%d" % n)
                begun = time.monotonic()
                try:
                    (position,) = recorder.insert_events([mine])
                except OperationalError as error:
                    failures.append((time.monotonic() - begun, error))
                else:
                    assert position not in acknowledged
                    acknowledged[position] = mine

        with closing(LogRecorder(url)) as one, closing(LogRecorder(url)) as other:
            writers = Doing(write, *[(one,), (other,)] * 4)
            for end in (_stop, _crash):
                before = len(acknowledged)
                wait_until(lambda before: len(acknowledged) > before + 50, before)
                end(server)
                server.keep_running()
            before = len(acknowledged)
            wait_until(lambda before: len(acknowledged) > before + 50, before)
            stop.set()
            writers.join()
        entries = stored(url)
    # Nothing that was acknowledged is lost or moved. What failed is unknown, and it
    # failed only after the patience.
    assert all(seconds >= ledger.recorder.PATIENCE for seconds, _ in failures)
    found = {position: id for position, id, *_ in entries}
    assert {p: one.originator_id for p, one in acknowledged.items()}.items() <= (
        found.items()
    )
    assert len(found) - len(acknowledged) <= len(failures)
    assert sorted(found) == list(range(1, len(found) + 1))
    assert len(set(found.values())) == len(found)


def _stop(server: Server) -> None:
    with server.locked():
        server.stop()


def _crash(server: Server) -> None:
    assert server.pid
    os.kill(server.pid, signal.SIGKILL)


@pytest.mark.parametrize(
    "events",
    [
        [event(state=b"x" * 5 * 1024**2)],
        [event(state=b"x" * 1000) for _ in range(3_000)],
    ],
    ids=["5 MB", "3,000 events"],
)
def test_a_huge_batch_is_recorded_whole(
    database: str, recorder: LogRecorder, events: list[StoredEvent]
) -> None:
    assert recorder.insert_events(events) == list(range(1, len(events) + 1))
    read = recorder.select_notifications(1, len(events) + 1)
    assert [one.state for one in read] == [one.state for one in events]


def test_an_interrupted_writer_takes_nobody_along(
    database: str, recorder: LogRecorder
) -> None:
    main = threading.get_ident()
    others: list[Doing] = []

    def queue_up_and_interrupt() -> None:
        wait_until(lambda: waits_for_turn(database))
        others.extend(Doing(recorder.insert_events, ([event()],)) for _ in range(4))
        wait_until(lambda: recorder.waiting == 4)
        signal.pthread_kill(main, signal.SIGINT)

    with turn_held(database):
        interrupting = Doing(queue_up_and_interrupt, ())
        with pytest.raises(KeyboardInterrupt):
            recorder.insert_events([event(state=b"interrupted")])
        interrupting.join()
    assert sorted(n for one in others for (n,) in one.join()) == [1, 2, 3, 4]
    assert recorder.insert_events([event()]) == [5]
    assert b"interrupted" not in [state for *_, state in stored(database)]


@pytest.mark.parametrize("where", ["given", "environment"])
def test_unordered_appends_are_refused_at_the_start(
    database: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "POSTGRES_ENABLE_DB_FUNCTIONS"
    env = {"LOG_DATABASE_URL": database}
    if where == "given":
        env[name] = "y"
    else:
        monkeypatch.setenv(name, "y")
    with pytest.raises(OperationalError, match=name):
        Log(env)


def test_a_log_without_a_database_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOG_DATABASE_URL", raising=False)
    with pytest.raises(OperationalError, match="LOG_DATABASE_URL"):
        Log({})


def test_the_log_is_kept_by_this_recorder_and_no_other(log: Log) -> None:
    assert type(log.recorder) is LogRecorder
    assert log.snapshots is None


def test_events_are_read_back_as_they_were_handed_in(recorder: LogRecorder) -> None:
    thing = uuid4()
    events = [event(thing, n + 1, bytes([n, 0, 255])) for n in range(5)]
    recorder.insert_events(events)
    assert recorder.select_events(thing) == events
    assert recorder.select_events(thing, gt=1, lte=3) == events[1:3]
    assert recorder.select_events(thing, desc=True, limit=2) == events[:2:-1]
    assert recorder.select_events(uuid4()) == []


def test_entries_are_read_by_position(recorder: LogRecorder) -> None:
    assert recorder.max_notification_id() is None
    recorder.insert_events([event() for _ in range(5)])

    def ids(*arguments: Any, **more: Any) -> list[int]:
        found = recorder.select_notifications(*arguments, **more)
        return [notification.id for notification in found]

    assert recorder.max_notification_id() == 5
    assert ids(None, 10) == ids(1, 10) == [1, 2, 3, 4, 5]
    assert ids(3, 10, inclusive_of_start=False) == [4, 5]
    assert ids(2, 2) == [2, 3]
    assert ids(2, 10, stop=3) == [2, 3]
    assert ids(6, 10) == []


def test_nothing_appended_is_nothing(recorder: LogRecorder) -> None:
    assert recorder.insert_events([]) == []
