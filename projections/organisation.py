"""Organisations as the register has them, in Swedish order."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.log import Entry
from domain.organisation import Organisation
from domain.text import swedish_key
from projections.reads import Reads
from projections.rows import Rows


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
