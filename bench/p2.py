"""Appends of 1 KB events a second through the log, against the library's recorder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from time import perf_counter
from uuid import uuid4

import psycopg
from eventsourcing.postgres import PostgresApplicationRecorder

from bench.figures import Figure, in_turn
from cli.embedded import Server
from domain.anchor import Anchor
from domain.comment import Comment
from domain.log import Log
from ledger.recorder import LogRecorder, migrate

WORDS = "Regionerna behöver längre tid för att ordna handledning. " * 14
SECONDS = 3.0


def run(server: Server) -> Iterator[Figure]:
    """1, 16 and 64 threads, each appending one event at a time for three seconds."""
    ours, theirs = (
        server.url_of("postgres", "ours"),
        server.url_of("postgres", "theirs"),
    )
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE ours")
        connection.execute("CREATE DATABASE theirs")
    with psycopg.connect(ours, autocommit=True) as connection:
        migrate(connection)
    with Log({"LOG_DATABASE_URL": ours}) as log, Log(_library(theirs)) as library:
        assert isinstance(log.recorder, LogRecorder)
        assert isinstance(library.recorder, PostgresApplicationRecorder)
        for threads in (1, 16, 64):
            yield in_turn(
                f"{threads} threads",
                "events/s",
                lambda threads=threads: _appends(log, threads),  # type: ignore[misc]
                lambda threads=threads: _appends(library, threads),  # type: ignore[misc]
            )


def _library(url: str) -> dict[str, str]:
    parts = psycopg.conninfo.conninfo_to_dict(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(parts["dbname"]),
        "POSTGRES_HOST": str(parts["host"]),
        "POSTGRES_PORT": str(parts.get("port", "5432")),
        "POSTGRES_USER": str(parts["user"]),
        "POSTGRES_PASSWORD": str(parts.get("password") or "none"),
        "POSTGRES_POOL_SIZE": "16",
        "POSTGRES_MAX_OVERFLOW": "48",
    }


def _appends(log: Log, threads: int) -> float:
    """Events a second; every event that was answered for must be in the log."""
    before = log.recorder.max_notification_id() or 0
    until = perf_counter() + SECONDS
    done = [0] * threads

    def work(n: int) -> None:
        while perf_counter() < until:
            log.record(_comment())
            done[n] += 1

    started = perf_counter()
    _together([lambda n=n: work(n) for n in range(threads)])  # type: ignore[misc]
    took = perf_counter() - started
    assert (log.recorder.max_notification_id() or 0) - before == sum(done)
    return sum(done) / took


def _together(tasks: list[Callable[[], None]]) -> None:
    workers = [threading.Thread(target=task) for task in tasks]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def _comment() -> Comment:
    return Comment.submit(
        id=uuid4(),
        consultation=uuid4(),
        proposal=uuid4(),
        edition=1,
        anchor=Anchor(uuid4()),
        kind="general",
        text=WORDS,
        by=uuid4(),
        now=datetime.now(UTC),
    )
