"""The notary publishes what the log's policy is content with, and nothing else.

Signers and witnesses are processes with sockets, the database is PostgreSQL, and what
is killed is killed with SIGKILL.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import monotonic

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from cli.postgres import Server
from ledger.notary import PATIENCE
from ledger.note import Signer
from ledger.policy import Policy
from ledger.tiles import Tiles
from ledger.tree import leaf_hash, verify_inclusion
from tests.cli.installation import kill, until
from tests.conftest import new_database
from tests.ledger.keeping import Kept, at, noted
from tests.ledger.keys import log_key, witness_key
from tests.ledger.notarised import LOG, Notarised, notarised, working_on
from tests.ledger.trees import entry, leaves

QUICKLY = 1.0
"""Seconds within which what is recorded is published, when nothing is in the way."""


@pytest.fixture
def ledger(database: str, tmp_path: Path) -> Iterator[Notarised]:
    with notarised(database, tmp_path) as ledger:
        yield ledger


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's absence is taken for a passing one."""
    monkeypatch.setattr("ledger.notary.PASSING", 0.0)


def test_what_is_recorded_is_signed_witnessed_and_published(ledger: Notarised) -> None:
    notary = ledger.notary()
    ledger.turn(notary)
    assert ledger.published is None, "an empty log has nothing to show"
    for size in (1, 2, 130, 256, 257, 300):
        ledger.grow(size - ledger.size)
        ledger.turn(notary)
        assert ledger.size == size
        assert ledger.published is not None
        checkpoint = ledger.policy.check(ledger.published.note)
        assert checkpoint == at(size, LOG.name)
    assert ledger.signers == [LOG.name, witness_key(0).name]
    assert ledger.alarm == ""
    ledger.turn(notary)
    ledger.turn()
    assert ledger.checkpoints == [1, 2, 130, 256, 257, 300], "nothing new, nothing done"


def test_it_is_published_within_a_second(ledger: Notarised) -> None:
    with ledger.running():
        ledger.grow(5)
        until(lambda: ledger.size == 5, "the first")
        took = []
        for size in range(6, 11):
            ledger.grow(1)
            took.append(until(lambda n=size: ledger.size == n, "the next"))  # type: ignore[misc]
        assert min(took) < QUICKLY, took


# Where a notary is killed, and whether the checkpoint is published already by then.
STEPS = {
    "before it is integrated": ("import ledger.tiles as t; t._write = kill", False),
    "before it is signed": ("import ledger.notary as n; n.post = kill", False),
    "after it is signed": (
        "import ledger.cosigning as c; c.Cosigning.gather = kill",
        False,
    ),
    "while witnesses are asked": ("import ledger.cosigning as c; c.post = kill", False),
    "after it is witnessed": (
        "import ledger.notary as n; n.Notary._publish = kill",
        False,
    ),
    "after it is published": (
        "import ledger.notary as n; n.Notary._be_well = kill",
        True,
    ),
}


@pytest.mark.parametrize("step", STEPS)
def test_killed_anywhere_it_goes_on_from_there(ledger: Notarised, step: str) -> None:
    before, is_published = STEPS[step]
    ledger.grow(100)
    ledger.turn()
    ledger.grow(30)
    ledger.killed(before)
    assert ledger.size == (130 if is_published else 100)
    ledger.grow(70)
    with ledger.running():
        until(lambda: ledger.size == 200, "all of it")
        until(lambda: ledger.alarm == "", "no alarm")
    assert ledger.checkpoints[-1] == 200


def test_killed_when_nothing_new_comes_it_publishes_what_is_there(
    ledger: Notarised,
) -> None:
    ledger.grow(100)
    ledger.killed(STEPS["after it is witnessed"][0])
    assert ledger.published is None
    with ledger.running():
        until(lambda: ledger.size == 100, "what was signed already")


