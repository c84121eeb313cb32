"""Appends events to the log in PostgreSQL, many writers in one transaction."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, LiteralString, TypeVar
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    ApplicationRecorder,
    DataError,
    IntegrityError,
    Notification,
    OperationalError,
    PersistenceError,
    StoredEvent,
    Subscription,
)
from psycopg import Connection
from psycopg.rows import TupleRow, tuple_row
from psycopg.sql import SQL, Identifier

from ledger.group import Batch, Group
from ledger.keys import AWAY as KEYS_AWAY
from ledger.keys import Keys
from ledger.pool import connections
from ledger.sealing import SealedEvent, with_keys_kept

SCHEMA = Path(__file__).with_name("log.sql")

# A failover to a standby takes PostgreSQL clusters of this kind 3 to 8 seconds; a
# writer waits a little longer than that before it is told that nothing was recorded.
PATIENCE = 10.0

_APPEND = (
    "SELECT log.append(%b::int[], %b::uuid[], %b::int8[], %t::text[], %b::bytea[],"
    " %b::bytea[])"
)
_EVENTS = (
    "SELECT originator_id, originator_version, topic, state FROM log.entry"
    " WHERE originator_id = %s AND originator_version > %s AND originator_version <= %s"
    " ORDER BY originator_version LIMIT %s"
)
_EVENTS_BACKWARDS = _EVENTS.replace("version LIMIT", "version DESC LIMIT")
_ENTRIES = (
    "SELECT originator_id, originator_version, topic, state, position FROM log.entry"
    " WHERE position BETWEEN %s AND %s ORDER BY position LIMIT %s"
)
_FIRST_EVENTS = (
    "SELECT originator_id, originator_version, topic, state FROM log.entry"
    " WHERE originator_id = ANY(%s) AND originator_version = 1"
)
_NEWS = (
    "SELECT news.* FROM unnest(%s::uuid[], %s::int8[]) AS known (id, version),"
    # Sorted in here, so that each thing's are looked up in the index, whatever the
    # statistics; the planner leaves what is sorted where it stands.
    " LATERAL (SELECT originator_id, originator_version, topic, state FROM log.entry"
    "           WHERE originator_id = known.id AND originator_version > known.version"
    "           ORDER BY originator_version) AS news"
)
_ENDLESS = 2**62
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""The sign in JSON; behind an odd number of backslashes it is spelt-out text."""

AWAY = psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction
"""What a database that can not be reached, or not be written to, looks like."""


T = TypeVar("T")


def _patiently(attempt: Callable[[], T], *, since: float) -> T:
    """What an attempt gives; while the database is away, try again until PATIENCE."""
    pause = 0.02
    while True:
        try:
            return attempt()
        except AWAY:
            if time.monotonic() > since + PATIENCE:
                raise
        time.sleep(pause)
        pause = min(pause * 2, 0.5)


def _lists(group: Sequence[Batch]) -> tuple[list[Any], ...]:
    """What log.append takes."""
    events = [event for batch in group for event in batch.events]
    return (
        [number for number, batch in enumerate(group) for _ in batch.events],
        [event.originator_id for event in events],
        [event.originator_version for event in events],
        [event.topic for event in events],
        [event.state for event in events],
        [e.commitment if isinstance(e, SealedEvent) else None for e in events],
    )


