"""Real PostgreSQL for every test that stores something: no stand-in, no mock."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import structlog
from hypothesis import HealthCheck, settings
from psycopg.sql import SQL, Identifier

import ledger.keys
import ledger.recorder
import ledger.session
import ledger.tiles
from cli.postgres import Server, embedded
from domain.log import Log
from projections.follower import Follower
from projections.reads import ReadPool
from tests.vault import log_settings

pytest.register_assert_rewrite("tests.scenario")  # so that then() shows a difference

# A shell that starts a run in the background has it ignore what tests interrupt with.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine is no reason for a property not to hold. Every run tries the same
# examples, so that one that fails is about what was changed; HYPOTHESIS=search looks
# for new ones.
settings.register_profile(
    "samrad",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)
settings.register_profile("search", settings.get_profile("samrad"), derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS", "samrad"))

MEMORY = Path("/dev/shm")  # noqa: S108
ENOUGH = 4 * 1024**3


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """What a command has decided of its log lines ends with the test that ran it."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One server for the test run (under xdist, for each worker).

    It does not wait for the disk, and keeps its files in memory where there is room: a
    new database then takes some 25 ms, on a busy disk up to ten times that. What it
    stores is lost when the machine stops, and only then: tests of durability itself
    ask for `durable_postgres`.
    """
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH
    with _server(within=MEMORY if roomy else None, durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def durable_postgres() -> Iterator[Server]:
    """One more server, on disk and with fsync on, as Samråd runs it."""
    with _server(within=None, durable=True) as server:
        yield server


@pytest.fixture(scope="session")
def template(postgres: Server) -> str:
    """The name of the database that every test's own is copied from.

    It has an empty log and empty read tables.
    """
    name = "template_samrad"
    with psycopg.connect(_of(postgres, "postgres"), autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    lay_out(_of(postgres, name))
    return name


@pytest.fixture
def database(postgres: Server, template: str) -> Iterator[str]:
    """The superuser's url to a database with an empty log and empty read tables."""
    with new_database(postgres, template) as url:
        yield url


@pytest.fixture
def log(database: str) -> Iterator[Log]:
    """An empty log."""
    with Log(log_settings(database)) as log:
        yield log


@pytest.fixture
def follower(log: Log, database: str) -> Iterator[Follower]:
    """What keeps the read tables in step: call its catch_up() when a test has acted."""
    follower = Follower(log, database)
    yield follower
    follower.close()


@pytest.fixture
def reads(database: str) -> Iterator[ReadPool]:
    """Connections to the read tables, as pages have them."""
    pool = ReadPool(database, size=2)
    yield pool
    pool.close()


def lay_out(url: str) -> None:
    """Make the log, the sessions and the read tables in a new database."""
    with psycopg.connect(url, autocommit=True) as owner:
        ledger.recorder.migrate(owner)
        owner.execute(ledger.session.SCHEMA.read_bytes())
        ledger.tiles.migrate(owner)
        ledger.keys.migrate(owner)
    with Log(log_settings(url)) as log:
        follower = Follower(log, url)
        follower.prepare()
        follower.close()


@contextmanager
def new_database(server: Server, template: str = "template1") -> Iterator[str]:
    """A database on a server, copied from another, and dropped when done with."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(_of(server, "postgres"), autocommit=True) as connection:
        # Copied as files: a third faster here than through the write-ahead log.
        copy = SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        connection.execute(copy.format(Identifier(name), Identifier(template)))
        if template != "template1":
            # What a role may do to a database as a whole is not copied with it.
            grant = SQL("GRANT CREATE ON DATABASE {} TO samrad_follower")
            connection.execute(grant.format(Identifier(name)))
    yield _of(server, name)
    with psycopg.connect(_of(server, "postgres"), autocommit=True) as connection:
        drop = SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name))
        connection.execute(drop)


def _of(server: Server, name: str) -> str:
    return server.url_of("postgres", name)


@contextmanager
def _server(*, within: Path | None, durable: bool) -> Iterator[Server]:
    directory = Path(tempfile.mkdtemp(prefix="samrad-tests-", dir=within))
    # Open to the account that PostgreSQL runs under when the tests run as root.
    directory.chmod(0o755)
    try:
        with embedded(directory / "data", durable=durable) as server:
            yield server
    finally:
        shutil.rmtree(directory, ignore_errors=True)
