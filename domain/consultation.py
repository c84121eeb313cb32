"""A consultation: one round on one or more proposals, from planning to conclusion."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.codebook import Codable
from domain.hold import Holdable
from domain.log import Fact, Log, Refused
from domain.person import SECRETARIAT, Person, require_role

Access = Literal["open", "invited", "internal"]
"""Anyone comments; consultees comment and all read; only those invited see it."""
ACCESSES: tuple[Access, ...] = get_args(Access)

Display = Literal["at_once", "after_review", "after_close"]
"""When the public sees a comment."""
DISPLAYS: tuple[Display, ...] = get_args(Display)


class TitleIsMissing(Refused):
    """Everything people are asked about has a title."""

    en = "Write a title."
    sv = "Skriv en rubrik."


class DeadlineHasPassed(Refused):
    """Comments are taken until the deadline."""

    en = "The consultation closed on {closes_at} (Swedish time)."
    sv = "Samrådet stängde {closes_at} (svensk tid)."


class NotOpen(Refused):
    """Comments are taken while the consultation is open."""

    en = "The consultation is not open for comments."
    sv = "Samrådet är inte öppet för synpunkter."


class AlreadyOpen(Refused):
    """A consultation opens once; after that it is extended or reopened."""

    en = "The consultation is already open."
    sv = "Samrådet är redan öppet."


class NotClosed(Refused):
    """Only a closed consultation is reopened or concluded."""

    en = "Close the consultation first."
    sv = "Stäng samrådet först."


class AlreadyConcluded(Refused):
    """What is concluded stands."""

    en = "The consultation is concluded and cannot be changed."
    sv = "Samrådet är avslutat och kan inte ändras."


class DeadlineMustBeLater(Refused):
    """A period only grows."""

    en = "Choose a later deadline: it must be after {earliest} (Swedish time)."
    sv = "Välj en senare sista dag: den måste vara efter {earliest} (svensk tid)."


class UnknownChoice(Refused):
    """A choice is one of those that are offered."""

    en = "“{choice}” is not one of the choices."
    sv = "”{choice}” är inte ett av valen."


class NotInvited(Refused):
    """In an invited or internal round only those asked may answer."""

    en = "This round takes comments from invited organisations only."
    sv = "Den här omgången tar bara emot synpunkter från inbjudna organisationer."


class RemovalNeedsReason(Refused):
    """Who is no longer asked was asked by mistake, and the log says what it was."""

    en = "Write why the organisation is taken off the list."
    sv = "Skriv varför organisationen tas bort från listan."


class HasCommented(Refused):
    """Who has answered stays among those who were asked."""

    en = "An organisation that has commented stays on the list."
    sv = "En organisation som har lämnat synpunkter står kvar på listan."


class Consultation(Holdable, Codable):
    """One round: its assignment, period, codebook, and who is asked."""

    TOPIC = "consultation"
    Event = Fact

    class Planned(Fact, Aggregate.Created):
        """The secretariat planned a consultation."""

        TOPIC = "consultation.planned"
        title: str
        title_en: str
        summary: str
        summary_en: str
        diary_number: str
        assignment: str
        closes_at: datetime
        access: str
        display: str

    class DetailsChanged(Fact):
        """Its description, or how it is run, was changed."""

        TOPIC = "consultation.details_changed"
        title: str
        title_en: str
        summary: str
        summary_en: str
        diary_number: str
        assignment: str
        access: str
        display: str

        def apply(self, aggregate: Consultation) -> None:
            aggregate.access = self.access
            aggregate.display = self.display

    class CodebookRevised(Codable.CodebookRevised):
        """The themes that comments are coded with were set; each time a new edition."""

        TOPIC = "consultation.codebook_revised"

    class ConsulteesInvited(Fact):
        """Organisations were formally asked."""

        TOPIC = "consultation.consultees_invited"
        organisations: list[UUID]

        def apply(self, aggregate: Consultation) -> None:
            aggregate.consultees.update(self.organisations)

    class ConsulteesRemoved(Fact):
        """Organisations that were asked by mistake were taken off the list."""

        TOPIC = "consultation.consultees_removed"
        organisations: list[UUID]
        reason: str

        def apply(self, aggregate: Consultation) -> None:
            aggregate.consultees.difference_update(self.organisations)

    class Opened(Fact):
        """The drafts went out for comment."""

        TOPIC = "consultation.opened"

        def apply(self, aggregate: Consultation) -> None:
            aggregate.status = "open"

    class PeriodExtended(Fact):
        """The deadline was moved."""

        TOPIC = "consultation.period_extended"
        closes_at: datetime
        reason: str

        def apply(self, aggregate: Consultation) -> None:
            aggregate.closes_at = self.closes_at

    class Closed(Fact):
        """The consultation was closed."""

        TOPIC = "consultation.closed"

        def apply(self, aggregate: Consultation) -> None:
            aggregate.status = "closed"

    class Reopened(Fact):
        """A closed consultation was opened again until a new deadline."""

        TOPIC = "consultation.reopened"
        closes_at: datetime
        reason: str

        def apply(self, aggregate: Consultation) -> None:
            aggregate.status = "open"
            aggregate.closes_at = self.closes_at

    class Concluded(Fact):
        """The work on the comments is done and reported."""

        TOPIC = "consultation.concluded"

        def apply(self, aggregate: Consultation) -> None:
            aggregate.status = "concluded"

    class HoldPlaced(Holdable.HoldPlaced):
        """No comment in the consultation may be erased, for a reason."""

        TOPIC = "consultation.hold_placed"

    class HoldLifted(Holdable.HoldLifted):
        """The hold on the consultation was lifted."""

        TOPIC = "consultation.hold_lifted"

    Created = Planned

    def __init__(self, closes_at: datetime, access: str, display: str) -> None:
        self.status = "planned"
        self.closes_at = closes_at
        self.access = access
        self.display = display
        self.edition = 0
        self.themes: set[str] = set()
        self.consultees: set[UUID] = set()

    @classmethod
    def plan(
        cls,
        *,
        id: UUID,
        title: str,
        closes_at: datetime,
        title_en: str = "",
        summary: str = "",
        summary_en: str = "",
        diary_number: str = "",
        assignment: str = "",
        access: str = "open",
        display: str = "at_once",
        by: UUID,
        now: datetime,
    ) -> Consultation:
        _require_sound(title, access, display)
        if closes_at <= now:
            raise DeadlineMustBeLater(earliest=now)
        return cls._create(
            cls.Planned,
            id=id,
            title=title.strip(),
            title_en=title_en,
            summary=summary,
            summary_en=summary_en,
            diary_number=diary_number,
            assignment=assignment,
            closes_at=closes_at,
            access=access,
            display=display,
            by=by,
            timestamp=now,
        )

    def change_details(
        self,
        *,
        title: str,
        access: str,
        display: str,
        by: UUID,
        now: datetime,
        **rest: str,
    ) -> None:
        self._require_not_concluded()
        _require_sound(title, access, display)
        self.trigger_event(
            self.DetailsChanged,
            title=title.strip(),
            access=access,
            display=display,
            by=by,
            timestamp=now,
            **rest,
        )

    def revise_codebook(
        self, themes: list[dict[str, str]], *, by: UUID, now: datetime
    ) -> None:
        self._require_not_concluded()
        if not all(theme["title"].strip() for theme in themes):
            raise TitleIsMissing
        super().revise_codebook(themes, by=by, now=now)

    def invite(self, organisations: list[UUID], *, by: UUID, now: datetime) -> None:
        self._require_not_concluded()
        new = [o for o in dict.fromkeys(organisations) if o not in self.consultees]
        if new:
            self.trigger_event(
                self.ConsulteesInvited, organisations=new, by=by, timestamp=now
            )

    def remove(
        self, organisations: list[UUID], *, reason: str, by: UUID, now: datetime
    ) -> None:
        self._require_not_concluded()
        gone = [o for o in dict.fromkeys(organisations) if o in self.consultees]
        if not reason.strip():
            raise RemovalNeedsReason
        if gone:
            self.trigger_event(
                self.ConsulteesRemoved,
                organisations=gone,
                reason=reason.strip(),
                by=by,
                timestamp=now,
            )

    def open(self, *, by: UUID, now: datetime) -> None:
        if self.status != "planned":
            raise AlreadyOpen
        if self.closes_at <= now:
            raise DeadlineMustBeLater(earliest=now)
        self.trigger_event(self.Opened, by=by, timestamp=now)

    def extend(
        self, closes_at: datetime, *, reason: str, by: UUID, now: datetime
    ) -> None:
        if self.status not in ("planned", "open"):
            raise NotOpen
        # Nobody has counted on a plan: its deadline can also come nearer.
        earliest = max(self.closes_at, now) if self.status == "open" else now
        if closes_at <= earliest:
            raise DeadlineMustBeLater(earliest=earliest)
        self.trigger_event(
            self.PeriodExtended,
            closes_at=closes_at,
            reason=reason,
            by=by,
            timestamp=now,
        )

    def close(self, *, by: UUID, now: datetime) -> None:
        if self.status != "open":
            raise NotOpen
        self.trigger_event(self.Closed, by=by, timestamp=now)

    def reopen(
        self, closes_at: datetime, *, reason: str, by: UUID, now: datetime
    ) -> None:
        if self.status != "closed":
            raise NotClosed
        if closes_at <= now:
            raise DeadlineMustBeLater(earliest=now)
        self.trigger_event(
            self.Reopened, closes_at=closes_at, reason=reason, by=by, timestamp=now
        )

    def conclude(self, *, by: UUID, now: datetime) -> None:
        if self.status != "closed":
            raise NotClosed
        self.trigger_event(self.Concluded, by=by, timestamp=now)

    def require_open(self, now: datetime) -> None:
        """Refuse unless comments are taken at this moment."""
        if self.status != "open":
            raise NotOpen
        if now >= self.closes_at:
            raise DeadlineHasPassed(closes_at=self.closes_at)

    def require_may_comment(
        self, person: Person, organisation: UUID | None, now: datetime
    ) -> None:
        """Refuse those who are not asked, in a round that asks only some."""
        if self.access == "open":
            return
        if organisation not in self.consultees and not person.has_role(
            self.id, *SECRETARIAT
        ):
            raise NotInvited

    def _require_not_concluded(self) -> None:
        if self.status == "concluded":
            raise AlreadyConcluded


def _require_sound(title: str, access: str, display: str) -> None:
    if not title.strip():
        raise TitleIsMissing
    if access not in ACCESSES:
        raise UnknownChoice(choice=access)
    if display not in DISPLAYS:
        raise UnknownChoice(choice=display)


def consultation_to_change(log: Log, id: UUID, by: UUID) -> Consultation:
    """A consultation to act on, for those of its secretariat only."""
    require_role(log, by, id, *SECRETARIAT)
    return log.get(Consultation, id)
