"""Why a text reads as it does: from its words to changes, issues and comments."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from domain.text import Mark, Passage
from projections.comment import COMMENT_TABLES, CommentRow, seen_columns
from projections.reads import Reads
from projections.sight import ANSWERED, READABLE, SEEN, Sight


@dataclass(frozen=True, slots=True)
class WordingRow:
    """What a passage said in the editions from `since` to before `until`.

    `until` is None for the newest edition; `position` is that of the entry in the log
    that brought the words.
    """

    passage: Passage
    since: int
    until: int | None
    position: int

    def stands_in(self, edition: int) -> bool:
        """Whether the passage reads so in an edition."""
        return self.since <= edition and (self.until is None or edition < self.until)


def wordings_of(reads: Reads, proposal: UUID, passage: UUID) -> list[WordingRow]:
    """Everything that a passage has said, the first wording first."""
    return [
        WordingRow(
            Passage(passage, kind, level, text, tuple(Mark(*mark) for mark in marks)),
            since,
            until,
            position,
        )
        for kind, level, text, marks, since, until, position in reads.tuples(
            "SELECT kind, level, text, marks, since, until, valid_from FROM passage"
            " WHERE proposal = %s AND id = %s ORDER BY since",
            (proposal, passage),
        )
    ]


@dataclass(frozen=True, slots=True)
class TracedChange:
    """A change that an adopted revision made, with its reason and issues."""

    passage: UUID
    op: str
    reason: str
    issues: list[UUID]
    revision: UUID
    title: str
    """Of the revision."""
    edition: int
    """That the revision made."""
    adopted_at: datetime


def changes_between(
    reads: Reads, proposal: UUID, old: int, new: int, passage: UUID | None = None
) -> list[TracedChange]:
    """The changes that led from one edition to a later one, in the order made.

    With `passage`, only those made to that passage.
    """
    return reads.all(
        TracedChange,
        """
        SELECT c.passage, c.op, c.reason, c.issues, r.id AS revision, r.title,
               r.edition, r.adopted_at
          FROM revision r JOIN change c ON c.revision = r.id
         WHERE r.proposal = %(proposal)s AND r.state = 'adopted'
           AND r.edition > %(old)s AND r.edition <= %(new)s
           AND (%(passage)s::uuid IS NULL OR c.passage = %(passage)s)
         ORDER BY r.edition, c.ord, c.id
        """,
        {"proposal": proposal, "old": old, "new": new, "passage": passage},
    )


@dataclass(frozen=True, slots=True)
class TracedIssue:
    """An issue behind a change: its outcome as the reader may know it."""

    asked: UUID
    """The issue that the change names; `id` is another one if that was merged."""
    id: UUID
    number: int
    title: str
    disposition: str
    answer: str
    is_published: bool
    comments: int
    """How many comments it has gathered that the reader may know of."""


def issues_behind(
    reads: Reads, issues: Collection[UUID], sight: Sight
) -> dict[UUID, TracedIssue]:
    """Issues by the id that a change names them with; a merged one as what it became.

    Disposition and answer are the published ones, or for those who see all those that
    stand.
    """
    found = reads.all(
        TracedIssue,
        """
        WITH RECURSIVE line AS (
            SELECT id AS asked, id, merged_into FROM issue WHERE id = ANY (%(issues)s)
             UNION ALL
            SELECT l.asked, i.id, i.merged_into
              FROM line l JOIN issue i ON i.id = l.merged_into
        )
        SELECT l.asked, i.id, i.position AS number, i.title,
               CASE WHEN %(sees_all)s::boolean THEN i.disposition
                    WHEN i.is_public THEN i.published_disposition
                    ELSE '' END AS disposition,
               CASE WHEN %(sees_all)s::boolean THEN i.answer
                    WHEN i.is_public THEN i.published_answer ELSE '' END AS answer,
               i.is_public AS is_published,
               (SELECT count(*) FROM issue_comment g JOIN comment c ON c.id = g.comment
                 WHERE g.issue = i.id AND
        """
        + SEEN
        + """)::int AS comments
          FROM line l JOIN (SELECT i.*,
        """
        + ANSWERED
        + """ AS is_public FROM issue i) AS i ON i.id = l.id
         WHERE l.merged_into IS NULL
         ORDER BY i.position
        """,
        {"issues": list(issues), **sight.params},
    )
    return {issue.asked: issue for issue in found}


def comments_behind(
    reads: Reads,
    issues: Collection[UUID],
    sight: Sight,
    *,
    passage: UUID | None = None,
    most: int = 3,
) -> dict[UUID, list[CommentRow]]:
    """At most a few of the comments in each issue, those on a passage first."""
    chosen: dict[UUID, list[UUID]] = {issue: [] for issue in issues}
    for issue, comment in reads.tuples(
        """
        SELECT wanted.issue, few.id
          FROM unnest(%(issues)s::uuid[]) AS wanted (issue)
         CROSS JOIN LATERAL (
               SELECT c.id, c.passage, c.position
                 FROM issue_comment g JOIN comment c ON c.id = g.comment
                WHERE g.issue = wanted.issue AND NOT c.is_withdrawn
                  AND NOT c.is_erased AND
        """
        + SEEN
        + " AND "
        + READABLE
        + """
                ORDER BY c.passage IS DISTINCT FROM %(passage)s::uuid, c.position
                LIMIT %(most)s) AS few
         ORDER BY few.passage IS DISTINCT FROM %(passage)s::uuid, few.position
        """,
        {"issues": list(issues), "passage": passage, "most": most, **sight.params},
    ):
        chosen[issue].append(comment)
    rows = _comments(reads, {id for ids in chosen.values() for id in ids}, sight)
    return {issue: [rows[id] for id in ids] for issue, ids in chosen.items()}


def _comments(
    reads: Reads, ids: Collection[UUID], sight: Sight
) -> dict[UUID, CommentRow]:
    found = reads.all(
        CommentRow,
        "SELECT "
        + seen_columns(reads.moment)
        + " FROM "
        + COMMENT_TABLES
        + " WHERE c.id = ANY (%(ids)s)",
        {"ids": list(ids), **sight.params},
    )
    return {row.id: row for row in found}


def news_in(
    reads: Reads, proposal: UUID, edition: int, passages: Collection[UUID]
) -> dict[UUID, tuple[int, bool]]:
    """Which passages of an edition do not read as in the first draft.

    By passage: the edition that its words came in with, and whether it stood in the
    text before that.
    """
    return {
        passage: (since, stood_before)
        for passage, since, stood_before in reads.tuples(
            """
            SELECT p.id, p.since,
                   EXISTS (SELECT FROM passage b
                            WHERE b.proposal = p.proposal AND b.id = p.id
                              AND b.since < p.since)
              FROM passage p
             WHERE p.proposal = %(proposal)s AND p.id = ANY (%(passages)s)
               AND p.since > 1 AND p.since <= %(edition)s
               AND (p.until IS NULL OR p.until > %(edition)s)
            """,
            {"proposal": proposal, "edition": edition, "passages": list(passages)},
        )
    }


ROUNDS = 20
"""The newest consultations, among which a comment to follow is looked for."""


@dataclass(frozen=True, slots=True)
class FollowedRow:
    """A comment that can be followed all the way to the words it changed."""

    consultation: UUID
    proposal: UUID
    proposal_title: str
    comment: UUID
    issue: UUID
    passage: UUID
    edition: int
    """The published edition in which its words first stood."""
    published: int
    """The edition that is valid now: the passage may read otherwise in it."""


_FOLLOWED: LiteralString = (
    """
    SELECT found.* FROM (
        SELECT id, closes_at FROM consultation
         WHERE status <> 'planned' AND access <> 'internal'
         ORDER BY closes_at DESC, id LIMIT %(rounds)s
    ) AS late CROSS JOIN LATERAL (
        SELECT late.id AS consultation, p.id AS proposal, p.title AS proposal_title,
               c.id AS comment, i.id AS issue, ch.passage, r.edition, p.published
          FROM proposal p
          JOIN revision r ON r.proposal = p.id AND r.state = 'adopted'
                         AND r.edition <= p.published
          JOIN change ch ON ch.revision = r.id AND ch.op = 'replace'
         CROSS JOIN LATERAL unnest(ch.issues) AS named (issue)
          JOIN issue i ON i.id = named.issue
          JOIN issue_comment g ON g.issue = i.id
          JOIN comment c ON c.id = g.comment AND c.passage = ch.passage
         WHERE p.consultation = late.id AND NOT p.is_withdrawn
           AND i.published_disposition IN ('accepted', 'accepted_in_part')
           AND c.edition < r.edition AND NOT c.is_withdrawn AND NOT c.is_erased AND
    """
    + ANSWERED
    + " AND "
    + SEEN
    + " AND "
    + READABLE
    + """
         ORDER BY c.quote = '', c.organisation IS NULL, i.published_disposition,
                  abs(length(c.text) - 250), c.position
         LIMIT 1
    ) AS found
     ORDER BY late.closes_at DESC, late.id LIMIT 1
    """
)


def comment_to_follow(reads: Reads, at: datetime) -> FollowedRow | None:
    """The comment that shows best what becomes of one: public, answered, heeded.

    Of the newest consultation that has one, of the last few; rather with quoted words,
    rather an organisation's, rather neither long nor short.
    """
    params: dict[str, Any] = {**Sight(at).params, "rounds": ROUNDS}
    return reads.one(FollowedRow, _FOLLOWED, params)
