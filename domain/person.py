"""A person: who they are, which roles they have, and whom they may speak for."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.hold import Holdable
from domain.log import SYSTEM, Fact, Log, NotAllowed, Receipt, Refused

Role = Literal["officer", "editor", "chair", "auditor", "reader"]
ROLES: tuple[Role, ...] = get_args(Role)

SECRETARIAT: tuple[Role, ...] = ("officer", "editor", "chair")
"""Work on comments, issues and answers."""
EDITORS: tuple[Role, ...] = ("editor", "chair")
"""Write and adopt revisions."""
DECIDERS: tuple[Role, ...] = ("chair",)
"""Approve answers and publish."""

LONGEST_EMAIL = 254
"""Characters (RFC 5321, erratum 1690); people are looked up by address."""


class UnknownRole(Refused):
    """A role is one of the five that the system knows."""

    en = "“{role}” is not a role."
    sv = "”{role}” är ingen roll."


class AlreadyHasRole(Refused):
    """A role is granted once."""

    en = "This person already has that role."
    sv = "Personen har redan den rollen."


class HasNotRole(Refused):
    """Only a role that is held can be revoked."""

    en = "This person does not have that role."
    sv = "Personen har inte den rollen."


class EmailIsTooLong(Refused):
    """No mail reaches a longer address."""

    en = "The e-mail address is too long: at most {limit} characters."
    sv = "E-postadressen är för lång: högst {limit} tecken."


class NoMandate(Refused):
    """Only a person with a mandate speaks for an organisation."""

    en = "You have no mandate to speak for that organisation today."
    sv = "Du har inget mandat att yttra dig för den organisationen i dag."


class MandateEndsBeforeItBegins(Refused):
    """A mandate ends after its first day."""

    en = "The mandate ends before it begins. Choose a later last day."
    sv = "Mandatet slutar innan det börjar. Välj en senare sista dag."


class NameIsMissing(Refused):
    """A person is registered with a name."""

    en = "Write a name."
    sv = "Skriv ett namn."


class PersonIsErased(Refused):
    """A person whose data is erased never comes back under the same id."""

    en = "This person's data has been erased, so nothing more can be done with it."
    sv = "Personens uppgifter är raderade, så inget mer kan göras med dem."


class Person(Holdable):
    """Somebody who signs in. What they may do is decided here, not by a page."""

    TOPIC = "person"
    Event = Fact

    class Registered(Fact, Aggregate.Created):
        """A person signed in for the first time, or was entered by the secretariat."""

        TOPIC = "person.registered"
        SEALED = ("name", "email")
        name: str
        email: str
        public_name: bool

    class Renamed(Fact):
        """The person changed the name, or whether it may be shown."""

        TOPIC = "person.renamed"
        SEALED = ("name",)
        name: str
        public_name: bool

    class MandateGiven(Fact):
        """The person may speak for an organisation from one instant to another."""

        TOPIC = "person.mandate_given"
        organisation: UUID
        begins: datetime
        ends: datetime | None

        def apply(self, aggregate: Person) -> None:
            aggregate.mandates[self.organisation] = (self.begins, self.ends)

    class MandateEnded(Fact):
        """The person no longer speaks for an organisation."""

        TOPIC = "person.mandate_ended"
        organisation: UUID

        def apply(self, aggregate: Person) -> None:
            aggregate.mandates.pop(self.organisation, None)

    class RoleGranted(Fact):
        """The person got a role in one consultation, or in all of them (None)."""

        TOPIC = "person.role_granted"
        role: str
        consultation: UUID | None

        def apply(self, aggregate: Person) -> None:
            aggregate.roles.add((self.consultation, self.role))

    class RoleRevoked(Fact):
        """The person lost a role."""

        TOPIC = "person.role_revoked"
        role: str
        consultation: UUID | None

        def apply(self, aggregate: Person) -> None:
            aggregate.roles.discard((self.consultation, self.role))

    class HoldPlaced(Holdable.HoldPlaced):
        """The person's data may not be erased, for a reason."""

        TOPIC = "person.hold_placed"

    class HoldLifted(Holdable.HoldLifted):
        """The hold on the person's data was lifted."""

        TOPIC = "person.hold_lifted"

    class Erased(Fact):
        """Who the person was can no longer be read; mandates and roles ended."""

        TOPIC = "person.erased"
        erasure: UUID

        def apply(self, aggregate: Person) -> None:
            aggregate.is_erased = True
            aggregate.roles.clear()
            aggregate.mandates.clear()

    Created = Registered

    def __init__(self) -> None:
        self.is_erased = False
        self.roles: set[tuple[UUID | None, str]] = set()
        self.mandates: dict[UUID, tuple[datetime, datetime | None]] = {}

    def has_role(self, consultation: UUID | None, *roles: Role) -> bool:
        """Whether the person has one of the roles there, or everywhere."""
        return any(
            (place, role) in self.roles
            for role in roles
            for place in (consultation, None)
        )

    def may_speak_for(self, organisation: UUID, now: datetime) -> bool:
        """Whether a mandate for the organisation is in force."""
        if (mandate := self.mandates.get(organisation)) is None:
            return False
        begins, ends = mandate
        return begins <= now and (ends is None or now < ends)

    @classmethod
    def register(
        cls,
        *,
        id: UUID,
        name: str,
        email: str,
        public_name: bool,
        by: UUID,
        now: datetime,
    ) -> Person:
        if not name.strip():
            raise NameIsMissing
        if len(email.strip()) > LONGEST_EMAIL:
            raise EmailIsTooLong(limit=LONGEST_EMAIL)
        return cls._create(
            cls.Registered,
            id=id,
            name=name.strip(),
            email=email.strip(),
            public_name=public_name,
            by=by,
            timestamp=now,
        )

    def rename(self, name: str, *, public_name: bool, by: UUID, now: datetime) -> None:
        self.require_not_erased()
        if not name.strip():
            raise NameIsMissing
        self.trigger_event(
            self.Renamed,
            name=name.strip(),
            public_name=public_name,
            by=by,
            timestamp=now,
        )

    def give_mandate(
        self,
        organisation: UUID,
        *,
        begins: datetime,
        ends: datetime | None,
        by: UUID,
        now: datetime,
    ) -> None:
        self.require_not_erased()
        if ends is not None and ends <= begins:
            raise MandateEndsBeforeItBegins
        self.trigger_event(
            self.MandateGiven,
            organisation=organisation,
            begins=begins,
            ends=ends,
            by=by,
            timestamp=now,
        )

    def end_mandate(self, organisation: UUID, *, by: UUID, now: datetime) -> None:
        if organisation not in self.mandates:
            raise NoMandate
        self.trigger_event(
            self.MandateEnded, organisation=organisation, by=by, timestamp=now
        )

    def grant(
        self, role: str, *, consultation: UUID | None, by: UUID, now: datetime
    ) -> None:
        self.require_not_erased()
        if role not in ROLES:
            raise UnknownRole(role=role)
        if (consultation, role) in self.roles:
            raise AlreadyHasRole
        self.trigger_event(
            self.RoleGranted, role=role, consultation=consultation, by=by, timestamp=now
        )

    def revoke(
        self, role: str, *, consultation: UUID | None, by: UUID, now: datetime
    ) -> None:
        if (consultation, role) not in self.roles:
            raise HasNotRole
        self.trigger_event(
            self.RoleRevoked, role=role, consultation=consultation, by=by, timestamp=now
        )

    def erase(self, *, erasure: UUID, by: UUID, now: datetime) -> None:
        self.require_not_erased()
        self.trigger_event(self.Erased, erasure=erasure, by=by, timestamp=now)

    def require_not_erased(self) -> None:
        """Refuse when the person's data has been erased."""
        if self.is_erased:
            raise PersonIsErased


def require_role(log: Log, by: UUID, consultation: UUID | None, *roles: Role) -> None:
    """Refuse anyone without one of the roles there; the operator may do anything."""
    if by != SYSTEM and not log.look(Person, by).has_role(consultation, *roles):
        raise NotAllowed


def register_person(
    log: Log,
    *,
    id: UUID,
    name: str,
    email: str,
    public_name: bool,
    by: UUID,
    now: datetime,
) -> Receipt:
    """Enter a person; people enter themselves when they first sign in."""
    if by != id:
        require_role(log, by, None, *SECRETARIAT)
    return log.record(
        Person.register(
            id=id, name=name, email=email, public_name=public_name, by=by, now=now
        )
    )


def rename_person(
    log: Log, *, id: UUID, name: str, public_name: bool, by: UUID, now: datetime
) -> Receipt:
    """Change one's own name, or whether it is shown beside one's comments."""
    if by != id:
        require_role(log, by, None, *SECRETARIAT)
    person = log.get(Person, id)
    person.rename(name, public_name=public_name, by=by, now=now)
    return log.record(person)
