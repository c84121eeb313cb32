"""What became of one comment: its issues, the words that they changed, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from domain.text import Kind, Mark, Passage
from projections.comment import CommentRow
from projections.reads import Reads
from projections.sight import ANSWERED, COUNTED, SEEN, Sight


@dataclass(frozen=True, slots=True)
class FateRow:
    """An issue that a comment is gathered in, as far as the reader may know it.

    Disposition and answer are the published ones, or for those who see all those that
    stand.
    """

    issue: UUID
    number: int
    title: str
    disposition: str
    reason: str
    """Why the disposition became so: for those who see all."""
    answer: str
    answer_state: str
    published_at: datetime | None
    gathered: int
    """How many comments the issue has gathered; to others than those who see all less
    those withdrawn or taken down."""
    unpublished: str
    """Why the answer was taken down, or empty: for those who see all."""


def fates_of(reads: Reads, comment: UUID, sight: Sight) -> list[FateRow]:
    """The issues that a comment is gathered in: published ones, or to insiders all."""
    return reads.all(
        FateRow,
        """
        SELECT i.id AS issue, i.position AS number, i.title,
               CASE WHEN %(sees_all)s::boolean THEN i.disposition
                    ELSE i.published_disposition END AS disposition,
               CASE WHEN %(sees_all)s::boolean THEN i.reason ELSE '' END AS reason,
               CASE WHEN %(sees_all)s::boolean THEN i.answer
                    ELSE i.published_answer END AS answer,
               i.answer_state, i.published_at,
               (SELECT count(*) FROM issue_comment a JOIN comment c ON c.id = a.comment
                 WHERE a.issue = i.id AND (%(sees_all)s::boolean OR
        """
        + COUNTED
        + """))::int AS gathered,
               CASE WHEN %(sees_all)s::boolean THEN i.unpublished ELSE '' END
                   AS unpublished
          FROM issue_comment g JOIN issue i ON i.id = g.issue
         WHERE g.comment = %(comment)s AND (%(sees_all)s::boolean OR
        """
        + ANSWERED
        + """)
         ORDER BY i.position
        """,
        {"comment": comment, **sight.params},
    )


@dataclass(frozen=True, slots=True)
class ChangedRow:
    """A change to a passage that was made for an issue.

    `before` and `after` are the passage in the edition that the revision changed and
    in what it made of it; None where there was no such passage.
    """

    issue: UUID
    passage: UUID
    op: str
    reason: str
    before: Passage | None
    after: Passage | None
    revision: UUID
    title: str
    """Of the revision."""
    base: int
    edition: int | None
    """The edition it made; None while the revision is not adopted."""
    adopted_at: datetime | None


_CHANGED: LiteralString = """
    WITH RECURSIVE line AS (
        SELECT id AS issue, id FROM issue WHERE id = ANY (%(issues)s)
         UNION
        SELECT l.issue, i.id FROM line l JOIN issue i ON i.merged_into = l.id
    )
    SELECT DISTINCT ON (r.edition, r.started_at, ch.ord, ch.id, l.issue)
           l.issue, ch.passage, ch.op, ch.reason, r.id AS revision, r.title, r.base,
           r.edition, r.adopted_at, b.kind, b.level, b.text, b.marks,
           ch.kind, ch.level, ch.text, ch.marks
      FROM line l
      JOIN change ch ON ch.issues @> ARRAY[l.id]
      JOIN revision r ON r.id = ch.revision
      LEFT JOIN passage b ON b.proposal = r.proposal AND b.id = ch.passage
                         AND b.since <= r.base AND (b.until IS NULL OR b.until > r.base)
     WHERE r.proposal = %(proposal)s AND r.state <> 'abandoned'
       AND (%(sees_all)s::boolean
            OR r.edition <= (SELECT published FROM proposal WHERE id = r.proposal))
     ORDER BY r.edition, r.started_at, ch.ord, ch.id, l.issue
