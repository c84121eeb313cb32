"""The log in PostgreSQL: who may do what with it, and that its order has no holes."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError
from psycopg.errors import InsufficientPrivilege
from psycopg.sql import SQL, Identifier

from ledger.recorder import LogRecorder, migrate
from tests.ledger.writing import event

Connection = psycopg.Connection[tuple[object, ...]]

APPEND = (
    "SELECT log.append(%s::int[], %s::uuid[], %s::int8[], %s::text[], %s::bytea[],"
    " %s::bytea[])"
)


def append(connection: Connection, *, ids: list[Any], **changed: Any) -> Any:
    """Append as the application does; `changed` replaces some of the lists."""
    lists = {
        "batches": [0] * len(ids),
        "ids": ids,
        "versions": [1] * len(ids),
        "topics": ["test.happened"] * len(ids),
        "states": [b"{}"] * len(ids),
        "commitments": [None] * len(ids),
        **changed,
    }
    row = connection.execute(APPEND, list(lists.values())).fetchone()
    return row and row[0]


def positions(connection: Connection) -> list[object]:
    query = "SELECT position FROM log.entry ORDER BY position"
    return [position for (position,) in connection.execute(query)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE log.entry SET state = 'x'",
        "UPDATE log.entry SET state = 'x' WHERE position = 1",
        "DELETE FROM log.entry",
        "DELETE FROM log.entry WHERE position = 0",
        "TRUNCATE log.entry",
        "INSERT INTO log.entry SELECT * FROM log.entry"
        " ON CONFLICT (position) DO UPDATE SET state = 'x'",
        "MERGE INTO log.entry USING (SELECT 1) AS one ON position = 1"
        " WHEN MATCHED THEN DELETE",
    ],
)
@pytest.mark.parametrize("session", ["origin", "replica"])
def test_nobody_changes_an_entry_not_even_the_owner(
    owner: Connection, recorder: LogRecorder, change: str, session: str
) -> None:
    recorder.insert_events([event()])
    before = owner.execute("SELECT * FROM log.entry").fetchall()
    # How the owner would keep ordinary triggers from firing.
    owner.execute(f"SET session_replication_role = {session}")
    with pytest.raises(InsufficientPrivilege, match="append-only"):
        owner.execute(change.encode())
    assert owner.execute("SELECT * FROM log.entry").fetchall() == before


@pytest.mark.parametrize(
    "act",
    [
        "INSERT INTO log.entry VALUES (1, gen_random_uuid(), 1, 'a', 'x', now(), 'l')",
        "UPDATE log.entry SET state = 'x'",
        "DELETE FROM log.entry",
        "TRUNCATE log.entry",
        "DO $$ BEGIN LOCK TABLE log.entry IN ACCESS EXCLUSIVE MODE; END $$",
        "INSERT INTO log.turn VALUES (true)",
        "DELETE FROM log.turn",
        "SELECT FROM log.turn FOR UPDATE",
        "SELECT log.fits('{}', '{}')",
        "SELECT log.refuse_change()",
        "ALTER TABLE log.entry DISABLE TRIGGER ALL",
        "ALTER TABLE log.entry DISABLE TRIGGER entry_is_never_changed",
        "DROP TRIGGER entry_is_never_changed ON log.entry",
        "DROP TABLE log.entry",
        "ALTER FUNCTION log.append RENAME TO prepend",
        "CREATE TABLE log.mine (x int)",
        "CREATE FUNCTION log.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE VIEW log.head AS SELECT 0 AS position",
        "CREATE SCHEMA mine",
        "CREATE TABLE public.mine (x int)",
        "DROP SCHEMA log CASCADE",
        "SET session_replication_role = replica",
        "SET ROLE postgres",
    ],
)
def test_the_application_can_only_read_and_append(web: Connection, act: str) -> None:
    with pytest.raises((InsufficientPrivilege, psycopg.errors.WrongObjectType)):
        web.execute(act.encode())


def test_the_application_gives_itself_no_rights(web: Connection) -> None:
    web.execute("GRANT ALL ON log.entry TO samrad_web")  # Only a warning says no.
    rights = web.execute(
        "SELECT privilege_type FROM information_schema.role_table_grants"
        " WHERE grantee = 'samrad_web' AND table_schema = 'log'"
    ).fetchall()
    assert {right for (right,) in rights} == {"SELECT"}


def test_the_application_reads_and_appends(web: Connection) -> None:
    assert append(web, ids=[uuid4(), uuid4()]) == [1, 2]
    assert positions(web) == [1, 2]
    assert web.execute("SELECT position FROM log.head").fetchone() == (2,)


def test_the_follower_only_reads(reader: Connection) -> None:
    assert positions(reader) == []
    with pytest.raises(InsufficientPrivilege):
        append(reader, ids=[uuid4()])
    for change in ("DELETE FROM log.entry", "TRUNCATE log.entry", "DROP SCHEMA log"):
        with pytest.raises(InsufficientPrivilege):
            reader.execute(change.encode())


A, B = UUID(int=0xA), UUID(int=0xB)
# Two batches of one event each; every case spoils one of the five lists, or two.
RIGHT: dict[str, Any] = {
    "batches": [0, 1],
    "ids": [A, B],
    "versions": [1, 1],
    "topics": ["a.b", "a.b"],
    "states": [b"x", b"y"],
}


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda right: None,
        lambda right: [],
        lambda right: right[:1],
        lambda right: [*right, right[0]],
        lambda right: [right[0], None],
        lambda right: [None, right[1]],
        lambda right: [right],
    ],
)
def test_a_list_that_is_not_like_the_others_breaks_nothing(
    web: Connection, name: str, spoil: Any
) -> None:
    _append_wrongly(web, {**RIGHT, name: spoil(RIGHT[name])})


@pytest.mark.parametrize(
    "wrong",
    [
        {name: [] for name in RIGHT},
        dict.fromkeys(RIGHT),
        {"versions": [1, 0]},
        {"versions": [1, -1]},
        {"versions": [2, 1]},
        {"versions": [1, 2**62]},
        {"topics": ["a.b", "not a topic"]},
        {"topics": ["a.b", ""]},
        {"batches": [1, 0]},
        {"batches": [-1, 7]},
        {"ids": [A, A]},
        {"ids": [A, A], "batches": [0, 0]},
        # Lists that begin at 0: their elements would be taken one for another.
        {
            "batches": "[0:1]={0,1}",
            "ids": f"[0:1]={{{A},{B}}}",
            "versions": "[0:1]={1,7}",
            "topics": "[0:1]={a.b,a.b}",
            "states": "[0:1]={x,y}",
        },
    ],
)
def test_wrong_events_break_nothing(web: Connection, wrong: dict[str, Any]) -> None:
    _append_wrongly(web, {**RIGHT, **wrong})


def _append_wrongly(web: Connection, lists: dict[str, Any]) -> None:
    append(web, ids=[uuid4()])
    with suppress(psycopg.Error):
        web.execute(APPEND, list(lists.values()))
    found = positions(web)
    assert found == list(range(1, len(found) + 1))
    holes = web.execute(
        "SELECT FROM log.entry GROUP BY originator_id"
        " HAVING max(originator_version) <> count(*)"
    ).fetchall()
    assert not holes
    assert append(web, ids=[uuid4()]) == [len(found) + 1]


def test_an_append_that_is_rolled_back_leaves_no_hole(web: Connection) -> None:
    with web.transaction(force_rollback=True):
        assert append(web, ids=[uuid4()] * 1) == [1]
    assert append(web, ids=[uuid4()]) == [1]


@pytest.mark.parametrize("isolation", ["REPEATABLE READ", "SERIALIZABLE"])
def test_an_append_under_an_old_snapshot_is_refused(
    web: Connection, isolation: str
) -> None:
    with web.transaction():
        web.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}")
        with pytest.raises(psycopg.errors.RaiseException, match="read committed"):
            append(web, ids=[uuid4()])
        raise psycopg.Rollback


def test_a_database_that_defaults_to_old_snapshots_is_appended_to_all_the_same(
    owner: Connection, database: str
) -> None:
    query = SQL("ALTER DATABASE {} SET default_transaction_isolation = serializable")
    owner.execute(query.format(Identifier(owner.info.dbname)))
    with closing(LogRecorder(database)) as recorder:
        assert recorder.insert_events([event()]) == [1]


def test_migrating_again_changes_nothing(
    owner: Connection, recorder: LogRecorder
) -> None:
    recorder.insert_events([event()])
    migrate(owner)
    assert recorder.insert_events([event()]) == [2]
    assert positions(owner) == [1, 2]


def test_versions_of_a_thing_have_no_holes(recorder: LogRecorder) -> None:
    thing = uuid4()
    for version in (2, 3):
        with pytest.raises(IntegrityError):
            recorder.insert_events([event(thing, version)])
    recorder.insert_events([event(thing, 1), event(thing, 2)])
    with pytest.raises(IntegrityError):
        recorder.insert_events([event(thing, 4)])
    with pytest.raises(IntegrityError):
        recorder.insert_events([event(thing, 3), event(thing, 3, b"other")])
    assert recorder.insert_events([event(thing, 3)]) == [3]


def test_the_database_says_when_an_entry_was_recorded(
    owner: Connection, recorder: LogRecorder
) -> None:
    recorder.insert_events([event()])
    recent = "SELECT recorded_at > now() - interval '1 minute' FROM log.entry"
    assert owner.execute(recent).fetchone() == (True,)
