"""An erasure: asked for, decided by two, carried out so that nothing brings it back.

What a person or a comment is here lies sealed in the log, each under a key of its own.
To erase is to destroy that key: the log keeps every byte and verifies as before, and
nobody reads the words again. `domain/erasing.py` has the commands.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.consultation import UnknownChoice
from domain.log import Fact, Refused

ErasureKind = Literal["person", "comment"]
ERASURE_KINDS: tuple[ErasureKind, ...] = get_args(ErasureKind)

DataGround = Literal[
    "gdpr_17_1_a",
    "gdpr_17_1_b",
    "gdpr_17_1_c",
    "gdpr_17_1_d",
    "gdpr_17_1_e",
    "gdpr_17_1_f",
]
DATA_GROUNDS: tuple[DataGround, ...] = get_args(DataGround)
"""Why personal data is erased: the points of article 17.1 of the GDPR."""

DisposalGround = Literal["disposal_decision", "ra_fs", "ra_ms"]
DISPOSAL_GROUNDS: tuple[DisposalGround, ...] = get_args(DisposalGround)
"""Why a document is disposed of: a decision of the authority's own, or one of the
National Archives' regulations, general (RA-FS) or for the authority (RA-MS)."""

GROUNDS: tuple[str, ...] = (*DATA_GROUNDS, *DISPOSAL_GROUNDS)

Basis = Literal[
    "archives_act_3",
    "archives_act_10",
    "gdpr_17_3_a",
    "gdpr_17_3_b",
    "gdpr_17_3_c",
    "gdpr_17_3_d",
    "gdpr_17_3_e",
    "no_ground",
]
BASES: tuple[Basis, ...] = get_args(Basis)
"""The legal grounds on which an erasure is refused."""

APPROVALS = 2
"""How many different people it takes."""


class UnknownGround(Refused):
    """An erasure rests on one of the grounds that the law knows."""

    en = "Choose a legal ground."
    sv = "Välj en rättslig grund."


class GroundDoesNotFit(Refused):
    """Only a document is disposed of, and only an official asks for that."""

    en = "That ground does not fit here. Choose another one."
    sv = "Den grunden passar inte här. Välj en annan."


class NotTheirComment(Refused):
    """With a person go the comments they made as a private person, and no others."""

    en = "Only comments that the person made as a private person can be included."
    sv = "Bara synpunkter som personen lämnat som privatperson kan tas med."


class ErasureIsSettled(Refused):
    """What is approved, refused or carried out stands."""

    en = "This request has already been decided."
    sv = "Begäran är redan avgjord."


class AlreadyApproved(Refused):
    """It takes two different people to approve."""

    en = "You have already approved this. It takes someone else too."
    sv = "Du har redan godkänt detta. Det krävs en person till."


class OwnErasure(Refused):
    """Nobody decides on the erasure of their own data or words."""

    en = "You cannot decide on your own data. Let someone else do it."
    sv = "Du kan inte besluta om dina egna uppgifter. Låt någon annan göra det."


class DecisionRefIsMissing(Refused):
    """What is erased points to the decision by which it was."""

    en = "Write the reference of the decision."
    sv = "Skriv beslutets beteckning."


class UnknownBasis(Refused):
    """A request is refused on one of the grounds that the law knows."""

    en = "Choose the legal ground for refusing."
    sv = "Välj den rättsliga grunden för avslaget."


class RefusalNeedsReason(Refused):
    """Whoever is refused is told why."""

    en = "Write why the request is refused."
    sv = "Skriv varför begäran avslås."


class NotDecided(Refused):
    """Nothing is erased before two have approved."""

    en = "This erasure has not been approved by two people."
    sv = "Raderingen är inte godkänd av två personer."


