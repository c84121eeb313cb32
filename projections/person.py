"""People: who signs in, their roles, and the organisations they may speak for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.log import Entry
from domain.person import Person
from domain.text import swedish_key
from ledger.sealing import ERASED
from projections.reads import Reads
from projections.rows import Rows

EVERYWHERE = UUID(int=0)
"""Stands for all consultations in the table of roles."""


def project(entry: Entry, rows: Rows) -> None:
    """Keep people, roles and mandates in step with one event."""
    match entry.event:
        case Person.Registered() as event:
            rows.insert(
                "person",
                id=event.originator_id,
                name=event.name,
                sort_key=swedish_key(event.name),
                email=event.email,
                public_name=event.public_name,
            )
        case Person.Renamed() as event:
            rows.change(
                "person",
                event.originator_id,
                name=event.name,
                sort_key=swedish_key(event.name),
                public_name=event.public_name,
            )
        case Person.MandateGiven() as event:
            key = event.originator_id, event.organisation
            if rows.find("mandate", *key):
                rows.close("mandate", *key)
            rows.insert(
                "mandate",
                person=event.originator_id,
                organisation=event.organisation,
                begins=event.begins,
                ends=event.ends,
            )
        case Person.MandateEnded() as event:
            rows.close("mandate", event.originator_id, event.organisation)
        case Person.RoleGranted() as event:
            rows.insert(
                "role",
                person=event.originator_id,
                consultation=event.consultation or EVERYWHERE,
                role=event.role,
            )
        case Person.RoleRevoked() as event:
            rows.close(
                "role",
                event.originator_id,
                event.consultation or EVERYWHERE,
                event.role,
            )
        case Person.Erased() as event:
            _erase(event.originator_id, rows)


def _erase(person: UUID, rows: Rows) -> None:
    """Nothing tells who it was any more, on whatever day, and no right is left."""
    rows.scrub(
        "person", person, name=ERASED, sort_key=swedish_key(ERASED), email=ERASED
    )
    for row in rows.where("mandate", person=person):
        rows.close("mandate", person, row["organisation"])
    for row in rows.where("role", person=person):
        rows.close("role", person, row["consultation"], row["role"])


@dataclass(frozen=True, slots=True)
class PersonRow:
    id: UUID
    name: str
    email: str
    public_name: bool


def person_by_email(reads: Reads, email: str) -> PersonRow | None:
    """Who signs in with an address, or None; what was erased is nobody's address."""
    if email.strip() == ERASED:
        return None
    return reads.one(
        PersonRow,
        "SELECT id, name, email, public_name FROM person"
        " WHERE lower(email) = lower(%s) ORDER BY valid_from LIMIT 1",
        (email.strip(),),
    )


def person_by_id(reads: Reads, id: UUID) -> PersonRow | None:
    """One person, or None."""
    return reads.one(
        PersonRow,
        "SELECT id, name, email, public_name FROM person WHERE id = %s",
        (id,),
    )


@dataclass(frozen=True, slots=True)
class RoleRow:
    """A role that somebody has in a consultation."""

    person: UUID
    name: str
    email: str
    role: str
    is_everywhere: bool
    """Held in all consultations, not in this one only."""


def roles_in(reads: Reads, consultation: UUID) -> list[RoleRow]:
    """Who has which role in a consultation, in Swedish order of names."""
    return reads.all(
        RoleRow,
        """
        SELECT p.id AS person, p.name, p.email, r.role,
               r.consultation = %(everywhere)s AS is_everywhere
          FROM role r JOIN person p ON p.id = r.person
         WHERE r.consultation IN (%(consultation)s, %(everywhere)s)
         ORDER BY p.sort_key, p.id, is_everywhere DESC, r.role
        """,
        {"consultation": consultation, "everywhere": EVERYWHERE},
    )


@dataclass(frozen=True, slots=True)
class OwnRoleRow:
    """One of a person's roles; no consultation means that it holds in all."""

    role: str
    consultation: UUID | None
    title: str | None
    title_en: str | None


def roles_of(reads: Reads, person: UUID) -> list[OwnRoleRow]:
    """A person's roles, those that hold everywhere first."""
    return reads.all(
        OwnRoleRow,
        """
        SELECT r.role, c.id AS consultation, c.title, c.title_en
          FROM role r LEFT JOIN consultation c ON c.id = r.consultation
         WHERE r.person = %s ORDER BY c.id IS NOT NULL, c.title, r.role
        """,
        (person,),
    )


@dataclass(frozen=True, slots=True)
class OwnMandateRow:
    """An organisation that a person may speak for, and between which moments."""

    organisation: UUID
    name: str
    begins: datetime
    ends: datetime | None

    @property
    def last_moment(self) -> datetime | None:
        """The last moment at which it holds; None: until further notice."""
        return self.ends and self.ends - timedelta.resolution


def mandates_of(reads: Reads, person: UUID) -> list[OwnMandateRow]:
    """A person's mandates that are not ended, also those to come or run out."""
    return reads.all(
        OwnMandateRow,
        "SELECT o.id AS organisation, o.name, m.begins, m.ends"
        " FROM mandate m JOIN organisation o ON o.id = m.organisation"
        " WHERE m.person = %s ORDER BY o.sort_key, o.id",
        (person,),
    )