def test_a_second_notary_waits_until_the_first_is_gone(ledger: Notarised) -> None:
    with ledger.running() as first:
        ledger.grow(5)
        until(lambda: ledger.size == 5, "the first at work")
        with ledger.running() as second:
            until(lambda: waits_its_turn(ledger), "the second")
            ledger.grow(1)
            until(lambda: ledger.size == 6, "a checkpoint")
            assert second.poll() is None
            assert ledger.checkpoints == [5, 6]
            kill(first)
            ledger.grow(1)
            until(lambda: ledger.size == 7, "the second at work")
    assert ledger.checkpoints == [5, 6, 7]


def waits_its_turn(ledger: Notarised) -> bool:
    """Whether there is a notary that has asked to be the one, and was told no."""
    row = ledger.owner.execute(
        "SELECT count(*) FILTER (WHERE application_name = 'samrad notary'),"
        " count(*) FILTER (WHERE query LIKE '%pg_try_advisory_lock%'"
        " AND state = 'idle') FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    ).fetchone()
    return row == (1, 1)


@pytest.mark.usefixtures("at_once")
def test_without_a_quorum_the_old_one_stays_and_it_heals_by_itself(
    database: str, tmp_path: Path
) -> None:
    with notarised(database, tmp_path, witnesses=3, quorum="2") as ledger:
        notary = ledger.notary()
        ledger.grow(5)
        ledger.turn(notary)
        assert ledger.size == 5

        ledger.witnesses[0].kill()
        ledger.grow(1)
        ledger.turn(notary)
        assert (ledger.size, ledger.alarm) == (6, ""), "two of three are enough"

        ledger.witnesses[1].kill()
        ledger.grow(1)
        ledger.turn(notary)
        since = ledger.alarmed_since
        assert ledger.alarm.startswith("no_quorum: W0 ")
        assert "W1 " in ledger.alarm
        ledger.grow(1)
        ledger.turn(notary)
        assert (ledger.size, ledger.alarmed_since) == (6, since)

        ledger.witnesses[1].start()
        ledger.turn(notary)
        assert (ledger.size, ledger.alarm) == (8, "")
        ledger.witnesses[0].start()
        ledger.turn(notary)
        ledger.grow(1)
        ledger.turn(notary)
        assert len(ledger.signers) >= 3


def test_a_short_absence_is_no_alarm_and_a_long_one_is(
    ledger: Notarised, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.notary.PASSING", 0.5)
    notary = ledger.notary()
    ledger.grow(5)
    ledger.signer.kill()
    ledger.turn(notary)
    assert ledger.alarm == ""

    def turned() -> bool:
        ledger.turn(notary)
        return bool(ledger.alarm)

    until(turned, "an alarm")
    assert ledger.alarm.startswith("signer_away: ")
    row = ledger.owner.execute(
        "SELECT clock_timestamp() - since >= interval '0.5 s' FROM tlog.alarm"
    ).fetchone()
    assert row == (True,), "since when it is, not since when it is told"
    ledger.signer.start()
    ledger.turn(notary)
    assert (ledger.size, ledger.alarm) == (5, "")


def test_one_that_never_answers_holds_nobody_up(database: str, tmp_path: Path) -> None:
    with (
        notarised(database, tmp_path, witnesses=2, quorum="any") as ledger,
        socket.create_server(("127.0.0.1", 0)) as silent,
    ):
        port = silent.getsockname()[1]
        text = (tmp_path / "policy").read_text()
        address = ledger.witnesses[1].address
        ledger.policy = Policy.parse(text.replace(address, f"http://127.0.0.1:{port}"))
        notary = ledger.notary()
        for size in range(1, 4):
            ledger.grow(1)
            began = monotonic()
            ledger.turn(notary)
            assert monotonic() - began < PATIENCE
            assert (ledger.size, ledger.alarm) == (size, "")


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        (
            "real = note.Signer.line\n"
            "note.Signer.line = lambda s, text, time=0: real(s, text + 'x\\n', time)",
            "is wrong",
        ),
        (
            # A signature that is right, of a text that only begins like ours.
            "from tests.ledger.keys import log_key\n"
            "real = note.Signer.line\n"
            "def line(s, text, time=0):\n"
            "    whole = f'{text}\\n{real(log_key(), text)}more\\n'\n"
            "    return 'more\\n\\n' + real(s, whole, time)\n"
            "note.Signer.line = line",
            "more than signatures",
        ),
        ("note.Signer.line = lambda *_, **__: 'no line at all\\n'", "not a signature"),
        ("note.Signer.line = lambda *_, **__: '\\x1b[31m' * 50", "control character"),
        (
            "real = note.Signer.line\n"
            "note.Signer.line = lambda s, text, time=0: real(s, text, time) * 2",
            "2 times",
        ),
    ],
)
def test_a_witness_that_answers_nonsense_is_an_alarm_and_no_crash(
    database: str, tmp_path: Path, lie: str, said: str
) -> None:
    with notarised(database, tmp_path, witnesses=2, quorum="any") as ledger:
        liar = ledger.witnesses[0]
        liar.stop()
        liar.start(f"import ledger.note as note\n{lie}\n")
        ledger.grow(5)
        notary = ledger.notary()
        ledger.turn(notary)
        assert ledger.alarm.startswith("witness_contradicts: W0 ")
        assert said in ledger.alarm
        assert ledger.alarm.isprintable()
        assert ledger.size == 5, "the other one is quorum enough"
        ledger.turn(notary)
        assert ledger.checkpoints == [5], "and is not published again and again"
        liar.stop()
        liar.start()
        ledger.turn(notary)
        assert ledger.alarm == ""


