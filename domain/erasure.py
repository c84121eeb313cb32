"""An erasure: asked for, decided by two, carried out so that nothing brings it back.

The words of a person or a comment are sealed under a key of their own. To erase them is
to destroy that key: the log keeps every byte and verifies as before, and nobody reads
the words again. It takes a decision in the log first; the key is destroyed after that,
and the log then says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal, Protocol, get_args
from uuid import UUID

from eventsourcing.domain import Aggregate

from domain.comment import Comment
from domain.consultation import Consultation, UnknownChoice
from domain.log import (
    SYSTEM,
    Conflict,
    Fact,
    Log,
    NotAllowed,
    NotFound,
    Receipt,
    Refused,
)
from domain.person import DECIDERS, SECRETARIAT, Person

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

ATTEMPTS = 20
"""How often the last step is tried while others go on changing the same things."""


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


class Destroy(Protocol):
    """Destroys the key of a scope for ever; again is harmless.

    `decision` is the erasure, decided in the log at `position`.
    """

    def __call__(self, scope: UUID, *, decision: UUID, position: int) -> object: ...


def request_erasure(
    log: Log,
    *,
    id: UUID,
    kind: str,
    target: UUID,
    ground: str,
    comments: Sequence[UUID] = (),
    decision_ref: str = "",
    note: str = "",
    by: UUID,
    now: datetime,
) -> Receipt:
    """Ask for a person's data (kind "person") or a comment ("comment") to be erased.

    People ask for themselves and for their own comments, on a ground of DATA_GROUNDS;
    the secretariat of the round for any comment, that of all rounds for anybody. With
    a person go the `comments` that are named, all of them private ones of that person.
    Nothing is promised by asking. A second call with the same `id` by the same person
    records nothing more. No personal data belongs in `decision_ref` or `note`.
    """
    if _asked_before(log, id, by):
        return Receipt(0, now)
    consultation = None
    match kind:
        case "person":
            person = log.look(Person, target)
            person.require_not_erased()
            _require_private(log, target, comments)
            is_own = by == target
        case "comment":
            comment = log.look(Comment, target)
            comment.require_not_erased()
            consultation = comment.consultation
            is_own = by == comment.author and comment.organisation is None
            if comments:
                raise NotTheirComment
        case _:
            raise UnknownChoice(choice=kind)
    if not _has_role(log, by, consultation, official=True):
        if not is_own:
            raise NotAllowed
        if ground in DISPOSAL_GROUNDS:
            raise GroundDoesNotFit
    return log.record(
        Erasure.request(
            id=id,
            kind=kind,
            target=target,
            ground=ground,
            comments=comments,
            consultation=consultation,
            decision_ref=decision_ref,
            note=note,
            by=by,
            now=now,
        )
    )


def approve_erasure(
    log: Log, *, id: UUID, decision_ref: str = "", by: UUID, now: datetime
) -> Receipt:
    """Approve an erasure; the second approval, by somebody else, decides it.

    A chair of the round for a comment, a chair of all rounds for a person, and never
    the operator, nor whom it is about. `log.look(Erasure, id).is_decided` then tells
    whether it can be carried out: hand the receipt's position to `carry_out`.
    """
    erasure = log.get(Erasure, id)
    _require_decider(log, erasure, by)
    _require_erasable(log, erasure)
    erasure.approve(decision_ref=decision_ref, by=by, now=now)
    return log.record(erasure)


def refuse_erasure(
    log: Log, *, id: UUID, basis: str, reason: str, by: UUID, now: datetime
) -> Receipt:
    """Refuse an erasure, on one of BASES and for a reason that the asker may read.

    One of those who may approve does. No personal data belongs in `reason`.
    """
    erasure = log.get(Erasure, id)
    _require_decider(log, erasure, by)
    erasure.refuse(basis=basis, reason=reason, by=by, now=now)
    return log.record(erasure)


def carry_out(
    log: Log,
    *,
    id: UUID,
    decision: int,
    destroy: Destroy,
    by: UUID = SYSTEM,
    now: datetime,
) -> Receipt:
    """Destroy the keys of a decided erasure, and record that all of it is erased.

    `decision` is the position of the second approval. Interrupted anywhere it is
    called again, by anybody, with the same outcome; one that is carried out already is
    left alone (position 0). Refused while there is a hold, and until two have approved.
    """
    erasure = log.look(Erasure, id)
    erasure.require_decided()
    entry = log.stored(decision)
    if (entry.thing, entry.version) != (id, erasure.decided_in):
        raise NotDecided
    if erasure.is_carried_out:
        return Receipt(0, now)
    _require_not_held(log, erasure)
    for scope in erasure.scopes:
        destroy(scope, decision=id, position=decision)
    for _ in range(ATTEMPTS):
        try:
            return _record_carried_out(log, id, decision, by, now)
        except Conflict:
            continue  # Somebody changed one of the things: it is read anew.
    raise Conflict


def finish_erasures(
    log: Log,
    decided: Iterable[tuple[UUID, int]],
    *,
    destroy: Destroy,
    now: datetime,
) -> list[UUID]:
    """Carry out what was decided and then interrupted; returns what now is done.

    `decided` are erasures with the positions of their decisions. Those that a hold
    has come over wait until it is lifted.
    """
    done = []
    for id, decision in decided:
        try:
            carry_out(log, id=id, decision=decision, destroy=destroy, now=now)
        except Refused:
            continue
        done.append(id)
    return done


def _record_carried_out(
    log: Log, id: UUID, decision: int, by: UUID, now: datetime
) -> Receipt:
    erasure = log.get(Erasure, id)
    if erasure.is_carried_out:
        return Receipt(0, now)
    erasure.carry_out(decision=decision, by=by, now=now)
    # What another erasure was quicker with is not erased once more.
    erased = [one for one in _targets(log, erasure) if not one.is_erased]
    for one in erased:
        one.erase(erasure=id, by=by, now=now)
    return log.record(erasure, *erased)


def _targets(log: Log, erasure: Erasure) -> list[Person | Comment]:
    first: Person | Comment
    if erasure.kind == "person":
        first = log.get(Person, erasure.target)
    else:
        first = log.get(Comment, erasure.target)
    return [first, *(log.get(Comment, id) for id in erasure.comments)]


def _asked_before(log: Log, id: UUID, by: UUID) -> bool:
    try:
        log.look(Erasure, id)
    except NotFound:
        return False
    (first, *_) = log.history(id, until=1)
    if first.by != by:
        raise Conflict
    return True


def _require_private(log: Log, person: UUID, comments: Sequence[UUID]) -> None:
    for id in comments:
        comment = log.look(Comment, id)
        if comment.author != person or comment.organisation is not None:
            raise NotTheirComment
        comment.require_not_erased()


def _has_role(
    log: Log, by: UUID, consultation: UUID | None, *, official: bool = False
) -> bool:
    if by == SYSTEM:
        return official
    roles = SECRETARIAT if official else DECIDERS
    return log.look(Person, by).has_role(consultation, *roles)


def _require_decider(log: Log, erasure: Erasure, by: UUID) -> None:
    """Refuse everybody but a chair, and a chair whom it is about."""
    if not _has_role(log, by, erasure.consultation):
        raise NotAllowed
    if erasure.kind == "comment":
        author = log.look(Comment, erasure.target).author
    else:
        author = erasure.target
    if by == author:
        raise OwnErasure


def _require_erasable(log: Log, erasure: Erasure) -> None:
    """Refuse what is gone already, is no longer theirs alone, or has to be kept."""
    if erasure.kind == "person":
        log.look(Person, erasure.target).require_not_erased()
    else:
        log.look(Comment, erasure.target).require_not_erased()
    _require_not_held(log, erasure)


def _require_not_held(log: Log, erasure: Erasure) -> None:
    for one in _targets(log, erasure):
        one.require_not_held()
        if isinstance(one, Comment):
            log.look(Consultation, one.consultation).require_not_held()
