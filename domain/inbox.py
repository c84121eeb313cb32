"""What the secretariat does with comments: reviews, codes, assigns and places them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from domain.anchor import Anchor
from domain.comment import Comment, anchored
from domain.consultation import Consultation
from domain.log import Conflict, Log, Receipt
from domain.person import (
    SECRETARIAT,
    require_role,
)
from domain.proposal import Proposal


def clear_comments(
    log: Log,
    *,
    ids: Sequence[UUID],
    read: Mapping[UUID, int] | None = None,
    by: UUID,
    now: datetime,
) -> Receipt:
    """Let the public see comments that wait for review.

    `read` are the versions in which somebody read them. Raises Conflict when one has
    another version by now, so that nobody lets out words that nobody has read.
    """
    comments = _in_the_inbox(log, ids, by)
    for comment in comments:
        if read is not None and comment.version != read[comment.id]:
            raise Conflict
        comment.clear(by=by, now=now)
    return log.record(*comments)


def withhold_comments(
    log: Log, *, ids: Sequence[UUID], reason: str, by: UUID, now: datetime
) -> Receipt:
    """Keep comments from the public, for a reason that the log keeps."""
    comments = _in_the_inbox(log, ids, by)
    for comment in comments:
        comment.withhold(reason=reason, by=by, now=now)
    return log.record(*comments)


def code_comments(
    log: Log,
    *,
    ids: Sequence[UUID],
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    by: UUID,
    now: datetime,
) -> Receipt:
    """Add themes to comments and take others away; the opposite call undoes it."""
    comments = _in_the_inbox(log, ids, by)
    for comment in comments:
        log.look(Consultation, comment.consultation).require_themes(list(add))
        comment.code({*comment.themes, *add} - set(remove), by=by, now=now)
    return log.record(*comments)


def assign_comments(
    log: Log, *, ids: Sequence[UUID], officer: UUID | None, by: UUID, now: datetime
) -> Receipt:
    """Give comments to an officer of the secretariat, or to nobody."""
    comments = _in_the_inbox(log, ids, by)
    for comment in comments:
        if officer is not None:
            require_role(log, officer, comment.consultation, *SECRETARIAT)
        comment.assign(officer, by=by, now=now)
    return log.record(*comments)


def confirm_anchor(
    log: Log, *, id: UUID, anchor: Anchor | None, by: UUID, now: datetime
) -> Receipt:
    """Settle where a comment stands in the proposal's current edition.

    None says that the words it was about are gone.
    """
    (comment,) = _in_the_inbox(log, [id], by)
    proposal = log.look(Proposal, comment.proposal)
    if anchor is not None:
        anchor = anchored(anchor, proposal.passages)
    comment.confirm_anchor(proposal.edition, anchor, by=by, now=now)
    return log.record(comment)


def _in_the_inbox(log: Log, ids: Sequence[UUID], by: UUID) -> list[Comment]:
    comments = [log.get(Comment, id) for id in dict.fromkeys(ids)]
    for consultation in {comment.consultation for comment in comments}:
        require_role(log, by, consultation, *SECRETARIAT)
    return comments
