"""Who is formally asked in a consultation, who has answered, and who is silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from projections.organisation import Sought, narrowing, swedish_order
from projections.paged import Found, Source, Stretch, paged
from projections.reads import Reads

_STANDING: dict[str, LiteralString] = {
    "asked": "is_asked",
    "answered": "is_asked AND comments > 0",
    "silent": "is_asked AND comments = 0",
    "unasked": "NOT is_asked",
    "volunteered": "NOT is_asked AND comments > 0",
}
STANDINGS: tuple[str, ...] = tuple(_STANDING)
"""Asked and answered or silent; not asked, or answered without being asked."""

_ASKED: LiteralString = """
    SELECT o.id, o.name, o.sort_key, o.kind, o.county, o.care_regions,
           e.organisation IS NOT NULL AS is_asked,
           coalesce(n.comments, 0) AS comments
      FROM organisation o
      LEFT JOIN consultee e ON e.organisation = o.id
                           AND e.consultation = %(consultation)s
      LEFT JOIN (SELECT c.organisation, count(*)::int AS comments FROM comment c
                  WHERE c.consultation = %(consultation)s AND NOT c.is_withdrawn
                    AND c.organisation IS NOT NULL
                  GROUP BY c.organisation) AS n ON n.organisation = o.id
"""


@dataclass(frozen=True, slots=True)
class AskedRow:
    """An organisation of the register, and how it stands in a consultation."""

    id: UUID
    name: str
    kind: str
    county: str
    care_regions: list[str]
    is_asked: bool
    comments: int
    """Submitted for it and not withdrawn."""


def _among(sought: Sought, standing: str) -> LiteralString:
    return (
        " FROM ("
        + _ASKED
        + " WHERE "
        + narrowing(sought)
        + ") AS found WHERE "
        + _STANDING.get(standing, "true")
    )


def asked(
    reads: Reads, consultation: UUID, sought: Sought, standing: str, stretch: Stretch
) -> Found[AskedRow]:
    """A page of organisations in Swedish order, with how each stands."""
    source = Source(
        "SELECT id, name, kind, county, care_regions, is_asked, comments",
        _among(sought, standing),
        swedish_order("sort_key", "id"),
    )
    params = {"consultation": consultation, **sought.params}
    return paged(reads, AskedRow, source, params, stretch)


def unasked(reads: Reads, consultation: UUID, sought: Sought, standing: str) -> int:
    """How many organisations among those sought are not asked yet."""
    return int(
        reads.value(
            "SELECT count(*) FROM (SELECT *"
            + _among(sought, standing)
            + ") AS these WHERE NOT is_asked",
            {"consultation": consultation, **sought.params},
        )
    )


def not_asked(
    reads: Reads, consultation: UUID, sought: Sought, standing: str
) -> list[UUID]:
    """Every organisation among those sought that is not asked yet."""
    rows = reads.tuples(
        "SELECT id FROM (SELECT *"
        + _among(sought, standing)
        + ") AS these WHERE NOT is_asked ORDER BY sort_key, id",
        {"consultation": consultation, **sought.params},
    )
    return [id for (id,) in rows]


def commented(
    reads: Reads, consultation: UUID, organisations: Sequence[UUID]
) -> set[UUID]:
    """Those that have submitted a comment in the consultation, also if withdrawn."""
    rows = reads.tuples(
        "SELECT DISTINCT organisation FROM comment"
        " WHERE consultation = %s AND organisation = ANY(%s)",
        (consultation, list(organisations)),
    )
    return {organisation for (organisation,) in rows}


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """How far those of one kind, or in one health-care region, have answered."""

    group: str
    asked: int
    answered: int
    volunteered: int
    """Answered without being asked."""
    comments: int

    @property
    def silent(self) -> int:
        """Asked, and nothing heard yet."""
        return self.asked - self.answered

    @property
    def share(self) -> float:
        """The share of those asked that has answered."""
        return self.answered / self.asked if self.asked else 0.0


_COUNTS: LiteralString = """
    count(*) FILTER (WHERE is_asked)::int AS asked,
    count(*) FILTER (WHERE is_asked AND comments > 0)::int AS answered,
    count(*) FILTER (WHERE NOT is_asked AND comments > 0)::int AS volunteered,
    coalesce(sum(comments), 0)::int AS comments
"""


def coverage_by_kind(reads: Reads, consultation: UUID) -> list[CoverageRow]:
    """Coverage of each kind of organisation that is asked or has answered."""
    return reads.all(
        CoverageRow,
        "SELECT kind AS group, "
        + _COUNTS
        + " FROM ("
        + _ASKED
        + ") AS a WHERE is_asked OR comments > 0"
        " GROUP BY kind ORDER BY asked DESC, kind",
        {"consultation": consultation},
    )


def coverage_by_care_region(reads: Reads, consultation: UUID) -> dict[str, CoverageRow]:
    """Coverage of each health-care region; an organisation in two counts in both.

    The empty name stands for organisations that belong to none.
    """
    rows = reads.all(
        CoverageRow,
        "SELECT region AS group, "
        + _COUNTS
        + " FROM ("
        + _ASKED
        + """) AS a
         CROSS JOIN LATERAL unnest(CASE WHEN a.care_regions = '{}' THEN ARRAY['']
                                        ELSE a.care_regions END) AS region
         WHERE is_asked OR comments > 0 GROUP BY region
        """,
        {"consultation": consultation},
    )
    return {row.group: row for row in rows}


def coverage(reads: Reads, consultation: UUID) -> CoverageRow:
    """Coverage of all organisations taken together, each counted once."""
    found = reads.one(
        CoverageRow,
        "SELECT '' AS group, " + _COUNTS + " FROM (" + _ASKED + ") AS a",
        {"consultation": consultation},
    )
    return found or CoverageRow("", 0, 0, 0, 0)
