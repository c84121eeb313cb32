"""A check of the log tells one that nobody has been at from every other, and where."""

from __future__ import annotations

from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from cli.embedded import Server
from cli.postgres import embedded
from ledger.checkpoint import Checkpoint
from ledger.findings import Check, Outcome, Report
from ledger.note import Signer, sign
from ledger.policy import Policy
from ledger.signed import trusted
from ledger.sources import DatabaseSource
from ledger.tiles import published
from ledger.verify import verify
from tests.conftest import lay_out
from tests.ledger.attacks import ATTACKS, TILE_OF_300
from tests.ledger.keys import log_key
from tests.ledger.tampering import (
    ENTRIES,
    ONE_BYTE,
    WITH_LEAF,
    checked,
    record,
    rewrite,
    tamper,
)
from tests.publishing import LOG, POLICY, SIGNED_AT, WITNESS, publish

HALFWAY = 400


@pytest.fixture
def kept(database: str) -> str:
    """A log that was published at 400 entries and at 600."""
    record(database, HALFWAY)
    publish(database)
    record(database, ENTRIES - HALFWAY, first=HALFWAY + 1)
    publish(database)
    return database


def newest(database: str) -> bytes:
    with psycopg.connect(database) as connection:
        found = published(connection)
    assert found is not None
    return found.note


def first_of(report: Report) -> Check:
    return report.findings[0].check


def test_a_log_that_nobody_has_been_at_is_sound(kept: str) -> None:
    report = checked(kept)
    assert report.outcome is Outcome.SOUND, report.findings
    assert report.size == ENTRIES
    assert report.sealed is not None
    assert report.sealed.size == ENTRIES
    assert report.sealed.witnesses == {"one": SIGNED_AT}
    assert report.first_bad is None


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_named_with_its_entry(kept: str, attack: str) -> None:
    statements, position, check = ATTACKS[attack]
    tamper(kept, *statements)
    report = checked(kept)
    assert report.outcome is Outcome.TAMPERED
    found = [each for each in report.findings if each.check is check]
    assert found, report.findings
    assert found[0].position == position
    assert report.first_bad == position or position is None


def test_an_entry_is_named_with_its_kind_and_its_thing(kept: str) -> None:
    tamper(kept, ONE_BYTE)
    assert str(checked(kept).findings[0]) == (
        "Entry 300 (test.happened of 00000000-0000-0000-0000-000000000064):"
        " what is stored is not what was recorded."
    )


def test_restoring_the_byte_makes_it_sound_again(kept: str) -> None:
    tamper(kept, ONE_BYTE)
    assert checked(kept).outcome is Outcome.TAMPERED
    tamper(kept, ONE_BYTE)
    assert checked(kept).outcome is Outcome.SOUND


def test_what_is_signed_tells_whether_the_tile_or_the_entry_was_changed(
    kept: str,
) -> None:
    tamper(kept, TILE_OF_300)
    assert "it is the tile that was changed" in checked(kept).notes[0]
    tamper(kept, TILE_OF_300, ONE_BYTE, WITH_LEAF)
    assert "it is the entry that was changed" in checked(kept).notes[0]


def test_a_single_change_is_told_once(kept: str) -> None:
    for statements in ([TILE_OF_300], [ONE_BYTE], [ONE_BYTE, WITH_LEAF]):
        tamper(kept, *statements)
        assert len(checked(kept).findings) == 1
        tamper(kept, *statements)


def test_entries_after_the_newest_checkpoint_are_checked_too(kept: str) -> None:
    record(kept, 9, first=ENTRIES + 1)
    report = checked(kept)
    assert report.outcome is Outcome.SOUND
    assert report.size == ENTRIES + 9
    assert report.notes == ("Recorded, not yet sealed: 9, from 601 on.",)
    tamper(kept, "UPDATE log.entry SET state = '{}' WHERE position = 605")
    assert checked(kept).first_bad == 605


def test_a_rewritten_log_is_clean_by_itself(kept: str) -> None:
    rewrite(kept)
    assert checked(kept).outcome is Outcome.SOUND


def test_a_checkpoint_from_before_gives_a_rewritten_log_away(kept: str) -> None:
    before = trusted("the archive's checkpoint", newest(kept), POLICY)
    assert checked(kept, POLICY, before).outcome is Outcome.SOUND
    rewrite(kept)
    report = checked(kept, POLICY, before)
    assert report.outcome is Outcome.TAMPERED
    assert first_of(report) is Check.CHECKPOINT
    assert "those of the archive's checkpoint" in report.findings[0].said


def test_an_older_checkpoint_in_the_database_gives_it_away_and_narrows_it_down(
    kept: str,
) -> None:
    record(kept, 100, first=601)
    tamper(
        kept,
        "UPDATE log.entry SET state = '{}' WHERE position = 601",
        WITH_LEAF.replace("300", "601"),
    )
    publish(kept)
    assert checked(kept).outcome is Outcome.SOUND
    tamper(
        kept,
        "UPDATE log.entry SET state = '{}' WHERE position = 500",
        WITH_LEAF.replace("300", "500"),
        "DELETE FROM tlog.tile",
        "UPDATE tlog.integrated SET size = 0, root = sha256('')",
        "DELETE FROM tlog.checkpoint WHERE size = 700",
    )
    publish(kept)
    report = checked(kept)
    assert report.outcome is Outcome.TAMPERED
    assert first_of(report) is Check.CHECKPOINT
    assert report.first_bad == HALFWAY + 1
    assert "among 401 to 600" in report.findings[0].said


