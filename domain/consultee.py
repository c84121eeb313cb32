"""Consultees: the organisations that are formally asked."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from domain.consultation import HasCommented, consultation_to_change
from domain.log import Log, Receipt
from domain.organisation import Organisation


def invite_consultees(
    log: Log, *, id: UUID, organisations: list[UUID], by: UUID, now: datetime
) -> Receipt:
    """Ask organisations formally; anyone asked before is left as they were."""
    for organisation in organisations:
        log.look(Organisation, organisation)
    found = consultation_to_change(log, id, by)
    found.invite(organisations, by=by, now=now)
    return log.record(found)


def remove_consultees(
    log: Log,
    *,
    id: UUID,
    organisations: list[UUID],
    commented: Collection[UUID],
    reason: str,
    by: UUID,
    now: datetime,
) -> Receipt:
    """Take organisations that were asked by mistake off the list, for a reason.

    `commented` are those that have commented in the consultation: they stay. Nothing
    is recorded for those that are not on the list.
    """
    found = consultation_to_change(log, id, by)
    if not set(commented).isdisjoint(organisations):
        raise HasCommented
    found.remove(organisations, reason=reason, by=by, now=now)
    return log.record(found)
