"""What is left before publishing: everything that a reader would find lacking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from projections.paged import Found, Order, Source, Stretch, paged
from projections.reads import Reads

FIRST_ROWS = 5
"""Rows of each gap that a page shows; a link leads to all."""


@dataclass(frozen=True, slots=True)
class GapRow:
    """One thing that lacks something.

    `thing` is the comment or the issue; for a change it is the changed passage and
    `number` is None. `revision` is that of a change.
    """

    thing: UUID
    number: int | None
    words: str
    sender: str | None
    proposal: UUID | None
    revision: UUID | None
    total: int
    """How many there are in all."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What is lacking in one respect: how many there are, and the first of them."""

    kind: str
    total: int
    rows: list[GapRow]


_COMMENT: LiteralString = """
    SELECT c.id AS thing, c.position AS number, left(c.text, 200) AS words,
           coalesce(o.name, CASE WHEN p.public_name AND q.public_name THEN p.name END)
               AS sender,
           c.proposal, NULL::uuid AS revision, count(*) OVER ()::int AS total
      FROM comment c LEFT JOIN organisation o ON o.id = c.organisation
                     LEFT JOIN person p ON p.id = c.author
                     LEFT JOIN now.person q ON q.id = c.author
     WHERE c.consultation = %(consultation)s AND NOT c.is_withdrawn
       AND NOT c.is_erased
       AND (%(proposal)s::uuid IS NULL OR c.proposal = %(proposal)s) AND
"""
_ISSUE: LiteralString = """
    SELECT i.id AS thing, i.position AS number, i.title AS words, NULL AS sender,
           i.proposal, NULL::uuid AS revision, count(*) OVER ()::int AS total
      FROM issue i
     WHERE i.consultation = %(consultation)s AND i.merged_into IS NULL
       AND (%(proposal)s::uuid IS NULL OR i.proposal = %(proposal)s
            OR EXISTS (SELECT FROM issue_comment g JOIN comment c ON c.id = g.comment
                        WHERE g.issue = i.id AND c.proposal = %(proposal)s)) AND
"""
_ORDER: LiteralString = " ORDER BY 2 LIMIT %(limit)s"

QUERIES: dict[str, LiteralString] = {
    "undecided": _COMMENT
    + """
       NOT EXISTS (SELECT FROM issue_comment g JOIN issue i ON i.id = g.issue
                    WHERE g.comment = c.id AND i.disposition <> '')
    """
    + _ORDER,
    "unanswered": _ISSUE + " i.answer_state = 'none'" + _ORDER,
    "unapproved": _ISSUE + " i.answer_state = 'drafted'" + _ORDER,
    "unpublished": _ISSUE + " i.answer_state = 'approved'" + _ORDER,
    "sourceless": """
    SELECT d.passage AS thing, NULL::bigint AS number,
           coalesce(nullif(left(d.text, 200), ''), left(p.text, 200), '') AS words,
           NULL AS sender, r.proposal, r.id AS revision, count(*) OVER ()::int AS total
      FROM revision r
      JOIN proposal l ON l.id = r.proposal
      JOIN change d ON d.revision = r.id
      LEFT JOIN passage p ON p.proposal = r.proposal AND p.id = d.passage
                         AND p.since <= r.base
                         AND (p.until IS NULL OR p.until > r.base)
     WHERE r.consultation = %(consultation)s
       AND (%(proposal)s::uuid IS NULL OR r.proposal = %(proposal)s)
       AND (r.state IN ('started', 'reviewed')
            OR r.state = 'adopted' AND r.edition > l.published)
       AND d.reason = '' AND d.issues = '{}'
     ORDER BY r.started_at, d.ord LIMIT %(limit)s
    """,
    "unchanged": """
    WITH RECURSIVE line AS (
        SELECT id AS asked, id, merged_into FROM issue
         WHERE consultation = %(consultation)s
         UNION ALL
        SELECT l.asked, i.id, i.merged_into
          FROM line l JOIN issue i ON i.id = l.merged_into
    ), mended AS (
        SELECT DISTINCT l.id
          FROM revision r JOIN change d ON d.revision = r.id
         CROSS JOIN LATERAL unnest(d.issues) AS named (issue)
          JOIN line l ON l.asked = named.issue AND l.merged_into IS NULL
         WHERE r.consultation = %(consultation)s AND r.state <> 'abandoned'
    )
    """
    + _ISSUE
    + """
       i.disposition IN ('accepted', 'accepted_in_part')
       AND i.id NOT IN (SELECT id FROM mended)
    """
    + _ORDER,
    "unplaced": _COMMENT
    + """
       NOT EXISTS (SELECT FROM placement s JOIN proposal l ON l.id = s.proposal
                    WHERE s.comment = c.id AND s.edition = l.edition)
    """
    + _ORDER,
    "uncertain": _COMMENT
    + """
       EXISTS (SELECT FROM placement s JOIN proposal l ON l.id = s.proposal
                WHERE s.comment = c.id AND s.edition = l.edition AND NOT s.certain)
    """
    + _ORDER,
}
"""What can be lacking, in the order in which the work is done."""


def gaps(
    reads: Reads,
    consultation: UUID,
    proposal: UUID | None = None,
    *,
    limit: int = FIRST_ROWS,
) -> list[Gap]:
    """Everything that is left to do before publishing, in one proposal or in all.

    What is in order is there with a total of 0.
    """
    params: dict[str, Any] = {
        "consultation": consultation,
        "proposal": proposal,
        "limit": limit,
    }
    found = []
    for kind, query in QUERIES.items():
        rows = reads.all(GapRow, query, params)
        found.append(Gap(kind, rows[0].total if rows else 0, rows))
    return found


def approved_issues(reads: Reads, consultation: UUID) -> list[UUID]:
    """The issues whose answers are approved and not published yet."""
    return [
        id
        for (id,) in reads.tuples(
            "SELECT id FROM issue WHERE consultation = %s AND merged_into IS NULL"
            " AND answer_state = 'approved' ORDER BY position",
            (consultation,),
        )
    ]


@dataclass(frozen=True, slots=True)
class UncertainRow:
    """Where a comment is suggested to stand in an edition."""

    comment: UUID
    number: int
    passage: UUID | None
    start_at: int
    end_at: int
    state: str


def uncertain_in(
    reads: Reads, proposal: UUID, edition: int, stretch: Stretch
) -> Found[UncertainRow]:
    """A page of the comments whose place in an edition is to be confirmed."""
    source = Source(
        "SELECT s.comment, s.position AS number, s.passage, s.start_at, s.end_at,"
        " s.state",
        " FROM placement s JOIN comment c ON c.id = s.comment AND NOT c.is_withdrawn"
        " WHERE s.proposal = %(proposal)s AND s.edition = %(edition)s"
        " AND NOT s.certain",
        Order(("s.position",), lambda row: (row.number,)),
    )
    params = {"proposal": proposal, "edition": edition}
    return paged(reads, UncertainRow, source, params, stretch)
