"""What a stakeholder does with a comment: submits it, amends it, takes it back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.anchor import Anchor
from domain.comment import Comment, NotTheAuthor, anchored
from domain.consultation import Consultation
from domain.log import SYSTEM, Conflict, Log, Looked, NotFound, Receipt
from domain.person import (
    NoMandate,
    Person,
)
from domain.proposal import NotPublished, Proposal, Standing, placed


def submit_comment(
    log: Log,
    *,
    id: UUID,
    consultation: UUID | None = None,
    proposal: UUID,
    edition: int,
    anchor: Anchor,
    kind: str,
    text: str,
    wording: str = "",
    organisation: UUID | None = None,
    reference: str = "",
    by: UUID,
    now: datetime,
) -> Receipt:
    """Submit a comment on a published version while the consultation is open.

    A second call with the same `id` by the same person records nothing more, so that
    a double click is harmless. The operator's import may also come after the close.
    Where a `consultation` is named, the proposal must be one of its.
    """
    looked = log.look_all([one for one in (id, consultation, proposal, by) if one])
    if (earlier := _submitted_before(looked, id, by)) is not None:
        return earlier
    found = looked.look(Proposal, proposal)
    if consultation not in (None, found.consultation):
        raise NotFound
    found.require_standing()
    round = (looked if consultation else log).look(Consultation, found.consultation)
    if by != SYSTEM:
        round.require_open(now)
        person = looked.look(Person, by)
        person.require_not_erased()
        if organisation is not None and not person.may_speak_for(organisation, now):
            raise NoMandate
        round.require_may_comment(person, organisation, now)
    if not 0 < edition <= found.published:
        raise NotPublished
    anchor = anchored(anchor, found.texts[edition])
    placement = None
    if edition < found.edition:
        (placement,) = placed(found, {id: Standing(edition, anchor)})
    submitted = Comment.submit(
        id=id,
        consultation=found.consultation,
        proposal=proposal,
        edition=edition,
        anchor=anchor,
        placement=placement,
        kind=kind,
        text=text,
        wording=wording,
        organisation=organisation,
        reference=reference,
        by=by,
        now=now,
    )
    try:
        return log.record(submitted)
    except Conflict:
        # Perhaps the same form, sent twice at the same time.
        if (earlier := _submitted_before(log, id, by)) is None:
            raise
        return earlier


def _submitted_before(log: Log | Looked, id: UUID, by: UUID) -> Receipt | None:
    try:
        earlier = log.look(Comment, id)
    except NotFound:
        return None
    if earlier.author != by:
        raise NotTheAuthor
    return Receipt(0, earlier.created_on)


def amend_comment(
    log: Log,
    *,
    id: UUID,
    kind: str,
    text: str,
    wording: str,
    by: UUID,
    now: datetime,
) -> Receipt:
    """Change what a comment says, until the consultation closes."""
    comment = _own(log, id, by, now)
    comment.amend(kind=kind, text=text, wording=wording, by=by, now=now)
    return log.record(comment)


def withdraw_comment(log: Log, *, id: UUID, by: UUID, now: datetime) -> Receipt:
    """Take a comment back, until the close; it stays in the log as withdrawn."""
    comment = _own(log, id, by, now)
    comment.withdraw(by=by, now=now)
    return log.record(comment)


def _own(log: Log, id: UUID, by: UUID, now: datetime) -> Comment:
    """The comment, if it is the person's own: an organisation's is so for those who
    speak for it now, not for who wrote it once and has left."""
    comment = log.get(Comment, id)
    if by == SYSTEM:
        return comment
    person = log.look(Person, by)
    person.require_not_erased()
    if comment.organisation is None:
        is_own = by == comment.author
    else:
        is_own = person.may_speak_for(comment.organisation, now)
    if not is_own:
        raise NotTheAuthor
    log.look(Consultation, comment.consultation).require_open(now)
    return comment
