"""Watches from a process of its own when entries are committed, and when visible."""

from __future__ import annotations

import multiprocessing
from multiprocessing.synchronize import Event
from time import perf_counter
from typing import Any

import psycopg

INTERVAL = 0.001
PATIENCE = 30.0

Seen = list[tuple[float, int]]
"""When a position had been reached, and which."""


class Watch:
    """Notes when positions are committed, and when they are visible."""

    def __init__(self, url: str) -> None:
        spawned = multiprocessing.get_context("spawn")
        self._done = spawned.Event()
        self._found, theirs = spawned.Pipe()
        self._process = spawned.Process(
            target=_watch, args=(url, self._done, theirs), daemon=True
        )

    def __enter__(self) -> Watch:
        self._process.start()
        self._found.recv()
        return self

    def __exit__(self, *error: object) -> None:
        self._done.set()
        self.found: tuple[Seen, Seen] = self._found.recv()
        self._process.join()


def _watch(url: str, done: Event, say: Any) -> None:
    committed: Seen = []
    visible: Seen = []
    with (
        psycopg.connect(url, autocommit=True) as listening,
        psycopg.connect(url, autocommit=True) as asking,
    ):
        listening.execute("LISTEN log")
        position = "SELECT position FROM read.follower"
        visible.append((perf_counter(), _one(asking, position)))
        say.send(True)
        late = None
        while True:
            for told in listening.notifies(timeout=INTERVAL, stop_after=1):
                committed.append((perf_counter(), int(told.payload)))
            if (now := _one(asking, position)) > visible[-1][1]:
                visible.append((perf_counter(), now))
            if late is None and done.is_set():
                late = perf_counter() + PATIENCE
                until = _one(asking, "SELECT position FROM log.head")
            if late and (visible[-1][1] >= until or perf_counter() > late):
                break
    say.send((committed, visible))


def _one(connection: psycopg.Connection[Any], query: str) -> int:
    row = connection.execute(query.encode(), prepare=True).fetchone()
    return int(row[0]) if row else 0
