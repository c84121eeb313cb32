"""Makes the read tables, and makes them anew beside those that pages go on showing."""

from __future__ import annotations

import gc
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import structlog
from psycopg import Connection
from psycopg.sql import SQL, Identifier

import domain
from domain.log import Log
from projections.replay import replay
from projections.rows import Rows
from projections.table import tables_of

logger = structlog.get_logger()

ROOM = Path(__file__).parent
SCHEMA = (ROOM / "schema.sql").read_text()
BLUEPRINT = hashlib.sha256(
    b"".join(
        file.read_bytes()
        for room in (ROOM, Path(domain.__file__).parent)
        for file in sorted((*room.glob("*.py"), *room.glob("*.sql")))
    )
).hexdigest()
"""Changes with the tables, the projections or the rules; then all is built anew."""

BATCH = 2_000
"""Entries in one transaction."""

WRITING = 7_265_001  # Advisory locks: one batch at a time,
FOLLOWING = 7_265_002  # one process that follows,
_REBUILDING = 7_265_003  # and one that rebuilds.

_LONGEST_HOLD = "500ms"
"""How long pages may have to wait while the new tables wait for their turn."""
_LONGEST_READ = "5s"
"""How long it is waited for who still reads the old tables, before they are kept."""

_AS_OF = "current_setting('samrad.as_of')::bigint"
_ENDLESS = SQL("TRUE"), SQL("valid_from <= " + _AS_OF)
_OPEN = (
    SQL("valid_to IS NULL"),
    SQL(f"valid_from <= {_AS_OF} AND (valid_to IS NULL OR valid_to > {_AS_OF})"),
)
"""Which rows the views of now and of the past show, of either sort of table."""


def rebuild(
    log: Log,
    url: str,
    progress: Callable[[int, int], None] = lambda done, of: None,
    batch: int = BATCH,
) -> int:
    """Build every read table anew, then put the new ones in the place of the old.

    Pages go on showing the old ones meanwhile, and live entries reach them. Returns
    the position reached; raises CannotApply, and leaves the old tables in place then.
    """
    with connected(url, "samrad rebuild") as connection:
        _wait_for_others(connection)
        return _rebuild(connection, log, progress, batch)


def prepare(log: Log, url: str) -> None:
    """Make the read tables, and make them anew if their plan has changed."""
    with connected(url, "samrad rebuild") as connection:
        if blueprint(connection) == BLUEPRINT:
            return
        _wait_for_others(connection)
        found = blueprint(connection)
        if found is None:
            with connection.transaction():
                build(connection, "read", "now", "past")
        elif found != BLUEPRINT:
            logger.info("rebuilding", reason="the plan of the tables has changed")
            _rebuild(connection, log, lambda done, of: None, BATCH)


def blueprint(connection: Connection[Any]) -> str | None:
    """The plan that the read tables were made by, or None when there are none."""
    row = connection.execute("SELECT to_regclass('read.follower')").fetchone()
    if row is None or row[0] is None:
        return None
    row = connection.execute("SELECT blueprint FROM read.follower").fetchone()
    return row[0] if row else None


def connected(url: str, name: str) -> Connection[Any]:
    """A connection that may write to the read tables."""
    return psycopg.connect(
        url,
        autocommit=True,
        connect_timeout=3,
        # Rows are looked up by key. Their plans are made while the tables are empty,
        # and live on: one that reads a whole table, cheap then, is slow ever after.
        # What a crash loses is derived again, so nobody waits for the disk.
        options="-c role=samrad_follower -c enable_seqscan=off"
        " -c enable_hashjoin=off -c enable_mergejoin=off -c synchronous_commit=off",
        application_name=name,
    )


def _wait_for_others(connection: Connection[Any]) -> None:
    connection.execute("SELECT pg_advisory_lock(%s)", (_REBUILDING,))


def _rebuild(
    connection: Connection[Any],
    log: Log,
    progress: Callable[[int, int], None],
    batch: int,
) -> int:
    _drop_old(connection)
    with connection.transaction():
        build(connection, "read_next", "now_next", "past_next")
    later = _put_off_indexes(connection)
    rows = Rows(connection, "read_next")
    with _no_collecting():
        *_, done = replay(log, rows, 0, batch, progress)
    for index in later:
        connection.execute(index)
    # Without it pages would be slow until the server has looked by itself, closer.
    connection.execute("SET default_statistics_target = 10")
    for table in tables_of(connection, "read_next"):
        connection.execute(SQL("ANALYZE {}").format(Identifier("read_next", table)))
    # What was recorded meanwhile; the lock keeps the live follower still.
    connection.execute("SELECT pg_advisory_lock(%s)", (WRITING,))
    *_, done = replay(log, rows, done, batch, progress)
    connection.execute(
        "UPDATE read_next.follower SET position = %s, seen_at = now()", (done,)
    )
    while not _swap(connection):
        time.sleep(0.1)
    connection.execute("SELECT pg_advisory_unlock(%s)", (WRITING,))
    _drop_old(connection)
    return done


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Rows hold no cycles; to look for some among all of them takes a fifth more."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _put_off_indexes(connection: Connection[Any]) -> list[bytes]:
    """Drop the indexes that only pages use; they are made at the end, at once."""
    found = connection.execute(
        "SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_index i"
        " JOIN pg_class c ON c.oid = i.indexrelid"
        " WHERE c.relnamespace = 'read_next'::regnamespace AND NOT i.indisunique"
    ).fetchall()
    for name, _ in found:
        connection.execute(SQL("DROP INDEX {}").format(Identifier("read_next", name)))
    return [definition.encode() for _, definition in found]


def _swap(connection: Connection[Any]) -> bool:
    """Put the new tables in the old ones' place, unless a page takes too long.

    A page locks read.follower before it takes its snapshot, so that it sees either the
    old tables or the new ones with all that is in them, and never something of both.
    """
    try:
        with connection.transaction():
            connection.execute(SQL("SET LOCAL lock_timeout = {}").format(_LONGEST_HOLD))
            if blueprint(connection) is not None:
                connection.execute("LOCK TABLE read.follower IN ACCESS EXCLUSIVE MODE")
            for schema in ("read", "now", "past"):
                _rename(connection, schema, f"{schema}_old")
                _rename(connection, f"{schema}_next", schema)
            connection.execute(
                "SELECT pg_notify('read', position::text) FROM read.follower"
            )
    except psycopg.errors.LockNotAvailable:
        return False
    return True


def _rename(connection: Connection[Any], schema: str, name: str) -> None:
    if connection.execute("SELECT to_regnamespace(%s)", (schema,)).fetchone() != (
        None,
    ):
        connection.execute(
            SQL("ALTER SCHEMA {} RENAME TO {}").format(
                Identifier(schema), Identifier(name)
            )
        )


def _drop_old(connection: Connection[Any]) -> None:
    """Drop what was replaced; if somebody still reads it, the next rebuild does."""
    try:
        with connection.transaction():
            connection.execute(SQL("SET LOCAL lock_timeout = {}").format(_LONGEST_READ))
            connection.execute(
                "DROP SCHEMA IF EXISTS past_old, now_old, read_old CASCADE"
            )
    except psycopg.errors.LockNotAvailable:
        logger.warning("old read tables kept", reason="somebody is still reading them")


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