@pytest.mark.usefixtures("at_once")
def test_what_a_stranger_answers_harms_no_terminal(ledger: Notarised) -> None:
    [witness] = ledger.witnesses
    witness.stop()
    witness.start(
        "from ledger.desk import Answer\nfrom ledger.witness import Witness\n"
        "said = '\\x1b[31mred' + 'x' * 999 + '\\nmore'\n"
        "Witness.answer = lambda *_: Answer(400, said)"
    )
    ledger.grow(1)
    ledger.turn()
    assert ledger.alarm.startswith("no_quorum: W0 answers 400: ")
    assert ledger.alarm.isprintable()
    assert len(ledger.alarm) < 300


@pytest.mark.usefixtures("at_once")
def test_a_witness_with_another_key_of_the_same_name_does_not_count(
    database: str, tmp_path: Path
) -> None:
    with notarised(database, tmp_path) as ledger:
        text = (tmp_path / "policy").read_text()
        other = Signer.generate(witness_key(0).name, witness_key(0).kind)
        ledger.policy = Policy.parse(
            text.replace(str(witness_key(0).verifier), str(other.verifier))
        )
        ledger.grow(5)
        ledger.turn()
        assert ledger.published is None
        assert ledger.alarm == "no_quorum: W0 has answered without its signature"


def test_a_signer_with_another_key_of_the_same_name_is_not_believed(
    database: str, tmp_path: Path
) -> None:
    with notarised(database, tmp_path, key=log_key(seed="thief")) as ledger:
        ledger.grow(5)
        ledger.turn()
        assert ledger.published is None
        assert ledger.alarm.startswith("signer_refuses: ")
        assert "has not signed" in ledger.alarm


def shown(witness: Kept, size: int) -> None:
    """Have a witness cosign another history of the log, as an insider could."""
    fork = leaves(301)
    other = at(size - 1, LOG.name, fork)
    note = noted(LOG, size - 1, fork).replace(b"\n%d\n" % (size - 1), b"\n%d\n" % size)
    assert other.size == size - 1
    signed = LOG.line(note.decode().partition("\n\n")[0] + "\n")
    text = note.decode().partition("\n\n")[0] + "\n"
    answer = witness.submit(0, f"{text}\n{signed}".encode(), size=size)
    assert answer.status == 200


@pytest.mark.parametrize(("forked_at", "said"), [(5, "another root"), (4, "leads to")])
def test_a_witness_of_another_history_is_an_alarm(
    ledger: Notarised, forked_at: int, said: str
) -> None:
    shown(ledger.witnesses[0], forked_at)
    ledger.grow(5)
    ledger.turn()
    assert ledger.published is None
    assert ledger.alarm.startswith("witness_contradicts: W0 ")
    assert said in ledger.alarm


