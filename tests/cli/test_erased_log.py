"""What an erasure leaves as it was: every byte of the log, and everybody's proofs."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.opening import Opened
from cli.verify import verify_database
from domain.erasing import approve_erasure, refuse_erasure
from ledger.bundle import write_bundle
from ledger.findings import Check, Outcome
from ledger.receipt import check_receipt, write_receipt
from ledger.signed import trusted
from ledger.sources import DatabaseSource
from ledger.tiles import published
from projections.receipt import proved
from tests.cli.silence import unseen
from tests.office import Office
from tests.publishing import POLICY, POLICY_TEXT, publish
from tests.story import NOW


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


def only_asked(office: Office) -> tuple[UUID, int]:
    return office.request("comment"), office.log.head()


def once_approved(office: Office) -> tuple[UUID, int]:
    id = office.request("comment")
    return id, approve_erasure(office.log, id=id, by=office.first, now=NOW).position


def refused(office: Office) -> tuple[UUID, int]:
    id, _ = once_approved(office)
    basis = {"basis": "no_ground", "reason": "Nej."}
    refuse_erasure(office.log, id=id, **basis, by=office.second, now=NOW)
    return id, office.log.head()


def of_somebody_else(office: Office) -> tuple[UUID, int]:
    id = office.request("person")
    return id, office.decide(id)


@pytest.mark.parametrize(
    "decided", [only_asked, once_approved, refused, of_somebody_else]
)
def test_a_key_that_nobody_has_decided_to_destroy_is_named(
    opened: Opened, database: str, decided: Callable[[Office], tuple[UUID, int]]
) -> None:
    office = Office(opened.log)
    decision, position = decided(office)
    publish(database)
    assert verify_database(opened.database, POLICY, unseen).outcome is Outcome.SOUND
    office.destroy(office.comment, decision=decision, position=position)
    report = verify_database(opened.database, POLICY, unseen)
    assert report.outcome is Outcome.TAMPERED
    assert report.findings[0].check is Check.KEY_DESTROYED
    assert report.findings[0].thing == str(office.comment)
