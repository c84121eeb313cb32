"""Whether the log is whole, and the read tables are what it says that they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import Connection, IsolationLevel
from psycopg.sql import SQL, Identifier

from domain.log import Log
from projections.follower import BLUEPRINT, build, replay
from projections.rows import Rows
from projections.table import tables_of

SCRATCH = "verifying"
BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it must be, and the first entry that it shows at."""

    position: int
    said: str


class CannotCompare(Exception):
    """There is nothing to compare with; the sentence says why."""


def holes_in(connection: Connection[Any]) -> Iterator[Fault]:
    """Where the log's order is broken: in the positions, and in things' versions.

    Only the first of each is told.
    """
    for position, expected in connection.execute(
        "SELECT position, n FROM ("
        "SELECT position, row_number() OVER (ORDER BY position) AS n FROM log.entry"
        ") AS numbered WHERE position <> n ORDER BY n LIMIT 1"
    ):
        yield Fault(expected, f"there is no entry {expected}: the next is {position}")
    for position, thing, version, expected in connection.execute(
        "SELECT position, originator_id, originator_version, n FROM ("
        "SELECT *, row_number() OVER (PARTITION BY originator_id ORDER BY position)"
        " AS n FROM log.entry) AS numbered"
        " WHERE originator_version <> n ORDER BY position LIMIT 1"
    ):
        yield Fault(
            position, f"{thing} has its version {version} where {expected} should be"
        )


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison found.

    The live tables show the log up to `position`; up to `head` it can be applied.
    """

    position: int
    head: int
    tables: int
    faults: list[Fault]


def compare(
    log: Log, url: str, progress: Callable[[int, int], None] = lambda done, of: None
) -> Compared:
    """Replay the log into tables of its own, and hold them against the live ones.

    All of it is one transaction that is rolled back: it sees the live tables as they
    were at its start, holds nobody up, and leaves nothing. Raises CannotApply for an
    entry that can not be read or applied, and CannotCompare.
    """
    with psycopg.connect(
        url, options="-c role=samrad_follower", application_name="samrad verify"
    ) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        generation, position = _live(connection)
        build(connection, *(f"{SCRATCH}_{name}" for name in ("read", "now", "past")))
        rows = Rows(connection, f"{SCRATCH}_read")
        *_, done = replay(log, rows, 0, BATCH, progress, until=position)
        tables = tables_of(connection, f"{SCRATCH}_read")
        if done < position:
            # The tables differ too then, and earlier, but that is why.
            return Compared(position, done, len(tables), [_cut_off(position, done)])
        faults: list[Fault] = []
        for name in tables:
            faults += _differences(connection, name)
        if _generation(url) != generation:
            raise CannotCompare("The read tables were rebuilt meanwhile: try again.")
        *_, head = replay(log, rows, done, BATCH, progress)
        connection.rollback()
    faults.sort(key=lambda fault: fault.position)
    return Compared(position, head, len(tables), faults)


def _live(connection: Connection[Any]) -> tuple[Any, int]:
    row = connection.execute("SELECT to_regclass('read.follower')").fetchone()
    if row is None or row[0] is None:
        raise CannotCompare("There are no read tables yet: run `samrad follow`.")
    generation, position, blueprint = connection.execute(
        "SELECT generation, position, blueprint FROM read.follower"
    ).fetchone() or (None, 0, None)
    if blueprint != BLUEPRINT:
        raise CannotCompare(
            "The read tables were made by another release: run `samrad rebuild`."
        )
    return generation, position


def _generation(url: str) -> Any:
    with psycopg.connect(url, options="-c role=samrad_follower") as connection:
        row = connection.execute("SELECT generation FROM read.follower").fetchone()
    return row and row[0]


def _cut_off(position: int, done: int) -> Fault:
    return Fault(
        done + 1, f"the read tables show entry {position}, and the log ends at {done}"
    )


def _differences(connection: Connection[Any], table: str) -> Iterator[Fault]:
    """The rows that only one of the two has, as one fault."""
    query = SQL(
        "SELECT count(*), min(valid_from) FROM ("
        "(TABLE {live} EXCEPT ALL TABLE {made})"
        " UNION ALL (TABLE {made} EXCEPT ALL TABLE {live})) AS different"
    ).format(live=Identifier("read", table), made=Identifier(f"{SCRATCH}_read", table))
    count, first = connection.execute(query).fetchone() or (0, 0)
    if count:
        yield Fault(
            first, f"{count} rows of {table} are not what the log says, the first here"
        )
