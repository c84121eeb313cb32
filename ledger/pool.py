"""A few connections to the database, soon whole again when it has been away."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import Connection
from psycopg_pool import ConnectionPool

AGAIN = 1.0
"""Seconds after which a database that is away is tried again.

The pool by itself waits twice as long each time, for up to five minutes: after half a
minute without the database, pages took 24 seconds more to come back.
"""


def connections(
    url: str, *, size: int, timeout: float, check: bool = False, **connecting: Any
) -> ConnectionPool[Connection[Any]]:
    """One to `size` connections; who asks for one waits `timeout` seconds at most.

    `check` makes sure of each before it is handed out, at the cost of one round trip.
    """

    def alive(connection: Connection[Any]) -> None:
        try:
            ConnectionPool.check_connection(connection)
        except psycopg.OperationalError:
            pool.check()  # Those beside it were most likely lost in the same moment.
            raise

    pool = ConnectionPool(
        url,
        min_size=1,
        max_size=size,
        timeout=timeout,
        reconnect_timeout=AGAIN,
        reconnect_failed=ConnectionPool.check,
        check=alive if check else None,
        kwargs={"autocommit": True, "connect_timeout": 3, **connecting},
        open=True,
    )
    return pool
