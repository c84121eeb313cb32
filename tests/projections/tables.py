"""Holding read tables against each other, row for row, in the database itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from domain.log import Log
from projections.rebuild import build, connected
from projections.replay import replay
from projections.rows import Rows
from projections.table import tables_of

SCRATCH = "scratch_read", "scratch_now", "scratch_past"


class Replayed:
    """Tables of their own, in which the log is replayed step by step."""

    def __init__(self, connection: Connection[Any], log: Log) -> None:
        self._log = log
        self.connection = connection
        with connection.transaction():
            build(connection, *SCRATCH)
        self._rows = Rows(connection, SCRATCH[0])
        self.position = 0

    def apply(self, until: int, batch: int = 1) -> None:
        """Replay the log up to a position, so many entries at a time."""
        *_, self.position = replay(
            self._log, self._rows, self.position, batch, lambda *_: None, until=until
        )

    def differences_from_live(self) -> list[str]:
        """Tables in which a row is not as in the live tables."""
        return _differences(self.connection, SCRATCH[0], "read", without=())

    def differences_from_the_past(self) -> list[str]:
        """Tables that are not what the live ones show as of the same position.

        A row that has ended since then has an end in the live tables, and only there.
        """
        with self.connection.transaction():
            self.connection.execute(
                "SELECT set_config('samrad.as_of', %s, true)", (str(self.position),)
            )
            return _differences(
                self.connection, SCRATCH[1], "past", without=("valid_to",)
            )


@contextmanager
def replayed(log: Log, url: str) -> Iterator[Replayed]:
    """Tables beside the live ones, empty to begin with."""
    with connected(url, "samrad test") as connection:
        yield Replayed(connection, log)


def _differences(
    connection: Connection[Any], left: str, right: str, *, without: tuple[str, ...]
) -> list[str]:
    kinds = tables_of(connection, SCRATCH[0])
    each = [
        SQL(
            "SELECT {name} WHERE EXISTS"
            " ((SELECT {columns} FROM {left} EXCEPT ALL SELECT {columns} FROM {right})"
            " UNION ALL"
            " (SELECT {columns} FROM {right} EXCEPT ALL SELECT {columns} FROM {left}))"
        ).format(
            name=kind.name,
            columns=SQL(", ").join(
                Identifier(column) for column in kind.columns if column not in without
            ),
            left=Identifier(left, kind.name),
            right=Identifier(right, kind.name),
        )
        for kind in kinds.values()
    ]
    found = connection.execute(SQL(" UNION ALL ").join(each)).fetchall()
    return [name for (name,) in found]
