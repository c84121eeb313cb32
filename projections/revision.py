"""Revisions and their changes, each with its reason and the issues behind it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.change import PassageChange
from domain.log import Entry
from domain.proposal import Proposal
from domain.revision import Revision
from projections.comment import COMMENT_COLUMNS, COMMENT_TABLES, CommentRow
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
        case Proposal.Redrafted():
            # What was read is no longer what the changes are made to.
            for row in rows.where("revision", proposal=event.originator_id):
                _reopen(row["id"], rows)


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

    def stored(self) -> PassageChange:
        """The change as it is made to a text."""
        change: PassageChange = {
            "id": self.id.hex,
            "op": self.op,
            "passage": self.passage.hex,
            "reason": self.reason,
            "issues": [issue.hex for issue in self.issues],
        }
        if self.op in ("insert", "move"):
            change["after"] = self.after.hex if self.after else None
        if self.op in ("insert", "replace"):
            change["kind"] = self.kind or "paragraph"
            change["level"] = self.level or 0
            change["text"] = self.text or ""
            change["marks"] = self.marks or []
        return change


def changes_of(reads: Reads, revision: UUID) -> list[ChangeRow]:
    """A revision's changes, in the order in which they are made to the text."""
    return reads.all(
        ChangeRow,
        "SELECT id, op, passage, after, kind, level, text, marks, reason, issues"
        " FROM change WHERE revision = %s ORDER BY ord, id",
        (revision,),
    )


def change_counts(reads: Reads, consultation: UUID) -> dict[UUID, int]:
    """How many changes each of a consultation's revisions has; none is left out."""
    return dict(
        reads.tuples(
            "SELECT r.id, (SELECT count(*) FROM change c WHERE c.revision = r.id)::int"
            " FROM revision r WHERE r.consultation = %s",
            (consultation,),
        )
    )


def open_issues_on(reads: Reads, proposal: UUID, edition: int) -> dict[UUID, int]:
    """How many issues without a published answer have comments on each passage."""
    return dict(
        reads.tuples(
            """
            SELECT s.passage, count(DISTINCT i.id)::int
              FROM placement s
              JOIN comment c ON c.id = s.comment AND NOT c.is_withdrawn
              JOIN issue_comment g ON g.comment = s.comment
              JOIN issue i ON i.id = g.issue
             WHERE s.proposal = %s AND s.edition = %s AND s.passage IS NOT NULL
               AND i.merged_into IS NULL AND i.answer_state <> 'published'
             GROUP BY s.passage
            """,
            (proposal, edition),
        )
    )


@dataclass(frozen=True, slots=True)
class ChoosableIssue:
    """An issue that can stand behind a change."""

    id: UUID
    number: int
    title: str
    disposition: str
    here: int
    """How many of its comments stand on the passage that is changed."""
    gathered: int


def issues_to_choose(
    reads: Reads,
    consultation: UUID,
    proposal: UUID,
    edition: int,
    passage: UUID | None,
) -> list[ChoosableIssue]:
    """The issues that can stand behind a change to a passage: first those with comments
    on it, then the proposal's other issues and those of no particular proposal."""
    return reads.all(
        ChoosableIssue,
        """
        SELECT i.id, i.position AS number, i.title, i.disposition,
               count(s.comment)::int AS here, count(g.comment)::int AS gathered
          FROM issue i
          LEFT JOIN issue_comment g ON g.issue = i.id
          LEFT JOIN placement s ON s.comment = g.comment
                AND s.proposal = %(proposal)s AND s.edition = %(edition)s
                AND s.passage = %(passage)s::uuid
         WHERE i.consultation = %(consultation)s AND i.merged_into IS NULL
         GROUP BY i.id, i.position, i.title, i.disposition, i.proposal
        HAVING i.proposal IS NULL OR i.proposal = %(proposal)s OR count(s.comment) > 0
         ORDER BY count(s.comment) > 0 DESC, i.position
        """,
        {
            "consultation": consultation,
            "proposal": proposal,
            "edition": edition,
            "passage": passage,
        },
    )


def comments_named(reads: Reads, comments: Collection[UUID]) -> dict[UUID, CommentRow]:
    """Comments in full by id, for those who see all."""
    found = reads.all(
        CommentRow,
        "SELECT "
        + COMMENT_COLUMNS
        + " FROM "
        + COMMENT_TABLES
        + " WHERE c.id = ANY (%s)",
        (list(comments),),
    )
    return {row.id: row for row in found}


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """Where a comment stands in an edition: a placement with the comment it is of."""

    comment: UUID
    passage: UUID | None
    start_at: int
    end_at: int
    state: str
    certain: bool


def placed_in(reads: Reads, proposal: UUID, edition: int) -> list[PlacedRow]:
    """Where each comment that is not withdrawn stands in an edition, in the order in
    which they came."""
    return reads.all(
        PlacedRow,
        "SELECT s.comment, s.passage, s.start_at, s.end_at, s.state, s.certain"
        " FROM placement s JOIN comment c ON c.id = s.comment AND NOT c.is_withdrawn"
        " WHERE s.proposal = %s AND s.edition = %s ORDER BY s.position",
        (proposal, edition),
    )
