"""Rebuilding all read tables from 100,000 entries, and how much memory it takes.

The reference reads and decodes the same entries, opening what is sealed, and writes
nothing. Each run is a process of its own; memory is the most it has held.
"""

from __future__ import annotations

import gc
import multiprocessing
import resource
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from time import perf_counter

import psycopg

from bench.figures import Figure, Reading, in_turn
from bench.generate import generated
from cli.opening import following_log
from cli.postgres import Database, embedded
from cli.rebuild import rebuild

ENTRIES = 100_000
FEWER = 10_000
BATCH = 2_000


def run(data: Path) -> Iterator[Figure]:
    """The whole log, each time; and memory beside that of a log a tenth as long."""
    with (
        _at(data, ENTRIES, 250) as database,
        _at(data, FEWER, 1_000) as smaller,
    ):
        held: list[float] = []

        def rebuilt() -> Reading:
            reading = _alone(_rebuilt, database)
            held.append(reading.more["MB"])
            return reading

        yield in_turn(
            f"rebuild of {ENTRIES:,} entries",
            "entries/s",
            rebuilt,
            partial(_alone, _decoded, database),
            goal="≥ 0.35",
        )
        yield in_turn(
            f"the most memory of that, beside a rebuild of {FEWER:,} entries",
            "MB",
            iter(held).__next__,
            lambda: _alone(_rebuilt, smaller).more["MB"],
            goal="≤ 1.5",
        )


def _at(data: Path, entries: int, comments: int) -> _Opened:
    directory = data / f"{entries}-{comments}"
    generated(directory, entries=entries, comments=comments)
    return _Opened(directory)


class _Opened:
    """The databases of a directory while a block lasts."""

    def __init__(self, directory: Path) -> None:
        self._server = embedded(directory)

    def __enter__(self) -> Database:
        return Database.on(self._server.__enter__())

    def __exit__(self, *error: object) -> None:
        self._server.__exit__(None, None, None)


def _alone(work: Callable[[Database], float], database: Database) -> Reading:
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawned) as pool:
        return pool.submit(_measured, work, database).result()


def _measured(work: Callable[[Database], float], database: Database) -> Reading:
    rate = work(database)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Reading(rate, {"MB": most})


def _rebuilt(database: Database) -> float:
    began = perf_counter()
    position = rebuild(database, lambda done, of: None)
    took = perf_counter() - began
    with psycopg.connect(database.owner) as connection:
        found = connection.execute(
            "SELECT (SELECT position FROM log.head),"
            " (SELECT count(*) FROM read.entry), (SELECT position FROM read.follower)"
        ).fetchone()
    assert found == (position,) * 3
    return position / took


def _decoded(database: Database) -> float:
    gc.disable()  # As a rebuild does.
    with closing(following_log(database)) as log:
        began = perf_counter()
        done = read = 0
        while entries := list(log.entries(done, BATCH)):
            done = entries[-1].position
            read += len(entries)
        took = perf_counter() - began
        assert read == log.head()
    return read / took
