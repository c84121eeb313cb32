"""Checks the log and the read tables against each other, and names what is wrong."""

from __future__ import annotations

from contextlib import closing
from typing import NamedTuple

import psycopg

from cli.opening import following_log, require_laid_out
from cli.postgres import Database
from cli.progress import Report
from projections.comparison import CannotCompare, Fault, compare, holes_in
from projections.follower import CannotApply

SOUND, TAMPERED, UNDECIDED = 0, 1, 2
"""Exit codes: all is well; something is not; it could not be found out."""


class Verdict(NamedTuple):
    """What came of it, as an exit code and sentences; the first fault comes first."""

    code: int
    said: list[str]


def verify(database: Database, report: Report) -> Verdict:
    """Whether positions and versions have no holes, every entry reads, and a replay
    gives the same read tables."""
    require_laid_out(database.web)
    with psycopg.connect(
        database.follower, options="-c role=samrad_follower"
    ) as connection:
        if faults := list(holes_in(connection)):
            return _tampered(faults)
    with closing(following_log(database)) as log:
        try:
            found = compare(log, database.follower, report)
        except CannotApply as error:
            said = f"it can not be read or applied ({error.reason})"
            return _tampered([Fault(error.position, said)])
        except CannotCompare as error:
            return Verdict(UNDECIDED, [str(error)])
    if found.faults:
        return _tampered(found.faults)
    behind = found.head - found.position
    return Verdict(
        SOUND,
        [
            f"The log has {found.head} entries, numbered from 1 without a hole.",
            "Every thing has its versions from 1 on, and every entry can be read.",
            f"A replay gives the same {found.tables} read tables"
            + (f"; entries that are not in them yet: {behind}." if behind else "."),
        ],
    )


def _tampered(faults: list[Fault]) -> Verdict:
    said = [f"Entry {fault.position}: {fault.said}." for fault in faults]
    return Verdict(TAMPERED, said)
