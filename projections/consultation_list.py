"""Lists of consultations: those that are to end, and page by page those that have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from projections.consultation import ConsultationRow
from projections.paged import MOST_COUNTED, Found, Order, Source, Stretch, paged
from projections.reads import Reads
from projections.sight import counted_at


@dataclass(frozen=True, slots=True)
class Reach:
    """Which consultations somebody may read about, or (`at_work`) works on.

    They work on those where they have a role: everywhere, or in some places. What is
    only planned is for those who work on it; an internal round is also for the
    organisations that are asked. Everybody may read about the others.
    """

    everywhere: bool = False
    places: tuple[UUID, ...] = ()
    organisations: tuple[UUID, ...] = ()
    at_work: bool = False

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of REACHED, for a query that has it."""
        return {
            "everywhere": self.everywhere,
            "places": list(self.places),
            "speaks_for": list(self.organisations),
            "at_work": self.at_work,
        }


WORKED_ON: LiteralString = """
    (%(everywhere)s::boolean OR k.id = ANY (%(places)s::uuid[]))
"""
"""Whether somebody works on the consultation `k`."""

REACHED: LiteralString = (
    "("
    + WORKED_ON
    + """
     OR NOT %(at_work)s::boolean AND k.status <> 'planned'
        AND (k.access <> 'internal'
             OR EXISTS (SELECT FROM consultee e
                         WHERE e.consultation = k.id
                           AND e.organisation = ANY (%(speaks_for)s::uuid[]))))
"""
)
"""Whether the consultation `k` is within somebody's Reach."""

_SELECT: LiteralString = """
    SELECT k.id, k.title, k.title_en, k.summary, k.summary_en, k.diary_number,
           k.assignment, k.access, k.display, k.status, k.closes_at, k.opened_at,
           k.edition
"""
_LAST_DEADLINE_FIRST = Order(
    ("k.closes_at", "k.id"), lambda row: (row.closes_at, row.id), descending=True
)
_TO_COME: LiteralString = (
    "k.closes_at > %(at)s::timestamptz AND k.status IN ('planned', 'open')"
)


def coming(
    reads: Reads, reach: Reach, at: datetime, *, limit: int | None = None
) -> list[ConsultationRow]:
    """Those whose deadline is ahead, the nearest first: the open, then the planned.

    They are few, however many there have been.
    """
    return reads.all(
        ConsultationRow,
        _SELECT
        + " FROM consultation k WHERE "
        + _TO_COME
        + " AND "
        + REACHED
        + " ORDER BY k.status = 'planned', k.closes_at, k.id LIMIT %(limit)s",
        {"at": at, "limit": limit, **reach.params},
    )


def past(
    reads: Reads,
    reach: Reach,
    at: datetime,
    stretch: Stretch,
    *,
    concluded: bool | None = None,
) -> Found[ConsultationRow]:
    """A page of all the others, the last deadline first; perhaps only those that are
    concluded, or that are not yet."""
    condition: LiteralString = " FROM consultation k WHERE NOT (" + _TO_COME + ") AND "
    if concluded is not None:
        condition += "k.status " + ("=" if concluded else "<>") + " 'concluded' AND "
    source = Source(_SELECT, condition + REACHED, _LAST_DEADLINE_FIRST)
    params = {"at": at, **reach.params}
    return paged(reads, ConsultationRow, source, params, stretch, counted=False)


def latest(reads: Reads, reach: Reach, limit: int) -> list[ConsultationRow]:
    """So many with the last deadlines, ahead or behind."""
    return reads.all(
        ConsultationRow,
        _SELECT
        + " FROM consultation k WHERE "
        + REACHED
        + " ORDER BY k.closes_at DESC, k.id DESC LIMIT %(limit)s",
        {"limit": limit, **reach.params},
    )


@dataclass(frozen=True, slots=True)
class TallyRow:
    """How much a consultation has in it."""

    consultation: UUID
    proposals: int
    """Published and not withdrawn."""
    comments: int
    """Submitted and neither withdrawn nor taken down, also those not shown yet. They
    are counted no further than to one above MOST_COUNTED."""

    @property
    def counted(self) -> int:
        """The comments, or the most that are counted."""
        return min(self.comments, MOST_COUNTED)

    @property
    def is_longer(self) -> bool:
        """Whether there are more comments than are counted."""
        return self.comments > MOST_COUNTED


def tallies(reads: Reads, consultations: list[UUID]) -> dict[UUID, TallyRow]:
    """How many proposals and comments some consultations have."""
    found = reads.all(
        TallyRow,
        """
        SELECT k.id AS consultation,
               (SELECT count(*) FROM proposal p
                 WHERE p.consultation = k.id AND p.published > 0
                   AND NOT p.is_withdrawn)::int AS proposals,
               (SELECT count(*) FROM (
                    SELECT FROM comment c WHERE c.consultation = k.id AND
        """
        + counted_at(reads.moment)
        + """ LIMIT %(most)s) AS counted)::int AS comments
          FROM consultation k WHERE k.id = ANY (%(consultations)s)
        """,
        {"consultations": consultations, "most": MOST_COUNTED + 1},
    )
    return {row.consultation: row for row in found}
