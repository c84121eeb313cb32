"""A dump of the keys from before an erasure, restored as the manual says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from subprocess import DEVNULL

import psycopg
import pytest

from cli.postgres import Server
from domain.log import Log
from ledger.keys import KeyFile, Keys, migrate
from tests.cli.installation import PATIENCE, ROOT
from tests.conftest import new_database
from tests.office import Office
from tests.vault import KEYS_FILE, log_settings

DUMP = "keys.dump"

# What a process that is started after the restore reads of three things.
READ = """
import json, sys
from contextlib import closing
from uuid import UUID

from domain.log import Log
from ledger.sealing import Erased

settings, things = map(json.loads, sys.argv[1:])
with closing(Log(settings)) as log:
    for thing in things:
        fact = log.history(UUID(thing))[0]
        said = getattr(fact, "name", None) or fact.text
        print("erased" if isinstance(said, Erased) else said)
"""


@pytest.fixture
def beside(postgres: Server) -> Iterator[str]:
    """A database of its own for the keys, as an installation has it."""
    with new_database(postgres) as url:
        with psycopg.connect(url) as owner:
            migrate(owner)
        yield url


def run(server: Server, program: str, *arguments: str) -> None:
    done = server._run(program, *arguments)
    assert done.returncode == 0, done.stderr


def read_anew(settings: dict[str, str], *things: object) -> list[str]:
    done = subprocess.run(  # noqa: S603
        [
            *(sys.executable, "-P", "-c", READ),
            json.dumps(settings),
            json.dumps([str(thing) for thing in things]),
        ],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    return done.stdout.splitlines()


def test_a_restored_dump_of_the_keys_opens_nothing_that_is_erased(
    postgres: Server, database: str, beside: str
) -> None:
    settings = log_settings(database, KEYS_DATABASE_URL=beside)
    with closing(Log(settings)) as log:
        office = Office(log)
        kept = office.said()
        run(
            postgres,
            "pg_dump",
            *("--schema=vault", "--format=custom", f"--file={DUMP}", beside),
        )
        office.erase("person", comments=[office.comment])
    with psycopg.connect(beside) as owner:
        owner.execute("DROP SCHEMA vault CASCADE")
    run(postgres, "pg_restore", f"--dbname={beside}", DUMP)

    things = office.author, office.comment
    with closing(Keys(beside, KeyFile.read(KEYS_FILE))) as keys:
        assert all(keys.fetch(things).values()), "the dump has the keys again"
        assert list(keys.destroyed()) == [], "and knows of no erasure"
        said = read_anew(settings, *things, kept, office.first)
        assert said == ["erased", "erased", "Hemligt.", "Astrid Lind"]
        assert keys.fetch(things) == dict.fromkeys(things)
        assert {scope for scope, _, _ in keys.destroyed()} == {*things}