def test_a_witness_of_a_longer_log_is_an_alarm(ledger: Notarised) -> None:
    assert ledger.witnesses[0].submit(0, noted(LOG, 9), size=9).status == 200
    ledger.grow(5)
    ledger.turn()
    assert ledger.published is None
    said = "W0 has cosigned 9 entries, and the log has 5"
    assert ledger.alarm == f"witness_contradicts: {said}"
    ledger.grow(4)
    ledger.turn()
    assert (ledger.size, ledger.alarm) == (9, ""), "the very same entries came back"


def test_yesterdays_backup_is_not_signed(ledger: Notarised, postgres: Server) -> None:
    ledger.grow(50)
    ledger.turn()
    name = ledger.owner.info.dbname
    ledger.owner.close()
    ledger.working.close()
    with new_database(postgres, name) as backup:
        ledger.owner = psycopg.connect(ledger.url, autocommit=True)
        ledger.working = working_on(ledger.url)
        ledger.grow(50)
        ledger.turn()
        assert ledger.size == 100

        ledger.owner.close()
        ledger.working.close()
        ledger.url = backup
        ledger.owner = psycopg.connect(backup, autocommit=True)
        ledger.working = working_on(backup)
        assert ledger.size == 50
        ledger.turn()
        assert ledger.alarm.startswith("log_behind: 100 entries are signed")
        assert ledger.size == 50

        # What is written to it from now on is another history.
        ledger.owner.execute(
            "INSERT INTO log.entry (position, originator_id, originator_version, topic,"
            " state, recorded_at, leaf)"
            " SELECT n, gen_random_uuid(), 1, 'test.happened', '{}', now(), 'another'"
            " FROM generate_series(51, 120) AS n"
        )
        ledger.turn()
        assert ledger.alarm.startswith("signer_refuses: 422 ")
        assert ledger.size == 50
        with ledger.running() as running:
            until(lambda: "signer_refuses" in said_by_notary(ledger), "its refusal")
            assert running.poll() is None
            assert ledger.size == 50
        ledger.owner.close()
        ledger.working.close()


def said_by_notary(ledger: Notarised) -> str:
    return (ledger.directory / "notary.said").read_text()


def test_a_log_that_was_cut_off_is_an_alarm_until_it_is_whole(
    ledger: Notarised,
) -> None:
    notary = ledger.notary()
    ledger.grow(5)
    ledger.turn(notary)
    ledger.owner.execute("SET session_replication_role = replica")
    ledger.owner.execute("CREATE TABLE kept AS SELECT * FROM log.entry")
    ledger.owner.execute("ALTER TABLE log.entry DISABLE TRIGGER ALL")
    ledger.owner.execute("DELETE FROM log.entry WHERE position = 5")
    ledger.turn(notary)
    assert ledger.alarm == "damaged: entry 5 is missing"
    ledger.owner.execute("INSERT INTO log.entry SELECT * FROM kept WHERE position = 5")
    ledger.turn(notary)
    assert ledger.alarm == ""


def test_the_heartbeat_witnesses_the_same_size_anew(ledger: Notarised) -> None:
    ledger.grow(5)
    notary = ledger.notary(heartbeat=timedelta(seconds=1))
    ledger.turn(notary)
    assert ledger.published is not None
    first = ledger.published
    _, times = ledger.policy.checked(first.note)
    ledger.turn(notary)
    assert ledger.checkpoints == [5], "not before its time"

    def again() -> bool:
        ledger.turn(notary)
        return len(ledger.checkpoints) > 1

    until(again, "a heartbeat")
    assert ledger.checkpoints == [5, 5]
    assert ledger.signers == [LOG.name, witness_key(0).name], "replaced, not doubled"
    assert ledger.published is not None
    _, later = ledger.policy.checked(ledger.published.note)
    assert later["W0"] > times["W0"]


