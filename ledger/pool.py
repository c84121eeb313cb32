"""A few connections to the database, soon whole again when it has been away."""

from __future__ import annotations

import select
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
    url: str, *, size: int, timeout: float, **connecting: Any
) -> ConnectionPool[Connection[Any]]:
    """One to `size` connections; who asks for one waits `timeout` seconds at most.

    None is handed out that a restart of the database has broken.
    """

    def alive(connection: Connection[Any]) -> None:
        if not _has_news(connection):
            return
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
        check=alive,
        kwargs={"autocommit": True, "connect_timeout": 3, **connecting},
        open=True,
    )
    return pool


def _has_news(connection: Connection[Any]) -> bool:
    """Whether the server has said something unasked, as it does when it hangs up.

    That takes no round trip, which asking it would.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