class Erasure(Aggregate):
    """A request that something be unreadable for ever, and what became of it."""

    TOPIC = "erasure"
    Event = Fact

    class Requested(Fact, Aggregate.Created):
        """Somebody asked for a person's data, or a comment, to be erased.

        `comments` are those private comments of the person that are to go too;
        `consultation` is the comment's. Neither `decision_ref` nor `note` is sealed: no
        personal data belongs in them.
        """

        TOPIC = "erasure.requested"
        kind: str
        target: UUID
        comments: list[UUID]
        consultation: UUID | None
        ground: str
        decision_ref: str
        note: str

    class Approved(Fact):
        """Somebody who may decide approved it; the second approval is the decision.

        `decision_ref` is what stands from then on.
        """

        TOPIC = "erasure.approved"
        decision_ref: str

        def apply(self, aggregate: Erasure) -> None:
            aggregate.approvers.append(self.by)
            aggregate.decision_ref = self.decision_ref
            if len(aggregate.approvers) == APPROVALS:
                aggregate.decided_in = self.originator_version

    class Refused(Fact):
        """It was refused, on a legal ground and for a reason.

        `reason` is not sealed: no personal data belongs in it.
        """

        TOPIC = "erasure.refused"
        basis: str
        reason: str

        def apply(self, aggregate: Erasure) -> None:
            aggregate.is_refused = True

    class CarriedOut(Fact):
        """The keys of the scopes were destroyed, by the decision at a position."""

        TOPIC = "erasure.carried_out"
        decision: int
        scopes: list[UUID]

        def apply(self, aggregate: Erasure) -> None:
            aggregate.is_carried_out = True

    Created = Requested

    def __init__(
        self,
        kind: str,
        target: UUID,
        comments: list[UUID],
        consultation: UUID | None,
        decision_ref: str,
    ) -> None:
        self.kind = kind
        self.target = target
        self.comments = list(comments)
        self.consultation = consultation
        self.decision_ref = decision_ref
        self.approvers: list[UUID] = []
        self.decided_in: int | None = None
        self.is_refused = False
        self.is_carried_out = False

    @property
    def is_decided(self) -> bool:
        """Whether two have approved it; from then on it will be carried out."""
        return self.decided_in is not None

    @property
    def scopes(self) -> list[UUID]:
        """The things whose keys are to be destroyed."""
        return [self.target, *self.comments]

    @classmethod
    def request(
        cls,
        *,
        id: UUID,
        kind: str,
        target: UUID,
        ground: str,
        comments: Sequence[UUID] = (),
        consultation: UUID | None = None,
        decision_ref: str = "",
        note: str = "",
        by: UUID,
        now: datetime,
    ) -> Erasure:
        if kind not in ERASURE_KINDS:
            raise UnknownChoice(choice=kind)
        if ground not in GROUNDS:
            raise UnknownGround
        if kind == "person" and ground in DISPOSAL_GROUNDS:
            raise GroundDoesNotFit
        return cls._create(
            cls.Requested,
            id=id,
            kind=kind,
            target=target,
            comments=list(dict.fromkeys(comments)),
            consultation=consultation,
            ground=ground,
            decision_ref=decision_ref.strip(),
            note=note.strip(),
            by=by,
            timestamp=now,
        )

    def approve(self, *, decision_ref: str = "", by: UUID, now: datetime) -> None:
        self._require_undecided()
        if by in self.approvers:
            raise AlreadyApproved
        reference = decision_ref.strip() or self.decision_ref
        if not reference:
            raise DecisionRefIsMissing
        self.trigger_event(self.Approved, decision_ref=reference, by=by, timestamp=now)

    def refuse(self, *, basis: str, reason: str, by: UUID, now: datetime) -> None:
        self._require_undecided()
        if basis not in BASES:
            raise UnknownBasis
        if not reason.strip():
            raise RefusalNeedsReason
        self.trigger_event(
            self.Refused, basis=basis, reason=reason.strip(), by=by, timestamp=now
        )

    def carry_out(self, *, decision: int, by: UUID, now: datetime) -> None:
        self.require_decided()
        if self.is_carried_out:
            raise ErasureIsSettled
        self.trigger_event(
            self.CarriedOut,
            decision=decision,
            scopes=self.scopes,
            by=by,
            timestamp=now,
        )

    def require_decided(self) -> None:
        """Refuse until two have approved."""
        if not self.is_decided:
            raise NotDecided

    def _require_undecided(self) -> None:
        if self.is_decided or self.is_refused:
            raise ErasureIsSettled
