"""Revisions and their changes, each with its reason and the issues behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.log import Entry
from domain.revision import Revision
from projections.reads import Reads
from projections.rows import Rows


def project(entry: Entry, rows: Rows) -> None:
    """Keep revisions and their changes in step with one event."""
    event = entry.event
    match event:
        case Revision.Started():
            rows.insert(
                "revision",
                id=event.originator_id,
                consultation=event.consultation,
                proposal=event.proposal,
                base=event.base,
                title=event.title,
                state="started",
                note="",
                started_by=event.by,
                started_at=event.timestamp,
                reference=event.reference,
            )
        case Revision.ChangeMade():
            _keep_change(event, entry.position, rows)
            _reopen(event.originator_id, rows)
        case Revision.ChangeDropped():
            rows.close("change", event.originator_id, UUID(event.change))
            _reopen(event.originator_id, rows)
        case Revision.Moved():
            rows.change("revision", event.originator_id, base=event.base)
            _reopen(event.originator_id, rows)
        case Revision.Reviewed():
            rows.change(
                "revision", event.originator_id, state="reviewed", note=event.note
            )
        case Revision.Adopted():
            rows.change(
                "revision",
                event.originator_id,
                state="adopted",
                edition=event.edition,
                adopted_at=event.timestamp,
            )
        case Revision.Abandoned():
            rows.change(
                "revision", event.originator_id, state="abandoned", note=event.reason
            )


def _reopen(revision: UUID, rows: Rows) -> None:
    if rows.get("revision", revision)["state"] == "reviewed":
        rows.change("revision", revision, state="started")


def _keep_change(event: Revision.ChangeMade, position: int, rows: Rows) -> None:
    change = event.change
    key = event.originator_id, UUID(change["id"])
    after = change.get("after")
    values = {
        "op": change["op"],
        "passage": UUID(change["passage"]),
        "after": UUID(after) if after else None,
        "kind": change.get("kind"),
        "level": change.get("level"),
        "text": change.get("text"),
        "marks": change.get("marks"),
        "reason": change.get("reason", ""),
        "issues": [UUID(issue) for issue in change.get("issues", [])],
    }
    if rows.find("change", *key):
        rows.change("change", *key, **values)
    else:
        rows.insert("change", revision=key[0], id=key[1], ord=position, **values)


@dataclass(frozen=True, slots=True)
class RevisionRow:
    id: UUID
    consultation: UUID
    proposal: UUID
    base: int
    edition: int | None
    title: str
    state: str
    note: str
    started_by: UUID
    started_at: datetime
    adopted_at: datetime | None


_COLUMNS = (
    "id, consultation, proposal, base, edition, title, state, note, started_by,"
    " started_at, adopted_at"
)


def revision_by_id(reads: Reads, id: UUID) -> RevisionRow | None:
    """One revision, or None."""
    return reads.one(
        RevisionRow, "SELECT " + _COLUMNS + " FROM revision WHERE id = %s", (id,)
    )


def revisions_of(reads: Reads, consultation: UUID) -> list[RevisionRow]:
    """A consultation's revisions, the newest first."""
    return reads.all(
        RevisionRow,
        "SELECT " + _COLUMNS + " FROM revision WHERE consultation = %s"
        " ORDER BY started_at DESC, id",
        (consultation,),
    )


@dataclass(frozen=True, slots=True)
class ChangeRow:
    id: UUID
    op: str
    passage: UUID
    after: UUID | None
    kind: str | None
    level: int | None
    text: str | None
    marks: list[list[Any]] | None
    reason: str
    issues: list[UUID]


def changes_of(reads: Reads, revision: UUID) -> list[ChangeRow]:
    """A revision's changes, in the order in which they are made to the text."""
    return reads.all(
        ChangeRow,
        "SELECT id, op, passage, after, kind, level, text, marks, reason, issues"
        " FROM change WHERE revision = %s ORDER BY ord, id",
        (revision,),
    )
