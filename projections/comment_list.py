"""Lists of comments, as far as the reader may see them, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from projections.comment import (
    COMMENT_TABLES,
    SEEN_COLUMNS,
    CommentRow,
    PlacementRow,
)
from projections.reads import Reads
from projections.sight import ANSWERED, OF_PROPOSAL, READABLE, SEEN, Sight, seen_in

PRIVATE = "private"
"""Stands among the kinds of organisations for who comments as a private person."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of a consultation's comments are listed; what is empty does not narrow."""

    proposal: UUID | None = None
    on_whole: bool = False
    """Only what is said on a proposal as a whole."""
    theme: str = ""
    organisation_kind: str = ""
    kind: str = ""
    words: str = ""
    """As in a search engine: words, "exact words", -not; or a comment's number."""


_NARROWING: tuple[tuple[str, LiteralString], ...] = (
    ("proposal", "c.proposal = %(proposal)s"),
    ("on_whole", "c.passage IS NULL"),
    ("theme", "%(theme)s = ANY (c.themes)"),
    ("kind", "c.kind = %(kind)s"),
    ("organisation_kind", "coalesce(o.kind, 'private') = %(organisation_kind)s"),
    (
        "words",
        "(c.words @@ websearch_to_tsquery('swedish', %(words)s) AND "
        + READABLE
        + " OR c.position::text = %(words)s)",
    ),
)


def comments_of(
    reads: Reads,
    consultation: UUID,
    sight: Sight,
    wanted: Wanted,
    offset: int,
    limit: int,
) -> tuple[list[CommentRow], int]:
    """A consultation's comments, the newest first, and how many there are in all."""
    conditions: LiteralString = " AND ".join(
        [
            "c.consultation = %(consultation)s",
            *(condition for name, condition in _NARROWING if getattr(wanted, name)),
            seen_in("%(consultation)s", reads.moment),
        ]
    )
    params = {
        "consultation": consultation,
        "proposal": wanted.proposal,
        "theme": wanted.theme,
        "organisation_kind": wanted.organisation_kind,
        "kind": wanted.kind,
        "words": wanted.words,
    }
    return _listed(reads, conditions, params, sight, offset, limit)


def comments_by(
    reads: Reads, sight: Sight, offset: int, limit: int
) -> tuple[list[CommentRow], int]:
    """What the reader, or an organisation that they speak for, has said anywhere."""
    # Not OWN: what is true also of nobody (IS NOT DISTINCT FROM) is in no index.
    authored: LiteralString = "c.author = %(person)s::uuid"
    spoken: LiteralString = "c.organisation = ANY (%(organisations)s::uuid[])"
    own: LiteralString = "(" + authored + " OR " + spoken + ")"
    return _listed(reads, own, {}, sight, offset, limit)


def comments_from(
    reads: Reads,
    organisation: UUID,
    readable: Sequence[UUID],
    worked: Sequence[UUID],
    sight: Sight,
    offset: int,
    limit: int,
) -> tuple[list[CommentRow], int]:
    """What an organisation has said in the consultations that the reader may read
    about: all of it in those that they work on, else as far as they may see."""
    said: LiteralString = (
        "c.organisation = %(organisation)s AND c.consultation = ANY (%(readable)s)"
        " AND (c.consultation = ANY (%(worked)s) OR " + SEEN + ")"
    )
    params = {
        "organisation": organisation,
        "readable": list(readable),
        "worked": list(worked),
    }
    return _listed(reads, said, params, sight, offset, limit)


def comments_on_passage(
    reads: Reads,
    proposal: UUID,
    edition: int,
    passage: UUID,
    sight: Sight,
    offset: int,
    limit: int,
) -> tuple[list[CommentRow], int]:
    """The comments that stand on a passage of an edition, the oldest first."""
    on: LiteralString = """
        c.id IN (SELECT s.comment FROM placement s
                  WHERE s.proposal = %(proposal)s AND s.edition = %(edition)s
                    AND s.passage = %(passage)s)
        AND c.proposal = %(proposal)s AND
    """
    params = {"proposal": proposal, "edition": edition, "passage": passage}
    condition = on + seen_in(OF_PROPOSAL, reads.moment)
    return _listed(reads, condition, params, sight, offset, limit, order="c.position")


def _listed(
    reads: Reads,
    condition: LiteralString,
    params: dict[str, Any],
    sight: Sight,
    offset: int,
    limit: int,
    order: LiteralString = "c.position DESC",
) -> tuple[list[CommentRow], int]:
    """A page of the comments that meet a condition, and how many do in all."""
    params = {**params, **sight.params, "offset": offset, "limit": limit}
    among = " FROM " + COMMENT_TABLES + " WHERE " + condition
    page: LiteralString = " OFFSET %(offset)s LIMIT %(limit)s"
    rows = reads.all(
        CommentRow,
        "SELECT " + SEEN_COLUMNS + among + " ORDER BY " + order + page,
        params,
    )
    if len(rows) < limit and (rows or not offset):
        return rows, offset + len(rows)
    return rows, int(reads.value("SELECT count(*)" + among, params))


def placements_in(
    reads: Reads, comments: Sequence[UUID], edition: int
) -> dict[UUID, PlacementRow]:
    """Where comments stand in one edition, by comment."""
    return {
        comment: PlacementRow(*place)
        for comment, *place in reads.tuples(
            "SELECT comment, edition, passage, start_at, end_at, state, certain"
            " FROM placement WHERE comment = ANY (%s) AND edition = %s",
            (list(comments), edition),
        )
    }


def passage_counts(
    reads: Reads, proposal: UUID, edition: int, sight: Sight
) -> dict[UUID | None, int]:
    """How many comments stand on each passage of an edition; None: on the whole."""
    return dict(
        reads.tuples(
            """
            SELECT s.passage, count(*)
              FROM placement s JOIN comment c ON c.id = s.comment
             WHERE s.proposal = %(proposal)s AND s.edition = %(edition)s
               AND c.proposal = %(proposal)s AND NOT c.is_withdrawn AND
            """
            + seen_in(OF_PROPOSAL, reads.moment)
            + " GROUP BY s.passage",
            {"proposal": proposal, "edition": edition, **sight.params},
        )
    )


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """What became of a comment in one issue that it is gathered in.

    The disposition is the published one, or for those who see all the one that stands.
    """

    comment: UUID
    issue: UUID
    number: int
    title: str
    disposition: str
    answer_state: str
    is_published: bool


def outcomes_of(
    reads: Reads, comments: Sequence[UUID], sight: Sight
) -> dict[UUID, list[OutcomeRow]]:
    """The issues that comments are gathered in, by comment: the published ones only,
    unless the reader sees all."""
    found: dict[UUID, list[OutcomeRow]] = {comment: [] for comment in comments}
    for row in reads.all(
        OutcomeRow,
        """
        SELECT g.comment, i.id AS issue, i.position AS number, i.title,
               CASE WHEN %(sees_all)s::boolean THEN i.disposition
                    ELSE i.published_disposition END AS disposition,
               i.answer_state,
        """
        + ANSWERED
        + """ AS is_published
          FROM issue_comment g JOIN issue i ON i.id = g.issue
         WHERE g.comment = ANY (%(comments)s) AND (%(sees_all)s::boolean OR
        """
        + ANSWERED
        + """)
         ORDER BY i.position
        """,
        {"comments": list(comments), **sight.params},
    ):
        found[row.comment].append(row)
    return found
