"""`samrad verify` says what is wrong, where, and ends with a code that tells."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from cli.opening import NotLaidOut, Opened
from cli.verify import told, verify_database
from ledger.findings import Check, Outcome, Report
from ledger.keys import KeyFile, Keys
from ledger.note import COSIGNATURE, Signer
from ledger.receipt import write_receipt
from ledger.tiles import published
from projections.receipt import proved
from tests import story
from tests.cli.silence import unseen
from tests.ledger.tampering import tamper
from tests.office import Office
from tests.publishing import POLICY, POLICY_TEXT, SIGNED_AT, publish
from tests.vault import KEYS_FILE, everywhere

Run = Callable[..., Result]


@pytest.fixture
def happened(opened: Opened) -> Opened:
    """A published log with a history, and read tables that show it."""
    consultation = story.a_consultation(opened.log)
    proposal = story.a_proposal(opened.log, consultation)
    story.a_comment(opened.log, proposal)
    story.an_adopted_revision(opened.log, proposal)
    opened.catch_up()
    publish(opened.database.owner)
    return opened


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """The auditor's own."""
    file = tmp_path / "policy"
    file.write_text(POLICY_TEXT)
    return file


@pytest.fixture
def samrad(
    happened: Opened, policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """The command, where the settings name the test's own database."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "SAMRAD_DATABASE_URL": happened.database.owner,
        "SAMRAD_KEYS_DATABASE_URL": happened.database.owner,
        "SAMRAD_KEYS_FILE": str(KEYS_FILE),
        "SAMRAD_POLICY": str(policy),
    }.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str | Path) -> Result:
        return CliRunner().invoke(app, ["verify", *map(str, arguments)])

    return run


def deeply(opened: Opened) -> Report:
    return verify_database(opened.database, POLICY, unseen, deep=True)


def position_of(opened: Opened, topic: str) -> int:
    with psycopg.connect(opened.database.owner) as connection:
        [position] = connection.execute(
            "SELECT min(position) FROM log.entry WHERE topic = %s", (topic,)
        ).fetchone() or (0,)
    return int(position)


def checkpoint_of(opened: Opened, to: Path) -> Path:
    with psycopg.connect(opened.database.owner) as connection:
        newest = published(connection)
    assert newest is not None
    to.write_bytes(newest.note)
    return to


def receipt_of(opened: Opened, to: Path) -> Path:
    position = position_of(opened, "comment.submitted")
    with opened.reads() as reads:
        proof = proved(reads, position)
    assert proof is not None
    to.write_bytes(write_receipt(*proof, opened.log.opening(position)))
    return to


def test_a_sound_log_ends_with_0_and_says_who_signed_it(
    samrad: Run, happened: Opened
) -> None:
    done = samrad()
    head = happened.log.head()
    assert done.exit_code == 0, done.output
    assert f"Sound: {head} entries, each as it was recorded." in done.stdout
    assert f"Sealed up to entry {head}" in done.stdout
    assert "Witness one signed it at 2027-01-15 08:00:00 UTC." in done.stdout


def test_a_changed_byte_ends_with_1_and_names_the_entry(
    samrad: Run, happened: Opened
) -> None:
    position = position_of(happened, "consultation.opened")
    tamper(
        happened.database.owner,
        "UPDATE log.entry SET state = set_byte(state, 3, 32)"
        " WHERE topic = 'consultation.opened'",
    )
    done = samrad()
    assert done.exit_code == 1
    assert f"Tampered: the first bad entry is {position}." in done.stderr
    assert f"Entry {position} (consultation.opened of " in done.stderr


def test_what_is_found_can_be_had_as_json(samrad: Run, happened: Opened) -> None:
    tamper(
        happened.database.owner, "UPDATE log.entry SET state = 'x' WHERE position = 2"
    )
    done = samrad("--json")
    said: dict[str, Any] = json.loads(done.stdout)
    assert done.exit_code == 1
    assert said["outcome"] == "tampered"
    assert said["first_bad"] == 2
    assert said["findings"][0]["check"] == "state"
    assert said["findings"][0]["topic"]


def test_without_a_policy_it_ends_with_2(
    samrad: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SAMRAD_POLICY", "")
    monkeypatch.setenv("SAMRAD_DATA", str(tmp_path))
    done = samrad()
    assert done.exit_code == 2
    assert "There is no policy" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--policy", "nowhere"),
        ("--previous", "nowhere"),
        ("--receipt", "nowhere"),
        ("--bundle", "one", "--url", "http://localhost"),
        ("--bundle", "one", "--deep"),
        ("--policy", "bad"),
        ("--previous", "bad"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_3(
    samrad: Run, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "bad").write_text("bad\n")
    assert samrad(*arguments).exit_code == 3


def test_what_is_no_log_ends_with_2(samrad: Run, policy: Path, tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("bad\n" * 500)
    done = samrad("--bundle", "bad", "--policy", policy)
    assert done.exit_code == 2
    assert "is no export of a log" in done.stderr
    done = samrad("--url", "http://127.0.0.1:9/log", "--policy", policy)
    assert done.exit_code == 2
    assert "does not answer" in done.stderr


def test_a_receipt_is_checked_without_a_database(
    happened: Opened, policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = receipt_of(happened, tmp_path / "kvitto.zip")
    monkeypatch.setenv("SAMRAD_DATABASE_URL", "nonsense that nobody reads")
    command = ["verify", "--receipt", str(receipt), "--policy", str(policy)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    position = position_of(happened, "comment.submitted")
    assert f"Sound: the log has this, as entry {position}." in done.stdout
    said = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert said["witnesses"] == {"one": SIGNED_AT}
    assert said["stated"]["kind"] == "general"
    another = Signer.generate("another.example.se/witness", COSIGNATURE).verifier
    careful = tmp_path / "careful"
    careful.write_text(
        POLICY_TEXT.replace("quorum one", f"witness two {another}\nquorum two")
    )
    done = CliRunner().invoke(app, [*command[:-1], str(careful)])
    assert done.exit_code == 2
    assert "too few of the witnesses" in done.stderr
    receipt.write_bytes(receipt.read_bytes().replace(b"comment.submitted", b"x" * 17))
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 1
    assert "Not a true receipt" in done.stderr


@pytest.mark.parametrize("kept", [checkpoint_of, receipt_of])
def test_what_somebody_has_kept_gives_a_rewritten_log_away(
    samrad: Run,
    happened: Opened,
    tmp_path: Path,
    kept: Callable[[Opened, Path], Path],
) -> None:
    before = kept(happened, tmp_path / "kept")
    assert samrad("--previous", before).exit_code == 0
    tamper(
        happened.database.owner,
        "UPDATE log.entry SET state = '{}' WHERE position = 3",
        "UPDATE log.entry SET leaf = log.leaf(originator_id, originator_version, topic,"
        " state, recorded_at, NULL) WHERE position = 3",
        "DELETE FROM tlog.tile",
        "DELETE FROM tlog.checkpoint",
        "UPDATE tlog.integrated SET size = 0, root = sha256('')",
    )
    publish(happened.database.owner)
    assert samrad().exit_code == 0
    done = samrad("--previous", before)
    assert done.exit_code == 1
    assert f"are not those of {before}" in done.stderr


def test_a_deep_check_finds_a_changed_read_table(happened: Opened) -> None:
    report = deeply(happened)
    assert report.outcome is Outcome.SOUND, report.findings
    assert "A replay gives the same" in report.notes[-1]
    with psycopg.connect(happened.database.owner) as connection:
        connection.execute("UPDATE read.comment SET is_withdrawn = true")
    assert verify_database(happened.database, POLICY, unseen).outcome is Outcome.SOUND
    report = deeply(happened)
    assert report.outcome is Outcome.TAMPERED
    assert report.findings[0].check is Check.SHOWN
    assert "2 rows of comment are not what the log says" in report.findings[0].said


def test_entries_that_are_not_shown_yet_are_no_fault(happened: Opened) -> None:
    story.an_organisation(happened.log)
    report = deeply(happened)
    assert report.outcome is Outcome.SOUND
    assert "entries that are not in them yet: 1" in report.notes[-1]


def test_a_deep_check_leaves_nothing_behind(happened: Opened) -> None:
    deeply(happened)
    with psycopg.connect(happened.database.owner) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'verifying%'"
        ).fetchone()
    assert found == (0,)


def test_tables_of_another_release_decide_nothing(happened: Opened) -> None:
    with psycopg.connect(happened.database.owner) as connection:
        connection.execute("UPDATE read.follower SET blueprint = 'other'")
    report = deeply(happened)
    assert report.outcome is Outcome.UNDECIDED
    assert "samrad rebuild" in report.findings[0].said


def test_a_missing_key_is_named_with_the_first_entry_that_it_sealed(
    happened: Opened,
) -> None:
    with psycopg.connect(happened.database.owner) as connection:
        connection.execute(
            "DELETE FROM vault.key WHERE scope = (SELECT originator_id FROM log.entry"
            " WHERE topic = 'comment.submitted' ORDER BY position LIMIT 1)"
        )
    report = verify_database(happened.database, POLICY, unseen)
    assert report.outcome is Outcome.TAMPERED
    assert report.findings[0].check is Check.NO_KEY
    assert report.first_bad == position_of(happened, "comment.submitted")


def test_a_key_that_was_destroyed_without_an_erasure_is_named(happened: Opened) -> None:
    position = position_of(happened, "comment.submitted")
    scope = happened.log.stored(position).thing
    keys = Keys(happened.database.owner, KeyFile.read(KEYS_FILE))
    keys.destroy(scope, decision=scope, position=1)
    keys.close()
    report = verify_database(happened.database, POLICY, unseen)
    assert report.outcome is Outcome.TAMPERED
    assert report.findings[0].check is Check.KEY_DESTROYED
    assert report.first_bad == position


def test_after_an_erasure_the_log_is_as_sound_as_before(opened: Opened) -> None:
    office = Office(opened.log)
    office.erase("person", comments=[office.comment])
    publish(opened.database.owner)
    report = verify_database(opened.database, POLICY, unseen)
    assert report.outcome is Outcome.SOUND, report.findings
    assert len(office.destroyed) == 2


def test_an_erasure_that_was_interrupted_is_said_and_is_no_fault(
    opened: Opened,
) -> None:
    office = Office(opened.log)
    id = office.request("comment")
    office.destroy(office.comment, decision=id, position=office.decide(id))
    publish(opened.database.owner)
    report = verify_database(opened.database, POLICY, unseen)
    assert report.outcome is Outcome.SOUND, report.findings
    assert "the log does not say so yet" in report.notes[0]


def test_a_key_that_came_back_after_the_erasure_is_named(opened: Opened) -> None:
    office = Office(opened.log)
    office.erase("comment")
    publish(opened.database.owner)
    with psycopg.connect(opened.database.owner) as connection:
        for table in ("vault.key", "vault.tombstone"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        connection.execute(
            "DELETE FROM vault.tombstone WHERE scope = %s", (office.comment,)
        )
        connection.execute(
            "INSERT INTO vault.key (scope, wrapped, wrapped_by)"
            " SELECT %s, wrapped, wrapped_by FROM vault.key WHERE scope = %s",
            (office.comment, office.author),
        )
    report = verify_database(opened.database, POLICY, unseen)
    assert report.outcome is Outcome.TAMPERED
    assert Check.KEY_LEFT in [each.check for each in report.findings]


def test_a_key_that_is_another_one_is_noticed(happened: Opened) -> None:
    with psycopg.connect(happened.database.owner) as connection:
        connection.execute("ALTER TABLE vault.key DISABLE TRIGGER USER")
        connection.execute(
            "UPDATE vault.key SET wrapped = (SELECT wrapped FROM vault.key LIMIT 1)"
        )
    report = verify_database(happened.database, POLICY, unseen)
    assert report.outcome is Outcome.TAMPERED
    assert {each.check for each in report.findings} == {Check.SEALED}


def test_a_key_that_can_not_be_unwrapped_is_named_with_its_first_entry(
    happened: Opened,
) -> None:
    position = position_of(happened, "comment.submitted")
    with psycopg.connect(happened.database.owner) as connection:
        connection.execute(
            "UPDATE vault.key SET wrapped_by = 'another' WHERE scope ="
            " (SELECT originator_id FROM log.entry WHERE position = %s)",
            (position,),
        )
    report = verify_database(happened.database, POLICY, unseen)
    assert report.outcome is Outcome.TAMPERED
    assert report.findings[0].check is Check.NO_KEY
    assert report.first_bad == position


def test_an_event_of_brackets_within_brackets_is_named(happened: Opened) -> None:
    position = position_of(happened, "comment.submitted")
    with psycopg.connect(happened.database.owner) as connection:
        connection.execute("ALTER TABLE log.entry DISABLE TRIGGER USER")
        connection.execute(
            "UPDATE log.entry SET state = convert_to('{\"sealed\":'"
            " || repeat('[', 100000), 'UTF8') WHERE position = %s",
            (position,),
        )
    report = verify_database(happened.database, POLICY, unseen)
    assert report.outcome is Outcome.TAMPERED
    assert report.first_bad == position


def test_without_the_keys_the_rest_is_checked_and_that_is_said(
    happened: Opened, tmp_path: Path
) -> None:
    database = everywhere(happened.database.owner)
    object.__setattr__(database.vault, "file", tmp_path / "gone")
    report = verify_database(database, POLICY, unseen)
    assert report.outcome is Outcome.SOUND
    assert "What is sealed was not opened" in report.notes[-1]
    assert any("What is sealed" in said for said in told(report))


def test_a_database_without_a_log_is_not_verified(happened: Opened) -> None:
    with psycopg.connect(happened.database.owner) as connection:
        connection.execute("DROP SCHEMA session CASCADE")
    with pytest.raises(NotLaidOut, match="samrad migrate"):
        verify_database(happened.database, POLICY, unseen)
