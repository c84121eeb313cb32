"""Appends events to the log in PostgreSQL, many writers in one transaction.

Configured as eventsourcing's PERSISTENCE_MODULE; `LOG_DATABASE_URL` names the database,
`LOG_DATABASE_ROLE` the role to act as there: samrad_web, or one that only reads.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    IntegrityError,
    Notification,
    OperationalError,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    TrackingRecorder,
)
from eventsourcing.utils import strtobool
from psycopg import Connection
from psycopg.rows import TupleRow, tuple_row
from psycopg.sql import SQL, Identifier
from psycopg_pool import ConnectionPool, PoolTimeout

SCHEMA = Path(__file__).with_name("log.sql")

# A failover to a standby takes PostgreSQL clusters of this kind 3 to 8 seconds; a
# writer waits a little longer than that before it is told that nothing was recorded.
PATIENCE = 10.0

_APPEND = (
    "SELECT log.append(%b::int[], %b::uuid[], %b::int8[], %t::text[], %b::bytea[])"
)
_EVENTS = (
    "SELECT originator_id, originator_version, topic, state FROM log.entry"
    " WHERE originator_id = %s AND originator_version > %s AND originator_version <= %s"
    " ORDER BY originator_version LIMIT %s"
)
_EVENTS_BACKWARDS = _EVENTS.replace("version LIMIT", "version DESC LIMIT")


class _Waiting:
    """One writer's events, and what became of them."""

    __slots__ = ("done", "error", "events", "positions")

    def __init__(self, events: Sequence[StoredEvent]) -> None:
        self.events = events
        self.positions: list[int] = []
        self.error: Exception | None = None
        self.done = False


