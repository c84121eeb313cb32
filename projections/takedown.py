"""What was public and has been taken down: that it was, when, and by which decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from projections.reads import Reads
from projections.sight import Sight


@dataclass(frozen=True, slots=True)
class TakedownRow:
    """Something that the public no longer sees, though it stays."""

    number: int
    reason: str
    decision_ref: str
    at: datetime


_COMMENT: LiteralString = """
    SELECT c.position AS number, c.unpublished AS reason,
           c.unpublished_ref AS decision_ref,
           (SELECT max(e.at) FROM now.entry e
             WHERE e.thing = c.id AND e.topic = 'comment.unpublished') AS at
      FROM now.comment c JOIN now.consultation k ON k.id = c.consultation
     WHERE c.id = %(thing)s AND c.consultation = %(consultation)s
       AND c.unpublished <> ''
       AND c.review <> 'withheld'
       AND CASE k.display
           WHEN 'after_review' THEN c.review = 'cleared'
           WHEN 'after_close' THEN k.status IN ('closed', 'concluded')
                                OR k.closes_at <= %(at)s
           ELSE true END
"""
_ANSWER: LiteralString = """
    SELECT i.position AS number, i.unpublished AS reason,
           i.unpublished_ref AS decision_ref,
           (SELECT max(e.at) FROM now.entry e
             WHERE e.thing = i.id AND e.topic = 'issue.unpublished') AS at
      FROM now.issue i
     WHERE i.id = %(thing)s AND i.consultation = %(consultation)s
       AND i.unpublished <> '' AND i.published_at IS NOT NULL
"""


def comment_taken_down(
    reads: Reads, comment: UUID, consultation: UUID, sight: Sight
) -> TakedownRow | None:
    """The taking down of a comment that the public would see without it, or None.

    Whatever day is looked at, it is told as of now.
    """
    params = {"thing": comment, "consultation": consultation, **sight.params}
    return reads.one(TakedownRow, _COMMENT, params)


def answer_taken_down(
    reads: Reads, issue: UUID, consultation: UUID
) -> TakedownRow | None:
    """The taking down of an issue's published answer, or None."""
    params = {"thing": issue, "consultation": consultation}
    return reads.one(TakedownRow, _ANSWER, params)
