"""Follows the log and keeps every read table in step with it, a batch at a time."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import structlog
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from domain.log import Entry, Log, Unreadable
from ledger.tail import Tail
from projections import (
    comment,
    consultation,
    history,
    issue,
    organisation,
    person,
    proposal,
    revision,
)
from projections.rows import Rows, tables_of

logger = structlog.get_logger()

ROOM = Path(__file__).parent
SCHEMA = (ROOM / "schema.sql").read_text()
BLUEPRINT = hashlib.sha256(
    b"".join(file.read_bytes() for file in sorted(ROOM.glob("*.[ps][yq]*")))
).hexdigest()
"""Changes when the tables or any projection does; then everything is built anew."""

BATCH = 500
"""Entries in one transaction while catching up."""

_WRITING = 7_265_001  # Advisory locks: one batch at a time,
_FOLLOWING = 7_265_002  # and one process that follows.

PROJECTORS = (
    organisation.project,
    person.project,
    consultation.project,
    proposal.project,
    revision.project,
    comment.project,
    issue.project,
    history.project,
)


_AS_OF = "current_setting('samrad.as_of')::bigint"
_ENDLESS = SQL("TRUE"), SQL("valid_from <= " + _AS_OF)
_OPEN = (
    SQL("valid_to IS NULL"),
    SQL(f"valid_from <= {_AS_OF} AND (valid_to IS NULL OR valid_to > {_AS_OF})"),
)
"""Which rows the views of now and of the past show, of either sort of table."""


class CannotApply(Exception):
    """An entry could not be applied to the read tables. It stops the follower."""

    def __init__(self, position: int, reason: str) -> None:
        self.position = position
        self.reason = reason
        super().__init__(f"entry {position}: {reason}")


class Follower:
    """Applies every entry once, in order. One that it cannot apply stops it."""

    def __init__(self, log: Log, url: str) -> None:
        self._log = log
        self._url = url
        self._connection = self._connect()
        self._generation: UUID | None = None
        self._rows: Rows | None = None
        self._position = -1

    def _connect(self) -> Connection[Any]:
        return psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=3,
            options="-c role=samrad_follower",
            application_name="samrad follower",
        )

    def close(self) -> None:
        self._connection.close()

    def prepare(self) -> None:
        """Make the read tables, and make them anew if their plan has changed."""
        with self._connection.transaction():
            _take(self._connection, _WRITING)
            if _blueprint(self._connection) is None:
                build(self._connection, "read", "now", "past")
        if _blueprint(self._connection) != BLUEPRINT:
            logger.info("rebuilding", reason="the plan of the read tables has changed")
            rebuild(self._log, self._url)

    def catch_up(self, batch: int = BATCH) -> int:
        """Apply what the tables have not seen; returns the position reached."""
        while self.step(batch):
            pass
        return self._position

    def step(self, batch: int = BATCH) -> int:
        """Apply the next entries, at most `batch`; returns how many there were."""
        with self._connection.transaction():
            rows = self._claim()
            entries = _read(self._log, self._position, batch)
            try:
                self._apply(rows, entries)
                if entries:
                    _note(self._connection, entries[-1].position)
            except Exception:
                rows.forget()
                self._position = -1
                raise
        if entries:
            self._position = entries[-1].position
        return len(entries)

    def _claim(self) -> Rows:
        """Take the lock, and forget what was remembered if someone else has written."""
        _take(self._connection, _WRITING)
        row = self._connection.execute(
            "SELECT generation, position FROM read.follower"
        ).fetchone()
        generation, position = row or (None, 0)
        if self._rows is None or (generation, position) != (
            self._generation,
            self._position,
        ):
            self._rows = Rows(self._connection)
        self._generation, self._position = generation, position
        return self._rows

    def _apply(self, rows: Rows, entries: list[Entry]) -> None:
        _apply_each(rows, entries)
        try:
            rows.write()
        except (psycopg.IntegrityError, psycopg.DataError) as error:
            if len(entries) == 1:
                reason = type(error).__name__
                raise CannotApply(entries[0].position, reason) from error
            raise

    def advance(self) -> int:
        """Apply a batch; if one entry in it cannot be, apply those before and stop.

        Returns how many entries were applied; raises CannotApply for a poison entry.
        """
        try:
            return self.step()
        except psycopg.OperationalError:
            raise
        except (psycopg.Error, CannotApply):
            while self.step(1):
                pass
            return 0

    def follow(self, stop: threading.Event) -> None:
        """Apply entries as they come, until told to stop or an entry cannot be applied.

        A database that goes away is waited for. A second follower waits for the first
        to end.
        """
        while not stop.is_set():
            try:
                if self._connection.closed:
                    self._connection = self._connect()
                    self._rows = None
                with Tail(self._url) as tail:
                    self._follow(tail, stop)
            except psycopg.OperationalError:
                logger.warning("database away", retry_in=1)
                self._connection.close()
                stop.wait(1)

    def _follow(self, tail: Tail, stop: threading.Event) -> None:
        while not tail.claim(_FOLLOWING):
            logger.info("waiting", reason="another follower is at work")
            if stop.wait(2):
                return
        self.prepare()
        logger.info("following", position=self._position)
        while not stop.is_set():
            try:
                while not stop.is_set() and self.advance():
                    logger.info("applied", position=self._position)
            except CannotApply as error:
                self._report(error)
                raise
            self._beat()
            tail.wait(self._position)

    def _beat(self) -> None:
        self._connection.execute(
            "UPDATE read.follower SET seen_at = now(), stopped_at = NULL, error = NULL"
            " WHERE seen_at < now() - interval '1 second' OR stopped_at IS NOT NULL"
        )

    def _report(self, error: CannotApply) -> None:
        logger.error("stopped", position=error.position, reason=error.reason)
        self._connection.execute(
            "UPDATE read.follower SET stopped_at = %s, error = %s, seen_at = now()",
            (error.position, error.reason),
        )


def apply(rows: Rows, entry: Entry) -> None:
    """Show every projection one entry."""
    rows.position = entry.position
    for project in PROJECTORS:
        project(entry, rows)


def _read(log: Log, after: int, limit: int) -> list[Entry]:
    try:
        return list(log.entries(after, limit))
    except Unreadable as error:
        raise CannotApply(error.position, error.reason) from error


def _apply_each(rows: Rows, entries: list[Entry]) -> None:
    for entry in entries:
        try:
            apply(rows, entry)
        except psycopg.OperationalError:
            raise
        except Exception as error:
            raise CannotApply(entry.position, type(error).__name__) from error


def rebuild(
    log: Log,
    url: str,
    progress: Callable[[int, int], None] = lambda done, of: None,
    batch: int = 2_000,
) -> int:
    """Build every read table anew beside the old ones, then put them in their place.

    Pages go on showing the old tables meanwhile. Returns the position reached.
    """
    with psycopg.connect(
        url, options="-c role=samrad_follower", application_name="samrad rebuild"
    ) as connection:
        build(connection, "read_next", "now_next", "past_next")
        connection.commit()
        rows = Rows(connection, "read_next")
        done = 0
        for position in replay(log, rows, 0, batch, progress):
            connection.commit()
            done = position
        with connection.transaction():
            # What was recorded meanwhile; the lock keeps the live follower still.
            _take(connection, _WRITING)
            *_, done = replay(log, rows, done, batch, progress)
            connection.execute(
                "UPDATE read_next.follower SET position = %s, seen_at = now()", (done,)
            )
            for schema in ("read", "now", "past"):
                connection.execute(
                    SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(schema))
                )
            for schema in ("read", "now", "past"):
                connection.execute(
                    SQL("ALTER SCHEMA {} RENAME TO {}").format(
                        Identifier(f"{schema}_next"), Identifier(schema)
                    )
                )
    return done


def replay(
    log: Log,
    rows: Rows,
    done: int,
    batch: int,
    progress: Callable[[int, int], None],
    until: int = 2**62,
) -> Iterator[int]:
    """Apply the entries after `done`, those up to `until`; yields how far it has come.

    Raises CannotApply for an entry that the projections can not take.
    """
    yield done
    while entries := _read(log, done, min(batch, until - done)):
        _apply_each(rows, entries)
        rows.write()
        done = entries[-1].position
        progress(done, log.recorder.max_notification_id() or done)
        yield done


def _take(connection: Connection[Any], lock: int) -> None:
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (lock,))


def _note(connection: Connection[Any], position: int) -> None:
    connection.execute(
        "UPDATE read.follower SET position = %s, seen_at = now(),"
        " stopped_at = NULL, error = NULL",
        (position,),
    )


def _blueprint(connection: Connection[Any]) -> str | None:
    row = connection.execute("SELECT to_regclass('read.follower')").fetchone()
    if row is None or row[0] is None:
        return None
    row = connection.execute("SELECT blueprint FROM read.follower").fetchone()
    return row[0] if row else None


def build(connection: Connection[Any], read: str, now: str, past: str) -> None:
    """Make the tables and their views; the web's role may read the views."""
    for schema in (read, now, past):
        connection.execute(
            SQL("DROP SCHEMA IF EXISTS {0} CASCADE").format(Identifier(schema))
        )
        connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(schema)))
        connection.execute(
            SQL("GRANT USAGE ON SCHEMA {} TO samrad_web").format(Identifier(schema))
        )
    connection.execute(SQL("SET LOCAL search_path = {}").format(Identifier(read)))
    connection.execute(SCHEMA.encode())
    connection.execute(
        "INSERT INTO follower (position, generation, blueprint, seen_at)"
        " VALUES (0, gen_random_uuid(), %s, now())",
        (BLUEPRINT,),
    )
    connection.execute("GRANT SELECT ON follower TO samrad_web")
    for table in tables_of(connection, read).values():
        standing, as_of = _OPEN if table.is_closed else _ENDLESS
        for schema, condition in ((now, standing), (past, as_of)):
            view = Identifier(schema, table.name)
            connection.execute(
                SQL("CREATE VIEW {} AS SELECT * FROM {} WHERE {}").format(
                    view, Identifier(read, table.name), condition
                )
            )
            connection.execute(SQL("GRANT SELECT ON {} TO samrad_web").format(view))
