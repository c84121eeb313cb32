"""What keeps checkpoints from being published: one row while it lasts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from psycopg import Connection


class Reason(StrEnum):
    """The kinds of trouble; the first word of an alarm's reason in the database."""

    SIGNER_AWAY = "signer_away"
    SIGNER_REFUSES = "signer_refuses"
    LOG_BEHIND = "log_behind"  # More was signed than the database has.
    NO_QUORUM = "no_quorum"
    WITNESS_CONTRADICTS = "witness_contradicts"
    DAMAGED = "damaged"  # The tree can not be made, or not gone on with.


@dataclass(frozen=True, slots=True)
class Alarm:
    """A reason and its particulars, in English, for whoever mends it."""

    reason: Reason
    said: str

    def __str__(self) -> str:
        return f"{self.reason}: {self.said}"


def is_raised(connection: Connection[Any]) -> bool:
    """Whether something is wrong."""
    return connection.execute("SELECT FROM tlog.alarm").fetchone() is not None


def raise_alarm(
    connection: Connection[Any], alarm: Alarm, *, for_seconds: float = 0
) -> None:
    """Say what is wrong, and for how long; since when stays until all is well."""
    connection.execute(
        "INSERT INTO tlog.alarm AS old (since, reason)"
        " VALUES (clock_timestamp() - make_interval(secs => %s), %s)"
        " ON CONFLICT (only_row) DO UPDATE SET reason = excluded.reason"
        " WHERE old.reason <> excluded.reason",
        (for_seconds, str(alarm)),
    )


def withdraw_alarm(connection: Connection[Any]) -> None:
    """Say that all is well."""
    connection.execute("DELETE FROM tlog.alarm")
