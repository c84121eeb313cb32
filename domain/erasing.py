"""Asking for an erasure, deciding on it, and carrying it out.

The order holds whatever is interrupted: first the decision is in the log, then the keys
are destroyed, then the log says that they are. The last two are done again until the
log says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.comment import Comment
from domain.consultation import Consultation, UnknownChoice
from domain.erasure import (
    DISPOSAL_GROUNDS,
    Erasure,
    GroundDoesNotFit,
    NotDecided,
    NotTheirComment,
    OwnErasure,
)
from domain.log import SYSTEM, Conflict, Log, NotAllowed, NotFound, Receipt
from domain.person import DECIDERS, SECRETARIAT, Person

ATTEMPTS = 20
"""How often the last step is tried while others go on changing the same things."""


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
