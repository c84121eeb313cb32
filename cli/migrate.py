"""Lays out the database: the log, the sessions, the roles, and the read tables."""

from __future__ import annotations

from contextlib import closing

import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from cli.opening import following_log
from cli.postgres import Database, let_roles_sign_in
from cli.vault import lay_out_vault
from ledger import recorder, session, tiles
from projections.follower import Follower

_MIGRATING = 7_265_004  # Advisory lock: two at once would make the same schema twice.


def migrate(database: Database) -> None:
    """Create or update everything in the database; running it again changes nothing.

    Raises psycopg.Error when the owner may not, or the database does not answer.
    """
    with psycopg.connect(database.owner) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATING,))
        recorder.migrate(connection)
        connection.execute(session.SCHEMA.read_text().encode())
        tiles.migrate(connection)
        _let_others_act(connection, database)
    lay_out_vault(database.vault)
    let_roles_sign_in(database)
    with (
        closing(following_log(database)) as log,
        closing(Follower(log, database.follower)) as follower,
    ):
        follower.prepare()


def _let_others_act(connection: Connection[tuple[object, ...]], to: Database) -> None:
    """Let users with names of their own act in the roles; a superuser may anyway."""
    for role, url in (
        ("samrad_web", to.web),
        ("samrad_follower", to.follower),
        ("samrad_notary", to.notary),
    ):
        user = str(conninfo_to_dict(url).get("user") or connection.info.user)
        may = connection.execute(
            "SELECT pg_has_role(oid, %s, 'SET') FROM pg_roles WHERE rolname = %s",
            (role, user),
        ).fetchone()
        if may == (False,):
            connection.execute(
                SQL("GRANT {} TO {}").format(Identifier(role), Identifier(user))
            )
