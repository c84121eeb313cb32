"""Planning a consultation: what it is about, how it is run, and its codebook."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.consultation import Consultation, consultation_to_change
from domain.log import Log, Receipt
from domain.person import (
    SECRETARIAT,
    require_role,
)


def plan_consultation(
    log: Log,
    *,
    id: UUID,
    title: str,
    closes_at: datetime,
    by: UUID,
    now: datetime,
    **rest: str,
) -> Receipt:
    """Plan a round; nothing is public until it opens. `rest` as Consultation.plan."""
    require_role(log, by, None, *SECRETARIAT)
    return log.record(
        Consultation.plan(
            id=id, title=title, closes_at=closes_at, by=by, now=now, **rest
        )
    )


def change_details(
    log: Log,
    *,
    id: UUID,
    title: str,
    access: str,
    display: str,
    by: UUID,
    now: datetime,
    title_en: str = "",
    summary: str = "",
    summary_en: str = "",
    diary_number: str = "",
    assignment: str = "",
) -> Receipt:
    """Change how a consultation is described and run."""
    found = consultation_to_change(log, id, by)
    found.change_details(
        title=title,
        title_en=title_en,
        summary=summary,
        summary_en=summary_en,
        diary_number=diary_number,
        assignment=assignment,
        access=access,
        display=display,
        by=by,
        now=now,
    )
    return log.record(found)


def revise_codebook(
    log: Log, *, id: UUID, themes: list[dict[str, str]], by: UUID, now: datetime
) -> Receipt:
    """Set the themes: each has key, title, title_en and description."""
    found = consultation_to_change(log, id, by)
    found.revise_codebook(themes, by=by, now=now)
    return log.record(found)
