"""Checks of the whole log that were asked for, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from ledger.findings import Report
from ledger.policy import Policy
from ledger.sources import DatabaseSource
from ledger.verify import verify

ROLE = "samrad_notary"

_NEXT = "SELECT min(number) FROM tlog.audit WHERE ended_at IS NULL"
_AUDITS = (
    "SELECT number, asked_at, asked_by, began_at, ended_at, outcome, size, first_bad,"
    " findings AS said FROM tlog.audit"
)


@dataclass(frozen=True, slots=True)
class Audit:
    """A check of the whole log.

    `said` has what the report says beside the outcome, and the `version` of the code;
    it is empty until the check has ended.
    """

    number: int
    asked_at: datetime
    asked_by: UUID | None
    began_at: datetime | None
    ended_at: datetime | None
    outcome: str | None
    size: int | None
    first_bad: int | None
    said: Mapping[str, Any]


def audit(url: str, policy: Policy | None, version: str) -> Report:
    """Check the log in a database, and record what was found as the answer to whoever
    asked first; without anybody who did, as one of our own accord.

    Whoever is stopped meanwhile is asked again. No keys are at hand here, so what is
    sealed is not opened. Raises psycopg.OperationalError.
    """
    with closing(_connected(url)) as connection:
        [number] = connection.execute(_NEXT).fetchone() or (None,)
        if number is None:
            asked = connection.execute("SELECT tlog.ask_for_audit(NULL)").fetchone()
            number = asked and asked[0]
        connection.execute(
            "UPDATE tlog.audit SET began_at = clock_timestamp() WHERE number = %s",
            (number,),
        )
        with DatabaseSource(url, role=ROLE) as source:
            report = verify(source, policy)
        said = {
            "version": version,
            "sealed": report.sealed and asdict(report.sealed),
            "findings": [asdict(each) for each in report.findings],
            "left_out": report.left_out,
            "notes": report.notes,
        }
        connection.execute(
            "UPDATE tlog.audit SET ended_at = clock_timestamp(), outcome = %s,"
            " size = %s, first_bad = %s, findings = %s WHERE number = %s",
            (report.outcome, report.size, report.first_bad, Jsonb(said), number),
        )
        return report


def _connected(url: str) -> Connection[Any]:
    return psycopg.connect(
        url,
        autocommit=True,
        connect_timeout=5,
        options=f"-c role={ROLE}",
        application_name="samrad audit",
    )


def waiting_audit(connection: Connection[Any]) -> Audit | None:
    """The check that was asked for and has not ended; None when there is none."""
    return _one(connection, "WHERE ended_at IS NULL ORDER BY number LIMIT 1")


def last_audit(connection: Connection[Any], *, sound: bool = False) -> Audit | None:
    """The check that ended last, of those that passed if `sound`; None before it."""
    passed = "AND outcome = 'sound' " if sound else ""
    return _one(
        connection, f"WHERE ended_at IS NOT NULL {passed}ORDER BY number DESC LIMIT 1"
    )


def _one(connection: Connection[Any], which: str) -> Audit | None:
    with connection.cursor(row_factory=class_row(Audit)) as cursor:
        return cursor.execute(f"{_AUDITS} {which}").fetchone()
