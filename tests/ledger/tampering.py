"""Somebody with all the rights there are in a database, and what they do with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from eventsourcing.persistence import StoredEvent
from psycopg import Connection

from ledger.findings import Report
from ledger.policy import Policy
from ledger.recorder import LogRecorder
from ledger.signed import Previous
from ledger.sources import DatabaseSource
from ledger.verify import verify
from tests.ledger.writing import event
from tests.publishing import POLICY, publish

ENTRIES = 600
"""Two tiles of entries, and part of a third; every thing has three of them."""

GUARDED: tuple[LiteralString, ...] = (
    "log.entry",
    "tlog.tile",
    "tlog.integrated",
    "tlog.checkpoint",
)
WITH_LEAF: LiteralString = (
    "UPDATE log.entry SET leaf = log.leaf(originator_id, originator_version, topic,"
    " state, recorded_at, NULL) WHERE position = 300"
)
ONE_BYTE: LiteralString = (
    "UPDATE log.entry SET state = set_byte(state, 12, get_byte(state, 12) # 1)"
    " WHERE position = 300"
)


def record(database: str, count: int = ENTRIES, *, first: int = 1) -> None:
    """Record numbered events, three of each thing."""
    recorder = LogRecorder(database)
    recorder.insert_events(
        [_numbered(number) for number in range(first, first + count)]
    )
    recorder.close()


def _numbered(number: int) -> StoredEvent:
    thing, version = divmod(number - 1, 3)
    return event(UUID(int=1 + thing), version + 1, b'{"number": %08d}' % number)


@contextmanager
def tampering(database: str) -> Iterator[Connection[Any]]:
    """The superuser, with every guard switched off."""
    with psycopg.connect(database) as connection:
        for table in GUARDED:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield connection
        for table in GUARDED:
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def tamper(database: str, *statements: LiteralString) -> None:
    """Do some things with every guard switched off."""
    with tampering(database) as connection:
        for statement in statements:
            connection.execute(statement)


def rewrite(database: str) -> None:
    """Change an event, make the leaf and the whole tree anew, and sign all of it."""
    tamper(
        database,
        ONE_BYTE,
        WITH_LEAF,
        "DELETE FROM tlog.checkpoint",
        "DELETE FROM tlog.tile",
        "UPDATE tlog.integrated SET size = 0, root = sha256('')",
    )
    publish(database)


def checked(
    database: str, policy: Policy | None = POLICY, *previous: Previous
) -> Report:
    """What a check of the database finds."""
    with DatabaseSource(database) as source:
        return verify(source, policy, previous=previous)
