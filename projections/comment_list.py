"""Lists of comments, as far as the reader may see them, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from projections.comment import (
    COMMENT_NAMES,
    CommentRow,
    PlacementRow,
    seen_columns,
    submitted_by,
)
from projections.consultation_list import REACHED, WORKED_ON, Reach
from projections.paged import Found, Order, Source, Stretch, by_position, paged
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
    (
        "organisation_kind",
        "CASE WHEN %(organisation_kind)s = 'private' THEN c.organisation IS NULL"
        " ELSE EXISTS (SELECT FROM organisation o WHERE o.id = c.organisation"
        " AND o.kind = %(organisation_kind)s) END",
    ),
    (
        "words",
        "(c.words @@ websearch_to_tsquery('swedish', %(words)s) AND "
        + READABLE
        + " OR c.position::text = %(words)s)",
    ),
)


_NEWEST_FIRST = by_position("c.position", descending=True)


def comments_of(
    reads: Reads,
    consultation: UUID,
    sight: Sight,
    wanted: Wanted,
    stretch: Stretch,
) -> Found[CommentRow]:
    """A consultation's comments, the newest first."""
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
    return _listed(reads, conditions, params, sight, stretch)


def comments_by(reads: Reads, sight: Sight, stretch: Stretch) -> Found[CommentRow]:
    """What the reader, or an organisation that they speak for, has said anywhere."""
    # Not OWN: what is true also of nobody (IS NOT DISTINCT FROM) is in no index.
    authored: LiteralString = "c.author = %(person)s::uuid"
    spoken: LiteralString = "c.organisation = ANY (%(organisations)s::uuid[])"
    own: LiteralString = "(" + authored + " OR " + spoken + ")"
    return _listed(reads, own, {}, sight, stretch)


def comments_from(
    reads: Reads, organisation: UUID, reach: Reach, sight: Sight, stretch: Stretch
) -> Found[CommentRow]:
    """What an organisation has said in the consultations that the reader may read
    about: all of it in those that they work on, else as far as they may see."""
    said: LiteralString = (
        """
        EXISTS (SELECT FROM consultation k
                 WHERE k.id = c.consultation AND """
        + REACHED
        + " AND ("
        + WORKED_ON
        + " OR "
        + SEEN
        + ")) AND c.organisation = %(organisation)s"
    )
    params = {"organisation": organisation, **reach.params}
    return _listed(reads, said, params, sight, stretch)


def comments_on_passage(
    reads: Reads,
    proposal: UUID,
    edition: int,
    passage: UUID,
    sight: Sight,
    stretch: Stretch,
) -> Found[CommentRow]:
    """The comments that stand on a passage of an edition, the oldest first."""
    return _paged(
        reads,
        """
          FROM placement s JOIN comment c ON c.id = s.comment
         WHERE s.proposal = %(proposal)s AND s.edition = %(edition)s
           AND s.passage = %(passage)s AND c.proposal = %(proposal)s AND
        """
        + submitted_by(reads.moment, "s.position")
        + " AND "
        + seen_in(OF_PROPOSAL, reads.moment),
        {
            "proposal": proposal,
            "edition": edition,
            "passage": passage,
            **sight.params,
        },
        by_position("s.position"),
        stretch,
    )


def _listed(
    reads: Reads,
    condition: LiteralString,
    params: dict[str, Any],
    sight: Sight,
    stretch: Stretch,
) -> Found[CommentRow]:
    """A page of the comments that meet a condition, the newest first."""
    return _paged(
        reads,
        " FROM comment c WHERE "
        + submitted_by(reads.moment, "c.position")
        + " AND "
        + condition,
        {**params, **sight.params},
        _NEWEST_FIRST,
        stretch,
    )


def _paged(
    reads: Reads,
    tables: LiteralString,
    params: dict[str, Any],
    order: Order,
    stretch: Stretch,
) -> Found[CommentRow]:
    select: LiteralString = "SELECT " + seen_columns(reads.moment)
    source = Source(select, tables, order, "c", COMMENT_NAMES)
    return paged(reads, CommentRow, source, params, stretch)


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
