"""Tiles and what is added to them: right at every size, whoever is stopped or in a way.

The entries are the numbered ones, whose trees tests/ledger/trees.py hashes by itself.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import combinations_with_replacement
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import IO, Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import Connection
from psycopg.rows import TupleRow

from cli.postgres import Server
from ledger.pool import connections
from ledger.public import PublicLog
from ledger.recorder import LogRecorder
from ledger.session import Unreachable
from ledger.tiles import HASH, WIDTH, Damaged, Tiles, integrate, migrate, published
from ledger.tree import (
    EMPTY_ROOT,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from tests.conftest import new_database
from tests.ledger.test_tree import BORDERS, EVERY
from tests.ledger.trees import entry, leaves, record
from tests.ledger.writing import Doing, event, wait_until

ROOT = Path(__file__).parents[2]
LARGE = 65_538
STEPS = [1, 254, 2, 600, 64_000]
"""How the large log's tree has grown; then came the rest."""

Owner = Connection[TupleRow]


@pytest.fixture(scope="module")
def large(postgres: Server, template: str) -> Iterator[Owner]:
    """A log past a full tile of tiles, integrated in uneven steps; tests only read."""
    with (
        new_database(postgres, template) as url,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        record(connection, LARGE)
        for most in STEPS:
            integrate(connection, most=most)
        assert integrate(connection)[0] == LARGE
        yield connection


def stored(connection: Connection[Any]) -> tuple[object, ...]:
    """Everything that integrating changes."""
    size = connection.execute("SELECT size, root FROM tlog.integrated").fetchall()
    tiles = connection.execute("SELECT * FROM tlog.tile ORDER BY level, index")
    return size, tiles.fetchall()


def require_right(connection: Connection[Any], size: int) -> None:
    """The tiles are exactly those of the first so many numbered entries."""
    known = leaves(LARGE)
    assert connection.execute("SELECT size, root FROM tlog.integrated").fetchone() == (
        size,
        known.root(size),
    )
    wanted, level = [], 0
    while nodes := size >> 8 * level:
        for start in range(0, nodes, WIDTH):
            held = range(start, min(start + WIDTH, nodes))
            data = b"".join(known.node(8 * level, index) for index in held)
            wanted.append((level, start // WIDTH, data))
        level += 1
    found = connection.execute("SELECT * FROM tlog.tile ORDER BY level, index")
    assert found.fetchall() == wanted


# Growing


def test_an_empty_log_has_the_empty_tree(owner: Owner) -> None:
    assert integrate(owner) == (0, EMPTY_ROOT)
    require_right(owner, 0)


def test_a_log_past_a_full_tile_of_tiles_is_integrated_in_any_steps(
    large: Owner,
) -> None:
    require_right(large, LARGE)


steps = st.lists(
    st.tuples(
        st.integers(0, 300) | st.sampled_from([255, 256, 257, 512, 1024]),
        st.integers(0, 700) | st.none(),
    ),
    max_size=8,
)


@settings(max_examples=60)
@given(steps=steps, seed=st.randoms(use_true_random=False))
def test_however_it_grows_it_is_the_tree_of_the_whole_log(
    postgres: Server, template: str, growing: Owner, steps: Any, seed: Any
) -> None:
    with growing.transaction(force_rollback=True):
        recorded = size = 0
        for more, most in steps:
            record(growing, more)
            recorded += more
            size = recorded if most is None else min(recorded, size + most)
            assert integrate(growing, most=most) == (size, leaves(LARGE).root(size))
            require_right(growing, size)
        tiles, known = Tiles(growing), leaves(LARGE)
        for _ in range(20 if size else 0):
            second = seed.randint(1, size)
            first, index = seed.randint(0, second), seed.randrange(second)
            verify_inclusion(
                leaf_hash(entry(index)),
                index,
                second,
                tiles.inclusion(index, second),
                known.root(second),
            )
            verify_consistency(
                first,
                second,
                tiles.consistency(first, second),
                known.root(first),
                known.root(second),
            )


@pytest.fixture(scope="module")
def growing(postgres: Server, template: str) -> Iterator[Owner]:
    """A log in which each example starts anew and takes back what it did."""
    with (
        new_database(postgres, template) as url,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        yield connection


def test_what_is_recorded_is_integrated_by_the_notary(
    owner: Owner, recorder: LogRecorder
) -> None:
    for _ in range(3):
        recorder.insert_events([event(), event()])
    owner.execute("SET ROLE samrad_notary")
    size, root = integrate(owner)
    kept = owner.execute("SELECT leaf FROM log.entry ORDER BY position").fetchall()
    assert size == 6
    assert root == root_of(leaf_hash(leaf) for (leaf,) in kept)
    lengths = [len(leaf).to_bytes(2, "big") + leaf for (leaf,) in kept]
    assert Tiles(owner).entries(0, 6) == b"".join(lengths)


def test_more_than_one_transaction_holds_is_integrated_by_one_call(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.tiles.BATCH", 300)
    record(owner, 1_000)
    assert integrate(owner, most=700)[0] == 700
    assert integrate(owner)[0] == 1_000
    require_right(owner, 1_000)


# Proofs


def test_every_proof_from_tiles_holds_in_small_trees(large: Owner) -> None:
    tiles, known = Tiles(large), leaves(LARGE)
    for size in range(EVERY + 1):
        assert tiles.root(size) == known.root(size)
        for index in range(size):
            proof = tiles.inclusion(index, size)
            leaf = leaf_hash(entry(index))
            verify_inclusion(leaf, index, size, proof, known.root(size))
    for first, second in combinations_with_replacement(range(EVERY + 1), 2):
        proof = tiles.consistency(first, second)
        old, new = known.root(first), known.root(second)
        verify_consistency(first, second, proof, old, new)


def test_every_proof_from_tiles_holds_at_their_borders(large: Owner) -> None:
    tiles, known = Tiles(large), leaves(LARGE)
    sizes = [0, 1, 2, 128, 129, *BORDERS]
    for first, second in combinations_with_replacement(sizes, 2):
        proof = tiles.consistency(first, second)
        old, new = known.root(first), known.root(second)
        verify_consistency(first, second, proof, old, new)
    for size in sizes:
        near = {at for border in sizes for at in (border - 1, border)}
        for index in sorted(at for at in near if 0 <= at < size):
            proof = tiles.inclusion(index, size)
            leaf = leaf_hash(entry(index))
            verify_inclusion(leaf, index, size, proof, known.root(size))


def test_what_is_not_there_is_not_made_up(large: Owner) -> None:
    tiles = Tiles(large)
    assert len(tiles.tile(0, 256, 2)) == 2 * HASH
    for level, index, width in [(0, 256, 3), (0, 257, 1), (2, 0, 2), (3, 0, 1)]:
        with pytest.raises(Damaged):
            tiles.tile(level, index, width)
    with pytest.raises(Damaged, match=str(LARGE + 1)):
        tiles.entries(256, 3)


def test_a_tile_that_grows_is_read_anew(owner: Owner) -> None:
    tiles = Tiles(owner)
    for size in (1, 3, 256, 300):
        record(owner, size - integrate(owner)[0])
        integrate(owner)
        assert tiles.root(size) == leaves(LARGE).root(size)


# Logs that are not to be gone on with


def meddle(connection: Owner, change: str, *where: object) -> None:
    """Change the log as only somebody with every right to the server can."""
    with connection.transaction():
        connection.execute("ALTER TABLE log.entry DISABLE TRIGGER USER")
        connection.execute(change.encode(), where)
        connection.execute("ALTER TABLE log.entry ENABLE TRIGGER USER")


@pytest.mark.parametrize("position", [1, 2, 299, 300, 301, 302, 599])
def test_a_hole_is_refused_and_named(owner: Owner, position: int) -> None:
    record(owner, 300)
    if position > 300:
        integrate(owner)
    record(owner, 300)
    before = stored(owner)
    meddle(owner, "DELETE FROM log.entry WHERE position = %s", position)
    with pytest.raises(Damaged, match=f"entry {position} is missing") as refused:
        integrate(owner)
    assert refused.value.position == position
    assert stored(owner) == before


@pytest.mark.parametrize("left", [0, 150, 299])
def test_a_log_that_was_cut_off_is_refused(owner: Owner, left: int) -> None:
    record(owner, 300)
    integrate(owner)
    meddle(owner, "DELETE FROM log.entry WHERE position > %s", left)
    with pytest.raises(Damaged, match="entry 300 is missing"):
        integrate(owner)


def test_a_log_that_went_another_way_is_not_gone_on_with(owner: Owner) -> None:
    record(owner, 300)
    integrate(owner)
    before = stored(owner)
    meddle(owner, "UPDATE log.entry SET leaf = 'another' WHERE position = 300")
    record(owner, 5)
    with pytest.raises(Damaged, match="entry 300 is not the one in the tree"):
        integrate(owner)
    assert stored(owner) == before


@pytest.mark.parametrize(("level", "index"), [(0, 1), (1, 0)])
def test_tiles_that_were_changed_are_not_added_to(
    owner: Owner, level: int, index: int
) -> None:
    record(owner, 300)
    integrate(owner)
    with owner.transaction():
        owner.execute("ALTER TABLE tlog.tile DISABLE TRIGGER USER")
        owner.execute(
            "UPDATE tlog.tile SET data = set_byte(data, 0, get_byte(data, 0) # 1)"
            " WHERE level = %s AND index = %s",
            (level, index),
        )
        owner.execute("ALTER TABLE tlog.tile ENABLE TRIGGER USER")
    record(owner, 5)
    with pytest.raises(Damaged, match="do not give the root"):
        integrate(owner)


# Stopped half-way, and more than one


GROW = """
import sys, psycopg
from ledger.tiles import integrate
with psycopg.connect(sys.argv[1], autocommit=True, application_name="grow") as connection:
    connection.execute("SET ROLE samrad_notary")
    integrate(connection, most=700)
    print("begun", flush=True)
    sys.stdin.readline()
    integrate(connection)
    print("done", flush=True)
    sys.stdin.readline()
"""  # noqa: E501

STOPS = {
    "reading": "LOCK TABLE log.entry IN ACCESS EXCLUSIVE MODE",
    "moving the size": "SELECT FROM tlog.integrated FOR UPDATE",
    "writing tiles": "LOCK TABLE tlog.tile IN SHARE MODE",
}


def backend_of(connection: Owner, process: str) -> tuple[int, bool] | None:
    """The backend of a process, and whether it waits for a lock; None without one."""
    row = connection.execute(
        "SELECT pid, wait_event_type = 'Lock' FROM pg_stat_activity"
        " WHERE application_name = %s AND datname = current_database()",
        (process,),
    ).fetchone()
    return (row[0], row[1] is True) if row else None


def is_held_up(connection: Owner, process: str) -> bool:
    found = backend_of(connection, process)
    return found is not None and found[1]


@contextmanager
def grower(database: str) -> Iterator[tuple[Popen[str], IO[str], IO[str]]]:
    """A process that integrates 700 entries, then the rest when it is told to go on."""
    with Popen(  # noqa: S603
        [sys.executable, "-c", GROW, database],
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            assert process.stdout.readline() == "begun\n"
            yield process, process.stdin, process.stdout
        finally:
            process.kill()


@pytest.mark.parametrize("victim", ["process", "backend"])
@pytest.mark.parametrize("stop", STOPS)
def test_killed_anywhere_it_has_done_a_batch_or_nothing_and_goes_on(
    database: str, owner: Owner, stop: str, victim: str
) -> None:
    record(owner, 1_500)
    with grower(database) as (process, told, _), psycopg.connect(database) as blocker:
        blocker.execute(STOPS[stop].encode())
        print("go on", file=told, flush=True)
        wait_until(is_held_up, owner, "grow")
        if victim == "process":
            process.kill()
            process.wait()
        else:
            found = backend_of(owner, "grow")
            assert found
            owner.execute("SELECT pg_terminate_backend(%s)", (found[0],))
            assert process.wait() != 0
        blocker.rollback()
        wait_until(lambda: backend_of(owner, "grow") is None)
    require_right(owner, 700)
    assert integrate(owner)[0] == 1_500
    require_right(owner, 1_500)


def test_killed_after_it_was_done_nothing_is_lost(database: str, owner: Owner) -> None:
    record(owner, 1_500)
    with grower(database) as (process, told, said):
        print("go on", file=told, flush=True)
        assert said.readline() == "done\n"
        process.kill()
        process.wait()
    require_right(owner, 1_500)


def test_while_one_integrates_another_does_nothing(database: str, owner: Owner) -> None:
    record(owner, 600)
    integrate(owner, most=300)
    owner.execute("SET lock_timeout = '10s'")  # Waiting would be wrong.
    with psycopg.connect(database) as first:
        first.execute("SELECT")  # Its transaction has begun, and lasts to its commit.
        assert integrate(first)[0] == 600
        assert integrate(owner) == (300, leaves(LARGE).root(300))
        require_right(owner, 300)
        first.commit()
    require_right(owner, 600)


def test_one_that_was_overtaken_without_a_lock_writes_nothing(
    database: str, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(owner, 600)
    integrate(owner, most=100)
    with (
        psycopg.connect(database) as first,
        psycopg.connect(database, application_name="second") as second,
    ):
        first.execute("SELECT")
        assert integrate(first)[0] == 600
        monkeypatch.setattr("ledger.tiles._INTEGRATING", 1)  # No lock between the two.
        overtaken = Doing(integrate, (second,))
        wait_until(is_held_up, owner, "second")
        first.commit()
        assert overtaken.join() == [(600, leaves(LARGE).root(600))]
    require_right(owner, 600)


def test_many_at_once_make_one_right_tree(
    database: str, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.tiles.BATCH", 100)
    record(owner, 5_000)

    def grow() -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            for _ in range(10):
                integrate(connection)

    Doing(grow, (), (), (), ()).join()
    require_right(owner, integrate(owner)[0])
    assert integrate(owner)[0] == 5_000


@pytest.mark.parametrize("full_after", [0, 1, 3])
def test_a_full_disk_leaves_everything_as_it_was(owner: Owner, full_after: int) -> None:
    record(owner, 1_200)
    integrate(owner, most=100)
    before = stored(owner)
    owner.execute(
        "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF NEW.index < {full_after} THEN RETURN NEW; END IF;"
        " RAISE 'No space left on device' USING ERRCODE = 'disk_full'; END $$"
    )
    owner.execute(
        "CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON tlog.tile"
        " FOR EACH ROW EXECUTE FUNCTION no_room()"
    )
    for _ in range(2):
        with pytest.raises(psycopg.errors.DiskFull):
            integrate(owner)
        assert stored(owner) == before
    owner.execute("DROP TRIGGER full_disk ON tlog.tile")
    assert integrate(owner)[0] == 1_200
    require_right(owner, 1_200)


# What nobody may change


CHANGES = [
    "UPDATE tlog.tile SET data = set_byte(data, 8191, 0) WHERE index = 0 AND level = 0",
    "UPDATE tlog.tile SET data = data WHERE index = 0 AND level = 0",
    "UPDATE tlog.tile SET data = data WHERE index = 1",
    "UPDATE tlog.tile SET data = substr(data, 1, 32) WHERE index = 1",
    "UPDATE tlog.tile SET data = sha256('x') || data WHERE index = 1",
    "UPDATE tlog.tile SET data = data || sha256('x'), index = 9 WHERE index = 1",
    "UPDATE tlog.tile SET data = data || sha256('x'), level = 5 WHERE index = 1",
    "DELETE FROM tlog.tile",
    "DELETE FROM tlog.tile WHERE index = 77",
    "TRUNCATE tlog.tile",
    "INSERT INTO tlog.tile SELECT level, index, sha256('x') FROM tlog.tile"
    " ON CONFLICT (level, index) DO UPDATE SET data = excluded.data",
    "MERGE INTO tlog.tile USING (SELECT 1) AS one ON index = 1"
    " WHEN MATCHED THEN DELETE",
    "UPDATE tlog.integrated SET size = 299",
    "UPDATE tlog.integrated SET root = sha256('x')",
    "DELETE FROM tlog.integrated",
    "TRUNCATE tlog.integrated",
    "UPDATE tlog.checkpoint SET note = 'x'",
    "DELETE FROM tlog.checkpoint",
    "TRUNCATE tlog.checkpoint",
    "INSERT INTO tlog.checkpoint (size, note) VALUES (299, 'smaller')",
    "INSERT INTO tlog.checkpoint (size, note) VALUES (301, 'not integrated')",
    "UPDATE tlog.audit SET outcome = 'sound'",
    "UPDATE tlog.audit SET outcome = NULL, ended_at = NULL",
    "DELETE FROM tlog.audit",
    "TRUNCATE tlog.audit",
]


def full_of_everything(connection: Owner) -> None:
    """A log of which everything there can be is kept."""
    record(connection, 300)
    integrate(connection)
    connection.execute("INSERT INTO tlog.checkpoint (size, note) VALUES (300, 'note')")
    connection.execute(
        "INSERT INTO tlog.audit (began_at, ended_at, outcome)"
        " VALUES (now(), now(), 'tampered')"
    )


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("session", ["origin", "replica"])
def test_nobody_changes_what_others_have_seen_not_even_the_owner(
    owner: Owner, change: str, session: str
) -> None:
    full_of_everything(owner)
    owner.execute(f"SET session_replication_role = {session}".encode())
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute(change.encode())


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_refused_would_go_through_without_the_triggers(
    owner: Owner, change: str
) -> None:
    full_of_everything(owner)
    for table in ("tile", "integrated", "checkpoint", "audit"):
        owner.execute(f"ALTER TABLE tlog.{table} DISABLE TRIGGER USER".encode())
    with owner.transaction(force_rollback=True):
        owner.execute(change.encode())


def test_a_partial_tile_is_extended_and_a_full_one_never(owner: Owner) -> None:
    full_of_everything(owner)
    more = "UPDATE tlog.tile SET data = data || %s WHERE level = 0 AND index = 1"
    owner.execute(more, (bytes(212 * HASH),))
    with pytest.raises(psycopg.errors.CheckViolation):
        owner.execute(more, (bytes(HASH),))


@pytest.mark.parametrize(
    "data", [b"", bytes(31), bytes(33), bytes(8192 + 32), bytes(8193)]
)
def test_a_tile_has_from_1_to_256_whole_hashes(owner: Owner, data: bytes) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        owner.execute("INSERT INTO tlog.tile VALUES (0, 0, %s)", (data,))


WRITES = [
    "INSERT INTO tlog.tile VALUES (0, 7, sha256('x'))",
    "UPDATE tlog.tile SET data = data || sha256('x') WHERE index = 1",
    "UPDATE tlog.integrated SET size = 301",
    "INSERT INTO tlog.checkpoint (size, note) VALUES (300, 'x')",
    "INSERT INTO tlog.alarm (reason) VALUES ('x')",
    "DELETE FROM tlog.alarm",
    "INSERT INTO tlog.audit DEFAULT VALUES",
    "DELETE FROM tlog.audit",
    "TRUNCATE tlog.tile",
    "ALTER TABLE tlog.tile DISABLE TRIGGER USER",
    "DROP TABLE tlog.tile",
]


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("role", ["samrad_web", "samrad_follower"])
def test_the_web_and_the_follower_only_read(
    owner: Owner, role: str, write: str
) -> None:
    full_of_everything(owner)
    owner.execute(f"SET ROLE {role}".encode())
    for table in ("tile", "integrated", "checkpoint", "alarm", "audit"):
        owner.execute(f"SELECT FROM tlog.{table}".encode())
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute(write.encode())


@pytest.mark.parametrize(
    "write",
    [
        "DELETE FROM tlog.tile",
        "TRUNCATE tlog.checkpoint",
        "UPDATE tlog.tile SET index = 9",
        "INSERT INTO tlog.checkpoint (size, note, published_at)"
        " VALUES (300, 'x', '2001-01-01')",
        "DELETE FROM tlog.integrated",
        "INSERT INTO log.entry SELECT * FROM log.entry",
        "DELETE FROM log.entry",
        "SELECT FROM session.session",
        "ALTER TABLE tlog.tile DISABLE TRIGGER USER",
    ],
)
def test_the_notary_writes_what_is_its_own_and_nothing_else(
    owner: Owner, write: str
) -> None:
    full_of_everything(owner)
    owner.execute("SET ROLE samrad_notary")
    owner.execute("INSERT INTO tlog.checkpoint (size, note) VALUES (300, 'again')")
    owner.execute("INSERT INTO tlog.alarm (reason) VALUES ('no quorum')")
    owner.execute("UPDATE tlog.alarm SET reason = 'the signer refuses'")
    owner.execute("DELETE FROM tlog.alarm")
    owner.execute("INSERT INTO tlog.audit (began_at) VALUES (now())")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute(write.encode())


# The rest that is kept


def test_the_newest_checkpoint_is_the_published_one(owner: Owner) -> None:
    assert published(owner) is None
    record(owner, 3)
    integrate(owner)
    for size, note in [(1, b"one"), (3, b"three"), (3, b"three, witnessed anew")]:
        owner.execute(
            "INSERT INTO tlog.checkpoint (size, note) VALUES (%s, %s)", (size, note)
        )
        found = published(owner)
        assert found
        assert (found.size, found.note) == (size, note)


def test_one_audit_is_asked_for_at_a_time(web: Owner, owner: Owner) -> None:
    def ask() -> Any:
        return web.execute("SELECT tlog.ask_for_audit(gen_random_uuid())").fetchone()

    first = ask()
    assert ask() == first
    owner.execute("UPDATE tlog.audit SET began_at = now()")
    assert ask() != first
    count = owner.execute("SELECT count(*) FROM tlog.audit").fetchone()
    assert count == (2,)


def test_without_its_database_the_public_log_says_so() -> None:
    nowhere = connections("host=127.0.0.1 port=1 user=nobody", size=1, timeout=0.1)
    with closing(PublicLog(nowhere)) as log:
        for ask in (log.checkpoint, lambda: log.tile(0, 0), lambda: log.entries(0)):
            with pytest.raises(Unreachable):
                ask()


def test_migrating_again_changes_nothing(owner: Owner) -> None:
    full_of_everything(owner)
    before = stored(owner)
    migrate(owner)
    assert stored(owner) == before
