"""Appends of 1 KB events through Log.record at 1, 16 and 64 threads.

The reference is first eventsourcing's own recorder, then our log without leaves, and
then what is not sealed. Sealed events are each about a thing of their own, so that each
has a new key, kept in another database before the event is.
"""

from __future__ import annotations

import os
import tempfile
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import psycopg
from eventsourcing.domain import Aggregate
from eventsourcing.postgres import PostgresApplicationRecorder

import ledger.keys
import ledger.recorder
from bench.figures import Figure, in_turn
from cli.embedded import Server
from domain.log import Fact, Log
from ledger.recorder import LogRecorder

WORDS = "Regionerna behöver längre tid för att ordna handledning. " * 14
SECONDS = 2.0
THREADS = 1, 16, 64


class Note(Aggregate):
    """Something of 1 KB, in the open."""

    TOPIC = "bench_note"
    Event = Fact

    class Written(Fact, Aggregate.Created):
        TOPIC = "bench_note.written"
        text: str

    Created = Written

    def __init__(self) -> None:
        pass


class SealedNote(Aggregate):
    """The same, sealed."""

    TOPIC = "bench_sealed_note"
    Event = Fact

    class Written(Fact, Aggregate.Created):
        TOPIC = "bench_sealed_note.written"
        SEALED = ("text",)
        text: str

    Created = Written

    def __init__(self) -> None:
        pass


def run(server: Server) -> Iterator[Figure]:
    """1, 16 and 64 threads, each appending one event at a time for two seconds."""
    leaves, bare, library = (
        _database(server, name) for name in ("leaves", "bare", "lib")
    )
    keys = _database(server, "keys")
    for url in (leaves, bare):
        with psycopg.connect(url) as owner:
            ledger.recorder.migrate(owner)
    with psycopg.connect(bare) as owner:
        owner.execute(
            "CREATE OR REPLACE FUNCTION log.leaf(id uuid, version bigint, topic text,"
            " state bytea, at timestamptz, commitment bytea) RETURNS bytea"
            " LANGUAGE sql STABLE RETURN '\\x'::bytea"
        )
    with psycopg.connect(keys) as owner:
        ledger.keys.migrate(owner)
    with (
        _wrapping() as file,
        Log(_ours(leaves, keys, file)) as ours,
        Log(_ours(bare, keys, file)) as without,
        Log(_library(library)) as theirs,
    ):
        assert isinstance(ours.recorder, LogRecorder)
        assert isinstance(theirs.recorder, PostgresApplicationRecorder)
        sides: dict[str, tuple[_Side, _Side]] = {
            "with leaves, beside the library": ((ours, Note), (theirs, Note)),
            "with leaves and sealed, beside the library": (
                (ours, SealedNote),
                (theirs, Note),
            ),
            "with leaves, beside none": ((ours, Note), (without, Note)),
            "sealed, beside in the open": ((ours, SealedNote), (ours, Note)),
        }
        for work, (one, other) in sides.items():
            for threads in THREADS:
                yield in_turn(
                    f"{threads} threads {work}",
                    "events/s",
                    partial(_appends, *one, threads),
                    partial(_appends, *other, threads),
                )


_Side = tuple[Log, type[Aggregate]]


def _database(server: Server, name: str) -> str:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return server.url_of("postgres", name)


@contextmanager
def _wrapping() -> Iterator[Path]:
    """A file with a key-encryption key."""
    with tempfile.NamedTemporaryFile("w", suffix=".keys") as file:
        file.write(f"bench {b64encode(os.urandom(32)).decode()}\n")
        file.flush()
        yield Path(file.name)


def _ours(url: str, keys: str, file: Path) -> dict[str, str]:
    return {
        "LOG_DATABASE_URL": url,
        "KEYS_DATABASE_URL": keys,
        "KEYS_FILE": str(file),
    }


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


def _appends(log: Log, kind: type[Aggregate], threads: int) -> float:
    """Events a second; every event that was answered for must be in the log."""
    before = log.recorder.max_notification_id() or 0
    until = perf_counter() + SECONDS
    done = [0] * threads

    def work(n: int) -> None:
        while perf_counter() < until:
            log.record(_note(kind))
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


def _note(kind: Any) -> Aggregate:
    id: UUID = uuid4()
    note: Aggregate = kind._create(
        kind.Written, id=id, text=WORDS, by=id, timestamp=datetime.now(UTC)
    )
    return note
