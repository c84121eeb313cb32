"""The course of a consultation: opened, extended, closed, reopened, concluded."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.consultation import consultation_to_change
from domain.log import Log, Receipt


def open_consultation(log: Log, *, id: UUID, by: UUID, now: datetime) -> Receipt:
    """Send the drafts out for comment."""
    found = consultation_to_change(log, id, by)
    found.open(by=by, now=now)
    return log.record(found)


def extend_period(
    log: Log, *, id: UUID, closes_at: datetime, reason: str, by: UUID, now: datetime
) -> Receipt:
    """Move the deadline: to a later time once it is open, a plan's to any to come."""
    found = consultation_to_change(log, id, by)
    found.extend(closes_at, reason=reason, by=by, now=now)
    return log.record(found)


def close_consultation(log: Log, *, id: UUID, by: UUID, now: datetime) -> Receipt:
    """Take no more comments, whatever the deadline says."""
    found = consultation_to_change(log, id, by)
    found.close(by=by, now=now)
    return log.record(found)


def reopen_consultation(
    log: Log, *, id: UUID, closes_at: datetime, reason: str, by: UUID, now: datetime
) -> Receipt:
    """Take comments again, until a new deadline."""
    found = consultation_to_change(log, id, by)
    found.reopen(closes_at, reason=reason, by=by, now=now)
    return log.record(found)


def conclude_consultation(log: Log, *, id: UUID, by: UUID, now: datetime) -> Receipt:
    """Declare the work done; nothing more is changed."""
    found = consultation_to_change(log, id, by)
    found.conclude(by=by, now=now)
    return log.record(found)