"""


def changes_for(
    reads: Reads, proposal: UUID, issues: Sequence[UUID], sight: Sight
) -> list[ChangedRow]:
    """What was changed in a proposal for issues, also for those merged into them.

    Changes that the public reads; to insiders also those not published or adopted yet.
    """
    if not issues:
        return []
    params = {"proposal": proposal, "issues": list(issues), **sight.params}
    found = []
    for row in reads.tuples(_CHANGED, params):
        issue, passage, op, reason = row[:4]
        before = _passage(passage, *row[9:13])
        after = before if op == "move" else _passage(passage, *row[13:])
        found.append(ChangedRow(issue, passage, op, reason, before, after, *row[4:9]))
    return found


def _passage(
    id: UUID, kind: Kind | None, level: int, text: str, marks: list[list[Any]]
) -> Passage | None:
    if kind is None:
        return None
    return Passage(id, kind, level, text, tuple(Mark(*mark) for mark in marks))


@dataclass(frozen=True, slots=True)
class TurnRow:
    """Something that happened to a comment, or to the text that it stands on."""

    position: int
    at: datetime
    topic: str
    thing: UUID
    title: str
    """Of the issue, where it is one."""
    edition: int | None
    """The version, where one was published."""
    state: str | None
    """And where the comment stands in it."""


_TURNS: LiteralString = """
    WITH turn AS (
        SELECT valid_from FROM entry
         WHERE thing = %(comment)s AND topic = ANY (%(topics)s)
         UNION
        SELECT valid_from FROM entry
         WHERE thing = ANY (%(issues)s) AND topic = 'issue.answer_published'
         UNION
        SELECT valid_from FROM issue_comment
         WHERE comment = %(comment)s AND issue = ANY (%(issues)s)
         UNION
        SELECT valid_from FROM entry
         WHERE thing = %(proposal)s AND topic = 'proposal.published'
           AND (detail ->> 'edition')::int > %(made_on)s
    )
    SELECT e.valid_from AS position, e.at, e.topic, e.thing,
           coalesce(i.title, '') AS title,
           (e.detail ->> 'edition')::int AS edition, s.state
      FROM turn JOIN entry e ON e.valid_from = turn.valid_from
      LEFT JOIN issue i ON i.id = e.thing
      LEFT JOIN placement s ON s.comment = %(comment)s
                           AND e.topic = 'proposal.published'
                           AND s.edition = (e.detail ->> 'edition')::int
     ORDER BY e.valid_from
"""
# Joined, not "OR": with it every entry of the log was read.

PUBLIC_TURNS = (
    "comment.submitted",
    "comment.amended",
    "comment.withdrawn",
    "comment.unpublished",
    "comment.republished",
    "comment.erased",
)
ALL_TURNS = (
    *PUBLIC_TURNS,
    "comment.cleared",
    "comment.withheld",
    "comment.coded",
    "comment.assigned",
    "comment.anchor_confirmed",
    "comment.marked_secret",
    "comment.secrecy_reassessed",
    "comment.hold_placed",
    "comment.hold_lifted",
)


def turns_of(
    reads: Reads, comment: CommentRow, issues: Sequence[UUID], sight: Sight
) -> list[TurnRow]:
    """What happened to a comment, from its submission to the newest answer.

    `issues` are those that the reader may know of.
    """
    return reads.all(
        TurnRow,
        _TURNS,
        {
            "comment": comment.id,
            "proposal": comment.proposal,
            "made_on": comment.edition,
            "issues": list(issues),
            "topics": list(ALL_TURNS if sight.sees_all else PUBLIC_TURNS),
        },
    )


def neighbours_of(
    reads: Reads, comment: CommentRow, sight: Sight
) -> tuple[tuple[UUID, int] | None, tuple[UUID, int] | None]:
    """The comments before and after in the consultation: id and number, or None."""
    params: dict[str, Any] = {
        "consultation": comment.consultation,
        "position": comment.position,
        **sight.params,
    }
    among: LiteralString = (
        "SELECT c.id, c.position FROM comment c"
        " WHERE c.consultation = %(consultation)s AND " + SEEN + " AND c.position "
    )
    before = reads.tuples(
        among + "< %(position)s ORDER BY c.position DESC LIMIT 1", params
    )
    after = reads.tuples(among + "> %(position)s ORDER BY c.position LIMIT 1", params)
    return (
        (before[0][0], before[0][1]) if before else None,
        (after[0][0], after[0][1]) if after else None,
    )
