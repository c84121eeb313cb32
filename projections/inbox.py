"""The secretariat's inbox: a consultation's comments, narrowed to what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, LiteralString, get_args
from uuid import UUID

from projections.comment import COMMENT_NAMES, submitted_by
from projections.paged import Found, Source, Stretch, by_position, paged
from projections.reads import Reads

Waiting = Literal[
    "uncoded",
    "unassigned",
    "ungathered",
    "undecided",
    "unreviewed",
    "withheld",
    "withdrawn",
    "settled",
]
WAITING: tuple[Waiting, ...] = get_args(Waiting)

_DECIDED: LiteralString = """
    EXISTS (SELECT FROM issue_comment g JOIN issue i ON i.id = g.issue
             WHERE g.comment = c.id AND i.disposition <> '')
"""
_STANDING: LiteralString = "NOT c.is_withdrawn AND NOT c.is_erased"
"""What waits for something: a comment that still says something."""
_CONDITIONS: dict[str, LiteralString] = {
    "uncoded": "c.themes = '{}' AND " + _STANDING,
    "unassigned": "c.officer IS NULL AND " + _STANDING,
    "ungathered": _STANDING
    + " AND NOT EXISTS (SELECT FROM issue_comment g WHERE g.comment = c.id)",
    "undecided": _STANDING + " AND NOT " + _DECIDED,
    "unreviewed": "c.review = 'waiting' AND " + _STANDING,
    "withheld": "c.review = 'withheld'",
    "withdrawn": "c.is_withdrawn",
    "settled": _DECIDED,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """How the inbox is narrowed; what is None or empty does not narrow."""

    waiting: str = ""
    theme: str = ""
    kind: str = ""
    organisation_kind: str = ""
    proposal: UUID | None = None
    passage: UUID | None = None
    officer: UUID | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A comment as the inbox lists it, with the issues that it is gathered in."""

    id: UUID
    position: int
    proposal: UUID
    proposal_title: str
    passage: UUID | None
    quote: str
    kind: str
    text: str
    wording: str
    sender: str | None
    organisation_kind: str | None
    submitted_at: datetime
    is_withdrawn: bool
    review: str
    unpublished: str
    """Why it was taken down, or empty."""
    secrecy: str
    """The provision that it is marked secret under, or empty."""
    is_erased: bool
    officer_name: str | None
    themes: list[str]
    issues: list[UUID]
    issue_titles: list[str]


_SELECT: LiteralString = """
    SELECT c.id, c.position, c.proposal, r.title AS proposal_title, c.passage,
           c.quote, c.kind, c.text, c.wording,
           coalesce(o.name, CASE WHEN p.public_name AND q.public_name
                                 THEN p.name END) AS sender,
           o.kind AS organisation_kind, c.submitted_at, c.is_withdrawn, c.review,
           c.unpublished, c.secrecy, c.is_erased, f.name AS officer_name, c.themes,
           ARRAY(SELECT i.id FROM issue_comment g JOIN issue i ON i.id = g.issue
                  WHERE g.comment = c.id ORDER BY i.position) AS issues,
           ARRAY(SELECT i.title FROM issue_comment g JOIN issue i ON i.id = g.issue
                  WHERE g.comment = c.id ORDER BY i.position) AS issue_titles
"""
_BESIDE: LiteralString = (
    COMMENT_NAMES
    + " JOIN proposal r ON r.id = c.proposal"
    + " LEFT JOIN person f ON f.id = c.officer"
)


def inbox(
    reads: Reads, consultation: UUID, asked: Asked, stretch: Stretch
) -> Found[InboxRow]:
    """A page of a consultation's comments, the oldest first."""
    where, params = _where(consultation, asked)
    order = by_position("c.position")
    here = submitted_by(reads.moment, "c.position") + " AND " + where
    source = Source(_SELECT, " FROM comment c WHERE " + here, order, "c", _BESIDE)
    return paged(reads, InboxRow, source, params, stretch)


