"""What an erasure leaves as it was: every byte of the log, and everybody's proofs."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

import psycopg
from typer.testing import CliRunner

from cli.main import app
from cli.opening import Opened
from cli.verify import verify_database
from ledger.bundle import write_bundle
from ledger.findings import Outcome
from ledger.receipt import check_receipt, write_receipt
from ledger.signed import trusted
from ledger.sources import DatabaseSource
from ledger.tiles import published
from projections.receipt import proved
from tests.cli.silence import unseen
from tests.office import Office
from tests.publishing import POLICY, POLICY_TEXT, publish


def rows(database: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute("TABLE log.entry ORDER BY position").fetchall()


def exported(database: str, to: Path) -> dict[str, bytes]:
    """The files of an export of the log."""
    with DatabaseSource(database) as source:
        write_bundle(source, POLICY_TEXT, to)
    with tarfile.open(to) as archive:
        return {
            member.name: found.read()
            for member in archive
            if (found := archive.extractfile(member))
        }


def test_not_a_byte_of_the_log_changes_and_every_older_proof_still_holds(
    opened: Opened, database: str, tmp_path: Path
) -> None:
    office = Office(opened.log)
    opened.catch_up()
    publish(database)
    before = rows(database)
    earlier = exported(database, tmp_path / "before")
    position = next(row[0] for row in before if row[3] == "comment.submitted")
    with opened.reads() as reads:
        proof = proved(reads, position)
    assert proof is not None
    receipt = write_receipt(*proof, opened.log.opening(position))
    with psycopg.connect(database) as connection:
        newest = published(connection)
    assert newest is not None

    office.erase("person", comments=[office.comment])
    opened.catch_up()
    publish(database)

    assert rows(database)[: len(before)] == before
    later = exported(database, tmp_path / "after")
    states = [name for name in earlier if name.startswith("events/")]
    assert states
    for name in states:
        assert later[name].startswith(earlier[name])

    kept = trusted("the auditor's checkpoint", newest.note, POLICY)
    report = verify_database(opened.database, POLICY, unseen, [kept], deep=True)
    assert report.outcome is Outcome.SOUND, report.findings
    policy = tmp_path / "policy"
    policy.write_text(POLICY_TEXT)
    command = ["verify", "--bundle", str(tmp_path / "after"), "--policy", str(policy)]
    assert CliRunner().invoke(app, command).exit_code == 0
    # Who has a receipt from before can show what was said; the log can not any more.
    assert check_receipt(receipt, POLICY).fields["text"] == "Hemligt."
    assert opened.log.opening(position) is None
