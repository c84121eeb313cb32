"""Roles: who gives them, who takes them back, and that somebody can always decide."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from domain.consultation import Consultation
from domain.log import SYSTEM, Log, Receipt, Refused
from domain.person import DECIDERS, Person, require_role


class NobodyCouldDecide(Refused):
    """Where answers are approved and published there is somebody who may do so."""

    en = (
        "Nobody else has the role of chair here, so nobody could decide. Give it to"
        " somebody else first."
    )
    sv = (
        "Ingen annan är ordförande här, så ingen skulle kunna besluta. Ge någon annan"
        " den rollen först."
    )


def grant_role(
    log: Log,
    *,
    person: UUID,
    role: str,
    consultation: UUID | None,
    by: UUID,
    now: datetime,
) -> Receipt:
    """Give a person a role in one consultation, or in all (None)."""
    require_role(log, by, consultation, *DECIDERS)
    if consultation is not None:
        log.look(Consultation, consultation)
    found = log.get(Person, person)
    found.grant(role, consultation=consultation, by=by, now=now)
    return log.record(found)


def revoke_role(
    log: Log,
    *,
    person: UUID,
    role: str,
    consultation: UUID | None,
    others: Collection[UUID] = (),
    by: UUID,
    now: datetime,
) -> Receipt:
    """Take a role back; what was done in it stands.

    `others` are people of whom one must be able to decide there when this one no longer
    can; the log is asked whether that is so. The operator may leave nobody.
    """
    require_role(log, by, consultation, *DECIDERS)
    found = log.get(Person, person)
    found.revoke(role, consultation=consultation, by=by, now=now)
    if role in DECIDERS and by != SYSTEM:
        remain = [found, *(log.look(Person, id) for id in others if id != person)]
        if not any(one.has_role(consultation, *DECIDERS) for one in remain):
            raise NobodyCouldDecide
    return log.record(found)
