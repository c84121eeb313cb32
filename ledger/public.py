"""The log as everyone may have it: what the newest published checkpoint covers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self
from uuid import UUID

import psycopg
from psycopg import Connection
from psycopg_pool import ConnectionPool, PoolTimeout

from ledger.pool import connections
from ledger.session import Unreachable
from ledger.tiles import HEIGHT, WIDTH, Published, Tiles, published


class PublicLog:
    """Reads the checkpoint, the tiles and the entries that have been published.

    The pool's connections must be allowed to read them, as samrad_web is. Every method
    raises Unreachable without the database, and Damaged for what has been published
    and is gone.
    """

    def __init__(self, pool: ConnectionPool[Connection[Any]]) -> None:
        self._pool = pool

    @classmethod
    def at(cls, url: str, *, size: int = 2) -> Self:
        """The log in the database at `url`, over connections of its own."""
        pool = connections(
            url,
            size=size,
            timeout=5,
            options="-c role=samrad_web",
            application_name="samrad public log",
        )
        return cls(pool)

    def close(self) -> None:
        """Give the connections back."""
        self._pool.close()

    @contextmanager
    def _connection(self) -> Iterator[Connection[Any]]:
        try:
            with self._pool.connection() as connection:
                yield connection
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise Unreachable from error

    def checkpoint(self) -> Published | None:
        """The newest checkpoint; None before the first."""
        with self._connection() as connection:
            return published(connection)

    def tile(self, level: int, index: int, width: int = WIDTH) -> bytes | None:
        """The first `width` hashes of a tile; None when so many are not published."""
        with self._connection() as connection:
            if not _covers(published(connection), level, index, width):
                return None
            return Tiles(connection).tile(level, index, width)

    def entries(self, index: int, width: int = WIDTH) -> bytes | None:
        """The first `width` entries of a bundle; None when not all are published."""
        with self._connection() as connection:
            if not _covers(published(connection), 0, index, width):
                return None
            return Tiles(connection).entries(index, width)

    def ask_for_audit(self, by: UUID) -> None:
        """Have all of the log checked as soon as possible, for somebody."""
        with self._connection() as connection:
            connection.execute("SELECT tlog.ask_for_audit(%s)", (by,))


def _covers(newest: Published | None, level: int, index: int, width: int) -> bool:
    size = newest.size if newest else 0
    return index * WIDTH + width <= size >> HEIGHT * level
