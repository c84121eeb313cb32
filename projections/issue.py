"""Issues as they stand, with the comments gathered in each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from domain.issue import Issue
from domain.log import Entry
from projections.comment import COMMENT_NAMES
from projections.paged import Found, Order, Source, Stretch, by_position, paged
from projections.reads import Reads
from projections.rows import Rows
from projections.sight import ANSWERED, READABLE, SEEN, Sight, readable


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
                unpublished="",
                unpublished_ref="",
                split_from=event.split_from,
                reference=event.reference,
                gathered=len(event.comments),
            )
            for comment in event.comments:
                rows.insert("issue_comment", issue=event.originator_id, comment=comment)
        case Issue.Renamed():
            rows.change("issue", event.originator_id, title=event.title)
        case Issue.CommentsGathered():
            _gather(event.originator_id, event.comments, rows)
        case Issue.Absorbed():
            _gather(event.originator_id, event.comments, rows)
        case Issue.CommentsReleased():
            for comment in event.comments:
                rows.close("issue_comment", event.originator_id, comment)
            _count(event.originator_id, -len(event.comments), rows)
        case Issue.Merged():
            for row in rows.where("issue_comment", issue=event.originator_id):
                rows.close("issue_comment", event.originator_id, row["comment"])
            rows.change(
                "issue", event.originator_id, merged_into=event.into, gathered=0
            )
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
        case Issue.Unpublished():
            rows.change(
                "issue",
                event.originator_id,
                unpublished=event.reason,
                unpublished_ref=event.decision_ref,
            )
        case Issue.Republished():
            rows.change(
                "issue", event.originator_id, unpublished="", unpublished_ref=""
            )


def _gather(issue: UUID, comments: list[UUID], rows: Rows) -> None:
    rows.foresee("issue_comment", [(issue, comment) for comment in comments])
    new = [
        comment
        for comment in comments
        if rows.find("issue_comment", issue, comment) is None
    ]
    for comment in new:
        rows.insert("issue_comment", issue=issue, comment=comment)
    _count(issue, len(new), rows)


def _count(issue: UUID, more: int, rows: Rows) -> None:
    gathered = rows.get("issue", issue)["gathered"]
    rows.change("issue", issue, gathered=gathered + more)


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
    unpublished: str
    """Why the published answer was taken down, or empty."""
    unpublished_ref: str
    is_public: bool
    """Whether the public reads an answer: published, and not taken down since."""
    merged_into: UUID | None
    split_from: UUID | None
    gathered: int


_ISSUE: LiteralString = (
    """
    SELECT i.id, i.consultation, i.proposal, i.position, i.title, i.disposition,
           i.reason, i.answer, i.answer_state, i.published_disposition,
           i.published_answer, i.published_at, i.unpublished, i.unpublished_ref,
           i.merged_into, i.split_from, i.gathered,
    """
    + ANSWERED
    + """ AS is_public
      FROM issue i
    """
)


def issue_by_id(reads: Reads, id: UUID) -> IssueRow | None:
    """One issue with how many comments it has gathered, or None."""
    return reads.one(IssueRow, _ISSUE + " WHERE i.id = %s", (id,))


def titles_of(reads: Reads, consultation: UUID) -> list[tuple[UUID, str]]:
    """The issues that stand in a consultation, in the order they were raised."""
    return [
        (id, title)
        for id, title in reads.tuples(
            "SELECT id, title FROM issue"
            " WHERE consultation = %s AND merged_into IS NULL ORDER BY position",
            (consultation,),
        )
    ]


@dataclass(frozen=True, slots=True)
class IssueChangeRow:
    """A change of a text that was made for an issue."""

    revision: UUID
    revision_title: str
    state: str
    proposal: UUID
    passage: UUID
    op: str
    reason: str
    edition: int | None
    is_published: bool


def changes_for(reads: Reads, issue: UUID) -> list[IssueChangeRow]:
    """Every change with this issue behind it; abandoned revisions are left out."""
    return reads.all(
        IssueChangeRow,
        """
        SELECT c.revision, r.title AS revision_title, r.state, r.proposal, c.passage,
               c.op, c.reason, r.edition,
               coalesce(r.edition <= p.published, false) AS is_published
          FROM change c
          JOIN revision r ON r.id = c.revision
          JOIN proposal p ON p.id = r.proposal
         WHERE c.issues @> ARRAY[%s::uuid] AND r.state <> 'abandoned'
         ORDER BY r.started_at, c.ord, c.id
        """,
        (issue,),
    )


def absorbed_by(reads: Reads, issue: UUID) -> list[tuple[UUID, str]]:
    """The issues that were merged into this one, with their titles."""
    return [
        (id, title)
        for id, title in reads.tuples(
            "SELECT id, title FROM issue WHERE merged_into = %s ORDER BY position",
            (issue,),
        )
    ]


@dataclass(frozen=True, slots=True)
class ListedIssue:
    """An issue as the list of them shows it."""

    id: UUID
    position: int
    title: str
    proposal_title: str | None
    disposition: str
    answer_state: str
    gathered: int
    changes: int


_STATES: dict[str, LiteralString] = {
    "undecided": "i.disposition = ''",
    "unanswered": "i.disposition <> '' AND i.answer_state = 'none'",
    "drafted": "i.answer_state = 'drafted'",
    "approved": "i.answer_state = 'approved'",
    "published": "i.answer_state = 'published'",
}


_MOST_FIRST = Order(
    ("i.gathered", "i.position"),
    lambda row: (row.gathered, row.position),
    descending=True,
)


def listed_issues(
    reads: Reads,
    consultation: UUID,
    stretch: Stretch,
    *,
    state: str = "",
    proposal: UUID | None = None,
) -> Found[ListedIssue]:
    """A page of a consultation's issues: those with most comments first, then the
    newest."""
    where: LiteralString = "i.consultation = %(consultation)s AND i.merged_into IS NULL"
    if state in _STATES:
        where += " AND " + _STATES[state]
    if proposal:
        where += " AND i.proposal = %(proposal)s"
    source = Source(
        """
        SELECT i.id, i.position, i.title, p.title AS proposal_title, i.disposition,
               i.answer_state, i.gathered,
               (SELECT count(*) FROM change c JOIN revision r ON r.id = c.revision
                 WHERE c.issues @> ARRAY[i.id] AND r.state <> 'abandoned')::int
                   AS changes
        """,
        " FROM issue i WHERE " + where,
        _MOST_FIRST,
        "i",
        "LEFT JOIN proposal p ON p.id = i.proposal",
    )
    params = {"consultation": consultation, "proposal": proposal}
    return paged(reads, ListedIssue, source, params, stretch)


@dataclass(frozen=True, slots=True)
class Gathered:
    """A comment beside an issue: in it, or one that might belong there."""

    id: UUID
    position: int
    author: UUID
    sender: str | None
    kind: str
    quote: str
    text: str
    wording: str
    is_withdrawn: bool
    unpublished: str
    """Why it was taken down, or empty."""
    secrecy: str
    """The provision that it is marked secret under, or empty."""
    is_erased: bool


_GATHERED: LiteralString = """
    SELECT c.id, c.position, c.author,
           coalesce(o.name, CASE WHEN p.public_name AND q.public_name THEN p.name END)
               AS sender, c.kind, c.quote, c.text, c.wording, c.is_withdrawn,
           c.unpublished, c.secrecy,
           EXISTS (SELECT FROM now.erased e WHERE e.thing = c.id) AS is_erased