class LogRecorder(ApplicationRecorder):
    """Appends and reads entries, with one connection to write and a few to read.

    Every call waits out a database that is away for at most PATIENCE and then raises
    OperationalError: a restart or a failover is noticed as a pause.
    """

    def __init__(
        self, url: str, *, role: str = "samrad_web", keys: Keys | None = None
    ) -> None:
        self._url = url
        self._keys = keys
        # A server that no longer answers is given up within PATIENCE, whether its
        # network is gone or somebody holds the log's lock.
        self._connecting: dict[str, Any] = {
            "autocommit": True,
            "connect_timeout": 3,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 2,
            "tcp_user_timeout": 9_000,
            "options": f"-c role={role} -c lock_timeout=3s -c statement_timeout=30s"
            " -c default_transaction_isolation=read\\ committed",
            "application_name": "samrad log",
        }
        self._group = Group(self._commit)
        self._writing = threading.Lock()
        self._connection: Connection[TupleRow] | None = None
        self._is_closed = False
        self._reads = connections(url, size=4, timeout=PATIENCE, **self._connecting)

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **_: Any
    ) -> Sequence[int]:
        """Append the events as one, or raise IntegrityError and append none of them.

        Raises DataError for text that no table can show, as it has a NUL in it.
        """
        if not stored_events:
            return []
        if any(b"\\u0000" in e.state and _NUL.search(e.state) for e in stored_events):
            raise DataError("there is a NUL in the text")
        batch = Batch(stored_events)
        self._group.submit(batch)
        if batch.error:
            raise batch.error
        return batch.positions

    @property
    def waiting(self) -> int:
        """How many writers wait for the next commit."""
        return self._group.waiting

    def _commit(self, group: Sequence[Batch]) -> None:
        """Append what several writers want recorded, in one transaction."""
        try:
            left, positions = _patiently(
                lambda: self._append(group), since=group[0].since
            )
        except (*AWAY, *KEYS_AWAY, OperationalError) as error:
            for batch in group:
                batch.error = OperationalError(str(error))
        except Exception as error:
            if len(group) == 1:
                group[0].error = PersistenceError(str(error))
                group[0].error.__cause__ = error
            else:  # One of them is to blame; the others are not to suffer for it.
                for batch in group:
                    self._commit([batch])
        else:
            following = iter(positions)
            for batch in left:
                batch.positions = list(islice(following, len(batch.events)))
                if 0 in batch.positions:
                    batch.error = IntegrityError("not the next version of its thing")

    def _keep_keys(self, group: Sequence[Batch]) -> Sequence[Batch]:
        """Have the keys durable that the group is sealed with; refuse what can not be.

        Returns the batches that are left to append.
        """
        left = []
        found = with_keys_kept(self._keys, [batch.events for batch in group])
        for batch, settled in zip(group, found, strict=True):
            if isinstance(settled, IntegrityError):
                batch.error = settled
            else:
                batch.events = settled
                left.append(batch)
        return left

    def _append(self, group: Sequence[Batch]) -> tuple[Sequence[Batch], Sequence[int]]:
        """Ask once; log.append makes it safe to ask again after a lost connection.

        Returns the batches that were not refused for their keys, and their positions.
        """
        with self._writing:
            try:
                # Before the keys are kept, so that a server that loses them in a crash
                # has lost this connection too, and all of it is done again.
                writer = self._writer()
                left = self._keep_keys(group)
                if not left:
                    return left, ()
                asked = _lists(left)
                row = writer.execute(_APPEND, asked, prepare=True).fetchone()
            except BaseException as error:
                if isinstance(error, AWAY) or not isinstance(error, Exception):
                    self._drop_writer()  # Broken, or in the middle of something.
                raise
        return left, row[0] if row else ()

    def _writer(self) -> Connection[TupleRow]:
        self._require_open()
        if self._connection is None:
            self._connection = psycopg.connect(
                self._url, row_factory=tuple_row, **self._connecting
            )
        return self._connection

    def _require_open(self) -> None:
        if self._is_closed:
            raise OperationalError("the log has been closed")

    def _drop_writer(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _read(self, query: LiteralString, params: Sequence[Any] = ()) -> list[TupleRow]:
        def ask() -> list[TupleRow]:
            self._require_open()
            with self._reads.connection() as connection:
                return connection.execute(
                    query, params, prepare=True, binary=True
                ).fetchall()

        try:
            return _patiently(ask, since=time.monotonic())
        except AWAY as error:
            raise OperationalError(str(error)) from error

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The events of one thing, from version `gt` (exclusive) to `lte`."""
        rows = self._read(
            _EVENTS_BACKWARDS if desc else _EVENTS,
            (originator_id, gt or 0, _ENDLESS if lte is None else lte, limit),
        )
        return [StoredEvent(*row) for row in rows]

    def select_news(self, versions: Mapping[UUID, int]) -> Sequence[StoredEvent]:
        """The events of things from after the version that is known of each.

        Thing by thing, and each thing's in order.
        """
        rows = self._read(_NEWS, (list(versions), list(versions.values())))
        return [StoredEvent(*row) for row in rows]

    def first_events(self, things: Collection[UUID]) -> Sequence[StoredEvent]:
        """The first event of each thing that there is, in no order."""
        rows = self._read(_FIRST_EVENTS, (list(things),))
        return [StoredEvent(*row) for row in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Entries in order from position `start`, at most `limit` of them."""
        if topics:
            raise NotImplementedError("the log is followed whole, never by topic")
        first = (start or 0) + (0 if inclusive_of_start else 1)
        rows = self._read(_ENTRIES, (first, _ENDLESS if stop is None else stop, limit))
        return [Notification(*row) for row in rows]

    def max_notification_id(self) -> int | None:
        """The position of the newest entry, or None for an empty log."""
        ((head,),) = self._read("SELECT position FROM log.head")
        return head or None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Not offered: ledger.tail waits for entries with one connection."""
        raise NotImplementedError("follow the log with ledger.tail.Tail")

    def close(self) -> None:
        """Give all connections back; nothing can be appended or read after this."""
        with self._writing:
            self._is_closed = True
            self._drop_writer()
        self._reads.close()


def migrate(connection: Connection[Any]) -> None:
    """Create or update the log's tables and grants; the connection is the owner's."""
    connection.execute(SCHEMA.read_text().encode())
    connection.execute(
        SQL("GRANT CREATE ON DATABASE {} TO samrad_follower").format(
            Identifier(connection.info.dbname)
        )
    )