def _where(consultation: UUID, asked: Asked) -> tuple[LiteralString, dict[str, object]]:
    conditions: list[LiteralString] = ["c.consultation = %(consultation)s"]
    if asked.waiting in _CONDITIONS:
        conditions.append(_CONDITIONS[asked.waiting])
    if asked.theme:
        conditions.append("c.themes @> ARRAY[%(theme)s]")
    if asked.kind:
        conditions.append("c.kind = %(kind)s")
    if asked.organisation_kind == "private":
        conditions.append("c.organisation IS NULL")
    elif asked.organisation_kind:
        conditions.append(
            "EXISTS (SELECT FROM organisation o WHERE o.id = c.organisation"
            " AND o.kind = %(organisation_kind)s)"
        )
    if asked.proposal:
        conditions.append("c.proposal = %(proposal)s")
    if asked.passage:
        conditions.append(
            "EXISTS (SELECT FROM placement s JOIN proposal e ON e.id = s.proposal"
            " WHERE s.comment = c.id AND s.edition = e.edition"
            " AND s.passage = %(passage)s)"
        )
    if asked.officer:
        conditions.append("c.officer = %(officer)s")
    if asked.words:
        conditions.append("c.words @@ websearch_to_tsquery('swedish', %(words)s)")
    return " AND ".join(conditions), {
        "consultation": consultation,
        "theme": asked.theme,
        "kind": asked.kind,
        "organisation_kind": asked.organisation_kind,
        "proposal": asked.proposal,
        "passage": asked.passage,
        "officer": asked.officer,
        "words": asked.words,
    }


def officers_of(reads: Reads, consultation: UUID) -> list[tuple[UUID, str]]:
    """Who can be given comments to work on: the secretariat there, in Swedish order."""
    return [
        (id, name)
        for id, name in reads.tuples(
            """
            SELECT p.id, p.name FROM person p
             WHERE EXISTS (SELECT FROM role r WHERE r.person = p.id
                              AND r.role IN ('officer', 'editor', 'chair')
                              AND r.consultation IN (%s, %s))
             ORDER BY p.sort_key, p.id
            """,
            (consultation, UUID(int=0)),
        )
    ]


@dataclass(frozen=True, slots=True)
class Figures:
    """What waits in one consultation, each counted from its rows."""

    comments: int
    uncoded: int
    unassigned: int
    mine: int
    unreviewed: int
    undecided: int
    issues: int
    issues_undecided: int
    issues_unanswered: int
    to_approve: int
    to_publish: int
    revisions: int
    uncertain: int


def figures(reads: Reads, consultation: UUID, person: UUID | None) -> Figures:
    """What waits in a consultation, and of that, what waits for one person."""
    found = reads.one(
        Figures,
        """
        WITH comments AS (
            SELECT count(*) AS comments,
                   count(*) FILTER (WHERE themes = '{}') AS uncoded,
                   count(*) FILTER (WHERE officer IS NULL) AS unassigned,
                   count(*) FILTER (WHERE officer = %(person)s AND NOT decided) AS mine,
                   count(*) FILTER (WHERE review = 'waiting') AS unreviewed,
                   count(*) FILTER (WHERE NOT decided) AS undecided
              FROM (SELECT c.themes, c.officer, c.review, """
        + _DECIDED
        + """ AS decided
                      FROM comment c
                     WHERE c.consultation = %(consultation)s AND """
        + _STANDING
        + """) AS standing
        ), issues AS (
            SELECT count(*) AS issues,
                   count(*) FILTER (WHERE disposition = '') AS issues_undecided,
                   count(*) FILTER (WHERE disposition <> '' AND answer_state = 'none')
                       AS issues_unanswered,
                   count(*) FILTER (WHERE answer_state = 'drafted') AS to_approve,
                   count(*) FILTER (WHERE answer_state = 'approved') AS to_publish
              FROM issue
             WHERE consultation = %(consultation)s AND merged_into IS NULL
        )
        SELECT comments.*, issues.*,
               (SELECT count(*) FROM revision
                 WHERE consultation = %(consultation)s
                   AND state IN ('started', 'reviewed')) AS revisions,
               (SELECT count(*) FROM placement s
                  JOIN proposal p ON p.id = s.proposal AND p.edition = s.edition
                 WHERE p.consultation = %(consultation)s
                   AND NOT s.certain) AS uncertain
          FROM comments CROSS JOIN issues
        """,
        {"consultation": consultation, "person": person},
    )
    return found or Figures(*[0] * 13)
