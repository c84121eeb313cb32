"""Connections that are soon whole again when the database has been away."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from cli.postgres import Server, embedded
from ledger.pool import connections


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of these tests' own, to stop and start."""
    above = Path(tempfile.mkdtemp(prefix="samrad-tests-"))
    above.chmod(0o755)
    try:
        with embedded(above / "data", durable=False) as server:
            yield server
    finally:
        shutil.rmtree(above)


def test_after_a_long_while_without_the_database_it_takes_a_moment(
    server: Server,
) -> None:
    with connections(server.url, size=2, timeout=10) as pool:
        pool.wait()
        with server.locked():
            server.stop()
            # By now the pool by itself would have tried thrice and wait for four more.
            with pytest.raises(PoolTimeout):
                pool.getconn(timeout=4)
            server.start()
        began = monotonic()
        with pool.connection() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert monotonic() - began < 3.5


def test_who_comes_after_a_restart_gets_no_lost_connection_and_waits_for_none(
    server: Server,
) -> None:
    with connections(server.url, size=4, timeout=10) as pool:
        held = [pool.getconn() for _ in range(4)]
        for connection in held:
            pool.putconn(connection)
        with psycopg.connect(server.url) as operator:
            operator.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
        began = monotonic()
        for connection in [pool.getconn() for _ in range(4)]:
            assert connection.execute("SELECT 1").fetchone() == (1,)
            pool.putconn(connection)
        assert monotonic() - began < 9
