"""Recorders on a log of their own."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from ledger.recorder import LogRecorder
from tests.ledger.checker import Checker, missing
from tests.ledger.writing import Line


@pytest.fixture(scope="session")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Checker:
    """Go's own packages, which share no code with ours."""
    if reason := missing():
        pytest.skip(reason)
    return Checker(tmp_path_factory.mktemp("go"))


@pytest.fixture
def recorder(database: str) -> Iterator[LogRecorder]:
    recorder = LogRecorder(database)
    yield recorder
    recorder.close()


@pytest.fixture
def line(database: str) -> Iterator[Line]:
    line = Line(database)
    yield line
    line.close()


@pytest.fixture
def owner(database: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Whoever owns the log, here the superuser, who is refused nothing else."""
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


@pytest.fixture
def web(database: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The application, signed in as itself and not as somebody who plays its role."""
    yield from _signed_in(database, "samrad_web")


@pytest.fixture
def reader(database: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The follower, signed in as itself."""
    yield from _signed_in(database, "samrad_follower")


def _signed_in(
    database: str, role: str
) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(f"ALTER ROLE {role} LOGIN")
    with psycopg.connect(
        make_conninfo(database, user=role), autocommit=True
    ) as connection:
        yield connection
