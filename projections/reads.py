"""What pages ask questions of: the read tables as they are, or were at a position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cached_property
from typing import Any, LiteralString, TypeVar
from uuid import UUID, uuid4

import psycopg
from psycopg import Connection
from psycopg.rows import class_row, dict_row
from psycopg.sql import SQL
from psycopg_pool import ConnectionPool

from domain.log import Unavailable
from ledger.pool import connections
from projections.texts import KeptTexts

T = TypeVar("T")
Params = Sequence[Any] | Mapping[str, Any] | None

# The lock comes before the snapshot, which the first question takes: a rebuild that
# puts new tables in the place of these waits for us, or we for it. So we see the old
# ones, or the new ones with all that is in them, and never something of both.
_BEGIN = (
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
    " LOCK TABLE read.follower IN ACCESS SHARE MODE"
)
_AS_OF = SQL(_BEGIN + "; SET LOCAL samrad.as_of = {}")
SESSION = "-c role=samrad_web -c random_page_cost=1.1"
"""What pages read lies in memory or on a disk without a head to move. A planner that
is not told so reads a table from one end, in hope of coming upon a page's rows soon,
rather than to fetch them one by one by an index."""
_NOT_MADE_YET = psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName


class Reads:
    """Questions to one consistent state of the read tables.

    `moment` is the position they are asked as of, or None for now. `texts` are those
    that the process has read before.
    """

    def __init__(
        self,
        connection: Connection[Any],
        moment: int | None,
        texts: KeptTexts | None = None,
    ) -> None:
        self._connection = connection
        self.moment = moment
        self.texts = texts or KeptTexts()

    def all(
        self, kind: type[T], query: LiteralString, params: Params = None
    ) -> list[T]:
        """Every row, as `kind`."""
        with self._connection.cursor(row_factory=class_row(kind)) as cursor:
            return cursor.execute(query, params).fetchall()

    def one(
        self, kind: type[T], query: LiteralString, params: Params = None
    ) -> T | None:
        """The first row, as `kind`, or None."""
        with self._connection.cursor(row_factory=class_row(kind)) as cursor:
            return cursor.execute(query, params).fetchone()

    def tuples(
        self, query: LiteralString, params: Params = None
    ) -> list[tuple[Any, ...]]:
        """Every row, as a tuple."""
        return self._connection.execute(query, params).fetchall()

    def dicts(
        self, query: LiteralString, params: Params = None
    ) -> list[dict[str, Any]]:
        """Every row, as a dict by column."""
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query, params).fetchall()

    def stream(
        self, query: LiteralString, params: Params = None, *, batch: int = 1_000
    ) -> Iterator[tuple[Any, ...]]:
        """Every row, as a tuple, fetched a batch at a time: for answers of any length.

        Other questions may be asked between two rows.
        """
        with self._connection.cursor(name=f"stream_{uuid4().hex}") as cursor:
            cursor.itersize = batch
            cursor.execute(query, params)
            yield from cursor

    def value(self, query: LiteralString, params: Params = None) -> Any:
        """The first column of the first row, or None."""
        row = self._connection.execute(query, params).fetchone()
        return row[0] if row else None

    @property
    def connection(self) -> Connection[Any]:
        """For the ledger's own questions about its tables, in the same transaction."""
        return self._connection

    @cached_property
    def generation(self) -> UUID:
        """Which tables these are: another after every rebuild."""
        found: UUID = self.value("SELECT generation FROM read.follower")
        return found

    @cached_property
    def position(self) -> int:
        """How far into the log these tables show."""
        if self.moment is not None:
            return self.moment
        return int(self.value("SELECT position FROM read.follower") or 0)


class ReadPool:
    """Connections to the read tables: some for now, some for the past."""

    def __init__(self, url: str, *, size: int = 8, timeout: float = 5.0) -> None:
        def pool(schema: str, size: int) -> ConnectionPool[Connection[Any]]:
            return connections(
                url,
                size=size,
                timeout=timeout,
                options=f"{SESSION} -c search_path={schema}",
                application_name="samrad reads",
            )

        self._now = pool("now", size)
        self._past = pool("past", max(2, size // 2))
        self._texts = KeptTexts()

    @contextmanager
    def __call__(self, moment: int | None = None) -> Iterator[Reads]:
        """Ask as of a position, or of now; every question sees the same state.

        Raises Unavailable while the database, or the read tables, are not there.
        """
        pool = self._now if moment is None else self._past
        try:
            connection = _begun(pool, moment)
            try:
                yield Reads(connection, moment, self._texts)
            finally:
                _give_back(pool, connection)
        except psycopg.OperationalError as error:
            raise Unavailable from error

    @contextmanager
    def at_once(self) -> Iterator[Reads]:
        """Ask one question of now, which by itself sees one state, in one round trip.

        It has to name read.follower first, for the lock that others take beforehand.
        Raises Unavailable, also for a connection that a restart has broken.
        """
        try:
            with self._now.connection() as connection:
                yield Reads(connection, None)
        except (psycopg.OperationalError, *_NOT_MADE_YET) as error:
            raise Unavailable from error

    def close(self) -> None:
        """Give all connections back."""
        self._now.close()
        self._past.close()


def _begun(
    pool: ConnectionPool[Connection[Any]], moment: int | None
) -> Connection[Any]:
    """A connection in a transaction; one that a restart has broken is passed over."""
    begin = _BEGIN if moment is None else _AS_OF.format(str(moment))
    left = pool.max_size
    while True:
        connection = pool.getconn()
        try:
            connection.execute(begin)
            return connection
        except BaseException as error:
            _give_back(pool, connection)
            if isinstance(error, _NOT_MADE_YET):
                raise Unavailable from error
            left -= 1
            if left < 0 or not isinstance(error, psycopg.OperationalError):
                raise


def _give_back(
    pool: ConnectionPool[Connection[Any]], connection: Connection[Any]
) -> None:
    """End what was asked together.

    Not by rolling back, though there is nothing to commit: at that psycopg forgets the
    statements it has prepared, and the next page's are parsed and planned anew.
    """
    with suppress(psycopg.OperationalError):
        connection.commit()
    pool.putconn(connection)


def position_at(reads: Reads, instant: datetime) -> int:
    """The position of the newest entry that had happened at an instant, 0 for none."""
    return int(
        reads.value(
            "SELECT coalesce(max(valid_from), 0) FROM entry"
            " WHERE at = (SELECT max(at) FROM entry WHERE at <= %s)",
            (instant,),
        )
    )


def instant_of(reads: Reads, position: int) -> datetime | None:
    """When the newest entry at or before a position happened."""
    found: datetime | None = reads.value(
        "SELECT at FROM entry WHERE valid_from <= %s ORDER BY valid_from DESC LIMIT 1",
        (position,),
    )
    return found
