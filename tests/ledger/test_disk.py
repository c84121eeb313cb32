"""A disk that takes no more while the tree is written: PostgreSQL's own write fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from cli.postgres import Server
from ledger.tiles import integrate
from tests.ledger.trees import leaves, record

LARGE = 3_000


@contextmanager
def no_room(server: Server, connection: Connection[Any], octets: int) -> Iterator[None]:
    """The kernel lets the server's end of a connection write no file larger than that.

    Other connections do not notice.
    """
    _limit(server, connection, str(octets))
    yield
    _limit(server, connection, "unlimited")


def _limit(server: Server, connection: Connection[Any], octets: str) -> None:
    backend = connection.info.backend_pid
    command = ["prlimit", f"--pid={backend}", f"--fsize={octets}:"]
    done = server.account.run(command, directory=Path("/"))
    assert done.returncode == 0, done.stderr


def kept(connection: Connection[Any]) -> list[Any]:
    """All that there is of a tree."""
    return [
        connection.execute("SELECT size, root FROM tlog.integrated").fetchall(),
        connection.execute("TABLE tlog.tile ORDER BY level, index").fetchall(),
    ]


def size_of_tiles(connection: Connection[Any]) -> int:
    """Octets of the file that tiles are in."""
    row = connection.execute(
        "SELECT pg_relation_size(reltoastrelid) FROM pg_class"
        " WHERE oid = 'tlog.tile'::regclass"
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_disk_without_room_leaves_the_tree_as_it_was(
    postgres: Server, database: str
) -> None:
    with (
        psycopg.connect(database, autocommit=True) as owner,
        psycopg.connect(
            database, autocommit=True, options="-c role=samrad_notary"
        ) as notary,
    ):
        record(owner, LARGE)
        integrate(notary, most=300)
        before = kept(owner)
        for _ in range(2):
            with (
                no_room(postgres, notary, size_of_tiles(owner)),
                pytest.raises(psycopg.Error, match="could not extend file"),
            ):
                integrate(notary)
            assert kept(owner) == before
        assert integrate(notary) == (LARGE, leaves(LARGE).root(LARGE))
        assert kept(owner) != before
