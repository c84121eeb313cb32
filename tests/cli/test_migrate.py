"""`samrad migrate` lays out a database, for roles with names of their own too."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from uuid import uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from cli import user
from cli.follow import follow
from cli.migrate import migrate
from cli.opening import NotLaidOut, following_log, opened, require_laid_out
from cli.postgres import Server
from cli.settings import Settings
from tests import story
from tests.conftest import new_database
from tests.vault import KEYS_FILE, everywhere


@pytest.fixture
def bare(postgres: Server) -> Iterator[str]:
    """A database with nothing in it."""
    with new_database(postgres) as url:
        yield url


SCHEMAS = ["log", "session", "tlog", "vault", "read", "now", "past"]


def layout(url: str) -> list[tuple[object, ...]]:
    """Every table and view, with the roles that may read it."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT n.nspname, c.relname,"
            " ARRAY(SELECT a::text FROM unnest(c.relacl) AS a ORDER BY 1)"
            " FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = ANY (%s) ORDER BY 1, 2",
            (SCHEMAS,),
        ).fetchall()


def test_a_bare_database_is_laid_out_once(bare: str) -> None:
    with pytest.raises(NotLaidOut):
        require_laid_out(bare)

    migrate(everywhere(bare))
    require_laid_out(bare)
    first = layout(bare)
    migrate(everywhere(bare))

    assert {schema for schema, *_ in first} == set(SCHEMAS)
    assert layout(bare) == first


def test_users_with_other_names_can_follow_and_serve(
    postgres: Server, bare: str
) -> None:
    named = {role: f"{role}_{uuid4().hex[:8]}" for role in ("follower", "web")}
    with psycopg.connect(bare, autocommit=True) as owner:
        for name in named.values():
            owner.execute(SQL("CREATE ROLE {} LOGIN").format(Identifier(name)))
        where = owner.info.dbname
    database = everywhere(
        bare,
        follower=postgres.url_of(named["follower"], where),
        web=postgres.url_of(named["web"], where),
    )
    try:
        migrate(database)
        settings = Settings(
            database_url=database.web,
            follower_database_url=database.follower,
            keys_database_url=database.vault.url,
            keys_file=database.vault.file,
        )
        with opened(settings) as found:
            story.an_organisation(found.log)
            assert found.catch_up() == 1
            with found.reads() as reads:
                assert reads.value("SELECT name FROM organisation") == "Region Norrskog"
    finally:
        with psycopg.connect(bare, autocommit=True) as owner:
            for name in named.values():
                owner.execute(SQL("DROP OWNED BY {} CASCADE").format(Identifier(name)))
                owner.execute(SQL("DROP ROLE {}").format(Identifier(name)))


def test_who_may_only_serve_waits_for_the_follower_to_show_what_was_recorded(
    postgres: Server, bare: str
) -> None:
    migrate(everywhere(bare))
    with psycopg.connect(bare) as owner:
        where = owner.info.dbname
        owner.execute("ALTER ROLE samrad_web LOGIN")
    serving = Settings(
        database_url=postgres.url_of("samrad_web", where),
        keys_database_url=bare,
        keys_file=KEYS_FILE,
    )
    stop = threading.Event()
    with ThreadPoolExecutor() as pool, opened(serving) as found:
        running = pool.submit(follow, everywhere(bare), stop)
        id = user.add(found, email="a@example.se", name="Åsa", public_name=True)
        assert found.actor("a@example.se") == id
        stop.set()
        assert running.result(timeout=30) == 0


def test_the_follower_reads_the_log_and_can_not_append(bare: str) -> None:
    migrate(everywhere(bare))
    with closing(following_log(everywhere(bare))) as log:
        assert list(log.entries(0, 10)) == []
        with pytest.raises(Exception, match="permission denied"):
            story.an_organisation(log)
