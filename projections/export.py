"""Whole tables for others to work on: comments, what became of them, and the log.

Rows are read as they are written, so that the longest log takes no more memory than
the shortest. What is told of a person is what the public is told. What is taken down,
or marked secret, is there with a mark and without its words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any, Final, LiteralString
from uuid import UUID

from projections.proposal import passages_of
from projections.reads import Reads

Row = tuple[Any, ...]

COMMENTS: Final = (
    "number",
    "uuid",
    "reference",
    "date",
    "amended",
    "proposal",
    "version",
    "passage",
    "quote",
    "kind",
    "text",
    "wording",
    "organisation",
    "organisation kind",
    "name",
    "public name",
    "themes",
    "officer",
    "review",
    "withheld because",
    "withdrawn",
    "unpublished because",
    "secret under",
    "erased",
    "issues",
    "anchor",
    "passage now",
)
"""The columns of a table of comments; an import reads many of them again."""

_OPEN: LiteralString = "(c.unpublished = '' AND c.secrecy = '')"
"""Whether the words of the comment `c` go out."""

_QUOTE: LiteralString = "CASE WHEN " + _OPEN + " THEN c.quote ELSE '' END"
_TEXT: LiteralString = "CASE WHEN " + _OPEN + " THEN c.text ELSE '' END"
_WORDING: LiteralString = "CASE WHEN " + _OPEN + " THEN c.wording ELSE '' END"

_COMMENTS: LiteralString = (
    """
    SELECT c.position, c.id, c.reference, c.submitted_at, c.amended_at, p.title,
           c.edition, c.passage, """
    + _QUOTE
    + ", c.kind, "
    + _TEXT
    + ", "
    + _WORDING
    + """, o.name, o.kind,
           CASE WHEN a.public_name THEN a.name END, coalesce(a.public_name, false),
           c.themes, f.name, c.review, c.withheld, c.is_withdrawn,
           c.unpublished, c.secrecy, c.is_erased,
           ARRAY(SELECT i.title FROM issue_comment g JOIN issue i ON i.id = g.issue
                  WHERE g.comment = c.id ORDER BY i.position),
           s.state, s.edition, s.passage, c.proposal
      FROM comment c
      JOIN proposal p ON p.id = c.proposal
      LEFT JOIN organisation o ON o.id = c.organisation
      LEFT JOIN person a ON a.id = c.author
      LEFT JOIN person f ON f.id = c.officer
      LEFT JOIN LATERAL (SELECT * FROM placement s WHERE s.comment = c.id
                          ORDER BY s.edition DESC LIMIT 1) s ON true
     WHERE c.consultation = %s
     ORDER BY c.position
    """
)


def comments(reads: Reads, consultation: UUID) -> Iterator[Row]:
    """Every comment of a consultation, in the order of their numbers."""
    label = _Labels(reads)
    for row in reads.stream(_COMMENTS, (consultation,)):
        *said, state, edition, passage, proposal = row
        said[7] = label(proposal, said[6], said[7])
        yield (*said, state, label(proposal, edition, passage))


TRACE: Final = (
    "number",
    "sender",
    "proposal",
    "version",
    "passage",
    "quote",
    "text",
    "wording",
    "kind",
    "themes",
    "withdrawn",
    "issue",
    "disposition",
    "reason",
    "answer",
    "answer state",
    "revision",
    "made version",
    "change",
    "changed passage",
    "change reason",
    "anchor",
    "passage now",
    "mark",
    "link",
)
"""The columns of the trace: a row for each comment, issue of it, and change made.

`mark` is erased, unpublished, secret, or empty.
"""

_TRACE: LiteralString = (
    """
    WITH RECURSIVE line AS (
        SELECT id AS asked, id, merged_into FROM issue WHERE consultation = %(in)s
         UNION ALL
        SELECT l.asked, i.id, i.merged_into
          FROM line l JOIN issue i ON i.id = l.merged_into
    ), made AS (
        SELECT l.id AS issue, r.proposal, r.title, r.edition, h.op, h.passage, h.reason,
               h.ord, h.id
          FROM revision r
          JOIN change h ON h.revision = r.id
         CROSS JOIN LATERAL unnest(h.issues) AS named (issue)
          JOIN line l ON l.asked = named.issue AND l.merged_into IS NULL
         WHERE r.consultation = %(in)s AND r.state = 'adopted'
    )
    SELECT c.position, coalesce(o.name, CASE WHEN a.public_name THEN a.name END),
           p.title, c.edition, c.passage, """
    + _QUOTE
    + ", "
    + _TEXT
    + ", "
    + _WORDING
    + """, c.kind, c.themes,
           c.is_withdrawn, i.title, i.disposition, i.reason, i.answer, i.answer_state,
           m.title, m.edition, m.op, m.passage, m.reason, s.state, s.edition, s.passage,
           CASE WHEN c.is_erased THEN 'erased' WHEN c.unpublished <> ''
                THEN 'unpublished' WHEN c.secrecy <> '' THEN 'secret' ELSE '' END,
           c.id, c.proposal
      FROM comment c
      JOIN proposal p ON p.id = c.proposal
      LEFT JOIN organisation o ON o.id = c.organisation
      LEFT JOIN person a ON a.id = c.author
      LEFT JOIN issue_comment g ON g.comment = c.id
      LEFT JOIN issue i ON i.id = g.issue
      LEFT JOIN made m ON m.issue = g.issue AND m.proposal = c.proposal
      LEFT JOIN LATERAL (SELECT * FROM placement s WHERE s.comment = c.id
                          ORDER BY s.edition DESC LIMIT 1) s ON true
     WHERE c.consultation = %(in)s
     ORDER BY c.position, i.position, m.edition, m.ord, m.id
    """
)


def trace(reads: Reads, consultation: UUID, link: str) -> Iterator[Row]:
    """What became of every comment; `link` is a page's address with {id} in it."""
    label = _Labels(reads)
    for row in reads.stream(_TRACE, {"in": consultation}):
        *said, state, edition, passage, mark, id, proposal = row
        said[4] = label(proposal, said[3], said[4])
        # A deleted passage has its place in the edition before.
        gone = said[18] == "delete"
        said[19] = label(proposal, said[17] and said[17] - gone, said[19])
        now = label(proposal, edition, passage)
        yield (*said, state, now, mark, link.format(id=id))


LOG: Final = (
    "position",
    "happened",
    "recorded",
    "topic",
    "thing",
    "version",
    "by",
    "consultation",
    "event",
)

_LOG: LiteralString = """
    SELECT e.valid_from, e.at, l.recorded_at, e.topic, e.thing, e.version, e.actor,
           e.consultation, l.state
      FROM entry e JOIN log.entry l ON l.position = e.valid_from
     WHERE %(in)s::uuid IS NULL OR e.consultation = %(in)s
     ORDER BY e.valid_from
"""


def log(reads: Reads, consultation: UUID | None) -> Iterator[Row]:
    """Every entry of a consultation, or of all (None), each with its whole event."""
    for *entry, state in reads.stream(_LOG, {"in": consultation}):
        yield (*entry, json.loads(bytes(state)))


class _Labels:
    """The printed reference of a passage in an edition: 2.1:3, or None."""

    def __init__(self, reads: Reads) -> None:
        self._text = lru_cache(maxsize=50)(partial(passages_of, reads))

    def __call__(
        self, proposal: UUID, edition: int | None, passage: UUID | None
    ) -> str | None:
        if edition is None or passage is None:
            return None
        return self._text(proposal, edition).label(passage) or None