class LogRecorder(ApplicationRecorder):
    """Writes and reads entries. Whoever comes first commits for all who wait.

    A lone writer pays no thread hop; under load the writers that arrive during one
    commit share the next, in one call of `log.append`.
    """

    def __init__(
        self, url: str, *, role: str = "samrad_web", max_group: int = 500
    ) -> None:
        self._url = url
        self._options = f"-c role={role}"
        self._max_group = max_group
        self._waiting: deque[_Waiting] = deque()
        self._committing = threading.Lock()
        self._connection: Connection[TupleRow] | None = None
        self._reads = ConnectionPool(
            url,
            min_size=1,
            max_size=4,
            timeout=PATIENCE,
            kwargs={"autocommit": True, "options": self._options},
            check=ConnectionPool.check_connection,
            open=True,
        )

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **_: Any
    ) -> Sequence[int]:
        """Append the events as one, or raise IntegrityError and append none of them."""
        if not stored_events:
            return []
        mine = _Waiting(stored_events)
        self._waiting.append(mine)
        while not mine.done:
            with self._committing:
                if not mine.done:
                    self._commit(self._next_group())
        if mine.error:
            raise mine.error
        return mine.positions

    def _next_group(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        size = 0
        while self._waiting and (not group or size < self._max_group):
            group.append(self._waiting.popleft())
            size += len(group[-1].events)
        return group

    def _commit(self, group: list[_Waiting]) -> None:
        events = [event for waiting in group for event in waiting.events]
        try:
            positions = self._append(
                [n for n, waiting in enumerate(group) for _ in waiting.events], events
            )
        except Exception as error:
            for waiting in group:
                waiting.error = error
        else:
            following = iter(positions)
            for waiting in group:
                waiting.positions = [next(following) for _ in waiting.events]
                if 0 in waiting.positions:
                    waiting.error = IntegrityError("not the next version of its thing")
        finally:
            for waiting in group:
                waiting.done = True

    def _append(self, batches: list[int], events: list[StoredEvent]) -> list[int]:
        """Ask until the database has answered; log.append makes asking again safe."""
        deadline = time.monotonic() + PATIENCE
        pause = 0.02
        while True:
            try:
                row = (
                    self._writer()
                    .execute(
                        _APPEND,
                        (
                            batches,
                            [event.originator_id for event in events],
                            [event.originator_version for event in events],
                            [event.topic for event in events],
                            [event.state for event in events],
                        ),
                        prepare=True,
                    )
                    .fetchone()
                )
            except psycopg.OperationalError as error:
                self._drop_writer()
                if time.monotonic() > deadline:
                    raise OperationalError(str(error)) from error
                time.sleep(pause)
                pause = min(pause * 2, 0.5)
            else:
                return list(row[0]) if row else []

    def _writer(self) -> Connection[TupleRow]:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self._url,
                autocommit=True,
                row_factory=tuple_row,
                connect_timeout=3,
                options=self._options,
                application_name="samrad log",
            )
        return self._connection

    def _drop_writer(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _reading(self) -> Iterator[Connection[TupleRow]]:
        try:
            with self._reads.connection() as connection:
                yield connection
        except (psycopg.OperationalError, PoolTimeout) as error:
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
        with self._reading() as connection:
            rows = connection.execute(
                _EVENTS_BACKWARDS if desc else _EVENTS,
                (originator_id, gt or 0, 2**62 if lte is None else lte, limit),
                binary=True,
            ).fetchall()
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
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT originator_id, originator_version, topic, state, position"
                " FROM log.entry WHERE position BETWEEN %s AND %s"
                " ORDER BY position LIMIT %s",
                (first, 2**62 if stop is None else stop, limit),
                binary=True,
            ).fetchall()
        return [Notification(*row) for row in rows]

    def max_notification_id(self) -> int | None:
        """The position of the newest entry, or None for an empty log."""
        with self._reading() as connection:
            row = connection.execute("SELECT position FROM log.head").fetchone()
        return row[0] if row and row[0] else None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Not offered: ledger.tail waits for entries with one connection."""
        raise NotImplementedError("follow the log with ledger.tail.Tail")

    def close(self) -> None:
        """Give all connections back."""
        with self._committing:
            self._drop_writer()
        self._reads.close()


class LogFactory(InfrastructureFactory[TrackingRecorder]):
    """What eventsourcing asks for the recorder."""

    LOG_DATABASE_URL = "LOG_DATABASE_URL"
    LOG_DATABASE_ROLE = "LOG_DATABASE_ROLE"

    def application_recorder(self) -> ApplicationRecorder:
        """The one recorder there is."""
        refuse_unordered_appends(self.env)
        url = self.env.get(self.LOG_DATABASE_URL)
        if not url:
            raise OperationalError(f"{self.LOG_DATABASE_URL} does not name a database")
        role = self.env.get(self.LOG_DATABASE_ROLE) or "samrad_web"
        self._recorder = LogRecorder(url, role=role)
        return self._recorder

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        """No second recorder: snapshots would outlive an erasure."""
        self._not_kept(purpose)

    def tracking_recorder(
        self, tracking_recorder_class: type[TrackingRecorder] | None = None
    ) -> TrackingRecorder:
        """No tracking here: the follower keeps its own position."""
        self._not_kept("tracking")

    def process_recorder(self) -> ProcessRecorder:
        """No process recorder here."""
        self._not_kept("process")

    def _not_kept(self, what: str) -> NoReturn:
        raise NotImplementedError(f"{what}: only the log is kept")

    def close(self) -> None:
        """Close the recorder, if one was made."""
        if recorder := getattr(self, "_recorder", None):
            recorder.close()


def refuse_unordered_appends(env: Any = os.environ) -> None:
    """Refuse eventsourcing's function mode.

    It inserts without a lock, so that a reader who tails the log misses entries
    (measured: 490 of 32,000 with 16 writers, eventsourcing 9.5.6).
    """
    name = "POSTGRES_ENABLE_DB_FUNCTIONS"
    value = env.get(name) or os.environ.get(name) or "n"
    if strtobool(value):
        raise OperationalError(
            f"{name}={value} is refused: it drops the lock that keeps the log in order."
            f" Remove {name} from the environment."
        )


def migrate(connection: Connection[Any]) -> None:
    """Create or update the log's tables and grants; the connection is the owner's."""
    connection.execute(SCHEMA.read_text().encode())
    connection.execute(
        SQL("GRANT CREATE ON DATABASE {} TO samrad_follower").format(
            Identifier(connection.info.dbname)
        )
    )
