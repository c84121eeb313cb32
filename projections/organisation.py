"""Organisations as the register has them, in Swedish order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from domain.log import Entry
from domain.organisation import Organisation
from domain.text import swedish_key
from projections.consultation_list import REACHED, Reach
from projections.paged import Found, Order, Source, Stretch, paged
from projections.reads import Reads
from projections.rows import Rows
from projections.sight import COUNTED


def project(entry: Entry, rows: Rows) -> None:
    """Keep the register in step with one event."""
    match entry.event:
        case Organisation.Registered() as event:
            rows.insert(
                "organisation",
                id=event.originator_id,
                name=event.name,
                sort_key=swedish_key(event.name),
                kind=event.kind,
                number=event.number,
                county=event.county,
                care_regions=event.care_regions,
                reference=event.reference,
            )
        case Organisation.DetailsChanged() as event:
            rows.change(
                "organisation",
                event.originator_id,
                name=event.name,
                sort_key=swedish_key(event.name),
                kind=event.kind,
                number=event.number,
                county=event.county,
                care_regions=event.care_regions,
            )


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    id: UUID
    name: str
    kind: str
    number: str
    county: str
    care_regions: list[str]


def organisations(reads: Reads) -> list[OrganisationRow]:
    """The whole register, in Swedish order."""
    return reads.all(
        OrganisationRow,
        "SELECT id, name, kind, number, county, care_regions FROM organisation"
        " ORDER BY sort_key, id",
    )


def organisation_by_id(reads: Reads, id: UUID) -> OrganisationRow | None:
    """One organisation, or None."""
    return reads.one(
        OrganisationRow,
        "SELECT id, name, kind, number, county, care_regions FROM organisation"
        " WHERE id = %s",
        (id,),
    )


@dataclass(frozen=True, slots=True)
class Sought:
    """Which organisations are looked for; what is empty does not narrow."""

    words: str = ""
    """Part of the name, or the organisation number."""
    kind: str = ""
    county: str = ""
    care_region: str = ""

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the condition that `narrowing` makes."""
        return {
            "words": self.words.lower(),
            "kind": self.kind,
            "county": self.county,
            "care_region": self.care_region,
        }


_NARROWING: tuple[tuple[str, LiteralString], ...] = (
    (
        "words",
        "(strpos(lower(o.name), %(words)s) > 0"
        " OR replace(o.number, '-', '') = replace(%(words)s, '-', ''))",
    ),
    ("kind", "o.kind = %(kind)s"),
    ("county", "o.county = %(county)s"),
    ("care_region", "%(care_region)s = ANY (o.care_regions)"),
)


def narrowing(sought: Sought) -> LiteralString:
    """The condition on an organisation `o` that keeps those sought."""
    conditions: list[LiteralString] = [
        condition for name, condition in _NARROWING if getattr(sought, name)
    ]
    return " AND ".join(conditions) or "true"


def swedish_order(*columns: LiteralString) -> Order:
    """That of organisations, by the columns that have their sort keys and ids."""
    return Order(columns, lambda row: (swedish_key(row.name), row.id))


def organisations_like(
    reads: Reads, sought: Sought, stretch: Stretch
) -> Found[OrganisationRow]:
    """A page of the register in Swedish order."""
    source = Source(
        "SELECT o.id, o.name, o.kind, o.number, o.county, o.care_regions",
        " FROM organisation o WHERE " + narrowing(sought),
        swedish_order("o.sort_key", "o.id"),
    )
    return paged(reads, OrganisationRow, source, sought.params, stretch)


@dataclass(frozen=True, slots=True)
class MandateRow:
    """Who may speak for an organisation, and between which moments."""

    person: UUID
    name: str
    email: str
    begins: datetime
    ends: datetime | None

    @property
    def last_moment(self) -> datetime | None:
        """The last moment at which it holds; None: until further notice."""
        return self.ends and self.ends - timedelta.resolution


def mandates_for(reads: Reads, organisation: UUID) -> list[MandateRow]:
    """The mandates that are not ended, also those to come or run out, by name."""
    return reads.all(
        MandateRow,
        "SELECT p.id AS person, p.name, p.email, m.begins, m.ends"
        " FROM mandate m JOIN person p ON p.id = m.person"
        " WHERE m.organisation = %s ORDER BY p.sort_key, p.id",
        (organisation,),
    )


@dataclass(frozen=True, slots=True)
class PartRow:
    """An organisation's part in one consultation."""

    consultation: UUID
    title: str
    title_en: str
    is_asked: bool
    comments: int


def parts_of(
    reads: Reads, organisation: UUID, reach: Reach, *, limit: int
) -> list[PartRow]:
    """The consultations that an organisation is asked in or has commented on, as far as
    the reader may read about them; the last deadline first."""
    return reads.all(
        PartRow,
        """
        SELECT k.id AS consultation, k.title, k.title_en,
               e.organisation IS NOT NULL AS is_asked,
               coalesce(n.comments, 0) AS comments
          FROM consultation k
          LEFT JOIN consultee e ON e.consultation = k.id
                               AND e.organisation = %(organisation)s
          LEFT JOIN (SELECT c.consultation, count(*)::int AS comments FROM comment c
                      WHERE c.organisation = %(organisation)s AND
        """
        + COUNTED
        + """
                      GROUP BY c.consultation) AS n ON n.consultation = k.id
         WHERE (e.organisation IS NOT NULL OR n.comments > 0) AND
        """
        + REACHED
        + " ORDER BY k.closes_at DESC, k.id LIMIT %(limit)s",
        {"organisation": organisation, "limit": limit, **reach.params},
    )