def test_a_clock_that_was_set_back_does_not_stop_the_heartbeat(
    ledger: Notarised,
) -> None:
    ledger.grow(5)
    ledger.turn()
    note = ledger.published
    assert note is not None
    ledger.owner.execute(
        "INSERT INTO tlog.checkpoint (size, note, published_at)"
        " VALUES (5, %s, now() + interval '1 day')",
        (note.note,),
    )
    ledger.turn()
    assert ledger.checkpoints == [5, 5, 5]
    ledger.turn()
    assert ledger.checkpoints == [5, 5, 5], "once is enough"


def test_a_new_policy_is_followed_at_once(database: str, tmp_path: Path) -> None:
    with notarised(database, tmp_path, witnesses=2, quorum="any") as ledger:
        ledger.witnesses[1].kill()
        ledger.grow(5)
        ledger.turn()
        assert ledger.signers == [LOG.name, witness_key(0).name]
        ledger.witnesses[1].start()
        text = (tmp_path / "policy").read_text()
        ledger.policy = Policy.parse(text.replace("all-of-them any", "all-of-them all"))
        ledger.turn()
        assert ledger.checkpoints == [5, 5]
        assert ledger.size == 5


def test_a_witness_without_an_address_is_not_asked_and_may_be_none_of_the_quorum(
    database: str, tmp_path: Path
) -> None:
    with notarised(database, tmp_path, witnesses=0) as ledger:
        ledger.grow(5)
        ledger.turn()
        assert (ledger.size, ledger.signers) == (5, [LOG.name])


def test_it_survives_the_loss_of_its_connections(ledger: Notarised) -> None:
    with ledger.running() as running:
        ledger.grow(5)
        until(lambda: ledger.size == 5, "the first")
        ended = ledger.owner.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
        assert ended is not None
        assert ended[0] >= 2
        ledger.grow(5)
        until(lambda: ledger.size == 10, "the next")
        assert running.poll() is None


def test_every_entry_is_provably_in_what_was_published(ledger: Notarised) -> None:
    ledger.grow(300)
    ledger.turn()
    assert ledger.published is not None
    checkpoint = ledger.policy.check(ledger.published.note)
    tiles = Tiles(ledger.working)
    for index in (0, 1, 255, 256, 299):
        proof = tiles.inclusion(index, checkpoint.size)
        hash = leaf_hash(entry(index))
        verify_inclusion(hash, index, checkpoint.size, proof, checkpoint.root)


def test_it_runs_audits_that_are_asked_for_and_one_a_day(ledger: Notarised) -> None:
    done = threading.Semaphore(0)
    asked: list[int] = []

    def audit() -> None:
        with psycopg.connect(ledger.url, autocommit=True) as connection:
            rows = connection.execute(
                "UPDATE tlog.audit SET began_at = now(), ended_at = now(),"
                " outcome = 'sound' WHERE ended_at IS NULL RETURNING number"
            ).fetchall()
        asked.extend(number for (number,) in rows)
        done.release()

    stop = threading.Event()
    running = threading.Thread(target=ledger.notary(audit=audit).run, args=(stop,))
    running.start()
    try:
        assert done.acquire(timeout=30), "the daily one"
        [daily] = asked
        ledger.owner.execute("SELECT tlog.ask_for_audit(gen_random_uuid())")
        assert done.acquire(timeout=30), "the one that was asked for"
        assert len(asked) == 2
        assert asked[0] == daily
    finally:
        stop.set()
        running.join(30)


def test_an_audit_that_fails_holds_up_no_checkpoint(ledger: Notarised) -> None:
    tried = threading.Event()

    def fail() -> None:
        tried.set()
        raise RuntimeError("no")

    stop = threading.Event()
    notary = ledger.notary(audit=fail)
    running = threading.Thread(target=notary.run, args=(stop,))
    running.start()
    try:
        assert tried.wait(30)
        ledger.grow(5)
        until(lambda: ledger.size == 5, "a checkpoint")
    finally:
        stop.set()
        running.join(30)


def test_the_notary_s_role_may_read_the_log_and_not_write_it(
    ledger: Notarised,
) -> None:
    ledger.grow(1)
    for table in ("log.entry", "tlog.checkpoint", "tlog.tile"):
        schema, name = table.split(".")
        query = SQL("DELETE FROM {}").format(Identifier(schema, name))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ledger.working.execute(query)
