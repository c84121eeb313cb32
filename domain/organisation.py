"""An organisation: a body that can be asked, and that people can speak for."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.log import Fact, Log, Receipt, Refused
from domain.person import SECRETARIAT, Person, require_role

OrganisationKind = Literal[
    "region",
    "municipality",
    "university",
    "union",
    "professional",
    "patient",
    "agency",
    "employer",
    "council",
    "company",
    "other",
]
ORGANISATION_KINDS: tuple[OrganisationKind, ...] = get_args(OrganisationKind)

LONGEST_NAME = 300
"""Characters; an index takes no name of thousands."""


class UnknownOrganisationKind(Refused):
    """An organisation is of one of the kinds that figures are broken down by."""

    en = "“{kind}” is not a kind of organisation."
    sv = "”{kind}” är inget slag av organisation."


class OrganisationNameIsMissing(Refused):
    """An organisation is registered with its name."""

    en = "Write the organisation's name."
    sv = "Skriv organisationens namn."


class OrganisationNameIsTooLong(Refused):
    """A name fits on a line or three."""

    en = "The name is too long: at most {limit} characters."
    sv = "Namnet är för långt: högst {limit} tecken."


class Organisation(Aggregate):
    """A body with its kind and its place: county and health-care regions."""

    TOPIC = "organisation"
    Event = Fact

    class Registered(Fact, Aggregate.Created):
        """An organisation was entered."""

        TOPIC = "organisation.registered"
        name: str
        kind: str
        number: str
        county: str
        care_regions: list[str]
        reference: str

    class DetailsChanged(Fact):
        """The organisation's name, kind or place was corrected."""

        TOPIC = "organisation.details_changed"
        name: str
        kind: str
        number: str
        county: str
        care_regions: list[str]

    Created = Registered

    @classmethod
    def register(
        cls,
        *,
        id: UUID,
        name: str,
        kind: str,
        number: str = "",
        county: str = "",
        care_regions: list[str] | None = None,
        reference: str = "",
        by: UUID,
        now: datetime,
    ) -> Organisation:
        _require_sound(name, kind)
        return cls._create(
            cls.Registered,
            id=id,
            name=name.strip(),
            kind=kind,
            number=number,
            county=county,
            care_regions=care_regions or [],
            reference=reference,
            by=by,
            timestamp=now,
        )

    def change_details(
        self,
        *,
        name: str,
        kind: str,
        number: str,
        county: str,
        care_regions: list[str],
        by: UUID,
        now: datetime,
    ) -> None:
        _require_sound(name, kind)
        self.trigger_event(
            self.DetailsChanged,
            name=name.strip(),
            kind=kind,
            number=number,
            county=county,
            care_regions=care_regions,
            by=by,
            timestamp=now,
        )


def _require_sound(name: str, kind: str) -> None:
    if not name.strip():
        raise OrganisationNameIsMissing
    if len(name) > LONGEST_NAME:
        raise OrganisationNameIsTooLong(limit=LONGEST_NAME)
    if kind not in ORGANISATION_KINDS:
        raise UnknownOrganisationKind(kind=kind)


def register_organisation(
    log: Log,
    *,
    id: UUID,
    name: str,
    kind: str,
    number: str = "",
    county: str = "",
    care_regions: list[str] | None = None,
    reference: str = "",
    by: UUID,
    now: datetime,
) -> Receipt:
    """Enter an organisation in the register that all consultations share."""
    require_role(log, by, None, *SECRETARIAT)
    return log.record(
        Organisation.register(
            id=id,
            name=name,
            kind=kind,
            number=number,
            county=county,
            care_regions=care_regions,
            reference=reference,
            by=by,
            now=now,
        )
    )


def give_mandate(
    log: Log,
    *,
    person: UUID,
    organisation: UUID,
    begins: datetime,
    ends: datetime | None,
    by: UUID,
    now: datetime,
) -> Receipt:
    """Let a person speak for an organisation; the secretariat has checked it."""
    require_role(log, by, None, *SECRETARIAT)
    log.look(Organisation, organisation)
    found = log.get(Person, person)
    found.give_mandate(organisation, begins=begins, ends=ends, by=by, now=now)
    return log.record(found)


def end_mandate(
    log: Log, *, person: UUID, organisation: UUID, by: UUID, now: datetime
) -> Receipt:
    """End a mandate at once; what was said under it stands."""
    require_role(log, by, None, *SECRETARIAT)
    found = log.get(Person, person)
    found.end_mandate(organisation, by=by, now=now)
    return log.record(found)


def change_organisation(
    log: Log,
    *,
    id: UUID,
    name: str,
    kind: str,
    number: str,
    county: str,
    care_regions: list[str],
    by: UUID,
    now: datetime,
) -> Receipt:
    """Correct what the register says about an organisation."""
    require_role(log, by, None, *SECRETARIAT)
    found = log.get(Organisation, id)
    found.change_details(
        name=name,
        kind=kind,
        number=number,
        county=county,
        care_regions=care_regions,
        by=by,
        now=now,
    )
    return log.record(found)
