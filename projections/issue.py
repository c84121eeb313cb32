"""Issues as they stand, with the comments gathered in each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.issue import Issue
from domain.log import Entry
from projections.reads import Reads
from projections.rows import Rows


def project(entry: Entry, rows: Rows) -> None:
    """Keep issues and what is gathered in them in step with one event."""
    event = entry.event
    match event:
        case Issue.Raised():
            rows.insert(
                "issue",
                id=event.originator_id,
                consultation=event.consultation,
                proposal=event.proposal,
                position=entry.position,
                title=event.title,
                disposition="",
                reason="",
                answer="",
                answer_state="none",
                published_disposition="",
                published_answer="",
                split_from=event.split_from,
                reference=event.reference,
            )
            _gather(event.originator_id, event.comments, rows)
        case Issue.Renamed():
            rows.change("issue", event.originator_id, title=event.title)
        case Issue.CommentsGathered():
            _gather(event.originator_id, event.comments, rows)
        case Issue.Absorbed():
            _gather(event.originator_id, event.comments, rows)
        case Issue.CommentsReleased():
            for comment in event.comments:
                rows.close("issue_comment", event.originator_id, comment)
        case Issue.Merged():
            for row in rows.where("issue_comment", issue=event.originator_id):
                rows.close("issue_comment", event.originator_id, row["comment"])
            rows.change("issue", event.originator_id, merged_into=event.into)
        case Issue.DispositionDecided():
            answer = rows.get("issue", event.originator_id)["answer"]
            rows.change(
                "issue",
                event.originator_id,
                disposition=event.disposition,
                reason=event.reason,
                answer_state="drafted" if answer else "none",
            )
        case Issue.AnswerDrafted():
            rows.change(
                "issue",
                event.originator_id,
                answer=event.text,
                answer_state="drafted",
            )
        case Issue.AnswerApproved():
            rows.change("issue", event.originator_id, answer_state="approved")
        case Issue.AnswerPublished():
            row = rows.get("issue", event.originator_id)
            rows.change(
                "issue",
                event.originator_id,
                answer_state="published",
                published_disposition=row["disposition"],
                published_answer=row["answer"],
                published_at=event.timestamp,
            )


def _gather(issue: UUID, comments: list[UUID], rows: Rows) -> None:
    for comment in comments:
        if rows.find("issue_comment", issue, comment) is None:
            rows.insert("issue_comment", issue=issue, comment=comment)


@dataclass(frozen=True, slots=True)
class IssueRow:
    id: UUID
    consultation: UUID
    proposal: UUID | None
    position: int
    title: str
    disposition: str
    reason: str
    answer: str
    answer_state: str
    published_disposition: str
    published_answer: str
    published_at: datetime | None
    merged_into: UUID | None
    split_from: UUID | None
    gathered: int


_ISSUE = """
    SELECT i.id, i.consultation, i.proposal, i.position, i.title, i.disposition,
           i.reason, i.answer, i.answer_state, i.published_disposition,
           i.published_answer, i.published_at, i.merged_into, i.split_from,
           (SELECT count(*) FROM issue_comment g WHERE g.issue = i.id)::int AS gathered
      FROM issue i
"""


def issue_by_id(reads: Reads, id: UUID) -> IssueRow | None:
    """One issue with how many comments it has gathered, or None."""
    return reads.one(IssueRow, _ISSUE + " WHERE i.id = %s", (id,))


def issues_of(reads: Reads, consultation: UUID) -> list[IssueRow]:
    """A consultation's issues in the order they were raised, merged ones last."""
    return reads.all(
        IssueRow,
        _ISSUE
        + " WHERE i.consultation = %s ORDER BY i.merged_into IS NOT NULL, i.position",
        (consultation,),
    )
