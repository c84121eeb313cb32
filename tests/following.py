"""The follower at work in the background, as in service."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg

from domain.log import Log
from projections.follower import Follower


@contextmanager
def following(log: Log, url: str) -> Iterator[None]:
    """Have the read tables of a database in step with its log while a block lasts."""
    stop = threading.Event()
    with closing(Follower(log, url)) as follower:
        thread = threading.Thread(target=follower.follow, args=(stop,), name="follower")
        thread.start()
        try:
            yield
        finally:
            stop.set()
            # It looks around when the log grows, or once a second: that adds up.
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("NOTIFY log")
            thread.join(timeout=10)
