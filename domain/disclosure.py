"""Who may see what is here: taking down, secrecy markings, and legal holds.

Nothing here destroys anything: each is undone by its opposite, and both stay in the
log. Reasons and notes are officials' words and are not sealed: no personal data belongs
in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from domain.comment import Comment
from domain.consultation import Consultation, UnknownChoice
from domain.hold import Holdable
from domain.issue import Issue
from domain.log import Log, Receipt
from domain.person import DECIDERS, SECRETARIAT, Person, require_role

HeldKind = Literal["consultation", "person", "comment"]
HELD_KINDS: tuple[HeldKind, ...] = get_args(HeldKind)


def unpublish_comments(
    log: Log,
    *,
    ids: Sequence[UUID],
    reason: str,
    decision_ref: str = "",
    by: UUID,
    now: datetime,
) -> Receipt:
    """Take comments down from public pages; deciders of their round."""
    comments = [log.get(Comment, id) for id in dict.fromkeys(ids)]
    for comment in comments:
        require_role(log, by, comment.consultation, *DECIDERS)
        comment.unpublish(reason=reason, decision_ref=decision_ref, by=by, now=now)
    return log.record(*comments)


def republish_comments(
    log: Log, *, ids: Sequence[UUID], by: UUID, now: datetime
) -> Receipt:
    """Put comments back where the public sees them."""
    comments = [log.get(Comment, id) for id in dict.fromkeys(ids)]
    for comment in comments:
        require_role(log, by, comment.consultation, *DECIDERS)
        comment.republish(by=by, now=now)
    return log.record(*comments)


def unpublish_answer(
    log: Log, *, id: UUID, reason: str, decision_ref: str = "", by: UUID, now: datetime
) -> Receipt:
    """Take an issue's published disposition and answer down; deciders of the round."""
    issue = log.get(Issue, id)
    require_role(log, by, issue.consultation, *DECIDERS)
    issue.unpublish(reason=reason, decision_ref=decision_ref, by=by, now=now)
    return log.record(issue)


def republish_answer(log: Log, *, id: UUID, by: UUID, now: datetime) -> Receipt:
    """Put an issue's published disposition and answer back."""
    issue = log.get(Issue, id)
    require_role(log, by, issue.consultation, *DECIDERS)
    issue.republish(by=by, now=now)
    return log.record(issue)


def mark_secret(
    log: Log,
    *,
    ids: Sequence[UUID],
    provision: str,
    note: str = "",
    by: UUID,
    now: datetime,
) -> Receipt:
    """Mark comments as secret under a provision, as "21 kap. 1 § OSL".

    It warns, and it closes: only the round's secretariat, auditors and the author read
    the words from then on. The secretariat of the round does it.
    """
    comments = [log.get(Comment, id) for id in dict.fromkeys(ids)]
    for comment in comments:
        require_role(log, by, comment.consultation, *SECRETARIAT)
        comment.mark_secret(provision=provision, note=note, by=by, now=now)
    return log.record(*comments)


def reassess_secrecy(
    log: Log,
    *,
    id: UUID,
    outcome: str,
    provision: str = "",
    by: UUID,
    now: datetime,
) -> Receipt:
    """Look at a marking again: "kept", under the same or another provision, or
    "lifted"."""
    comment = log.get(Comment, id)
    require_role(log, by, comment.consultation, *SECRETARIAT)
    comment.reassess_secrecy(outcome, provision=provision, by=by, now=now)
    return log.record(comment)


def place_hold(
    log: Log,
    *,
    kind: str,
    id: UUID,
    reason: str,
    decision_ref: str = "",
    by: UUID,
    now: datetime,
) -> Receipt:
    """Let nothing be erased of a consultation's comments, a person or a comment.

    `kind` is one of HELD_KINDS. Deciders of the round; of all rounds for a person.
    """
    found = _to_hold(log, kind, id, by)
    found.place_hold(reason=reason, decision_ref=decision_ref, by=by, now=now)
    return log.record(found)


def lift_hold(log: Log, *, kind: str, id: UUID, by: UUID, now: datetime) -> Receipt:
    """Lift a hold; what was asked to be erased may then be decided on."""
    found = _to_hold(log, kind, id, by)
    found.lift_hold(by=by, now=now)
    return log.record(found)


def _to_hold(log: Log, kind: str, id: UUID, by: UUID) -> Holdable:
    match kind:
        case "consultation":
            require_role(log, by, id, *DECIDERS)
            return log.get(Consultation, id)
        case "comment":
            comment = log.get(Comment, id)
            require_role(log, by, comment.consultation, *DECIDERS)
            comment.require_not_erased()
            return comment
        case "person":
            require_role(log, by, None, *DECIDERS)
            person = log.get(Person, id)
            person.require_not_erased()
            return person
    raise UnknownChoice(choice=kind)