def test_a_checkpoint_that_is_larger_than_the_log_gives_a_cut_away(kept: str) -> None:
    before = trusted("a witness's checkpoint", newest(kept), POLICY)
    tamper(
        kept,
        "DELETE FROM log.entry WHERE position > 500",
        "DELETE FROM tlog.checkpoint WHERE size > 500",
        "DELETE FROM tlog.tile",
        "UPDATE tlog.integrated SET size = 0, root = sha256('')",
    )
    publish(kept)
    assert checked(kept).outcome is Outcome.SOUND
    report = checked(kept, POLICY, before)
    assert (report.outcome, report.first_bad) == (Outcome.TAMPERED, 501)
    assert "a witness's checkpoint is of 600 entries" in report.findings[0].said


def test_without_a_policy_nothing_is_decided_unless_something_contradicts(
    kept: str,
) -> None:
    report = checked(kept, None)
    assert report.outcome is Outcome.UNDECIDED
    assert first_of(report) is Check.NO_POLICY
    tamper(kept, ONE_BYTE)
    report = checked(kept, None)
    assert (report.outcome, report.first_bad) == (Outcome.TAMPERED, 300)


def test_a_log_that_was_never_published_is_not_decided_on(database: str) -> None:
    record(database)
    report = checked(database)
    assert report.outcome is Outcome.UNDECIDED
    assert first_of(report) is Check.NO_CHECKPOINT
    assert report.size == ENTRIES
    tamper(database, ONE_BYTE)
    assert checked(database).first_bad == 300


def test_a_policy_of_another_key_decides_nothing(kept: str) -> None:
    other = Policy.parse(f"log {log_key(seed='other').verifier}\nquorum none\n")
    report = checked(kept, other)
    assert report.outcome is Outcome.UNDECIDED
    assert first_of(report) is Check.NOT_SIGNED


def test_too_few_witnesses_decide_nothing(kept: str) -> None:
    asks_for_more = Policy.parse(
        f"log {LOG.verifier}\nwitness one {WITNESS.verifier}\n"
        f"witness two {Signer.generate('two', 4).verifier}\n"
        "group both all one two\nquorum both\n"
    )
    report = checked(kept, asks_for_more)
    assert report.outcome is Outcome.UNDECIDED
    assert first_of(report) is Check.NO_QUORUM


def test_older_checkpoints_of_a_key_that_was_changed_are_held_against_the_log(
    kept: str,
) -> None:
    with psycopg.connect(kept) as connection:
        [root] = connection.execute("SELECT root FROM tlog.integrated").fetchone() or ()
    new = log_key(seed="new")
    note = sign(Checkpoint(LOG.name, ENTRIES, root).text, [new], SIGNED_AT)
    with psycopg.connect(kept) as connection:
        connection.execute(
            "INSERT INTO tlog.checkpoint (size, note) VALUES (600, %s)", (note,)
        )
    policy = Policy.parse(f"log {new.verifier}\nquorum none\n")
    report = checked(kept, policy)
    assert report.outcome is Outcome.SOUND
    assert "has not signed: 2" in report.notes[0]
    tamper(kept, ONE_BYTE, WITH_LEAF)
    assert checked(kept, policy).outcome is Outcome.TAMPERED


def test_many_findings_are_counted_and_the_first_is_among_them(kept: str) -> None:
    tamper(
        kept,
        "UPDATE log.entry SET state = '{}' WHERE position > 99",
        "UPDATE log.entry SET originator_version = 8 WHERE position = 4",
    )
    report = checked(kept)
    assert len(report.findings) == 100
    assert report.left_out > 300
    assert report.first_bad == 4


def test_a_database_that_is_gone_decides_nothing(kept: str) -> None:
    with DatabaseSource(kept) as source:
        source._connection.close()
        report = verify(source, POLICY)
    assert report.outcome is Outcome.UNDECIDED
    assert first_of(report) is Check.UNREACHED


@pytest.fixture
def stopped() -> Path:
    """A directory for a server that is stopped in between."""
    directory = Path(mkdtemp(prefix="samrad-tests-"))
    directory.chmod(0o755)
    return directory / "data"


def _edit_file(server: Server, database: str) -> Path:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        [path] = connection.execute(
            "SELECT current_setting('data_directory') || '/'"
            " || pg_relation_filepath('log.entry')"
        ).fetchone() or ("",)
    return Path(path)


def test_a_file_that_is_edited_while_the_server_is_stopped_is_noticed(
    stopped: Path,
) -> None:
    with embedded(stopped, durable=False) as server:
        database = server.url
        lay_out(database)
        record(database)
        publish(database)
        file = _edit_file(server, database)
    content = bytearray(file.read_bytes())
    at = content.index(b'{"number": 00000300}')
    content[at + 18] ^= 1
    file.write_bytes(content)
    with embedded(stopped, durable=False) as server:
        report = checked(server.url)
        assert report.outcome is Outcome.TAMPERED
        assert first_of(report) is Check.UNREADABLE
        assert report.first_bad is not None
        # Whoever edits a page can write its checksum too: here it is not looked at.
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(
                SQL("ALTER DATABASE {} SET ignore_checksum_failure = on").format(
                    Identifier(connection.info.dbname)
                )
            )
        report = checked(server.url)
        assert (report.outcome, report.first_bad) == (Outcome.TAMPERED, 300)
        assert first_of(report) is Check.STATE
    content[at + 18] ^= 1
    file.write_bytes(content)
    with embedded(stopped, durable=False) as server:
        assert checked(server.url).outcome is Outcome.SOUND
