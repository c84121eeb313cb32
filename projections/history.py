"""The log as an auditor reads it: every entry with who, when, and about what."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain.consultation import Consultation
from domain.log import Entry
from domain.proposal import Proposal
from projections.rows import Rows

_PLUMBING = {
    "originator_id",
    "originator_version",
    "originator_topic",
    "timestamp",
    "by",
    "passages",
    "changes",
    "placements",
}


def project(entry: Entry, rows: Rows) -> None:
    """One row an entry, with what its sentence needs."""
    event = entry.event
    kind = event.TOPIC.split(".")[0]
    rows.insert(
        "entry",
        at=event.timestamp,
        topic=event.TOPIC,
        kind=kind,
        thing=event.originator_id,
        version=event.originator_version,
        actor=event.by,
        consultation=_consultation(kind, event, rows),
        proposal=_proposal(kind, event, rows),
        detail=_detail(event),
    )


def _consultation(kind: str, event: Any, rows: Rows) -> UUID | None:
    if isinstance(event, Consultation.Event):
        id: UUID = event.originator_id
        return id
    if kind in ("proposal", "revision", "comment", "issue"):
        found: UUID = rows.get(kind, event.originator_id)["consultation"]
        return found
    named: UUID | None = getattr(event, "consultation", None)
    return named


def _proposal(kind: str, event: Any, rows: Rows) -> UUID | None:
    if isinstance(event, Proposal.Event):
        id: UUID = event.originator_id
        return id
    if kind in ("revision", "comment", "issue"):
        found: UUID | None = rows.get(kind, event.originator_id)["proposal"]
        return found
    return None


def _detail(event: Any) -> dict[str, Any]:
    """The event's own fields, without long texts; they are read in the log itself."""
    detail: dict[str, Any] = {}
    for name, value in vars(event).items():
        if name in _PLUMBING:
            if isinstance(value, list):
                detail[name] = len(value)
        elif isinstance(value, UUID):
            detail[name] = str(value)
        elif isinstance(value, str | int | bool | None):
            detail[name] = value if not isinstance(value, str) else value[:200]
        elif isinstance(value, list) and len(value) <= 50:
            detail[name] = [str(v) if isinstance(v, UUID) else v for v in value]
        elif isinstance(value, list):
            detail[name] = len(value)
        elif hasattr(value, "isoformat"):
            detail[name] = value.isoformat()
        elif isinstance(value, dict):
            detail[name] = {
                k: v for k, v in value.items() if k not in ("text", "marks")
            }
    return detail