"""


def gathered_in(
    reads: Reads, issue: UUID, sight: Sight, stretch: Stretch
) -> Found[Gathered]:
    """A page of the comments in an issue that the reader may read, the oldest first."""
    source = Source(
        _GATHERED,
        " FROM issue_comment g JOIN comment c ON c.id = g.comment"
        " WHERE g.issue = %(issue)s AND " + SEEN + " AND " + readable(reads.moment),
        by_position("c.position"),
        "c",
        COMMENT_NAMES,
    )
    return paged(reads, Gathered, source, {"issue": issue, **sight.params}, stretch)


def candidates_for(
    reads: Reads, issue: IssueRow, words: str, sight: Sight, *, limit: int
) -> list[Gathered]:
    """Comments that might belong in an issue and the reader may read, likeliest first.

    With `words`, those that hold them; else those on the same passages as comments in
    the issue, and those that share words with its title. None is in the issue already.
    """
    return reads.all(
        Gathered,
        """
        WITH asked AS (
            SELECT CASE WHEN %(words)s <> ''
                        THEN websearch_to_tsquery('swedish', %(words)s)
                        ELSE replace(plainto_tsquery('swedish', %(title)s)::text,
                                     '&', '|')::tsquery END AS query
        ), near AS (
            SELECT DISTINCT c.passage FROM issue_comment g
              JOIN comment c ON c.id = g.comment
             WHERE g.issue = %(issue)s AND c.passage IS NOT NULL
        )
        """
        + _GATHERED
        + """
          FROM comment c CROSS JOIN asked
          LEFT JOIN organisation o ON o.id = c.organisation
          LEFT JOIN person p ON p.id = c.author
          LEFT JOIN now.person q ON q.id = c.author
         WHERE c.consultation = %(consultation)s AND NOT c.is_withdrawn
           AND NOT c.is_erased AND """
        + READABLE
        + """
           AND NOT EXISTS (SELECT FROM issue_comment g
                            WHERE g.issue = %(issue)s AND g.comment = c.id)
           AND (c.words @@ asked.query
                OR %(words)s = '' AND c.passage IN (SELECT passage FROM near))
         ORDER BY EXISTS (SELECT FROM issue_comment g WHERE g.comment = c.id),
                  coalesce(c.passage IN (SELECT passage FROM near), false) DESC,
                  ts_rank(c.words, asked.query) DESC, c.position
         LIMIT %(limit)s
        """,
        {
            "words": words,
            "title": issue.title,
            "issue": issue.id,
            "consultation": issue.consultation,
            "limit": limit,
            **sight.params,
        },
    )
